// One way of embedding, measured in a process of its own: nothing is loaded that the one before may have left behind.
// Started with a job as JSON; what it measured is the only line of its output.
import { readFileSync } from 'node:fs';
import { silentLogger } from '../src/core/log.ts';
import type { Embedder } from '../src/core/ports.ts';
import { residentMib } from './machine.ts';

export interface EmbedJob {
  side: 'lookup' | 'runtime';
  model_dir: string;
  /** JSON of `EmbedTexts`. */
  texts: string;
}

export interface EmbedTexts {
  short: readonly string[];
  long: readonly string[];
}

export interface EmbedDone {
  /** Of the model; null when this side cannot run it, and then nothing else is given. */
  key: string | null;
  load_ms: number;
  /** Of it and among `memory_mib`: what any server has loaded already. */
  shared: { ms: number; mib: number };
  /** More than before the first import. */
  memory_mib: { loaded: number; after_texts: number; after_collection: number };
  /** Of each short text alone. */
  ms: number[];
  short_per_second: number;
  long_per_second: number;
}

export const BATCH = 64;

async function open({ side, model_dir }: EmbedJob): Promise<Embedder | null> {
  const options = { model_dir, threads: 0, logger: silentLogger };
  if (side === 'lookup') return (await import('../src/platform/inference/lookup-embedder.ts')).openLookup(options);
  return (await import('../src/platform/inference/onnx-embedder.ts')).openOnnxEmbedder(options);
}

async function inBatches(embedder: Embedder, texts: readonly string[]): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < texts.length; i += BATCH) await embedder.embedDocuments(texts.slice(i, i + BATCH));
  return (texts.length * 1000) / (performance.now() - started);
}

async function measure(job: EmbedJob): Promise<EmbedDone | { key: null }> {
  const { short, long } = JSON.parse(readFileSync(job.texts, 'utf8')) as EmbedTexts;
  const memory = () => residentMib(process.pid);
  const before = memory();
  const started = performance.now();
  await import('zod');
  await import('node:crypto');
  const shared = { ms: performance.now() - started, mib: memory() - before };
  const embedder = await open(job);
  if (!embedder) return { key: null };
  await embedder.embedQuery(short[0]!);
  const load_ms = performance.now() - started;
  const loaded = memory() - before;
  await inBatches(embedder, short);
  const after_texts = memory() - before;
  Bun.gc(true);
  const after_collection = memory() - before;
  const ms: number[] = [];
  for (const text of short.slice(1)) {
    const at = performance.now();
    await embedder.embedQuery(text);
    ms.push(performance.now() - at);
  }
  const short_per_second = await inBatches(embedder, short);
  const long_per_second = await inBatches(embedder, long);
  const { key } = embedder.identity;
  await embedder.close();
  const memory_mib = { loaded, after_texts, after_collection };
  return { key, load_ms, shared, memory_mib, ms, short_per_second, long_per_second };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]!) as EmbedJob)));
