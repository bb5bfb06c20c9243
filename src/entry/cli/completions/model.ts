// What can follow what on the command line, from the commands' own tables; the makers of shell scripts write it down.
import { settingNames, settingOf } from '../../../config/settings.ts';
import { COMMON, type Flag } from '../args.ts';
import type { Action, Command } from '../command.ts';

export type Value = { readonly kind: 'words'; readonly words: readonly string[] } | { readonly kind: 'path' | 'any' };

export interface Option {
  /** With their dashes, the long one first. */
  readonly names: readonly string[];
  readonly help: string;
  /** null for a switch. */
  readonly value: Value | null;
}

export interface Place {
  readonly name: string;
  readonly help: string;
  readonly options: readonly Option[];
  /** What its words are, after the name of an action if it has any. */
  readonly operand: Value;
}

export interface CommandPlace extends Place {
  readonly aliases: readonly string[];
  readonly actions: readonly Place[];
}

export interface Completions {
  readonly commands: readonly CommandPlace[];
  /** Before the name of a command. */
  readonly options: readonly Option[];
  /** Flags that are followed by a value in every place that knows them. */
  readonly valued: readonly string[];
}

/** The programs that take these commands. */
export const PROGRAMS: readonly string[] = ['engram', 'engram-cli'];

const PATH = /\b(?:file|folder|path)s?\b/;

/** `embedding|reranker` lists what there is; `file` and `folder` lie on the disk. */
function valueFor(shown: string): Value {
  const choices = /^[<[]?([\w.:-]+(?:\|[\w.:-]+)+)[>\]]?/.exec(shown)?.[1];
  if (choices !== undefined) return { kind: 'words', words: choices.split('|') };
  return { kind: PATH.test(shown) ? 'path' : 'any' };
}

const fromFlag = ({ name, short, value, help }: Flag): Option => ({
  names: short ? [`--${name}`, `-${short}`] : [`--${name}`],
  help,
  value: value === undefined ? null : valueFor(value),
});

/** The settings that help lists for a role; without one, those that every command takes. */
function settings(role: Command['role']): Option[] {
  return settingNames.flatMap((name): Option[] => {
    const { flag, kind, used_by = 'server', help } = settingOf(name);
    const mine = used_by === 'both' || used_by === role || (role === 'client' && name === 'data_dir');
    if (flag === undefined || role === null || !mine) return [];
    if (kind.placeholder !== null) return [{ names: [`--${flag}`], help, value: valueFor(kind.placeholder) }];
    return [`--${flag}`, `--no-${flag}`].map((written) => ({ names: [written], help, value: null }));
  });
}

const visible = (flags: readonly Flag[] = []): Option[] => flags.filter(({ hidden }) => !hidden).map(fromFlag);

/** A flag of the command itself stands before a setting of the same name. */
const eachOnce = (options: readonly Option[]): Option[] =>
  [...new Map([...options].reverse().map((option) => [option.names[0], option])).values()].reverse();

const place = (own: Command | Action, shared: readonly Option[]): Place => ({
  name: own.name,
  help: own.summary,
  options: eachOnce([...visible(own.flags), ...shared]),
  operand: valueFor(own.operands ?? ''),
});

export function completionsOf(commands: readonly Command[]): Completions {
  const common = visible(COMMON);
  const places = commands.map((command): CommandPlace => {
    const shared = [...common, ...settings(command.role)];
    return {
      ...place(command, shared),
      aliases: command.aliases ?? [],
      actions: (command.actions ?? []).map((action) => place(action, shared)),
    };
  });
  const names = places.flatMap(({ name, aliases }) => [name, ...aliases]);
  const help: CommandPlace = {
    ...{ name: 'help', aliases: [], help: 'Explain a command', options: [], actions: [] },
    operand: { kind: 'words', words: names },
  };
  const options = [...common, ...settings('client')];
  const every = [...options, ...places.flatMap((one) => [...one.options, ...one.actions.flatMap((a) => a.options)])];
  const named = (wanted: (option: Option) => boolean) =>
    new Set(every.filter(wanted).flatMap((option) => option.names));
  const switches = named(({ value }) => value === null);
  const valued = [...named(({ value }) => value !== null)].filter((name) => !switches.has(name));
  return { commands: [...places, help], options, valued };
}

/** Each place with the words that lead to it: `models`, `models pull`. */
export function placesOf({ commands }: Completions): { path: string; place: Place; next: readonly Place[] }[] {
  return commands.flatMap((command) =>
    [command.name, ...command.aliases].flatMap((name) => [
      { path: name, place: command, next: command.actions },
      ...command.actions.map((action) => ({ path: `${name} ${action.name}`, place: action, next: [] })),
    ]),
  );
}
