// All SQL on `contradictions`. A pair is kept once, the older memory as `memory_a`.
import { type Expression, type SqlBool, sql } from 'kysely';
import { prepared } from '../../core/prepared.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { ContradictionTable } from '../../core/tables.ts';

export type NewContradiction = Pick<
  ContradictionTable,
  'memory_a' | 'memory_b' | 'kind' | 'description' | 'confidence' | 'similarity' | 'verified'
>;

/** What contradicts a memory, as a hint beside it. */
export interface Dispute {
  readonly other_id: number;
  /** The other one is newer: what this memory says may be over. */
  readonly superseded: boolean;
  readonly kind: string;
  readonly confidence: number;
  readonly description: string;
}

interface Seen {
  user_id: number;
  /** Null: all spaces. */
  space_id: number | null;
  /** core/clock text. */
  now: string;
}

const SIDES = [
  ['memory_a', 'memory_b'],
  ['memory_b', 'memory_a'],
] as const;

export function contradictionStore(db: StoreDb, idList: IdList) {
  /** Both can be recalled now. */
  const open = ({ user_id, space_id, now }: Seen) =>
    db
      .selectFrom('contradictions as c')
      .innerJoin('memories as a', 'a.id', 'c.memory_a')
      .innerJoin('memories as b', 'b.id', 'c.memory_b')
      .where('c.user_id', '=', user_id)
      .where('c.status', '=', sql.lit('open'))
      .where((eb) => {
        const all: Expression<SqlBool>[] = [];
        for (const side of ['a', 'b'] as const) {
          all.push(
            eb(`${side}.user_id`, '=', user_id),
            eb(`${side}.is_latest`, '=', sql.lit(1)),
            eb(`${side}.is_forgotten`, '=', sql.lit(0)),
            eb(`${side}.is_archived`, '=', sql.lit(0)),
            eb(`${side}.status`, '=', sql.lit('approved')),
            eb.or([eb(`${side}.forget_after`, 'is', null), eb(`${side}.forget_after`, '>', now)]),
          );
          if (space_id !== null) all.push(eb(`${side}.space_id`, '=', space_id));
        }
        return eb.and(all);
      });

  /** Asked for at every search, and nearly always in vain. */
  const findOpen = prepared<{ user_id: number; ids: unknown }, { memory_a: number }>(db, ({ user_id, ids }) => {
    const half = (column: 'memory_a' | 'memory_b') =>
      db
        .selectFrom('contradictions')
        .where('user_id', '=', user_id)
        .where(column, 'in', idList.of(ids))
        .where('status', '=', sql.lit('open'))
        .select('memory_a');
    return half('memory_a').unionAll(half('memory_b')).limit(sql.lit(1));
  });

  const shown = (seen: Seen) =>
    open(seen).select([
      'c.memory_a',
      'c.memory_b',
      'c.kind',
      'c.description',
      'c.confidence',
      'c.similarity',
      'c.verified',
      'c.created_at',
      'a.content as content_a',
      'a.category as category_a',
      'a.created_at as created_a',
      'b.content as content_b',
      'b.category as category_b',
      'b.created_at as created_b',
    ]);

  return {
    /** Newest first. */
    list: (seen: Seen, least: number, limit: number) =>
      shown(seen)
        .where('c.confidence', '>=', least)
        .orderBy('c.memory_b', 'desc')
        .orderBy('c.memory_a', 'desc')
        .limit(limit)
        .execute(),

    /** Those of one memory, the surest first. */
    async of(seen: Seen, id: number, limit: number) {
      const [asOlder, asNewer] = [
        await shown(seen).where('c.memory_a', '=', id).limit(limit).execute(),
        await shown(seen).where('c.memory_b', '=', id).limit(limit).execute(),
      ];
      return [...asOlder, ...asNewer]
        .sort((x, y) => y.confidence - x.confidence || y.memory_b - x.memory_b)
        .slice(0, limit);
    },

    /** Open contradictions of any of these memories, by memory; those without one are missing. */
    async disputesOf(seen: Seen, ids: readonly number[]): Promise<Map<number, Dispute[]>> {
      const found = new Map<number, Dispute[]>();
      if (ids.length === 0) return found;
      if ((await findOpen({ user_id: seen.user_id, ids: idList.bind(ids) })).length === 0) return found;
      const half = (column: 'c.memory_a' | 'c.memory_b') =>
        open(seen)
          .where(column, 'in', idList(ids))
          .select(['c.memory_a', 'c.memory_b', 'c.kind', 'c.confidence', 'c.description']);
      const rows = await half('c.memory_a').union(half('c.memory_b')).execute();
      const wanted = new Set(ids);
      const note = (id: number, other_id: number, superseded: boolean, row: (typeof rows)[number]) => {
        if (!wanted.has(id)) return;
        const { kind, confidence, description } = row;
        found.set(id, [...(found.get(id) ?? []), { other_id, superseded, kind, confidence, description }]);
      };
      for (const row of rows) {
        note(row.memory_a, row.memory_b, true, row);
        note(row.memory_b, row.memory_a, false, row);
      }
      for (const disputes of found.values())
        disputes.sort((x, y) => y.confidence - x.confidence || y.other_id - x.other_id);
      return found;
    },

    /** Memories with which this one was settled. */
    async settledWith(user_id: number, id: number): Promise<number[]> {
      const settled: number[] = [];
      for (const [one, other] of SIDES) {
        const rows = await db
          .selectFrom('contradictions')
          .where('user_id', '=', user_id)
          .where(one, '=', id)
          .where('status', '=', sql.lit('resolved'))
          .select(`${other} as other`)
          .execute();
        settled.push(...rows.map((row) => row.other));
      }
      return settled;
    },

    /** Replaces the open ones between this memory and those stored before it; what was settled stays so. @returns those not known before */
    async replace(
      user_id: number,
      id: number,
      found: readonly NewContradiction[],
      now: string,
    ): Promise<readonly NewContradiction[]> {
      const before = new Set<string>();
      for (const [one, other] of SIDES) {
        // Looked at first: a range over ids would lead the database to read the user's whole index.
        const open = await db
          .selectFrom('contradictions')
          .where('user_id', '=', user_id)
          .where(one, '=', id)
          .where('status', '=', sql.lit('open'))
          .select(['memory_a', 'memory_b'])
          .execute();
        for (const { memory_a, memory_b } of open)
          if ((other === 'memory_a' ? memory_a : memory_b) < id) {
            before.add(`${memory_a} ${memory_b}`);
            await db
              .deleteFrom('contradictions')
              .where('user_id', '=', user_id)
              .where('memory_a', '=', memory_a)
              .where('memory_b', '=', memory_b)
              .execute();
          }
      }
      const fresh: NewContradiction[] = [];
      for (const pair of found) {
        const { numInsertedOrUpdatedRows: added } = await db
          .insertInto('contradictions')
          .values({ ...pair, user_id, status: 'open', resolution: null, resolved_at: null, created_at: now })
          .onConflict((oc) => oc.columns(['user_id', 'memory_a', 'memory_b']).doNothing())
          .executeTakeFirst();
        if ((added ?? 0n) > 0n && !before.has(`${pair.memory_a} ${pair.memory_b}`)) fresh.push(pair);
      }
      return fresh;
    },

    /** Whichever of the two is the older one. */
    async settle(user_id: number, one: number, other: number, resolution: string, now: string): Promise<void> {
      const settled = { status: 'resolved', resolution, resolved_at: now };
      let known = 0n;
      for (const [a, b] of SIDES) {
        const result = await db
          .updateTable('contradictions')
          .set(settled)
          .where('user_id', '=', user_id)
          .where(a, '=', one)
          .where(b, '=', other)
          .executeTakeFirst();
        known += result.numUpdatedRows;
      }
      if (known > 0n) return;
      await db
        .insertInto('contradictions')
        .values({
          user_id,
          memory_a: Math.min(one, other),
          memory_b: Math.max(one, other),
          kind: 'value',
          description: 'settled by request',
          confidence: 1,
          similarity: null,
          verified: 0,
          created_at: now,
          ...settled,
        })
        .execute();
    },
  };
}
export type ContradictionStore = ReturnType<typeof contradictionStore>;
