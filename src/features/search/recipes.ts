// What a search looks at and how much each source counts, by kind of question. Pure data and one pure function.
import { classifyQuestion, QUESTION_TYPES, type QuestionType } from '../../algo/question.ts';
import { parseTimeRange, type TimeRange } from '../../algo/temporal.ts';

export interface Recipe {
  /** Shares of direct evidence that seed the graph: meaning and words. */
  readonly evidence: { readonly vector: number; readonly lexical: number };
  /** Weights of the channels in the fusion. The graph channel carries the direct evidence along, hence its weight. */
  readonly weights: {
    readonly vector: number;
    readonly lexical: number;
    readonly personality: number;
    readonly graph: number;
  };
  /** How much gathering in one session speaks for its memories. */
  readonly session: number;
  /** How much standing in the period a question names speaks for a memory. */
  readonly time: number;
}

/** Ranks by words or meaning alone only break ties: what both say together, and the neighbours, is in the graph channel. */
const WEIGHTS = { vector: 0.006, lexical: 0.004, personality: 0.004, graph: 1 } as const;

export const RECIPES: Readonly<Record<QuestionType, Recipe>> = {
  fact_recall: {
    evidence: { vector: 0.25, lexical: 0.75 },
    weights: WEIGHTS,
    session: 0.8,
    time: 0.3,
  },
  preference: {
    evidence: { vector: 0.35, lexical: 0.65 },
    weights: WEIGHTS,
    session: 0.5,
    time: 0.2,
  },
  reasoning: {
    evidence: { vector: 0.35, lexical: 0.65 },
    weights: WEIGHTS,
    session: 1,
    time: 0.2,
  },
  generalization: {
    evidence: { vector: 0.4, lexical: 0.6 },
    weights: WEIGHTS,
    session: 0.5,
    time: 0.2,
  },
  temporal: {
    evidence: { vector: 0.2, lexical: 0.8 },
    weights: WEIGHTS,
    session: 0.8,
    time: 0.6,
  },
};

export interface SearchPlan {
  readonly question_type: QuestionType;
  readonly recipe: Recipe;
  /** Results wanted. */
  readonly limit: number;
  /** Candidates taken from each retriever. */
  readonly pool: number;
  /** Direct hits whose edges are walked. */
  readonly seeds: number;
  /** Most activated memories that are looked at more closely. */
  readonly shortlist: number;
  /** Whether what is known of a memory besides its text has a say. */
  readonly priors: boolean;
  /** Period the question names. */
  readonly period: TimeRange | null;
}

const MIN_POOL = 160;
const MAX_POOL = 400;
const SEED_SHARE = 0.4;

const blend = (weights: Readonly<Record<QuestionType, number>>, pick: (recipe: Recipe) => number): number =>
  QUESTION_TYPES.reduce((sum, type) => sum + weights[type] * pick(RECIPES[type]), 0);

/** A question of several kinds gets the mixture of their recipes. */
export function planSearch(query: string, asked: QuestionType | undefined, limit: number, nowMs: number): SearchPlan {
  const guess = asked ? null : classifyQuestion(query);
  const recipe: Recipe = guess
    ? {
        evidence: {
          vector: blend(guess.weights, (r) => r.evidence.vector),
          lexical: blend(guess.weights, (r) => r.evidence.lexical),
        },
        weights: {
          vector: blend(guess.weights, (r) => r.weights.vector),
          lexical: blend(guess.weights, (r) => r.weights.lexical),
          personality: blend(guess.weights, (r) => r.weights.personality),
          graph: blend(guess.weights, (r) => r.weights.graph),
        },
        session: blend(guess.weights, (r) => r.session),
        time: blend(guess.weights, (r) => r.time),
      }
    : RECIPES[asked!];
  const pool = Math.min(MAX_POOL, Math.max(MIN_POOL, limit * 4));
  return {
    question_type: asked ?? guess!.type,
    recipe,
    limit,
    pool,
    seeds: Math.ceil(pool * SEED_SHARE),
    shortlist: pool,
    priors: true,
    period: parseTimeRange(query, nowMs),
  };
}
