// Storing, changing and erasing memories. Decisions are in rules.ts, SQL in the stores; here is the order of things.
import type { Fsrs } from '../../algo/fsrs.ts';
import { type Fingerprint, fingerprintOf } from '../../algo/simhash.ts';
import { type Clock, endOf, formatTime } from '../../core/clock.ts';
import type { Ids, Sha256 } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import type { FullTextIndex, MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Memory } from '../../core/shapes.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { DroppingStores, Summaries } from '../episodes/summaries.ts';
import type { RankStore } from '../graph/rank-store.ts';
import type { JobStore } from '../jobs/store.ts';
import type { UnderstandingStore } from '../understanding/store.ts';
import type { Admission, Admitted } from './admission.ts';
import { embedMissing, type LinkRequest, type ListQuery, type StoreRequest, type UpdateRequest } from './contract.ts';
import type { FingerprintStore } from './fingerprint-store.ts';
import { flagSetter } from './flags.ts';
import type { LinkStore } from './link-store.ts';
import { type Embedded, recordsOf } from './pieces.ts';
import { type EpisodePlaces, episodeFor } from './placement.ts';
import { findRepeat, foldInto } from './repeats.ts';
import {
  decayScore,
  fullTextEntry,
  type MemoryRow,
  type NewMemory,
  newMemory,
  nextVersion,
  normalizeContent,
  presentMemory,
  suspicionIn,
  tagsOf,
} from './rules.ts';
import type { Semantics } from './semantics.ts';
import type { MemoryStore } from './store.ts';
import type { Touches } from './touches.ts';
import type { VectorStore } from './vector-store.ts';

export interface MemoryStores {
  memories: MemoryStore;
  episodes: EpisodePlaces & DroppingStores['episodes'];
  words: DroppingStores['words'];
  links: LinkStore;
  vectors: VectorStore;
  fingerprints: FingerprintStore;
  fullText: FullTextIndex;
  jobs: Pick<JobStore, 'enqueue'>;
  understanding: Pick<UnderstandingStore, 'add'>;
  lockUser(user_id: number): Promise<void>;
}

export interface MemoryDeps {
  read: Omit<MemoryStores, 'lockUser' | 'jobs' | 'understanding'> & { ranks: Pick<RankStore, 'of'> };
  atomically: Atomically<MemoryStores>;
  semantics: Semantics;
  touches: Touches;
  summaries: Pick<Summaries, 'drop'>;
  fsrs: Fsrs;
  /** Reads in the background what was stored. */
  understanding: {
    readonly enabled: boolean;
    soon(user_id: number): Promise<void>;
    /** After commit: memories were hidden, or are back; what is known from them follows. */
    follow(user_id: number): Promise<void>;
  };
  /** Starts due jobs. */
  wake(): void;
  spaceExists(user_id: number, space_id: number): Promise<boolean>;
  clock: Clock;
  ids: Ids;
  sha256: Sha256;
  /** What every text passes first. */
  admit: Admission;
}

/** How a new version comes about. */
export interface Succession {
  /** Type of the edge from the new version to the old one. */
  edge: 'updates' | 'corrects';
  /** Kept with the old version. */
  reason: string | null;
  /** Who says so now; without it, whoever said the old one. */
  source?: string | undefined;
}
const UPDATE: Succession = { edge: 'updates', reason: null };

/** Strength of the edge from a memory to the one said before it in the same session. */
const FOLLOWS_SIMILARITY = 1;

export function createMemory(deps: MemoryDeps) {
  const { read, atomically, semantics, touches, fsrs, clock, ids, sha256, admit } = deps;
  const now = () => formatTime(clock.now());
  const missing = (id: number, why = 'It does not exist, or was erased.') =>
    new AppError('memory_not_found', `There is no memory ${id}. ${why}`);

  async function spaceFor(scope: Scope, wanted: number | null | undefined): Promise<number | null> {
    if (wanted == null) return scope.space_id ?? scope.default_space_id;
    if (!(await deps.spaceExists(scope.user_id, wanted)))
      throw new AppError('space_not_found', `There is no space ${wanted}. GET /spaces lists yours.`);
    return wanted;
  }

  const plainFilter = (scope: Scope): MemoryFilter => ({
    user_id: scope.user_id,
    space_id: scope.space_id ?? undefined,
    now: now(),
  });
  const show = (row: MemoryRow): Memory => presentMemory(row, clock.now(), fsrs);

  async function visible(scope: Scope, id: number): Promise<MemoryRow> {
    const row = await read.memories.byId(scope.user_id, id);
    if (!row) throw missing(id);
    if (row.is_forgotten) throw missing(id, 'It is in the trash; POST /memory/{id}/restore brings it back.');
    if (row.forget_after !== null && row.forget_after <= now())
      throw missing(id, `Its time was over at ${row.forget_after}.`);
    if (row.status === 'rejected') throw missing(id, 'It was rejected in review.');
    if (row.is_archived) throw missing(id, 'It is archived; POST /memory/{id}/unarchive brings it back.');
    return row;
  }

  /** Writes a row with everything that must be found with it. */
  async function insert(
    stores: MemoryStores,
    row: NewMemory,
    embedded: Embedded | null,
    fingerprint: Fingerprint | null,
  ): Promise<number> {
    const id = await stores.memories.insert(row);
    if (fingerprint) await stores.fingerprints.add(row.user_id, id, fingerprint);
    await stores.fullText.put(fullTextEntry(row, id));
    if (embedded) await stores.vectors.add(records(row, id, embedded), embedded.model, row.created_at);
    if (deps.understanding.enabled) await stores.understanding.add(row.user_id, id);
    const model = semantics.model?.key;
    // Without a vector, or with one of a model that was exchanged a moment ago.
    if (model !== undefined && embedded?.model !== model) await stores.jobs.enqueue(embedMissing, { model });
    return id;
  }

  async function insertVersion(
    stores: MemoryStores,
    previous: MemoryRow,
    row: NewMemory,
    embedded: Embedded | null,
    fingerprint: Fingerprint | null,
    { edge, reason }: Succession = UPDATE,
  ): Promise<number> {
    const took = await stores.memories.supersede(row.user_id, previous.id, row.created_at, reason);
    if (!took) throw missing(previous.id, 'A newer version took its place; GET /versions/{id} shows the chain.');
    await stores.fingerprints.remove(row.user_id, [previous.id]);
    const id = await insert(stores, row, embedded, fingerprint);
    await stores.links.move(row.user_id, previous.id, id);
    const link = { source_id: id, target_id: previous.id, type: edge, similarity: 1 };
    await stores.links.add(row.user_id, link, row.created_at);
    return id;
  }

  const records = ({ user_id, content_hash }: NewMemory, id: number, embedded: Embedded) =>
    recordsOf(embedded, { memory_id: id, user_id, content_hash });

  /** After commit. */
  async function indexed(row: NewMemory, id: number, embedded: Embedded | null): Promise<void> {
    if (embedded) await semantics.indexed(embedded.model, records(row, id, embedded));
    else if (semantics.model) deps.wake();
    await deps.understanding.soon(row.user_id);
  }

  /** A memory that is back may have been away while another model came into use. */
  async function embedLater(): Promise<void> {
    const model = semantics.model?.key;
    if (model === undefined) return;
    await atomically(({ jobs }) => jobs.enqueue(embedMissing, { model }));
    deps.wake();
  }

  async function updatable(scope: Scope, id: number, memories: MemoryStore): Promise<MemoryRow> {
    const row = await memories.byId(scope.user_id, id);
    if (!row) throw missing(id);
    if (row.is_forgotten) throw missing(id, 'It is in the trash; restore it before changing it.');
    if (row.forget_after !== null && row.forget_after <= now())
      throw missing(id, `Its time was over at ${row.forget_after}.`);
    if (!row.is_latest) throw missing(id, 'A newer version took its place; GET /versions/{id} shows the chain.');
    return row;
  }

  const setFlags = flagSetter(deps, missing);

  return {
    async store(scope: Scope, request: StoreRequest) {
      const space_id = await spaceFor(scope, request.space_id);
      const admitted = await admit(request.content, { ...request, user_id: scope.user_id, space_id });
      const { content, provenance } = admitted;
      const content_hash = sha256(normalizeContent(content));
      const embedded = await semantics.embed(content, request.embedding);
      const fingerprint = fingerprintOf(content);
      const fresh = newMemory(
        request,
        content,
        {
          user_id: scope.user_id,
          space_id,
          sync_id: ids.uuid(),
          content_hash,
          provenance,
          now: now(),
        },
        fsrs,
      );

      const done = await atomically(async (stores) => {
        await stores.lockUser(scope.user_id);
        if (request.parent_memory_id != null) {
          const parent = await updatable(scope, request.parent_memory_id, stores.memories);
          const row: NewMemory = {
            ...fresh,
            version: parent.version + 1,
            parent_memory_id: parent.id,
            root_memory_id: parent.root_memory_id ?? parent.id,
            episode_id:
              request.episode_id == null ? parent.episode_id : await episodeFor(stores.episodes, fresh, request),
          };
          return { id: await insertVersion(stores, parent, row, embedded, fingerprint), row, linked: 1 };
        }
        const found = await findRepeat(stores, fresh, fingerprint, embedded);
        if (found) return { repeat: await foldInto(stores, found.row, fresh), similarity: found.similarity };
        const row = { ...fresh, episode_id: await episodeFor(stores.episodes, fresh, request) };
        const id = await insert(stores, row, embedded, fingerprint);
        const before =
          fresh.session_id === null
            ? undefined
            : await stores.memories.lastInSession(scope.user_id, fresh.session_id, id);
        if (before === undefined) return { id, row, linked: 0 };
        const edge = { source_id: id, target_id: before, type: 'follows', similarity: FOLLOWS_SIMILARITY };
        await stores.links.add(scope.user_id, edge, fresh.created_at);
        return { id, row, linked: 1 };
      });

      if (done.repeat) {
        touches.add(scope.user_id, [done.repeat.id]);
        return stored(done.repeat, done.similarity, 0, semantics.model !== null, admitted);
      }
      await indexed(done.row, done.id, embedded);
      return stored({ ...done.row, id: done.id }, null, done.linked, embedded !== null, admitted);
    },

    async get(scope: Scope, id: number): Promise<Memory> {
      const row = await visible(scope, id);
      touches.addLookup(scope.user_id, id);
      return show({ ...row, pagerank_score: await read.ranks.of(scope.user_id, id) });
    },

    async list(scope: Scope, query: ListQuery): Promise<Memory[]> {
      const { limit, offset, space_id, include_archived, include_forgotten, as_of, ...equal } = query;
      if (space_id !== undefined) await spaceFor(scope, space_id);
      const filter: MemoryFilter = { ...plainFilter(scope), ...equal, include_archived, include_forgotten };
      if (space_id !== undefined) filter.space_id = space_id;
      if (as_of !== undefined) filter.as_of = endOf(as_of);
      return (await read.memories.list(filter, limit, offset)).map(show);
    },

    async update(scope: Scope, id: number, change: UpdateRequest, how: Succession = UPDATE) {
      const before = await updatable(scope, id, read.memories);
      const claim = {
        ...change,
        user_id: scope.user_id,
        space_id: before.space_id,
        source: how.source ?? before.source,
      };
      const admitted = change.content === undefined ? null : await admit(change.content, claim);
      const content = admitted?.content ?? before.content;
      const embedded = await semantics.embed(content, change.embedding);
      const fingerprint = fingerprintOf(content);
      const { row, newId } = await atomically(async (stores) => {
        await stores.lockUser(scope.user_id);
        const previous = await updatable(scope, id, stores.memories);
        const text = admitted ? content : previous.content;
        const next = nextVersion(previous, change, text, {
          user_id: scope.user_id,
          space_id: previous.space_id,
          sync_id: ids.uuid(),
          content_hash: sha256(normalizeContent(text)),
          provenance: admitted?.provenance,
          now: now(),
        });
        const row = { ...next, source: how.source ?? next.source };
        return { row, newId: await insertVersion(stores, previous, row, embedded, fingerprint, how) };
      });
      await semantics.removed(scope.user_id, [id]);
      await indexed(row, newId, embedded);
      return {
        ...show({ ...row, id: newId }),
        updated: true as const,
        old_id: id,
        new_id: newId,
        root_id: row.root_memory_id ?? newId,
        linked: 1,
        embedded: embedded !== null,
        redacted: [...(admitted?.redacted ?? [])],
      };
    },

    forget: (scope: Scope, id: number, reason: string | null | undefined) =>
      setFlags(
        scope,
        id,
        { is_forgotten: 1, forget_reason: reason ?? 'user_forgotten', forgotten_at: now() },
        () => true,
      ),
    async restore(scope: Scope, id: number): Promise<Memory> {
      const back = { is_forgotten: 0, forget_reason: null, forget_after: null, forgotten_at: null };
      const row = await setFlags(scope, id, back, ({ is_forgotten }) => is_forgotten === 1);
      await embedLater();
      return show(row);
    },
    archive: (scope: Scope, id: number) => setFlags(scope, id, { is_archived: 1 }, (row) => row.is_forgotten === 0),
    unarchive: (scope: Scope, id: number) => setFlags(scope, id, { is_archived: 0 }, (row) => row.is_forgotten === 0),

    async setTags(scope: Scope, id: number, tags: readonly string[]): Promise<Memory> {
      const row = await atomically(async ({ memories, fullText, lockUser }) => {
        await lockUser(scope.user_id);
        const row = await memories.byId(scope.user_id, id);
        if (!row || row.is_forgotten) throw missing(id);
        const updated_at = now();
        await memories.replaceTags(scope.user_id, id, tags, updated_at);
        await fullText.put(fullTextEntry({ ...row, tags: JSON.stringify(tags) }, id));
        return { ...row, tags: JSON.stringify(tags), updated_at };
      });
      return show(row);
    },

    async versions(scope: Scope, id: number) {
      const row = await visible(scope, id);
      const root_id = row.root_memory_id ?? row.id;
      return { root_id, chain: await read.memories.chain(scope.user_id, root_id) };
    },

    async links(scope: Scope, id: number) {
      await visible(scope, id);
      const edges = await read.links.touching(scope.user_id, [id]);
      const other = (edge: (typeof edges)[number]) => (edge.source_id === id ? edge.target_id : edge.source_id);
      const rows = new Map(
        (await read.memories.byIds(scope.user_id, [...new Set(edges.map(other))])).map((r) => [r.id, r]),
      );
      return edges.flatMap((edge) => {
        const row = rows.get(other(edge));
        return row && !row.is_forgotten && row.status === 'approved'
          ? [{ id: row.id, content: row.content, category: row.category, similarity: edge.similarity, type: edge.type }]
          : [];
      });
    },

    async link(scope: Scope, request: LinkRequest): Promise<void> {
      if (request.source_id === request.target_id)
        throw new AppError('invalid_request', 'A memory cannot be linked to itself.');
      await atomically(async ({ memories, links }) => {
        const rows = await memories.byIds(scope.user_id, [request.source_id, request.target_id]);
        for (const id of [request.source_id, request.target_id])
          if (!rows.some((r) => r.id === id && !r.is_forgotten)) throw missing(id);
        await links.add(scope.user_id, request, now());
      });
    },

    tags: (scope: Scope) => read.memories.tagCounts(plainFilter(scope), 10_000),
    async searchTags(scope: Scope, tags: readonly string[], all: boolean, limit: number): Promise<Memory[]> {
      const filter = { ...plainFilter(scope), ...(all ? { tags_all: tags } : { tags_any: tags }) };
      return (await read.memories.list(filter, limit, 0)).map(show);
    },
  };

  /** @param similarity with the memory that said so already; null when this one is new */
  function stored(row: MemoryRow, similarity: number | null, linked: number, embedded: boolean, taken: Admitted) {
    const created = similarity === null;
    return {
      id: row.id,
      stored: created,
      created,
      duplicate: !created,
      duplicate_of: created ? null : row.id,
      existing_id: created ? null : row.id,
      boosted: !created,
      similarity,
      created_at: row.created_at,
      importance: row.importance,
      embedded,
      tags: tagsOf(row),
      decay_score: decayScore(row, clock.now(), fsrs),
      linked,
      episode_id: row.episode_id,
      status: row.status,
      model: row.model,
      redacted: [...taken.redacted],
      trust: row.trust,
      ...suspicionIn(row),
    };
  }
}
export type MemoryService = ReturnType<typeof createMemory>;
