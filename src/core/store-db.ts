// The handle stores speak SQL through: bound to the reader or to one transaction by whoever made the store.
import type { Expression, Kysely } from 'kysely';
import type { Schema } from './tables.ts';

export type StoreDb = Kysely<Schema>;

/** Ids as one bound parameter, for `in`: the statement stays the same however many there are, so it is prepared once. */
export interface IdList {
  (ids: readonly number[]): Expression<number>;
  /** The same over a value that `bind` will make later, for prepared queries. */
  of(bound: unknown): Expression<number>;
  bind(ids: readonly number[]): unknown;
}

export const idListOf = (of: IdList['of'], bind: IdList['bind']): IdList =>
  Object.assign((ids: readonly number[]) => of(bind(ids)), { of, bind });
