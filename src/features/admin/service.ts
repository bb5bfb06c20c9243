// The operator's hands: looking at the whole server, clearing up, making indexes anew.
import { DAY_MS } from '../../algo/durations.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { FullTextIndex } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { AccessStore } from '../access/store.ts';
import type { JobStore } from '../jobs/store.ts';
import { embedMissing } from '../memory/contract.ts';
import { fullTextEntry } from '../memory/rules.ts';
import { LIMITS } from '../tenants/rules.ts';
import type { TenantStore } from '../tenants/store.ts';
import type { Trash } from '../trash/service.ts';
import type { MaintenanceModes } from './maintenance.ts';
import type { AdminStore } from './store.ts';

interface Stores {
  access: AccessStore;
  tenants: TenantStore;
  admin: AdminStore;
  jobs: JobStore;
  fullText: FullTextIndex;
  lockUser(user_id: number): Promise<void>;
}

export interface AdminDeps {
  read: Omit<Stores, 'lockUser'>;
  atomically: Atomically<Stores>;
  maintenance: MaintenanceModes;
  trash: Pick<Trash, 'sweep'>;
  /** Settings the server was started with, secrets hidden. */
  settings: readonly { name: string; value: string }[];
  models: {
    embedding(): string | null;
    reranker(): string | null;
    llm: string | null;
    understanding: boolean;
  };
  /** Bytes on disk. */
  size(): Promise<number | null>;
  /** The caches of keys and spaces of a user. */
  forgetUser(user_id: number): void;
  forgetVectors(user_id: number): Promise<void>;
  lance_threshold: number;
  wake(): void;
  clock: Clock;
}

const PAGE = 200;
const QUOTA = 'quota.';

type Value = string | number | boolean | null;

export function createAdmin(deps: AdminDeps) {
  const { read, atomically, maintenance, models, clock } = deps;

  async function usersOf(user_id: number | null | undefined): Promise<number[]> {
    if (user_id == null) return (await read.access.users()).map(({ id }) => id);
    if (!(await read.access.userById(user_id))) throw new AppError('user_not_found', `There is no user ${user_id}.`);
    return [user_id];
  }

  async function changeable(): Promise<Record<string, Value>> {
    const defaults = await read.tenants.defaults();
    const { enabled, message } = maintenance.get();
    return {
      ...Object.fromEntries(LIMITS.map((limit) => [`${QUOTA}${limit}`, defaults[limit]])),
      maintenance: enabled,
      maintenance_message: message,
    };
  }

  return {
    async settings(): Promise<Record<string, Value>> {
      return { ...Object.fromEntries(deps.settings.map(({ name, value }) => [name, value])), ...(await changeable()) };
    },

    async setSettings(wanted: Record<string, Value>) {
      const names = Object.keys(await changeable());
      for (const [name, value] of Object.entries(wanted)) {
        if (!names.includes(name)) {
          const fixed = deps.settings.some((one) => one.name === name);
          throw new AppError(
            fixed ? 'setting_decides' : 'invalid_request',
            fixed
              ? `${name} is set where the server is started. While it runs, these can be changed: ${names.join(', ')}.`
              : `There is no setting "${name.slice(0, 100)}". These can be changed: ${names.join(', ')}.`,
          );
        }
        const fits = name.startsWith(QUOTA)
          ? Number.isSafeInteger(value) && (value as number) >= 0
          : name === 'maintenance'
            ? typeof value === 'boolean'
            : value === null || typeof value === 'string';
        if (!fits) {
          const expected = name.startsWith(QUOTA)
            ? 'a whole number, 0 for no limit'
            : name === 'maintenance'
              ? 'true or false'
              : 'a text';
          throw new AppError('invalid_request', `${name} must be ${expected}.`);
        }
      }
      const limits = LIMITS.filter((limit) => `${QUOTA}${limit}` in wanted);
      if (limits.length > 0)
        await atomically(({ tenants }) =>
          tenants.setDefaults(Object.fromEntries(limits.map((limit) => [limit, wanted[`${QUOTA}${limit}`] as number]))),
        );
      if ('maintenance' in wanted || 'maintenance_message' in wanted) {
        const now = maintenance.get();
        const message = (wanted.maintenance_message ?? now.message) as string | null;
        await maintenance.set((wanted.maintenance ?? now.enabled) as boolean, message);
      }
      return { updated: Object.keys(wanted).length };
    },

    async scale() {
      const { tables } = await read.tenants.describe();
      const table_counts: Record<string, number> = {};
      for (const { name } of tables) table_counts[name] = await read.admin.rows(name);
      return { table_counts, database_size_bytes: await deps.size() };
    },
    async schema() {
      const { tables, indexes } = await read.tenants.describe();
      return { tables: tables.map(({ name, sql }) => ({ name, sql })), indexes };
    },
    async cold(days: number) {
      const since = formatTime(clock.now() - days * DAY_MS);
      return { eligible_count: await read.admin.unread(since), threshold_days: days };
    },
    providers: () => ({
      embedding: { ready: models.embedding() !== null, model: models.embedding() },
      reranker: { ready: models.reranker() !== null, model: models.reranker() },
      llm: { ready: models.llm !== null, model: models.llm },
      brain: { ready: models.understanding },
    }),
    async tasks() {
      const { waiting, running, done, failed } = await read.jobs.counts();
      return { pending: waiting, running, completed: done, failed };
    },

    async gc(user_id: number | null | undefined) {
      const cleaned = { forgotten_memories: 0, expired_memories: 0, orphaned_embeddings: 0, old_audit_entries: 0 };
      for (const id of await usersOf(user_id)) {
        const { expired, purged } = await deps.trash.sweep({ user_id: id } as Scope);
        cleaned.expired_memories += expired;
        cleaned.forgotten_memories += purged.memories;
        cleaned.orphaned_embeddings += purged.vectors;
      }
      return { total_cleaned: Object.values(cleaned).reduce((all, n) => all + n, 0), breakdown: cleaned };
    },

    async refresh() {
      await maintenance.start();
      for (const id of await usersOf(null)) {
        deps.forgetUser(id);
        await deps.forgetVectors(id);
      }
      return { status: 'ok' as const, message: 'Keys, spaces and vectors are read anew at the next request.' };
    },

    /** A user's index is made anew in one go, so that no search meanwhile finds half of it. */
    async rebuildWords(user_id: number | null | undefined) {
      let indexed = 0;
      for (const id of await usersOf(user_id)) {
        indexed += await atomically(async ({ admin, fullText, lockUser }) => {
          await lockUser(id);
          await fullText.createFor(id);
          await fullText.clear(id);
          let [after, done] = [0, 0];
          for (;;) {
            const page = await admin.memories(id, after, PAGE);
            for (const row of page) await fullText.put(fullTextEntry(row, row.id));
            done += page.length;
            if (page.length < PAGE) return done;
            after = page.at(-1)!.id;
          }
        });
      }
      return { indexed };
    },

    async replay(limit: number) {
      const ids = await read.admin.failedJobs([embedMissing.kind], limit);
      let succeeded = 0;
      for (const id of ids) if (await atomically(({ jobs }) => jobs.retry(id))) succeeded++;
      if (succeeded > 0) deps.wake();
      return { processed: ids.length, succeeded, failed: 0, skipped: ids.length - succeeded };
    },

    async rebuildVectors() {
      if (models.embedding() === null)
        return {
          rebuilt: false,
          row_count: 0,
          reason: 'There is no embedding model in use: GET /admin/models says why.',
        };
      for (const id of await usersOf(null)) await deps.forgetVectors(id);
      return { rebuilt: true, row_count: await read.admin.vectors(), min_rows_for_index: deps.lance_threshold };
    },
  };
}
export type Admin = ReturnType<typeof createAdmin>;
