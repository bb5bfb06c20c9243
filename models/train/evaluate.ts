// bun models/train/evaluate.ts: the figures of a model folder on the evaluation sets, vectors alone, through the same
// embedder the server uses. Separate from training, which never opens these files.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import pino from 'pino';
import { openLookup } from '../../src/platform/inference/lookup-embedder.ts';
import { openOnnxEmbedder } from '../../src/platform/inference/onnx-embedder.ts';
import { withFigures } from './card.ts';
import { writeChecksums } from './export.ts';
import { dot, ndcgAt, recallAt, spearman } from './measures.ts';

type Embed = (texts: string[], as: 'query' | 'document') => Promise<Float32Array[]>;

const jsonLines = (path: string) =>
  gunzipSync(readFileSync(path))
    .toString('utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

async function similarity(path: string, embed: Embed): Promise<number> {
  const rows = jsonLines(path) as { a: string; b: string; score: number }[];
  const left = await embed(
    rows.map((row) => row.a),
    'document',
  );
  const right = await embed(
    rows.map((row) => row.b),
    'document',
  );
  return spearman(
    rows.map((_, at) => dot(left[at]!, right[at]!)),
    rows.map((row) => row.score),
  );
}

/** Ids of the best ten documents. */
function best(query: Float32Array, documents: readonly { id: string; vector: Float32Array }[]): string[] {
  return documents
    .map(({ id, vector }) => ({ id, score: dot(query, vector) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, 10)
    .map(({ id }) => id);
}

async function retrieval(path: string, embed: Embed): Promise<{ recall: number; ndcg: number; queries: number }> {
  const rows = jsonLines(path);
  const docs = rows.filter((row) => row.type === 'doc');
  const queries = rows.filter((row) => row.type === 'query');
  const gold = new Map<string, Map<string, number>>();
  for (const { type, query, doc, score } of rows) {
    if (type !== 'qrel' || !(score > 0)) continue;
    if (!gold.has(query)) gold.set(query, new Map());
    gold.get(query)!.set(doc, score);
  }
  const docVectors = await embed(
    docs.map((doc) => doc.text),
    'document',
  );
  const queryVectors = await embed(
    queries.map((query) => query.text),
    'query',
  );
  const documents = docs.map((doc, at) => ({ id: doc.id, group: doc.group, vector: docVectors[at]! }));
  let recall = 0;
  let ndcg = 0;
  let counted = 0;
  for (const [at, { id, group }] of queries.entries()) {
    const wanted = gold.get(id);
    if (!wanted) continue;
    const within = group === undefined ? documents : documents.filter((document) => document.group === group);
    const found = best(queryVectors[at]!, within);
    recall += recallAt(found, wanted);
    ndcg += ndcgAt(found, wanted);
    counted++;
  }
  return { recall: recall / counted, ndcg: ndcg / counted, queries: counted };
}

interface Conversation {
  sessions: { turns: { dia_id: string; speaker: string; text: string; image_caption?: string }[] }[];
  qa: { question: string; evidence: string[]; category: number }[];
}

/**
 * Turn recall@10 over the answerable questions, each against its own conversation: the turn's vector alone, and its
 * cosine added to that of a window, the turn with the one before and the one after.
 */
async function locomo(path: string, embed: Embed): Promise<{ turn: number; window: number; queries: number }> {
  const recall = { turn: 0, window: 0 };
  let counted = 0;
  for (const { sessions, qa } of JSON.parse(readFileSync(path, 'utf8')) as Conversation[]) {
    const ids = sessions.flatMap((session) => session.turns.map((turn) => turn.dia_id));
    const texts = sessions.map((session) =>
      session.turns.map(
        ({ speaker, text, image_caption }) => `${speaker}: ${text}${image_caption ? ` [shares ${image_caption}]` : ''}`,
      ),
    );
    const windows = texts.map((turns) => turns.map((_, at) => turns.slice(Math.max(0, at - 1), at + 2).join('\n')));
    const turnVectors = await embed(texts.flat(), 'document');
    const windowVectors = await embed(windows.flat(), 'document');
    const turns = ids.map((id, at) => ({ id, vector: turnVectors[at]! }));
    const both = ids.map((id, at) => ({ id, vector: turnVectors[at]!.map((x, dim) => x + windowVectors[at]![dim]!) }));
    const asked = qa.filter(({ category }) => category !== 5);
    const queries = await embed(
      asked.map(({ question }) => question),
      'query',
    );
    for (const [at, { evidence }] of asked.entries()) {
      const wanted = evidence.flatMap((entry) =>
        [...entry.matchAll(/D(\d+):(\d+)/g)].map(([, session, turn]) => `D${Number(session)}:${Number(turn)}`),
      );
      if (wanted.length === 0) continue;
      const gold = new Map(wanted.map((id) => [id, 1]));
      recall.turn += recallAt(best(queries[at]!, turns), gold);
      recall.window += recallAt(best(queries[at]!, both), gold);
      counted++;
    }
  }
  return { turn: recall.turn / counted, window: recall.window / counted, queries: counted };
}

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/eval' },
    model: { type: 'string', default: 'models/engram-mini' },
    json: { type: 'boolean', default: false },
    /** Writes the figures into the model card. */
    card: { type: 'boolean', default: false },
  },
});

const options = { model_dir: values.model, threads: 1, batch_size: 64, logger: pino({ level: 'silent' }) };
const embedder = (await openLookup(options)) ?? (await openOnnxEmbedder(options));
const embed: Embed = (texts, as) =>
  as === 'query' ? Promise.all(texts.map((text) => embedder.embedQuery(text))) : embedder.embedDocuments(texts);
const figures: Record<string, number> = {};
const note = (name: string, figure: number, more = '') => {
  figures[name] = Math.round(figure * 10_000) / 10_000;
  if (!values.json) console.log(`${name.padEnd(34)} ${figure.toFixed(4)} ${more}`);
};
for (const set of ['stsb-test', 'stsb-dev', 'sick-test']) {
  const path = join(values.data, 'similarity', `${set}.jsonl.gz`);
  if (existsSync(path)) note(`${set} Spearman`, await similarity(path, embed));
}
for (const set of ['cosqa-dev', 'mtrag-cloud-pool', 'mtrag-fiqa-pool', 'cranfield', 'medline']) {
  const path = join(values.data, 'retrieval', `${set}.jsonl.gz`);
  if (!existsSync(path)) continue;
  const { recall, ndcg, queries } = await retrieval(path, embed);
  note(`${set} recall@10`, recall, `(${queries} queries)`);
  note(`${set} nDCG@10`, ndcg);
}
const conversations = join(values.data, 'locomo-dev.json');
if (existsSync(conversations)) {
  const { turn, window, queries } = await locomo(conversations, embed);
  note('LoCoMo dev turn recall@10', turn, `(${queries} questions)`);
  note('LoCoMo dev turn + window recall@10', window);
}
if (values.json) console.log(JSON.stringify(figures));
if (values.card) {
  const path = join(values.model, 'README.md');
  writeFileSync(path, withFigures(readFileSync(path, 'utf8'), figures));
  await writeChecksums(values.model);
}
await embedder.close();
