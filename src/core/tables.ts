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

export interface Schema {
  users: UserTable;
  spaces: SpaceTable;
  api_keys: ApiKeyTable;
  app_state: AppStateTable;
  memories: MemoryTable;
  memory_tags: MemoryTagTable;
  memory_links: MemoryLinkTable;
  memory_vectors: MemoryVectorTable;
  jobs: JobTable;
}
