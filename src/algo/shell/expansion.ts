// The pieces that `$` and back-ticks begin, as text: where each ends and what it stands for.
import { UNKNOWN, unescapeText } from './command.ts';

export interface Piece {
  readonly value: string;
  /** Where the text goes on. */
  readonly end: number;
}

/** @param at behind `$'` */
export function ansiString(text: string, at: number): Piece {
  let end = at;
  while (end < text.length && text[end] !== "'") end += text[end] === '\\' ? 2 : 1;
  return { value: unescapeText(text.slice(at, end)), end: end + 1 };
}

/** @param at at the opening back-tick; the value is the script in it */
export function backticks(text: string, at: number): Piece {
  let end = at + 1;
  while (end < text.length && text[end] !== '`') end += text[end] === '\\' ? 2 : 1;
  return { value: text.slice(at + 1, end).replace(/\\([$`\\])/g, '$1'), end: end + 1 };
}

/** Where the brace that opens before `at` closes, exclusive. */
function braceEnd(text: string, at: number): number {
  let level = 1;
  for (let end = at; end < text.length; end++) {
    if (text[end] === '\\') end++;
    else if (text[end] === '{') level++;
    else if (text[end] === '}' && --level === 0) return end + 1;
  }
  return text.length;
}

function named(name: string, values: ReadonlyMap<string, string>): string {
  const value = values.get(name);
  if (value !== undefined) return value;
  if (name === 'IFS') return ' ';
  return name === 'HOME' ? '~' : UNKNOWN;
}

/** `$name`, `${name}`, `${name:-else}`, `${name:1:2}`, `$1`. @param at at the `$`; `end` is behind it when none begins there */
export function parameter(text: string, at: number, values: ReadonlyMap<string, string>): Piece {
  const rest = text.slice(at + 1, at + 200);
  const plain = /^(?:[A-Za-z_]\w*|[\d@*#?$!-])/.exec(rest);
  if (plain) return { value: named(plain[0], values), end: at + 1 + plain[0].length };
  if (text[at + 1] !== '{') return { value: '$', end: at + 1 };
  const end = braceEnd(text, at + 2);
  const inside = text.slice(at + 2, end - 1);
  const match = /^([A-Za-z_]\w*)(?:\[[@*0]\])?([\s\S]*)$/.exec(inside);
  if (!match) return { value: UNKNOWN, end };
  const [, name, how] = match as unknown as [string, string, string];
  const value = named(name, values);
  if (how === '') return { value, end };
  const otherwise = /^:?[-=]([\s\S]*)$/.exec(how);
  if (otherwise) return { value: values.has(name) || name === 'HOME' ? value : otherwise[1]!, end };
  const part = /^:\s*(\d+)(?::(\d+))?$/.exec(how);
  if (part && !value.includes(UNKNOWN)) {
    const from = Number(part[1]);
    return { value: value.slice(from, part[2] === undefined ? undefined : from + Number(part[2])), end };
  }
  // The value or nothing: what it is a guard for comes out the same.
  return { value: /^:?\?/.test(how) ? value : UNKNOWN, end };
}
