// Which jobs may be claimed: those whose time has come, and those whose holder let its lease run out.
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { Schema } from '../../core/tables.ts';

export const isDue =
  (now: string) =>
  (eb: ExpressionBuilder<Schema, 'jobs'>): Expression<SqlBool> =>
    eb.or([
      eb.and([eb('status', '=', 'waiting'), eb('run_at', '<=', now)]),
      eb.and([eb('status', '=', 'running'), eb('leased_until', '<=', now)]),
    ]);
