// Requests that a person approves or denies within a time.
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import type { Ids } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { ApprovalRequest, DecideRequest } from './contract.ts';
import type { ApprovalRow, ApprovalStore } from './store.ts';

const WINDOW_SECS = 120;

export interface ApprovalDeps {
  read: { approvals: ApprovalStore };
  atomically: Atomically<{ approvals: ApprovalStore }>;
  clock: Clock;
  ids: Pick<Ids, 'uuid'>;
}

const rfc3339 = (time: string): string => `${time.replace(' ', 'T')}Z`;

/** Past its time it counts as expired, swept or not. */
function show(row: ApprovalRow, nowMs: number) {
  const left = Math.ceil(((parseTime(row.expires_at) ?? nowMs) - nowMs) / 1000);
  const waits = row.status === 'pending' && left > 0;
  return {
    ...row,
    status: (row.status === 'pending' && !waits ? 'expired' : row.status) as
      | 'pending'
      | 'approved'
      | 'denied'
      | 'expired',
    created_at: rfc3339(row.created_at),
    expires_at: rfc3339(row.expires_at),
    decided_at: row.decided_at === null ? null : rfc3339(row.decided_at),
    seconds_remaining: waits ? left : 0,
  };
}

export function createApprovals({ read, atomically, clock, ids }: ApprovalDeps) {
  async function find({ user_id }: Scope, id: string): Promise<ApprovalRow> {
    const row = await read.approvals.byId(user_id, id);
    if (!row)
      throw new AppError('approval_not_found', `There is no approval ${id}. GET /approvals/pending lists yours.`);
    return row;
  }

  return {
    async ask({ user_id }: Scope, { action, requester, context, window_secs }: ApprovalRequest) {
      const now = clock.now();
      const row: ApprovalRow = {
        id: ids.uuid(),
        user_id,
        action,
        context: context ?? null,
        requester,
        status: 'pending',
        decision_by: null,
        decision_reason: null,
        created_at: formatTime(now),
        expires_at: formatTime(now + (window_secs ?? WINDOW_SECS) * 1000),
        decided_at: null,
      };
      await atomically(({ approvals }) => approvals.insert(row));
      return show(row, now);
    },

    async pending({ user_id }: Scope, limit: number) {
      const now = clock.now();
      const rows = await read.approvals.pending(user_id, formatTime(now), limit);
      const expired_count = await read.approvals.countPast(user_id, formatTime(now));
      return { approvals: rows.map((row) => show(row, now)), count: rows.length, expired_count };
    },

    get: async (scope: Scope, id: string) => show(await find(scope, id), clock.now()),

    async decide(scope: Scope, id: string, { decision, decided_by, reason }: DecideRequest) {
      const now = formatTime(clock.now());
      const change = {
        status: decision,
        decision_by: decided_by ?? null,
        decision_reason: reason ?? null,
        decided_at: now,
      };
      const taken = await atomically(({ approvals }) => approvals.decide(scope.user_id, id, now, change));
      const shown = show(await find(scope, id), clock.now());
      if (!taken)
        throw new AppError(
          'approval_over',
          `The approval ${id} is ${shown.status}; only one that waits can be decided.`,
        );
      return shown;
    },

    /** Marks what nobody decided in time. */
    sweep: () => atomically(({ approvals }) => approvals.expire(formatTime(clock.now()))),
  };
}
export type Approvals = ReturnType<typeof createApprovals>;
