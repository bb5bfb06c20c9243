// What a command is: data for help and parsing, and one function that does the work.
import type { Config } from '../../config.ts';
import type { Args, Flag } from './args.ts';
import type { Call, Open } from './client.ts';
import { type ExitCode, usage } from './failure.ts';
import type { Machine } from './machine.ts';
import type { Output } from './output.ts';

export interface Reach {
  /** The usual address, or that of the server the user named. */
  readonly base: string;
  /** The user named a server: then nothing but that server will do. */
  readonly chosen: boolean;
  readonly key: string | null;
  /** Settings to open the store with, as a server would. @throws ConfigError */
  ofServer(): Config;
}

export interface Context {
  readonly machine: Machine;
  readonly args: Args;
  readonly output: Output;
  /** @throws ConfigError */
  settings(): Config;
  /** Where the calls of this command go. */
  reach(): Reach;
  /** Calls the server, or the store itself when no server is up at the usual address. */
  withCall<T>(work: (call: Call, open: Open) => Promise<T>): Promise<T>;
}

/** One of several things a command does, chosen by its first word: `jobs retry`. */
export interface Action {
  readonly name: string;
  readonly summary: string;
  /** What stands after the name of the action: `<id>`. */
  readonly operands?: string;
  readonly flags?: readonly Flag[];
  readonly about?: readonly string[];
  readonly examples: readonly string[];
  run(context: Context): Promise<ExitCode>;
}

export interface Command {
  readonly name: string;
  /** Other names that do the same. */
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** What it does by its first word; made into a command by `withActions`. */
  readonly actions?: readonly Action[];
  /** What stands after the name: `<id>`. */
  readonly operands?: string;
  readonly flags?: readonly Flag[];
  /** Which settings it takes as flags and shows in its help. */
  readonly role: 'server' | 'client' | null;
  /** May start a new store where there is none; a command that only reads would hide a wrong folder that way. */
  readonly starts_store?: true;
  /** Only a running server will do: the store on this disk cannot answer for it. */
  readonly needs_server?: true;
  /** Ends with this code whatever goes wrong, where scripts read another meaning into the others. */
  readonly exit_on_error?: ExitCode;
  /** What its exit codes mean, where that is not what they usually mean. */
  readonly exit_codes?: readonly (readonly [number, string])[];
  /** Further lines of help. */
  readonly about?: readonly string[];
  readonly examples: readonly string[];
  /** Names under which people look for it; only used to point them here. */
  readonly sought_as?: readonly string[];
  run(context: Context): Promise<ExitCode>;
}

export function noWords({ args }: Context, command: string): void {
  if (args.words.length > 0)
    throw usage(`${command} takes no "${args.words[0]!.slice(0, 80)}". See "engram ${command} --help".`);
}

export function idOperand({ args }: Context, command: string, what = 'memory'): number {
  const [word, ...more] = args.words;
  if (word === undefined || more.length > 0)
    throw usage(`${command} takes one ${what} id, for example: engram ${command} 42`);
  return idOf(word, what);
}

/** @throws CliError when there is none */
export function idOperands({ args }: Context, command: string, what = 'memory'): number[] {
  if (args.words.length === 0)
    throw usage(`${command} takes the ids of one or more, for example: engram ${command} 42 43`);
  return args.words.map((word) => idOf(word, what));
}

export function idOf(word: string, what = 'memory'): number {
  const id = parseId(word);
  if (id === null) throw usage(`"${word.slice(0, 80)}" is not a ${what} id; ids are whole numbers such as 42.`);
  return id;
}

/** `42` or `#42`, as search prints it. */
export function parseId(word: string): number | null {
  const digits = /^#?(\d{1,15})$/.exec(word.trim())?.[1];
  return digits !== undefined && Number(digits) > 0 ? Number(digits) : null;
}

const MAX_STDIN_BYTES = 64 * 1024 * 1024;

/** The words of the command line; standard input for `-`, or when there are none and something is piped in. */
export async function textOperand({ args, machine }: Context, command: string, what: string): Promise<string> {
  const { words } = args;
  const fromStdin = words.length === 1 ? words[0] === '-' : words.length === 0 && !machine.stdin.isTTY;
  const text = fromStdin ? await readAll(machine.stdin.bytes()) : words.join(' ');
  if (text.trim() !== '') return text;
  throw usage(`${command} needs ${what}: engram ${command} "…", or pipe it in: … | engram ${command} -`);
}

/** What is piped in, as text. */
export const readStdin = ({ machine }: Context): Promise<string> => readAll(machine.stdin.bytes());

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  // Strict: storing replacement characters in place of what was meant would lose it in silence.
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let size = 0;
  try {
    for await (const chunk of chunks) {
      size += chunk.byteLength;
      if (size > MAX_STDIN_BYTES) break;
      text += decoder.decode(chunk, { stream: true });
    }
    text += decoder.decode();
  } catch {
    throw usage('What was piped in is not UTF-8 text.');
  }
  if (size > MAX_STDIN_BYTES) throw usage('More was piped in than any memory can hold.');
  return text;
}
