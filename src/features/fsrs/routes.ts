import { LEARNING_STATES } from '../../algo/fsrs.ts';
import { type Route, route } from '../../core/endpoint.ts';
import { init, recallDue, review, state } from './contract.ts';
import type { ReviewService } from './service.ts';

export const fsrsRoutes = (reviews: ReviewService): Route[] => [
  route(review, async ({ body }, { scope }) => {
    const { after, next_review_days } = await reviews.review(scope, body.id, body.grade);
    return {
      id: body.id,
      fsrs: {
        stability: after.fsrs_stability!,
        difficulty: after.fsrs_difficulty!,
        storage_strength: after.fsrs_storage_strength,
        retrieval_strength: after.fsrs_retrieval_strength,
        learning_state: LEARNING_STATES[after.fsrs_learning_state]!,
        reps: after.fsrs_reps,
        lapses: after.fsrs_lapses,
        last_review_at: after.fsrs_last_review_at!,
      },
      next_review_days,
    };
  }),
  route(state, ({ query }, { scope }) => reviews.state(scope, query.id)),
  route(init, async (_input, { scope }) => ({ initialized: await reviews.initialise(scope) })),
  route(recallDue, ({ query }, { scope }) => reviews.due(scope, query)),
];
