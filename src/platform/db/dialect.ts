// The one seam between the product and a database family. Nothing outside platform/db may know which one is open.
import type { Kysely } from 'kysely';
import type { FileCopies } from '../../core/backup.ts';
import type { FullTextIndex } from '../../core/ports.ts';
import type { IdList } from '../../core/store-db.ts';
import type { JobTable, Schema } from '../../core/tables.ts';

export type Db = Kysely<Schema>;

/** Everything a store needs, bound either to the reader or to one transaction. */
export interface Handle {
  readonly db: Db;
  readonly fullText: FullTextIndex;
  readonly idList: IdList;
  /** Makes concurrent units of one user run one after the other, where the database does not already. */
  lockUser(user_id: number): Promise<void>;
  /** Begins to watch. @returns a question: was anything written since, by the transaction of this handle? */
  watchWrites(): () => Promise<boolean>;
  /** What the schema is made of, by name. */
  describe(): Promise<SchemaParts>;
  /** Leases up to `limit` due jobs of a lane, oldest first; two claimers never get the same row. */
  claimJobs(claim: JobClaim): Promise<JobRow[]>;
}

export type JobRow = { [K in keyof JobTable]: K extends 'id' ? number : JobTable[K] };

export interface SchemaParts {
  /** `of_users`: each row says whose it is, in `user_id`. */
  tables: { name: string; sql: string; of_users: boolean }[];
  indexes: string[];
}

export interface JobClaim {
  lane: string;
  limit: number;
  now: string;
  owner: string;
  leased_until: string;
}

/** In bytes. */
export interface Slack {
  size: number;
  /** Of it, what holds nothing. Some of that comes back: no page is ever quite full. */
  slack: number;
}

export interface Database {
  /** For people: `SQLite 3.53 at /path` or `Postgres 15 at host/db`. Never holds a password. */
  readonly description: string;
  readonly reader: Handle;
  /** All or nothing. Where writers really run side by side, a unit that lost a race is run again from its start. */
  atomically<T>(unit: (handle: Handle) => Promise<T>): Promise<T>;
  /** Bytes on disk, null where unknown. */
  size(): Promise<number | null>;
  /** How much `compact` would give back; null where the database sees to that by itself. */
  slack(): Promise<Slack | null>;
  /**
   * Gives the room that nothing needs any more back to the operating system. Reads go on; writes may wait meanwhile.
   * @returns what `slack` says afterwards
   * @throws AppError database_unavailable, with everything as it was
   */
  compact(): Promise<Slack | null>;
  /**
   * Writes all of it anew under another key. Reads go on; writes wait meanwhile. Null where it is not encrypted by us.
   * @param to.beforeSwap runs when all is written, before it counts: from there on either key may be the right one
   * @throws AppError database_unavailable, with everything as it was
   */
  readonly rekey: ((to: { key: string; beforeSwap(): void }) => Promise<void>) | null;
  /** Null where the database is no file of ours: copies are made with its own tools there. */
  readonly files: FileCopies | null;
  /** Problems found by the database's own checks; empty means sound. */
  check(): Promise<string[]>;
  close(): Promise<void>;
}

/** Column types that differ between the families, for migrations. */
export interface DialectTypes {
  readonly family: 'sqlite' | 'postgres';
  readonly id: 'integer' | 'bigint';
  readonly blob: 'blob' | 'bytea';
  readonly real: 'real' | 'double precision';
}

export interface Migration {
  readonly version: number;
  readonly name: string;
  up(db: Kysely<unknown>, types: DialectTypes): Promise<void>;
}

export { DatabaseError } from './database-error.ts';
