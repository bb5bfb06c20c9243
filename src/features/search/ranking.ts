// From raw hits to one order: evidence, activation, bounded priors, fusion. Pure, so that every figure can be tested and explained.
import { DAY_MS } from '../../algo/durations.ts';
import { type Fsrs, storedShare } from '../../algo/fsrs.ts';
import { aboveChance, fuse, ranked } from '../../algo/fusion.ts';
import { type SpreadEdge, spread } from '../../algo/spread.ts';
import { words } from '../../algo/text.ts';
import { speakerNames } from '../../algo/turns.ts';
import { parseTime } from '../../core/clock.ts';
import type { Candidate } from '../../core/ports.ts';
import { retrievalOf } from '../memory/rules.ts';
import type { RankingRow } from '../memory/store.ts';
import { type Judged, judge } from './judging.ts';
import type { Readings } from './reading.ts';
import type { SearchPlan } from './recipes.ts';
import { together } from './wholes.ts';

export type Channel = 'lexical' | 'vector' | 'personality' | 'graph';

export interface Retrieved {
  lexical: readonly Candidate[];
  /** Null when there is no sense of meaning. */
  vector: readonly Candidate[] | null;
  /** What tells something about the person the question asks about, 0..1. */
  personality?: readonly Candidate[];
  /** Cosine that the model gives unrelated texts; 0 when not said. */
  chance?: number;
  /** Relevance that arrived at each memory, see `activate`. */
  activation: ReadonlyMap<number, number>;
  /** Ranking fields of every memory that may be shown, by id. Whatever is missing here is hidden and drops out. */
  rows: ReadonlyMap<number, RankingRow>;
  /** What a look at their texts tells; without it the order is that of the relevance that arrived. */
  readings?: Readings;
  /** Memories that state what a part of them states too. */
  wholes?: ReadonlyMap<number, readonly number[]>;
}

/** Factors on a memory's scores. Each is bounded, so that relevance always decides first. */
export interface Multipliers {
  /** By retrieval strength: 0.93 when forgotten, 1 when fresh or permanent. */
  decay: number;
  /** By storage strength: 1.03 when learnt as deeply as can be. */
  storage: number;
  static: number;
  importance: number;
  source_count: number;
  /** How central it is among the links. */
  centrality: number;
  /** Whether recalling it helped so far. */
  feedback: number;
  /** The question names who says it. */
  author: number;
  /** The question's words gather in its session. */
  session: number;
  /** It happened in the period the question names. */
  period: number;
}

export interface RankedMemory {
  id: number;
  score: number;
  channels: Partial<Record<Channel, { rank: number; score: number; weight: number }>>;
  multipliers: Multipliers;
  /** How the score of its channel graph came about; null where it is the relevance that arrived. */
  judged: Judged | null;
}

/** Together a tenth: remembering decides between answers that fit about as well, never against one that fits better. */
const DECAY_SHARE = 0.07;
const STORAGE_SHARE = 0.03;
const STATIC_BONUS = 0.03;
const IMPORTANCE_STEP = 0.01;
const REPEAT_SHARE = 0.05;
const CENTRALITY_SHARE = 0.02;
/** Enough to be looked at, not enough to stand before what the question's words or meaning find. */
const PERSONALITY_EVIDENCE = 0.05;
const FEEDBACK_SHARE = 0.05;
const AUTHOR_BONUS = 0.5;
/** Days over which nearness to a named period fades. */
const PERIOD_FADE_DAYS = 7;

const share = (hits: readonly Candidate[]): Map<number, number> => {
  const top = hits[0]?.score ?? 0;
  return new Map(hits.map(({ id, score }) => [id, top > 0 ? Math.max(0, score) / top : 0]));
};

const meant = (hits: readonly Candidate[], chance: number): Map<number, number> =>
  new Map(hits.map(({ id, score }) => [id, aboveChance(score, chance)]));

/**
 * Direct relevance 0..1 of each hit, weighed by kind of question. BM25 has no scale of its own, so a hit counts by its share
 * of the best; a cosine has one, above what chance gives.
 */
export function evidenceOf(
  { lexical, vector, personality = [], chance = 0 }: Pick<Retrieved, 'lexical' | 'vector' | 'personality' | 'chance'>,
  plan: SearchPlan,
): Map<number, number> {
  const all = new Map<number, number>();
  const add = (id: number, s: number) => all.set(id, (all.get(id) ?? 0) + s);
  const hasMeaning = vector !== null && vector.length > 0;
  const { evidence } = plan.recipe;
  // With no word in common, meaning is all the evidence there is; without meaning, words are.
  const [v, l] = !hasMeaning ? [0, 1] : lexical.length === 0 ? [1, 0] : [evidence.vector, evidence.lexical];
  if (hasMeaning) for (const [id, s] of meant(vector, chance)) add(id, v * s);
  for (const [id, s] of share(lexical)) add(id, l * s);
  for (const { id, score } of personality) add(id, PERSONALITY_EVIDENCE * score);
  return all;
}

/** Evidence spread along edges, cut to the most activated. Ties to the larger id. */
export function activate(
  evidence: ReadonlyMap<number, number>,
  edges: readonly SpreadEdge[],
  shortlist: number,
): Map<number, number> {
  const all = spread(evidence, edges);
  return all.size <= shortlist ? all : new Map([...all].sort(([a, x], [b, y]) => y - x || b - a).slice(0, shortlist));
}

/** How strongly the evidence gathers in each session, 0..1. */
function sessionMass(
  evidence: ReadonlyMap<number, number>,
  rows: ReadonlyMap<number, RankingRow>,
): Map<string, number> {
  const mass = new Map<string, number>();
  for (const [id, relevance] of evidence) {
    const session = rows.get(id)?.session_id;
    if (session != null) mass.set(session, (mass.get(session) ?? 0) + relevance * relevance);
  }
  const most = Math.max(0, ...mass.values());
  for (const [session, m] of mass) mass.set(session, most > 0 ? Math.sqrt(m / most) : 0);
  return mass;
}

export function multipliersOf(
  row: RankingRow,
  context: {
    plan: SearchPlan;
    named: ReadonlySet<string>;
    mass: ReadonlyMap<string, number>;
    now: number;
    fsrs: Fsrs;
  },
): Multipliers {
  const { plan, named, mass, now, fsrs } = context;
  if (!plan.priors) return NEUTRAL;
  let period = 1;
  if (plan.period) {
    const at = parseTime(row.occurred_at ?? row.created_at) ?? now;
    const away = at < plan.period.from ? plan.period.from - at : Math.max(0, at - plan.period.until);
    period = 1 + plan.recipe.time * Math.exp(-((away / DAY_MS / PERIOD_FADE_DAYS) ** 2) / 2);
  }
  return {
    decay: 1 - DECAY_SHARE * (1 - retrievalOf(row, now, fsrs)),
    storage: 1 + STORAGE_SHARE * storedShare(row.fsrs_storage_strength),
    static: row.is_static ? 1 + STATIC_BONUS : 1,
    importance: 1 + IMPORTANCE_STEP * (row.importance - 5),
    source_count: 1 + REPEAT_SHARE * Math.min((row.source_count - 1) / 10, 1),
    centrality: 1 + CENTRALITY_SHARE * (row.pagerank ?? 0),
    // Two imagined answers, one each way, so that the first real one does not decide everything.
    feedback: 1 + (FEEDBACK_SHARE * (row.recall_hits - row.recall_misses)) / (row.recall_hits + row.recall_misses + 2),
    author: named.size > 0 && speakerNames(row.opening).some((name) => named.has(name)) ? 1 + AUTHOR_BONUS : 1,
    session: row.session_id === null ? 1 : 1 + plan.recipe.session * (mass.get(row.session_id) ?? 0),
    period,
  };
}

const NEUTRAL: Multipliers = {
  decay: 1,
  storage: 1,
  static: 1,
  importance: 1,
  source_count: 1,
  centrality: 1,
  feedback: 1,
  author: 1,
  session: 1,
  period: 1,
};

const product = (m: Multipliers): number =>
  m.decay * m.storage * m.static * m.importance * m.source_count * m.centrality * m.feedback * m.author * m.period;
const gathered = (m: Multipliers): number => product(m) * m.session;

/** @param query the question, for the names in it */
export function rank(retrieved: Retrieved, plan: SearchPlan, query: string, now: number, fsrs: Fsrs): RankedMemory[] {
  const { rows, activation, readings } = retrieved;
  const evidence = evidenceOf(retrieved, plan);
  const context = {
    plan,
    named: new Set(words(query)),
    mass: sessionMass(evidence, rows),
    now,
    fsrs,
  };
  const factors = new Map<number, Multipliers>();
  for (const id of activation.keys()) {
    const row = rows.get(id);
    if (row) factors.set(id, multipliersOf(row, context));
  }
  const scored = (hits: Iterable<readonly [number, number]>, gathers: boolean): Map<number, number> => {
    const scores = new Map<number, number>();
    for (const [id, score] of hits) {
      const m = factors.get(id);
      if (m) scores.set(id, score * (gathers ? gathered(m) : product(m)));
    }
    return scores;
  };
  const pairs = (hits: readonly Candidate[]) => hits.map(({ id, score }) => [id, score] as const);
  const arrived = scored(activation, true);
  const judged =
    readings && plan.priors
      ? judge({
          readings,
          arrived,
          meaning: meant(retrieved.vector ?? [], retrieved.chance ?? 0),
          priorOf: (id) => gathered(factors.get(id)!),
          limit: plan.limit,
        })
      : null;
  const lists: [Channel, ReadonlyMap<number, number>][] = [
    ['lexical', scored(pairs(retrieved.lexical), false)],
    ['vector', scored(pairs(retrieved.vector ?? []), false)],
    ['personality', scored(pairs(retrieved.personality ?? []), false)],
    ['graph', judged ? new Map([...judged].map(([id, { score }]) => [id, score])) : arrived],
  ];
  const fused = fuse(
    lists
      .filter(([, scores]) => scores.size > 0)
      .map(([channel, scores]) => ({ channel, weight: plan.recipe.weights[channel], ids: ranked(scores) })),
  );
  const order = fused.map(({ id, score, ranks }) => ({
    id,
    score,
    multipliers: factors.get(id)!,
    judged: judged?.get(id) ?? null,
    channels: Object.fromEntries(
      lists.flatMap(([channel, scores]) => {
        const at = ranks[channel];
        return at === undefined
          ? []
          : [[channel, { rank: at, score: scores.get(id)!, weight: plan.recipe.weights[channel] }]];
      }),
    ),
  }));
  return together(order, retrieved.wholes ?? new Map());
}
