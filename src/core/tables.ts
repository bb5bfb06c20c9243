// Row types of every table, as stored. Columns are snake_case from disk to wire; flags are 0/1, times are core/clock text (UTC).
import type { Generated } from 'kysely';

export interface UserTable {
  id: Generated<number>;
  username: string;
  email: string | null;
  role: string;
  is_admin: number;
  created_at: string;
}

export interface SpaceTable {
  id: Generated<number>;
  user_id: number;
  name: string;
  description: string | null;
  created_at: string;
}

export interface ApiKeyTable {
  id: Generated<number>;
  user_id: number;
  /** First 8 hex digits, shown to people. */
  key_prefix: string;
  /** SHA-256, hex, of the normalised key (with pepper when hash_version is 2). */
  key_hash: string;
  hash_version: number;
  name: string;
  /** Comma-separated access scopes. */
  scopes: string;
  rate_limit: number;
  is_active: number;
  agent_id: number | null;
  last_used_at: string | null;
  expires_at: string | null;
  created_at: string;
}

export interface AppStateTable {
  key: string;
  value: string;
  updated_at: string;
}

export interface MemoryTable {
  id: Generated<number>;
  user_id: number;
  space_id: number | null;
  sync_id: string;
  content: string;
  /** SHA-256, hex, of the normalised content: finds exact repeats and stale derived records. */
  content_hash: string;
  category: string;
  source: string;
  session_id: string | null;
  importance: number;
  /** JSON array of lower-cased tags, in the order given. */
  tags: string;
  status: string;
  model: string | null;
  episode_id: number | null;
  confidence: number;
  version: number;
  is_latest: number;
  parent_memory_id: number | null;
  root_memory_id: number | null;
  source_count: number;
  is_static: number;
  is_forgotten: number;
  is_archived: number;
  is_fact: number;
  is_decomposed: number;
  is_superseded: number;
  is_consolidated: number;
  forget_after: string | null;
  forget_reason: string | null;
  /** Since when it has been in the trash. */
  forgotten_at: string | null;
  /** Since when something newer has its place. */
  superseded_at: string | null;
  recall_hits: number;
  recall_misses: number;
  adaptive_score: number | null;
  pagerank_score: number | null;
  access_count: number;
  last_accessed_at: string | null;
  fsrs_stability: number | null;
  fsrs_difficulty: number | null;
  fsrs_storage_strength: number;
  fsrs_retrieval_strength: number;
  fsrs_learning_state: number;
  fsrs_reps: number;
  fsrs_lapses: number;
  fsrs_last_review_at: string | null;
  valence: number | null;
  arousal: number | null;
  dominant_emotion: string | null;
  /** When what the memory tells happened, if the caller said so. */
  occurred_at: string | null;
  created_at: string;
  updated_at: string;
}

export interface MemoryTagTable {
  memory_id: number;
  user_id: number;
  tag: string;
}

export interface MemoryLinkTable {
  user_id: number;
  source_id: number;
  target_id: number;
  type: string;
  similarity: number;
  created_at: string;
}

export interface MemoryVectorTable {
  memory_id: number;
  user_id: number;
  /** Identity of the model that made the vector, see core/ports.ts. */
  model: string;
  /** Number of the piece of the text, from 0; a short text is one piece. */
  part: number;
  /** The piece is `content.slice(span_start, span_end)`. */
  span_start: number;
  span_end: number;
  dims: number;
  content_hash: string;
  created_at: string;
  /** Little-endian float32, unit length. */
  vector: Uint8Array;
}

/** Several keys for each memory, see algo/simhash.ts. */
export interface MemoryFingerprintTable {
  user_id: number;
  key: number;
  memory_id: number;
  /** 16 hex digits. */
  simhash: string;
}

export interface JobTable {
  id: Generated<number>;
  kind: string;
  lane: string;
  /** At most one waiting job per (kind, dedupe_key). */
  dedupe_key: string;
  payload: string;
  status: string;
  attempts: number;
  max_attempts: number;
  run_at: string;
  lease_owner: string | null;
  leased_until: string | null;
  error: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
}

/** What an agent notes down for a while. */
export interface ScratchEntryTable {
  id: Generated<number>;
  user_id: number;
  session: string;
  agent: string;
  model: string;
  key: string;
  value: string;
  created_at: string;
  updated_at: string;
  expires_at: string;
}

/** A run of an agent, with what it put out in session_lines. */
export interface AgentSessionTable {
  /** UUID. */
  id: string;
  user_id: number;
  agent: string;
  /** `active` until it ends; then how it ended. */
  status: string;
  /** Lines ever appended, which is the number of the last one. */
  lines: number;
  /** Number of the oldest line still kept. */
  first_line: number;
  /** UTF-8 bytes of the lines kept. */
  bytes: number;
  created_at: string;
  updated_at: string;
  ended_at: string | null;
}

export interface SessionLineTable {
  session_id: string;
  /** From 1, without gaps. */
  n: number;
  user_id: number;
  line: string;
  bytes: number;
  created_at: string;
}

/** What a user said about a memory that was recalled. */
export interface FeedbackTable {
  id: Generated<number>;
  user_id: number;
  memory_id: number;
  rating: string;
  context: string | null;
  created_at: string;
}

/** Memories that belong together, told in a few sentences. */
export interface EpisodeTable {
  id: Generated<number>;
  user_id: number;
  title: string | null;
  session_id: string | null;
  agent: string | null;
  summary: string | null;
  /** The summary was made of its memories, not written by anyone. */
  is_summarized: number;
  started_at: string;
  /** Null while memories of its session still join it. */
  ended_at: string | null;
  created_at: string;
}

export interface ConversationTable {
  id: Generated<number>;
  user_id: number;
  agent: string;
  session_id: string | null;
  title: string | null;
  /** JSON text. */
  metadata: string | null;
  started_at: string;
  updated_at: string;
}

export interface MessageTable {
  id: Generated<number>;
  user_id: number;
  conversation_id: number;
  role: string;
  content: string;
  /** JSON text. */
  metadata: string | null;
  created_at: string;
}

/** Inverted index over texts that are not memories. */
export interface TextWordTable {
  user_id: number;
  kind: 'message' | 'episode';
  /** Stem, or piece of a text without spaces. */
  word: string;
  /** Id of the text among its kind. */
  item_id: number;
  occurrences: number;
  /** Words of the whole text. */
  length: number;
}

export interface Schema {
  episodes: EpisodeTable;
  conversations: ConversationTable;
  messages: MessageTable;
  text_words: TextWordTable;
  users: UserTable;
  spaces: SpaceTable;
  api_keys: ApiKeyTable;
  app_state: AppStateTable;
  memories: MemoryTable;
  memory_tags: MemoryTagTable;
  memory_links: MemoryLinkTable;
  memory_vectors: MemoryVectorTable;
  memory_fingerprints: MemoryFingerprintTable;
  feedback: FeedbackTable;
  jobs: JobTable;
  scratch_entries: ScratchEntryTable;
  agent_sessions: AgentSessionTable;
  session_lines: SessionLineTable;
}
