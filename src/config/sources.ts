// Reads the three places a setting can be given in. Nothing is decided here: each place yields what it gave and its mistakes.
import { parse, TomlError } from 'smol-toml';
import { nearest } from '../algo/nearest.ts';
import type { Raw } from './kinds.ts';
import { KNOWN_ELSEWHERE } from './known-elsewhere.ts';
import { type SettingName, settingNames, settingOf } from './settings.ts';

/** One value given for one setting; `label` names the place as the person wrote it (`--port`, `ENGRAM_PORT`, `port in …`). */
export interface Given {
  readonly setting: SettingName;
  readonly raw: Raw;
  readonly label: string;
  /** For `explain`. */
  readonly source: string;
}

export interface Gathered {
  readonly given: Given[];
  readonly problems: string[];
}

export type Env = Readonly<Record<string, string | undefined>>;

const didYouMean = (name: string, known: readonly string[]): string => {
  const found = nearest(name, known);
  return found ? `; did you mean ${found}?` : '';
};

/** Takes the flags that are settings out of `argv`; every other token stays in `rest`, in order, for the command. */
export function fromFlags(argv: readonly string[]): Gathered & { readonly rest: string[] } {
  const byFlag = new Map(settingNames.map((name) => [settingOf(name).flag, name]));
  const given: Given[] = [];
  const problems: string[] = [];
  const rest: string[] = [];
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  for (let i = 0; i < end; i++) {
    const token = argv[i]!;
    const [, word, , attached] = /^--([^=]+)(=(.*))?$/s.exec(token) ?? [];
    const negated = word?.startsWith('no-') ? byFlag.get(word.slice(3)) : undefined;
    const setting = word === undefined ? undefined : (byFlag.get(word) ?? negated);
    const isSwitch = setting !== undefined && settingOf(setting).kind.placeholder === null;
    if (setting === undefined || (negated === setting && !isSwitch)) {
      rest.push(token);
      continue;
    }
    const label = `--${word}`;
    const give = (raw: Raw) => {
      const before = settingOf(setting).kind.list ? given.findIndex((one) => one.setting === setting) : -1;
      if (before >= 0) raw = `${given.splice(before, 1)[0]!.raw},${raw}`; // A list flag may be repeated.
      given.push({ setting, raw, label, source: `flag ${label}` });
    };
    if (negated === setting) {
      if (attached === undefined) give(false);
      else problems.push(`${label} takes no value; leave out "=${attached}".`);
    } else if (attached !== undefined) give(attached);
    else if (isSwitch) give(true);
    else if (i + 1 < end && !argv[i + 1]!.startsWith('--')) give(argv[++i]!);
    else problems.push(`${label} needs a value: ${settingOf(setting).kind.allowed}.`);
  }
  return { given, problems, rest: [...rest, ...argv.slice(end)] };
}

/** An empty variable counts as unset, which is how compose files and shells pass on what nobody filled in. */
export function fromEnv(env: Env): Gathered & { readonly unused: string[] } {
  const given: Given[] = [];
  for (const setting of settingNames) {
    const { env: names, translate } = settingOf(setting);
    for (const name of names) {
      const text = env[name]?.trim() || null;
      const raw = text !== null && translate?.[name] ? translate[name](text) : text;
      if (raw !== null) given.push({ setting, raw, label: name, source: `environment ${name}` });
    }
  }
  const ours = new Set(settingNames.flatMap((name) => settingOf(name).env));
  const elsewhere = new Set(KNOWN_ELSEWHERE);
  const filled = Object.keys(env).filter((name) => env[name]?.trim() && !ours.has(name));
  const suggestable = [...ours, ...elsewhere].filter((name) => name.startsWith('ENGRAM_'));
  const problems = filled
    .filter((name) => name.startsWith('ENGRAM_') && !name.startsWith('ENGRAM_TEST_') && !elsewhere.has(name))
    .map((name) => `${name} is not a variable Engram knows${suggestion(name, suggestable)}`);
  return { given, problems, unused: filled.filter((name) => elsewhere.has(name)).sort() };
}

/** The shared prefix would make every name look similar, so only what follows it is compared. */
const suggestion = (name: string, known: readonly string[]): string => {
  const hint = didYouMean(
    name.slice('ENGRAM_'.length),
    known.map((other) => other.slice('ENGRAM_'.length)),
  );
  return hint ? hint.replace('mean ', 'mean ENGRAM_') : '.';
};

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

const isRaw = (value: unknown): value is Raw =>
  ['string', 'number', 'boolean'].includes(typeof value) ||
  (Array.isArray(value) && value.every((item) => typeof item === 'string'));

export function fromFile(path: string, content: string): Gathered {
  const given: Given[] = [];
  const problems: string[] = [];
  const keys = settingNames.filter((name) => !settingOf(name).not_in_file);
  const sections = new Set(keys.filter((key) => key.includes('.')).map((key) => key.slice(0, key.indexOf('.'))));

  const walk = (table: Record<string, unknown>, prefix: string) => {
    for (const [word, value] of Object.entries(table)) {
      const key = prefix + word;
      const label = `${key} in ${path}`;
      const setting = keys.find((name) => name === key);
      if (sections.has(key)) {
        if (isTable(value)) walk(value, `${key}.`);
        else problems.push(`${label} must be a section, written [${key}].`);
      } else if (setting === undefined) {
        problems.push(`${label} is not a setting Engram knows${didYouMean(key, keys) || '.'}`);
      } else if (isRaw(value)) given.push({ setting, raw: value, label, source: `file ${path}` });
      else problems.push(`${label} has a value of the wrong type; expected ${settingOf(setting).kind.allowed}.`);
    }
  };

  try {
    walk(parse(content), '');
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The full message quotes the lines around the mistake, and those may hold a secret.
    const reason = error.message.split('\n', 1)[0]!.replace(/^Invalid TOML document: /, '');
    problems.push(`${path} is not valid TOML at line ${error.line}, column ${error.column}: ${reason}.`);
  }
  return { given, problems };
}
