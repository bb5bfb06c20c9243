// The relevance that arrived at each candidate, seen together with what a look at its text tells.
import { ranked } from '../../algo/fusion.ts';
import { type Senses, type Signs, verdict } from '../../algo/verdict.ts';
import type { Readings } from './reading.ts';

export interface Judged {
  /** Larger is better; only comparable within one question. */
  readonly score: number;
  readonly signs: Signs;
  /** What it was judged by; where words are compared, those behind the best lack them. */
  readonly senses: Senses;
}

export interface Case {
  readings: Readings;
  /** Relevance that arrived, priors included, 0 or more. */
  arrived: ReadonlyMap<number, number>;
  /** How far each memory's nearest piece is above chance, 0..1. */
  meaning: ReadonlyMap<number, number>;
  /** What speaks for a memory besides its text. */
  priorOf(id: number): number;
  /** Results wanted. */
  limit: number;
}

/** Candidates whose words are compared one by one; what stands behind them stays behind. */
const COMPARED = 40;
/** The best of the rest, as a share of the least that was compared: anything below 1 that rounding does not lift to it. */
const BEHIND = 0.99;

/** @returns a verdict on each; null when there is nothing to tell them apart by */
export function judge({ readings, arrived, meaning, priorOf, limit }: Case): Map<number, Judged> | null {
  const most = Math.max(0, ...arrived.values());
  if (most === 0) return null;
  const senses: Senses = readings.vectors ? 'vectors' : 'words';
  const judged = new Map<number, Judged>();
  for (const [id, relevance] of arrived) {
    const signs = {
      ...readings.formOf(id),
      share: relevance / most,
      meaning: meaning.get(id) ?? 0,
      words: 0,
      beside: 0,
    };
    judged.set(id, { score: verdict(signs, senses), signs, senses });
  }
  const { wordsOf } = readings;
  if (!wordsOf) return judged;

  const order = ranked(new Map([...judged].map(([id, { score }]) => [id, score])));
  const places = Math.max(COMPARED, limit);
  let least = Number.POSITIVE_INFINITY;
  for (const id of order.slice(0, places)) {
    const { words, beside } = wordsOf(id);
    const signs = { ...judged.get(id)!.signs, words: words * priorOf(id), beside };
    const score = verdict(signs, 'wordwise');
    least = Math.min(least, score);
    judged.set(id, { score, signs, senses: 'wordwise' });
  }
  const rest = order.slice(places).map((id) => [id, judged.get(id)!] as const);
  const best = rest[0]?.[1].score ?? 1;
  // They keep their order.
  for (const [id, { score, ...told }] of rest) judged.set(id, { ...told, score: least * BEHIND * (score / best) });
  return judged;
}
