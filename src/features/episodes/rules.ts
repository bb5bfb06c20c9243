// Decisions about episodes, as pure functions.
import { fuse } from '../../algo/fusion.ts';
import { round } from '../../algo/round.ts';
import { parseTime } from '../../core/clock.ts';
import type { EpisodeTable } from '../../core/tables.ts';

export type EpisodeRow = { [K in keyof EpisodeTable]: K extends 'id' ? number : EpisodeTable[K] };

/** What a summary made of memories may take. */
export const SUMMARY_SIZE = { sentences: 5, chars: 1_000 } as const;

/** @param decays decay scores of its recallable memories */
export function presentEpisode({ is_summarized: _made, ...row }: EpisodeRow, decays: readonly number[]) {
  const sum = decays.reduce((a, b) => a + b, 0);
  return {
    ...row,
    memory_count: decays.length,
    duration_seconds:
      row.ended_at === null ? null : Math.floor((parseTime(row.ended_at)! - parseTime(row.started_at)!) / 1000),
    decay_score: decays.length === 0 ? 0 : round(sum / decays.length, 3),
  };
}

/** What an episode is found by, besides its memories. */
export const episodeText = (row: Pick<EpisodeRow, 'title' | 'summary' | 'agent'>): string =>
  [row.title, row.summary, row.agent].filter((text) => text !== null).join('\n');

/** What it tells of itself counts as much as what its memories tell. */
const WEIGHTS = { text: 2, words: 1, meaning: 1 } as const;

/**
 * Episodes by how well they fit a question.
 * @param found by title and summary, by words of memories, by meaning of memories; best first, repeats allowed; null for
 *   a channel that was not asked
 */
export const rankEpisodes = (found: Readonly<Record<keyof typeof WEIGHTS, readonly number[] | null>>) =>
  fuse(
    (Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[]).flatMap((channel) => {
      const ids = found[channel];
      return ids === null ? [] : [{ channel, weight: WEIGHTS[channel], ids: [...new Set(ids)] }];
    }),
  );
