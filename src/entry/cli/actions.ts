// Commands with subcommands: `engram jobs retry 12`. Each action is data like a command, with flags of its own.
import { nearest } from '../../algo/nearest.ts';
import type { Args, Flag } from './args.ts';
import type { Action, Command, Context } from './command.ts';
import { usage } from './failure.ts';

interface Grouped extends Omit<Command, 'run' | 'flags' | 'operands' | 'examples' | 'actions'> {
  readonly actions: readonly Action[];
  /** What is done when no action is named. */
  readonly fallback?: string;
}

export function withActions({ fallback, ...command }: Grouped): Command {
  const { name, actions } = command;
  const names = actions.map((action) => action.name);
  return {
    ...command,
    operands: `${fallback === undefined ? '<action>' : '[action]'} …`,
    flags: everyFlag(actions),
    examples: actions.flatMap(({ examples }) => examples),
    async run(context) {
      const [word = fallback, ...words] = context.args.words;
      if (word === undefined) throw usage(`${name} needs an action: one of ${names.join(', ')}. ${more(name)}`);
      const action = findAction(command, word);
      for (const { name: flag } of everyFlag(actions))
        if (context.args.has(flag) && !(action.flags ?? []).some((own) => own.name === flag))
          throw usage(`--${flag} does not go with "${name} ${action.name}". ${more(name)}`);
      return action.run(withWords(context, words));
    },
  };
}

/** @throws CliError that names the nearest */
export function findAction({ name, actions = [] }: Pick<Command, 'name' | 'actions'>, word: string): Action {
  const found = actions.find((action) => action.name === word);
  if (found) return found;
  const names = actions.map((action) => action.name);
  const guess = nearest(word.toLowerCase(), names);
  const hint = guess === null ? `: one of ${names.join(', ')}.` : `; did you mean "engram ${name} ${guess}"?`;
  throw usage(`${name} has no action "${word.slice(0, 80)}"${hint} ${more(name)}`);
}

/** Of all actions together, each once: a flag means the same wherever it stands. */
const everyFlag = (actions: readonly Action[]): Flag[] => [
  ...new Map(actions.flatMap(({ flags = [] }) => flags.map((flag) => [flag.name, flag] as const))).values(),
];

const more = (name: string): string => `See "engram ${name} --help".`;

function withWords(context: Context, words: readonly string[]): Context {
  const { args } = context;
  const own: Args = { words, has: (flag) => args.has(flag), text: (flag) => args.text(flag), whole: args.whole };
  return { ...context, args: own };
}
