// What the program is from outside: what can be replaced in it, and what it offers its entries and tests.
import type { Clock } from './core/clock.ts';
import type { Ids } from './core/crypto.ts';
import type { Route } from './core/endpoint.ts';
import type { Logger } from './core/log.ts';
import type { Metrics } from './core/metrics.ts';
import type { Embedder, ModelIdentity, Reranker, VectorIndex } from './core/ports.ts';
import type { OpenStreams } from './core/streams.ts';
import type { ReadPage } from './core/web-page.ts';
import type { Extend as ExtendMcp } from './entry/mcp/handler.ts';
import type { AccessService } from './features/access/service.ts';
import type { MemoryService } from './features/memory/service.ts';
import type { ModelsService } from './features/models/service.ts';
import type { SearchService } from './features/search/service.ts';
import type { Person } from './platform/crypto/unlock.ts';
import type { Database } from './platform/db/dialect.ts';
import type { Runner } from './platform/jobs/runner.ts';

/** What tests replace: time, chance, models, the database. */
export interface Ports {
  clock: Clock;
  ids: Ids;
  logger: Logger;
  database: Database;
  /** Who is asked for a passphrase or to touch a YubiKey; nobody when left out. */
  person: Person;
  embedder: Embedder | null;
  vectors: VectorIndex | null;
  reranker: Reranker | null;
  /** Reads the documents of OAuth clients. */
  readPage: ReadPage;
  /** Waits so many milliseconds before something is tried again. */
  pause(ms: number): Promise<void>;
  /** Come up before slow models are loaded; memories stored meanwhile are embedded later. */
  eager: boolean;
  /** Tools, resources and prompts that MCP offers beside our own. */
  extendMcp: ExtendMcp;
  /** Fail a request whose answer breaks its contract. */
  checkAnswers: boolean;
}

export interface App {
  readonly routes: readonly Route[];
  readonly fetch: (request: Request, env?: { peer: string | null }) => Response | Promise<Response>;
  /** Answers a request as user 1 with every right, without a key: the door for this process's own commands. */
  readonly localCall: (request: Request) => Response | Promise<Response>;
  readonly access: AccessService;
  readonly memory: MemoryService;
  readonly search: SearchService;
  readonly jobs: Runner;
  readonly metrics: Metrics;
  readonly streams: OpenStreams;
  readonly database: Database;
  readonly models: ModelsService;
  /** What embeds now, and why it is not what should; see features/models. */
  readonly meaning: {
    readonly model: ModelIdentity | null;
    readonly problem: string | null;
    readonly loading: boolean;
    /** Ends when loading has. */
    readonly settled: Promise<void>;
  };
  /** Called once, by what answers requests from outside: from here on, an end that is no `close` counts as a crash. */
  begin(): Promise<void>;
  /** Writes what is buffered: access counts, times keys were used. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
