// The real server as a process, with some models that know the same words in other vectors, and memories enough to watch
// them being embedded.
import { cpSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type BetterSqlite from 'better-sqlite3-multiple-ciphers';
import { expect } from 'vitest';
import { silentLogger } from '../../src/core/log.ts';
import { openOnnxEmbedder } from '../../src/platform/inference/onnx-embedder.ts';
import { tempDir } from './app.ts';
import { type Running, serve } from './cli.ts';
import { writeToyModel } from './onnx-model.ts';

const Driver = createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as typeof BetterSqlite;

export const KEY = `eg_${'0123456789abcdef'.repeat(2)}`;
export const DIMS = 256;
/** Memories. */
export const COUNT = 128;
export const QUESTION = 'quick purchase of a car';
export const KNOWN = 'I bought an automobile close to my house';
const SUBJECTS = ['the puppy', 'her residence', 'a rapid movie', 'my employment', 'the huge kitten', 'a physician'];

/** Long enough that embedding all of them can be watched. */
export const told = (n: number): string =>
  `Note ${n}: ${Array.from({ length: 40 }, (_, i) => SUBJECTS[(n + i * (1 + (n % 5))) % SUBJECTS.length]).join(', ')}.`;

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
export type Body = any;

/** A row of `memory_vectors`. One that is made again gets another rowid. */
export interface VectorRow {
  rowid: number;
  memory_id: number;
  part: number;
}

/** Asks again and again. */
export async function until<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
  }
}

export class ModelServer {
  /** Folder of the models `first` to `fourth`; all are networks, which run in the worker thread. */
  readonly models = tempDir();
  /** What each model makes of QUESTION and KNOWN. */
  readonly cosine = new Map<string, number>();
  /** Of the memories, KNOWN first. */
  ids: number[] = [];
  dir = '';
  running!: Running;
  /** A store with `first` in use and all its memories embedded. */
  private template = { dir: '', ids: [] as number[] };

  static async create(): Promise<ModelServer> {
    const server = new ModelServer();
    for (const [seed, name] of ['first', 'second', 'third', 'fourth'].entries()) {
      const written = await writeToyModel(tempDir(), { dims: DIMS, pooling: 'mean', seed: seed + 1, name });
      renameSync(written, join(server.models, name));
      await server.learn(name, name);
    }
    await server.start({}, tempDir());
    await server.fill();
    await server.stop();
    server.template = { dir: server.dir, ids: server.ids };
    return server;
  }

  /** @param folder in `models` */
  async learn(name: string, folder: string): Promise<void> {
    const model_dir = join(this.models, folder);
    const embedder = await openOnnxEmbedder({ model_dir, threads: 1, logger: silentLogger });
    const [asked, [memory]] = await Promise.all([embedder.embedQuery(QUESTION), embedder.embedDocuments([KNOWN])]);
    await embedder.close();
    this.cosine.set(
      name,
      asked.reduce((sum, x, i) => sum + x * memory![i]!, 0),
    );
  }

  /** @param dir the one of the last start when left out */
  async start(settings: Record<string, string> = {}, dir = this.dir): Promise<void> {
    this.dir = dir;
    const env = { ENGRAM_API_KEY: KEY, ENGRAM_MODELS_DIR: this.models, ENGRAM_LOG_LEVEL: 'warn', ...settings };
    this.running = await serve(dir, { env });
  }

  /** On a store with `first` in use, once that answers. */
  async startFilled(settings: Record<string, string> = {}): Promise<void> {
    const dir = tempDir();
    cpSync(this.template.dir, dir, { recursive: true });
    this.ids = this.template.ids;
    await this.start(settings, dir);
    await until(this.active, (name) => name === 'first');
  }

  stop = (signal?: NodeJS.Signals): Promise<number | null> => this.running.stop(signal);

  /** After a test that failed. */
  async end(): Promise<void> {
    const { exitCode, signalCode } = this.running.child;
    if (exitCode === null && signalCode === null) await this.stop('SIGKILL');
  }

  call = async (method: string, path: string, body?: unknown): Promise<Body> => {
    const answer = await fetch(this.running.url + path, {
      method,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const json = await answer.json();
    expect(answer.status, `${method} ${path}: ${JSON.stringify(json)}`).toBeLessThan(300);
    return json;
  };

  use = (name: string): Promise<Body> => this.call('POST', '/admin/models/use', { name });
  progress = (): Promise<Body> => this.call('GET', '/admin/reembed');
  active = async (): Promise<string | null> => (await this.call('GET', '/health')).embedding_model;

  /** Uses `first` and stores all memories. */
  async fill(): Promise<void> {
    await this.use('first');
    await this.idle();
    const texts = [KNOWN, ...Array.from({ length: COUNT - 1 }, (_, n) => told(n))];
    this.ids = [];
    for (let at = 0; at < texts.length; at += 100) {
      const ops = texts.slice(at, at + 100).map((content) => ({ op: 'store', body: { content } }));
      const { results } = await this.call('POST', '/batch', { ops });
      this.ids.push(...results.map(({ result }: Body) => result.id));
    }
    await this.idle();
  }

  /** Ends when there is a model and nothing is left for it to do. */
  idle = (): Promise<Body> =>
    until(this.progress, ({ state, from, to }) => state !== 'running' && from !== null && to === null);

  /** Ends when another model has so many percent of its vectors, and no more than so many. */
  async between(from: number, to: number): Promise<void> {
    const { percent } = await until(this.progress, (now) => now.to !== null && now.percent >= from);
    expect(percent).toBeLessThan(to);
  }

  /** Which model answered, by the cosine of KNOWN, which must be exactly one model's. */
  answering = async (): Promise<string> => {
    const request = { query: QUESTION, channels: ['vector'], limit: 3 };
    const { results, degraded } = await this.call('POST', '/search/explain', request);
    expect(degraded).toEqual([]);
    const { vector } = results.find(({ id }: Body) => id === this.ids[0]).scores;
    const fits = [...this.cosine].filter(([, value]) => Math.abs(value - vector) < 1e-5).map(([name]) => name);
    expect(fits, `cosine ${vector} of ${JSON.stringify([...this.cosine])}`).toHaveLength(1);
    return fits[0]!;
  };

  private inFile<T>(ask: (file: BetterSqlite.Database) => T): T {
    const file = new Driver(join(this.dir, 'engram.db'));
    try {
      return ask(file);
    } finally {
      file.close();
    }
  }

  /** What the file of a stopped server has of a model. */
  vectorsOf(name: string): VectorRow[] {
    const rows = `select rowid, memory_id, part from memory_vectors where model like ? || '@%' order by memory_id, part`;
    return this.inFile((file) => file.prepare<[string], VectorRow>(rows).all(name));
  }

  private idsWhere = (condition: string): number[] =>
    this.inFile((file) =>
      file.prepare<[], number>(`select id from memories where ${condition} order by id`).pluck().all(),
    );

  recallable = (): number[] => this.idsWhere('is_forgotten = 0 and is_latest = 1');

  /** Every memory that can be recalled has its pieces in this model's vectors, once; what was erased has none. */
  expectComplete(name: string): void {
    const memories = Map.groupBy(this.vectorsOf(name), ({ memory_id }) => memory_id);
    expect(this.recallable().filter((id) => !memories.has(id))).toEqual([]);
    for (const [id, pieces] of memories)
      expect(
        pieces.map(({ part }) => part),
        `memory ${id}`,
      ).toEqual(pieces.map((_, part) => part));
    const stored = this.idsWhere('true');
    expect([...memories.keys()].filter((id) => !stored.includes(id))).toEqual([]);
  }
}
