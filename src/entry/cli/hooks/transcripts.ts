// Reads the files in which coding agents keep their sessions: a line of JSON for everything that happened, of which only what was
// said matters here. Loaded by hooks, so it stands on nothing but node:fs.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: string;
  /** RFC 3339, as the file has it. */
  readonly at: string;
}

export type Line =
  | { readonly turn: Turn }
  /** What the session is called, and where it took place. */
  | { readonly session: { readonly id: string | null; readonly cwd: string | null } }
  | { readonly malformed: true }
  | null;

export const TRANSCRIPT_AGENTS = ['claude-code', 'codex'] as const;
export type TranscriptAgent = (typeof TRANSCRIPT_AGENTS)[number];

const TAIL_BYTES = 512 * 1024;
const MAX_TURN_CHARS = 20_000;
const MAX_TAIL_TURNS = 400;
const MAX_TAIL_CHARS = 600_000;

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const textIn = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** A text, or the texts among blocks; what tools were given and answered is not said by anybody. */
function said(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .flatMap((block) =>
      isObject(block) && /^(?:input_|output_)?text$/.test(String(block.type)) && typeof block.text === 'string'
        ? [block.text]
        : [],
    )
    .join('\n');
}

function turnOf(role: unknown, content: unknown, at: unknown): Line {
  const text = said(content).replaceAll('\0', '').slice(0, MAX_TURN_CHARS).toWellFormed().trim();
  if ((role !== 'user' && role !== 'assistant') || typeof at !== 'string' || text === '') return null;
  return { turn: { role, content: text, at } };
}

/** What agents note for themselves, and what their helpers said. */
const NOT_SAID = ['isMeta', 'isSidechain', 'isCompactSummary', 'isVisibleInTranscriptOnly', 'isApiErrorMessage'];

function claudeLine(line: Json): Line {
  const { type, message, timestamp } = line;
  if (NOT_SAID.some((mark) => line[mark] === true)) return null;
  if ((type === 'user' || type === 'assistant') && isObject(message)) return turnOf(type, message.content, timestamp);
  return null;
}

function codexLine({ type, payload, timestamp }: Json): Line {
  if (!isObject(payload)) return null;
  if (type === 'session_meta') return { session: { id: textIn(payload.id), cwd: textIn(payload.cwd) } };
  if (type === 'response_item' && payload.type === 'message') return turnOf(payload.role, payload.content, timestamp);
  return null;
}

/** @returns several where a line says both who and what; null for a line of no interest */
export function readLine(agent: TranscriptAgent, text: string): Exclude<Line, null>[] {
  if (text.trim() === '') return [];
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return [{ malformed: true }];
  }
  if (!isObject(line)) return [{ malformed: true }];
  const read = agent === 'codex' ? codexLine(line) : claudeLine(line);
  const where =
    agent === 'claude-code' && textIn(line.cwd) !== null && line.isSidechain !== true
      ? [{ session: { id: textIn(line.sessionId), cwd: textIn(line.cwd) } }]
      : [];
  return read === null ? where : [...where, read];
}

/** What was said lately. @returns null when the file cannot be read, or is of an agent whose files are not known */
export function turnsAtEnd(agent: string, path: string): Turn[] | null {
  const known = TRANSCRIPT_AGENTS.find((name) => name === agent);
  if (known === undefined) return null;
  let text: string;
  let whole: boolean;
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
      const read = readSync(file, bytes, 0, bytes.length, size - bytes.length);
      text = bytes.toString('utf8', 0, read);
      whole = size <= TAIL_BYTES;
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
  const lines = text.split('\n');
  const turns = (whole ? lines : lines.slice(1))
    .flatMap((line) => readLine(known, line))
    .flatMap((line) => ('turn' in line ? [line.turn] : []))
    .slice(-MAX_TAIL_TURNS);
  let chars = 0;
  const from = turns.findLastIndex(({ content }) => {
    chars += content.length;
    return chars > MAX_TAIL_CHARS;
  });
  return turns.slice(from + 1);
}
