// Folders and files that must stay: rm, find -delete, mv to nowhere, and rights taken away from whole trees.
import { argsOf, type Command, isKnown, nameOf, UNKNOWN } from '../command.ts';
import { isProtected, isRoot } from '../paths.ts';
import { danger, type Rule } from '../rule.ts';

interface Parsed {
  flags: Set<string>;
  operands: string[];
}

/** Short flags one by one, long ones with their dashes; abbreviations of long ones are left as they are. */
export function parseArgs(args: readonly string[]): Parsed {
  const flags = new Set<string>();
  const operands: string[] = [];
  let ended = false;
  for (const arg of args) {
    if (ended || arg === '-' || !arg.startsWith('-')) operands.push(arg);
    else if (arg === '--') ended = true;
    else if (arg.startsWith('--')) flags.add(arg.replace(/=.*$/s, ''));
    else for (const letter of arg.slice(1)) flags.add(letter);
  }
  return { flags, operands };
}

/** `--recurs` is enough for `--recursive`. */
const hasLong = (flags: ReadonlySet<string>, name: string, shortest: number): boolean =>
  [...flags].some((flag) => flag.length >= shortest && flag.startsWith('--') && name.startsWith(flag));
const isRecursive = (flags: ReadonlySet<string>): boolean =>
  flags.has('r') || flags.has('R') || hasLong(flags, '--recursive', 3);

/** The name itself may only be known when the script runs. */
const mayBe = (command: Command, name: string): boolean => {
  const said = nameOf(command);
  return (
    said === name ||
    (command.words.length > 0 && (!isKnown(command.words[0]!.text) || (/[*?[]/.test(said) && said.length < 8)))
  );
};

const removal: Rule = (command) => {
  if (!mayBe(command, 'rm')) return null;
  const { flags, operands } = parseArgs(argsOf(command));
  if (nameOf(command) === 'rm' && flags.has('--no-preserve-root'))
    return danger('delete.protected', 'destructive', 'It deletes the root folder against the protection of rm.');
  if (!isRecursive(flags) || flags.has('--help')) return null;
  if (nameOf(command) !== 'rm' && !flags.has('f')) return null;
  const hit = operands.find((path) => isProtected(path, command.cwd));
  if (hit !== undefined) return danger('delete.protected', 'destructive', `It deletes ${hit} with everything in it.`);
  if (nameOf(command) !== 'rm') return null;
  if (command.words.some(({ text }) => text === UNKNOWN) && operands.length === 1)
    return danger('delete.unknown', 'risky', 'It deletes folders whose names are only known when it runs.');
  const empty = operands.find((path) => new RegExp(`^${UNKNOWN}/\\*?$`).test(path));
  if (empty !== undefined)
    return danger('delete.unset', 'risky', 'It deletes everything if the variable in its path is empty.');
  const all = operands.find((path) => /^(?:\.\/)?\*$/.test(path) && command.cwd === null);
  return all === undefined
    ? null
    : danger('delete.everything', 'risky', 'It deletes all that is in the current folder.');
};

const xargsRemoval: Rule = (command) =>
  nameOf(command) === 'xargs' &&
  argsOf(command).includes('rm') &&
  isRecursive(parseArgs(argsOf(command).slice(argsOf(command).indexOf('rm') + 1)).flags) &&
  command.input.length === 0
    ? danger('delete.unknown', 'destructive', 'It deletes whatever folders a list names.')
    : null;

const NARROWS =
  /^-(?:i?name|i?path|i?regex|i?wholename|newer\w*|[acm](?:time|min)|size|user|group|empty|perm|inum|samefile|maxdepth|uid)$/;

const finding: Rule = (command) => {
  const args = argsOf(command);
  if (nameOf(command) !== 'find') return null;
  const removes =
    args.includes('-delete') ||
    args.some((arg, i) => /^-(?:exec|ok)(?:dir)?$/.test(arg) && /(?:^|\/)(?:rm|shred|unlink)$/.test(args[i + 1] ?? ''));
  if (!removes || args.some((arg) => NARROWS.test(arg))) return null;
  const end = args.findIndex((arg) => /^[-(!]/.test(arg) && !/^-[HLPDO]/.test(arg));
  const hit = args.slice(0, end).find((path) => !path.startsWith('-') && isProtected(path, command.cwd));
  return hit === undefined
    ? null
    : danger('delete.protected', 'destructive', `It deletes everything that lies in ${hit}.`);
};

const moving: Rule = (command) => {
  if (nameOf(command) !== 'mv') return null;
  const { operands } = parseArgs(argsOf(command));
  const target = operands.at(-1);
  const hit = operands
    .slice(0, -1)
    .find((path) => (target === '/dev/null' ? isProtected(path, command.cwd) : isRoot(path, command.cwd)));
  return hit === undefined
    ? null
    : danger('delete.protected', 'destructive', `It takes ${hit} away from where the system looks for it.`);
};

const rights: Rule = (command) => {
  const name = nameOf(command);
  if (name !== 'chmod' && name !== 'chown' && name !== 'chgrp') return null;
  const { flags, operands } = parseArgs(argsOf(command).filter((arg) => !/^-[rwxXst]+$/.test(arg)));
  const recursive = flags.has('R') || hasLong(flags, '--recursive', 5);
  const [mode = '', ...paths] = flags.has('--reference') ? ['', ...operands] : operands;
  const hit = paths.find((path) => isRoot(path, command.cwd));
  const open = name === 'chmod' && /^0*[0-7]?(?:777|666|000)$|^(?:a|o|ugo)?[+=][rx]*w/.test(mode);
  if (hit === undefined || !(recursive || open)) return null;
  return danger(
    'rights.root',
    'destructive',
    `It changes who may use ${hit}${recursive ? ' and everything in it' : ''}.`,
  );
};

export const deletionRules: readonly Rule[] = [removal, xargsRemoval, finding, moving, rights];
