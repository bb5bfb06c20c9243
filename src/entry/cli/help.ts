// Help texts, made from the commands' own tables so that they cannot disagree with what is parsed.

import { type SettingName, settingOf } from '../../config/settings.ts';
import { flagHelp } from '../../config.ts';
import { COMMON, type Flag } from './args.ts';
import type { Command } from './command.ts';
import { EXIT_HELP } from './failure.ts';
import type { Paint } from './output.ts';

const columns = (rows: readonly (readonly [string, string])[]): string[] => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
};

const flagRow = ({ name, short, value, help }: Flag): [string, string] => [
  `${short ? `-${short}, ` : '    '}--${name}${value ? ` <${value}>` : ''}`,
  help,
];

/** The settings everybody needs sooner or later; `<command> --help` lists the others. */
const EVERYWHERE: readonly SettingName[] = ['server_url', 'client_key', 'config_file'];

const settingRow = (setting: SettingName): [string, string] => {
  const { flag, kind, help, env } = settingOf(setting);
  return [`    --${flag} <${kind.placeholder}>`, `${help} (${env.join(', ')})`];
};

export function generalHelp(version: string, commands: readonly Command[], paint: Paint): string {
  const rows = commands.map(
    ({ name, operands, summary }) => [`${name}${operands ? ` ${operands}` : ''}`, summary] as const,
  );
  return [
    `Engram ${version}: long-term memory for AI agents, on your own machine`,
    '',
    `${paint('bold', 'Usage:')} engram <command> [flags]`,
    '',
    paint('bold', 'Commands:'),
    ...columns([...rows, ['help <command>', 'Explain a command']]),
    '',
    paint('bold', 'First steps:'),
    ...columns([
      ['engram serve', 'start the server, here on http://127.0.0.1:4200'],
      ['export ENGRAM_API_KEY=$(engram bootstrap)', 'get the first key, once'],
      ['engram store "Alice prefers green tea" --tags alice', 'remember something'],
      ['engram search "what does Alice drink"', 'find it again'],
      ['engram doctor', 'when something does not work'],
    ]),
    '',
    'Without a server, the commands that need one open the store in ./data themselves; no key is needed then.',
    '',
    paint('bold', 'Flags of every command:'),
    ...columns([...COMMON.map(flagRow), ...EVERYWHERE.map(settingRow)]),
    '',
    paint('bold', 'Exit codes:'),
    ...columns(EXIT_HELP.map(([code, meaning]) => [String(code), meaning] as const)),
  ].join('\n');
}

export function commandHelp(
  { name, operands, summary, flags = [], role, about = [], examples }: Command,
  paint: Paint,
): string {
  const own = flags.filter((flag) => !flag.hidden);
  return [
    summary,
    '',
    `${paint('bold', 'Usage:')} engram ${name}${operands ? ` ${operands}` : ''} [flags]`,
    ...(about.length > 0 ? ['', ...about] : []),
    '',
    paint('bold', 'Flags:'),
    ...columns([...own, ...COMMON].map(flagRow)),
    ...(role === null ? [] : ['', paint('bold', 'Settings (flag, environment variable):'), ...flagHelp(role)]),
    ...(role === 'client'
      ? ['', 'The flags of "engram serve" work too; --data-dir says which store to open when no server is up.']
      : []),
    '',
    paint('bold', 'Examples:'),
    ...examples.map((line) => `  ${line}`),
    '',
    `Exit codes: ${EXIT_HELP.map(([code, meaning]) => `${code} ${meaning}`).join('; ')}.`,
  ].join('\n');
}
