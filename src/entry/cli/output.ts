// What commands print: results on stdout, errors and remarks worth a person's attention on stderr, colour only for people.
import type { Env } from '../../config/sources.ts';
import type { CliError } from './failure.ts';
import type { Terminal } from './machine.ts';
import { type Column, tableLines } from './table.ts';
import { cut, displayWidth } from './width.ts';

export interface Output {
  /** The user asked for JSON. */
  readonly json: boolean;
  line(text: string): void;
  /** A result as one line of JSON. */
  data(value: unknown): void;
  /** A remark that `--quiet` leaves out. */
  remark(text: string): void;
  /** Rows in columns under their names; cells are cut to the width of a terminal. */
  table(columns: readonly (Column | string)[], rows: readonly (readonly string[])[]): void;
  /** A line of a memory's text: its beginning, and on a terminal no more than fits beside what stands before it. */
  excerptLine(before: string, content: string): void;
  /** Text that may hold anything: on a terminal, control characters other than line breaks and tabs are left out. */
  raw(text: string): void;
  /** Such text as it may be shown, to be put into a line. */
  safe(text: string): string;
  error(error: CliError): void;
  readonly paint: Paint;
}

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow';
export type Paint = (colour: Colour, text: string) => string;

const CODES: Readonly<Record<Colour, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

/** Of a terminal that does not say. */
const USUAL_WIDTH = 80;
const LEAST_TEXT = 20;

const wantsColour = (terminal: Terminal, env: Env): boolean => terminal.isTTY && !env.NO_COLOR && env.TERM !== 'dumb';

const painter =
  (on: boolean): Paint =>
  (colour, text) =>
    on ? `\x1b[${CODES[colour][0]}m${text}\x1b[${CODES[colour][1]}m` : text;

export function createOutput(
  { out, err, env }: { out: Terminal; err: Terminal; env: Env },
  { json, quiet }: { json: boolean; quiet: boolean },
): Output {
  const paintError = painter(wantsColour(err, env));
  const paint = painter(wantsColour(out, env));
  const line = (text: string) => out.write(`${text}\n`);
  const safe = (text: string) => (out.isTTY ? text.replace(CONTROL, '') : text);
  const width = out.isTTY ? (out.columns ?? USUAL_WIDTH) : null;
  return {
    json,
    line,
    data: (value) => line(JSON.stringify(value)),
    remark: (text) => {
      if (!quiet) line(text);
    },
    table(columns, rows) {
      const named = columns.map((column) => (typeof column === 'string' ? { name: column } : column));
      const clean = rows.map((row) => row.map((cell) => cell.replace(/\s+/g, ' ').replace(CONTROL, '')));
      const [heading, ...lines] = tableLines(named, clean, width);
      line(paint('bold', heading!));
      for (const text of lines) line(text);
    },
    excerptLine(before, content) {
      const text = excerpt(content);
      line(width === null ? before + text : before + cut(text, Math.max(LEAST_TEXT, width - displayWidth(before))));
    },
    raw: (text) => line(safe(text)),
    safe,
    error({ message, code }) {
      // Programs read one line of JSON; people one sentence.
      const text = json ? JSON.stringify({ error: message, code }) : `${paintError('red', 'Error:')} ${message}`;
      err.write(`${text}\n`);
    },
    paint,
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what could take over a terminal.
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g;

/** One line of at most `max` code points, never ending inside what people see as one character. */
export function excerpt(content: string, max = 100): string {
  const flat = content.replace(/\s+/g, ' ').replace(CONTROL, '').trim();
  const head = flat.slice(0, max * 8);
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(head)) {
    used += [...segment].length;
    if (used > max) break;
    kept += segment;
  }
  // A base letter under a hundred marks is no character of any language: cut it where the limit is.
  return kept.trimEnd() || [...head].slice(0, max).join('');
}

export const bytes = (n: number): string => {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
};
