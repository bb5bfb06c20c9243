import { sql } from 'kysely';
import type { IdList } from '../../../core/store-db.ts';

export const sqliteIdList: IdList = (ids) => sql<number>`(select value from json_each(${`[${ids.join(',')}]`}))`;
