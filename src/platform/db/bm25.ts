// The ranking both full-text indexes share: Okapi BM25 as FTS5's bm25() computes it.

/** How much a word counts for, by where it stands. In the order of the FTS5 columns. */
export const COLUMN_WEIGHTS = { content: 1, tags: 0.8, category: 0.4, moment: 0.5, unspaced: 1 } as const;

/** How soon repeating a word stops helping. */
export const K1 = 1.2;
/** How much long texts are held back. */
export const B = 0.75;
/** What a word is worth that most memories contain. */
export const MIN_IDF = 1e-6;
