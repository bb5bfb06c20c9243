// Which memories are taken apart, and what their parts are like.
import { type MemoryRow, normalizeContent, tagsOf } from '../memory/rules.ts';

/** The source of parts, by which they are told from all other memories. */
export const PART_SOURCE = 'decomposition';
export const isPart = ({ source }: Pick<MemoryRow, 'source'>): boolean => source === PART_SOURCE;
export const PART_CATEGORY = 'fact';
/** The edge from a whole to its part. */
export const HAS_FACT = 'has_fact';
/** Why a part is in the trash. */
export const LEFT_BEHIND = 'its memory was forgotten, archived or erased';
export const NO_LONGER_STATED = 'its memory no longer says so';

/** UTF-16 units from which on a memory is taken apart by itself, and on request. */
export const AUTO_CHARS = 280;
export const LEAST_CHARS = 50;

const WHOLE_ALREADY = new Set([PART_SOURCE, 'consolidation', 'compaction', 'reflection', 'growth']);

/** Parts, and what was put together from other memories, are never taken apart. */
export const isDivisible = (row: Pick<MemoryRow, 'category' | 'source' | 'content'>): boolean =>
  row.category !== PART_CATEGORY && !WHOLE_ALREADY.has(row.source) && row.content.length >= LEAST_CHARS;

const SPOKEN = /^\s*(?:user|human|assistant|ai|agent|system)\s*:/i;
/** Turns of a conversation tell things in passing: they are extracted on request, and not taken apart by themselves. */
export const isSpoken = ({ category, content }: Pick<MemoryRow, 'category' | 'content'>): boolean =>
  category === 'conversation' || SPOKEN.test(content);

const DAY_CHARS = 'YYYY-MM-DD'.length;

/** What is stored for a part: of the time, weight and life of its whole, but of no session, so that it follows nothing. */
export const partRequest = (whole: MemoryRow, content: string, now: string) => ({
  content,
  category: PART_CATEGORY,
  source: PART_SOURCE,
  importance: whole.importance,
  is_static: whole.is_static === 1,
  is_fact: true,
  // A part of an old memory tells of its day, not of today.
  occurred_at:
    whole.occurred_at ?? (whole.created_at.slice(0, DAY_CHARS) === now.slice(0, DAY_CHARS) ? null : whole.created_at),
  forget_after: whole.forget_after,
  model: whole.model,
  tags: tagsOf(whole),
});

export const sameText = (a: string, b: string): boolean => normalizeContent(a) === normalizeContent(b);
