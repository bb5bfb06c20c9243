// Erasing what belongs to one user: found in the schema itself, so that no table can be forgotten.
import type { FullTextIndex } from '../../core/ports.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { AccessStore } from '../access/store.ts';
import { tablesToEmpty } from './rules.ts';
import type { TenantStore } from './store.ts';

export interface ErasureStores {
  tenants: TenantStore;
  access: AccessStore;
  fullText: FullTextIndex;
  lockUser(user_id: number): Promise<void>;
}

export interface ErasureDeps {
  read: Pick<ErasureStores, 'tenants'>;
  atomically: Atomically<ErasureStores>;
  /** Units that leave no row in the audit: those of one erasure are recorded by its last. */
  inParts: Atomically<ErasureStores>;
  /** After commit: indexes let go of the user's vectors. */
  forgetVectors(user_id: number): Promise<void>;
}

/** Rows per transaction: others write in between. */
const PAGE = 500;
/** What there may be much of, and what goes with its rows. */
const LARGE = ['memories', 'conversations', 'agent_sessions'];

export function createErasure({ read, atomically, inParts, forgetVectors }: ErasureDeps) {
  const tables = async (whole: boolean) => {
    const { tables } = await read.tenants.describe();
    return tablesToEmpty(
      tables.flatMap(({ name, of_users }) => (of_users ? [name] : [])),
      whole,
    );
  };

  async function emptyInPages(table: string, user_id: number): Promise<number> {
    let removed = 0;
    for (;;) {
      const page = await inParts(async ({ tenants, lockUser }) => {
        await lockUser(user_id);
        const ids = await tenants.someOf(table, user_id, PAGE);
        return ids.length === 0 ? 0 : tenants.removeUpTo(table, user_id, ids.at(-1)!);
      });
      if (page === 0) return removed;
      removed += page;
    }
  }

  /** Triggers note some removals in other tables, so those are looked at twice. */
  async function emptyAll({ tenants }: ErasureStores, names: readonly string[], user_id: number): Promise<number> {
    let removed = 0;
    for (const _round of [1, 2]) for (const name of names) removed += await tenants.removeAll(name, user_id);
    return removed;
  }

  return {
    /** @returns rows removed */
    async wipe(user_id: number): Promise<number> {
      const names = await tables(false);
      let removed = 0;
      for (const table of LARGE) if (names.includes(table)) removed += await emptyInPages(table, user_id);
      removed += await atomically(async (stores) => {
        await stores.lockUser(user_id);
        await stores.fullText.clear(user_id);
        return emptyAll(stores, names, user_id);
      });
      await forgetVectors(user_id);
      return removed;
    },

    /** The row of the user goes last: until then the same call can be made again. @returns rows removed */
    async remove(user_id: number): Promise<number> {
      const names = await tables(true);
      let removed = 0;
      for (const table of LARGE) if (names.includes(table)) removed += await emptyInPages(table, user_id);
      removed += await atomically(async (stores) => {
        await stores.lockUser(user_id);
        const rows = await emptyAll(stores, names, user_id);
        await stores.tenants.removeUser(user_id);
        await stores.fullText.dropFor(user_id);
        return rows + 1;
      });
      await forgetVectors(user_id);
      return removed;
    },
  };
}
export type Erasure = ReturnType<typeof createErasure>;
