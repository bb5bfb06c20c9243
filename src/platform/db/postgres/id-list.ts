// Ids as one array parameter, see core/store-db.ts.
import { sql } from 'kysely';
import { idListOf } from '../../../core/store-db.ts';

export const postgresIdList = idListOf(
  (bound) => sql<number>`(select unnest(${bound}::text::bigint[]))`,
  (ids) => `{${ids.join()}}`,
);
