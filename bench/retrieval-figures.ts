// What the answers to a retrieval set are worth, and whether searching every way together beats searching one way.
import { goldAt, ndcgAt } from './recall.ts';
import { DEPTH, type Judged, WAYS, type Way } from './retrieval-run.ts';
import { type Latency, latency, mean, rounded } from './stats.ts';
import { type Cell, percent, type Table } from './table.ts';

export interface WayFigures {
  ndcg_at_10: number;
  recall_at_10: number;
  ms: Latency;
}

export interface Comparison {
  /** Of the means, hybrid less the other. */
  ndcg_at_10: number;
  recall_at_10: number;
  /** Queries whose nDCG@10 is higher, and lower, with hybrid. */
  better: number;
  worse: number;
  /** nDCG@10 is higher and recall@10 not lower. */
  beats: boolean;
}

export interface SetFigures {
  documents: number;
  queries: number;
  /** Null for the vectors alone when the server has no model. */
  ways: Record<Way, WayFigures | null>;
  hybrid_against: { lexical: Comparison; fts5: Comparison };
}

interface Values {
  ndcg: number[];
  recall: number[];
  ms: number[];
}

/** Figures per query; null when a query was not asked that way. */
function valuesOf(judged: readonly Judged[], way: Way): Values | null {
  const found = judged.flatMap(({ gold, found }) => (found[way] ? [{ gold, ...found[way] }] : []));
  if (found.length < judged.length) return null;
  return {
    ndcg: found.map(({ gold, ids }) => ndcgAt(gold, ids, DEPTH)),
    recall: found.map(({ gold, ids }) => goldAt(gold, ids, DEPTH)),
    ms: found.map(({ ms }) => ms),
  };
}

function compare(ours: Values, theirs: Values): Comparison {
  const ndcg = mean(ours.ndcg) - mean(theirs.ndcg);
  const recall = mean(ours.recall) - mean(theirs.recall);
  return {
    ndcg_at_10: rounded(ndcg, 4),
    recall_at_10: rounded(recall, 4),
    better: ours.ndcg.filter((value, at) => value > theirs.ndcg[at]!).length,
    worse: ours.ndcg.filter((value, at) => value < theirs.ndcg[at]!).length,
    beats: ndcg > 0 && recall >= 0,
  };
}

export function figuresOf(documents: number, judged: readonly Judged[]): SetFigures {
  const values = Object.fromEntries(WAYS.map((way) => [way, valuesOf(judged, way)])) as Record<Way, Values | null>;
  const figures = (of: Values): WayFigures => ({
    ndcg_at_10: rounded(mean(of.ndcg), 4),
    recall_at_10: rounded(mean(of.recall), 4),
    ms: latency(of.ms),
  });
  return {
    documents,
    queries: judged.length,
    ways: Object.fromEntries(WAYS.map((way) => [way, values[way] && figures(values[way])])) as SetFigures['ways'],
    hybrid_against: {
      lexical: compare(values.hybrid!, values.lexical!),
      fts5: compare(values.hybrid!, values.fts5!),
    },
  };
}

type Sets = Readonly<Record<string, SetFigures>>;

const TITLES: Readonly<Record<Way, string>> = { hybrid: 'hybrid', vector: 'vector', lexical: 'lexical', fts5: 'FTS5' };
const counts = ({ documents, queries }: SetFigures): Cell[] => [documents, queries];

export const qualityTable = (sets: Sets): Table => ({
  title: `nDCG@${DEPTH}, and recall@${DEPTH}`,
  columns: ['', 'documents', 'queries', ...WAYS.map((way) => TITLES[way]), ...WAYS.map((way) => `R ${TITLES[way]}`)],
  rows: Object.entries(sets).map(([name, set]) => [
    name,
    ...counts(set),
    ...WAYS.map((way) => set.ways[way]?.ndcg_at_10 ?? null),
    ...WAYS.map((way) => percent(set.ways[way]?.recall_at_10 ?? null)),
  ]),
});

const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(3)}`;

export const comparisonTable = (sets: Sets): Table => {
  const against = (other: keyof SetFigures['hybrid_against']) =>
    Object.values(sets).filter((set) => set.hybrid_against[other].beats).length;
  const cells = ({ ndcg_at_10, recall_at_10, better, worse, beats }: Comparison): Cell[] => [
    signed(ndcg_at_10),
    signed(recall_at_10),
    `${better} / ${worse}`,
    beats ? 'yes' : ndcg_at_10 === 0 && recall_at_10 === 0 ? 'same' : 'no',
  ];
  const columns = (other: string) => [`nDCG - ${other}`, 'recall', 'better / worse', 'beats it'];
  return {
    title: `Hybrid against words alone (beats them in ${against('lexical')} of ${Object.keys(sets).length} sets) and plain FTS5 (${against('fts5')})`,
    columns: ['', ...columns('lexical'), ...columns('FTS5')],
    rows: Object.entries(sets).map(([name, { hybrid_against }]) => [
      name,
      ...cells(hybrid_against.lexical),
      ...cells(hybrid_against.fts5),
    ]),
  };
};

export const latencyTable = (sets: Sets, concurrency: number): Table => ({
  title: `POST /search, limit ${DEPTH}, ${concurrency} at a time, ms`,
  columns: ['', ...WAYS.flatMap((way) => [`${TITLES[way]} p50`, 'p95'])],
  rows: Object.entries(sets).map(([name, { ways }]) => [
    name,
    ...WAYS.flatMap((way) => [ways[way]?.ms.p50 ?? null, ways[way]?.ms.p95 ?? null]),
  ]),
});
