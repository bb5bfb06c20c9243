// Files and folders to be brought in, read piece by piece for the command line.
import { closeSync, createReadStream, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface FoundFile {
  readonly path: string;
  readonly bytes: number;
  /** A database of SQLite, encrypted ones not among them. */
  readonly isDatabase: boolean;
  chunks(): AsyncIterable<Uint8Array>;
}

const WANTED = /\.(?:jsonl?|ndjson|md|markdown|zip|db|sqlite3?)$/i;
const MAGIC = 'SQLite format 3';

function fileAt(path: string, bytes: number): FoundFile {
  const head = Buffer.alloc(MAGIC.length);
  const file = openSync(path, 'r');
  readSync(file, head, 0, head.length, 0);
  closeSync(file);
  return {
    path,
    bytes,
    isDatabase: head.toString('latin1') === MAGIC,
    chunks: () => createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Uint8Array>,
  };
}

/** A file; of a folder, all that may be brought in, by name, at any depth. Links are not followed. */
export function filesAt(path: string): FoundFile[] {
  const facts = statSync(path);
  if (facts.isFile()) return [fileAt(path, facts.size)];
  const found: FoundFile[] = [];
  for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) found.push(...filesAt(inner));
    else if (entry.isFile() && WANTED.test(entry.name)) found.push(fileAt(inner, statSync(inner).size));
  }
  return found;
}
