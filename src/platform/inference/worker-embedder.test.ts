// The embedder in its thread: the same answers and errors as without, an event loop that goes on, and threads that die.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  hiddenStateModel,
  randomTable,
  unigramTokenizer,
  writeModelFolder,
  writeToyModel,
} from '../../../test/support/onnx-model.ts';
import { type Logger, silentLogger } from '../../core/log.ts';
import type { Embedder } from '../../core/ports.ts';
import { ModelError } from './model-error.ts';
import { openOnnxEmbedder } from './onnx-embedder.ts';
import { openWorkerEmbedder, type WorkerEmbedderOptions } from './worker-embedder.ts';

const HERE = import.meta.dirname;
const WORDS = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta'];
const HEAVY_DIMS = 2048;

let root: string;
let toy: string;
let heavy: string;
let mortal: URL;
const opened: Embedder[] = [];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'engram-worker-'));
  toy = await writeToyModel(join(root, 'toy'), { dims: 64, pooling: 'mean' });
  heavy = await writeModelFolder(join(root, 'heavy'), {
    'model.onnx': hiddenStateModel(randomTable(4 + WORDS.length, HEAVY_DIMS, 3), HEAVY_DIMS),
    'tokenizer.json': unigramTokenizer(WORDS),
    'engram.json': { pooling: 'mean', max_seq: 512 },
  });
  // The real thread, with words it dies of.
  const file = join(root, 'mortal-worker.ts');
  await writeFile(
    file,
    `import { parentPort } from 'node:worker_threads';
parentPort.on('message', ({ ask }) => {
  if (ask?.texts.includes('die')) process.exit(7);
  if (ask?.texts.includes('throw')) throw new Error('heap of trouble');
});
await import(${JSON.stringify(pathToFileURL(join(HERE, 'embedder-worker.ts')).href)});
`,
  );
  mortal = pathToFileURL(file);
});
afterAll(async () => {
  for (const embedder of opened) await embedder.close();
  await rm(root, { recursive: true, force: true });
});

async function open(model_dir: string, options: Partial<WorkerEmbedderOptions> = {}): Promise<Embedder> {
  const embedder = await openWorkerEmbedder({ model_dir, threads: 1, logger: silentLogger, ...options });
  opened.push(embedder);
  return embedder;
}

const texts = (count: number) =>
  Array.from({ length: count }, (_, i) => Array.from({ length: (i * 7) % 23 }, (_, n) => WORDS[(i + n) % 6]).join(' '));
const LONG = Array.from({ length: 500 }, (_, i) => WORDS[i % 6]).join(' ');

/** Sizes of the runs in the thread, as its log tells them. */
const watching = () => {
  const runs: number[] = [];
  const logger: Logger = {
    ...silentLogger,
    debug: (fields) => void ('texts' in fields && runs.push(fields.texts as number)),
  };
  return { runs, logger };
};

describe('in its thread', () => {
  it('makes the vectors it makes in process, in the order asked', async () => {
    const inProcess = await openOnnxEmbedder({ model_dir: toy, threads: 1, logger: silentLogger });
    opened.push(inProcess);
    const { runs, logger } = watching();
    const embedder = await open(toy, { logger });
    expect(embedder.identity).toEqual(inProcess.identity);
    const asked = texts(100);
    const [there, here] = [await embedder.embedDocuments(asked), await inProcess.embedDocuments(asked)];
    expect(there.length).toBe(asked.length);
    there.forEach((vector, i) => {
      expect(vector).toBeInstanceOf(Float32Array);
      expect(vector.buffer.byteLength).toBe(64 * 4);
      here[i]!.forEach((x, n) => {
        expect(vector[n]).toBeCloseTo(x, 5);
      });
    });
    expect(await embedder.embedQuery('alpha beta')).toEqual(await inProcess.embedQuery('alpha beta'));
    expect(await embedder.embedDocuments([])).toEqual([]);
    expect(Math.max(...runs)).toBe(8);
  });

  it('says what is wrong with a folder in the same sentence', async () => {
    const broken = await writeModelFolder(join(root, 'broken'), { 'model.onnx': 'x', 'tokenizer.json': '{"model":' });
    for (const dir of [join(root, 'nowhere'), broken]) {
      const options = { model_dir: dir, threads: 1, logger: silentLogger };
      const here = await openOnnxEmbedder(options).catch((error: unknown) => error);
      const there = await openWorkerEmbedder(options).catch((error: unknown) => error);
      expect(there).toBeInstanceOf(ModelError);
      expect((there as Error).message).toBe((here as Error).message);
    }
  });

  it('lets a query, and a single memory, overtake many documents', async () => {
    const embedder = await open(heavy);
    const order: string[] = [];
    const many = embedder.embedDocuments(Array.from({ length: 60 }, () => LONG)).then(() => order.push('many'));
    const one = embedder.embedDocuments(['beta']).then(() => order.push('one'));
    const query = embedder.embedQuery('alpha').then(() => order.push('query'));
    await Promise.all([many, one, query]);
    expect(order).toEqual(['query', 'one', 'many']);
  });

  it('leaves the event loop free while a run lasts', async () => {
    const { runs, logger } = watching();
    const embedder = await open(heavy, { logger });
    let ticks = 0;
    let ticking = true;
    const tick = () => {
      ticks++;
      if (ticking) setImmediate(tick);
    };
    tick();
    await embedder.embedDocuments(Array.from({ length: 8 }, () => LONG.slice(0, 500)));
    await embedder.embedDocuments([LONG]);
    ticking = false;
    expect(runs).toEqual([8, 1]);
    // In process there are two or three for each run; here as many as fit, which is tens of thousands.
    expect(ticks).toBeGreaterThan(100);
  });

  it('does not ask the thread for a query asked before', async () => {
    const { runs, logger } = watching();
    const embedder = await open(toy, { logger });
    const first = await embedder.embedQuery('alpha');
    expect(await embedder.embedQuery('alpha')).toEqual(first);
    expect(runs).toEqual([1]);
  });
});

describe('a thread that dies', () => {
  it('rejects what waits, and the next call starts another', async () => {
    const embedder = await open(toy, { entry: mortal, backoff_ms: 1 });
    const [waiting, deadly] = await Promise.allSettled([
      embedder.embedDocuments(texts(50)),
      embedder.embedQuery('die'),
    ]);
    for (const outcome of [waiting, deadly])
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { message: expect.stringContaining('exit code 7') },
      });
    expect((await embedder.embedDocuments(['alpha']))[0]).toHaveLength(64);
    await expect(embedder.embedQuery('throw')).rejects.toThrow('heap of trouble');
    expect(await embedder.embedQuery('alpha')).toHaveLength(64);
  });

  it('three times within a minute stays down until the minute is over, and says so', async () => {
    const errors: object[] = [];
    const logger: Logger = { ...silentLogger, error: (fields) => errors.push(fields) };
    let now = 0;
    const embedder = await open(toy, { entry: mortal, backoff_ms: 1, now: () => now, logger });
    for (const at of [0, 1000, 70_000, 80_000]) {
      now = at;
      await expect(embedder.embedQuery('die')).rejects.toThrow('starts it again');
    }
    await embedder.embedQuery('die').catch(() => {});
    for (const call of [embedder.embedQuery('alpha'), embedder.embedDocuments(['alpha'])])
      await expect(call).rejects.toThrow(/stopped 3 times within a minute and stays down.*exit code 7/);
    expect(errors.at(-1)).toMatchObject({ stays_down: true });
    now = 130_001;
    expect((await embedder.embedDocuments(['alpha']))[0]).toHaveLength(64);
    expect(await embedder.embedQuery('alpha')).toHaveLength(64);
  });

  it('does not come back with another model', async () => {
    const dir = await writeToyModel(join(root, 'changing'), { dims: 64, pooling: 'mean' });
    const embedder = await open(dir, { entry: mortal, backoff_ms: 1 });
    await writeToyModel(dir, { dims: 64, pooling: 'mean', seed: 2 });
    await embedder.embedQuery('die').catch(() => {});
    await expect(embedder.embedQuery('alpha')).rejects.toThrow(/now holds toy@.* restart the server/);
  });
});

describe('closing', () => {
  it('rejects what waits and what comes later', async () => {
    const embedder = await open(heavy);
    const waiting = Promise.allSettled([embedder.embedDocuments([LONG, ...texts(50)]), embedder.embedQuery('alpha')]);
    await embedder.close();
    for (const outcome of await waiting)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'The embedder is closed.' } });
    await embedder.close();
    await expect(embedder.embedQuery('beta')).rejects.toThrow('closed');
    await expect(embedder.embedDocuments(['beta'])).rejects.toThrow('closed');
  });

  it('is not needed for the process to end, while work under way keeps it', async () => {
    const script = join(root, 'forgetful.ts');
    await writeFile(
      script,
      `import { openWorkerEmbedder } from ${JSON.stringify(join(HERE, 'worker-embedder.ts'))};
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const embedder = await openWorkerEmbedder({ model_dir: ${JSON.stringify(toy)}, threads: 1, logger });
embedder.embedDocuments(['alpha', 'beta']).then((vectors) => console.log('vectors', vectors.length));
`,
    );
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 8000 });
    let out = '';
    child.stdout.on('data', (data) => (out += data));
    const [code] = await once(child, 'close');
    expect({ code, out }).toEqual({ code: 0, out: 'vectors 2\n' });
  });
});
