// Noticing that a text says what a memory says already, and letting that memory grow instead of storing it twice.
import { saysTheSame } from '../../algo/same-saying.ts';
import { isCorrection, sayingOf } from '../../algo/saying.ts';
import type { Fingerprint } from '../../algo/simhash.ts';
import type { FullTextIndex } from '../../core/ports.ts';
import type { FingerprintStore, RepeatCandidate } from './fingerprint-store.ts';
import type { Embedded } from './pieces.ts';
import { cosine, fullTextEntry, type MemoryRow, MIN_COSINE, type NewMemory, sameMoment, tagsOf } from './rules.ts';
import type { MemoryStore } from './store.ts';

interface Stores {
  memories: MemoryStore;
  fingerprints: FingerprintStore;
  fullText: FullTextIndex;
}

export interface Repeat {
  row: MemoryRow;
  /** 1 when the texts are the same but for white space; else the cosine of their vectors, 1 where there are none. */
  similarity: number;
}

/** @returns null where one of them has no vector of the model */
function cosineWith(embedded: Embedded | null, { vector }: RepeatCandidate): number | null {
  const own = embedded?.parts[0]?.vector;
  return own && vector && own.length === vector.length ? cosine(own, vector) : null;
}

/**
 * The memory that says the same as the row about to be stored: in the same space, session, category and state of review,
 * about the same time. An exact repeat first. Corrections are only taken for exact repeats.
 */
export async function findRepeat(
  { memories, fingerprints }: Pick<Stores, 'memories' | 'fingerprints'>,
  fresh: NewMemory,
  fingerprint: Fingerprint | null,
  embedded: Embedded | null,
): Promise<Repeat | null> {
  const exact = await memories.repeatOf(fresh);
  if (exact && sameMoment(exact, fresh)) return { row: exact, similarity: 1 };
  if (!fingerprint || isCorrection(fresh.content)) return null;
  const candidates = await fingerprints.candidates(fresh, fingerprint.words_key, embedded?.model ?? null);
  if (candidates.length === 0) return null;
  const saying = sayingOf(fresh.content);
  for (const candidate of candidates) {
    const { row } = candidate;
    if (!sameMoment(row, fresh) || !saysTheSame(saying, sayingOf(row.content))) continue;
    const near = cosineWith(embedded, candidate);
    if (near !== null && near < MIN_COSINE) continue;
    return { row, similarity: near === null ? 1 : Math.min(1, Number(near.toFixed(4))) };
  }
  return null;
}

/** @returns the memory as it is now: said once more, with the tags of both and the weight of the weightier */
export async function foldInto(
  { memories, fullText }: Pick<Stores, 'memories' | 'fullText'>,
  row: MemoryRow,
  fresh: NewMemory,
): Promise<MemoryRow> {
  const { user_id, id } = row;
  const now = fresh.created_at;
  const tags = [...new Set([...tagsOf(row), ...tagsOf(fresh)])];
  const importance = Math.max(row.importance, fresh.importance);
  const is_static = Math.max(row.is_static, fresh.is_static);
  await memories.strengthen(user_id, id, now);
  if (importance !== row.importance || is_static !== row.is_static)
    await memories.set(user_id, id, { importance, is_static });
  if (tags.length > tagsOf(row).length) {
    await memories.replaceTags(user_id, id, tags, now);
    await fullText.put(fullTextEntry({ ...row, tags: JSON.stringify(tags) }, id));
  }
  const tagText = JSON.stringify(tags);
  return { ...row, importance, is_static, tags: tagText, source_count: row.source_count + 1, updated_at: now };
}
