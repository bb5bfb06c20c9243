// Summaries that the server made quote memories. When one of these is hidden or erased, the summary goes in the same
// unit, and a job makes another of what is left. What somebody wrote is theirs and stays.
import { z } from 'zod';
import { summarize } from '../../algo/summary.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { handler, type JobHandler, job } from '../../core/job.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { WordStore } from '../conversations/word-store.ts';
import type { JobStore } from '../jobs/store.ts';
import type { MemoryStore } from '../memory/store.ts';
import { type EpisodeRow, episodeText, SUMMARY_SIZE } from './rules.ts';
import type { EpisodeStore } from './store.ts';

const summarizeEpisode = job({
  kind: 'episodes.summarize',
  lane: 'maintenance',
  payload: z.strictObject({ user_id: z.number().int(), episode_id: z.number().int() }),
  dedupe: ({ episode_id }) => String(episode_id),
  attempts: 3,
});

/** Memories a summary is made of: the oldest of a longer episode. */
const MAX_SUMMARIZED = 2_000;

export interface SummaryStores {
  episodes: EpisodeStore;
  words: Pick<WordStore, 'add' | 'remove'>;
  memories: Pick<MemoryStore, 'idsWhere'>;
  lockUser(user_id: number): Promise<void>;
}

export interface DroppingStores {
  episodes: Pick<EpisodeStore, 'dropMade'>;
  words: Pick<WordStore, 'add' | 'remove'>;
  jobs: Pick<JobStore, 'enqueue'>;
}

export interface SummaryDeps {
  read: { episodes: Pick<EpisodeStore, 'memories'> };
  atomically: Atomically<SummaryStores>;
  clock: Clock;
}

/** Keeps what an episode is found by in step with what it says. */
export async function indexEpisode({ words }: Pick<SummaryStores, 'words'>, row: EpisodeRow): Promise<void> {
  await words.remove(row.user_id, 'episode', [row.id]);
  await words.add(row.user_id, 'episode', [{ id: row.id, text: episodeText(row) }]);
}

export function createSummaries({ read, atomically, clock }: SummaryDeps) {
  /**
   * Runs a unit with a summary of what can be recalled of an episode ('' when that is nothing). Summing up takes too long
   * for a unit, so it comes before; when a memory it may quote is hidden meanwhile, all begins anew.
   */
  async function withSummary<S extends SummaryStores, T>(
    within: Atomically<S>,
    { user_id, id }: Pick<EpisodeRow, 'user_id' | 'id'>,
    unit: (stores: S, summary: string) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const filter = { user_id, now: formatTime(clock.now()), episode_id: id };
      const memories = await read.episodes.memories(filter, MAX_SUMMARIZED, 0);
      const texts = memories.map(({ content }) => content);
      const summary = summarize(texts, SUMMARY_SIZE);
      const outcome = await within(async (stores) => {
        await stores.lockUser(user_id);
        const there = new Set(await stores.memories.idsWhere(filter));
        return memories.every((memory) => there.has(memory.id)) ? { value: await unit(stores, summary) } : null;
      });
      if (outcome) return outcome.value;
    }
  }

  async function remake(user_id: number, id: number): Promise<void> {
    await withSummary(atomically, { user_id, id }, async (stores, summary) => {
      // Somebody may have written one meanwhile.
      if ((await stores.episodes.byId(user_id, id))?.is_summarized !== 1) return;
      const row = await stores.episodes.set(user_id, id, { summary: summary || null });
      await indexEpisode(stores, row!);
    });
  }

  return {
    withSummary,

    /**
     * Takes the summaries that the server made away from these episodes; inside a unit that holds the user's lock.
     * @returns true when there were any: jobs wait that will make others
     */
    async drop({ episodes, words, jobs }: DroppingStores, user_id: number, ids: readonly number[]): Promise<boolean> {
      const dropped = ids.length === 0 ? [] : await episodes.dropMade(user_id, ids);
      for (const row of dropped) {
        await indexEpisode({ words }, row);
        await jobs.enqueue(summarizeEpisode, { user_id, episode_id: row.id });
      }
      return dropped.length > 0;
    },

    jobs: [
      handler(summarizeEpisode, ({ user_id, episode_id }) => remake(user_id, episode_id)),
    ] satisfies readonly JobHandler[],
  };
}
export type Summaries = ReturnType<typeof createSummaries>;
