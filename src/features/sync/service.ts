// Tells another server what changed here, and takes over what changed there. Of two changes to one memory the later wins,
// on both sides, so that both end up saying the same.
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { othersFirst } from '../../core/event-loop.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { UpdateRequest } from '../memory/contract.ts';
import { fullTextEntry, type MemoryRow, type NewMemory, tagsOf } from '../memory/rules.ts';
import type { MemoryService } from '../memory/service.ts';
import type { MemoryRecord } from '../transfer/formats/record.ts';
import type { PlacerStores, Placing } from '../transfer/placer.ts';
import type { ExportedMemory } from '../transfer/store.ts';
import type { Change } from './contract.ts';
import { type Cursor, readCursor, writeCursor } from './cursor.ts';
import type { SyncStore } from './store.ts';

export interface SyncDeps {
  read: Omit<PlacerStores, 'lockUser'> & { syncs: SyncStore };
  atomically: Atomically<PlacerStores>;
  placing: Placing;
  memory: Pick<MemoryService, 'update'>;
  /** Erases a memory for good. */
  erase(scope: Scope, id: number): Promise<unknown>;
  /** What is read from a record of Engram's own. */
  recordOf(value: unknown): MemoryRecord;
  clock: Clock;
}

type Outcome = 'created' | 'updated' | 'deleted' | 'skipped';
const BREATH = 16;
const MOST_ERRORS = 100;
const FLAGS = ['is_static', 'is_forgotten', 'is_archived', 'is_fact'] as const;

function told({ content_hash: _, user_id: __, episode_id: ___, tags, ...row }: ExportedMemory) {
  const flags = Object.fromEntries(
    ([...FLAGS, 'is_latest', 'is_decomposed', 'is_superseded', 'is_consolidated'] as const).map((name) => [
      name,
      row[name] === 1,
    ]),
  );
  const change_type = row.created_at === row.updated_at ? ('insert' as const) : ('update' as const);
  return { ...row, ...flags, tags: JSON.parse(tags) as string[], change_type };
}

export function createSync({ read, atomically, placing, memory, erase, recordOf, clock }: SyncDeps) {
  const now = () => formatTime(clock.now());

  async function known(user_id: number, sync_id: string): Promise<MemoryRow | null> {
    const row = await read.transfers.bySyncId(user_id, sync_id);
    if (row) return row;
    const id = await read.transfers.marked(user_id, placing.markOf(sync_id));
    return id === null ? null : ((await read.memories.byId(user_id, id)) ?? null);
  }

  /** The newest version of the chain that a memory belongs to. */
  async function newestOf(user_id: number, row: MemoryRow): Promise<MemoryRow> {
    const chain = await read.memories.chain(user_id, row.root_memory_id ?? row.id);
    return chain.find(({ is_latest }) => is_latest === 1) ?? chain.at(-1) ?? row;
  }

  async function remove(scope: Scope, { sync_id }: Change, at: string): Promise<Outcome> {
    const row = await known(scope.user_id, sync_id);
    if (!row || row.sync_id !== sync_id || row.updated_at > at) return 'skipped';
    await erase(scope, row.id);
    return 'deleted';
  }

  async function change(scope: Scope, row: MemoryRow, incoming: Change, at: string): Promise<Outcome> {
    const { user_id } = scope;
    if (at <= row.updated_at) return 'skipped';
    const request = UpdateRequest.pick({ content: true, category: true, importance: true, tags: true, status: true })
      .partial()
      .safeParse(
        Object.fromEntries(
          ['content', 'category', 'importance', 'tags']
            .filter((name) => incoming[name] != null)
            .map((name) => [name, incoming[name]]),
        ),
      );
    if (!request.success) throw new AppError('invalid_request', request.error.issues[0]!.message);
    const { content, ...rest } = request.data;
    if (content !== undefined && content.trim() !== row.content) {
      // Servers of old change the text of a memory in place: here that is a new version.
      if (row.is_latest === 0) return 'skipped';
      const { new_id } = await memory.update(scope, row.id, request.data);
      await atomically(({ transfers }) => transfers.mark(user_id, placing.markOf(incoming.sync_id), new_id));
      return 'updated';
    }
    await atomically(async (stores) => {
      await stores.lockUser(user_id);
      const there = await stores.memories.byId(user_id, row.id);
      if (!there || there.updated_at >= at) return;
      const set: Partial<NewMemory> = { updated_at: at };
      if (rest.category !== undefined) set.category = rest.category;
      if (rest.importance !== undefined) set.importance = rest.importance;
      for (const flag of FLAGS) if (typeof incoming[flag] === 'boolean') set[flag] = incoming[flag] ? 1 : 0;
      if (set.is_forgotten === 1) set.forgotten_at = there.forgotten_at ?? at;
      if (set.is_forgotten === 0) set.forgotten_at = null;
      if (rest.tags !== undefined && JSON.stringify(rest.tags) !== there.tags)
        await stores.memories.replaceTags(user_id, row.id, rest.tags, at);
      await stores.memories.set(user_id, row.id, set);
      const tags = JSON.stringify(rest.tags ?? tagsOf(there));
      await stores.fullText.put(fullTextEntry({ ...there, ...set, tags }, row.id));
    });
    return 'updated';
  }

  async function add(scope: Scope, incoming: Change, at: string): Promise<Outcome> {
    const { user_id } = scope;
    const gone = await read.syncs.erasedAt(user_id, incoming.sync_id);
    if (gone !== null && gone >= at) return 'skipped';
    if (!incoming.content?.trim()) throw new AppError('invalid_request', 'content is missing.');
    const record = recordOf({ created_at: at, ...incoming, updated_at: at, type: 'memory' });
    const place = placing(scope, 'sync', false);
    const parent = typeof incoming.parent_sync_id === 'string' ? await known(user_id, incoming.parent_sync_id) : null;
    if (!parent) return (await place({ ...record, parent: undefined }, 0)) === 'imported' ? 'created' : 'skipped';
    const newest = await newestOf(user_id, parent);
    const said = (row: { created_at: string; sync_id: string }) => `${row.created_at} ${row.sync_id}`;
    const follows =
      newest.id === parent.id ||
      said({ created_at: record.created_at ?? at, sync_id: incoming.sync_id }) > said(newest);
    if (follows) {
      const outcome = await place({ ...record, parent: `sync:${newest.sync_id}` }, 0);
      return outcome === 'imported' ? 'created' : 'skipped';
    }
    // Both sides changed one memory, and ours is the later change: theirs becomes part of its history.
    const outcome = await place({ ...record, parent: undefined }, 0);
    const placed = await read.transfers.bySyncId(user_id, incoming.sync_id);
    if (outcome !== 'imported' || !placed) return 'skipped';
    await atomically(async (stores) => {
      const root_memory_id = parent.root_memory_id ?? parent.id;
      const pointers = { root_memory_id, parent_memory_id: parent.id, version: parent.version + 1 };
      await stores.memories.set(user_id, placed.id, {
        ...pointers,
        is_latest: 0,
        superseded_at: newest.created_at,
        updated_at: at,
      });
      await stores.fingerprints.remove(user_id, [placed.id]);
    });
    return 'created';
  }

  async function apply(scope: Scope, incoming: Change): Promise<Outcome> {
    const ms = parseTime(incoming.updated_at ?? incoming.timestamp ?? '');
    const at = ms === null ? now() : formatTime(ms);
    if (incoming.change_type === 'delete') return remove(scope, incoming, at);
    const row = await known(scope.user_id, incoming.sync_id);
    return row ? change(scope, row, incoming, at) : add(scope, incoming, at);
  }

  return {
    async changes(scope: Scope, query: { since: string; cursor?: string | undefined; limit: number }) {
      const { user_id, space_id } = scope;
      const { limit } = query;
      const since = formatTime(parseTime(query.since)!);
      const asked = query.cursor === undefined ? null : readCursor(query.cursor);
      if (query.cursor !== undefined && !asked)
        throw new AppError('invalid_request', 'cursor is none that /sync/changes gave; begin again without it.');
      const whole = asked === null && since === formatTime(0);
      // With a time only, what changed later; what is older than that was told before.
      const cursor: Cursor = asked ?? {
        ...{ id: whole ? 0 : Number.MAX_SAFE_INTEGER, at: whole ? now() : since, at_id: 0 },
        ...{ erased_at: since, erased: '' },
      };
      const next = { ...cursor };
      const found: ExportedMemory[] = [];
      const fresh = await read.syncs.newer(user_id, space_id, cursor.id, limit);
      found.push(...fresh);
      if (fresh.length > 0) next.id = fresh.at(-1)!.id;
      const told_now = new Set(fresh.map(({ id }) => id));
      if (fresh.length < limit) {
        const changed = await read.syncs.changed(user_id, space_id, cursor.at, cursor.at_id, limit);
        found.push(...changed.filter(({ id }) => !told_now.has(id)));
        const last = changed.at(-1);
        if (last) Object.assign(next, { at: last.updated_at, at_id: last.id });
        if (!whole && asked === null) next.id = Math.max(0, ...(await read.syncs.newest(user_id)));
      }
      const erased = await read.syncs.erased(user_id, cursor.erased_at, cursor.erased, limit);
      const last = erased.at(-1);
      if (last) Object.assign(next, { erased_at: last.deleted_at, erased: last.sync_id });
      const changes = [
        ...found.map(told),
        ...erased.map(({ sync_id, deleted_at }) => ({
          ...{ sync_id, change_type: 'delete' as const, timestamp: deleted_at, updated_at: deleted_at },
        })),
      ];
      const written = writeCursor(next);
      const answer = { changes, count: changes.length, since, server_time: new Date(clock.now()).toISOString() };
      return { ...answer, next: written, more: changes.length > 0 && written !== writeCursor(cursor) };
    },

    async receive(scope: Scope, incoming: readonly Change[]) {
      const counts = { created: 0, updated: 0, deleted: 0, skipped: 0 };
      const errors: { sync_id: string; reason: string }[] = [];
      let failed = 0;
      for (const [at, one] of incoming.entries()) {
        if (at % BREATH === BREATH - 1) await othersFirst();
        try {
          counts[await apply(scope, one)]++;
        } catch (error) {
          if (!(error instanceof AppError) || error.kind === 'internal' || error.kind === 'unavailable') throw error;
          failed++;
          if (errors.length < MOST_ERRORS) errors.push({ sync_id: one.sync_id, reason: error.message });
        }
      }
      const applied = counts.created + counts.updated + counts.deleted;
      return { synced: true as const, applied, ...counts, failed, errors, server_time: now() };
    },
  };
}
export type Sync = ReturnType<typeof createSync>;
