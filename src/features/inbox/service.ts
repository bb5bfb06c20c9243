// Review: what was stored as pending is approved, changed or rejected, once.
import type { Fsrs } from '../../algo/fsrs.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { type MemoryRow, type NewMemory, presentMemory } from '../memory/rules.ts';
import type { MemoryService } from '../memory/service.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { EditRequest } from './contract.ts';
import type { InboxStore } from './store.ts';

export interface InboxDeps {
  read: { inbox: InboxStore; memories: Pick<MemoryStore, 'byId'> };
  atomically: Atomically<{ memories: MemoryStore; lockUser(user_id: number): Promise<void> }>;
  memory: Pick<MemoryService, 'update'>;
  fsrs: Fsrs;
  clock: Clock;
}

type Action = 'approve' | 'reject';

export function createInbox({ read, atomically, memory, fsrs, clock }: InboxDeps) {
  const now = () => formatTime(clock.now());
  /** A rejected memory is archived too, so that asking for pending and archived ones does not bring it up. */
  const verdict = (action: Action, reason: string | null | undefined): Partial<NewMemory> =>
    action === 'approve'
      ? { status: 'approved', quarantined: 0, updated_at: now() }
      : { status: 'rejected', is_archived: 1, forget_reason: reason ?? null, updated_at: now() };

  const isOver = ({ forget_after }: MemoryRow): boolean => forget_after !== null && forget_after <= now();
  const waits = (row: MemoryRow | undefined): boolean =>
    row !== undefined && row.status === 'pending' && !row.is_forgotten && row.is_latest === 1 && !isOver(row);

  function whyNot(row: MemoryRow): string {
    if (row.is_forgotten) return 'it is in the trash';
    if (!row.is_latest) return 'it was replaced';
    return row.status === 'pending' ? `its time was over at ${row.forget_after}` : `it is ${row.status}`;
  }

  function checkWaiting(row: MemoryRow | undefined, id: number): void {
    if (!row) throw new AppError('memory_not_found', `There is no memory ${id}. GET /inbox lists what waits.`);
    if (!waits(row)) throw new AppError('not_pending', `Memory ${id} does not wait for review: ${whyNot(row)}.`);
  }

  async function review(scope: Scope, id: number, action: Action, reason?: string | null): Promise<void> {
    await atomically(async ({ memories, lockUser }) => {
      await lockUser(scope.user_id);
      checkWaiting(await memories.byId(scope.user_id, id), id);
      await memories.set(scope.user_id, id, verdict(action, reason));
    });
  }

  return {
    async list(scope: Scope, limit: number, offset: number) {
      const filter = { user_id: scope.user_id, space_id: scope.space_id ?? undefined, now: now() };
      const [rows, total] = await Promise.all([read.inbox.list(filter, limit, offset), read.inbox.count(filter)]);
      const pending = rows.map((row) => presentMemory(row, clock.now(), fsrs));
      return { pending, count: pending.length, total, offset, limit };
    },

    approve: (scope: Scope, id: number) => review(scope, id, 'approve'),
    reject: (scope: Scope, id: number, reason: string | null | undefined) => review(scope, id, 'reject', reason),

    /** @returns the id of the approved version, and whether it is a new one */
    async edit(scope: Scope, id: number, change: EditRequest): Promise<{ id: number; edited: boolean }> {
      if (Object.values(change).every((value) => value === undefined)) {
        await review(scope, id, 'approve');
        return { id, edited: false };
      }
      checkWaiting(await read.memories.byId(scope.user_id, id), id);
      const { new_id } = await memory.update(scope, id, { ...change, status: 'approved' });
      return { id: new_id, edited: true };
    },

    /** Does what can be done: ids that do not wait are named, not refused. */
    async bulk(scope: Scope, ids: readonly number[], action: Action, reason: string | null | undefined) {
      const wanted = [...new Set(ids)];
      const done = await atomically(async ({ memories, lockUser }) => {
        await lockUser(scope.user_id);
        const rows = new Map((await memories.byIds(scope.user_id, wanted)).map((row) => [row.id, row]));
        const waiting = wanted.filter((id) => waits(rows.get(id)));
        for (const id of waiting) await memories.set(scope.user_id, id, verdict(action, reason));
        return waiting;
      });
      return { action, count: done.length, ids: done, skipped: wanted.filter((id) => !done.includes(id)) };
    },
  };
}
export type Inbox = ReturnType<typeof createInbox>;
