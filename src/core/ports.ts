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
  /** Memories that name this entity. */
  entity_id?: number | undefined;
  /** Memories that belong to this project. */
  project_id?: number | undefined;
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
  /** Nothing that is trusted less. */
  min_trust?: 'untrusted' | 'normal' | 'trusted' | undefined;
  include_forgotten?: boolean | undefined;
  include_archived?: boolean | undefined;
  include_superseded?: boolean | undefined;
  /** What held at this moment (core/clock text): versions, trash and times to forget are read as they stood then. */
  as_of?: string | undefined;
  /** Memories whose `forget_after` has passed at this time are left out. */
  now: string;
}

/** A hit of one retriever: larger score is better; scale is the retriever's own. */
export interface Candidate {
  id: number;
  score: number;
  /** Of a vector hit: which piece of the memory came nearest, see `VectorRecord.part`. */
  part?: number;
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
  /** The user is gone for good, and whatever was kept of them. */
  dropFor(user_id: number): Promise<void>;
  /**
   * BM25, best first, ties by larger id, hidden memories among them: for callers that check what they show.
   * @param effort small over very many memories: fewer of the commoner words are looked at, for work that nobody waits for
   */
  best(query: LexicalQuery, user_id: number, limit: number, effort?: 'small'): Promise<Candidate[]>;
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

/** How well each word of a question is met by its best counterpart in a text, 0..1, weighed by how much the words tell. */
export type WordMatcher = (text: string) => number;

/** Turns text into unit vectors. */
export interface Embedder {
  readonly identity: ModelIdentity;
  /** `lookup`: some microseconds a text, in this thread. `network`: a text costs milliseconds to seconds. */
  readonly cost: 'lookup' | 'network';
  /** One unit vector per text, in order. */
  embedDocuments(texts: readonly string[]): Promise<Float32Array[]>;
  embedQuery(text: string): Promise<Float32Array>;
  /** Present where the model knows single words and comparing them takes microseconds. */
  readonly wordMatcher?: (question: string) => WordMatcher;
  close(): Promise<void>;
}

/** One piece of one memory. A short text is one piece; of a long one every piece has a vector of its own. */
export interface VectorRecord {
  memory_id: number;
  user_id: number;
  /** Number of the piece, from 0. */
  part: number;
  content_hash: string;
  vector: Float32Array;
}

/** Where in the order of (memory_id, part) a page begins, exclusive. */
export interface VectorPlace {
  memory_id: number;
  part: number;
}

/** Derived nearest-neighbour index over the canonical vectors in SQL (`memory_vectors`). Can be rebuilt at any time. */
export interface VectorIndex {
  readonly name: string;
  /** Called after commit, with every piece of each memory named: pieces it had before are replaced. */
  put(records: readonly VectorRecord[]): Promise<void>;
  remove(user_id: number, memory_ids: readonly number[]): Promise<void>;
  /** Lets go of all it has of a user, on disk too: their vectors were erased, or are to be read anew. */
  forgetUser(user_id: number): Promise<void>;
  /**
   * Cosine of the nearest piece of each memory, best first, ties by larger id; `part` says which piece that is (of equal
   * ones the first).
   * @param limit memories, not pieces
   * @param allowed when given, only these memories count: filtering happens before the cut
   */
  search(
    user_id: number,
    query: Float32Array,
    limit: number,
    allowed: ReadonlySet<number> | null,
  ): Promise<Candidate[]>;
  close(): Promise<void>;
  /** Closes it and removes what it keeps on disk: the model is gone. */
  destroy(): Promise<void>;
}

/** Reads canonical vectors; how an index (re)builds itself. */
export interface VectorSource {
  /** Pieces, not memories. */
  count(user_id: number, model: string): Promise<number>;
  /** All vectors of a user for one model, ascending (memory_id, part), in pages of `limit` pieces. */
  page(user_id: number, model: string, after: VectorPlace, limit: number): Promise<VectorRecord[]>;
}

/** Before the first piece. */
export const FIRST_PLACE: VectorPlace = { memory_id: 0, part: -1 };

/** Reads a question and a text together, which tells more about how well they fit than two vectors do, and costs more. */
export interface Reranker {
  /** `name@revision`. */
  readonly name: string;
  /**
   * How well each text answers the query, 0..1 (sigmoid of the model's logit), in order.
   * @throws the signal's reason once it is aborted; work not yet begun is then left undone
   */
  score(query: string, texts: readonly string[], signal: AbortSignal): Promise<number[]>;
  close(): Promise<void>;
}

/** Counts tokens the way large language models do. */
export interface TokenCounter {
  count(text: string): number;
  /** Longest prefix of at most `max` tokens, cut between characters. */
  truncate(text: string, max: number): string;
}
