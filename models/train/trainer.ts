// Runs the training: starting weights, workers, learning rate, progress and checkpoints.
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Corpus } from './corpus.ts';
import { planEpoch, textHashes } from './plan.ts';
import { mixSeed, seededRandom } from './random.ts';
import { newState, type State } from './state.ts';

export interface TrainOptions {
  dims: number;
  batch: number;
  seed: number;
  epochs: number;
  /** Fewer epochs where this would not suffice; the learning rate still falls to its end. */
  minutes?: number | undefined;
  /** Where the checkpoint is; none without. */
  work?: string | undefined;
  resume?: boolean;
  rate?: number;
  dropout?: number;
  workers?: number;
  chunk?: number;
  saveEveryMs?: number;
  /** Stops after the present steps, the checkpoint written. */
  signal?: AbortSignal;
  log(line: string): void;
}

export interface Trained {
  /** What the model is: exp(weight) x vector for each token. */
  rows: Float32Array;
  steps: number;
  pairs: number;
  seconds: number;
  loss: number;
}

const WARM_UP = 50;
/** SIF: a word's weight is a / (a + its share of all words). */
const SIF = 1e-3;

interface Progress {
  step: number;
  steps: number;
  epoch: number;
  place: number;
  seconds: number;
  /** Of the last chunk. */
  loss: number;
}

export async function train(corpus: Corpus, options: TrainOptions): Promise<Trained> {
  const { dims, batch, seed, epochs, log, work, minutes } = options;
  const { rate = 0.01, dropout = 0.1, workers = 2, chunk = 32, saveEveryMs = 90_000 } = options;
  const state = newState(
    { rows: corpus.vocabulary.length, dims, batch, workers, room: batch * 192, chunk, seed, dropout },
    corpus.tokens,
    corpus.starts,
  );
  initialise(state, corpus);
  const hashes = textHashes(corpus);
  const plan = (epoch: number) => planEpoch(corpus, hashes, batch, seed, epoch);
  let progress: Progress = { step: 0, steps: 0, epoch: 0, place: 0, seconds: 0, loss: 0 };
  const saved = options.resume && work ? await loadCheckpoint(work, state) : undefined;
  if (saved) progress = saved;
  let batches = plan(progress.epoch);
  const perStep = workers * batch;
  if (progress.steps === 0) progress.steps = Math.floor((batches.length / perStep) * epochs);
  log(`${Math.floor(batches.length / batch)} batches an epoch, ${progress.steps} steps, from step ${progress.step}`);

  const threads = await startWorkers(state);
  const before = progress.seconds;
  const started = performance.now();
  let lastSave = started;
  // With a time limit the number of steps is fixed once, after the speed is known; it is in the checkpoint from then on.
  let measured = saved !== undefined || minutes === undefined;
  try {
    while (progress.step < progress.steps) {
      const steps = Math.min(chunk, progress.steps - progress.step);
      for (let place = 0; place < steps; place++) {
        if ((progress.place + 1) * perStep > batches.length) {
          progress.epoch++;
          progress.place = 0;
          batches = plan(progress.epoch);
          if (batches.length < perStep)
            throw new Error('The corpus is too small for one batch: choose a smaller --batch.');
        }
        state.pairs.set(batches.subarray(progress.place * perStep, (progress.place + 1) * perStep), place * perStep);
        state.rates[place] = rate * schedule(progress.step + place, progress.steps);
        progress.place++;
      }
      await runSteps(threads, steps, progress.step);
      progress.step += steps;
      progress.seconds = before + (performance.now() - started) / 1000;
      const { losses } = state;
      progress.loss = losses.subarray(0, steps * workers).reduce((sum, one) => sum + one, 0) / (steps * workers);
      const speed = (progress.step * perStep) / progress.seconds;
      if (!measured && progress.step >= 4 * chunk && minutes !== undefined) {
        measured = true;
        const fitting = Math.floor((minutes * 60 * speed * 0.97) / perStep);
        progress.steps = Math.max(progress.step, Math.min(progress.steps, fitting));
        log(`${Math.round(speed)} pairs/s: ${progress.steps} steps fit ${minutes} minutes`);
      }
      if ((progress.step / chunk) % 8 < 1 || progress.step === progress.steps) {
        log(
          `step ${progress.step}/${progress.steps} epoch ${progress.epoch} loss ${progress.loss.toFixed(4)} ${Math.round(speed)} pairs/s`,
        );
      }
      if (work && performance.now() - lastSave >= saveEveryMs) {
        saveCheckpoint(work, state, progress);
        lastSave = performance.now();
      }
      if (options.signal?.aborted && progress.step < progress.steps) {
        if (work) saveCheckpoint(work, state, progress);
        throw new Error(`Stopped at step ${progress.step} of ${progress.steps}; --resume goes on from there.`);
      }
    }
    if (work) saveCheckpoint(work, state, progress);
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  return {
    rows: foldWeights(state),
    steps: progress.step,
    pairs: progress.step * perStep,
    seconds: progress.seconds,
    loss: progress.loss,
  };
}

function schedule(step: number, steps: number): number {
  const warm = Math.min(1, (step + 1) / Math.min(WARM_UP, steps / 10 + 1));
  return warm * Math.max(0.01, 1 - step / steps);
}

function initialise({ vectors, weights, shape }: State, corpus: Corpus): void {
  const random = seededRandom(mixSeed(shape.seed, 0x1417));
  const spread = 1 / Math.sqrt(shape.dims);
  for (let at = 0; at < vectors.length; at++) {
    // The sum of three uniform numbers is near enough to a normal one, and the same on every machine.
    vectors[at] = (random() + random() + random() - 1.5) * 2 * spread;
  }
  const total = corpus.frequency.reduce((sum, count) => sum + count, 0);
  for (let id = 0; id < shape.rows; id++) weights[id] = Math.log(SIF / (SIF + corpus.frequency[id]! / total));
}

/** Beyond this length a row grows by `BEYOND` of what it learnt. */
const LONGEST_ROW = 2.4;
const BEYOND = 0.05;

/**
 * One row a token. Adam lets rare tokens, names above all, grow several times as long as the rest: a text would point
 * where its one rare word points. So lengths are limited (LoCoMo dev recall without: 9 points less).
 */
export function foldWeights({ vectors, weights, shape }: State): Float32Array {
  const { dims } = shape;
  const rows = new Float32Array(vectors.length);
  for (let from = 0; from < rows.length; from += dims) {
    const weight = Math.exp(weights[from / dims]!);
    let square = 0;
    for (let at = from; at < from + dims; at++) square += (vectors[at]! * weight) ** 2;
    const length = Math.sqrt(square);
    const scale = length > LONGEST_ROW ? (LONGEST_ROW + BEYOND * (length - LONGEST_ROW)) / length : 1;
    for (let at = from; at < from + dims; at++) rows[at] = vectors[at]! * weight * scale;
  }
  return rows;
}

async function startWorkers(state: State): Promise<Worker[]> {
  const threads = Array.from(
    { length: state.shape.workers },
    (_, worker) => new Worker(new URL('./worker.ts', import.meta.url), { workerData: { state, worker } }),
  );
  await Promise.all(threads.map(answer));
  return threads;
}

const answer = (thread: Worker): Promise<void> =>
  new Promise((resolve, reject) => {
    thread.once('message', () => {
      thread.off('error', reject);
      resolve();
    });
    thread.once('error', reject);
  });

async function runSteps(threads: readonly Worker[], steps: number, done: number): Promise<void> {
  const answers = Promise.all(threads.map(answer));
  for (const thread of threads) thread.postMessage({ steps, done });
  await answers;
}

const learnt = (state: State) => [
  state.vectors,
  state.weights,
  state.vectorMean,
  state.vectorSquare,
  state.weightMean,
  state.weightSquare,
];

/** Written beside and renamed: a run killed while it saves still has the checkpoint before. */
function saveCheckpoint(work: string, state: State, progress: Progress): void {
  const { seed, rows, dims, batch, workers } = state.shape;
  const head = Buffer.from(
    JSON.stringify({ progress, identity: [seed, rows, dims, batch, workers].join() }).padEnd(512),
  );
  const path = join(work, 'checkpoint.bin');
  const parts = learnt(state).map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  writeFileSync(`${path}.next`, Buffer.concat([head, ...parts]));
  renameSync(`${path}.next`, path);
}

async function loadCheckpoint(work: string, state: State): Promise<Progress | undefined> {
  const path = join(work, 'checkpoint.bin');
  if (!existsSync(path)) return undefined;
  const raw = await readFile(path);
  const { progress, identity } = JSON.parse(raw.subarray(0, 512).toString()) as {
    progress: Progress;
    identity: string;
  };
  const { seed, rows, dims, batch, workers } = state.shape;
  if (identity !== [seed, rows, dims, batch, workers].join()) {
    throw new Error(`${path} comes from other settings: repeat those, or remove it to start again.`);
  }
  let from = 512;
  for (const part of learnt(state)) {
    new Uint8Array(part.buffer).set(raw.subarray(from, from + part.byteLength));
    from += part.byteLength;
  }
  return progress;
}
