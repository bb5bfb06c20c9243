// Everything a command needs from outside, handed in by main.ts: no command touches the process, the disk or the network alone.
import type { App } from '../../app.ts';
import type { Config } from '../../config.ts';
import type { BackupTools } from '../../platform/backups.ts';
import type { Host } from '../../platform/host.ts';
import type { LlmFacts } from '../../platform/llm/inspect.ts';
import type { Models } from '../../platform/models/open.ts';
import type { Vault } from '../../platform/vault.ts';

export interface Terminal {
  readonly isTTY: boolean;
  /** Its width, where it says so. */
  readonly columns?: number;
  write(text: string): void;
}

export interface Listening {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

export interface FolderFacts {
  readonly state: 'ready' | 'creatable' | 'unusable';
  /** Why it is unusable. */
  readonly problem: string | null;
  readonly free_bytes: number | null;
}

export type DatabaseFacts =
  | { readonly state: 'absent' }
  | { readonly state: 'in_use' }
  | { readonly state: 'unusable'; readonly problem: string }
  | {
      readonly state: 'readable';
      readonly description: string;
      readonly schema: number;
      /** The schema this program was written for. */
      readonly newest: number;
      readonly damage: readonly string[];
      readonly bytes: number | null;
      /** Background jobs that are tried no more; null where damage may hide some. */
      readonly failed_jobs: number | null;
      /** Whether the database itself keeps users apart; null where it cannot. */
      readonly guards: boolean | null;
    };

export type ModelFacts = { readonly name: string; readonly file: string } | { readonly problem: string };

export interface Inspect {
  runtime(): string;
  folder(path: string): FolderFacts;
  database(config: Config): Promise<DatabaseFacts>;
  /** The embedding model of the settings; null when they want none. */
  model(config: Config): Promise<ModelFacts | null>;
  /** The language model of the settings, asked once; null when they name none. */
  llm(config: Config): Promise<LlmFacts | null>;
}

export interface Machine {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly version: string;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  readonly stdin: { readonly isTTY: boolean; bytes(): AsyncIterable<Uint8Array> };
  readonly out: Terminal;
  readonly err: Terminal;
  readFile(path: string): string | null;
  /** Told the settings before anything acts on them; gives those this build can follow. @throws ConfigError */
  settle(config: Config): Config;
  /** @param ports.eager answers before a model that takes long has loaded */
  openApp(config: Config, ports?: { eager?: boolean }): Promise<App>;
  storeExists(config: Config): boolean;
  /** True for the failure to open a store that another process has open. */
  isLocked(error: unknown): boolean;
  listen(fetch: App['fetch'], config: Pick<Config, 'host' | 'port' | 'limits'>): Promise<Listening>;
  /** Settles at the first request to stop; a second one ends the process at once. */
  untilStopped(): Promise<void>;
  /** A sentence for a failure that people can do something about; null for anything unforeseen. */
  explain(error: unknown, config: Config | null): string | null;
  /** The models on this machine's disk, and the hub that more come from. */
  models(config: Config): Promise<Models>;
  /** What is done with backups without a server. */
  backups(): Promise<BackupTools>;
  /** 64 hex digits. */
  newStoreKey(): string;
  /** Encrypts and decrypts the store of these settings, and keeps its keys. */
  vault(config: Config): Promise<Vault>;
  readonly inspect: Inspect;
  readonly host: Host;
}
