// Which embedding model the server under test uses, and whether it is done with what was stored.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Call, expectStatus } from './http.ts';
import { BenchError, type Chosen } from './options.ts';
import { NO_MODEL, type ServerOptions, type Settings } from './server.ts';

/** Every variable that chooses a model: an option replaces them all, so that none of our caller's interferes. */
const CHOOSING = [
  'ENGRAM_EMBEDDING_MODEL',
  'ENGRAM_EMBEDDING_MODEL_DIR',
  'ENGRAM_EMBEDDING_ONNX_FILE',
  'ENGRAM_EMBEDDING_MAX_SEQ',
  'ENGRAM_EMBEDDING_DIM',
  'ENGRAM_EMBEDDING_URL',
];

/** @param folder taken from here when it is relative: the server runs elsewhere */
function modelSettings(name: string | null, folder: string | null): Settings {
  if (name === null && folder === null) return {};
  return {
    ...Object.fromEntries(CHOOSING.map((variable) => [variable, null])),
    ENGRAM_EMBEDDING_MODEL: name,
    ENGRAM_EMBEDDING_MODEL_DIR: folder === null ? null : resolve(folder),
  };
}

export const WITHOUT_MODEL: Settings = modelSettings(NO_MODEL, null);

/**
 * What `--dir`, `--profile`, `--model` and `--model-dir` ask for.
 * @param understanding whether what is stored is read for links, facts and the like, which goes on after it was stored
 */
export function serverOptions(chosen: Chosen, understanding = false): ServerOptions & { settings: Settings } {
  const name = chosen.text('model');
  const folder = chosen.text('model-dir');
  if (name !== null && folder !== null) throw new BenchError('Give --model or --model-dir, not both.');
  if (name?.includes('/')) throw new BenchError(`--model takes a name; a folder goes to --model-dir ${name}`);
  if (folder !== null && !existsSync(folder)) throw new BenchError(`--model-dir: there is no folder ${folder}.`);
  return {
    parent: chosen.text('dir'),
    profile: chosen.text('profile'),
    settings: { ...modelSettings(name, folder), ENGRAM_UNDERSTANDING: understanding ? '1' : '0' },
  };
}

export interface Embedding {
  state: 'idle' | 'running' | 'failed';
  /** Memories that have their vectors, of so many. */
  done: number;
  total: number;
}

/** @throws BenchError when the server has given up */
export async function embedding(call: Call): Promise<Embedding> {
  const { state, done, total } = expectStatus(await call('GET', '/admin/reembed'), 200).body as Embedding;
  if (state === 'failed') {
    throw new BenchError(`The server gave up embedding after ${done} of ${total} memories; its log says why.`);
  }
  return { state, done, total };
}

const LOOK_EVERY_MS = 100;
/** Asking keeps the server from it. */
const SELDOM_MS = 1_000;

/** A slow model embeds after the answer to the store: what is searched before it is done is not what is measured. */
export async function untilEmbedded(call: Call, tell: (text: string) => void): Promise<void> {
  for (;;) {
    const { state, done, total } = await embedding(call);
    if (state !== 'running' && done >= total) return;
    tell(`embedded ${done} of ${total}`);
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

/** What is read from memories, in the background, has a say in what is found. */
export async function untilUnderstood(calls: readonly Call[], tell: (text: string) => void): Promise<void> {
  for (;;) {
    const states = await Promise.all(calls.map((call) => call('GET', '/understanding')));
    const waiting = states.reduce((sum, state) => sum + (expectStatus(state, 200).body.waiting as number), 0);
    if (waiting === 0) return;
    tell(`${waiting} memories are still to be read`);
    await Bun.sleep(SELDOM_MS);
  }
}
