// How memories and links become nodes and edges.
import { DAY_MS } from '../../algo/durations.ts';
import { type Fsrs, STANDARD_FSRS } from '../../algo/fsrs.ts';
import type { Edge } from '../memory/link-store.ts';
import { decayScore, type MemoryRow, tagsOf } from '../memory/rules.ts';

/** How much a link of this type says about what it points to, beside its similarity. */
const TYPE_WEIGHTS: Readonly<Record<string, number>> = {
  causes: 2,
  caused_by: 2,
  updates: 1.5,
  corrects: 1.5,
  extends: 1.3,
  contradicts: 1.3,
  consolidates: 0.5,
};
/** Which of the two memories such a link starts at says only which one was stored later. */
const MUTUAL = new Set(['similarity', 'contradicts', 'association', 'related']);

/** What the walker of PageRank and Louvain see of a link. */
export const rankWeight = ({ type, similarity }: Pick<Edge, 'type' | 'similarity'>): number =>
  Math.max(0, similarity) * (Object.hasOwn(TYPE_WEIGHTS, type) ? TYPE_WEIGHTS[type]! : 1);
export const isMutual = (type: string): boolean => MUTUAL.has(type);

export const EDGE_KINDS = [
  'cite', 'mentions', 'contradicts', 'refines', 'generalizes', 'has_fact', 'association', 'temporal', 'causal',
  'resolves', 'about', 'contains', 'relationship',
] as const; // biome-ignore format: a list
export type EdgeKind = (typeof EDGE_KINDS)[number];

const KINDS: Readonly<Record<string, EdgeKind>> = {
  follows: 'temporal',
  temporal: 'temporal',
  prerequisite_for: 'temporal',
  updates: 'refines',
  corrects: 'refines',
  supersedes: 'refines',
  extends: 'refines',
  elaborates: 'refines',
  refines: 'refines',
  contradicts: 'contradicts',
  causes: 'causal',
  caused_by: 'causal',
  causal: 'causal',
  has_fact: 'has_fact',
  consolidates: 'generalizes',
  generalizes: 'generalizes',
  reference: 'cite',
  references: 'cite',
  cite: 'cite',
  mentions: 'mentions',
  resolves: 'resolves',
};
/** The few kinds that a picture of the graph tells apart. */
export const kindOf = (type: string): EdgeKind => (Object.hasOwn(KINDS, type) ? KINDS[type]! : 'association');

export interface Rank {
  pagerank: number;
  community_id: number | null;
}

const LABEL_CHARS = 60;
/** A picture needs the gist; the whole text is a request away. */
export const CONTENT_CHARS = 1_000;

/** The first characters, never half of one. */
function opening(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const code = text.charCodeAt(chars - 1);
  return text.slice(0, code >= 0xd800 && code < 0xdc00 ? chars - 1 : chars);
}
export const labelOf = (content: string): string => opening(content, LABEL_CHARS).replace(/\s+/g, ' ').trim();

export const nodeIdOf = (memory_id: number): string => `m${memory_id}`;

export function memoryNode(row: MemoryRow, rank: Rank | undefined, now: number, fsrs: Fsrs = STANDARD_FSRS) {
  const { id, category, importance, source, created_at, source_count } = row;
  const pagerank = rank?.pagerank ?? null;
  const community = rank?.community_id ?? null;
  return {
    id: nodeIdOf(id),
    memory_id: id,
    type: 'memory' as const,
    label: labelOf(row.content),
    content: opening(row.content, CONTENT_CHARS),
    category,
    group: category,
    source,
    importance,
    weight: importance,
    size: 1.5 * importance + 5 * (pagerank ?? 0),
    pagerank,
    community,
    community_id: community,
    decay_score: decayScore(row, now, fsrs),
    source_count,
    is_static: row.is_static === 1,
    created_at,
    metadata: { tags: tagsOf(row), session_id: row.session_id, episode_id: row.episode_id, space_id: row.space_id },
  };
}
export type MemoryNode = ReturnType<typeof memoryNode>;

export const edgeOf = ({ source_id, target_id, type, similarity }: Edge) => ({
  source: nodeIdOf(source_id),
  target: nodeIdOf(target_id),
  source_id,
  target_id,
  type: kindOf(type) as string,
  link_type: type,
  edge_type: type,
  weight: similarity,
});
export type MemoryEdge = ReturnType<typeof edgeOf>;

/** Monday of the week. @param day `YYYY-MM-DD` @returns the same */
export function weekStart(day: string): string {
  const at = Date.parse(`${day}T00:00:00Z`);
  return new Date(at - ((new Date(at).getUTCDay() + 6) % 7) * DAY_MS).toISOString().slice(0, 10);
}
/** @param monday of a week @returns the one `weeks` later */
export const weeksLater = (monday: string, weeks: number): string =>
  new Date(Date.parse(`${monday}T00:00:00Z`) + weeks * 7 * DAY_MS).toISOString().slice(0, 10);

/** ISO 8601: a week belongs to the year of its Thursday. @returns `2026-W10` */
export function weekName(monday: string): string {
  const thursday = new Date(Date.parse(`${monday}T00:00:00Z`) + 3 * DAY_MS);
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = Math.floor((thursday.getTime() - first) / DAY_MS / 7) + 1;
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
}
