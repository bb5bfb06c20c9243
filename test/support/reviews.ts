// What tests of reviews share: how a memory stands, a review of it, and rows from before there were reviews.
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { TestApp } from './app.ts';

/** How a memory stands after its first review. */
export const FIRST = { fsrs_stability: 2.3065, fsrs_difficulty: 2.11810397, fsrs_reps: 1, fsrs_lapses: 0 };

export async function stateIn(app: TestApp, id: number) {
  const answer = await app.call('GET', `/fsrs/state?id=${id}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

export async function reviewIn(app: TestApp, id: number, grade?: number) {
  const answer = await app.call('POST', '/fsrs/review', { id, grade });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.fsrs;
}

/** Rows as they were before memories were reviewed. */
export const unlearnIn = (app: TestApp, id: number) =>
  app.database.atomically(({ db }) =>
    sql`update memories set fsrs_stability = null, fsrs_difficulty = null, fsrs_reps = 0, fsrs_learning_state = 0,
      fsrs_last_review_at = null where id = ${id}`.execute(db),
  );
