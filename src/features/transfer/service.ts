// Bringing in what others exported, and telling what came of it.
import { DAY_MS } from '../../algo/durations.ts';
import { type Item, isUnreadable, itemsOf, type Unreadable } from '../../algo/json-items.ts';
import type { Inflate } from '../../algo/zip.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Ids, Sha256 } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import { othersFirst } from '../../core/event-loop.ts';
import { entriesOf } from '../../core/file-entries.ts';
import { handler, Interrupted, type JobHandler } from '../../core/job.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { JobStore } from '../jobs/store.ts';
import { readUpload } from './contract.ts';
import { FORMATS, formatNamed, formatOf } from './formats/index.ts';
import { BadEntry, type Format } from './formats/record.ts';
import type { Placing } from './placer.ts';
import type { Counts, ImportRow, TransferStore } from './store.ts';

/** A file that was sent piece by piece; see features/ingest. */
export interface UploadedFile {
  readonly filename: string | null;
  readonly bytes: number;
  chunks(): AsyncIterable<Uint8Array>;
}
export interface UploadedFiles {
  /** @throws AppError upload_not_found */
  open(user_id: number, id: string): Promise<UploadedFile>;
  /** What it held is not needed any more. */
  close(user_id: number, id: string): Promise<void>;
}

export interface TransferDeps {
  read: { transfers: TransferStore };
  atomically: Atomically<{ transfers: TransferStore; jobs: Pick<JobStore, 'enqueue'> }>;
  placing: Placing;
  uploads: UploadedFiles;
  inflate: Inflate;
  wake(): void;
  clock: Clock;
  ids: Pick<Ids, 'uuid'>;
  sha256: Sha256;
}

export type Problem = { line: number; reason: string };
export type Report = Counts & { errors: Problem[]; format: string; dry_run: boolean; total: number };

const MOST_ERRORS = 100;
/** Records between two looks at what else wants to be done. */
const BREATH = 16;
const KEEP_MS = 30 * DAY_MS;
/** Entries that are looked at to tell a format. */
const LOOK_AT = 500;

const empty = (format: string, dry_run: boolean): Report => ({
  ...{ imported: 0, skipped: 0, failed: 0, duplicates: 0, errors: [], total: 0 },
  ...{ format, dry_run },
});

export function createTransfer(deps: TransferDeps) {
  const { read, atomically, placing, uploads, inflate, wake, clock, ids, sha256 } = deps;
  const now = () => formatTime(clock.now());
  let stopped = false;

  function failed(report: Report, line: number, reason: string): void {
    report.failed++;
    if (report.errors.length < MOST_ERRORS) report.errors.push({ line, reason: reason.slice(0, 500) });
  }

  /** Why a record was refused, in words that may be shown; a defect of ours is none of these. */
  function reasonOf(error: unknown): string | null {
    if (error instanceof AppError && error.kind !== 'internal' && error.kind !== 'unavailable') return error.message;
    if (error instanceof BadEntry) return error.message;
    if (error instanceof Error && error.name === 'ZodError') {
      const [issue] = (error as Error & { issues: { path: PropertyKey[]; message: string }[] }).issues;
      return issue ? `${issue.path.join('.') || 'entry'}: ${issue.message}` : 'This entry is not valid.';
    }
    return null;
  }

  /** Reads entries of one file into a report, one after the other. */
  function reading(scope: Scope, format: Format, report: Report) {
    const place = placing(scope, format.name, report.dry_run);
    return async (entries: readonly (Item | Unreadable)[]): Promise<void> => {
      for (const entry of entries) {
        if (stopped) throw new Interrupted();
        if (isUnreadable(entry)) {
          report.total++;
          failed(report, entry.line, entry.reason);
          continue;
        }
        try {
          for (const record of format.read(entry, sha256)) {
            report.total++;
            if (report.total % BREATH === 0) await othersFirst();
            try {
              const outcome = await place(record, entry.line);
              if (outcome === 'duplicate') report.duplicates++;
              else report[outcome]++;
            } catch (error) {
              const reason = reasonOf(error);
              if (reason === null) throw error;
              failed(report, entry.line, reason);
            }
          }
        } catch (error) {
          const reason = reasonOf(error);
          if (reason === null) throw error;
          report.total++;
          failed(report, entry.line, reason);
        }
      }
    };
  }

  function named(name: string): Format {
    const format = formatNamed(name);
    if (format) return format;
    const known = FORMATS.map((one) => one.name).join(', ');
    throw new AppError('import_unreadable', `There is no format "${name.slice(0, 40)}"; there are ${known}.`);
  }
  function told(items: readonly Item[]): Format {
    const format = formatOf(items.slice(0, LOOK_AT));
    if (format) return format;
    throw new AppError(
      'import_unreadable',
      'What this was exported from cannot be told. Send an array of memories with "content", or name the format: ' +
        `${FORMATS.map((one) => one.name).join(', ')}.`,
    );
  }

  async function bring(scope: Scope, format: Format, items: readonly Item[], dry_run: boolean): Promise<Report> {
    const report = empty(format.name, dry_run);
    await reading(scope, format, report)(items);
    return report;
  }

  const shown = ({ id, errors, dry_run, user_id: _, upload_id: __, space_id: ___, ...row }: ImportRow) => ({
    job_id: id,
    ...row,
    dry_run: dry_run === 1,
    errors: JSON.parse(errors) as Problem[],
    done_bytes: Number(row.done_bytes),
    total_bytes: Number(row.total_bytes),
  });

  /** From the start: what was brought in before is skipped, so that the counts tell of the whole file. */
  async function readFile(row: ImportRow): Promise<void> {
    const { user_id, id } = row;
    const scope: Scope = {
      ...{ user_id, key_id: 0, scopes: ['write'] },
      ...{ default_space_id: row.space_id, space_id: row.space_id },
    };
    const file = await uploads.open(user_id, row.upload_id!);
    let format = row.format === '' ? null : named(row.format);
    let waiting: (Item | Unreadable)[] = [];
    let report = empty(row.format, row.dry_run === 1);
    let read: ReturnType<typeof reading> | null = null;
    let done_bytes = 0;
    const note = (change: Partial<ImportRow> = {}) => {
      const { imported, skipped, failed, duplicates, errors } = report;
      const counts = { imported, skipped, failed, duplicates, errors: JSON.stringify(errors) };
      return atomically(({ transfers }) =>
        transfers.set(user_id, id, { ...counts, done_bytes, updated_at: now(), ...change }),
      );
    };
    const begin = async () => {
      format ??= told(waiting.filter((entry): entry is Item => !isUnreadable(entry)));
      report = empty(format.name, row.dry_run === 1);
      read = reading(scope, format, report);
      await read(waiting);
      waiting = [];
    };
    for await (const { entries, bytes } of entriesOf(file.chunks(), inflate, file.filename)) {
      done_bytes += bytes;
      if (read) await (read as ReturnType<typeof reading>)(entries);
      else {
        waiting.push(...entries);
        if (format || waiting.length >= LOOK_AT) await begin();
      }
      await note();
    }
    if (!read) await begin();
    await note({ status: 'completed', format: format!.name, done_bytes: file.bytes, finished_at: now() });
    await uploads.close(user_id, row.upload_id!);
  }

  return {
    /** @param value as sent: an array, or a document with lists */
    async import(scope: Scope, value: unknown, wishes: { format?: string | undefined; dry_run: boolean }) {
      const items = itemsOf(value);
      const format = wishes.format === undefined ? told(items) : named(wishes.format);
      return bring(scope, format, items, wishes.dry_run);
    },

    items: (scope: Scope, format: string, items: readonly Item[], dry_run: boolean): Promise<Report> =>
      bring(scope, named(format), items, dry_run),

    detect: (items: readonly Item[]) => ({
      format: formatOf(items)?.name ?? null,
      formats: FORMATS.map(({ name, title }) => ({ name, title })),
    }),

    /** Reads an uploaded file in the background. @throws AppError upload_not_found, import_unreadable */
    async begin(scope: Scope, upload_id: string, wishes: { format?: string | undefined; dry_run: boolean }) {
      if (wishes.format !== undefined) named(wishes.format);
      const file = await uploads.open(scope.user_id, upload_id);
      const at = now();
      const row: ImportRow = {
        ...{ id: ids.uuid(), user_id: scope.user_id, space_id: scope.space_id ?? scope.default_space_id, upload_id },
        ...{ format: wishes.format ?? '', status: 'running', dry_run: wishes.dry_run ? 1 : 0 },
        ...{ done_bytes: 0, total_bytes: file.bytes, imported: 0, skipped: 0, failed: 0, duplicates: 0, errors: '[]' },
        ...{ created_at: at, updated_at: at, finished_at: null },
      };
      await atomically(async ({ transfers, jobs }) => {
        await transfers.begin(row);
        await jobs.enqueue(readUpload, { user_id: row.user_id, import_id: row.id });
      });
      wake();
      return shown(row);
    },

    async status(scope: Scope, id: string) {
      const row = await read.transfers.byId(scope.user_id, id);
      if (row) return shown(row);
      throw new AppError('import_not_found', `There is no import ${id.slice(0, 64)}.`);
    },

    jobs: [
      handler(readUpload, async ({ user_id, import_id }) => {
        const row = await read.transfers.byId(user_id, import_id);
        if (row?.status !== 'running') return;
        try {
          await readFile(row);
        } catch (error) {
          const reason = reasonOf(error);
          if (reason === null) throw error;
          const errors = JSON.stringify([{ line: 0, reason }]);
          const change = { status: 'failed', errors, updated_at: now(), finished_at: now() } as const;
          await atomically(({ transfers }) => transfers.set(user_id, import_id, change));
        }
      }),
    ] as JobHandler[],

    /** Forgets how imports of long ago went. */
    sweep: (): Promise<number> =>
      atomically(({ transfers }) => transfers.removeOlder(formatTime(clock.now() - KEEP_MS))),

    /** Ends the work at the next entry; it goes on after the next start. */
    stop(): void {
      stopped = true;
    },
  };
}
export type Transfer = ReturnType<typeof createTransfer>;
