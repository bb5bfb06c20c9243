// Reads the database of an older server (engram.db or kleos.db) as records of an export; it is opened for reading only.
import { existsSync } from 'node:fs';
import type { Raw } from './sqlite/connection.ts';
import { openRaw } from './sqlite/connection.ts';

export type OlderRecord = Readonly<Record<string, unknown>>;

export interface OlderStore {
  /** Rows in all, for progress. */
  readonly total: number;
  /** The owners of memories in it; empty where it knows of none. */
  readonly users: readonly number[];
  /** In an order in which every record names only what came before it. */
  records(): Generator<OlderRecord>;
  close(): void;
}

/** Tables, as what their rows go out; those that a version lacks are passed over. */
const TABLES = [
  ['episodes', 'episode'],
  ['memories', 'memory'],
  ['memory_links', 'link'],
  ['structured_facts', 'fact'],
  ['entities', 'entity'],
  ['conversations', 'conversation'],
  ['messages', 'message'],
  ['user_preferences', 'preference'],
] as const;
/** Derived, and large. */
const LEFT_OUT = new Set(['embedding', 'embedding_vec_1024', 'decay_score', 'pagerank_score', 'community_id']);

const columnsOf = (raw: Raw, table: string): string[] =>
  (raw.prepare(`select name from pragma_table_info(?)`).all(table) as { name: string }[]).map(({ name }) => name);

/** @returns null when the file is no database of an older server; @throws DatabaseError when it cannot be opened */
export function openOlderStore(path: string, key: string | null, user_id: number | null): OlderStore | null {
  if (!existsSync(path)) return null;
  const raw = openRaw({ path, key, readonly: true, synchronous: 'normal' });
  const columns = new Map(TABLES.map(([table]) => [table as string, columnsOf(raw, table)]));
  const memories = columns.get('memories')!;
  // Ours has a table of its own for schema steps; that one is exported by its own program.
  if (!memories.includes('content') || columnsOf(raw, 'memory_fingerprints').length > 0) {
    raw.close();
    return null;
  }
  const owned = memories.includes('user_id');
  const users = owned
    ? (raw.prepare('select distinct user_id as id from memories order by 1').all() as { id: number }[]).map(
        ({ id }) => id,
      )
    : [];

  /** Of what has no owner of its own, what belongs to something that has. */
  function sourceOf(table: string): string {
    const has = columns.get(table)!.includes('user_id');
    if (user_id === null || !owned) return `from ${table}`;
    const mine = `(select id from memories where user_id = :user)`;
    if (has) return `from ${table} where user_id = :user`;
    if (table === 'memory_links') return `from ${table} where source_id in ${mine} and target_id in ${mine}`;
    if (table === 'messages')
      return `from ${table} where conversation_id in (select id from conversations where user_id = :user)`;
    return `from ${table}`;
  }
  const bound = user_id === null || !owned ? {} : { user: user_id };
  const there = TABLES.filter(([table]) => columns.get(table)!.length > 0);
  const total = there.reduce(
    (sum, [table]) => sum + (raw.prepare(`select count(*) as n ${sourceOf(table)}`).get(bound) as { n: number }).n,
    0,
  );

  function* rowsOf(table: string): Generator<OlderRecord> {
    const wanted = columns.get(table)!.filter((name) => !LEFT_OUT.has(name));
    const order = wanted.includes('id') ? 'order by id' : '';
    const list = wanted.map((name) => `"${name}"`).join(', ');
    for (const row of raw.prepare(`select ${list} ${sourceOf(table)} ${order}`).iterate(bound))
      yield row as OlderRecord;
  }

  return {
    total,
    users,
    *records() {
      const syncs = new Map<unknown, string>();
      const spaces = new Map<unknown, string>();
      if (columnsOf(raw, 'spaces').includes('name'))
        for (const { id, name } of raw.prepare('select id, name from spaces').all() as { id: number; name: string }[])
          spaces.set(id, name);
      const syncOf = (id: unknown): string | null => (id == null ? null : (syncs.get(id) ?? null));
      for (const [table, type] of there)
        for (const row of rowsOf(table)) {
          if (type === 'memory') {
            if (typeof row.sync_id === 'string' && row.sync_id !== '') syncs.set(row.id, row.sync_id);
            yield {
              ...row,
              type,
              parent_sync_id: syncOf(row.parent_memory_id),
              space: spaces.get(row.space_id) ?? null,
            };
          } else if (type === 'link') {
            const ends = { source_sync_id: syncOf(row.source_id), target_sync_id: syncOf(row.target_id) };
            yield { ...row, ...ends, type, link_type: row.type ?? 'similarity' };
          } else if (type === 'fact') yield { ...row, type, memory_sync_id: syncOf(row.memory_id) };
          // What it read in memories is read in them again.
          else if (type === 'entity') yield { ...row, type, origin: 'read' };
          else yield { ...row, type };
        }
    },
    close: () => raw.close(),
  };
}
