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
  /** Whether secrets are taken out of what is stored in it. */
  redaction: Generated<number>;
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
  /** It was rotated, and its time of grace runs. */
  is_replaced: number;
  agent_id: number | null;
  last_used_at: string | null;
  expires_at: string | null;
  created_at: string;
}

/** What a user may have at most; 0 is no limit. Row 0 is what users get who have none of their own. */
export interface UserQuotaTable {
  user_id: number;
  max_memories: number;
  max_conversations: number;
  /** Active ones. */
  max_api_keys: number;
  max_spaces: number;
  max_memory_size_bytes: number;
  /** Cost units a minute for every key of the user; null: what each key says. */
  rate_limit_override: number | null;
  /** Set for this user; the others follow row 0. */
  is_own: number;
}

/** How much of what a quota limits there is; triggers count. */
export interface UserCountTable {
  user_id: number;
  memories: number;
  conversations: number;
  api_keys: number;
  spaces: number;
}

/** Use that callers report. */
export interface UsageDayTable {
  user_id: number;
  /** YYYY-MM-DD, UTC. */
  day: string;
  event_type: string;
  /** Empty when none was named. */
  agent_id: string;
  events: number;
  quantity: number;
}

export interface AppStateTable {
  key: string;
  value: string;
  updated_at: string;
}

/** One change that somebody made, see features/audit. Rows are never changed, and removed from the oldest end only. */
export interface AuditLogTable {
  id: Generated<number>;
  /** Whose data it was; 0: the server's own. */
  user_id: number;
  /** Counts up from 1 for each user. */
  seq: number;
  /** Null where no user is behind it. */
  actor_user_id: number | null;
  /** 0 when no key was shown. */
  key_id: number;
  agent_id: number | null;
  action: string;
  target_type: string | null;
  target_id: string | null;
  /** JSON: ids of what was made, changed and ended. */
  details: string | null;
  ip: string | null;
  door: string;
  request_id: string | null;
  created_at: string;
  /** SHA-256, hex, of the row before. */
  prev_hash: string;
  hash: string;
}

/** Both ends of each user's chain of audit rows. */
export interface AuditHeadTable {
  user_id: number;
  /** The oldest row that is kept, and the hash of the one before it. */
  first_seq: number;
  anchor_hash: string;
  last_seq: number;
  last_hash: string;
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
  /** Key it was written with; null without one, and for what was there before it was kept. */
  key_id: number | null;
  /** Who wrote it, by their own name. */
  agent: string | null;
  /** Way in, see features/memory/provenance.ts. */
  door: string | null;
  /** Who or what the text is of: user, assistant, tool, web, document or unknown. */
  origin: string;
  /** trusted, normal or untrusted. */
  trust: string;
  /** JSON array of what makes the text look like orders to an agent; null when nothing does. */
  suspicion: string | null;
  /** It waits in the inbox for that reason. */
  quarantined: number;
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
  /** `auto` when the program found it, `manual` otherwise. */
  origin: Generated<string>;
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

/** Memories that are not yet read for what they say. */
export interface UnderstandingBacklogTable {
  user_id: number;
  memory_id: number;
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

/** What links make of a memory, see algo/graph. A memory that is new has no row yet. */
export interface MemoryRankTable {
  memory_id: number;
  user_id: number;
  /** Weighted PageRank as a share of the user's highest: above 0, to 1. */
  pagerank: number;
  /** Null when it belongs to no community. */
  community_id: number | null;
}

/** When the ranks of a user were worked out last. */
export interface GraphStateTable {
  user_id: number;
  /** Rises whenever rows of graph_changes are taken away. */
  generation: number;
  refreshed_at: string;
  modularity: number;
}

/** Memories whose links or standing changed since; triggers write it. */
export interface GraphChangeTable {
  id: Generated<number>;
  user_id: number;
  memory_id: number;
}

/** What a memory states, with the time it holds for; or, with is_end, that something holds no more. */
export interface StructuredFactTable {
  id: Generated<number>;
  user_id: number;
  /** Of the memory; facts of one space do not close those of another. */
  space_id: number | null;
  memory_id: number;
  /** `user` for whoever speaks. */
  subject: string;
  /** As compared: lower case, without an article. */
  subject_key: string;
  predicate: string;
  verb: string;
  object: string;
  object_key: string;
  quantity: number | null;
  unit: string | null;
  /** The words that say when, and the day they mean, YYYY-MM-DD. */
  date_ref: string | null;
  date_approx: string | null;
  confidence: number;
  origin: 'rules' | 'llm';
  is_end: number;
  valid_at: string;
  /** Since when a newer version of its memory says it no more. */
  withdrawn_at: string | null;
  invalid_at: string | null;
  /** Id of the fact that took its place. */
  invalidated_by: number | null;
  created_at: string;
}

/** Memories that each state one fact of a longer one. */
export interface MemoryPartTable {
  id: Generated<number>;
  user_id: number;
  /** Null when it was erased. */
  whole_id: number | null;
  part_id: number;
}

/** Two memories that cannot both hold. */
export interface ContradictionTable {
  user_id: number;
  /** The older one, by when it happened. */
  memory_a: number;
  memory_b: number;
  kind: string;
  description: string;
  confidence: number;
  /** Cosine of both; null when it was not known. */
  similarity: number | null;
  /** A language model says so too. */
  verified: number;
  /** `open` or `resolved`. */
  status: string;
  resolution: string | null;
  resolved_at: string | null;
  created_at: string;
}

/** What a memory, or somebody by hand, tells about a person. */
export interface PersonalitySignalTable {
  id: Generated<number>;
  user_id: number;
  /** Null when it was added by hand. */
  memory_id: number | null;
  /** Of one added by hand; others lie where their memory lies. */
  space_id: number | null;
  signal_type: 'preference' | 'value' | 'motivation' | 'decision' | 'emotion' | 'identity';
  /** `user` or a name. */
  subject: string;
  /** First word of the subject, folded. */
  subject_key: string;
  /** 1 or -1. */
  polarity: number;
  value: number;
  /** 0 to 1. */
  intensity: number;
  topic: string;
  evidence: string | null;
  agent: string | null;
  said_at: string;
  created_at: string;
}

/** Stems of topics and evidence, by which signals are found. */
export interface PersonalityWordTable {
  user_id: number;
  word: string;
  subject_key: string;
  signal_id: number;
}

export interface PersonalityPortraitTable {
  user_id: number;
  /** 0: all spaces. */
  space_id: number;
  portrait: string | null;
  /** JSON array of the memories it was written from. */
  memory_ids: string;
  is_stale: number;
  created_at: string;
  last_updated_at: string;
}

/** Set by hand. */
export interface PreferenceTable {
  id: Generated<number>;
  user_id: number;
  key: string;
  value: string;
  domain: string;
  created_at: string;
  updated_at: string;
}

/** Tokens that the language model read and wrote, for all users. */
export interface LlmUsageTable {
  /** YYYY-MM-DD, UTC. */
  day: string;
  requests: number;
  tokens_in: number;
  tokens_out: number;
}

/** Somebody or something that memories name, within one space. */
export interface EntityTable {
  id: Generated<number>;
  user_id: number;
  space_id: number | null;
  /** `space_id`, 0 for none. */
  space_key: number;
  name: string;
  /** See algo/entities/keys.ts. */
  name_key: string;
  /** Given name of a person, first label of a host; null when the name is short itself. */
  short_key: string | null;
  entity_type: string;
  description: string | null;
  /** JSON text. */
  metadata: string | null;
  /** `read` in memories, or `manual`: made or changed by hand. */
  origin: string;
  confidence: number;
  /** Current memories that name it, and how often they do; triggers count. */
  memory_count: number;
  occurrence_count: number;
  first_seen_at: string;
  last_seen_at: string;
  created_at: string;
  updated_at: string;
}

export interface EntityAliasTable {
  entity_id: number;
  alias_key: string;
  user_id: number;
  space_key: number;
  alias: string;
  /** `read`, `short`, `merge`, `manual`; `removed` by hand: it is not learnt again. */
  origin: string;
}

/** Memories whose mentions are known. */
export interface EntityReadingTable {
  memory_id: number;
  user_id: number;
  /** The memory is current, so its mentions are in the counts. */
  is_counted: number;
}

export interface MemoryEntityTable {
  memory_id: number;
  entity_id: number;
  user_id: number;
  mentions: number;
  /** One of the few of its memory that form pairs. */
  is_paired: number;
  origin: string;
}

/** Entities that current memories name together; triggers count. */
export interface EntityPairTable {
  /** The smaller id. */
  entity_id: number;
  other_id: number;
  user_id: number;
  memories: number;
}

export interface EntityRelationshipTable {
  id: Generated<number>;
  user_id: number;
  source_entity_id: number;
  target_entity_id: number;
  relationship_type: string;
  strength: number;
  origin: string;
  created_at: string;
}

export interface RelationshipEvidenceTable {
  relationship_id: number;
  memory_id: number;
  user_id: number;
}

export interface ProjectTable {
  id: Generated<number>;
  user_id: number;
  space_id: number | null;
  space_key: number;
  name: string;
  name_key: string;
  description: string | null;
  status: string;
  /** JSON text. */
  metadata: string | null;
  created_at: string;
  updated_at: string;
}

export interface ProjectMemoryTable {
  project_id: number;
  memory_id: number;
  user_id: number;
  /** `read` in the memory, or `manual`. */
  origin: string;
}

/** What an agent asked to do, see features/gate. */
export interface GateRequestTable {
  id: Generated<number>;
  user_id: number;
  agent: string;
  command: string;
  tool_name: string | null;
  session_id: string | null;
  context: string | null;
  /** `allowed`, `denied`, `pending`, `approved` or `expired`. */
  status: string;
  reason: string | null;
  /** Without the secrets it held. */
  output: string | null;
  /** Highest id of the user's memories when it was asked. */
  last_memory_id: number;
  /** Null when it does not wait, or waits for as long as it takes. */
  expires_at: string | null;
  created_at: string;
  updated_at: string;
}

/** What somebody asked people to decide. */
export interface ApprovalTable {
  /** UUID. */
  id: string;
  user_id: number;
  action: string;
  context: string | null;
  requester: string;
  status: string;
  decision_by: string | null;
  decision_reason: string | null;
  created_at: string;
  expires_at: string;
  decided_at: string | null;
}

/** What came of what, read in memories or set by hand. */
export interface CausalChainTable {
  id: Generated<number>;
  user_id: number;
  space_id: number | null;
  /** Of those set by hand. */
  root_memory_id: number | null;
  description: string | null;
  confidence: number;
  /** `read` in memories, or `manual`: made or added to by hand. */
  origin: string;
  created_at: string;
}

export interface CausalLinkTable {
  id: Generated<number>;
  user_id: number;
  chain_id: number;
  cause_memory_id: number;
  /** The same where one memory tells both. */
  effect_memory_id: number;
  /** The words that say it, where one memory tells both. */
  cause_text: string | null;
  effect_text: string | null;
  strength: number;
  /** Of those set by hand. */
  order_index: number;
  /** Memory whose reading found it; null when it was set by hand. */
  found_in: number | null;
  created_at: string;
}

/** Memories whose standing was changed by evidence, and what it was before. */
export interface ReconsolidationTable {
  memory_id: number;
  user_id: number;
  base_importance: number;
  base_confidence: number;
  /** What the evidence made of it. */
  importance: number;
  confidence: number;
  action: string;
  reason: string;
  /** Taken back by hand: left alone from then on. */
  is_undone: number;
  updated_at: string;
}

/** Where the review of a user's memories goes on. */
export interface ReconsolidationPlaceTable {
  user_id: number;
  after_id: number;
}

/** A thought about memories, written by a caller, by rules or by a language model. */
export interface ReflectionTable {
  id: Generated<number>;
  user_id: number;
  space_id: number | null;
  /** `period`, `growth`, `reconsolidate`, `enrich`, or what a caller said. */
  reflection_type: string;
  origin: 'manual' | 'rules' | 'llm';
  content: string;
  /** JSON object: themes and the like. */
  details: string;
  confidence: number;
  /** The memory that keeps it too. */
  memory_id: number | null;
  /** Memories it was made from: fewer sources than that, and one was erased. */
  memory_count: number;
  period_start: string | null;
  period_end: string | null;
  created_at: string;
}

/** Memories told again as one; they themselves stay as they are. */
export interface ConsolidationTable {
  id: Generated<number>;
  user_id: number;
  space_id: number | null;
  /** First version of the memory that tells them; null when it was erased. */
  memory_id: number | null;
  method: 'rules' | 'llm';
  /** `active`; `undone` by hand; `stale` when a source is gone. */
  status: 'active' | 'undone' | 'stale';
  memory_count: number;
  created_at: string;
  undone_at: string | null;
}

/** What a day, a week or a month brought. */
export interface DigestTable {
  id: Generated<number>;
  user_id: number;
  space_id: number | null;
  period: string;
  content: string;
  /** JSON object: the figures. */
  details: string;
  memory_count: number;
  /** Memories whose words are in it. */
  quoted: number;
  started_at: string;
  ended_at: string;
  created_at: string;
}

/** Where digests are sent, and when next. */
export interface DigestSubscriptionTable {
  id: Generated<number>;
  user_id: number;
  space_id: number | null;
  schedule: 'hourly' | 'daily' | 'weekly';
  webhook_url: string;
  webhook_secret: string | null;
  /** JSON array of the parts wanted. */
  include: string;
  active: number;
  /** In a row. */
  failures: number;
  last_error: string | null;
  last_sent_at: string | null;
  next_send_at: string;
  created_at: string;
}

/** An address that is told what happens to a user's memories. */
export interface WebhookTable {
  id: Generated<number>;
  user_id: number;
  url: string;
  /** Signs what is sent. */
  secret: string | null;
  /** JSON array of names and patterns such as `memory.*`. */
  events: string;
  is_active: number;
  /** In a row. */
  failure_count: number;
  /** Of the outbox; it was told, or did not want to hear, everything up to here. */
  last_event_id: number;
  last_triggered_at: string | null;
  created_at: string;
}

export interface WebhookDeadLetterTable {
  id: Generated<number>;
  user_id: number;
  webhook_id: number;
  event: string;
  /** JSON as it was sent. */
  payload: string;
  attempts: number;
  last_error: string;
  last_status_code: number | null;
  created_at: string;
}

/** What happened, written with what caused it; delivered afterwards. */
export interface EventOutboxTable {
  id: Generated<number>;
  user_id: number;
  event: string;
  /** JSON. */
  data: string;
  created_at: string;
}

/** Which memories a reflection, a consolidation or a digest was made from. */
export interface ThoughtSourceTable {
  kind: 'reflection' | 'consolidation' | 'digest';
  thought_id: number;
  memory_id: number;
  user_id: number;
}

/** When a user's memories were thought over last, and what came of it. */
export interface ThinkingStateTable {
  user_id: number;
  started_at: string;
  /** Highest id of a memory then. */
  last_memory_id: number;
  /** JSON text. */
  report: string;
}

/** A file on its way up. */
export interface UploadTable {
  /** UUID. */
  id: string;
  user_id: number;
  filename: string | null;
  content_type: string | null;
  source: string;
  status: 'active' | 'completed' | 'aborted';
  /** As announced. */
  total_size: number | null;
  total_chunks: number | null;
  final_sha256: string | null;
  created_at: string;
  expires_at: string;
}

export interface UploadChunkTable {
  upload_id: string;
  chunk_index: number;
  user_id: number;
  size: number;
  data: Uint8Array;
}

/** Something being brought in, and what came of it. */
export interface ImportTable {
  /** UUID. */
  id: string;
  user_id: number;
  space_id: number | null;
  /** Where the file is read from; null when its entries are sent. */
  upload_id: string | null;
  /** Empty until it is told. */
  format: string;
  status: 'running' | 'completed' | 'failed';
  dry_run: number;
  done_bytes: number;
  total_bytes: number;
  imported: number;
  skipped: number;
  failed: number;
  duplicates: number;
  /** JSON array of {line, reason}, the first ones. */
  errors: string;
  created_at: string;
  updated_at: string;
  finished_at: string | null;
}

/** What was brought in once, by a digest of its format and name. */
export interface ImportMarkTable {
  user_id: number;
  mark: string;
  /** The memory, conversation or episode it became. */
  target_id: number;
}

/** Memories that were erased; a trigger writes it. */
export interface SyncDeletionTable {
  user_id: number;
  sync_id: string;
  deleted_at: string;
}

export interface OAuthClientTable {
  client_id: string;
  /** As the client calls itself. */
  client_name: string;
  /** JSON array. */
  redirect_uris: string;
  created_at: string;
  /** When somebody last let it in. */
  used_at: string | null;
}
/** What a user lets a client do: one consent, and whatever tokens came of it. */
export interface OAuthGrantTable {
  id: Generated<number>;
  user_id: number;
  /** The key that the user proved themselves with; its end is the grant's. */
  key_id: number;
  client_id: string;
  client_name: string;
  redirect_host: string;
  /** Comma-separated access scopes. */
  scopes: string;
  /** Address that its tokens are for. */
  resource: string;
  /** The client came for its tokens. */
  is_active: number;
  created_at: string;
  last_used_at: string | null;
  expires_at: string;
}
export interface OAuthTokenTable {
  /** As `ApiKeyTable.key_hash`. */
  token_hash: string;
  user_id: number;
  grant_id: number;
  kind: 'code' | 'access' | 'refresh';
  /** Comma-separated; those of the grant or fewer. */
  scopes: string;
  /** Of codes, as the client named it. */
  redirect_uri: string | null;
  /** Of codes: what the verifier has to hash to. */
  code_challenge: string | null;
  /** Codes and refresh tokens work once. */
  used_at: string | null;
  expires_at: string;
  created_at: string;
}

/** A memory with a path, as Anthropic's memory tool sees it. */
export interface MemoryFileTable {
  id: Generated<number>;
  user_id: number;
  /** 0: none. */
  space_id: number;
  /** NFC, below /memories. */
  path: string;
  /** Session of its memory, in every version. */
  key: string;
  /** Of the memory; what follows is of this one. */
  version: number;
  /** White space before and after the text, which a memory does without; all of a text that is nothing else. */
  lead: string;
  trail: string;
  is_blank: number;
  /** Bytes of the whole text. */
  size: number;
  created_at: string;
  updated_at: string;
}

/** Whom a memory is about that came in through mem0's door. */
export interface Mem0MemoryTable {
  /** The first version of the memory. */
  memory_id: number;
  user_id: number;
  entity_user: string | null;
  entity_agent: string | null;
  entity_app: string | null;
  entity_run: string | null;
  /** JSON object. */
  metadata: string | null;
  created_at: string;
}

export interface Schema {
  memory_files: MemoryFileTable;
  mem0_memories: Mem0MemoryTable;
  oauth_clients: OAuthClientTable;
  oauth_grants: OAuthGrantTable;
  oauth_tokens: OAuthTokenTable;
  uploads: UploadTable;
  upload_chunks: UploadChunkTable;
  imports: ImportTable;
  import_marks: ImportMarkTable;
  sync_deletions: SyncDeletionTable;
  reflections: ReflectionTable;
  consolidations: ConsolidationTable;
  digests: DigestTable;
  digest_subscriptions: DigestSubscriptionTable;
  webhooks: WebhookTable;
  webhook_dead_letters: WebhookDeadLetterTable;
  event_outbox: EventOutboxTable;
  thought_sources: ThoughtSourceTable;
  thinking_states: ThinkingStateTable;
  causal_chains: CausalChainTable;
  causal_links: CausalLinkTable;
  reconsolidations: ReconsolidationTable;
  reconsolidation_places: ReconsolidationPlaceTable;
  gate_requests: GateRequestTable;
  approvals: ApprovalTable;
  entities: EntityTable;
  entity_aliases: EntityAliasTable;
  entity_readings: EntityReadingTable;
  memory_entities: MemoryEntityTable;
  entity_pairs: EntityPairTable;
  entity_relationships: EntityRelationshipTable;
  relationship_evidence: RelationshipEvidenceTable;
  projects: ProjectTable;
  project_memories: ProjectMemoryTable;
  llm_usage: LlmUsageTable;
  personality_signals: PersonalitySignalTable;
  personality_words: PersonalityWordTable;
  personality_portraits: PersonalityPortraitTable;
  preferences: PreferenceTable;
  contradictions: ContradictionTable;
  structured_facts: StructuredFactTable;
  memory_parts: MemoryPartTable;
  episodes: EpisodeTable;
  conversations: ConversationTable;
  messages: MessageTable;
  text_words: TextWordTable;
  users: UserTable;
  spaces: SpaceTable;
  user_quotas: UserQuotaTable;
  user_counts: UserCountTable;
  usage_days: UsageDayTable;
  api_keys: ApiKeyTable;
  app_state: AppStateTable;
  audit_log: AuditLogTable;
  audit_heads: AuditHeadTable;
  memories: MemoryTable;
  memory_tags: MemoryTagTable;
  memory_links: MemoryLinkTable;
  memory_vectors: MemoryVectorTable;
  memory_fingerprints: MemoryFingerprintTable;
  understanding_backlog: UnderstandingBacklogTable;
  feedback: FeedbackTable;
  jobs: JobTable;
  scratch_entries: ScratchEntryTable;
  agent_sessions: AgentSessionTable;
  session_lines: SessionLineTable;
  memory_ranks: MemoryRankTable;
  graph_states: GraphStateTable;
  graph_changes: GraphChangeTable;
}
