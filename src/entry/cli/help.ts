// Help texts, made from the commands' own tables so that they cannot disagree with what is parsed.

import { type SettingName, settingOf } from '../../config/settings.ts';
import { flagHelp } from '../../config.ts';
import { COMMON, type Flag } from './args.ts';
import type { Action, Command } from './command.ts';
import type { CommandGroup } from './commands/index.ts';
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

export function generalHelp(version: string, groups: readonly CommandGroup[], paint: Paint): string {
  const filled = groups.filter(({ commands }) => commands.length > 0);
  const width = Math.max(...filled.flatMap(({ commands }) => commands.map(({ name }) => name.length)));
  return [
    `Engram ${version}: long-term memory for AI agents, on your own machine`,
    '',
    `${paint('bold', 'Usage:')} engram <command> [flags]`,
    ...filled.flatMap(({ title, commands }) => [
      '',
      paint('bold', `${title}:`),
      ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    ]),
    '',
    '"engram help <command>" explains one, "engram help <command> <action>" a part of it.',
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

/** Of a command, or of one action of it. */
export function commandHelp(command: Command, paint: Paint, action: Action | null = null): string {
  const { name, aliases = [], actions = [], role } = command;
  const { operands, summary, about = [], flags = [], examples } = action ?? command;
  const own = flags.filter((flag) => !flag.hidden);
  const goesWith = ({ name: flag, help, ...rest }: Flag): Flag => {
    const users = actions.filter((one) => one.flags?.some((other) => other.name === flag));
    const only = action === null && users.length < actions.length ? `${users.map((one) => one.name).join(', ')}: ` : '';
    return { ...rest, name: flag, help: only + help };
  };
  return [
    summary,
    '',
    `${paint('bold', 'Usage:')} engram ${name}${action === null ? '' : ` ${action.name}`}${operands ? ` ${operands}` : ''} [flags]`,
    ...(aliases.length > 0 && action === null ? ['', `Also called ${aliases.join(', ')}.`] : []),
    ...(about.length > 0 ? ['', ...about] : []),
    ...(actions.length > 0 && action === null
      ? ['', paint('bold', 'Actions:'), ...columns(actions.map((one) => [shown(one), one.summary] as const))]
      : []),
    '',
    paint('bold', 'Flags:'),
    ...columns([...own.map(goesWith), ...COMMON].map(flagRow)),
    ...(role === null ? [] : ['', paint('bold', 'Settings (flag, environment variable):'), ...flagHelp(role)]),
    ...(role === 'client' && !command.needs_server
      ? ['', 'The flags of "engram serve" work too; --data-dir says which store to open when no server is up.']
      : []),
    '',
    paint('bold', 'Examples:'),
    ...examples.map((line) => `  ${line}`),
    '',
    `Exit codes: ${(command.exit_codes ?? EXIT_HELP).map(([code, meaning]) => `${code} ${meaning}`).join('; ')}.`,
  ].join('\n');
}

const shown = ({ name, operands }: Action): string => (operands ? `${name} ${operands}` : name);
