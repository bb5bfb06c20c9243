// Forgetting and reviews: FSRS-6 as ts-fsrs computes it, and beside it the two strengths of Bjork & Bjork (1992), "A new
// theory of disuse". Times are days; a day here is a calendar day, as in the published schedulers.
import {
  CLAMP_PARAMETERS,
  default_w,
  FSRSAlgorithm,
  type FSRSParameters,
  forgetting_curve,
  S_MAX,
  S_MIN,
  State,
} from 'ts-fsrs';

/** How well it was recalled: 1 Again (not at all), 2 Hard, 3 Good, 4 Easy. */
export type Grade = 1 | 2 | 3 | 4;
export const AGAIN: Grade = 1;
export const GOOD: Grade = 3;

/** Names of the learning states by their number. */
export const LEARNING_STATES = ['New', 'Learning', 'Review', 'Relearning'] as const;

/** What reviews have made of one memory. */
export interface Learnt {
  /** Days until the chance of recall has fallen to 0.9. */
  stability: number;
  /** 1..10 */
  difficulty: number;
  /** How deeply it is learnt, 1..10; never falls. */
  storage: number;
  /** How easily it came up right after the last review, 0..1; `retrievability` says what time has left of it. */
  retrieval: number;
  /** Index into LEARNING_STATES. */
  state: number;
  reps: number;
  lapses: number;
}

export interface Fsrs {
  /** After the first review. */
  first(grade: Grade): Learnt;
  /** @param days whole days since the last review; 0 = the same day */
  next(before: Learnt, grade: Grade, days: number): Learnt;
  /**
   * Chance of recall, 0..1: (1 + f t / S)^(-w20), where f makes it 0.9 at t = S.
   * @param stability days; null = never reviewed, read as after a first "Good"
   * @param days since the last review, fractions count; negative reads as 0
   */
  retrievability(stability: number | null, days: number): number;
  /** Whole days, 1 to 36,500, after which the chance of recall has fallen to the desired retention. */
  interval(stability: number): number;
  /** Chance of recall at which a memory is due. */
  readonly retention: number;
}

/** Deepest storage, and what a review adds to it: failing and learning again leaves more behind than succeeding. */
const MAX_STORAGE = 10;
const RECALL_STORES = 0.1;
const LAPSE_STORES = 0.3;

const within = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max);

/** Storage strength as a share, 0..1, of how far it can rise. */
export const storedShare = (storage: number): number => within((storage - 1) / (MAX_STORAGE - 1), 0, 1);

/** Steps of minutes are for people with cards; without them ts-fsrs bounds every weight by itself. */
const NO_STEPS: Partial<FSRSParameters> = { learning_steps: [], relearning_steps: [], enable_fuzz: false };
const bounds = CLAMP_PARAMETERS(2);

/** Why these cannot be the weights w0..w20 of FSRS-6, as the rest of a sentence about them; null when they can. */
export function weightsProblem(weights: readonly number[]): string | null {
  if (weights.length !== bounds.length)
    return `holds ${weights.length} numbers, but FSRS-6 has ${bounds.length} weights`;
  const at = weights.findIndex((w, i) => !(w >= bounds[i]![0]! && w <= bounds[i]![1]!));
  return at < 0 ? null : `gives w${at} as ${weights[at]}, but it must be from ${bounds[at]![0]} to ${bounds[at]![1]}`;
}

/**
 * @param weights w0..w20, within the bounds that `weightsProblem` checks
 * @param retention chance of recall at which a memory is due, above 0, at most 1
 */
export function createFsrs(weights: readonly number[] = default_w, retention = 0.9): Fsrs {
  const algorithm = new FSRSAlgorithm({ ...NO_STEPS, w: [...weights], request_retention: retention });
  const { w } = algorithm.parameters;
  const untouched = algorithm.init_stability(GOOD);

  const retrievability = (stability: number | null, days: number): number =>
    within(forgetting_curve(w, Math.max(0, days), Math.max(stability ?? untouched, S_MIN)), 0, 1);

  return {
    retention,
    retrievability,
    interval: (stability) => algorithm.next_interval(within(stability, S_MIN, S_MAX), 0),

    first: (grade) => ({
      ...algorithm.next_state(null, 0, grade),
      storage: 1,
      retrieval: 1,
      state: grade < GOOD ? State.Learning : State.Review,
      reps: 1,
      lapses: 0,
    }),

    next(before, grade, days) {
      const t = Math.max(0, Math.floor(days));
      const known = {
        stability: within(before.stability, S_MIN, S_MAX),
        difficulty: within(before.difficulty, 1, 10),
      };
      // On the same day a success never shrinks stability: ts-fsrs holds the factor at 1 or more, as the reference does.
      const after = algorithm.next_state(known, t, grade);
      const reps = before.reps + 1;
      const stored = (gain: number) => Number(Math.min(MAX_STORAGE, before.storage + gain).toFixed(4));
      if (grade !== AGAIN) {
        // What still comes up with ease is hardly learnt more deeply by coming up again: one gain a day.
        const storage = stored(t > 0 ? RECALL_STORES : 0);
        return { ...after, storage, retrieval: 1, state: State.Review, reps, lapses: before.lapses };
      }
      // With weights that say so, failing a fresh memory would strengthen it.
      const stability = Math.min(after.stability, known.stability);
      // Failing restores nothing: what time had left of it falls as stability does.
      const left = before.retrieval * retrievability(known.stability, t) * (stability / known.stability);
      return {
        stability,
        difficulty: after.difficulty,
        storage: stored(LAPSE_STORES),
        retrieval: within(left, 0, 1),
        state: State.Relearning,
        reps,
        lapses: before.lapses + 1,
      };
    },
  };
}

/** With the published default weights, due at 0.9. */
export const STANDARD_FSRS: Fsrs = createFsrs();
