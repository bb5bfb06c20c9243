// What else happened when the best hits happened: the summaries of the episodes they are in.
import { summarize } from '../../algo/summary.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import { type EpisodeRow, SUMMARY_SIZE } from '../episodes/rules.ts';
import type { EpisodeStore } from '../episodes/store.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { ContextCandidate } from './pack.ts';

/** Hits whose episodes are told of. */
const HITS = 5;
/** Memories a summary is made of, the oldest of a longer episode: a hundred take some milliseconds. */
const MAX_TOLD = 100;

/**
 * Episodes of the first hits that have a summary, by their best hit. A summary that was written is shown as it is. One
 * that the server made is made again from the memories that pass the filter: it may quote what was hidden or erased
 * since, or what lies in another space.
 * @param hits best first
 */
export async function episodeCandidates(
  episodes: Pick<EpisodeStore, 'list' | 'memories'>,
  filter: MemoryFilter,
  hits: readonly MemoryRow[],
  scoreOf: (hit: MemoryRow) => number,
): Promise<ContextCandidate[]> {
  const scores = new Map<number, number>();
  for (const hit of hits.slice(0, HITS))
    if (hit.episode_id !== null && !scores.has(hit.episode_id)) scores.set(hit.episode_id, scoreOf(hit));
  if (scores.size === 0) return [];
  const ids = [...scores.keys()];
  const rows = new Map(
    (await episodes.list({ user_id: filter.user_id, ids }, ids.length, 0)).map((row) => [row.id, row]),
  );

  async function summaryOf({ id, summary, is_summarized }: EpisodeRow): Promise<string | null> {
    if (is_summarized === 0) return summary;
    const memories = await episodes.memories({ ...filter, episode_id: id }, MAX_TOLD, 0);
    return summarize(
      memories.map(({ content }) => content),
      SUMMARY_SIZE,
    );
  }

  const candidates: ContextCandidate[] = [];
  for (const [id, score] of scores) {
    const row = rows.get(id);
    const summary = row && (await summaryOf(row));
    if (!summary) continue;
    candidates.push({
      id,
      content: row.title === null ? summary : `${row.title}: ${summary}`,
      category: 'episode',
      origin: row.agent ?? 'episode',
      model: null,
      date: row.started_at.slice(0, 10),
      score,
    });
  }
  return candidates;
}
