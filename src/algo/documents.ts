// Documents as text: what kind of file something is, what it says, and pieces of it that can each be a memory.
import { pieces } from './chunks.ts';
import { csvRows } from './csv.ts';
import { htmlTitle, htmlToText } from './html-text.ts';

export const DOCUMENT_TYPES = [
  'markdown', 'html', 'pdf', 'docx', 'csv', 'jsonl', 'claude-export', 'chatgpt-export', 'messages', 'zip', 'plaintext',
] as const; // biome-ignore format: a list
export type DocumentType = (typeof DOCUMENT_TYPES)[number];

/** What a file or a page says. */
export interface Document {
  readonly title: string | null;
  readonly text: string;
}

const EXTENSIONS: Readonly<Record<string, DocumentType>> = {
  md: 'markdown',
  markdown: 'markdown',
  mdx: 'markdown',
  html: 'html',
  htm: 'html',
  xhtml: 'html',
  pdf: 'pdf',
  docx: 'docx',
  csv: 'csv',
  tsv: 'csv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  zip: 'zip',
  txt: 'plaintext',
  text: 'plaintext',
  log: 'plaintext',
};
const MIMES: readonly (readonly [RegExp, DocumentType])[] = [
  [/^text\/(?:x-)?markdown/i, 'markdown'],
  [/^(?:text\/html|application\/xhtml)/i, 'html'],
  [/^application\/pdf/i, 'pdf'],
  [/^application\/vnd\.openxmlformats-officedocument\.wordprocessingml/i, 'docx'],
  [/^text\/(?:csv|tab-separated)/i, 'csv'],
  [/^application\/(?:x-ndjson|jsonl|x-jsonlines)/i, 'jsonl'],
  [/^application\/(?:zip|x-zip)/i, 'zip'],
];

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Kinds of JSON that are told by what stands in them. */
function jsonType(text: string): DocumentType | null {
  if (!/^\s*[[{]/.test(text)) return null;
  const value = parsed(text);
  if (value === undefined) {
    const [first = '', second] = text.trimStart().split('\n');
    return second !== undefined && isObject(parsed(first)) ? 'jsonl' : null;
  }
  const first = Array.isArray(value) ? value[0] : value;
  if (!isObject(first)) return null;
  if ('mapping' in first && 'title' in first) return 'chatgpt-export';
  if ('chat_messages' in first) return 'claude-export';
  return Array.isArray(value) && 'role' in first && 'content' in first ? 'messages' : null;
}

/**
 * By the name's ending, then the type it was sent as, then its first bytes, then what it looks like.
 * @param text null where it is no text
 */
export function documentType(
  file: { filename?: string | null; content_type?: string | null; head: Uint8Array },
  text: string | null,
): DocumentType {
  const ending = /\.([a-z0-9]+)$/i.exec(file.filename ?? '')?.[1]?.toLowerCase();
  const named = ending === undefined ? undefined : EXTENSIONS[ending];
  const starts = (magic: string) => [...magic].every((char, at) => file.head[at] === char.charCodeAt(0));
  if (named !== undefined && named !== 'plaintext') return named;
  const sent = MIMES.find(([pattern]) => pattern.test(file.content_type ?? ''));
  if (sent) return sent[1];
  if (starts('%PDF')) return 'pdf';
  if (starts('PK\u0003\u0004')) return 'zip';
  if (text === null || named === 'plaintext') return 'plaintext';
  const json = jsonType(text);
  if (json) return json;
  const head = text.slice(0, 2_000);
  if (/^\s*(?:<!doctype html|<html|<head|<body)/i.test(head)) return 'html';
  return /^#{1,6} \S/m.test(head) || /^---\n[\s\S]*?\n---\n/.test(head) ? 'markdown' : 'plaintext';
}

const FRONT = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/;

function markdown(text: string): Document {
  const front = FRONT.exec(text);
  const body = front ? text.slice(front[0].length) : text;
  const named = front && /^title:\s*["']?(.+?)["']?\s*$/m.exec(front[1]!)?.[1];
  return { title: named ?? /^#\s+(.+?)\s*#*$/m.exec(body)?.[1] ?? null, text: body.trim() };
}

function csv(text: string): Document {
  const [header = [], ...rows] = csvRows(text);
  const lines = rows.map((row) =>
    row
      .map((cell, at) => [header[at]?.trim() || `column ${at + 1}`, cell.trim()] as const)
      .filter(([, cell]) => cell !== '')
      .map(([name, cell]) => `${name}: ${cell}`)
      .join('; '),
  );
  return { title: null, text: (rows.length === 0 ? header.join(', ') : lines.filter(Boolean).join('\n')).trim() };
}

const TEXT_FIELDS = ['content', 'text', 'body', 'message'] as const;

function jsonl(text: string): Document[] {
  return text.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    const value = parsed(line);
    if (typeof value === 'string') return [{ title: null, text: value }];
    if (!isObject(value)) return [{ title: null, text: line.trim() }];
    const field = TEXT_FIELDS.map((name) => value[name]).find((one) => typeof one === 'string');
    return [{ title: typeof value.title === 'string' ? value.title : null, text: (field as string) ?? line.trim() }];
  });
}

function messages(text: string): Document[] {
  const turns = parsed(text);
  if (!Array.isArray(turns)) return [];
  const lines = turns.flatMap((turn) =>
    isObject(turn) && typeof turn.content === 'string' ? [`${String(turn.role ?? 'user')}: ${turn.content}`] : [],
  );
  return [{ title: null, text: lines.join('\n\n') }];
}

/** @returns what a text of this type says; of those that are read elsewhere nothing */
export function documentsIn(type: DocumentType, text: string): Document[] {
  const found = (() => {
    switch (type) {
      case 'markdown':
        return [markdown(text)];
      case 'html':
        return [{ title: htmlTitle(text), text: htmlToText(text) }];
      case 'csv':
        return [csv(text)];
      case 'jsonl':
        return jsonl(text);
      case 'messages':
        return messages(text);
      case 'plaintext':
        return [{ title: null, text: text.trim() }];
      default:
        return [];
    }
  })();
  return found.filter((one) => one.text.trim() !== '');
}

export const CHUNK_CHARS = 3_000;
const OVERLAP_CHARS = 200;
const MOST_CHUNKS = 1_000_000;

/** Parts of a text that each begin with a heading; what stands inside a fence of code is no heading. */
function sections(text: string): string[] {
  const found: string[] = [];
  let from = 0;
  let at = 0;
  let fence: string | null = null;
  for (const line of text.split('\n')) {
    const mark = /^\s{0,3}(```+|~~~+)/.exec(line)?.[1];
    if (mark !== undefined && (fence === null || mark.startsWith(fence))) fence = fence === null ? mark : null;
    else if (fence === null && at > from && /^#{1,6}\s/.test(line)) {
      found.push(text.slice(from, at));
      from = at;
    }
    at += line.length + 1;
  }
  return [...found, text.slice(from)].map((part) => part.trim()).filter((part) => part !== '');
}

/**
 * Pieces of at most 3,000 characters. Sections stay whole and stand together while they fit; longer ones are cut between
 * paragraphs or sentences, and what follows a cut repeats up to 200 characters.
 */
export function chunksOf(text: string): string[] {
  const chunks: string[] = [];
  let open = '';
  for (const section of sections(text)) {
    if (open !== '' && open.length + section.length + 2 <= CHUNK_CHARS) {
      open += `\n\n${section}`;
      continue;
    }
    if (open !== '') chunks.push(open);
    open = '';
    if (section.length <= CHUNK_CHARS) open = section;
    else
      for (const { start, end } of pieces(section, { chars: CHUNK_CHARS, overlap: OVERLAP_CHARS, max: MOST_CHUNKS }))
        chunks.push(section.slice(start, end));
  }
  return open === '' ? chunks : [...chunks, open];
}
