// What a command would do that somebody should stop or look at, told by the commands that would really run: words in
// quotes, comments, commit messages and file names do nothing and raise no alarm.

import { readScript } from './reader.ts';
import { type Danger, type DangerSettings, danger, NO_SETTINGS, type Rule, type Severity } from './rule.ts';
import { codeRules } from './rules/code.ts';
import { databaseRules } from './rules/database.ts';
import { deletionRules } from './rules/deletion.ts';
import { diskRules } from './rules/disk.ts';
import { gitRules } from './rules/git.ts';
import { hostRules } from './rules/host.ts';
import { powerRules } from './rules/power.ts';
import { runsOf } from './unwrap.ts';

const RULES: readonly Rule[] = [
  ...deletionRules,
  ...diskRules,
  ...gitRules,
  ...powerRules,
  ...codeRules,
  ...databaseRules,
  ...hostRules,
];
const ORDER: readonly Severity[] = ['destructive', 'opaque', 'risky'];

/** Worst first, each once. @param script as it would be given to a shell; prose is fine and harmless */
export function dangersOf(script: string, settings: DangerSettings = NO_SETTINGS): Danger[] {
  const { commands, complete } = runsOf(readScript(script));
  const found = new Map<string, Danger>();
  for (const command of commands) {
    for (const rule of RULES) {
      const one = rule(command, settings);
      if (one) found.set(`${one.rule} ${one.why}`, one);
    }
  }
  if (!complete)
    found.set('', danger('code.unreadable', 'opaque', 'It is too long or too deeply nested to be read to its end.'));
  return [...found.values()].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}

/** What `systemctl` is told, as a sentence for whoever decides. */
export function serviceNote(script: string): string | null {
  for (const { words, host } of runsOf(readScript(script)).commands) {
    const [name, ...args] = words.map(({ text }) => text);
    if (!/(?:^|\/)systemctl$/.test(name ?? '')) continue;
    const [verb, ...units] = args.filter((arg) => !arg.startsWith('-'));
    if (verb === undefined) continue;
    const where = host === null ? '' : ` on ${host}`;
    return `systemctl ${verb}${units.length > 0 ? ` of ${units.join(', ')}` : ''}${where}: whatever depends on it is affected too.`;
  }
  return null;
}
