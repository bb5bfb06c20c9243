// Forgetting as FSRS-6 describes it: retrievability falls by a power law of the time since the last review.
import { default_w, forgetting_curve, S_MIN } from 'ts-fsrs';

/** Initial stability in days after a first "Good", FSRS-6 default parameter w[2]; stands in until a memory is reviewed. */
export const DEFAULT_STABILITY = default_w[2]!;

/**
 * Probability that a memory is still retrievable. (1 + f t / S)^(-w20), FSRS-6.
 * @param stability days after which it is 0.9; null = never reviewed
 * @param elapsedDays since the last review or access; negative reads as 0
 */
export function retrievability(stability: number | null, elapsedDays: number): number {
  const s = Math.max(stability ?? DEFAULT_STABILITY, S_MIN);
  return Math.min(1, Math.max(0, forgetting_curve(default_w, Math.max(0, elapsedDays), s)));
}
