// The models of this machine and the hub that more come from, on the real clock, disk and network.
import { open, statfs } from 'node:fs/promises';
import type { KnownModel } from '../../features/models/service.ts';
import { openHub } from './hub.ts';
import { type ModelStore, modelStore } from './installed.ts';
import { knownModels } from './known.ts';
import { openPins } from './pins.ts';
import { type Pulled, type PullProgress, type PullRequest, pullModel } from './pull.ts';

export interface Models extends ModelStore {
  known(): Promise<KnownModel[]>;
  /** @throws ModelStoreError */
  pull(request: PullRequest, watch: PullWatch): Promise<Pulled>;
}

export interface PullWatch {
  onProgress(progress: PullProgress): void;
  /** Something failed that may pass: it is tried again after so long. */
  onWait(ms: number, reason: string): void;
}

export interface ModelsOptions {
  readonly models_dir: string;
  /** Null: the public one. */
  readonly hub: string | null;
  readonly token: string | null;
}

const STALL_MS = 30_000;
const ATTEMPTS = 6;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export function openModels({ models_dir, hub, token }: ModelsOptions): Models {
  const store = modelStore(models_dir, { pause });
  const deps = {
    models_dir,
    pins: openPins(models_dir, pause),
    pause,
    attempts: ATTEMPTS,
    now: Date.now,
    openFile: open,
    async freeSpace(dir: string) {
      const { bavail, bsize } = await statfs(dir);
      return bavail * bsize;
    },
  };
  return {
    ...store,
    known: () => knownModels(store),
    pull(request, { onProgress, onWait }) {
      const net = { fetch, now: Date.now, stall_ms: STALL_MS, pause, attempts: ATTEMPTS, onWait };
      return pullModel(request, onProgress, { ...deps, onWait, hub: openHub(hub, token, net) });
    },
  };
}
