// What goes out of the store as a whole, and what is brought in.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { job } from '../../core/job.ts';
import { Flag, Text, TimeText } from '../../core/shapes.ts';

export const MAX_IMPORT_BODY = 16 * 1024 * 1024;
const IMPORT_TIMEOUT_MS = 120_000;
/** How long a client may take to read it all. */
const EXPORT_TIMEOUT_MS = 1_800_000;
export const MAX_ITEMS = 5_000;

export const ExportFormat = z.enum(['jsonl', 'json', 'markdown']);
export type ExportFormat = z.output<typeof ExportFormat>;

export const exportAll = endpoint({
  id: 'transfer.export',
  method: 'GET',
  path: '/export',
  access: 'read',
  summary: 'Everything you have stored, as a file',
  description:
    'Streamed: JSON, one record a line, by default. The first line is a header; the others have a `type`: episode, memory, link, fact, vector, entity, conversation, message, preference. Memories come with every version, with those in the trash and the archive, and with `sync_id`, by which links, facts and versions name them. With `X-Space`, only that space. `POST /import` and `engram import` read all three formats.',
  query: z.strictObject({
    format: ExportFormat.default('jsonl').meta({
      description: 'jsonl; json: one document; markdown: a ZIP archive with a file for each memory',
    }),
    vectors: Flag.default(false).meta({ description: 'With their vectors and the model that made them (jsonl only)' }),
  }),
  response: z.string().meta({ description: 'The file' }),
  produces: 'application/x-ndjson',
  timeout_ms: EXPORT_TIMEOUT_MS,
  errors: ['space_not_found'],
});

export const exportAdmin = endpoint({
  id: 'transfer.export_admin',
  method: 'GET',
  path: '/admin/export',
  access: 'admin',
  summary: 'Everything of the user of this key, as one document',
  response: z.string().meta({
    description:
      '`{version, exported_at, user_id, memories, links, conversations, episodes, entities, facts, preferences, skills}`',
  }),
  produces: 'application/json',
});

const Problem = z.looseObject({
  line: z.number().int().meta({ description: 'Line or number of the entry, from 1' }),
  reason: z.string(),
});
const Count = z.number().int();
const counts = {
  imported: Count.meta({ description: 'What is new' }),
  skipped: Count.meta({ description: 'Was brought in before, or holds nothing to remember' }),
  failed: Count.meta({ description: 'Could not be brought in; see `errors`' }),
  duplicates: Count.meta({ description: 'Says what a memory here says already; that one was strengthened' }),
  errors: z.array(Problem).meta({ description: 'The first hundred' }),
};
const Report = {
  ...counts,
  format: z.string().meta({ description: 'What it was read as', example: 'engram' }),
  dry_run: z.boolean().meta({ description: 'Nothing was written; this is what would happen' }),
  total: Count.meta({ description: 'Records looked at' }),
};
const DryRun = z.boolean().default(false).meta({ description: 'Only say what would happen' });

const ImportJob = z
  .looseObject({
    job_id: z.string(),
    status: z.enum(['running', 'completed', 'failed']),
    ...counts,
    format: z.string(),
    dry_run: z.boolean(),
    done_bytes: Count.meta({ description: 'How far the file is read' }),
    total_bytes: Count,
    created_at: TimeText,
    updated_at: TimeText,
    finished_at: TimeText.nullable(),
  })
  .meta({ id: 'ImportJob' });

const importing = {
  method: 'POST',
  access: 'write',
  body_limit: MAX_IMPORT_BODY,
  timeout_ms: IMPORT_TIMEOUT_MS,
} as const;

/** What says how, beside what is brought in. */
export const Wishes = z.looseObject({
  format: Text.max(40).optional(),
  dry_run: DryRun,
  upload_id: Text.max(64).optional(),
});

export const importAny = endpoint({
  id: 'transfer.import',
  path: '/import',
  ...importing,
  also: { 202: 'The uploaded file is read in the background; GET /import/{job_id} tells how far it is' },
  summary: 'Bring in memories from elsewhere',
  description:
    'An array, or a document with a list in `memories`, `results`, `documents`, `data`, `items` or `array`, as Engram, Mem0, Supermemory, Zep, claude-mem, agentmemory, the MCP memory server, ChatGPT and Claude export them; the format is told from what stands in it, or named in `format`. `dry_run` in a document, or in the query, says what would happen. Entries that were brought in before are skipped, so a second run goes on where the first one stopped. Large files: upload them with `/ingest/upload/*` and send `{"upload_id"}` instead of completing the upload.',
  query: z.strictObject({
    format: Text.max(40).optional().meta({ description: 'Instead of telling it from the content' }),
    dry_run: Flag.default(false).meta({ description: 'Only say what would happen' }),
  }),
  body: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())], { error: 'must be an array or an object' }),
  response: z.looseObject({
    imported: Count.optional(),
    job_id: z.string().optional(),
    format: z.string().optional(),
  }),
  errors: ['import_unreadable', 'upload_not_found'],
});

const Items = z
  .array(
    z.strictObject({
      section: Text.nullable().default(null).meta({ description: 'Name of the list it stood in' }),
      line: z.number().int().min(0).default(0).meta({ description: 'Of the file, for the report' }),
      value: z.unknown().meta({ description: 'The entry as it stands there' }),
    }),
  )
  .max(MAX_ITEMS)
  .meta({ description: 'Entries of the file, in its order' });

export const importItems = endpoint({
  id: 'transfer.import_items',
  path: '/import/items',
  ...importing,
  summary: 'Bring in some entries of a larger file',
  description: 'What `engram import` sends: entries as they stand in the file, in its order, some hundred at a time.',
  body: z.strictObject({
    format: Text.max(40).meta({ description: 'As `POST /import` names it', example: 'engram' }),
    dry_run: DryRun,
    items: Items,
  }),
  response: z.looseObject(Report),
  errors: ['import_unreadable'],
});

export const importFormat = endpoint({
  id: 'transfer.detect',
  path: '/import/format',
  ...importing,
  access: 'read',
  summary: 'Tell the format of a file by its first entries',
  body: z.strictObject({
    items: Items,
  }),
  response: z.looseObject({
    format: z.string().nullable().meta({ description: 'Null when it is none of `formats`' }),
    formats: z.array(z.looseObject({ name: z.string(), title: z.string() })),
  }),
});

export const importStatus = endpoint({
  id: 'transfer.status',
  method: 'GET',
  path: '/import/{job_id}',
  access: 'read',
  summary: 'How far an import is',
  params: z.strictObject({ job_id: Text.max(64).meta({ description: 'As the upload was answered' }) }),
  response: ImportJob,
  errors: ['import_not_found'],
});

const Memories = z
  .array(z.record(z.string(), z.unknown()))
  .min(1, 'memories is empty')
  .max(MAX_ITEMS, 'at most 5,000 memories');
export const importJson = endpoint({
  id: 'transfer.import_json',
  path: '/import/json',
  ...importing,
  summary: 'Bring in memories as plain JSON',
  body: z.looseObject({
    version: z.union([Text, z.number()]).meta({ description: 'Of whatever wrote it' }),
    memories: Memories.meta({
      description:
        'Each with `content`, and if known `category`, `source`, `session_id`, `importance`, `tags`, `confidence`, `is_static`, `created_at`, `updated_at`',
    }),
    dry_run: DryRun,
  }),
  response: z.looseObject({
    imported: z.looseObject({ memories: Count, skipped: Count }),
    failed: Count,
    duplicates: Count,
    errors: z.array(Problem),
  }),
  errors: ['import_unreadable'],
});

const foreign = <const Name extends 'mem0' | 'supermemory'>(name: Name, title: string, lists: string) =>
  endpoint({
    id: `transfer.import_${name}`,
    path: `/import/${name}`,
    ...importing,
    summary: `Bring in memories of ${title}`,
    body: z.union([z.array(z.unknown()).max(MAX_ITEMS, 'at most 5,000 entries'), z.record(z.string(), z.unknown())], {
      error: `must be an array, or an object with it in ${lists}`,
    }),
    response: z.looseObject({ ...counts, source: z.string() }),
    errors: ['import_unreadable'],
  });
export const importMem0 = foreign('mem0', 'Mem0', '`memories` or `results`');
export const importSupermemory = foreign('supermemory', 'Supermemory', '`documents`, `memories` or `data`');

/** Reads an uploaded file to its end. */
export const readUpload = job({
  kind: 'transfer.import',
  lane: 'io',
  payload: z.strictObject({ user_id: z.number().int(), import_id: z.string() }),
  dedupe: ({ import_id }) => import_id,
  attempts: 3,
});
