// Turns documents into memories, piece by piece, and says on the way how far it is.
import { chunksOf, type Document, type DocumentType } from '../../algo/documents.ts';
import { byteLength } from '../../algo/utf8.ts';
import type { Clock } from '../../core/clock.ts';
import type { Ids, Sha256 } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import { othersFirst } from '../../core/event-loop.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { PageFailure, type ReadPage } from '../../core/web-page.ts';
import { StoreRequest } from '../memory/contract.ts';
import type { MemoryService } from '../memory/service.ts';
import type { TransferStore } from '../transfer/store.ts';
import { MAX_TEXT_BYTES } from './contract.ts';
import { type Reader, typeNamed } from './reader.ts';
import type { Uploads } from './uploads.ts';

export interface IngestDeps {
  read: { transfers: Pick<TransferStore, 'marked'> };
  atomically: Atomically<{ transfers: Pick<TransferStore, 'mark'> }>;
  memory: Pick<MemoryService, 'store'>;
  uploads: Uploads;
  reader: Reader;
  page: ReadPage;
  clock: Clock;
  ids: Pick<Ids, 'randomHex'>;
  sha256: Sha256;
}

/** Where the text comes from, and where it is to go. */
export interface Wanted {
  text?: string | null | undefined;
  url?: string | null | undefined;
  title?: string | null | undefined;
  format?: string | null | undefined;
  source: string;
  category: string;
  episode_id?: number | null | undefined;
}

export type Progress =
  | { type: 'detected'; job_id: string; format: string }
  | { type: 'parsed'; job_id: string; total_documents: number }
  | { type: 'chunked'; job_id: string; document_index: number; document_title: string; chunks: number }
  | {
      type: 'processed';
      job_id: string;
      document_index: number;
      memories_created: number;
      chunks_done: number;
      chunks_total: number;
    }
  | {
      type: 'done';
      job_id: string;
      total_documents: number;
      total_chunks: number;
      total_memories: number;
      duration_ms: number;
    }
  | { type: 'skipped'; job_id: string; reason: string }
  | { type: 'error'; job_id: string; message: string };

export interface Outcome {
  job_id: string;
  status: 'completed' | 'failed' | 'skipped';
  title: string;
  documents: number;
  chunks: number;
  memories: number;
  errors: string[];
  duration_ms: number;
}

/** Documents of one call, whose text is already at hand. */
export interface Material {
  type: DocumentType;
  documents: Document[];
  errors: string[];
  /** Digest of the whole, by which it is known when it comes again. */
  hash: string;
  /** Anybody may have written it. */
  from_web?: boolean;
}

const TITLE_CHARS = 60;
const AGAIN = 'This was already ingested; nothing is new.';
const BREATH = 8;

const titleOf = (wanted: string | null | undefined, { title, text }: Document): string =>
  (wanted?.trim() || title || text.trim().slice(0, TITLE_CHARS)).replace(/\s+/g, ' ').slice(0, 500);

export function createIngest(deps: IngestDeps) {
  const { read, atomically, memory, uploads, reader, page, clock, ids, sha256 } = deps;
  const encoder = new TextEncoder();
  const jobId = () => `ingest_${ids.randomHex(4)}`;

  /** @throws AppError for what cannot be taken in at all: before anything is answered */
  async function material(wanted: Wanted): Promise<Material> {
    const type = wanted.format == null || wanted.format.trim() === '' ? null : typeNamed(wanted.format.trim());
    if (wanted.text != null && wanted.text.trim() !== '') {
      const bytes = byteLength(wanted.text);
      if (bytes > MAX_TEXT_BYTES)
        throw new AppError(
          'invalid_request',
          `text is ${bytes} bytes; at most ${MAX_TEXT_BYTES}. Upload it with /ingest/upload.`,
        );
      const found = await reader({ bytes: encoder.encode(wanted.text) }, type);
      return { ...found, hash: sha256(wanted.text) };
    }
    const url = wanted.url?.trim();
    if (!url)
      throw new AppError(
        'invalid_request',
        'The text parameter is required, or a url to read: one of them must hold something.',
        {
          issues: [{ path: 'body.text', message: 'must not be blank' }],
        },
      );
    try {
      const { bytes, content_type, url: place } = await page(url);
      const filename = new URL(place).pathname.split('/').at(-1) ?? null;
      // A page without a kind of its own is taken for what it looks like.
      const found = await reader(
        { bytes, content_type, filename: /\.(?:pdf|docx|zip|csv|md)$/i.test(filename ?? '') ? filename : null },
        type,
      );
      if (found.documents.length === 0)
        throw new AppError('unsupported_document', found.errors[0] ?? 'There is no text on this page.');
      return {
        ...found,
        from_web: true,
        hash: sha256(`${place}\n${found.documents.map(({ text }) => text).join('\n')}`),
      };
    } catch (error) {
      if (!(error instanceof PageFailure)) throw error;
      throw new AppError(error.kind === 'refused' ? 'page_refused' : 'page_failed', error.message, { cause: error });
    }
  }

  /** Stores what there is, telling of every step. The last one tells how it ended. */
  async function* take(
    scope: Scope,
    { type, documents, errors, hash, from_web }: Material,
    wanted: Wanted,
  ): AsyncGenerator<Progress, Outcome> {
    const job_id = jobId();
    const began = clock.now();
    const mark = sha256(`ingest\n${scope.space_id ?? scope.default_space_id}\n${hash}`);
    const title = documents[0] === undefined ? (wanted.title ?? '') : titleOf(wanted.title, documents[0]);
    const outcome: Outcome = {
      ...{ job_id, status: 'completed', title, documents: documents.length, chunks: 0, memories: 0 },
      ...{ errors: [...errors], duration_ms: 0 },
    };
    yield { type: 'detected', job_id, format: type };
    if ((await read.transfers.marked(scope.user_id, mark)) !== null) {
      yield { type: 'skipped', job_id, reason: AGAIN };
      return { ...outcome, status: 'skipped', errors: [AGAIN] };
    }
    yield { type: 'parsed', job_id, total_documents: documents.length };
    let last = 0;
    let failures = 0;
    for (const [document_index, document] of documents.entries()) {
      const document_title = titleOf(documents.length === 1 ? wanted.title : null, document);
      const chunks = chunksOf(document.text);
      yield { type: 'chunked', job_id, document_index, document_title, chunks: chunks.length };
      let created = 0;
      for (const [at, content] of chunks.entries()) {
        if (at % BREATH === BREATH - 1) await othersFirst();
        const { category, source, episode_id } = wanted;
        try {
          const request = StoreRequest.parse({
            ...{ content, category, source, episode_id, episode: false },
            ...(from_web && { origin: 'web' }),
          });
          const stored = await memory.store(scope, request);
          last = stored.id;
          if (stored.created) created++;
        } catch (error) {
          if (!(error instanceof AppError) || error.kind === 'internal' || error.kind === 'unavailable') throw error;
          if (error.code === 'episode_not_found') throw error;
          failures++;
          outcome.errors.push(`Piece ${at + 1} of "${document_title}": ${error.message}`);
        }
        outcome.chunks++;
      }
      outcome.memories += created;
      const counts = { memories_created: created, chunks_done: chunks.length, chunks_total: chunks.length };
      yield { type: 'processed', job_id, document_index, ...counts };
    }
    outcome.duration_ms = clock.now() - began;
    if (failures > 0 && failures === outcome.chunks) {
      yield { type: 'error', job_id, message: outcome.errors.at(-1)! };
      return { ...outcome, status: 'failed' };
    }
    // Only once all of it is in: what failed may be tried again.
    if (failures === 0 && last > 0) await atomically(({ transfers }) => transfers.mark(scope.user_id, mark, last));
    const totals = {
      total_documents: documents.length,
      total_chunks: outcome.chunks,
      total_memories: outcome.memories,
    };
    yield { type: 'done', job_id, ...totals, duration_ms: outcome.duration_ms };
    return outcome;
  }

  async function toEnd(steps: AsyncGenerator<Progress, Outcome>): Promise<Outcome> {
    for (;;) {
      const { value, done } = await steps.next();
      if (done) return value;
    }
  }

  return {
    material,
    take,

    ingest: async (scope: Scope, wanted: Wanted): Promise<Outcome> =>
      toEnd(take(scope, await material(wanted), wanted)),

    async complete(
      scope: Scope,
      request: Omit<Wanted, 'source' | 'text' | 'url' | 'title'> & {
        upload_id: string;
        total_chunks?: number | null | undefined;
        final_sha256?: string | null | undefined;
      },
    ) {
      const { upload_id, total_chunks = null, final_sha256 = null } = request;
      const type = request.format == null ? null : typeNamed(request.format);
      const { row, bytes, sha256: hash, chunks } = await uploads.read(scope, upload_id, { total_chunks, final_sha256 });
      const found = await reader({ filename: row.filename, content_type: row.content_type, bytes }, type);
      if (found.documents.length === 0 && found.type === 'plaintext')
        throw new AppError('invalid_request', found.errors[0] ?? 'There is no text in what was uploaded.');
      const wanted = { ...request, source: row.source, title: row.filename };
      const outcome = await toEnd(take(scope, { ...found, hash }, wanted));
      await uploads.done(scope, upload_id, hash);
      return {
        ...{
          upload_id,
          status: 'completed' as const,
          final_sha256: hash,
          total_chunks: chunks,
          total_bytes: bytes.length,
        },
        ...{
          job_id: outcome.job_id,
          ingested_memories: outcome.memories,
          chunks_processed: outcome.chunks,
          errors: outcome.errors,
        },
      };
    },
  };
}
export type Ingest = ReturnType<typeof createIngest>;
