// What the product needs from the outside world, as small interfaces. platform/ implements them; tests swap them.
import type { LexicalQuery } from '../algo/text.ts';

/** Restricts which memories a search or list may return. Absent field = no restriction; the owner is always required. */
export interface MemoryFilter {
  user_id: number;
  space_id?: number | undefined;
  /** Case-insensitive. */
  category?: string | undefined;
  source?: string | undefined;
  session_id?: string | undefined;
  episode_id?: number | undefined;
  /** All of these tags (lower case). */
  tags_all?: readonly string[] | undefined;
  tags_any?: readonly string[] | undefined;
  tags_none?: readonly string[] | undefined;
  is_static?: boolean | undefined;
  importance_min?: number | undefined;
  importance_max?: number | undefined;
  /** Inclusive bounds on when it happened (`occurred_at`, else `created_at`), core/clock text. */
  from?: string | undefined;
  until?: string | undefined;
  status?: string | undefined;
  include_forgotten?: boolean | undefined;
  include_archived?: boolean | undefined;
  include_superseded?: boolean | undefined;
  /** Memories whose `forget_after` has passed at this time are left out. */
  now: string;
}

/** A hit of one retriever: larger score is better; scale is the retriever's own. */
export interface Candidate {
  id: number;
  score: number;
}

export interface FullTextEntry {
  memory_id: number;
  user_id: number;
  content: string;
  tags: readonly string[];
  category: string;
  /** Words for the day it happened, see algo/text `dayWords`. */
  moment: string;
}

/** Lexical index of all memories of each user. A bound index writes in the transaction of the handle it came with. */
export interface FullTextIndex {
  /** Makes room for a user's entries; called once, when the user is created. */
  createFor(user_id: number): Promise<void>;
  put(entry: FullTextEntry): Promise<void>;
  remove(user_id: number, memory_id: number): Promise<void>;
  /** Empties a user's index, before a rebuild. */
  clear(user_id: number): Promise<void>;
  /** BM25, best first, ties by larger id, hidden memories among them: for callers that check what they show. */
  best(query: LexicalQuery, user_id: number, limit: number): Promise<Candidate[]>;
  /** The same among the memories that pass the filter, checked before the cut. Never throws for any query text. */
  search(query: LexicalQuery, filter: MemoryFilter, limit: number): Promise<Candidate[]>;
}

/** Names exactly what made a vector: vectors of different identities are never compared. */
export interface ModelIdentity {
  /** `name@revision/dims/pooling`, stored with every vector. */
  readonly key: string;
  readonly name: string;
  readonly dims: number;
}

/** Turns text into unit vectors. */
export interface Embedder {
  readonly identity: ModelIdentity;
  /** One unit vector per text, in order. */
  embedDocuments(texts: readonly string[]): Promise<Float32Array[]>;
  embedQuery(text: string): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface VectorRecord {
  memory_id: number;
  user_id: number;
  content_hash: string;
  vector: Float32Array;
}

/** Derived nearest-neighbour index over the canonical vectors in SQL (`memory_vectors`). Can be rebuilt at any time. */
export interface VectorIndex {
  readonly name: string;
  /** Called after commit. */
  put(records: readonly VectorRecord[]): Promise<void>;
  remove(user_id: number, memory_ids: readonly number[]): Promise<void>;
  /**
   * Cosine, best first, ties by larger id.
   * @param allowed when given, only these memories count: filtering happens before the cut
   */
  search(
    user_id: number,
    query: Float32Array,
    limit: number,
    allowed: ReadonlySet<number> | null,
  ): Promise<Candidate[]>;
  close(): Promise<void>;
}

/** Reads canonical vectors; how an index (re)builds itself. */
export interface VectorSource {
  count(user_id: number, model: string): Promise<number>;
  /** All vectors of a user for one model, ascending memory id, in pages. */
  page(user_id: number, model: string, after_id: number, limit: number): Promise<VectorRecord[]>;
}

/** Counts tokens the way large language models do. */
export interface TokenCounter {
  count(text: string): number;
  /** Longest prefix of at most `max` tokens, cut between characters. */
  truncate(text: string, max: number): string;
}
