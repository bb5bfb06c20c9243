// Reads what follows a command's name by the command's own table of flags; the same table makes its help.
import { nearest } from '../../algo/nearest.ts';
import { settingNames, settingOf } from '../../config/settings.ts';
import { usage } from './failure.ts';

export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** What help calls the value; without it the flag is a switch. */
  readonly value?: string;
  readonly help: string;
  /** Taken for the sake of existing scripts, not worth a line of help. */
  readonly hidden?: true;
}

/** Understood by every command, before or after its name. */
export const COMMON: readonly Flag[] = [
  { name: 'json', help: 'Print the answer as one line of JSON; errors too, on stderr' },
  { name: 'quiet', short: 'q', help: 'Leave out remarks such as "No results."' },
  { name: 'help', short: 'h', help: 'Show this help' },
];

/** Of commands that work on memories. */
export const SPACE: Flag = { name: 'space', value: 'name', help: 'Space to work in' };

export interface Args {
  /** What is left after the flags, in order. */
  readonly words: readonly string[];
  has(flag: string): boolean;
  text(flag: string): string | null;
  /** @throws CliError when the value is no whole number within the bounds */
  whole(flag: string, bounds: { min: number; max: number }): number | null;
}

const settingFlags = (): string[] =>
  settingNames.flatMap((name) => {
    const { flag, kind } = settingOf(name);
    return flag === undefined ? [] : kind.placeholder === null ? [flag, `no-${flag}`] : [flag];
  });

function unknownFlag(written: string, command: string, flags: readonly Flag[]): Error {
  const name = written.replace(/^-+/, '').replace(/=.*$/s, '');
  const known = [...flags.filter((flag) => !flag.hidden).map((flag) => flag.name), ...settingFlags()];
  const guess = written.startsWith('--') ? nearest(name, known) : null;
  const hint = guess
    ? `; did you mean --${guess}?`
    : /\s/.test(written)
      ? '. Put -- before text that starts with a dash.'
      : '.';
  const shown = written.startsWith('--') ? `--${name}` : written;
  return usage(`${command} has no flag ${shown.slice(0, 80)}${hint} "${command} --help" lists them.`);
}

/** @param tokens what follows the command's name, settings already taken out */
export function parseArgs(tokens: readonly string[], own: readonly Flag[], command: string): Args {
  const flags = [...own, ...COMMON];
  const given = new Map<string, string[]>();
  const words: string[] = [];
  const end = tokens.includes('--') ? tokens.indexOf('--') : tokens.length;

  for (let i = 0; i < end; i++) {
    const token = tokens[i]!;
    if (!token.startsWith('-') || token === '-') {
      words.push(token);
      continue;
    }
    const [, long, , attachedLong] = /^--([^=\s]+)(=(.*))?$/s.exec(token) ?? [];
    const [, short, attachedShort] = /^-([a-zA-Z])(.*)$/s.exec(token) ?? [];
    const flag = flags.find((one) => (long !== undefined ? one.name === long : one.short === short));
    if (!flag || (long === undefined && short === undefined)) throw unknownFlag(token, command, flags);
    const label = long !== undefined ? `--${long}` : `-${short}`;
    const attached = long !== undefined ? attachedLong : attachedShort || undefined;
    if (flag.value === undefined) {
      if (attached !== undefined) throw usage(`${label} takes no value; leave out "${attached.slice(0, 80)}".`);
      given.set(flag.name, []);
    } else if (attached !== undefined) {
      given.set(flag.name, [...(given.get(flag.name) ?? []), attached]);
    } else if (i + 1 < end && !tokens[i + 1]!.startsWith('--')) {
      given.set(flag.name, [...(given.get(flag.name) ?? []), tokens[++i]!]);
    } else {
      throw usage(`${label} needs a value: <${flag.value}>.`);
    }
  }
  words.push(...tokens.slice(end + 1));

  const text = (flag: string) => given.get(flag)?.at(-1) ?? null;
  return {
    words,
    has: (flag) => given.has(flag),
    text: (flag) => (flag === 'tags' ? (given.get(flag)?.join(',') ?? null) : text(flag)),
    whole(flag, { min, max }) {
      const written = text(flag);
      if (written === null) return null;
      const value = /^\d{1,15}$/.test(written.trim()) ? Number(written) : Number.NaN;
      if (value >= min && value <= max) return value;
      throw usage(`--${flag} must be a whole number from ${min} to ${max}, not "${written.slice(0, 80)}".`);
    },
  };
}
