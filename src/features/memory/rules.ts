// Decisions about memories, as pure functions: what a stored row starts as, what a new version inherits, how a row is shown.
import { DAY_MS } from '../../algo/durations.ts';
import { type Fsrs, GOOD, type Grade, type Learnt, STANDARD_FSRS } from '../../algo/fsrs.ts';
import { round } from '../../algo/round.ts';
import { meansItsDay } from '../../algo/saying.ts';
import { dayWords } from '../../algo/text.ts';
import { formatTime, parseTime } from '../../core/clock.ts';
import type { FullTextEntry } from '../../core/ports.ts';
import type { Memory } from '../../core/shapes.ts';
import type { MemoryTable } from '../../core/tables.ts';
import { StoreRequest, type UpdateRequest } from './contract.ts';

export type MemoryRow = { [K in keyof MemoryTable]: K extends 'id' ? number : MemoryTable[K] };
export type NewMemory = Omit<MemoryRow, 'id'>;

export const MAX_CONTENT_BYTES = 102_400;

/** Text as compared when looking for exact repeats: canonical Unicode, runs of white space as one space. */
export const normalizeContent = (content: string): string => content.normalize('NFC').replace(/\s+/gu, ' ').trim();

const storedTime = (text: string | null | undefined): string | null => {
  const ms = text == null ? null : parseTime(text);
  return ms === null ? null : formatTime(ms);
};

/** @returns when to forget: what was asked for, as a time or as seconds from now; of both the earlier */
function forgetAt(wish: { forget_after?: string | null; ttl?: number | null }, now: string): string | null {
  const named = storedTime(wish.forget_after);
  if (wish.ttl == null) return named;
  const after = formatTime((parseTime(now) ?? 0) + wish.ttl * 1000);
  return named !== null && named < after ? named : after;
}

export type Provenance = Pick<
  MemoryRow,
  'key_id' | 'agent' | 'door' | 'origin' | 'trust' | 'suspicion' | 'quarantined'
>;
const UNKNOWN: Provenance = {
  key_id: null,
  agent: null,
  door: null,
  origin: 'unknown',
  trust: 'normal',
  suspicion: null,
  quarantined: 0,
};

interface Origin {
  user_id: number;
  space_id: number | null;
  sync_id: string;
  content_hash: string;
  /** Of a text that is new. */
  provenance?: Provenance | undefined;
  now: string;
}

/** Storing something is its first review, a "Good" one. */
export function newMemory(request: StoreRequest, content: string, origin: Origin, fsrs: Fsrs): NewMemory {
  return {
    user_id: origin.user_id,
    space_id: origin.space_id,
    sync_id: origin.sync_id,
    content,
    content_hash: origin.content_hash,
    category: request.category,
    source: request.source,
    session_id: request.session_id || null,
    importance: request.importance,
    tags: JSON.stringify(request.tags),
    ...(origin.provenance ?? UNKNOWN),
    status: origin.provenance?.quarantined ? 'pending' : request.status,
    model: request.model ?? null,
    episode_id: null,
    confidence: 1,
    version: 1,
    is_latest: 1,
    parent_memory_id: null,
    root_memory_id: null,
    source_count: 1,
    is_static: request.is_static ? 1 : 0,
    is_forgotten: 0,
    is_archived: 0,
    is_fact: request.is_fact ? 1 : 0,
    is_decomposed: 0,
    is_superseded: 0,
    is_consolidated: 0,
    forget_after: forgetAt(request, origin.now),
    forget_reason: request.forget_reason ?? null,
    forgotten_at: null,
    superseded_at: null,
    recall_hits: 0,
    recall_misses: 0,
    adaptive_score: null,
    pagerank_score: null,
    access_count: 0,
    last_accessed_at: null,
    ...reviewColumns(fsrs.first(GOOD), origin.now),
    valence: null,
    arousal: null,
    dominant_emotion: null,
    occurred_at: storedTime(request.occurred_at),
    created_at: origin.now,
    updated_at: origin.now,
  };
}

const SAMPLE = StoreRequest.parse({ content: 'x' });
/** Every column an insert names, so that its statement is always the same. */
export const NEW_MEMORY_COLUMNS = Object.keys(
  newMemory(SAMPLE, '', { user_id: 0, space_id: null, sync_id: '', content_hash: '', now: '' }, STANDARD_FSRS),
) as readonly (keyof NewMemory)[];

/** The row that follows `previous` in its version chain; everything not asked to change is carried over. */
export function nextVersion(previous: MemoryRow, change: UpdateRequest, content: string, origin: Origin): NewMemory {
  const { id, ...carried } = previous;
  return {
    ...carried,
    ...origin.provenance,
    sync_id: origin.sync_id,
    content,
    content_hash: origin.content_hash,
    category: change.category ?? previous.category,
    importance: change.importance ?? previous.importance,
    tags: change.tags === undefined ? previous.tags : JSON.stringify(change.tags),
    is_static: change.is_static === undefined ? previous.is_static : Number(change.is_static),
    is_fact: change.is_fact === undefined ? previous.is_fact : Number(change.is_fact),
    status: origin.provenance?.quarantined ? 'pending' : (change.status ?? previous.status),
    occurred_at: change.occurred_at === undefined ? previous.occurred_at : storedTime(change.occurred_at),
    forget_after:
      change.forget_after === undefined && change.ttl == null ? previous.forget_after : forgetAt(change, origin.now),
    version: previous.version + 1,
    is_latest: 1,
    is_superseded: 0,
    is_consolidated: 0,
    parent_memory_id: id,
    root_memory_id: previous.root_memory_id ?? id,
    created_at: origin.now,
    updated_at: origin.now,
  };
}

type ChainLink = Pick<MemoryRow, 'id' | 'parent_memory_id' | 'root_memory_id'>;

/**
 * How the rest of a version chain points after some of it is erased: children of an erased version hang on its nearest
 * remaining ancestor, and the oldest that remains becomes the root.
 * @param chain all versions, oldest first
 * @returns the new pointers of those that change
 */
export function chainAfter(chain: readonly ChainLink[], erased: ReadonlySet<number>): ChainLink[] {
  const rest = chain.filter(({ id }) => !erased.has(id));
  const root = rest[0]?.id ?? null;
  const parents = new Map(chain.map((link) => [link.id, link.parent_memory_id]));
  const ancestor = (id: number | null): number | null =>
    id === null || !erased.has(id) ? id : ancestor(parents.get(id) ?? null);
  return rest
    .map(({ id, parent_memory_id }) => ({
      id,
      parent_memory_id: ancestor(parent_memory_id),
      root_memory_id: id === root ? null : root,
    }))
    .filter((link) => {
      const before = chain.find(({ id }) => id === link.id)!;
      return before.parent_memory_id !== link.parent_memory_id || before.root_memory_id !== link.root_memory_id;
    });
}

export const REVIEW_COLUMNS = [
  'fsrs_stability', 'fsrs_difficulty', 'fsrs_storage_strength', 'fsrs_retrieval_strength', 'fsrs_learning_state',
  'fsrs_reps', 'fsrs_lapses', 'fsrs_last_review_at',
] as const; // biome-ignore format: a list
export type ReviewColumns = Pick<MemoryRow, (typeof REVIEW_COLUMNS)[number]>;

/** What a review writes. */
export function reviewColumns(learnt: Learnt, at: string): ReviewColumns {
  return {
    fsrs_stability: learnt.stability,
    fsrs_difficulty: learnt.difficulty,
    fsrs_storage_strength: learnt.storage,
    fsrs_retrieval_strength: learnt.retrieval,
    fsrs_learning_state: learnt.state,
    fsrs_reps: learnt.reps,
    fsrs_lapses: learnt.lapses,
    fsrs_last_review_at: at,
  };
}

type Times = Pick<MemoryRow, 'fsrs_last_review_at' | 'last_accessed_at' | 'created_at'>;
/** Rows from before memories were reviewed count as learnt when they were last read, else when they were stored. */
export const lastReview = (row: Times): string => row.fsrs_last_review_at ?? row.last_accessed_at ?? row.created_at;

/** Days of the calendar (UTC), so that a memory used daily at no fixed hour counts as used daily. */
const daysFrom = (since: string, nowMs: number): number =>
  Math.floor(nowMs / DAY_MS) - Math.floor((parseTime(since) ?? nowMs) / DAY_MS);

/** The columns of a row after one more review. */
export function reviewed(row: ReviewColumns & Times, grade: Grade, nowMs: number, fsrs: Fsrs): ReviewColumns {
  const { fsrs_stability: stability, fsrs_difficulty: difficulty } = row;
  const before: Learnt =
    stability === null || difficulty === null
      ? fsrs.first(GOOD)
      : {
          stability,
          difficulty,
          storage: row.fsrs_storage_strength,
          retrieval: row.fsrs_retrieval_strength,
          state: row.fsrs_learning_state,
          reps: row.fsrs_reps,
          lapses: row.fsrs_lapses,
        };
  return reviewColumns(fsrs.next(before, grade, daysFrom(lastReview(row), nowMs)), formatTime(nowMs));
}

/** Which versions leave the trash for good with those named: with the newest of a chain, all that led to it. */
export function leavingWith(
  chain: readonly Pick<MemoryRow, 'id' | 'is_latest'>[],
  named: ReadonlySet<number>,
): ReadonlySet<number> {
  const newest = chain.some(({ id, is_latest }) => is_latest === 1 && named.has(id));
  return newest ? new Set(chain.map(({ id }) => id)) : named;
}

/** Retrievability now; permanent facts never fade. */
export function retentionOf(
  row: Times & Pick<MemoryRow, 'is_static' | 'fsrs_stability'>,
  nowMs: number,
  fsrs: Fsrs,
): number {
  if (row.is_static) return 1;
  const since = parseTime(lastReview(row)) ?? nowMs;
  return fsrs.retrievability(row.fsrs_stability, (nowMs - since) / DAY_MS);
}

/** Retrieval strength now, 0..1: what the last review left, less what time took of it. */
export const retrievalOf = (
  row: Parameters<typeof retentionOf>[0] & Pick<MemoryRow, 'fsrs_retrieval_strength'>,
  nowMs: number,
  fsrs: Fsrs,
): number => (row.is_static ? 1 : row.fsrs_retrieval_strength * retentionOf(row, nowMs, fsrs));

export const decayScore = (row: MemoryRow, nowMs: number, fsrs: Fsrs): number =>
  round(row.importance * retentionOf(row, nowMs, fsrs), 3);
export const tagsOf = (row: Pick<MemoryRow, 'tags'>): string[] => JSON.parse(row.tags) as string[];

/** Whether and why a memory looks like orders to an agent, and what came of it. */
export const suspicionIn = ({ suspicion, quarantined }: Pick<MemoryRow, 'suspicion' | 'quarantined'>) => ({
  flagged: suspicion !== null,
  quarantined: quarantined === 1,
  reasons: suspicion === null ? [] : (JSON.parse(suspicion) as string[]),
});

/** How a memory is found by its words. */
export const fullTextEntry = (row: NewMemory, memory_id: number): FullTextEntry => ({
  memory_id,
  user_id: row.user_id,
  content: row.content,
  tags: tagsOf(row),
  category: row.category,
  moment: dayWords(row.occurred_at ?? row.created_at),
});

export function presentMemory(row: MemoryRow, nowMs: number, fsrs: Fsrs): Memory {
  const { content_hash: _hash, is_superseded, is_consolidated, suspicion, quarantined, ...shown } = row;
  return {
    ...shown,
    tags: tagsOf(row),
    decay_score: decayScore(row, nowMs, fsrs),
    fsrs_retrieval_strength: round(retrievalOf(row, nowMs, fsrs), 6),
    is_latest: row.is_latest === 1,
    is_static: row.is_static === 1,
    is_forgotten: row.is_forgotten === 1,
    is_archived: row.is_archived === 1,
    is_fact: row.is_fact === 1,
    is_decomposed: row.is_decomposed === 1,
    is_superseded: is_superseded === 1 || row.is_latest === 0,
    is_consolidated: is_consolidated === 1,
    ...suspicionIn({ suspicion, quarantined }),
  };
}

/** What the rules take for a repeat, the model must at least not find far from it: remarks move the vector of a short text. */
export const MIN_COSINE = 0.5;

const DAY_CHARS = 'YYYY-MM-DD'.length;

/** "Alice is ill today" is news when it is said on another day; so is anything that happened at another time. */
export function sameMoment(
  a: Pick<MemoryRow, 'content' | 'occurred_at' | 'created_at'>,
  b: Pick<MemoryRow, 'content' | 'occurred_at' | 'created_at'>,
): boolean {
  if (a.occurred_at !== b.occurred_at) return false;
  if (a.occurred_at !== null || !meansItsDay(b.content)) return true;
  return a.created_at.slice(0, DAY_CHARS) === b.created_at.slice(0, DAY_CHARS);
}

/** Of unit vectors. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}
