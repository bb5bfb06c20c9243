// The handle stores speak SQL through: bound to the reader or to one transaction by whoever made the store.
import type { Expression, Kysely } from 'kysely';
import type { Schema } from './tables.ts';

export type StoreDb = Kysely<Schema>;

/** Ids as one bound parameter, for `in`: the statement stays the same however many there are, so it is prepared once. */
export type IdList = (ids: readonly number[]) => Expression<number>;
