// The memories around a new one: what it may repeat, extend, contradict or follow from. One query by meaning, one by words.
import { parseLexicalQuery } from '../../algo/text.ts';
import { othersFirst } from '../../core/event-loop.ts';
import type { FullTextIndex } from '../../core/ports.ts';
import { isPart } from '../decompose/rules.ts';
import type { FingerprintStore } from '../memory/fingerprint-store.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { Semantics } from '../memory/semantics.ts';
import type { MemoryStore } from '../memory/store.ts';

export interface Neighbour {
  readonly row: MemoryRow;
  /** Cosine of the vectors of both; null without a model, or when words found it and meaning did not. */
  readonly cosine: number | null;
  /** Share 0..1 of the BM25 score of the best hit by words; 0 when words did not find it. */
  readonly lexical: number;
}

export interface NeighbourDeps {
  read: {
    memories: Pick<MemoryStore, 'byIds'>;
    fingerprints: Pick<FingerprintStore, 'vectors'>;
    fullText: FullTextIndex;
  };
  semantics: Pick<Semantics, 'model' | 'near'>;
}

/** Taken from each of the two. */
const NEAREST = 24;
/** Characters of a long text that are looked up by words: its beginning says what it is about. */
const LOOKED_UP_CHARS = 600;

/** @returns recallable memories of the same space, nearest first; no parts of memories, since the whole says the same */
export function createNeighbours({ read, semantics }: NeighbourDeps) {
  async function byMeaning({ user_id, id }: MemoryRow): Promise<Map<number, number>> {
    const model = semantics.model?.key;
    if (model === undefined) return new Map();
    const vector = (await read.fingerprints.vectors(user_id, model, [id])).get(id);
    if (!vector) return new Map();
    const hits = await semantics.near(user_id, vector, NEAREST + 1);
    return new Map(hits.map((hit) => [hit.id, hit.score]));
  }

  async function byWords({ user_id, content }: MemoryRow): Promise<Map<number, number>> {
    const query = parseLexicalQuery(content.slice(0, LOOKED_UP_CHARS));
    const hits = await read.fullText.best(query, user_id, NEAREST + 1, 'small');
    const top = Math.max(...hits.map(({ score }) => score), Number.MIN_VALUE);
    return new Map(hits.map(({ id, score }) => [id, score / top]));
  }

  return async function neighbours(row: MemoryRow): Promise<Neighbour[]> {
    // Each stops everybody for some milliseconds over very many memories: requests have their turn in between.
    const meaning = await byMeaning(row);
    await othersFirst();
    const words = await byWords(row);
    await othersFirst();
    const ids = [...new Set([...meaning.keys(), ...words.keys()])].filter((id) => id !== row.id);
    const rows = await read.memories.byIds(row.user_id, ids);
    return rows
      .filter(
        (near) =>
          near.space_id === row.space_id &&
          near.status === 'approved' &&
          near.is_latest === 1 &&
          near.is_forgotten === 0 &&
          near.is_archived === 0 &&
          !isPart(near),
      )
      .map((near) => ({ row: near, cosine: meaning.get(near.id) ?? null, lexical: words.get(near.id) ?? 0 }))
      .sort((a, b) => (b.cosine ?? 0) - (a.cosine ?? 0) || b.lexical - a.lexical || b.row.id - a.row.id);
  };
}
