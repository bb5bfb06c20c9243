// Documents, pages and files that become memories.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Id, Text, TimeText } from '../../core/shapes.ts';

export const MAX_TEXT_BYTES = 1024 * 1024;
/** Every character may be written as an escape. */
const TEXT_BODY = 8 * 1024 * 1024;
const TIMEOUT_MS = 120_000;

const Label = (fallback: string) =>
  Text.trim()
    .max(200, 'at most 200 characters')
    .transform((text) => text || fallback)
    .default(fallback);
const Ignored = z.unknown().optional().meta({ description: 'Accepted for older clients; changes nothing' });
const Mode = z.enum(['raw', 'extract']).default('extract').meta({
  description: 'Both store the text in pieces; what they say is read from every memory anyway',
});
const Count = z.number().int();
const Problems = z.array(z.string());

const given = {
  text: Text.nullish().meta({ description: 'What to take in; at most 1 MiB. Wins over `url`' }),
  url: Text.max(2048).nullish().meta({
    description: 'Page to read instead: 15 s, 10 MiB, public addresses only',
    example: 'https://example.com/handbook',
  }),
  title: Text.max(500)
    .nullish()
    .meta({ description: 'Without it, what the document calls itself, or its first words' }),
};
const IngestRequest = z.strictObject({
  ...given,
  source: Label('text'),
  category: Label('general'),
  episode_id: Id.nullish().meta({ description: 'Episode to put the memories into' }),
  entity_ids: Ignored,
  project_ids: Ignored,
});
export type IngestRequest = z.output<typeof IngestRequest>;

const taking = { method: 'POST', access: 'write', body_limit: TEXT_BODY, timeout_ms: TIMEOUT_MS } as const;
const errors = [
  'content_too_large',
  'episode_not_found',
  'page_failed',
  'page_refused',
  'unsupported_document',
] as const;

export const ingest = endpoint({
  id: 'ingest.text',
  path: '/ingest',
  cost: 3,
  ...taking,
  summary: 'Take in a text or a page, as memories of up to 3,000 characters',
  description:
    'Cut between headings, paragraphs and sentences; pieces of a longer section overlap by 200 characters. The same content again changes nothing.',
  body: IngestRequest,
  response: z.looseObject({
    ingested: Count.meta({ description: 'Memories that are new' }),
    source: z.string(),
    title: z.string(),
    chunks_processed: Count,
    errors: Problems,
    job_id: z.string(),
    status: z.string(),
  }),
  errors,
});

export const ingestStream = endpoint({
  id: 'ingest.stream',
  path: '/ingest/stream',
  cost: 3,
  ...taking,
  summary: 'Take in a text or a page, and tell how it goes',
  description:
    'With `Accept: text/event-stream`, `progress` events whose `type` is detected, parsed, chunked, processed, then done, skipped or error. Otherwise one `result` event.',
  body: IngestRequest,
  response: z.string().meta({ description: 'Server-sent events' }),
  produces: 'text/event-stream',
  errors,
});

export const importBulk = endpoint({
  id: 'ingest.bulk',
  path: '/import/bulk',
  ...taking,
  also: { 202: 'Done; existing clients expect this status' },
  summary: 'Take in a document of a named format',
  body: z.strictObject({
    ...given,
    format: Text.max(40).nullish().meta({ description: 'markdown, html, csv, jsonl, messages, chatgpt-export, …' }),
    mode: Mode,
    source: Label('import'),
    category: Label('general'),
    episode_id: Id.nullish(),
    project_id: Ignored,
  }),
  response: z.looseObject({
    job_id: z.string(),
    status: z.enum(['processing', 'completed', 'failed', 'skipped']),
    total_documents: Count,
    total_chunks: Count,
    total_memories: Count,
    errors: Problems,
    duration_ms: z.number(),
  }),
  errors,
});

const UploadId = Text.max(64).meta({ description: 'As /ingest/upload/init gave it' });
const Hash = Text.regex(/^[0-9a-f]{64}$/i, 'must be a SHA-256 in hex');

export const uploadInit = endpoint({
  id: 'ingest.upload_init',
  method: 'POST',
  path: '/ingest/upload/init',
  access: 'write',
  status: 201,
  summary: 'Begin to upload a file in chunks',
  description: 'What was uploaded is kept for a day. Send chunks of at most `max_chunk_bytes`, in any order.',
  body: z.strictObject({
    filename: Text.max(500).nullish().meta({ description: 'As it was called; its ending tells the format' }),
    content_type: Text.max(200).nullish().meta({ description: 'MIME type, where the name does not tell the format' }),
    source: Label('upload'),
    total_size: z
      .number()
      .int()
      .min(0)
      .max(268_435_456)
      .nullish()
      .meta({ description: 'Bytes of the whole; more than that is refused' }),
    total_chunks: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .nullish()
      .meta({ description: 'How many will come; completing with another number is refused' }),
    chunk_size: z.number().int().min(1).nullish().meta({ description: 'Accepted; the answer says what is possible' }),
  }),
  response: z.looseObject({
    upload_id: z.string(),
    expires_at: TimeText,
    chunk_size: Count.meta({ description: 'Bytes that a chunk should have' }),
    max_chunk_bytes: Count,
    max_total_bytes: Count,
    source: z.string(),
  }),
});

export const uploadChunk = endpoint({
  id: 'ingest.upload_chunk',
  method: 'POST',
  path: '/ingest/upload/chunk',
  access: 'write',
  body_limit: 8 * 1024 * 1024,
  timeout_ms: TIMEOUT_MS,
  summary: 'Send one chunk of a file',
  description: 'The same number again replaces what came before.',
  body: z.strictObject({
    upload_id: UploadId,
    chunk_index: z
      .number()
      .int()
      .min(0)
      .max(1_000_000)
      .meta({ description: 'Its place, from 0; sending one again replaces it' }),
    chunk_hash: Hash.meta({ description: 'SHA-256 of the bytes, hex' }),
    data: Text.meta({ description: 'The bytes in base64; at most 4 MiB of them' }),
  }),
  response: z.looseObject({
    upload_id: z.string(),
    chunk_index: Count,
    received: z.literal(true),
    chunks_received: Count,
    bytes_received: Count,
    expected_chunks: Count.nullable(),
  }),
  errors: ['upload_not_found'],
});

export const uploadComplete = endpoint({
  id: 'ingest.upload_complete',
  method: 'POST',
  path: '/ingest/upload/complete',
  cost: 3,
  access: 'write',
  timeout_ms: TIMEOUT_MS,
  summary: 'Take in what was uploaded',
  description:
    'Documents, tables, web pages, chat exports and archives of these. To bring in memories, send the `upload_id` to `POST /import` instead.',
  body: z.strictObject({
    upload_id: UploadId,
    total_chunks: z
      .number()
      .int()
      .min(1)
      .nullish()
      .meta({ description: 'How many were sent; refused when others arrived' }),
    final_sha256: Hash.nullish().meta({ description: 'SHA-256 of the whole; refused when it is another' }),
    mode: Mode,
    format: Text.max(40).nullish().meta({ description: 'As in POST /import/bulk; without it the content tells' }),
    category: Label('general'),
    project_id: Ignored,
    episode_id: Id.nullish(),
  }),
  response: z.looseObject({
    upload_id: z.string(),
    status: z.literal('completed'),
    final_sha256: z.string(),
    total_chunks: Count,
    total_bytes: Count,
    job_id: z.string(),
    ingested_memories: Count,
    chunks_processed: Count,
    errors: Problems,
  }),
  errors: ['upload_not_found', 'content_too_large', 'episode_not_found', 'unsupported_document'],
});

export const uploadAbort = endpoint({
  id: 'ingest.upload_abort',
  method: 'POST',
  path: '/ingest/upload/abort',
  access: 'write',
  summary: 'Give up an upload',
  body: z.strictObject({ upload_id: UploadId }),
  response: z.looseObject({ upload_id: z.string(), status: z.literal('aborted') }),
  errors: ['upload_not_found'],
});

export const uploadStatus = endpoint({
  id: 'ingest.upload_status',
  method: 'GET',
  path: '/ingest/upload/{upload_id}/status',
  access: 'read',
  summary: 'Which chunks of an upload have come',
  params: z.strictObject({ upload_id: UploadId }),
  response: z.looseObject({
    upload_id: z.string(),
    status: z.enum(['active', 'completed', 'aborted']),
    filename: z.string().nullable(),
    content_type: z.string().nullable(),
    source: z.string(),
    expires_at: TimeText,
    expected_chunks: Count.nullable(),
    expected_size: Count.nullable(),
    chunks_received: Count,
    bytes_received: Count,
    received_indices: z.array(Count),
  }),
  errors: ['upload_not_found'],
});
