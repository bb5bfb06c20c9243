// Episodes: stretches of time whose memories belong together. What a memory belongs to is written by the store of memories.
import type { Fsrs } from '../../algo/fsrs.ts';
import { summarize } from '../../algo/summary.ts';
import { parseLexicalQuery } from '../../algo/text.ts';
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Candidate, FullTextIndex, MemoryFilter } from '../../core/ports.ts';
import type { Redactor } from '../../core/redactor.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { WordStore } from '../conversations/word-store.ts';
import { presentMemory, retentionOf } from '../memory/rules.ts';
import type { Semantics } from '../memory/semantics.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { CreateEpisode, ListEpisodes, UpdateEpisode } from './contract.ts';
import { type EpisodeRow, presentEpisode, rankEpisodes, SUMMARY_SIZE } from './rules.ts';
import type { EpisodeStore } from './store.ts';
import { type DroppingStores, indexEpisode, type Summaries } from './summaries.ts';

export interface EpisodeStores {
  episodes: EpisodeStore;
  words: WordStore;
  memories: Pick<MemoryStore, 'assign' | 'byIds' | 'idsWhere'>;
  fullText: Pick<FullTextIndex, 'search'>;
}
type WrittenStores = EpisodeStores & Pick<DroppingStores, 'jobs'> & { lockUser(user_id: number): Promise<void> };

export interface EpisodeDeps {
  read: EpisodeStores;
  atomically: Atomically<WrittenStores>;
  summaries: Summaries;
  semantics: Semantics;
  onDegraded(signal: string): void;
  /** Starts due jobs. */
  wake(): void;
  redactor: Pick<Redactor, 'plain'>;
  fsrs: Fsrs;
  clock: Clock;
}

/** Memories looked at to find episodes. Every memory is somewhat near to every question: fewer by meaning. */
const WORD_POOL = 200;
const MEANING_POOL = 20;
/** Episodes looked at by title and summary. */
const TEXT_POOL = 200;

export function createEpisodes(deps: EpisodeDeps) {
  const clean = (text: string | null | undefined) => (text == null ? null : deps.redactor.plain(text));
  const { read, atomically, summaries, semantics, onDegraded, wake, fsrs, clock } = deps;
  const now = () => formatTime(clock.now());
  const missing = (id: number) =>
    new AppError('episode_not_found', `There is no episode ${id}. GET /episodes lists yours.`);
  const stored = (text: string): string => formatTime(parseTime(text)!);
  const recallable = (scope: Scope): MemoryFilter => ({
    user_id: scope.user_id,
    space_id: scope.space_id ?? undefined,
    now: now(),
  });

  async function owned(episodes: EpisodeStore, scope: Scope, id: number): Promise<EpisodeRow> {
    const row = await episodes.byId(scope.user_id, id);
    if (!row) throw missing(id);
    return row;
  }

  function checkOrder(started_at: string, ended_at: string | null): void {
    if (ended_at !== null && ended_at < started_at)
      throw new AppError('invalid_request', `ended_at is ${ended_at}, before the episode began at ${started_at}.`, {
        issues: [{ path: 'body.ended_at', message: 'must not be before started_at' }],
      });
  }

  async function shown(scope: Scope, rows: readonly EpisodeRow[]) {
    const decays = new Map<number, number[]>(rows.map(({ id }) => [id, []]));
    if (rows.length > 0) {
      const at = clock.now();
      for (const memory of await read.episodes.decays(recallable(scope), [...decays.keys()]))
        decays.get(memory.episode_id)!.push(memory.importance * retentionOf(memory, at, fsrs));
    }
    return rows.map((row) => presentEpisode(row, decays.get(row.id)!));
  }
  const one = async (scope: Scope, row: EpisodeRow) => (await shown(scope, [row]))[0]!;

  /** Ids by how well title, summary and memories fit. */
  async function ranking(scope: Scope, query: string) {
    const filter = recallable(scope);
    const lexical = parseLexicalQuery(query);
    const total = await read.episodes.count(scope.user_id);
    const [text, words, meaning] = await Promise.all([
      read.words.search(scope.user_id, 'episode', lexical, total, TEXT_POOL),
      read.fullText.search(lexical, filter, WORD_POOL),
      semantics.search(query, filter, MEANING_POOL, read.memories.idsWhere),
    ]);
    const near = meaning === null ? null : meaning.hits.filter(({ score }) => score > meaning.chance);
    const episodeOf = await read.episodes.ofMemories(
      filter,
      [...words, ...(near ?? [])].map(({ id }) => id),
    );
    const episodes = (hits: readonly Candidate[]) => hits.flatMap(({ id }) => episodeOf.get(id) ?? []);
    return {
      ranked: rankEpisodes({
        text: text.map(({ id }) => id),
        words: episodes(words),
        meaning: near && episodes(near),
      }),
      degraded: meaning === null || meaning.partial ? ['vector'] : [],
    };
  }

  return {
    async create(scope: Scope, request: CreateEpisode) {
      const at = now();
      const summed =
        request.summary == null && request.conversation ? summarize([request.conversation], SUMMARY_SIZE) : '';
      const started_at = request.started_at ? stored(request.started_at) : at;
      const ended_at = request.ended_at ? stored(request.ended_at) : null;
      checkOrder(started_at, ended_at);
      const row = await atomically(async (stores) => {
        const created = await stores.episodes.create({
          user_id: scope.user_id,
          title: clean(request.title),
          session_id: request.session_id ?? null,
          agent: request.agent ?? null,
          summary: clean(request.summary ?? (summed || null)),
          is_summarized: summed === '' ? 0 : 1,
          started_at,
          ended_at,
          created_at: at,
        });
        await indexEpisode(stores, created);
        return created;
      });
      return one(scope, row);
    },

    async list(scope: Scope, { limit, offset, query, after, before, session_id }: ListEpisodes) {
      const filter = {
        user_id: scope.user_id,
        session_id,
        after: after && stored(after),
        before: before && stored(before),
      };
      if (query === undefined || query.trim() === '') {
        const rows = await read.episodes.list(filter, limit, offset);
        return { episodes: await shown(scope, rows), degraded: [] };
      }
      const { ranked, degraded } = await ranking(scope, query);
      for (const signal of degraded) onDegraded(signal);
      const ids = ranked.map(({ id }) => id);
      const rows = new Map((await read.episodes.list({ ...filter, ids }, ids.length, 0)).map((row) => [row.id, row]));
      const page = ranked.filter(({ id }) => rows.has(id)).slice(offset, offset + limit);
      const episodes = await shown(
        scope,
        page.map(({ id }) => rows.get(id)!),
      );
      return { episodes: episodes.map((episode, i) => ({ ...episode, score: page[i]!.score })), degraded };
    },

    async get(scope: Scope, id: number, page: { limit: number; offset: number }) {
      const row = await owned(read.episodes, scope, id);
      const memories = await read.episodes.memories({ ...recallable(scope), episode_id: id }, page.limit, page.offset);
      const at = clock.now();
      return { ...(await one(scope, row)), memories: memories.map((memory) => presentMemory(memory, at, fsrs)) };
    },

    async update(scope: Scope, id: number, { title, summary, ended_at }: UpdateEpisode) {
      const row = await atomically(async (stores) => {
        const before = await owned(stores.episodes, scope, id);
        const change: Partial<EpisodeRow> = {};
        if (title !== undefined) change.title = clean(title);
        if (summary !== undefined) Object.assign(change, { summary: clean(summary), is_summarized: 0 });
        if (ended_at !== undefined) change.ended_at = ended_at === null ? null : stored(ended_at);
        checkOrder(before.started_at, change.ended_at ?? null);
        const changed = (await stores.episodes.set(scope.user_id, id, change))!;
        if (title !== undefined || summary !== undefined) await indexEpisode(stores, changed);
        return changed;
      });
      return one(scope, row);
    },

    /** @returns how many of the memories are in the episode now */
    async assign(scope: Scope, id: number, memory_ids: readonly number[]): Promise<number> {
      const { user_id } = scope;
      const { assigned, dropped } = await atomically(async (stores) => {
        await stores.lockUser(user_id);
        await owned(stores.episodes, scope, id);
        const before = (await stores.memories.byIds(user_id, memory_ids)).flatMap(({ episode_id }) => episode_id ?? []);
        const assigned = await stores.memories.assign(user_id, memory_ids, id, now());
        // Nobody would know later that the episode they leave still quotes them.
        const left = [...new Set(before)].filter((each) => each !== id);
        return { assigned, dropped: await summaries.drop(stores, user_id, left) };
      });
      if (dropped) wake();
      return assigned;
    },

    async finalize(scope: Scope, id: number) {
      await owned(read.episodes, scope, id);
      const row = await summaries.withSummary(atomically, { user_id: scope.user_id, id }, async (stores, summed) => {
        const { summary, is_summarized, started_at, ended_at } = await owned(stores.episodes, scope, id);
        const written = summary !== null && is_summarized === 0;
        const keep = written || summed === '';
        // One planned for later ends as it begins.
        const earliestEnd = [now(), started_at].sort()[1]!;
        const changed = (await stores.episodes.set(scope.user_id, id, {
          ended_at: ended_at ?? earliestEnd,
          ...(keep ? {} : { summary: summed, is_summarized: 1 }),
        }))!;
        if (!keep) await indexEpisode(stores, changed);
        return changed;
      });
      return one(scope, row);
    },
  };
}
export type EpisodeService = ReturnType<typeof createEpisodes>;
