// What tests of pulling share: a hub on this machine, a folder of models, and a pull that waits for nothing.
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { tempDir } from '../../../test/support/app.ts';
import { cutAfter, type ModelHub, startModelHub } from '../../../test/support/model-hub.ts';
import { randomTable } from '../../../test/support/onnx-model.ts';
import { ModelStoreError } from './failure.ts';
import { openHub } from './hub.ts';
import { openPins } from './pins.ts';
import { type PullDeps, type PullProgress, type PullRequest, pullModel } from './pull.ts';

export const REPO = 'Xenova/bge-small-en-v1.5';
export const ONNX = 'onnx/model_quantized.onnx';
/** No model, but of a size that arrives in several pieces. */
export const WEIGHTS = new Uint8Array(randomTable(300_000, 1, 5).buffer);
export const FILES = {
  [ONNX]: WEIGHTS,
  'tokenizer.json': '{"tokens":[]}',
  'config.json': '{}',
  'README.md': 'read me',
};

/** New for every test, see useHub. */
export let hub: ModelHub;
export let dir: string;
/** Waits before another attempt, in milliseconds: asked for, not waited. */
export let pauses: number[];

/** A hub and an empty folder of models for every test of the file. */
export function useHub(): void {
  beforeEach(async () => {
    hub = await startModelHub();
    dir = join(tempDir(), 'models');
    pauses = [];
  });
  afterEach(() => hub.close());
}

interface Options extends Partial<PullDeps> {
  address?: string;
  token?: string;
  stall_ms?: number;
  onProgress?(progress: PullProgress): void;
}

function depsOf({ address, token, stall_ms, onProgress: _, ...more }: Options = {}): PullDeps {
  const pause = async (ms: number) => void pauses.push(ms);
  const now = () => Date.UTC(2026, 2, 2, 12);
  const net = { fetch, now, pause, stall_ms: stall_ms ?? 10_000, attempts: 4 };
  return {
    models_dir: dir,
    hub: openHub(address ?? hub.url, token ?? null, net),
    pins: openPins(dir, pause),
    openFile: open,
    freeSpace: async () => 1e12,
    pause,
    now,
    attempts: 4,
    ...more,
  };
}

export const pull = async (request: PullRequest | string, options: Options = {}) =>
  pullModel(
    typeof request === 'string' ? { name: request } : request,
    options.onProgress ?? (() => {}),
    depsOf(options),
  );

/** Ends the next download after so many bytes, when they are on the disk. @returns what has to be told of the progress */
export function cutting(bytes: number): Pick<Options, 'onProgress'> {
  const arrived = Promise.withResolvers<void>();
  hub.answer('onnx', cutAfter(bytes, arrived.promise));
  return {
    onProgress({ done }) {
      if (done >= bytes) arrived.resolve();
    },
  };
}

/** The failure, as a code and a sentence. */
export async function failing(
  request: PullRequest | string,
  options: Options = {},
): Promise<{ code: string; said: string }> {
  const error = await pull(request, options).then(
    () => null,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(ModelStoreError);
  return { code: error.code, said: error.message };
}

export const read = (path: string) => readFileSync(join(dir, path));
export const lock = () => JSON.parse(readFileSync(join(dir, 'models.lock.json'), 'utf8'));
export const resolved = () => hub.seen.filter(({ path }) => path.includes('/resolve/'));
