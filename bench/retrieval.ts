// Retrieval sets with judged answers: does searching by words and meaning together find more than either alone, and
// more than plain BM25?
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { side } from './http.ts';
import { serverOptions, untilEmbedded } from './model.ts';
import { BenchError, type Chosen } from './options.ts';
import { type Benchmark, PROJECT, report } from './report.ts';
import { comparisonTable, figuresOf, latencyTable, qualityTable, type SetFigures } from './retrieval-figures.ts';
import { askSet, DEPTH, type StoredSet, storeSet } from './retrieval-run.ts';
import { type RetrievalSet, readRetrievalSet, setName } from './retrieval-set.ts';
import { needSearch, startServer } from './server.ts';
import { type SimilarityFigures, similarity } from './similarity.ts';
import type { Table } from './table.ts';

const DEFAULT_DATA = join(PROJECT, '..', 'shared', 'eval');
/** Sets stored side by side; within one the order has to be kept. */
const STORING = 8;

interface Files {
  retrieval: string[];
  similarity: string[];
}

function filesOf(chosen: Chosen): Files {
  const data = chosen.text('data')!;
  const within = (folder: string): string[] => {
    const path = join(data, folder);
    if (!existsSync(path)) return [];
    const names = readdirSync(path).filter((name) => /\.jsonl(\.gz)?$/.test(name));
    return names.sort().map((name) => join(path, name));
  };
  const all: Files = { retrieval: within('retrieval'), similarity: within('similarity') };
  const names = [...all.retrieval, ...all.similarity].map(setName);
  if (names.length === 0) {
    throw new BenchError(
      `There are no sets in ${data}/retrieval and ${data}/similarity. Name another folder with --data.`,
    );
  }
  const wanted = chosen.texts('sets');
  const unknown = wanted?.find((name) => !names.includes(name));
  if (unknown) throw new BenchError(`--sets: there is no set "${unknown}"; there are ${names.join(', ')}.`);
  const asked = (path: string) => wanted === null || wanted.includes(setName(path));
  return { retrieval: all.retrieval.filter(asked), similarity: all.similarity.filter(asked) };
}

const similarityTable = (sets: Readonly<Record<string, SimilarityFigures>>): Table => ({
  title: 'Similarity of sentences, the model alone',
  columns: ['', 'pairs', 'Spearman'],
  rows: Object.entries(sets).map(([name, { pairs, spearman }]) => [name, pairs, spearman]),
});

const documentsIn = ({ collections }: RetrievalSet): number =>
  collections.reduce((sum, { documents }) => sum + documents.length, 0);
const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

export const retrieval: Benchmark = {
  name: 'retrieval',
  summary: 'Judged sets: nDCG and recall of words, meaning and both, against plain FTS5; similarity of sentences',
  options: [
    {
      name: 'data',
      kind: 'text',
      fallback: DEFAULT_DATA,
      help: 'folder with retrieval/*.jsonl.gz, similarity/*.jsonl.gz',
    },
    { name: 'sets', kind: 'texts', fallback: null, help: 'only these, by file name without ending (default: all)' },
    { name: 'concurrency', kind: 'number', fallback: '1', help: 'searches at a time' },
  ],
  async run(chosen, progress) {
    const files = filesOf(chosen);
    const options = serverOptions(chosen);
    const concurrency = Math.max(1, chosen.number('concurrency'));
    const sets: RetrievalSet[] = [];
    for (const path of files.retrieval) sets.push(await readRetrievalSet(path));
    await using server = await startServer(options);
    await needSearch(server.call);

    const stored: StoredSet[] = [];
    let done = 0;
    await side(STORING, sets, async (set, at) => {
      stored[at] = await storeSet(server, set, () => progress(`stored ${++done}`));
    });
    const vector = server.facts.model !== null;
    if (vector) await untilEmbedded(server.call, progress);
    const figures: Record<string, SetFigures> = {};
    for (const one of stored) {
      figures[one.set.name] = figuresOf(documentsIn(one.set), await askSet(one, { vector, concurrency, progress }));
    }
    progress('comparing sentences');
    const pairs = await similarity(files.similarity, options.settings);
    progress.clear();

    return report(
      {
        benchmark: 'retrieval',
        data: {
          source: chosen.text('data')!,
          n: {
            documents: sum(sets, documentsIn),
            documents_taken_for_repeats: sum(stored, (one) => one.repeats),
            documents_without_text: sum(sets, (set) => set.empty),
            queries: sum(Object.values(figures), (set) => set.queries),
            pairs: sum(Object.values(pairs), (set) => set.pairs),
          },
        },
        done: {
          hybrid: 'POST /search as it comes; vector and lexical: with channels [that one] only',
          FTS5: 'SQLite FTS5 alone (porter unicode61, OR of the words without stop-words, bm25), one index per collection, in-process',
          nDCG: `gain = grade, discount 1 / log2(place + 1), over the first ${DEPTH}; 1 = the best order of all judged documents. Documents with the same text are one`,
          recall: `share of the judged documents (grade above 0) among the first ${DEPTH}, averaged over queries; below 100 % at best when there are more than ${DEPTH}`,
          'better / worse':
            'queries whose nDCG is higher, and lower, with hybrid; "beats it": mean nDCG higher and mean recall not lower',
          latency:
            'from sending the request to having read the whole answer, client in another process than the server; all queries hybrid first, then vector, whose query vectors may be at hand, then lexical',
          Spearman:
            'rank correlation of the cosine of two sentences with the rating people gave, model opened directly',
        },
        server: server.facts,
        tables: [
          ...(stored.length > 0
            ? [qualityTable(figures), comparisonTable(figures), latencyTable(figures, concurrency)]
            : []),
          ...(Object.keys(pairs).length > 0 ? [similarityTable(pairs)] : []),
        ],
        figures: { sets: figures, similarity: pairs },
      },
      server.dir,
    );
  },
};
