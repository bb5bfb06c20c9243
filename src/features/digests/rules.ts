// How a digest reads.
import { z } from 'zod';
import { DAY_MS, HOUR_MS } from '../../algo/durations.ts';
import { summarize } from '../../algo/summary.ts';
import type { Pair } from '../contradictions/rules.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { DigestPeriod } from './contract.ts';
import type { DigestRow, SubscriptionRow } from './store.ts';

export const PERIOD_MS: Readonly<Record<DigestPeriod, number>> = {
  hourly: HOUR_MS,
  daily: DAY_MS,
  weekly: 7 * DAY_MS,
  monthly: 30 * DAY_MS,
};
const SPAN: Readonly<Record<DigestPeriod, string>> = {
  hourly: 'hour',
  daily: 'day',
  weekly: 'week',
  monthly: 'month',
};
export const PARTS = ['stats', 'new_memories', 'contradictions', 'reflections'] as const;
export type Part = (typeof PARTS)[number];

/** A type alias, since an interface does not fit a loose object. */
export type Figures = {
  new_memories: number;
  changed_memories: number;
  contradictions: number;
  categories: { category: string; count: number }[];
  top_memory_ids: number[];
  summary: string | null;
  paragraph: string | null;
  degraded: string[];
};

const QUOTED = 200;
const line = (text: string): string => {
  const chars = Array.from(text.replace(/\s+/gu, ' ').trim());
  return chars.length <= QUOTED ? chars.join('') : `${chars.slice(0, QUOTED - 1).join('')}…`;
};
const counted = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

const SUMMARY = { sentences: 5, chars: 900 };
/** '' of no memories. */
export const summaryOf = (rows: readonly MemoryRow[]): string =>
  summarize(
    [...rows].sort((a, b) => a.id - b.id).map(({ content }) => content),
    SUMMARY,
  );

export const INSTRUCTIONS = `The notes are the most important things an agent stored in memory during a period of time.
Write one paragraph of at most five sentences for the person the agent works for: what the period was about, what was
decided, what is open. Say only what the notes say.`;
export const Paragraph = z.object({ paragraph: z.string().trim().min(10).max(3_000) });
const MOST_CHARS = 800;
export const dataOf = (rows: readonly MemoryRow[]): string =>
  JSON.stringify(
    rows.map(({ category, importance, content }) => ({ category, importance, text: content.slice(0, MOST_CHARS) })),
  );

const TOP = 10;
/** Markdown. */
export function contentOf(
  period: DigestPeriod,
  figures: Figures,
  top: readonly MemoryRow[],
  pairs: readonly Pair[],
): string {
  const { new_memories, changed_memories, categories, summary, paragraph } = figures;
  const parts = [
    `# The last ${SPAN[period]}`,
    `${counted(new_memories, 'new memory', 'new memories')}, ${changed_memories} changed, ${counted(figures.contradictions, 'open contradiction', 'open contradictions')}.`,
  ];
  if (paragraph !== null) parts.push(paragraph);
  if (categories.length > 0)
    parts.push(`By category: ${categories.map(({ category, count }) => `${category} ${count}`).join(', ')}.`);
  if (top.length > 0)
    parts.push(
      [
        '## Most important',
        ...top.slice(0, TOP).map((row) => `- [${row.category}, ${row.importance}/10] ${line(row.content)}`),
      ].join('\n'),
    );
  if (summary !== null) parts.push(`## In short\n${summary}`);
  if (pairs.length > 0)
    parts.push(
      [
        '## Contradictions',
        ...pairs.map((pair) => `- ${line(pair.content_a)} — but later: ${line(pair.content_b)}`),
      ].join('\n'),
    );
  return parts.join('\n\n');
}

export const digestView = (row: DigestRow) => ({
  id: row.id,
  period: row.period,
  content: row.content,
  memory_count: row.memory_count,
  user_id: row.user_id,
  started_at: row.started_at,
  ended_at: row.ended_at,
  created_at: row.created_at,
  ...(JSON.parse(row.details) as Figures),
});

export function subscriptionView(row: SubscriptionRow) {
  const wanted = new Set(JSON.parse(row.include) as Part[]);
  return {
    id: row.id,
    schedule: row.schedule,
    webhook_url: row.webhook_url,
    has_secret: row.webhook_secret !== null,
    include_stats: wanted.has('stats'),
    include_new_memories: wanted.has('new_memories'),
    include_contradictions: wanted.has('contradictions'),
    include_reflections: wanted.has('reflections'),
    active: row.active === 1,
    failures: row.failures,
    last_error: row.last_error,
    last_sent_at: row.last_sent_at,
    next_send_at: row.next_send_at,
    created_at: row.created_at,
  };
}
