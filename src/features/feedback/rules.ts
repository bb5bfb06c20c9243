// What a rating changes.
import type { MemoryRow } from '../memory/rules.ts';
import type { Rating } from './contract.ts';

const STEP: Record<Rating, number> = { helpful: 1, irrelevant: -1, 'off-topic': -1, outdated: -2 };
const LEAST = 1;
const MOST = 10;

type Judged = Pick<MemoryRow, 'importance' | 'recall_hits' | 'recall_misses'>;

/** Importance stays within 1 to 10; the counts go on. */
export function judged(row: Judged, rating: Rating): Judged {
  const helped = rating === 'helpful';
  return {
    importance: Math.max(LEAST, Math.min(MOST, row.importance + STEP[rating])),
    recall_hits: row.recall_hits + (helped ? 1 : 0),
    recall_misses: row.recall_misses + (helped ? 0 : 1),
  };
}
