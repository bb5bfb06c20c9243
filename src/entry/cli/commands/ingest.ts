// engram ingest: documents, pages and texts that become memories.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { basename, isAbsolute, resolve } from 'node:path';
import { importBulk, uploadAbort, uploadChunk, uploadComplete, uploadInit } from '../../../features/ingest/contract.ts';
import { SPACE } from '../args.ts';
import type { Call } from '../client.ts';
import { type Command, type Context, readStdin } from '../command.ts';
import { CliError, EXIT, usage } from '../failure.ts';
import { noProgress, type ProgressBar } from '../progress-bar.ts';
import { count } from './common.ts';
import { progressOf } from './models-common.ts';

const CHUNK_BYTES = 1024 * 1024;

interface Wishes {
  readonly source?: string;
  readonly category?: string;
  readonly format?: string;
  readonly mode?: 'raw' | 'extract';
}

interface Taken {
  readonly what: string;
  readonly memories: number;
  readonly pieces: number;
  readonly errors: readonly string[];
}

function wishesOf({ args }: Context): Wishes {
  const [source, category, format, mode] = ['source', 'category', 'format', 'mode'].map((flag) => args.text(flag));
  if (mode != null && mode !== 'raw' && mode !== 'extract')
    throw usage(`--mode must be raw or extract, not "${mode.slice(0, 80)}".`);
  return {
    ...(source != null && { source }),
    ...(category != null && { category }),
    ...(format != null && { format }),
    ...(mode != null && { mode }),
  };
}

async function takeText(
  call: Call,
  what: string,
  given: { text: string } | { url: string },
  wishes: Wishes,
): Promise<Taken> {
  const answer = await call(importBulk, { body: { ...given, ...wishes } });
  if (answer.status === 'failed')
    throw new CliError(EXIT.failed, 'ingest_failed', answer.errors.join(' ') || `${what} could not be taken in.`);
  return { what, memories: answer.total_memories, pieces: answer.total_chunks, errors: answer.errors };
}

/** In chunks, so that neither side ever holds all of it. */
async function takeFile(call: Call, path: string, wishes: Wishes, bar: ProgressBar): Promise<Taken> {
  const { source, ...how } = wishes;
  const total_size = statSync(path).size;
  const total_chunks = Math.max(1, Math.ceil(total_size / CHUNK_BYTES));
  const body = { filename: basename(path), total_size, total_chunks, ...(source !== undefined && { source }) };
  const { upload_id } = await call(uploadInit, { body });
  const file = openSync(path, 'r');
  const whole = createHash('sha256');
  try {
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (let chunk_index = 0; chunk_index < total_chunks; chunk_index++) {
      const bytes = buffer.subarray(0, readSync(file, buffer));
      whole.update(bytes);
      const chunk_hash = createHash('sha256').update(bytes).digest('hex');
      const data = Buffer.from(bytes).toString('base64');
      await call(uploadChunk, { body: { upload_id, chunk_index, chunk_hash, data } });
      bar.update(Math.min(total_size, (chunk_index + 1) * CHUNK_BYTES), total_size);
    }
    const last = { upload_id, total_chunks, final_sha256: whole.digest('hex'), ...how };
    const answer = await call(uploadComplete, { body: last });
    return { what: path, memories: answer.ingested_memories, pieces: answer.chunks_processed, errors: answer.errors };
  } catch (error) {
    // What broke off would lie there for a day; that it cannot be taken away either is not what to tell of.
    await call(uploadAbort, { body: { upload_id } }).catch(() => {});
    throw error;
  } finally {
    closeSync(file);
    bar.end();
  }
}

/** What goes in one piece is done before anybody could read how far it is. */
const barFor = (context: Context, path: string): ProgressBar =>
  statSync(path).size > CHUNK_BYTES ? progressOf(context, basename(path), 'bytes') : noProgress;

/** @throws CliError for what is no file that can be read */
function fileAt({ machine }: Context, word: string): string {
  const path = isAbsolute(word) ? word : resolve(machine.cwd, word);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw usage(`There is no file ${path}. To take in a text, use --text "…" or pipe it in.`);
  if (found.isDirectory())
    throw usage(`${path} is a folder; name files, or bring in a folder of exports with "engram import".`);
  return path;
}

export const ingest: Command = {
  name: 'ingest',
  summary: 'Take in documents, pages and texts as memories',
  operands: '<file or URL …>',
  role: 'client',
  starts_store: true,
  flags: [
    { name: 'text', short: 't', value: 'text', help: 'This text' },
    { name: 'file', short: 'f', value: 'file', help: 'The same as naming the file' },
    { name: 'mode', short: 'm', value: 'mode', help: 'raw or extract; what a text says is read either way' },
    { name: 'source', short: 's', value: 'name', help: 'Who or what says so' },
    { name: 'category', short: 'c', value: 'name', help: 'Kind of memory, default general' },
    { name: 'format', value: 'name', help: 'markdown, html, csv, jsonl, docx, … where neither name nor content tells' },
    SPACE,
  ],
  about: [
    'Texts are cut between headings, paragraphs and sentences. Files may be documents (Markdown, HTML, DOCX, text), tables,',
    'chat exports, and archives of these. The same content again changes nothing. - reads standard input.',
    'The server fetches URLs itself, from public addresses only. To bring in memories of another program: engram import.',
  ],
  examples: [
    'engram ingest handbook.docx notes.md',
    'engram ingest https://example.com/handbook --category reference',
    'engram ingest --text "Deploys happen on Tuesdays." --source handbook',
    'cat minutes.txt | engram ingest - --source meeting',
  ],
  sought_as: ['read-file', 'upload', 'document', 'documents', 'url', 'crawl'],
  async run(context) {
    const { args, output, machine } = context;
    const wishes = wishesOf(context);
    const text = args.text('text');
    const words = [...args.words, ...(args.has('file') ? [args.text('file')!] : [])];
    if (text !== null && words.length > 0) throw usage('ingest takes either --text or files.');
    if (text === null && words.length === 0) {
      if (machine.stdin.isTTY) throw usage('ingest needs a file, a URL, --text, or something piped in.');
      words.push('-');
    }
    const from = words.map((word) => (word === '-' || /^https?:\/\//i.test(word) ? word : fileAt(context, word)));
    const taken = await context.withCall(async (call) => {
      if (text !== null) return [await takeText(call, 'the text', { text }, wishes)];
      const done: Taken[] = [];
      for (const what of from) {
        if (what === '-') done.push(await takeText(call, 'standard input', { text: await readStdin(context) }, wishes));
        else if (/^https?:\/\//i.test(what)) done.push(await takeText(call, what, { url: what }, wishes));
        else done.push(await takeFile(call, what, wishes, barFor(context, what)));
      }
      return done;
    });
    if (output.json) output.data({ ingested: taken });
    else
      for (const { what, memories, pieces, errors } of taken) {
        const known = pieces > memories ? `, ${pieces - memories} known already` : '';
        output.line(`Took in ${output.safe(what)}: ${count(memories, 'new memory', 'new memories')}${known}`);
        for (const error of errors) output.line(`  ${output.safe(error)}`);
      }
    return EXIT.ok;
  },
};
