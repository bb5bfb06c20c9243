// The reranker in its thread: the same scores and errors as without, calls that are given up, and threads that die.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModelFolder, writeToyReranker } from '../../../test/support/onnx-model.ts';
import { type Logger, silentLogger } from '../../core/log.ts';
import type { Reranker } from '../../core/ports.ts';
import { ModelError } from './model-error.ts';
import { openOnnxReranker } from './onnx-reranker.ts';
import { openWorkerReranker, type WorkerRerankerOptions } from './worker-reranker.ts';

let root: string;
let toy: string;
let mortal: URL;
const opened: Reranker[] = [];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'engram-reranker-thread-'));
  toy = await writeToyReranker(join(root, 'toy'), { style: 'xlm-r' });
  // The real thread, with questions it dies of.
  const file = join(root, 'mortal-worker.ts');
  await writeFile(
    file,
    `import { parentPort } from 'node:worker_threads';
parentPort.on('message', ({ ask }) => {
  if (ask?.query === 'die') process.exit(7);
  if (ask?.query === 'throw') throw new Error('heap of trouble');
});
await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'reranker-worker.ts')).href)});
`,
  );
  mortal = pathToFileURL(file);
});
afterAll(async () => {
  for (const reranker of opened) await reranker.close();
  await rm(root, { recursive: true, force: true });
});

async function open(model_dir: string, options: Partial<WorkerRerankerOptions> = {}): Promise<Reranker> {
  const reranker = await openWorkerReranker({ model_dir, threads: 1, logger: silentLogger, ...options });
  opened.push(reranker);
  return reranker;
}
const never = () => new AbortController().signal;
const TEXTS = ['he bought an automobile', 'the doctor is at home', 'a kitten', ''];

/** Runs in the thread, as its log tells them. */
const watching = () => {
  const runs: number[] = [];
  const logger: Logger = {
    ...silentLogger,
    debug: (fields) => runs.push((fields as { pairs: number }).pairs),
  };
  return { runs, logger };
};

describe('in its thread', () => {
  it('scores as in process, in the order asked', async () => {
    const here = await openOnnxReranker({ model_dir: toy, threads: 1, logger: silentLogger });
    opened.push(here);
    const there = await open(toy);
    expect(there.name).toBe(here.name);
    expect(await there.score('purchase a car', TEXTS, never())).toEqual(
      await here.score('purchase a car', TEXTS, never()),
    );
    expect(await there.score('purchase a car', [], never())).toEqual([]);
  });

  it('says what is wrong with a folder in the same sentence', async () => {
    const broken = await writeModelFolder(join(root, 'broken'), { 'model.onnx': 'x', 'tokenizer.json': '{"model":' });
    for (const model_dir of [join(root, 'nowhere'), broken]) {
      const options = { model_dir, threads: 1, logger: silentLogger };
      const here = await openOnnxReranker(options).catch((error: unknown) => error);
      const there = await openWorkerReranker(options).catch((error: unknown) => error);
      expect(there).toBeInstanceOf(ModelError);
      expect((there as Error).message).toBe((here as Error).message);
    }
  });

  it('scores one call at a time, in the order they came', async () => {
    const { runs, logger } = watching();
    const reranker = await open(toy, { logger, batch_size: 2 });
    const order: string[] = [];
    await Promise.all(
      ['first', 'second', 'third'].map(async (name) => {
        await reranker.score(name, TEXTS, never());
        order.push(name);
      }),
    );
    expect(order).toEqual(['first', 'second', 'third']);
    expect(runs).toEqual([2, 2, 2, 2, 2, 2]);
  });
});

describe('a call that is given up', () => {
  it('ends at once with the reason, and the thread is told', async () => {
    // A thread that never answers, and counts the calls it was told to drop.
    const file = join(root, 'patient-worker.ts');
    const body = pathToFileURL(join(import.meta.dirname, 'worker-body.ts')).href;
    await writeFile(
      file,
      `import { runBody } from ${JSON.stringify(body)};
let dropped = 0;
await runBody(async () => ({
  info: 'patient@1',
  answer: async ({ query }, signal) => {
    if (query === 'dropped') return [dropped];
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    dropped++;
    throw signal.reason;
  },
  close: async () => {},
}));
`,
    );
    const reranker = await open(toy, { entry: pathToFileURL(file) });
    const giving = new AbortController();
    const reason = new Error('no time left');
    const calls = [1, 2, 3].map((i) => reranker.score('wait', TEXTS, i === 3 ? never() : giving.signal));
    const [first, second] = calls;
    expect(await reranker.score('dropped', TEXTS, never())).toEqual([0]);
    giving.abort(reason);
    await expect(first).rejects.toBe(reason);
    await expect(second).rejects.toBe(reason);
    expect(await reranker.score('dropped', TEXTS, never())).toEqual([2]);
    const third = expect(calls[2]).rejects.toThrow('closed');
    await reranker.close();
    await third;
  });

  it('leaves the thread to the next', async () => {
    const reranker = await open(toy, { batch_size: 1 });
    const giving = new AbortController();
    const long = reranker.score('car', new Array(200).fill('kitten'), giving.signal);
    giving.abort(new Error('no time left'));
    await expect(long).rejects.toThrow('no time left');
    const [one] = await reranker.score('purchase a car', ['bought an automobile'], never());
    expect(one).toBeGreaterThan(0.9);
  });

  it('before it begins is not begun', async () => {
    const { runs, logger } = watching();
    const reranker = await open(toy, { logger });
    await expect(reranker.score('car', TEXTS, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    await reranker.score('car', ['kitten'], never());
    expect(runs).toEqual([1]);
  });

  it('does not wait for a thread that starts again', async () => {
    const reranker = await open(toy, { entry: mortal, backoff_ms: 3_600_000 });
    await expect(reranker.score('die', TEXTS, never())).rejects.toThrow('exit code 7');
    const giving = new AbortController();
    const waiting = reranker.score('car', TEXTS, giving.signal);
    giving.abort(new Error('no time left'));
    await expect(waiting).rejects.toThrow('no time left');
  });
});

describe('a thread that dies', () => {
  it('rejects what waits, and the next call starts another', async () => {
    const reranker = await open(toy, { entry: mortal, backoff_ms: 1 });
    const outcomes = await Promise.allSettled([
      reranker.score('die', TEXTS, never()),
      reranker.score('car', TEXTS, never()),
    ]);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { message: expect.stringMatching(/reranking thread stopped \(exit code 7\)/) },
      });
    expect(await reranker.score('car', TEXTS, never())).toHaveLength(4);
    await expect(reranker.score('throw', TEXTS, never())).rejects.toThrow('heap of trouble');
    expect(await reranker.score('car', TEXTS, never())).toHaveLength(4);
  });

  it('three times within a minute stays down until the minute is over', async () => {
    let now = 0;
    const reranker = await open(toy, { entry: mortal, backoff_ms: 1, now: () => now });
    for (const at of [0, 1000, 2000]) {
      now = at;
      await expect(reranker.score('die', TEXTS, never())).rejects.toThrow('starts it again');
    }
    now = 59_000;
    await expect(reranker.score('car', TEXTS, never())).rejects.toThrow(
      /stopped 3 times within a minute and stays down until the minute is over.*exit code 7/,
    );
    now = 60_001;
    expect(await reranker.score('car', TEXTS, never())).toHaveLength(4);
  });
});

it('closed rejects what waits and what comes later', async () => {
  const reranker = await open(toy);
  const waiting = Promise.allSettled([1, 2].map(() => reranker.score('car', TEXTS, never())));
  await reranker.close();
  for (const outcome of await waiting)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'The reranker is closed.' } });
  await reranker.close();
  await expect(reranker.score('car', TEXTS, never())).rejects.toThrow('closed');
});
