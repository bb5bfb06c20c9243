// What reflections are about, and how they are told.
import { z } from 'zod';
import { DAY_MS } from '../../algo/durations.ts';
import { parseTime } from '../../core/clock.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { Period } from './contract.ts';
import type { ReflectionRow } from './store.ts';

export const PERIOD_MS: Readonly<Record<Period, number>> = { day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS };
/** So long a reflection on a period is good enough to be shown again. */
export const FRESH_MS: Readonly<Record<Period, number>> = { day: DAY_MS / 4, week: DAY_MS, month: 3 * DAY_MS };
/** Fewer memories have nothing in common. */
export const LEAST_MEMORIES = 3;
/** Memories that a language model reads for one period. */
export const MOST_MEMORIES = 80;

/** Important, and still never confirmed by recall after so many days. */
export const NEGLECTED = { importance: 6, days: 7 };
const VITAL = 8;

export type Action = 'reconsolidate' | 'enrich';
const QUOTED = 160;
const quote = (text: string): string => {
  const line = Array.from(text.replace(/\s+/gu, ' ').trim());
  return line.length <= QUOTED ? line.join('') : `${line.slice(0, QUOTED - 1).join('')}…`;
};

/** What is vital is checked; what is merely important could be told better. */
export function neglect(row: MemoryRow, now: number): { action: Action; content: string } {
  const days = Math.floor((now - (parseTime(row.created_at) ?? now)) / DAY_MS);
  const action = row.importance >= VITAL ? 'reconsolidate' : 'enrich';
  const advice =
    action === 'reconsolidate'
      ? 'Check whether it still holds, and set it right or confirm it.'
      : 'Add what would make it easier to find and to use: names, dates, why it matters.';
  return {
    action,
    content: `Importance ${row.importance} of 10, yet in ${days} days recall never proved it helpful: "${quote(row.content)}" ${advice}`,
  };
}

const MOST_CHARS = 800;
const entry = (row: MemoryRow) => ({
  id: row.id,
  at: row.occurred_at ?? row.created_at,
  category: row.category,
  importance: row.importance,
  text: row.content.slice(0, MOST_CHARS),
});
export const dataOf = (rows: readonly MemoryRow[]): string =>
  JSON.stringify([...rows].sort((a, b) => a.id - b.id).map(entry));

const Lines = z.array(z.string().trim().min(1).max(500)).max(12).default([]);
export const PeriodAnswer = z.object({
  reflection: z.string().trim().min(20).max(4_000),
  themes: Lines,
  progress: Lines,
  patterns: Lines,
  unresolved: Lines,
  insight: z.string().trim().max(1_000).nullish(),
});
export const PERIOD_INSTRUCTIONS = `The notes are what an agent stored in memory during a period of time. Look back on
that period. reflection: one or two paragraphs on what it was about and what changed. themes: what keeps coming up.
progress: what was finished or moved on. patterns: what was done or happened in the same way more than once. unresolved: what
was left open. insight: the one thing worth knowing that no single note says, or null. Say only what the notes support, name
things as they do, and leave lists empty rather than guess.`;

export const NeglectAnswer = z.object({
  reflections: z
    .array(z.object({ id: z.number().int(), action: z.string(), content: z.string().trim().max(1_000) }))
    .max(200),
});
export const NEGLECT_INSTRUCTIONS = `The notes are important, but nobody found them helpful so far. For each one, by its
id, say in one or two sentences what should be done so that it helps: action "reconsolidate" when it should be checked
whether it still holds, "enrich" when something should be added to it. Say what to check or to add. Invent nothing.`;
export const isAction = (text: string): text is Action => text === 'reconsolidate' || text === 'enrich';

export interface Details {
  themes: string[];
  progress: string[];
  patterns: string[];
  unresolved: string[];
  insight: string | null;
}
export const NO_DETAILS: Details = { themes: [], progress: [], patterns: [], unresolved: [], insight: null };

export const view = (row: ReflectionRow, source_memory_ids: readonly number[]) => ({
  id: row.id,
  content: row.content,
  reflection_type: row.reflection_type,
  source_memory_ids: [...source_memory_ids],
  confidence: row.confidence,
  user_id: row.user_id,
  memory_id: row.memory_id,
  memory_count: row.memory_count,
  origin: row.origin,
  period_start: row.period_start,
  period_end: row.period_end,
  created_at: row.created_at,
  ...NO_DETAILS,
  ...(JSON.parse(row.details) as Partial<Details>),
});
