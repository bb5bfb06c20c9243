// What a command starts in turn: sudo, env, xargs, `bash -c`, eval, ssh and the like are looked through to what they run.
import { type Command, isKnown, nameOf, outputOf, UNKNOWN, type Word, wordOf } from './command.ts';
import type { Script } from './grammar.ts';
import { readScript } from './reader.ts';

const MAX_DEPTH = 12;
export const SHELLS: ReadonlySet<string> = new Set([
  'sh',
  'bash',
  'zsh',
  'dash',
  'ash',
  'ksh',
  'mksh',
  'fish',
  'rbash',
]);

/** Programs that run their operands, with the options that take a value. */
const WRAPPERS: Readonly<Record<string, { values: string; long?: readonly string[]; skip?: number }>> = {
  sudo: { values: 'CDghpRrTtUu', long: ['user', 'group', 'host', 'prompt', 'chdir', 'chroot', 'role', 'type'] },
  doas: { values: 'Cu' },
  nohup: { values: '' },
  setsid: { values: '' },
  time: { values: 'fo', long: ['format', 'output'] },
  nice: { values: 'n', long: ['adjustment'] },
  ionice: { values: 'cnpPu', long: ['class', 'classdata'] },
  chrt: { values: 'TPD', skip: 1 },
  taskset: { values: '', skip: 1 },
  stdbuf: { values: 'ioe', long: ['input', 'output', 'error'] },
  timeout: { values: 'ks', long: ['kill-after', 'signal'], skip: 1 },
  command: { values: '' },
  builtin: { values: '' },
  exec: { values: 'a' },
  busybox: { values: '' },
  toybox: { values: '' },
  unbuffer: { values: '' },
  strace: { values: 'eopsuEabIOPSX' },
  watch: { values: 'n', long: ['interval'] },
  chroot: { values: '', long: ['userspec', 'groups'], skip: 1 },
  flock: { values: 'wE', long: ['timeout', 'wait'], skip: 1 },
  caffeinate: { values: 'tw' },
  xargs: { values: 'adEIiLnPs', long: ['arg-file', 'delimiter', 'max-args', 'max-lines', 'max-procs', 'max-chars', 'replace'] },
  parallel: { values: 'jaIN' },
}; // biome-ignore format: a table

/** Words behind the options of a wrapper. */
function operands(words: readonly Word[], { values, long = [], skip = 0 }: (typeof WRAPPERS)[string]): Word[] {
  let at = 1;
  for (; at < words.length; at++) {
    const { text } = words[at]!;
    if (text === '--') {
      at++;
      break;
    }
    if (!text.startsWith('-') || text === '-') break;
    if (text.startsWith('--')) {
      if (!text.includes('=') && long.includes(text.slice(2))) at++;
    } else if (values.includes(text.at(-1)!) && [...text.slice(1, -1)].every((flag) => !values.includes(flag))) at++;
  }
  return words.slice(at + skip);
}

/** A copy that runs these words, with everything else as it was. */
const running = (command: Command, words: Word[]): Command => ({ ...command, words });

const SSH_VALUES = 'BbcDEeFIiJLlmOopQRSWw';

/** Where ssh goes, and what it is to run there. */
export function sshParts({ words }: Command): { target: string | null; hops: string[]; remote: Word[] } {
  const hops: string[] = [];
  let at = 1;
  for (; at < words.length; at++) {
    const { text } = words[at]!;
    if (text === '--' || !text.startsWith('-')) {
      if (text === '--') at++;
      break;
    }
    const flag = [...text.slice(1)].findIndex((letter) => SSH_VALUES.includes(letter));
    if (flag === -1) continue;
    const attached = text.slice(flag + 2);
    const value = attached || (words[++at]?.text ?? '');
    if (text[flag + 1] === 'J') hops.push(...value.split(','));
    const option = /^(?:proxyjump|hostname)\s*[= ]\s*(.+)$/i.exec(value);
    if (text[flag + 1] === 'o' && option) hops.push(...option[1]!.split(','));
  }
  return { target: words[at]?.text ?? null, hops, remote: words.slice(at + 1) };
}

/** The script that a shell is given on its command line. */
function shellScript(words: readonly Word[]): Word | null {
  const at = words.findIndex(({ text }, i) => i > 0 && /^-[a-zA-Z]*c[a-zA-Z]*$/.test(text));
  return at === -1 ? null : (words.slice(at + 1).find(({ text }) => !/^[-+]/.test(text)) ?? null);
}

/** Whether a shell or interpreter reads what it runs from its input. */
export const readsInput = ({ words }: Command): boolean =>
  words.slice(1).every(({ text }) => /^-(?![a-zA-Z]*c)/.test(text) || text === '-') ||
  words.slice(1).some(({ text }) => text === '-s' || text === '-' || text === '/dev/stdin');

const joined = (words: readonly Word[]): string => words.map(({ text }) => text).join(' ');
const FIND_RUNS = new Set(['-exec', '-execdir', '-ok', '-okdir']);

/** Every command that would run, outermost first; each also stands there as it is. */
export function runsOf(script: Script, depth = 0): Script {
  const commands: Command[] = [];
  let { complete } = script;

  const reread = (text: string, from: Command, host = from.host): void => {
    const inner = runsOf(readScript(text, depth + 1), depth + 1);
    if (!inner.complete) complete = false;
    for (const command of inner.commands)
      commands.push({
        ...command,
        host: command.host ?? host,
        input: command.input.length > 0 ? command.input : from.input,
      });
  };

  function visit(command: Command, level: number): void {
    if (level > MAX_DEPTH || depth > MAX_DEPTH) {
      complete = false;
      return;
    }
    commands.push(command);
    const { words } = command;
    const name = nameOf(command);
    const wrapper = WRAPPERS[name];
    if (name === 'env') {
      env(command, level);
      return;
    }
    if (wrapper && Object.hasOwn(WRAPPERS, name)) {
      let rest = operands(words, wrapper);
      while (name === 'sudo' && /^\w+=/.test(rest[0]?.text ?? '')) rest = rest.slice(1);
      if (name === 'xargs' || name === 'parallel') rest = [...rest, ...fromInput(command)];
      if (rest.length > 0) visit(running(command, rest), level + 1);
      const script = name === 'flock' || name === 'watch' ? shellScript(words) : null;
      if (script) reread(script.text, command);
      return;
    }
    if (SHELLS.has(name) || name === 'su' || name === 'script' || name === 'runuser') {
      const script = shellScript(words);
      if (script) reread(script.text, command);
      else if (readsInput(command)) {
        if (command.stdin !== null) reread(command.stdin, command);
        for (const source of command.input) {
          const said = outputOf(source);
          if (said !== null) reread(said, command);
        }
      }
    } else if (name === 'eval') reread(joined(words.slice(1)), command);
    else if (name === 'trap' && words.length > 2) reread(words[1]!.text, command);
    else if (name === 'alias') {
      for (const { text } of words.slice(1)) if (text.includes('=')) reread(text.slice(text.indexOf('=') + 1), command);
    } else if (name === 'ssh') {
      const { target, remote } = sshParts(command);
      if (remote.length > 0) reread(joined(remote), command, target ?? UNKNOWN);
    } else if (name === 'find') {
      const at = words.findIndex(({ text }) => FIND_RUNS.has(text));
      if (at === -1) return;
      const end = words.findIndex(({ text }, i) => i > at && (text === ';' || text === '+'));
      const run = words.slice(at + 1, end === -1 ? undefined : end);
      visit(
        running(
          command,
          run.map((word) => (word.text.includes('{}') ? wordOf(UNKNOWN) : word)),
        ),
        level + 1,
      );
    }
  }

  function env(command: Command, level: number): void {
    let rest = operands(command.words, { values: 'uCS', long: ['unset', 'chdir', 'split-string'] });
    const split = command.words.findIndex(({ text }) => text === '-S' || text === '--split-string');
    const attached = command.words.find(({ text }) => /^(?:-S.|--split-string=)/.test(text));
    const script = attached?.text.replace(/^(?:-S|--split-string=)/, '') ?? command.words[split + 1]?.text;
    if ((split !== -1 || attached) && script) reread(script, command);
    while (/^\w+=/.test(rest[0]?.text ?? '')) rest = rest.slice(1);
    if (rest.length > 0) visit(running(command, rest), level + 1);
  }

  for (const command of script.commands) visit(command, 0);
  return { commands, complete };
}

/** What xargs adds to a command, when it can be told. */
function fromInput(command: Command): Word[] {
  const said = command.input.map(outputOf);
  if (command.input.length === 0 || said.some((text) => text === null || !isKnown(text))) return [wordOf(UNKNOWN)];
  return said
    .join(' ')
    .split(/\s+/)
    .filter(Boolean)
    .map((text) => wordOf(text));
}
