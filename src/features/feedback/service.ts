// Ratings of recalled memories: kept as they come, and counted on the memory.
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { FeedbackRequest, Rating } from './contract.ts';
import { judged } from './rules.ts';
import type { FeedbackStore } from './store.ts';

export interface FeedbackDeps {
  read: { feedback: FeedbackStore };
  atomically: Atomically<{
    memories: Pick<MemoryStore, 'byId' | 'set'>;
    feedback: FeedbackStore;
    lockUser(user_id: number): Promise<void>;
  }>;
  clock: Clock;
}

export function createFeedback({ read, atomically, clock }: FeedbackDeps) {
  return {
    async give(scope: Scope, { memory_id, rating, context }: FeedbackRequest) {
      const { user_id } = scope;
      const now = formatTime(clock.now());
      const change = await atomically(async ({ memories, feedback, lockUser }) => {
        await lockUser(user_id);
        const row = await memories.byId(user_id, memory_id);
        if (!row || row.is_forgotten)
          throw new AppError(
            'memory_not_found',
            `There is no memory ${memory_id}. It does not exist, was erased, or is in the trash.`,
          );
        const change = judged(row, rating);
        await memories.set(user_id, memory_id, { ...change, updated_at: now });
        await feedback.add({ user_id, memory_id, rating, context: context ?? null, created_at: now });
        return change;
      });
      return { ok: true as const, memory_id, rating, ...change };
    },

    async stats(scope: Scope) {
      const counts = await read.feedback.counts(scope.user_id);
      const of = (rating: Rating) => counts.get(rating) ?? 0;
      const total = [...counts.values()].reduce((all, n) => all + n, 0);
      return {
        helpful: of('helpful'),
        irrelevant: of('irrelevant'),
        off_topic: of('off-topic'),
        outdated: of('outdated'),
        total,
      };
    },
  };
}
export type Feedback = ReturnType<typeof createFeedback>;
