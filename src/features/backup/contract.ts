// Copies of everything for bad days: making them, looking at them, getting one ready to be restored.
import { z } from 'zod';
import { HOUR_MS } from '../../algo/durations.ts';
import { BACKUP_KINDS } from '../../core/backup.ts';
import { parseTime } from '../../core/clock.ts';
import { endpoint } from '../../core/endpoint.ts';
import { TimeText } from '../../core/shapes.ts';
import { PLAIN_NAME } from './rules.ts';

const Count = (description: string) => z.number().int().meta({ description });

export const SnapshotShape = z
  .looseObject({
    name: z.string().meta({ description: 'Its file in the backup folder', example: 'engram-20260302-120000-daily.db' }),
    path: z.string().meta({ description: 'The same on the disk of the server' }),
    created_at: TimeText,
    kind: z.enum(BACKUP_KINDS).meta({
      description: 'daily: the first scheduled one of a UTC day; hourly: a further one; manual: somebody asked for it',
    }),
    size_bytes: Count('Bytes on disk'),
    sha256: z.string().nullable().meta({ description: 'Of the file, hex; null for a file put there by hand' }),
    program: z.string().nullable().meta({ description: 'Version of Engram that made it' }),
    schema_version: Count('Of the database in it').nullable(),
    memory_count: Count('Memories of all users in it, every version').nullable(),
  })
  .meta({ id: 'Snapshot' });

const Name = z.string().regex(PLAIN_NAME, 'must be the name of a backup, as GET /backups lists them').meta({
  description: 'Name of a backup; without it the database itself',
  example: 'engram-20260302-120000-daily.db',
});

/** The sealed key slots of an encrypted store, in base 64. */
export const KEYS_HEADER = 'engram-keys';

export const downloadBackup = endpoint({
  id: 'backup.download',
  method: 'GET',
  path: '/backup',
  access: 'admin',
  summary: 'Download a copy of the whole database',
  description:
    'One SQLite file with everything of every user at this moment, encrypted as the database is. Nobody waits meanwhile. `Repr-Digest` holds its SHA-256; `engram restore` takes it back. A store whose key lies in slots needs those too: they come sealed in `Engram-Keys`, and belong into `<file>.keys`. On Postgres, 409: use `pg_dump`.',
  produces: 'application/octet-stream',
  response: z.any(),
  errors: ['backup_failed', 'backup_unsupported'],
  timeout_ms: HOUR_MS,
});

export const createBackup = endpoint({
  id: 'backup.create',
  method: 'POST',
  path: '/backup',
  access: 'admin',
  status: 201,
  summary: 'Put a copy of the whole database into the backup folder',
  description: 'It stays until somebody removes the file; those made by the schedule go by themselves.',
  response: SnapshotShape,
  errors: ['backup_failed', 'backup_unsupported'],
  timeout_ms: HOUR_MS,
});

export const listBackups = endpoint({
  id: 'backup.list',
  method: 'GET',
  path: '/backups',
  access: 'admin',
  summary: 'The backups there are, newest first',
  response: z.looseObject({
    backups: z.array(SnapshotShape),
    total_bytes: Count('What they take together'),
    folder: z.string().meta({ description: 'Where they lie, on the disk of the server' }),
    schedule: z
      .looseObject({
        enabled: z.boolean(),
        interval_secs: Count('From one to the next'),
        retention: Count('How many of the newest are kept'),
        retention_daily: Count('How many first ones of a day are kept beside'),
      })
      .meta({ description: 'ENGRAM_BACKUP_*' }),
    problem: z.string().nullable().meta({ description: 'Why the last scheduled one was not made' }),
  }),
  errors: ['backup_unsupported'],
});

export const verifyBackup = endpoint({
  id: 'backup.verify',
  method: 'POST',
  path: '/backup/verify',
  access: 'admin',
  summary: 'Read the database, or a backup, through and say whether it is sound',
  description:
    'Checks every page and index, counts the rows, and looks a random memory up by its words and by its vector. Takes as long as reading the file.',
  body_optional: true,
  body: z.strictObject({ name: Name.nullish() }),
  response: z.looseObject({
    integrity: z.string().meta({ description: '"ok", or what is wrong', example: 'ok' }),
    ok: z.boolean(),
    name: z.string().nullable().meta({ description: 'The backup that was read; null for the database itself' }),
    problems: z.array(z.string()),
    schema_version: Count('').nullable(),
    memory_count: Count('Memories of all users, every version').nullable(),
    rows: z.record(z.string(), z.number().int()).meta({ description: 'Rows of each table' }),
    samples: z.array(
      z.looseObject({
        by: z.enum(['words', 'vector']),
        outcome: z.enum(['found', 'missed', 'skipped']),
        memory_id: z.number().int().nullable(),
      }),
    ),
  }),
  errors: ['backup_not_found', 'backup_unsupported', 'backup_unusable'],
  timeout_ms: HOUR_MS,
});

export const checkpoint = endpoint({
  id: 'backup.checkpoint',
  method: 'POST',
  path: '/checkpoint',
  access: 'admin',
  summary: 'Move the write-ahead log into the database file',
  description: 'SQLite does so by itself; this is for those who want to copy the file by other means right now.',
  response: z.looseObject({
    status: z.literal('ok'),
    mode: z.literal('truncate'),
    checkpointed: z.boolean().meta({ description: 'Whether the log is empty now' }),
    busy: Count('1 when a reader kept part of it in use'),
    log: Count('Pages in the log'),
    checkpointed_pages: Count('Pages that were moved'),
    request_id: z.string(),
  }),
  errors: ['backup_unsupported', 'database_unavailable'],
  timeout_ms: 60_000,
});

export const listSnapshots = endpoint({
  id: 'backup.snapshots',
  method: 'GET',
  path: '/admin/pitr/snapshots',
  access: 'admin',
  summary: 'Moments that can be gone back to, newest first',
  response: z.looseObject({ snapshots: z.array(SnapshotShape) }),
  errors: ['backup_unsupported'],
});

export const prepareRestore = endpoint({
  id: 'backup.prepare_restore',
  method: 'POST',
  path: '/admin/pitr/prepare-restore',
  access: 'admin',
  summary: 'Get the last backup before a moment ready to be restored',
  description:
    'Copies it to `prepared/` in the backup folder and reads the copy through. The server goes on as it is: stop it and run `engram restore` with what `dest_path` says.',
  body: z.strictObject({
    target: z
      .string()
      .refine((text) => parseTime(text) !== null, 'must be a time such as 2026-03-01T09:30:00Z')
      .meta({ description: 'The backup of this moment, or the last one before it', example: '2026-03-01T09:30:00Z' }),
    dest_path: z.string().min(1).max(4096).meta({
      description: 'Name of the copy; it may not lead out of the backup folder',
      example: 'before-the-accident.db',
    }),
  }),
  response: z.looseObject({
    snapshot: z.string().meta({ description: 'Path of the backup' }),
    dest_path: z.string().meta({ description: 'Path of the copy' }),
    integrity_ok: z.boolean(),
    schema_version: z.number().int(),
    memory_count: z.number().int(),
    created_at: TimeText,
  }),
  errors: ['backup_exists', 'backup_failed', 'backup_not_found', 'backup_unsupported', 'backup_unusable'],
  timeout_ms: HOUR_MS,
});
