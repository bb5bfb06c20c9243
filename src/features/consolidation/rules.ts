// Which memories say so nearly the same thing that one memory could tell them all, and what it would tell.
import { summarize } from '../../algo/summary.ts';
import type { MemoryRow } from '../memory/rules.ts';
import { tagsOf } from '../memory/rules.ts';
import type { Single } from './store.ts';

export interface Likeness {
  readonly a: number;
  readonly b: number;
  /** 0..1. */
  readonly similarity: number;
}
export interface Cluster {
  /** Ascending. */
  readonly ids: readonly number[];
  readonly category: string;
  readonly space_id: number | null;
  /** Mean likeness with the one in the middle. */
  readonly similarity: number;
}

/** More than this makes a summary that says nothing of most of them. */
export const MOST_MEMBERS = 12;
/** Links that say that two memories are about the same thing. */
export const LIKENING: ReadonlySet<string> = new Set(['similarity', 'extends', 'related']);

/**
 * Groups around the memories that most others are like. Every member is like the one in the middle, so no chain leads from
 * one topic to another; members share space and category; two that contradict each other are never in one group.
 * @param apart pairs that must not be told as one
 * @returns the largest first, of equals the most alike
 */
export function clustersOf(
  singles: readonly Single[],
  likenesses: readonly Likeness[],
  apart: (a: number, b: number) => boolean,
  threshold: number,
  least: number,
): Cluster[] {
  const known = new Map(singles.map((single) => [single.id, single]));
  const near = new Map<number, Map<number, number>>();
  const note = (a: number, b: number, similarity: number) => {
    const others = near.get(a) ?? new Map<number, number>();
    near.set(a, others.set(b, Math.max(similarity, others.get(b) ?? 0)));
  };
  for (const { a, b, similarity } of likenesses) {
    const [one, other] = [known.get(a), known.get(b)];
    if (!one || !other || a === b || similarity < threshold || apart(a, b)) continue;
    if (one.category !== other.category || one.space_id !== other.space_id) continue;
    note(a, b, similarity);
    note(b, a, similarity);
  }
  const centres = [...near.keys()].sort((x, y) => near.get(y)!.size - near.get(x)!.size || x - y);
  const taken = new Set<number>();
  const clusters: Cluster[] = [];
  for (const centre of centres) {
    if (taken.has(centre)) continue;
    const members: number[] = [centre];
    const around = [...near.get(centre)!].sort(([a, x], [b, y]) => y - x || a - b);
    let sum = 0;
    for (const [id, similarity] of around) {
      if (members.length === MOST_MEMBERS) break;
      if (taken.has(id) || members.some((member) => apart(member, id))) continue;
      members.push(id);
      sum += similarity;
    }
    if (members.length < least) continue;
    for (const id of members) taken.add(id);
    const { category, space_id } = known.get(centre)!;
    const similarity = sum / (members.length - 1);
    clusters.push({ ids: members.sort((a, b) => a - b), category, space_id, similarity });
  }
  return clusters.sort((x, y) => y.ids.length - x.ids.length || y.similarity - x.similarity || x.ids[0]! - y.ids[0]!);
}

const when = (row: MemoryRow): string => row.occurred_at ?? row.created_at;
export const inOrder = (rows: readonly MemoryRow[]): MemoryRow[] =>
  [...rows].sort((a, b) => (when(a) < when(b) ? -1 : when(a) > when(b) ? 1 : a.id - b.id));

const CHARS = 1_600;
/** Sentences of the sources, in their words: what they say most of. */
export const extract = (rows: readonly MemoryRow[]): string =>
  summarize(
    inOrder(rows).map(({ content }) => content),
    { sentences: Math.max(3, Math.min(10, rows.length)), chars: CHARS },
  );

export const INSTRUCTIONS = `The notes come from the memory of an agent and are about one topic, the oldest first. Write
one note that tells all of them: every fact, name, number, date and decision, each once, in plain sentences that stand
alone. Where a later note changes what an earlier one says, tell what holds now and what it was before. Add nothing that no
note says.`;
const MOST_CHARS = 2_000;
export const dataOf = (rows: readonly MemoryRow[]): string =>
  JSON.stringify(inOrder(rows).map((row) => ({ at: when(row), text: row.content.slice(0, MOST_CHARS) })));

/** What the memory that tells them all is stored as. */
export function summaryOf(rows: readonly MemoryRow[]) {
  const counted = new Map<string, number>();
  for (const row of rows) for (const tag of tagsOf(row)) counted.set(tag, (counted.get(tag) ?? 0) + 1);
  const categories = Map.groupBy(rows, ({ category }) => category);
  const [category] = [...categories].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))[0]!;
  return {
    category,
    importance: Math.max(...rows.map(({ importance }) => importance)),
    tags: [...counted].flatMap(([tag, n]) => (n * 2 >= rows.length ? [tag] : [])).sort(),
  };
}
