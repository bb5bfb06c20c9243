// The part of the composition root that keeps what is stored safe: who did what, how much each may use, what leaves and
// enters, copies for bad days. Called by app.ts alone.
import type { Config } from './config.ts';
import type { Actors } from './core/actor.ts';
import type { Clock } from './core/clock.ts';
import type { Ids, Sha256 } from './core/crypto.ts';
import type { Route } from './core/endpoint.ts';
import type { JobHandler } from './core/job.ts';
import type { Logger } from './core/log.ts';
import type { Schedule } from './core/schedule.ts';
import type { OpenStreams } from './core/streams.ts';
import type { Atomically } from './core/unit-of-work.ts';
import type { AccessService } from './features/access/service.ts';
import type { MemoryService } from './features/memory/service.ts';
import type { Database } from './platform/db/dialect.ts';
import type { Stores } from './stores.ts';

export interface SafeDeps {
  version: string;
  config: Config;
  database: Database;
  read: Stores;
  atomically: Atomically<Stores>;
  access: AccessService;
  memory: MemoryService;
  actors: Actors;
  /** What must end before the server waits for its requests. */
  streams: OpenStreams;
  /** Starts due jobs. */
  wake(): void;
  clock: Clock;
  ids: Ids;
  sha256: Sha256;
  logger: Logger;
}

export interface Safe {
  readonly routes: readonly Route[];
  readonly jobs: readonly JobHandler[];
  readonly schedules: readonly Schedule[];
  /** Goes on with what a stopped program left. */
  start(): Promise<void>;
  stop(): void;
}

export function createSafe(_deps: SafeDeps): Safe {
  return {
    routes: [],
    jobs: [],
    schedules: [],
    async start() {},
    stop() {},
  };
}
