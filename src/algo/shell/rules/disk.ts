// Disks that would be formatted or written over, and processes without end.
import { argsOf, nameOf } from '../command.ts';
import { isDisk } from '../paths.ts';
import { danger, type Rule } from '../rule.ts';
import { parseArgs } from './deletion.ts';

const formatting: Rule = (command) => {
  const name = nameOf(command);
  const { operands } = parseArgs(argsOf(command));
  if (!/^(?:mkfs(?:\.\w+)?|mke2fs|newfs(?:_\w+)?|mkswap)$/.test(name)) return null;
  const target = operands.find((path) => path.startsWith('/dev/'));
  return target === undefined
    ? null
    : danger('disk.format', 'destructive', `It formats ${target}; what is on it is lost.`);
};

const WRITERS = new Set([
  'tee',
  'shred',
  'wipefs',
  'blkdiscard',
  'cp',
  'install',
  'truncate',
  'fallocate',
  'badblocks',
  'sgdisk',
  'parted',
]);

const writing: Rule = (command) => {
  const name = nameOf(command);
  const args = argsOf(command);
  const { operands, flags } = parseArgs(args);
  const lost = (path: string) => danger('disk.write', 'destructive', `It writes over ${path}; what is on it is lost.`);
  const out = command.redirects.find(({ op, target }) => /^(?:>|>>|>\||&>|&>>|<>|>&)$/.test(op) && isDisk(target.text));
  if (out) return lost(out.target.text);
  if (name === 'dd') {
    const target = args.find((arg) => arg.startsWith('of='))?.slice(3);
    return target !== undefined && isDisk(target) ? lost(target) : null;
  }
  if (name === 'cryptsetup' && args.includes('luksFormat')) return lost(operands.find(isDisk) ?? 'a disk');
  if (!WRITERS.has(name)) return null;
  if (name === 'wipefs' && !flags.has('a') && !flags.has('--all')) return null;
  if (name === 'parted' && (flags.has('l') || args.includes('print'))) return null;
  const targets = name === 'cp' || name === 'install' ? operands.slice(-1) : operands;
  const hit = targets.find(isDisk);
  return hit === undefined ? null : lost(hit);
};

/** A function that starts itself more than once. */
const forkBomb: Rule = (command) =>
  command.within !== null &&
  command.words[0]?.text === command.within &&
  (command.background || command.input.some(({ words }) => words[0]?.text === command.within))
    ? danger('process.bomb', 'destructive', 'It starts itself without end, until the machine stands still.')
    : null;

export const diskRules: readonly Rule[] = [formatting, writing, forkBomb];
