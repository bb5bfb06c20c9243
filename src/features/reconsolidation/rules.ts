// What a memory should count for, worked out from what it counted for before anything was known against or for it. The
// same evidence gives the same standing however often it is looked at; evidence that goes takes its effect along.
import { DAY_MS } from '../../algo/durations.ts';
import { parseTime } from '../../core/clock.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { ReconsolidationRow } from './store.ts';

export interface Standing {
  readonly importance: number;
  readonly confidence: number;
}
export type Action = 'strengthened' | 'weakened' | 'corrected' | 'unchanged';

/** Newer memories that say otherwise, by type of link. */
export const OVERRULING = ['corrects', 'supersedes', 'updates', 'contradicts'] as const;
export type Overruling = (typeof OVERRULING)[number];

type Judged = Pick<
  MemoryRow,
  | 'importance' | 'confidence' | 'recall_hits' | 'recall_misses' | 'fsrs_stability' | 'created_at' | 'last_accessed_at'
  | 'access_count' | 'is_static' | 'source_count'
>; // biome-ignore format: a list

export const STALE_DAYS = 30;
export const RATED = 3;
const OFTEN = 0.7;
const SELDOM = 0.3;
const READ_LITTLE = 3;
const TOLD_OFTEN = 3;
const FADING_DAYS = 0.5;

const clamp = (n: number, least: number, most: number): number => Math.max(least, Math.min(most, n));
const importance = (n: number): number => clamp(Math.round(n), 1, 10);
const round = (n: number): number => Math.round(n * 10_000) / 10_000;
export const standing = ({ importance, confidence }: Standing): Standing => ({ importance, confidence });

/**
 * @param base what it counts for by itself
 * @param overruled types of links from newer memories that say otherwise
 */
export function judge(base: Standing, row: Judged, overruled: readonly Overruling[], now: number) {
  const reasons: string[] = [];
  let [change, confidence] = [0, base.confidence];
  if (overruled.length > 0) {
    change -= 2;
    confidence = Math.max(Math.min(0.1, base.confidence), confidence * 0.5);
    reasons.push(`a newer memory ${overruled[0]} it`);
  }
  const rated = row.recall_hits + row.recall_misses;
  const rate = rated === 0 ? 0 : row.recall_hits / rated;
  if (rated > RATED && rate > OFTEN) {
    change += 1;
    confidence = Math.min(Math.max(1, base.confidence), confidence + 0.1);
    reasons.push(`recall helped ${row.recall_hits} of ${rated} times`);
  } else if (rated > RATED && rate < SELDOM) {
    change -= 1;
    reasons.push(`recall helped only ${row.recall_hits} of ${rated} times`);
  }
  if (overruled.length === 0 && row.source_count >= TOLD_OFTEN) {
    confidence = Math.min(Math.max(1, base.confidence), confidence + 0.1);
    reasons.push(`told ${row.source_count} times`);
  }
  if (row.fsrs_stability !== null && row.fsrs_stability < FADING_DAYS && row.is_static === 0) {
    confidence *= 0.8;
    reasons.push('it keeps being forgotten');
  }
  const touched = Math.max(parseTime(row.created_at) ?? now, parseTime(row.last_accessed_at ?? '') ?? 0);
  if (now - touched > STALE_DAYS * DAY_MS && row.access_count < READ_LITTLE && row.is_static === 0) {
    change -= 1;
    reasons.push(`not read for more than ${STALE_DAYS} days, and seldom before`);
  }
  return {
    target: { importance: importance(base.importance + change), confidence: round(confidence) } as Standing,
    corrected: overruled.length > 0,
    reasons,
  };
}

/**
 * What a memory counts for by itself. Whatever else changed it since the evidence was applied, such as feedback, stays a
 * change of that; what somebody set with a new version is what it counts for.
 */
export function baseOf(current: Standing & { id: number }, applied: ReconsolidationRow | null): Standing {
  if (!applied) return standing(current);
  const by = current.importance - applied.importance;
  if (by !== 0 && applied.memory_id !== current.id) return standing(current);
  return {
    importance: importance(applied.base_importance + by),
    confidence:
      current.confidence === applied.confidence
        ? applied.base_confidence
        : round(clamp(applied.base_confidence + current.confidence - applied.confidence, 0, 1)),
  };
}

export type Review = {
  readonly memory_id: number;
  readonly action: Action;
  readonly old_importance: number;
  readonly new_importance: number;
  readonly old_confidence: number;
  readonly new_confidence: number;
  readonly base_importance: number;
  readonly base_confidence: number;
  readonly reason: string;
  readonly evidence: string[];
};

/** @param applied what an earlier review did to it; null when there was none */
export function review(
  row: Judged & { id: number },
  overruled: readonly Overruling[],
  applied: ReconsolidationRow | null,
  now: number,
): Review {
  const base = baseOf(row, applied);
  const { target, corrected, reasons } = judge(base, row, overruled, now);
  const better = target.importance - row.importance || target.confidence - row.confidence;
  const same = target.importance === row.importance && target.confidence === row.confidence;
  const action = same ? 'unchanged' : corrected && better < 0 ? 'corrected' : better > 0 ? 'strengthened' : 'weakened';
  const none =
    applied && reasons.length === 0 ? 'what spoke for or against it is gone' : 'nothing speaks for or against it';
  return {
    memory_id: row.id,
    action,
    old_importance: row.importance,
    new_importance: target.importance,
    old_confidence: row.confidence,
    new_confidence: target.confidence,
    base_importance: base.importance,
    base_confidence: base.confidence,
    reason: reasons.length > 0 ? reasons.join('; ') : none,
    evidence: reasons,
  };
}
