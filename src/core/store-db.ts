// The handle stores speak SQL through: bound to the reader or to one transaction by whoever made the store.
import type { Kysely } from 'kysely';
import type { Schema } from './tables.ts';

export type StoreDb = Kysely<Schema>;
