// Files that come in pieces, in any order, each checked; kept in the database until they are read.
import { DAY_MS } from '../../algo/durations.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Ids } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { UploadRow, UploadStore } from './store.ts';

export const MAX_TOTAL_BYTES = 256 * 1024 * 1024;
export const MAX_CHUNK_BYTES = 4 * 1024 * 1024;
const MAX_ACTIVE = 20;
const KEEP_MS = DAY_MS;

/** SHA-256 of bytes fed one after the other, hex. */
export type BytesDigest = () => { update(bytes: Uint8Array): void; hex(): string };

export interface UploadDeps {
  read: { uploads: UploadStore };
  atomically: Atomically<{ uploads: UploadStore; lockUser(user_id: number): Promise<void> }>;
  digest: BytesDigest;
  /** Largest body the server takes. */
  body_bytes: number;
  clock: Clock;
  ids: Pick<Ids, 'uuid'>;
}

const invalid = (message: string) => new AppError('invalid_request', message);
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

export function createUploads({ read, atomically, digest, body_bytes, clock, ids }: UploadDeps) {
  const now = () => formatTime(clock.now());
  /** What fits into a body in base64, with room for the other fields. */
  const chunk_size = Math.min(MAX_CHUNK_BYTES, Math.floor(((body_bytes - 1024) * 3) / 4));

  async function owned(uploads: UploadStore, user_id: number, id: string): Promise<UploadRow> {
    const row = await uploads.byId(user_id, id);
    if (row) return row;
    throw new AppError(
      'upload_not_found',
      `There is no upload ${id.slice(0, 64)}. POST /ingest/upload/init begins one.`,
    );
  }
  async function open(uploads: UploadStore, user_id: number, id: string): Promise<UploadRow> {
    const row = await owned(uploads, user_id, id);
    if (row.status !== 'active') throw invalid(`The upload is ${row.status}.`);
    if (row.expires_at <= now()) throw invalid(`The upload's time was over at ${row.expires_at}.`);
    return row;
  }
  const hashOf = (bytes: Uint8Array): string => {
    const one = digest();
    one.update(bytes);
    return one.hex();
  };

  async function* chunks(user_id: number, id: string, indices: readonly number[]): AsyncGenerator<Uint8Array> {
    for (const index of indices) {
      const data = await read.uploads.chunk(user_id, id, index);
      if (data === null) throw new AppError('upload_not_found', 'The upload was taken away while it was read.');
      yield data;
    }
  }

  /** @throws AppError invalid_request unless every piece is there and they are what was announced */
  async function complete(
    user_id: number,
    row: UploadRow,
    said: { total_chunks?: number | null; final_sha256?: string | null },
  ) {
    const { indices, bytes } = await read.uploads.received(user_id, row.id);
    if (indices.length === 0) throw invalid('Nothing was uploaded.');
    const gap = indices.findIndex((index, at) => index !== at);
    if (gap >= 0) throw invalid(`Chunk ${gap} is missing.`);
    for (const expected of [said.total_chunks, row.total_chunks])
      if (expected != null && expected !== indices.length)
        throw invalid(`${expected} chunks were announced; ${indices.length} came.`);
    if (row.total_size !== null && Number(row.total_size) !== bytes)
      throw invalid(`${row.total_size} bytes were announced; ${bytes} came.`);
    const whole = digest();
    for await (const chunk of chunks(user_id, row.id, indices)) whole.update(chunk);
    const sha256 = whole.hex();
    if (said.final_sha256 != null && said.final_sha256.toLowerCase() !== sha256)
      throw invalid('final_sha256 is not that of what was uploaded.');
    return { indices, bytes, sha256 };
  }

  return {
    async init(
      { user_id }: Scope,
      wish: {
        filename?: string | null | undefined;
        content_type?: string | null | undefined;
        source: string;
        total_size?: number | null | undefined;
        total_chunks?: number | null | undefined;
      },
    ) {
      const at = clock.now();
      const row: UploadRow = {
        ...{ id: ids.uuid(), user_id, filename: wish.filename ?? null, content_type: wish.content_type ?? null },
        ...{ source: wish.source, status: 'active', total_size: wish.total_size ?? null },
        ...{ total_chunks: wish.total_chunks ?? null, final_sha256: null },
        ...{ created_at: formatTime(at), expires_at: formatTime(at + KEEP_MS) },
      };
      await atomically(async ({ uploads, lockUser }) => {
        await lockUser(user_id);
        if ((await uploads.active(user_id, row.created_at)) >= MAX_ACTIVE)
          throw invalid(`${MAX_ACTIVE} uploads are open; complete or abort one of them first.`);
        await uploads.add(row);
      });
      const { id: upload_id, expires_at, source } = row;
      return {
        upload_id,
        expires_at,
        chunk_size,
        max_chunk_bytes: chunk_size,
        max_total_bytes: MAX_TOTAL_BYTES,
        source,
      };
    },

    async chunk(
      { user_id }: Scope,
      piece: { upload_id: string; chunk_index: number; chunk_hash: string; data: string },
    ) {
      const { upload_id, chunk_index, chunk_hash } = piece;
      if (piece.data.length % 4 !== 0 || !BASE64.test(piece.data)) throw invalid('data is not base64.');
      const data = new Uint8Array(Buffer.from(piece.data, 'base64'));
      if (data.length === 0) throw invalid('The chunk is empty.');
      if (data.length > MAX_CHUNK_BYTES) throw invalid(`A chunk has at most ${MAX_CHUNK_BYTES} bytes.`);
      if (hashOf(data) !== chunk_hash.toLowerCase()) throw invalid('chunk_hash is not that of the chunk.');
      return atomically(async ({ uploads, lockUser }) => {
        await lockUser(user_id);
        const row = await open(uploads, user_id, upload_id);
        if (row.total_chunks !== null && chunk_index >= row.total_chunks)
          throw invalid(`${row.total_chunks} chunks were announced; there is none with number ${chunk_index}.`);
        await uploads.putChunk(user_id, upload_id, chunk_index, data);
        const { indices, bytes } = await uploads.received(user_id, upload_id);
        const most = Math.min(MAX_TOTAL_BYTES, row.total_size === null ? MAX_TOTAL_BYTES : Number(row.total_size));
        if (bytes > most) throw invalid(`This is more than the ${most} bytes that the upload may have.`);
        return {
          ...{ upload_id, chunk_index, received: true as const, chunks_received: indices.length },
          ...{ bytes_received: bytes, expected_chunks: row.total_chunks },
        };
      });
    },

    /** What was uploaded, checked; it stays until `drop`. */
    async read({ user_id }: Scope, id: string, said: { total_chunks?: number | null; final_sha256?: string | null }) {
      const row = await open(read.uploads, user_id, id);
      const { indices, bytes, sha256 } = await complete(user_id, row, said);
      const all = new Uint8Array(bytes);
      let at = 0;
      for await (const chunk of chunks(user_id, id, indices)) {
        all.set(chunk, at);
        at += chunk.length;
      }
      return { row, bytes: all, sha256, chunks: indices.length };
    },
    done: ({ user_id }: Scope, id: string, final_sha256: string | null): Promise<void> =>
      atomically(async ({ uploads }) => {
        await uploads.set(user_id, id, { status: 'completed', final_sha256 });
        await uploads.dropChunks(user_id, id);
      }),

    async abort({ user_id }: Scope, id: string) {
      await atomically(async ({ uploads, lockUser }) => {
        await lockUser(user_id);
        const row = await owned(uploads, user_id, id);
        if (row.status === 'completed') throw invalid('The upload is completed.');
        await uploads.set(user_id, id, { status: 'aborted' });
        await uploads.dropChunks(user_id, id);
      });
      return { upload_id: id, status: 'aborted' as const };
    },

    async status({ user_id }: Scope, id: string) {
      const row = await owned(read.uploads, user_id, id);
      const { indices, bytes } = await read.uploads.received(user_id, id);
      const { status, filename, content_type, source, expires_at, total_chunks, total_size } = row;
      return {
        ...{ upload_id: id, status, filename, content_type, source, expires_at, expected_chunks: total_chunks },
        ...{ expected_size: total_size === null ? null : Number(total_size), chunks_received: indices.length },
        ...{ bytes_received: bytes, received_indices: indices },
      };
    },

    /** For an import, which reads it piece by piece. */
    files: {
      async open(user_id: number, id: string) {
        const row = await open(read.uploads, user_id, id);
        const { indices, bytes } = await complete(user_id, row, {});
        return { filename: row.filename, bytes, chunks: () => chunks(user_id, id, indices) };
      },
      close: (user_id: number, id: string): Promise<void> =>
        atomically(async ({ uploads }) => {
          await uploads.set(user_id, id, { status: 'completed' });
          await uploads.dropChunks(user_id, id);
        }),
    },

    sweep: (): Promise<number> => atomically(({ uploads }) => uploads.removeExpired(now())),
  };
}
export type Uploads = ReturnType<typeof createUploads>;
