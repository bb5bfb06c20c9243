// Decisions about memories, as pure functions: what a stored row starts as, what a new version inherits, how a row is shown.
import { retrievability } from '../../algo/fsrs.ts';
import { formatTime, parseTime } from '../../core/clock.ts';
import type { Memory } from '../../core/shapes.ts';
import type { MemoryTable } from '../../core/tables.ts';
import { StoreRequest, type UpdateRequest } from './contract.ts';

export type MemoryRow = { [K in keyof MemoryTable]: K extends 'id' ? number : MemoryTable[K] };
export type NewMemory = Omit<MemoryRow, 'id'>;

export const MAX_CONTENT_BYTES = 102_400;
const DAY_MS = 86_400_000;

/** Text as compared when looking for exact repeats: canonical Unicode, runs of white space as one space. */
export const normalizeContent = (content: string): string => content.normalize('NFC').replace(/\s+/gu, ' ').trim();

const storedTime = (text: string | null | undefined): string | null => {
  const ms = text == null ? null : parseTime(text);
  return ms === null ? null : formatTime(ms);
};

interface Origin {
  user_id: number;
  space_id: number | null;
  sync_id: string;
  content_hash: string;
  now: string;
}

export function newMemory(request: StoreRequest, content: string, origin: Origin): NewMemory {
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
    status: request.status,
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
    forget_after: storedTime(request.forget_after),
    forget_reason: request.forget_reason ?? null,
    recall_hits: 0,
    recall_misses: 0,
    adaptive_score: null,
    pagerank_score: null,
    access_count: 0,
    last_accessed_at: null,
    fsrs_stability: null,
    fsrs_difficulty: null,
    fsrs_storage_strength: 1,
    fsrs_retrieval_strength: 1,
    fsrs_learning_state: 0,
    fsrs_reps: 0,
    fsrs_lapses: 0,
    fsrs_last_review_at: null,
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
  newMemory(SAMPLE, '', { user_id: 0, space_id: null, sync_id: '', content_hash: '', now: '' }),
) as readonly (keyof NewMemory)[];

/** The row that follows `previous` in its version chain; everything not asked to change is carried over. */
export function nextVersion(previous: MemoryRow, change: UpdateRequest, content: string, origin: Origin): NewMemory {
  const { id, ...carried } = previous;
  return {
    ...carried,
    sync_id: origin.sync_id,
    content,
    content_hash: origin.content_hash,
    category: change.category ?? previous.category,
    importance: change.importance ?? previous.importance,
    tags: change.tags === undefined ? previous.tags : JSON.stringify(change.tags),
    is_static: change.is_static === undefined ? previous.is_static : Number(change.is_static),
    is_fact: change.is_fact === undefined ? previous.is_fact : Number(change.is_fact),
    status: change.status ?? previous.status,
    occurred_at: change.occurred_at === undefined ? previous.occurred_at : storedTime(change.occurred_at),
    forget_after: change.forget_after === undefined ? previous.forget_after : storedTime(change.forget_after),
    version: previous.version + 1,
    is_latest: 1,
    is_superseded: 0,
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

/** Retrievability now; permanent facts never fade. */
export function retentionOf(
  row: Pick<MemoryRow, 'is_static' | 'fsrs_stability' | 'fsrs_last_review_at' | 'last_accessed_at' | 'created_at'>,
  nowMs: number,
): number {
  if (row.is_static) return 1;
  const since = parseTime(row.fsrs_last_review_at ?? row.last_accessed_at ?? row.created_at) ?? nowMs;
  return retrievability(row.fsrs_stability, (nowMs - since) / DAY_MS);
}

const round = (n: number, digits: number): number => Number(n.toFixed(digits));
export const decayScore = (row: MemoryRow, nowMs: number): number => round(row.importance * retentionOf(row, nowMs), 3);
export const tagsOf = (row: Pick<MemoryRow, 'tags'>): string[] => JSON.parse(row.tags) as string[];

export function presentMemory(row: MemoryRow, nowMs: number): Memory {
  const { content_hash: _hash, is_superseded, is_consolidated, ...shown } = row;
  return {
    ...shown,
    tags: tagsOf(row),
    decay_score: decayScore(row, nowMs),
    is_latest: row.is_latest === 1,
    is_static: row.is_static === 1,
    is_forgotten: row.is_forgotten === 1,
    is_archived: row.is_archived === 1,
    is_fact: row.is_fact === 1,
    is_decomposed: row.is_decomposed === 1,
    is_superseded: is_superseded === 1 || row.is_latest === 0,
    is_consolidated: is_consolidated === 1,
  };
}
