// How well a candidate answers, from everything that is known of it: a linear model over a handful of signs. What finds
// candidates is kept simple and fast; this is what puts them in order.

/** What speaks for and against one candidate. */
export interface Signs {
  /** Relevance that arrived at it, words, meaning and neighbours together, as a share 0..1 of the best candidate's. */
  readonly share: number;
  /** How far its nearest piece is above chance, 0..1; 0 without vectors. */
  readonly meaning: number;
  /** How well each word of the question is met by its best counterpart in the text, 0..1, times its priors. */
  readonly words: number;
  /** The same without priors, 0..1, of the better of the two said right before and after it. */
  readonly beside: number;
  /** -3..0: a turn of a conversation that says little in few words. */
  readonly brief: number;
  /** Share 0..1 of a short turn that only asks. */
  readonly asks: number;
  /** 1 when somebody asks about what they said themselves, and this is what an assistant said. */
  readonly answer: number;
  /** 1 when something is asked for, and this says how such things are wanted. */
  readonly standing: number;
}

/** What there is to judge by: words alone, vectors too, or a model that also compares single words. */
export type Senses = 'words' | 'vectors' | 'wordwise';

/** What each sign adds to the logarithm of a verdict. */
export type Says = Readonly<Record<keyof Signs, number>>;

type Weights = Readonly<Record<keyof Signs | 'log', number>>;

/**
 * Fitted by conditional logistic regression (the items that answer a question against the other candidates) on the
 * development halves of LoCoMo and BEAM, judged on conversations left out: docs/decisions/0012. `log` weighs the logarithm
 * of the share.
 */
const WEIGHTS: Readonly<Record<Senses, Weights>> = {
  words: { share: 3, log: 0.7, meaning: 0, words: 0, beside: 0, brief: 0.7, asks: -0.9, answer: -3.2, standing: 2.6 },
  vectors: { share: 3.2, log: 1, meaning: 3.5, words: 0, beside: 0, brief: 1.2, asks: -1, answer: -3, standing: 2.6 },
  wordwise: {
    share: 1.2,
    log: 0.72,
    meaning: 1.5,
    words: 2.4,
    beside: 2.6,
    brief: 0.55,
    asks: -0.95,
    answer: -2.95,
    standing: 2.45,
  },
};
/** So that the logarithm has an end. */
const LEAST_SHARE = 1e-3;

export function says(signs: Signs, senses: Senses): Says {
  const weights = WEIGHTS[senses];
  return {
    share: weights.share * signs.share + weights.log * Math.log(signs.share + LEAST_SHARE),
    meaning: weights.meaning * signs.meaning,
    words: weights.words * signs.words,
    beside: weights.beside * signs.beside,
    brief: weights.brief * signs.brief,
    asks: weights.asks * signs.asks,
    answer: weights.answer * signs.answer,
    standing: weights.standing * signs.standing,
  };
}

/** @returns larger is better, above 0; only comparable within one question and the same senses */
export const verdict = (signs: Signs, senses: Senses): number =>
  Math.exp(Object.values(says(signs, senses)).reduce((sum, part) => sum + part, 0));
