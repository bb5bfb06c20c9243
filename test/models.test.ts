// The built-in model: its tokenizer, its training (gradient, reproducibility), its export, and the shipped weights.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import pino from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import { type Corpus, halves } from '../models/train/corpus.ts';
import { quantise, writeModel } from '../models/train/export.ts';
import { openLoss, TEMPERATURE } from '../models/train/loss.ts';
import { dot, spearman } from '../models/train/measures.ts';
import { planEpoch, textHashes } from '../models/train/plan.ts';
import { seededRandom } from '../models/train/random.ts';
import { newState } from '../models/train/state.ts';
import { Half } from '../models/train/step.ts';
import { openPieces, tokenizerJson, words } from '../models/train/tokenizer.ts';
import { train } from '../models/train/trainer.ts';
import { buildVocabulary } from '../models/train/vocabulary.ts';
import { openOnnxEmbedder } from '../src/platform/inference/onnx-embedder.ts';

const logger = pino({ level: 'silent' });
const folder = mkdtempSync(join(tmpdir(), 'engram-model-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SUBJECTS = ['cat', 'engine', 'river', 'guitar', 'bakery', 'doctor', 'planet', 'garden', 'ticket', 'window'];
const VERBS = ['sleeps', 'breaks', 'floods', 'sounds', 'opens', 'answers', 'turns', 'blooms', 'expires', 'closes'];

/** Pairs that share a subject under two different words. */
function tinyCorpus(): Corpus {
  const random = seededRandom(5);
  const texts: string[] = [];
  for (let pair = 0; pair < 400; pair++) {
    const which = Math.floor(random() * SUBJECTS.length);
    texts.push(`the ${SUBJECTS[which]} number ${pair}`, `it ${VERBS[which]} today at ${400 + pair}`);
  }
  const counts = new Map<string, number>();
  for (const text of texts) for (const word of words(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const vocabulary = buildVocabulary(counts, 300);
  const pieces = openPieces(vocabulary);
  const ids = texts.map(pieces.encode);
  const starts = new Uint32Array(new SharedArrayBuffer((ids.length + 1) * 4));
  for (const [text, list] of ids.entries()) starts[text + 1] = starts[text]! + list.length;
  const tokens = new Uint16Array(new SharedArrayBuffer(starts.at(-1)! * 2));
  tokens.set(ids.flat());
  const frequency = new Float64Array(vocabulary.length);
  for (const id of tokens) frequency[id]!++;
  const group = new Uint16Array(400);
  return {
    vocabulary,
    frequency,
    tokens,
    starts,
    group,
    groups: [{ name: 'tiny', weight: 1 }],
    sources: { tiny: 400 },
  };
}

const settings = { dims: 16, batch: 32, seed: 3, epochs: 4, rate: 0.05, chunk: 8, log: () => undefined };

describe('tokenizer', () => {
  it('gives the ids that the library gives for its tokenizer.json, on any text', () => {
    const shipped = 'models/engram-mini/tokenizer.json';
    const vocabulary = existsSync(shipped)
      ? Object.keys(JSON.parse(readFileSync(shipped, 'utf8')).model.vocab)
      : tinyCorpus().vocabulary;
    const byId = existsSync(shipped) ? sortById(JSON.parse(readFileSync(shipped, 'utf8')).model.vocab) : vocabulary;
    const ours = openPieces(byId);
    const theirs = new Tokenizer(tokenizerJson(byId), {});
    const random = seededRandom(11);
    const parts = [
      ...byId.map((piece) => piece.replace('##', '')),
      ...[
        'Café',
        'naïve',
        'ÅNGSTRÖM',
        'İstanbul',
        'ΣΊΣΥΦΟΣ',
        '东京',
        '日本語テキスト',
        'שלום',
        'مرحبا',
        '한국어',
        '🚀',
        '👩‍👩‍👧',
      ],
      ...[
        'snake_case_name',
        'camelCase',
        '[PAD]',
        '[UNK]',
        '##s',
        "don't",
        '3.14',
        '$5',
        'a-b',
        '¿qué?',
        '…',
        '\u200b',
        '\u00a0',
      ],
      ...['x'.repeat(60), 'e\u0301', '\ud800', 'constructor', '__proto__', '𠀀', '\t\n', 'Ⅷ', 'ß', 'ﬁ'],
    ];
    for (let round = 0; round < 3000; round++) {
      const length = 1 + Math.floor(random() * 12);
      const text = Array.from({ length }, () => {
        const part = parts[Math.floor(random() * parts.length)]!;
        const glue = random() < 0.8 ? ' ' : random() < 0.5 ? '' : ',';
        return (random() < 0.2 ? part.toUpperCase() : part) + glue;
      }).join('');
      expect(ours.encode(text), JSON.stringify(text)).toEqual(theirs.encode(text, { add_special_tokens: false }).ids);
    }
  });

  it('loses no word made of known characters', () => {
    const pieces = openPieces(tinyCorpus().vocabulary);
    const spelled = pieces.encode('zyxwvut').map((id) => pieces.vocabulary[id]!.replace('##', ''));
    expect(spelled.join('')).toBe('zyxwvut');
  });
});

const sortById = (vocabulary: Record<string, number>): string[] =>
  Object.entries(vocabulary)
    .sort(([, a], [, b]) => a - b)
    .map(([piece]) => piece);

describe('training', () => {
  it('has the gradient that finite differences show', async () => {
    const [batch, dims] = [5, 8];
    const random = seededRandom(2);
    const rows = () => Float32Array.from({ length: batch * dims }, () => (random() - 0.5) * 0.2);
    const [left, right] = [rows(), rows()];
    /** The loss written out, in double precision. */
    const plain = (a: Float32Array | number[], b: Float32Array | number[]): number => {
      let loss = 0;
      const score = (i: number, j: number) => {
        let sum = 0;
        for (let dim = 0; dim < dims; dim++) sum += a[i * dims + dim]! * b[j * dims + dim]!;
        return sum / TEMPERATURE;
      };
      for (let i = 0; i < batch; i++) {
        let [forward, backward] = [0, 0];
        for (let j = 0; j < batch; j++) {
          forward += Math.exp(score(i, j));
          backward += Math.exp(score(j, i));
        }
        loss += Math.log(forward) + Math.log(backward) - 2 * score(i, i);
      }
      return loss / (2 * batch);
    };
    const gradients = [left.slice(), right.slice()] as const;
    const loss = await (await openLoss(dims)).replaceByGradient(gradients[0], gradients[1]);
    expect(loss).toBeCloseTo(plain(left, right), 4);
    const step = 1e-5;
    for (let at = 0; at < left.length; at++) {
      for (const side of [0, 1] as const) {
        const moved = (by: number) => {
          const sides = [[...left], [...right]];
          sides[side]![at]! += by;
          return plain(sides[0]!, sides[1]!);
        };
        expect(gradients[side][at]).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 3);
      }
    }
  });

  it('has that gradient for every token vector and weight, through sum and length', async () => {
    const { tokens, starts, vocabulary } = tinyCorpus();
    const shape = { rows: vocabulary.length, dims: 8, batch: 6, workers: 1, room: 200, chunk: 1, seed: 1, dropout: 0 };
    const state = newState(shape, tokens, starts);
    const random = seededRandom(6);
    for (let at = 0; at < state.vectors.length; at++) state.vectors[at] = random() - 0.5;
    for (let id = 0; id < shape.rows; id++) state.weights[id] = -random();
    state.pairs.set([0, 1, 2, 3, 4, 5]);
    const half = new Half(state, 0, await openLoss(shape.dims));
    await half.differentiate(0, 0);
    // Adam's first mean is a tenth of the gradient; with a rate of 0 nothing moves.
    half.update(0, 1);
    const check = async (cells: Float32Array, mean: Float32Array, at: number) => {
      const kept = cells[at]!;
      const losses: number[] = [];
      for (const step of [3e-4, -3e-4]) {
        cells[at] = kept + step;
        losses.push(await half.differentiate(0, 0));
      }
      cells[at] = kept;
      expect(mean[at]! * 10).toBeCloseTo((losses[0]! - losses[1]!) / 6e-4, 2);
    };
    const used = new Set(tokens.subarray(0, starts[12]));
    for (const id of used) {
      await check(state.weights, state.weightMean, id);
      await check(state.vectors, state.vectorMean, id * shape.dims + (id % shape.dims));
    }
    expect(Math.max(...used.values().map((id) => Math.abs(state.weightMean[id]!)))).toBeGreaterThan(0.01);
  });

  it('learns, and gives the same weights for the same seed', async () => {
    const corpus = tinyCorpus();
    const first = await train(corpus, { ...settings, epochs: 16 });
    const second = await train(corpus, { ...settings, epochs: 16 });
    const other = await train(corpus, { ...settings, seed: 4 });
    expect(second.rows).toEqual(first.rows);
    expect(other.rows).not.toEqual(first.rows);
    const pieces = openPieces(corpus.vocabulary);
    const vector = (word: string) => {
      const id = pieces.encode(word)[0]!;
      return first.rows.subarray(id * settings.dims, (id + 1) * settings.dims);
    };
    for (const [at, subject] of SUBJECTS.entries()) {
      const scores = VERBS.map((verb) => dot(vector(subject), vector(verb)));
      expect(scores.indexOf(Math.max(...scores)), subject).toBe(at);
    }
  });

  it('resumes where it stopped with the result of an uninterrupted run', async () => {
    const corpus = tinyCorpus();
    const whole = await train(corpus, settings);
    const stopped = train(corpus, { ...settings, work: folder, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toThrow('Stopped at step 8 of');
    const resumed = await train(corpus, { ...settings, work: folder, resume: true });
    expect(resumed.rows).toEqual(whole.rows);
    await expect(train(corpus, { ...settings, seed: 9, work: folder, resume: true })).rejects.toThrow('other settings');
  });

  it('never puts one text twice into a batch, and plans an epoch the same way again', () => {
    const corpus = tinyCorpus();
    const hashes = textHashes(corpus);
    const plan = planEpoch(corpus, hashes, 32, 1, 0);
    expect(plan).toEqual(planEpoch(corpus, hashes, 32, 1, 0));
    expect(plan).not.toEqual(planEpoch(corpus, hashes, 32, 1, 1));
    expect(plan.length % 32).toBe(0);
    for (let at = 0; at < plan.length; at += 32) {
      const texts = [...plan.subarray(at, at + 32)].flatMap((pair) => [hashes[2 * pair]!, hashes[2 * pair + 1]!]);
      expect(new Set(texts).size).toBe(64);
    }
  });

  it('cuts passages between sentences', () => {
    expect(halves(`${'One sentence. '.repeat(6)}${'Another one. '.repeat(6)}`)?.[1]).toMatch(/^\w+ .*\.$/);
    expect(halves('no end of a sentence anywhere in this passage of some eighty characters or so')).toBeUndefined();
  });
});

describe('export', () => {
  it('computes what plain loops compute, within what eight bits lose', async () => {
    const { vocabulary } = tinyCorpus();
    const dims = 16;
    const random = seededRandom(8);
    const rows = Float32Array.from({ length: vocabulary.length * dims }, () => random() - 0.5);
    await writeModel(join(folder, 'tiny'), { vocabulary }, { rows }, { dims, seed: 1 });
    const embedder = await openOnnxEmbedder({ model_dir: join(folder, 'tiny'), threads: 1, logger });
    const texts = ['the cat', 'the guitar sounds today, at number 7', 'zebra', ''];
    const vectors = await embedder.embedDocuments(texts);
    const pieces = openPieces(vocabulary);
    for (const [at, text] of texts.slice(0, 3).entries()) {
      const sum = new Float32Array(dims);
      for (const id of pieces.encode(text)) for (let dim = 0; dim < dims; dim++) sum[dim]! += rows[id * dims + dim]!;
      const length = Math.sqrt(dot(sum, sum));
      const unit = sum.map((x) => x / length);
      expect(dot(unit, vectors[at]!)).toBeGreaterThan(0.9995);
      expect(dot(vectors[at]!, vectors[at]!)).toBeCloseTo(1, 5);
    }
    expect(dot(vectors[3]!, vectors[3]!)).toBeCloseTo(1, 5);
    await embedder.close();
  });

  it('keeps rows of any size, the empty one too', () => {
    const { values, scales } = quantise(Float32Array.of(0, 0, 1, -2, 1e-6, 5e-7), 2);
    expect([...values]).toEqual([0, 0, 64, -127, 127, 64]);
    expect(scales.every((scale) => scale > 0)).toBe(true);
  });

  it('ranks equal values alike', () => {
    expect(spearman([1, 2, 3, 4], [10, 20, 30, 40])).toBeCloseTo(1);
    expect(spearman([1, 1, 2], [2, 2, 1])).toBeCloseTo(-1);
  });
});

const shipped = 'models/engram-mini';
describe.skipIf(!existsSync(join(shipped, 'model.onnx')))('the shipped model', () => {
  it('is what its checksums say, and small', () => {
    let bytes = 0;
    for (const line of readFileSync(join(shipped, 'SHA256SUMS'), 'utf8').trim().split('\n')) {
      const [digest, file] = line.split('  ') as [string, string];
      const raw = readFileSync(join(shipped, file));
      bytes += raw.length;
      expect(createHash('sha256').update(raw).digest('hex'), file).toBe(digest);
    }
    expect(bytes).toBeLessThan(12_000_000);
  });

  it('finds what means the same among what does not', async () => {
    const embedder = await openOnnxEmbedder({ model_dir: shipped, threads: 1, logger });
    const pairs = [
      ['What does she do for a living?', 'Anna works as a nurse in a hospital'],
      ['physician', 'doctor'],
      ['purchase an automobile', 'I want to buy a new car'],
      ['Which pets does he own?', 'He has two dogs and a cat at home'],
      ['favourite food', 'She loves eating pizza and pasta for dinner'],
      ['The server crashed last night', 'Our database was down because of an error'],
      ['holiday plans', 'We are going on vacation to the beach in Spain'],
      ['How do I read a file line by line?', 'Open the text and iterate over every line with a loop'],
      ['musical instruments', 'Tom plays the guitar and the piano'],
      ['exercise routine', 'I go running every morning and do yoga at the gym'],
    ] as const;
    const queries = await Promise.all(pairs.map(([query]) => embedder.embedQuery(query)));
    const documents = await embedder.embedDocuments(pairs.map(([, text]) => text));
    const right = queries.filter((query, at) => {
      const scores = documents.map((document) => dot(query, document));
      return scores.indexOf(Math.max(...scores)) === at;
    });
    expect(right.length).toBeGreaterThanOrEqual(9);
    await embedder.close();
  });
});
