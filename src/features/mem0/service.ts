// mem0's calls, answered from our memories. Their users, agents, apps and runs lie inside one user of this server, who owns
// all of it; who is who there is a matter of the caller. Each memory carries them as tags, which is what a search can be kept to
// before it cuts, and in `mem0_memories`, which tells them exactly and holds what has no column of ours.
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Sha256 } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { AddRequest } from '../extraction/contract.ts';
import type { Extraction } from '../extraction/service.ts';
import type { Feedback } from '../feedback/service.ts';
import { StoreRequest, UpdateRequest } from '../memory/contract.ts';
import type { MemoryService } from '../memory/service.ts';
import type { MemoryStore } from '../memory/store.ts';
import { SearchRequest } from '../search/contract.ts';
import type { SearchService } from '../search/service.ts';
import type { AddBody, FeedbackBody, SearchBody, UpdateBody } from './contract.ts';
import {
  type Entities,
  FIELDS,
  historyOf,
  isoTime,
  KINDS,
  type Kind,
  messagesOf,
  type Owned,
  presentOwned,
  type Selection,
  selectionOf,
  sessionOf,
  tagsFor,
} from './rules.ts';
import type { Mem0Store, Wanted } from './store.ts';

type Store = MemoryService['store'];

export interface Mem0Deps {
  read: { mem0: Mem0Store; memories: Pick<MemoryStore, 'byIds' | 'chain'> };
  atomically: Atomically<{ mem0: Mem0Store }>;
  memory: Pick<MemoryService, 'store' | 'update' | 'forget'>;
  search: Pick<SearchService, 'search'>;
  /** Reads conversations, and stores what it found through this. */
  extraction(store: Store): Extraction;
  feedback: Pick<Feedback, 'give'>;
  clock: Clock;
  sha256: Sha256;
}

export const SOURCE = 'mem0';
const REASON = 'deleted through mem0';
/** Where a filter has to be asked of each memory, at once. */
const SCAN_PAGE = 500;
/** A filter that is more than names looks at so many results of a search. */
const SEARCHED = 100;
const RATINGS = { POSITIVE: 'helpful', NEGATIVE: 'irrelevant', VERY_NEGATIVE: 'off-topic' } as const;

export function createMem0({ read, atomically, memory, search, extraction, feedback, clock, sha256 }: Mem0Deps) {
  const missing = (id: string) =>
    new AppError('memory_not_found', `There is no memory ${id}. It does not exist, or was deleted.`);
  const wantedBy = ({ user_id, space_id }: Scope, must: Partial<Entities> = {}): Wanted => ({
    user_id,
    space_id,
    must,
    now: formatTime(clock.now()),
  });

  const numberOf = (id: string): number => {
    if (!/^\d{1,15}$/.test(id)) throw missing(id);
    return Number(id);
  };
  async function owned(scope: Scope, id: string): Promise<Owned> {
    const [found] = await read.mem0.of(wantedBy(scope), [numberOf(id)]);
    if (!found) throw missing(id);
    return found;
  }
  async function ownedAll(scope: Scope, ids: readonly string[]): Promise<Map<string, Owned>> {
    const found = await read.mem0.of(wantedBy(scope), ids.map(numberOf));
    const byId = new Map(found.map((one) => [String(one.root_id), one]));
    for (const id of ids) if (!byId.has(String(Number(id)))) throw missing(id);
    return byId;
  }

  /** All that a selection means, in pages, newest first. */
  async function* selected(scope: Scope, { must, test }: Selection) {
    const wanted = wantedBy(scope, must);
    for (let offset = 0; ; offset += SCAN_PAGE) {
      const page = await read.mem0.page(wanted, SCAN_PAGE, offset);
      for (const one of page) if (test === null || test(presentOwned(one))) yield one;
      if (page.length < SCAN_PAGE) return;
    }
  }

  async function update(scope: Scope, id: string, change: UpdateBody) {
    const before = await owned(scope, id);
    const { text, metadata } = change;
    const occurred_at = change.timestamp == null ? undefined : timeOf(change.timestamp);
    const forget_after = change.expiration_date;
    if (text !== undefined || occurred_at !== undefined || forget_after !== undefined)
      await memory.update(scope, before.memory.id, UpdateRequest.parse({ content: text, occurred_at, forget_after }));
    if (metadata !== undefined) {
      const kept = metadata === null ? null : JSON.stringify(metadata);
      await atomically(({ mem0 }) => mem0.setMetadata(scope.user_id, before.root_id, kept));
    }
  }

  async function forgetAll(scope: Scope, selection: Selection): Promise<number> {
    const going: number[] = [];
    for await (const one of selected(scope, selection)) going.push(one.memory.id);
    for (const id of going) await memory.forget(scope, id, REASON);
    return going.length;
  }

  return {
    /** @returns what was remembered, and whether it is new */
    async add(scope: Scope, body: AddBody) {
      const entities = entitiesIn(body);
      if (FIELDS.every((field) => entities[field] === null))
        throw new AppError('invalid_request', 'Say whom it is about: one of user_id, agent_id, app_id and run_id.');
      const messages = messagesOf(body.messages);
      const metadata = body.metadata == null ? null : JSON.stringify(body.metadata);
      const occurred_at = body.timestamp == null ? null : timeOf(body.timestamp);
      const session_id = sessionOf(entities, sha256);
      const about = tagsFor(entities, sha256);
      const found = new Map<number, boolean>();
      const keep: Store = async (_scope, request) => {
        const { forget_after } = request;
        const stored = await memory.store(scope, {
          ...request,
          tags: [...request.tags, ...about],
          // An episode is a stretch of time: a run is one, all that is known of a person is not.
          episode: entities.run_id !== null,
          forget_after: body.expiration_date ?? forget_after,
        });
        found.set(stored.id, found.get(stored.id) === true || stored.created);
        return stored;
      };

      let degraded: string[] = [];
      if (body.infer === false) {
        for (const { role, content } of messages.filter(({ role }) => role !== 'system')) {
          await keep(
            scope,
            StoreRequest.parse({ content, source: SOURCE, origin: originOf(role), session_id, occurred_at }),
          );
        }
      } else {
        // Whoever sends it wants it kept, so nothing waits in the inbox that does not look suspicious.
        const request = AddRequest.parse({ messages, source: SOURCE, session_id, occurred_at, status: 'approved' });
        degraded = (await extraction(keep).add(scope, request)).degraded;
      }

      const rows = await read.memories.byIds(scope.user_id, [...found.keys()]);
      await atomically(async ({ mem0 }) => {
        for (const row of rows)
          await mem0.add({
            memory_id: row.root_memory_id ?? row.id,
            user_id: scope.user_id,
            entity_user: entities.user_id,
            entity_agent: entities.agent_id,
            entity_app: entities.app_id,
            entity_run: entities.run_id,
            metadata,
            created_at: row.created_at,
          });
      });
      const byId = new Map(rows.map((row) => [row.id, row]));
      const results = [...found].flatMap(([id, created]) => {
        const row = byId.get(id);
        if (!row) return [];
        const event = created ? ('ADD' as const) : ('NONE' as const);
        const data = { memory: row.content };
        return [{ id: String(row.root_memory_id ?? id), memory: row.content, event, data, status: row.status }];
      });
      return { results, degraded };
    },

    get: async (scope: Scope, id: string) => presentOwned(await owned(scope, id)),

    async update(scope: Scope, id: string, change: UpdateBody) {
      await update(scope, id, change);
      const now = presentOwned(await owned(scope, id));
      return { ...now, text: now.memory, message: 'Memory updated successfully!' };
    },

    async updateAll(scope: Scope, changes: readonly { memory_id: string; text: string }[]): Promise<number> {
      await ownedAll(
        scope,
        changes.map(({ memory_id }) => memory_id),
      );
      for (const { memory_id, text } of changes) await update(scope, memory_id, { text });
      return changes.length;
    },

    async remove(scope: Scope, ids: readonly string[]): Promise<number> {
      const going = await ownedAll(scope, ids);
      for (const one of going.values()) await memory.forget(scope, one.memory.id, REASON);
      return going.size;
    },

    /** @throws AppError when nobody is named: that would be everything */
    async removeAll(scope: Scope, named: Partial<Record<keyof Entities, string | undefined>>): Promise<number> {
      const given = entitiesIn(named);
      if (FIELDS.every((field) => given[field] === null))
        throw new AppError(
          'invalid_request',
          'Say whose: one of user_id, agent_id, app_id and run_id; "*" means everybody who has one.',
        );
      return forgetAll(scope, selectionOf(null, given as Partial<Entities>));
    },

    async history(scope: Scope, id: string) {
      const entry = await read.mem0.entryOf(scope.user_id, numberOf(id));
      const chain = entry ? await read.memories.chain(scope.user_id, entry.root_id) : [];
      const shown = chain.filter((row) => row.status === 'approved' && inSpace(scope, row.space_id));
      if (!entry || shown.length === 0) throw missing(id);
      return historyOf(entry, shown);
    },

    async list(scope: Scope, selection: Selection, page: number, page_size: number) {
      const skip = (page - 1) * page_size;
      if (selection.test === null) {
        const wanted = wantedBy(scope, selection.must);
        const [count, rows] = [await read.mem0.count(wanted), await read.mem0.page(wanted, page_size, skip)];
        return { count, results: rows.map(presentOwned) };
      }
      const all = [];
      for await (const one of selected(scope, selection)) all.push(presentOwned(one));
      return { count: all.length, results: all.slice(skip, skip + page_size) };
    },

    async search(scope: Scope, body: SearchBody) {
      const { must, test } = selectionOf(body.filters, entitiesIn(body));
      const limit = Math.min(SEARCHED, body.top_k ?? body.limit ?? 10);
      const request = SearchRequest.parse({
        query: body.query,
        limit: test === null ? limit : SEARCHED,
        tags: tagsFor(must, sha256),
        rerank: body.rerank,
      });
      const { answer, rows } = await search.search(scope, request);
      const rootOf = (id: number) => rows.get(id)!.root_memory_id ?? id;
      const known = await read.mem0.of(
        wantedBy(scope, must),
        answer.results.map(({ id }) => rootOf(id)),
      );
      const byRoot = new Map(known.map((one) => [one.root_id, one]));
      const results = answer.results.flatMap(({ id, relevance }) => {
        const one = byRoot.get(rootOf(id));
        // A tag may be a digest, or set by hand: the table has the last word.
        if (!one || one.memory.id !== id || relevance < (body.threshold ?? 0)) return [];
        const shown = presentOwned(one);
        return test === null || test(shown) ? [{ ...shown, score: relevance }] : [];
      });
      return { results: results.slice(0, limit), degraded: answer.degraded };
    },

    async entities(scope: Scope, page: number, page_size: number) {
      const all = [];
      for (const kind of KINDS) all.push(...(await read.mem0.entities(wantedBy(scope), kind)));
      const results = all.map(({ kind, name, total, first, last }) => ({
        id: `${kind}:${name}`,
        name,
        type: kind,
        total_memories: total,
        owner: String(scope.user_id),
        created_at: isoTime(first),
        updated_at: isoTime(last),
      }));
      return { count: all.length, results: results.slice((page - 1) * page_size, page * page_size) };
    },

    async removeEntity(scope: Scope, kind: Kind, name: string): Promise<number> {
      const gone = await forgetAll(scope, { must: { [`${kind}_id`]: name }, test: null });
      if (gone === 0) throw new AppError('entity_not_found', `Nothing is kept of the ${kind} "${name.slice(0, 200)}".`);
      return gone;
    },

    async rate(scope: Scope, { memory_id, feedback: said, feedback_reason }: FeedbackBody) {
      const { memory } = await owned(scope, memory_id);
      if (said != null)
        await feedback.give(scope, { memory_id: memory.id, rating: RATINGS[said], context: feedback_reason });
      return { id: memory_id, feedback: said ?? null, feedback_reason: feedback_reason ?? null };
    },
  };
}
export type Mem0 = ReturnType<typeof createMem0>;

const inSpace = ({ space_id }: Scope, place: number | null): boolean => space_id === null || space_id === place;

/** Whose words a message holds. */
const originOf = (role: string): 'user' | 'assistant' | 'tool' | null => {
  if (role === 'function') return 'tool';
  return role === 'user' || role === 'assistant' || role === 'tool' ? role : null;
};

/** Seconds since 1970, or a time in words. */
const timeOf = (time: number | string): string => (typeof time === 'number' ? formatTime(time * 1000) : time);

/** Empty names are no names. */
function entitiesIn(given: Partial<Record<keyof Entities, string | null | undefined>>): Entities {
  const name = (field: keyof Entities): string | null => given[field] || null;
  return { user_id: name('user_id'), agent_id: name('agent_id'), app_id: name('app_id'), run_id: name('run_id') };
}
