// Reviews that somebody gives, and which memories are due for one. Those that reading gives are in memory/touches.ts.
import { DAY_MS } from '../../algo/durations.ts';
import { type Fsrs, GOOD, type Grade } from '../../algo/fsrs.ts';
import { round } from '../../algo/round.ts';
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { retentionOf, retrievalOf, reviewColumns, reviewed } from '../memory/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import { SearchRequest } from '../search/contract.ts';
import type { SearchService } from '../search/service.ts';
import type { RecallDueQuery } from './contract.ts';
import type { ReviewState, ReviewStore } from './store.ts';

export interface ReviewDeps {
  read: { memories: MemoryStore; reviews: ReviewStore };
  atomically: Atomically<{ memories: MemoryStore; reviews: ReviewStore }>;
  search: Pick<SearchService, 'search'>;
  fsrs: Fsrs;
  clock: Clock;
}

/** Memories initialised in one unit of work. */
const INIT_PAGE = 500;
/** Results of the search for a topic among which the most faded are chosen. */
const ON_TOPIC = 50;
/** Memories, those longest without a review, among which the most faded are chosen. */
const LONGEST_UNREVIEWED = 1_000;
/** How much of a score is left to what is perfectly fresh. */
const FRESH_SHARE = 0.3;

const dueScore = (score: number, retrievability: number): number =>
  round(score * (FRESH_SHARE + (1 - FRESH_SHARE) * (1 - retrievability)));

export function createReviews({ read, atomically, search, fsrs, clock }: ReviewDeps) {
  const unknown = (id: number, why = 'It does not exist, or was erased.') =>
    new AppError('memory_not_found', `There is no memory ${id}. ${why}`);
  const retention = (row: ReviewState): number => round(retentionOf(row, clock.now(), fsrs));

  return {
    async review(scope: Scope, id: number, grade: Grade) {
      const now = clock.now();
      const after = await atomically(async ({ memories }) => {
        const row = await memories.byId(scope.user_id, id);
        if (!row) throw unknown(id);
        if (row.is_forgotten) throw unknown(id, 'It is in the trash; POST /memory/{id}/restore brings it back.');
        const change = reviewed(row, grade, now, fsrs);
        await memories.review(scope.user_id, id, change, 1, formatTime(now));
        return change;
      });
      return { after, next_review_days: fsrs.interval(after.fsrs_stability!) };
    },

    async state(scope: Scope, id: number) {
      const row = await read.memories.byId(scope.user_id, id);
      if (!row) throw unknown(id);
      const last = row.fsrs_last_review_at === null ? null : parseTime(row.fsrs_last_review_at);
      const days = row.fsrs_stability === null ? null : fsrs.interval(row.fsrs_stability);
      return {
        id,
        retrievability: days === null ? null : retention(row),
        next_review_days: days,
        due_at: days === null || last === null ? null : formatTime(last + days * DAY_MS),
        fsrs_stability: row.fsrs_stability,
        fsrs_difficulty: row.fsrs_difficulty,
        fsrs_storage_strength: row.fsrs_storage_strength,
        fsrs_retrieval_strength: round(retrievalOf(row, clock.now(), fsrs)),
        fsrs_learning_state: row.fsrs_learning_state,
        fsrs_reps: row.fsrs_reps,
        fsrs_lapses: row.fsrs_lapses,
        fsrs_last_review_at: row.fsrs_last_review_at,
        created_at: row.created_at,
      };
    },

    /** @returns how many memories had no review yet */
    async initialise(scope: Scope): Promise<number> {
      const { fsrs_last_review_at: _each_its_own, ...first } = reviewColumns(fsrs.first(GOOD), '');
      let done = 0;
      for (let after = 0; ; ) {
        const ids = await atomically(async ({ memories, reviews }) => {
          const page = await reviews.unreviewed(scope.user_id, after, INIT_PAGE);
          if (page.length > 0) await memories.initialise(scope.user_id, page, first);
          return page;
        });
        done += ids.length;
        if (ids.length < INIT_PAGE) return done;
        after = ids.at(-1)!;
      }
    },

    async due(scope: Scope, { topic, limit, session }: RecallDueQuery) {
      const found = topic ? await onTopic(scope, topic, session) : await faded(scope, limit, session);
      const results = found.results.sort(
        (a, b) => b.recall_due_score - a.recall_due_score || b.memory_id - a.memory_id,
      );
      const page = results.slice(0, limit);
      return { topic: topic || null, count: page.length, results: page, degraded: found.degraded };
    },
  };

  async function onTopic(scope: Scope, query: string, session_id: string | undefined) {
    const { answer, rows } = await search.search(
      scope,
      SearchRequest.parse({ query, limit: ON_TOPIC, session_id }),
      false,
    );
    const results = answer.results.map(({ id, content, score }) => {
      const retrievability = retention(rows.get(id)!);
      return {
        memory_id: id,
        content,
        retrievability,
        original_score: score as number | null,
        recall_due_score: dueScore(score, retrievability),
      };
    });
    return { results, degraded: answer.degraded };
  }

  async function faded(scope: Scope, limit: number, session_id: string | undefined) {
    const { user_id } = scope;
    const filter = { user_id, now: formatTime(clock.now()), space_id: scope.space_id ?? undefined, session_id };
    const states = await read.reviews.longestUnreviewed(filter, LONGEST_UNREVIEWED);
    const due = states
      .map((row) => ({ memory_id: row.id, retrievability: retention(row) }))
      .filter(({ retrievability }) => retrievability < fsrs.retention)
      .sort((a, b) => a.retrievability - b.retrievability || b.memory_id - a.memory_id)
      .slice(0, limit);
    const rows = await read.memories.byIds(
      user_id,
      due.map(({ memory_id }) => memory_id),
    );
    const contents = new Map(rows.map((row) => [row.id, row.content]));
    const results = due.flatMap(({ memory_id, retrievability }) => {
      const content = contents.get(memory_id);
      const recall_due_score = dueScore(1, retrievability);
      return content === undefined
        ? []
        : [{ memory_id, content, retrievability, original_score: null, recall_due_score }];
    });
    return { results, degraded: [] as string[] };
  }
}
export type ReviewService = ReturnType<typeof createReviews>;
