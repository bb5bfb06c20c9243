// Ids as one JSON parameter, see core/store-db.ts.
import { sql } from 'kysely';
import { idListOf } from '../../../core/store-db.ts';

export const sqliteIdList = idListOf(
  (bound) => sql<number>`(select value from json_each(${bound}))`,
  (ids) => `[${ids.join()}]`,
);
