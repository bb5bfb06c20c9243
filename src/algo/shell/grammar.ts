// Bounds and shapes of what the reader of scripts goes by.
import type { Command } from './command.ts';

export interface Script {
  commands: Command[];
  /** False when it is too long or too deeply nested to be read to its end. */
  complete: boolean;
}

export const MAX_DEPTH = 16;
export const MAX_COMMANDS = 2_000;
export const MAX_LOOP_VALUES = 16;
export const ENDS_WORD = /[\s;&|()<>]/;
export const REDIRECT = /(?:\d{1,4}|\{\w+\})?(<<<|<<-|<<|<>|<&|>>|>\||>&|&>>|&>|<(?!\()|>(?!\())/y;
export const ASSIGNMENT = /([A-Za-z_]\w*)(?:\[[^\]\s]*\])?(\+?)=/y;
export const RESERVED_END = /(?:then|do|else|elif|fi|done|esac|\})(?=[\s;&|)]|$)/y;
export const FUNCTION_BRACKETS = /[ \t]*\([ \t]*\)/y;
export const DECLARES = new Set(['export', 'declare', 'typeset', 'local', 'readonly']);

export interface HereDoc {
  readonly command: Command;
  readonly end: string;
  readonly expands: boolean;
  readonly tabs: boolean;
}

/** What all readers of one script have in common. */
export interface State {
  readonly values: Map<string, string>;
  cwd: string | null;
  readonly commands: Command[];
  complete: boolean;
}
