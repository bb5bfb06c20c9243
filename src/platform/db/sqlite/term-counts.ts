// How many memories of a user hold a term, so that a search over very many can leave the commonest words out.
import { sql } from 'kysely';
import type { Db } from '../dialect.ts';

/** Counts are a guide, not a result: they may be this old. */
const KEEP_MS = 60_000;
const MAX_KEPT = 20_000;

interface Counted {
  value: number;
  at: number;
}

/** First varint of the record that FTS5 keeps of its totals: the number of rows (fts5_index.c, "averages record"). */
export function rowsInTotals(block: Uint8Array | undefined): number {
  let value = 0;
  for (const byte of block ?? []) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) break;
  }
  return value;
}

/** @param now milliseconds on any steady clock */
export function termCounts(db: Db, tableOf: (user_id: number) => string, now: () => number) {
  const kept = new Map<string, Counted>();
  const ready = new Set<number>();

  async function remembered(key: string, count: () => Promise<number>): Promise<number> {
    const known = kept.get(key);
    if (known && now() - known.at < KEEP_MS) return known.value;
    const value = await count();
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(key, { value, at: now() });
    return value;
  }

  async function documentsWith(user_id: number, stem: string): Promise<number> {
    const vocabulary = sql.raw(`temp.${tableOf(user_id)}_vocabulary`);
    if (!ready.has(user_id)) {
      await sql`create virtual table if not exists ${vocabulary}
        using fts5vocab('main', ${sql.lit(tableOf(user_id))}, 'row')`.execute(db);
      ready.add(user_id);
    }
    const { rows } = await sql<{ doc: number }>`select doc from ${vocabulary} where term = ${stem}`.execute(db);
    return rows[0]?.doc ?? 0;
  }

  return {
    /** Memories in a user's index; replaced and removed ones go on counting until a rebuild. */
    rows: (user_id: number): Promise<number> =>
      remembered(`${user_id}`, async () => {
        const { rows } = await sql<{ block: Uint8Array }>`
          select block from ${sql.raw(`${tableOf(user_id)}_data`)} where id = 1`.execute(db);
        return rowsInTotals(rows[0]?.block);
      }),

    /** Memories that hold a stem; reading the vocabulary costs a fraction of ranking by it. */
    holding: (user_id: number, stem: string): Promise<number> =>
      remembered(`${user_id} ${stem}`, async () => {
        const known = ready.has(user_id);
        try {
          return await documentsWith(user_id, stem);
        } catch (error) {
          // Gone with the connection that had it, which was replaced.
          if (!known) throw error;
          ready.delete(user_id);
          return await documentsWith(user_id, stem);
        }
      }),
  };
}
