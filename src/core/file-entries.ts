// A file, whatever it is, as entries: lines or a document of JSON, Markdown, or an archive of these.
import {
  documentReader,
  type Item,
  type ItemReader,
  isLines,
  lineReader,
  type Unreadable,
} from '../algo/json-items.ts';
import { type Inflate, ZipProblem, zipEntries } from '../algo/zip.ts';
import { AppError } from './errors.ts';

/** How much of a file is looked at to tell what it is. */
const HEAD_BYTES = 64 * 1024;

const unreadable = (reason: string) => new AppError('import_unreadable', reason);

/** @throws AppError import_unreadable where the bytes are no UTF-8 */
function decoderOf(): (bytes: Uint8Array, more: boolean) => string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return (bytes, stream) => {
    try {
      return decoder.decode(bytes, { stream });
    } catch {
      throw unreadable('The file is not UTF-8 text. Import text, JSON or a ZIP archive of these.');
    }
  };
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};
const startsWith = (bytes: Uint8Array, magic: string) =>
  [...magic].every((char, at) => bytes[at] === char.charCodeAt(0));

/** Of an archive: conversations and memories, and notes. */
const WANTED =
  /(?:^|\/)(?:conversations|memories|memory|export|data|[\w-]*export[\w-]*)\.jsonl?$|\.md$|\.markdown$|\.jsonl$/i;

function* archived(bytes: Uint8Array, inflate: Inflate): Generator<Item | Unreadable> {
  try {
    let n = 0;
    for (const { name, bytes: content } of zipEntries(bytes, inflate)) {
      if (!WANTED.test(name) || name.startsWith('__MACOSX/')) continue;
      const text = decoderOf()(content, false);
      n++;
      if (/\.(?:md|markdown)$/i.test(name)) yield { section: null, line: n, value: { markdown: text, name } };
      else {
        const reader = isLines(text.slice(0, HEAD_BYTES)) ? lineReader() : documentReader();
        yield* reader.push(text);
        yield* reader.end();
      }
    }
  } catch (error) {
    if (error instanceof ZipProblem) throw unreadable(error.message);
    throw error;
  }
}

/**
 * @param chunks the bytes in order; of JSON no more than the largest entry is held
 * @returns some entries at a time, and how many bytes were read for them
 * @throws AppError import_unreadable
 */
export async function* entriesOf(
  chunks: AsyncIterable<Uint8Array>,
  inflate: Inflate,
  name: string | null = null,
): AsyncGenerator<{ entries: (Item | Unreadable)[]; bytes: number }> {
  const decode = decoderOf();
  let head: Uint8Array[] = [];
  let held = 0;
  let reader = null as ItemReader | null;
  let whole = false;
  const isMarkdown = /\.(?:md|markdown)$/i.test(name ?? '');

  function begin(): (Item | Unreadable)[] {
    const all = joined(head);
    if (startsWith(all, 'PK\u0003\u0004') || isMarkdown) {
      whole = true;
      return [];
    }
    if (startsWith(all, 'SQLite format 3'))
      throw unreadable('This is a database. Run "engram import <file>" on the machine it lies on.');
    const text = decode(all, true);
    if (!/^\s*[[{]/.test(text.replace(/^\ufeff/, '')))
      throw unreadable('The file holds neither JSON nor an archive. POST /ingest takes plain text.');
    reader = isLines(text) ? lineReader() : documentReader();
    head = [];
    return reader.push(text);
  }

  for await (const bytes of chunks) {
    if (reader) {
      yield { entries: reader.push(decode(bytes, true)), bytes: bytes.length };
      continue;
    }
    head.push(bytes);
    held += bytes.length;
    if (whole || held < HEAD_BYTES) continue;
    const entries = begin();
    if (!whole) yield { entries, bytes: held };
  }
  if (!reader && !whole) {
    if (held === 0) throw unreadable('The file is empty.');
    const entries = begin();
    if (!whole) yield { entries, bytes: held };
  }
  if (whole) {
    const all = joined(head);
    if (isMarkdown)
      yield { entries: [{ section: null, line: 1, value: { markdown: decode(all, false), name } }], bytes: held };
    else for (const entry of archived(all, inflate)) yield { entries: [entry], bytes: 0 };
    return;
  }
  yield { entries: reader!.push(decode(new Uint8Array(), false)), bytes: 0 };
  yield { entries: reader!.end(), bytes: 0 };
}
