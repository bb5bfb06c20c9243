// Nearest neighbours in LanceDB, for users with more vectors than memory should hold: a table per user and model.
// Writes are buffered and flushed before every search, so a search sees what was put. Cosine always, index or not.
import { createHash } from 'node:crypto';
import { connect, Index, type Table } from '@lancedb/lancedb';
import type { Logger } from '../../core/log.ts';
import type { ModelIdentity, VectorIndex, VectorRecord, VectorSource } from '../../core/ports.ts';
import { byScore, type Hit } from './best.ts';
import {
  column,
  memoriesOf,
  NO_IDS,
  NO_PARTS,
  sameSignature,
  schemaOf,
  signature,
  signatures,
  toArrow,
} from './lance-rows.ts';
import { byMemory, checkDims, checkQuery } from './pieces.ts';

export interface LanceOptions {
  /** Folder of the database. Vectors are stored in the clear: not for an encrypted installation. */
  path: string;
  model: ModelIdentity;
  logger: Logger;
  /** From this many vectors on an approximate index is built; below, every vector is compared. */
  threshold?: number | undefined;
  /** Buffered memories that are written without waiting for a search or for `flush_ms`. */
  flush_memories?: number | undefined;
  flush_ms?: number | undefined;
  /** Writes after which fragments are merged and the index takes in what came since. */
  optimize_every?: number | undefined;
  /** Up to this many allowed memories are named in the query; more are sorted out here. */
  filter_in_query?: number | undefined;
}

export interface LanceIndex extends VectorIndex {
  /** Pieces. */
  count(user_id: number): Promise<number>;
  /** Makes the user's table hold exactly what the source has. Writes meanwhile are kept and win. */
  reconcile(user_id: number, source: VectorSource): Promise<void>;
  drop(user_id: number): Promise<void>;
  /** Ends when no index is being built and nothing is being merged. */
  settled(): Promise<void>;
}

interface UserTable {
  table: Table;
  /** Pieces. */
  rows: number;
  /** Rows a search had to read for each memory it found, the last time: what the next one begins with. */
  rows_per_memory: number;
  /** Ids above were never written, so they need no delete before the append. */
  max_id: number;
  /** The last word on each memory not yet written: its pieces, none when it is gone. */
  pending: Map<number, readonly VectorRecord[]>;
  timer: ReturnType<typeof setTimeout> | null;
  /** One writer at a time. */
  writing: Promise<void>;
  /** Memories written while a reconciliation reads the source: what it read of them is out of date. */
  touched: Set<number> | null;
  /** Since the last merge. */
  writes: number;
  /** Of the approximate index: 0 without one, -1 where it could not be built. */
  partitions: number;
  maintenance: Promise<void> | null;
}

/** Neighbouring vectors share a partition of about this many, and a search compares with those of some partitions. */
const PARTITION_ROWS = 4096;
const PAGE = 2000;

export async function lanceIndex(options: LanceOptions): Promise<LanceIndex> {
  const { model, logger, threshold = 100_000, flush_memories = 256, flush_ms = 500 } = options;
  const { optimize_every = 64, filter_in_query = 1000 } = options;
  const db = await connect(options.path);
  const schema = schemaOf(model.dims);
  const suffix = createHash('sha256').update(model.key).digest('hex').slice(0, 12);
  const nameOf = (user_id: number) => `user_${user_id}_${suffix}`;
  const users = new Map<number, Promise<UserTable>>();

  function opened(user_id: number): Promise<UserTable> {
    const known = users.get(user_id);
    if (known) return known;
    const user = openTable(user_id);
    users.set(user_id, user);
    user.catch(() => users.delete(user_id));
    return user;
  }

  /** A table whose columns are those of another version is emptied: it holds nothing that the source has not. */
  async function tableOf(name: string): Promise<Table> {
    const create = () => db.createEmptyTable(name, schema, { existOk: true });
    try {
      return await create();
    } catch (error) {
      const table = await db.openTable(name).catch(() => null);
      const columns = (await table?.schema())?.fields.map((field) => field.name);
      table?.close();
      if (!columns || columns.join() === schema.names.join()) throw error;
      await db.dropTable(name);
      return create();
    }
  }

  async function openTable(user_id: number): Promise<UserTable> {
    const table = await tableOf(nameOf(user_id));
    const ids = column(await table.query().select(['memory_id']).toArrow(), 'memory_id', NO_IDS);
    let max_id = 0;
    for (const id of ids) max_id = Math.max(max_id, Number(id));
    const user: UserTable = {
      table,
      rows: ids.length,
      rows_per_memory: 1,
      max_id,
      pending: new Map(),
      timer: null,
      writing: Promise.resolve(),
      touched: null,
      writes: 0,
      partitions: await partitionsOf(table),
      maintenance: null,
    };
    maintain(user);
    return user;
  }

  function change(user: UserTable, memory_id: number, pieces: readonly VectorRecord[]): void {
    user.pending.set(memory_id, pieces);
    user.touched?.add(memory_id);
  }

  function flushSoon(user: UserTable): void {
    const failed = (error: unknown) =>
      logger.warn({ err: error }, 'vectors could not be written to LanceDB, they stay queued');
    if (user.pending.size >= flush_memories) flush(user).catch(failed);
    else user.timer ??= setTimeout(() => flush(user).catch(failed), flush_ms).unref();
  }

  /** Writes what was pending when it was called. */
  function flush(user: UserTable): Promise<void> {
    if (user.timer) clearTimeout(user.timer);
    user.timer = null;
    const done = user.writing.then(() => write(user));
    user.writing = done.catch(() => {});
    return done;
  }

  async function write(user: UserTable): Promise<void> {
    if (user.pending.size === 0) return;
    const changes = user.pending;
    user.pending = new Map();
    try {
      const old = [...changes.keys()].filter((id) => id <= user.max_id);
      // A merge is thrown away when rows it moves are deleted meanwhile; appends do not disturb it.
      if (old.length > 0) await user.maintenance;
      for (let i = 0; i < old.length; i += PAGE) {
        await user.table.delete(`memory_id IN (${old.slice(i, i + PAGE).join(',')})`);
      }
      const records = [...changes.values()].flat();
      if (records.length > 0) await user.table.add(toArrow(schema, model.dims, records));
      for (const record of records) user.max_id = Math.max(user.max_id, record.memory_id);
      user.rows = await user.table.countRows();
    } catch (error) {
      // Back into the queue, below newer words on the same memories. Some may have been written: all count as old.
      user.pending = new Map([...changes, ...user.pending]);
      user.max_id = Math.max(user.max_id, ...changes.keys());
      throw error;
    }
    user.writes++;
    maintain(user);
  }

  /** Builds the missing index or merges fragments, in the background; searches and writes go on meanwhile. */
  function maintain(user: UserTable): void {
    if (user.maintenance) return;
    // Partitions are also made anew when they have grown several times larger than meant.
    const build = user.rows >= threshold && user.partitions >= 0 && user.rows > 4 * user.partitions * PARTITION_ROWS;
    // A merge rewrites the table, so it is rarer where that takes longer.
    if (!build && user.writes < optimize_every + user.rows / 2000) return;
    user.writes = 0;
    const started = performance.now();
    user.maintenance = (build ? buildIndex(user) : optimize(user))
      .then(() => {
        const ms = Math.round(performance.now() - started);
        logger.debug({ rows: user.rows, ms }, build ? 'vector index built' : 'vector table merged');
      })
      .catch((error) => {
        // Without an index a search is slower, not wrong: it is not tried again before the next start.
        if (build) user.partitions = -1;
        logger.warn({ err: error, rows: user.rows }, build ? 'vector index failed' : 'merging the vector table failed');
      })
      .finally(() => {
        user.maintenance = null;
      });
  }

  /** IVF with the vectors themselves: seconds to build where HNSW takes a minute, and scores stay exact. */
  async function buildIndex(user: UserTable): Promise<void> {
    const numPartitions = Math.max(1, Math.round(user.rows / PARTITION_ROWS));
    await user.table.createIndex('vector', { config: Index.ivfFlat({ distanceType: 'cosine', numPartitions }) });
    user.partitions = numPartitions;
  }

  async function optimize(user: UserTable): Promise<void> {
    // Searches that began a moment ago still read the version they began with.
    await user.table.optimize({ cleanupOlderThan: new Date(Date.now() - 5 * 60_000) });
  }

  async function nearest(user: UserTable, query: Float32Array, limit: number, where: string | null, whole: boolean) {
    let search = user.table.query().nearestTo(query).distanceType('cosine').limit(limit);
    // With a filter the index may pass over rows that match; comparing with all rows that match is exact.
    if (whole || where) search = search.bypassVectorIndex();
    else if (user.partitions > 0) search = search.nprobes(Math.max(24, Math.round(user.partitions / 4)));
    if (where) search = search.where(where);
    const rows = await search.select(['memory_id', 'part', '_distance']).toArrow();
    const parts = column(rows, 'part', NO_PARTS);
    const distances = column(rows, '_distance', new Float32Array());
    return Array.from(
      column(rows, 'memory_id', NO_IDS),
      (id, row): Hit => ({ id: Number(id), score: 1 - distances[row]!, part: parts[row]! }),
    ).sort((a, b) => byScore(a, b) || a.part - b.part);
  }

  async function search(user_id: number, query: Float32Array, limit: number, allowed: ReadonlySet<number> | null) {
    checkQuery(query, model.dims);
    if (limit <= 0 || allowed?.size === 0) return [];
    const user = await opened(user_id);
    await flush(user);
    if (user.rows === 0) return [];
    const named = allowed && allowed.size <= filter_in_query;
    const where = named ? `memory_id IN (${[...allowed].join(',')})` : null;
    // A few more than asked for, to see whether the last place is shared; and for those the filter takes out.
    const share = allowed && !named ? Math.min(1, (allowed.size * user.rows_per_memory) / user.rows) : 1;
    const memories = named ? Math.min(limit, allowed.size) : limit;
    for (let wanted = Math.ceil((memories * user.rows_per_memory * 1.2) / share) + 8; ; wanted *= 4) {
      const whole = wanted >= user.rows;
      const found = await nearest(user, query, Math.min(wanted, user.rows), where, whole);
      const passed = allowed && !named ? found.filter(({ id }) => allowed.has(id)) : found;
      const kept = nearestPieces(passed);
      // An index may give fewer than asked for because it did not look everywhere; comparing with all rows does not.
      const all = whole || (where !== null && found.length < wanted);
      const last = kept[limit - 1];
      if (!all && !(last && found.at(-1)!.score < last.score)) continue;
      if (kept.length > 0) user.rows_per_memory = passed.length / kept.length;
      return kept.slice(0, limit);
    }
  }

  async function reconcile(user_id: number, source: VectorSource): Promise<void> {
    const user = await opened(user_id).catch(async (error) => {
      logger.warn({ err: error, user_id }, 'the LanceDB table cannot be read, it is built anew');
      await db.dropTable(nameOf(user_id));
      return opened(user_id);
    });
    const touched = new Set<number>();
    user.touched = touched;
    try {
      await flush(user);
      const stored = await user.table.query().select(['memory_id', 'part', 'content_hash']).toArrow();
      const surplus = signatures(stored);
      for await (const memories of memoriesOf(source, user_id, model.key, PAGE)) {
        for (const [id, pieces] of memories) {
          const current = sameSignature(surplus.get(id), signature(pieces));
          surplus.delete(id);
          if (!current && !touched.has(id)) user.pending.set(id, pieces);
        }
        await flush(user);
      }
      for (const id of surplus.keys()) if (!touched.has(id)) user.pending.set(id, []);
      await flush(user);
    } finally {
      user.touched = null;
    }
  }

  /** Leaves unwritten what was not: the table is about to go. */
  async function stop(user: UserTable): Promise<void> {
    if (user.timer) clearTimeout(user.timer);
    user.pending.clear();
    await user.writing;
    await user.maintenance;
  }

  async function drop(user_id: number): Promise<void> {
    const user = await opened(user_id).catch(() => null);
    if (user) await stop(user);
    users.delete(user_id);
    await db.dropTable(nameOf(user_id));
  }

  return {
    name: 'lance',
    async put(records) {
      for (const record of records) checkDims(record, model.dims);
      // All at once, so that calls that overlap keep their order for every user.
      const groups = Map.groupBy(records, (record) => record.user_id);
      const changed = Array.from(groups, async ([user_id, own]) => {
        const user = await opened(user_id);
        for (const [id, pieces] of byMemory(own)) change(user, id, pieces);
        flushSoon(user);
      });
      await Promise.all(changed);
    },
    async remove(user_id, memory_ids) {
      const user = await opened(user_id);
      for (const id of memory_ids) change(user, id, []);
      flushSoon(user);
    },
    search,
    reconcile,
    async count(user_id) {
      const user = await opened(user_id);
      await flush(user);
      return user.rows;
    },
    drop,
    forgetUser: drop,
    async settled() {
      for (const user of users.values()) await (await user).maintenance;
    },
    async close() {
      for (const user of await Promise.allSettled(users.values())) {
        if (user.status === 'rejected') continue;
        await flush(user.value).catch((error) =>
          logger.warn({ err: error }, 'the last vectors were not written to LanceDB'),
        );
        await user.value.maintenance;
        user.value.table.close();
      }
      users.clear();
      db.close();
    },
    async destroy() {
      for (const user of await Promise.allSettled(users.values())) {
        if (user.status === 'rejected') continue;
        await stop(user.value);
        user.value.table.close();
      }
      users.clear();
      for (const name of await db.tableNames()) if (name.endsWith(`_${suffix}`)) await db.dropTable(name);
      db.close();
    },
  };
}

/** Of hits in order: the first of each memory. */
function nearestPieces(hits: readonly Hit[]): Hit[] {
  const seen = new Set<number>();
  return hits.filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** Partitions of the table's index, 0 where it has none. */
async function partitionsOf(table: Table): Promise<number> {
  const index = (await table.listIndices()).find(({ columns }) => columns.includes('vector'));
  return index ? Math.max(1, Math.round((await table.countRows()) / PARTITION_ROWS)) : 0;
}
