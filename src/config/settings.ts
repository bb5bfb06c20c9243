// Every setting, once. Flags, variables, file keys, help and `explain` all come from this table.
import { fsrsWeights } from './fsrs-weights.ts';
import * as kind from './kinds.ts';

export interface Setting {
  readonly kind: kind.Kind<unknown>;
  readonly fallback: unknown;
  readonly help: string;
  /** Without the dashes. Secrets of the server have none: other users of the machine can read a command line. */
  readonly flag?: string;
  /** The documented name first, then other names that still work. */
  readonly env: readonly string[];
  /** For a variable that other programs define: picks our part of it, or null to pass over it. */
  readonly translate?: Readonly<Record<string, (text: string) => string | null>>;
  readonly secret?: true;
  /** The file may not set it. */
  readonly not_in_file?: true;
  /** Who needs it, the server when not said; help shows each program its own. */
  readonly used_by?: 'client' | 'both';
  /** Left at its default in other roles, because the variable means something else there. */
  readonly server_only?: true;
}

/** Of `engram=debug,info` only `info` speaks of every module. */
const plainRustLevel = (directives: string): string | null =>
  directives
    .split(',')
    .map((directive) => directive.trim().toLowerCase())
    .find((directive) => /^(trace|debug|info|warn|error|off)$/.test(directive)) ?? null;

/** Elsewhere it may be longer; nobody is kept waiting longer here. */
const atMostFourMinutes = (seconds: string): string => (Number(seconds) > 240 ? '240' : seconds);

const HEX_64 = /^[0-9a-f]{64}$/i;

export const SETTINGS = {
  config_file: {
    kind: kind.text('file'),
    fallback: null,
    flag: 'config',
    env: ['ENGRAM_CONFIG_FILE'],
    help: 'Settings file; without it ./engram.toml, then ~/.config/engram/config.toml',
    not_in_file: true,
    used_by: 'both',
  },
  host: {
    kind: kind.host,
    fallback: '127.0.0.1',
    flag: 'host',
    env: ['ENGRAM_HOST'],
    help: 'Address the server listens on',
  },
  port: {
    kind: kind.whole(0, 65_535),
    fallback: 4200,
    flag: 'port',
    env: ['ENGRAM_PORT'],
    help: 'Port the server listens on; 0 takes any free one',
  },
  data_dir: {
    kind: kind.text('folder'),
    fallback: './data',
    flag: 'data-dir',
    env: ['ENGRAM_DATA_DIR'],
    help: 'Folder that holds everything the server stores',
  },
  db_path: {
    kind: kind.text('file'),
    fallback: 'engram.db',
    flag: 'db-path',
    env: ['ENGRAM_DB_PATH'],
    help: 'SQLite database file, relative to the data folder',
  },
  database_url: {
    kind: kind.secret(
      'postgres://… or postgresql://…',
      (text) => /^postgres(ql)?:\/\/./i.test(text) && URL.canParse(text),
    ),
    fallback: null,
    env: ['ENGRAM_DATABASE_URL'],
    help: 'PostgreSQL to use in place of the embedded SQLite',
    secret: true,
  },
  db_synchronous: {
    kind: kind.oneOf(['full', 'normal']),
    fallback: 'full',
    flag: 'db-synchronous',
    env: ['ENGRAM_DB_SYNCHRONOUS'],
    help: 'full survives a power cut; normal writes faster and may lose the last moments',
  },
  'encryption.mode': {
    kind: kind.oneOf(['none', 'keyfile', 'env', 'yubikey', 'passphrase']),
    fallback: 'none',
    flag: 'encryption-mode',
    env: ['ENGRAM_ENCRYPTION_MODE'],
    help: 'What unlocks the encrypted store: a key file, a key in the environment, a YubiKey or a passphrase; none leaves it in the clear',
  },
  'encryption.key': {
    kind: kind.secretMatching('64 hex digits', HEX_64),
    fallback: null,
    env: ['ENGRAM_DB_KEY'],
    help: 'Key of the encrypted store, for the mode env',
    secret: true,
  },
  'encryption.key_file': {
    kind: kind.text('file'),
    fallback: null,
    flag: 'db-key-file',
    env: ['ENGRAM_DB_KEY_FILE'],
    help: 'Key file of 32 bytes, for the mode keyfile; without it dbkey in ~/.config/engram',
  },
  'encryption.passphrase': {
    kind: kind.secret('text on one line, not empty', () => true),
    fallback: null,
    env: ['ENGRAM_DB_PASSPHRASE'],
    help: 'Passphrase of the encrypted store; without it a terminal is asked',
    secret: true,
  },
  'encryption.passphrase_file': {
    kind: kind.text('file'),
    fallback: null,
    flag: 'db-passphrase-file',
    env: ['ENGRAM_DB_PASSPHRASE_FILE'],
    help: 'File that holds that passphrase',
  },
  'encryption.new_passphrase': {
    kind: kind.secret('text on one line, not empty', () => true),
    fallback: null,
    env: ['ENGRAM_DB_NEW_PASSPHRASE'],
    help: 'Passphrase that "slots add passphrase" and "rekey --mode passphrase" set; without it a terminal is asked',
    secret: true,
  },
  'encryption.recovery_key': {
    kind: kind.secret('text on one line, not empty', () => true),
    fallback: null,
    env: ['ENGRAM_DB_RECOVERY_KEY'],
    help: 'Recovery key that opens the encrypted store in place of what usually does',
    secret: true,
  },
  'encryption.yubikey_timeout': {
    kind: kind.whole(1, 300),
    fallback: 30,
    flag: 'yubikey-timeout',
    env: ['ENGRAM_YUBIKEY_TIMEOUT'],
    help: 'Seconds to wait for the touch of a YubiKey',
  },
  api_key: {
    kind: kind.secretMatching(
      'eg_ or engram_ followed by 32 or 64 hex digits',
      /^(eg_|engram_)([0-9a-f]{32}|[0-9a-f]{64})$/i,
    ),
    fallback: null,
    env: ['ENGRAM_API_KEY'],
    help: 'Key the first administrator gets instead of a random one',
    secret: true,
    server_only: true,
  },
  bootstrap_secret: {
    kind: kind.secret('text on one line, not empty', () => true),
    fallback: null,
    env: ['ENGRAM_BOOTSTRAP_SECRET'],
    help: 'Has to be presented to be handed the first key',
    secret: true,
  },
  api_key_pepper: {
    kind: kind.secretMatching('64 hex digits', HEX_64),
    fallback: null,
    env: ['ENGRAM_API_KEY_PEPPER'],
    help: 'Mixed into stored key hashes; losing it makes every key invalid',
    secret: true,
  },
  key_rotation_grace_hours: {
    kind: kind.whole(0, 8760),
    fallback: 24,
    flag: 'key-rotation-grace-hours',
    env: ['ENGRAM_AUTH_KEY_ROTATION_GRACE_HOURS'],
    help: 'Hours in which a key that was rotated still works',
  },
  open_access: {
    kind: kind.toggle,
    fallback: false,
    flag: 'open-access',
    env: ['ENGRAM_OPEN_ACCESS'],
    help: 'Answer requests that carry no key; only for a loopback host',
  },
  allow_open_access_in_release: {
    kind: kind.exactly('yes-i-am-sure'),
    fallback: false,
    env: ['ENGRAM_ALLOW_OPEN_ACCESS_IN_RELEASE'],
    help: 'yes-i-am-sure permits open access on other hosts too',
    not_in_file: true,
  },
  'oauth.enabled': {
    kind: kind.toggle,
    fallback: true,
    flag: 'oauth',
    env: ['ENGRAM_OAUTH'],
    help: 'Let programs ask for access with OAuth: on this machine, and through ENGRAM_PUBLIC_URL',
  },
  'oauth.registration': {
    kind: kind.toggle,
    fallback: true,
    flag: 'oauth-registration',
    env: ['ENGRAM_OAUTH_REGISTRATION'],
    help: 'Let programs register themselves for that; without it only those described by an https document can ask',
  },
  public_url: {
    kind: kind.publicUrl,
    fallback: null,
    flag: 'public-url',
    env: ['ENGRAM_PUBLIC_URL'],
    help: 'Address at which others reach this server, through a tunnel or proxy, for example https://engram.example.com',
  },
  allowed_origins: {
    kind: kind.origins,
    fallback: [],
    flag: 'allowed-origins',
    env: ['ENGRAM_ALLOWED_ORIGINS'],
    help: 'Web origins that may call the server from a browser',
  },
  mcp_tools: {
    kind: kind.toolGroups,
    fallback: [],
    flag: 'mcp-tools',
    env: ['ENGRAM_MCP_TOOLS'],
    help: 'Groups of MCP tools listed beside the eight everybody gets: memory, review, context, graph, intelligence, admin; or all',
    used_by: 'both',
  },
  trusted_proxies: {
    kind: kind.addresses,
    fallback: [],
    flag: 'trusted-proxies',
    env: ['ENGRAM_TRUSTED_PROXIES'],
    help: 'Proxies whose X-Forwarded-For is believed',
  },
  log_level: {
    kind: kind.oneOf(['debug', 'info', 'warn', 'error', 'silent'], { trace: 'debug', off: 'silent' }),
    fallback: 'info',
    flag: 'log-level',
    env: ['ENGRAM_LOG_LEVEL', 'RUST_LOG'],
    translate: { RUST_LOG: plainRustLevel },
    help: 'Least important messages to log',
    used_by: 'both',
  },
  log_format: {
    kind: kind.oneOf(['text', 'json']),
    fallback: 'text',
    flag: 'log-format',
    env: ['ENGRAM_LOG_FORMAT'],
    help: 'Log lines for people or for programs',
    used_by: 'both',
  },
  'embedding.model_dir': {
    kind: kind.text('folder'),
    fallback: null,
    flag: 'embedding-model-dir',
    env: ['ENGRAM_EMBEDDING_MODEL_DIR'],
    help: 'Folder of the embedding model',
  },
  'embedding.onnx_file': {
    kind: kind.text('file'),
    fallback: null,
    flag: 'embedding-onnx-file',
    env: ['ENGRAM_EMBEDDING_ONNX_FILE', 'ENGRAM_ONNX_MODEL_FILE'],
    help: 'Model file inside that folder; without it model_quantized.onnx, model.onnx, then the same under onnx/',
  },
  'embedding.max_seq': {
    kind: kind.whole(8, 8192),
    fallback: null,
    flag: 'embedding-max-seq',
    env: ['ENGRAM_EMBEDDING_MAX_SEQ'],
    help: 'Longest piece of text embedded at once, in tokens; without it what the model says, else 512',
  },
  'embedding.dim': {
    kind: kind.whole(1, 65_536),
    fallback: null,
    flag: 'embedding-dim',
    env: ['ENGRAM_EMBEDDING_DIM'],
    help: 'Vector length the model must have; without it whatever the model has',
  },
  'embedding.model': {
    kind: kind.text('name'),
    fallback: null,
    flag: 'embedding-model',
    env: ['ENGRAM_EMBEDDING_MODEL'],
    help: 'Embedding model by name: engram-mini comes with the program, none goes without; else the one chosen by "models use"',
  },
  'embedding.url': {
    kind: kind.httpUrl,
    fallback: null,
    flag: 'embedding-url',
    env: ['ENGRAM_EMBEDDING_URL'],
    help: 'OpenAI-compatible or Ollama endpoint that embeds, for example http://127.0.0.1:11434/v1/embeddings',
  },
  'embedding.api_key': {
    kind: kind.secretMatching('a key without spaces', /^[\x21-\x7e]+$/),
    fallback: null,
    env: ['ENGRAM_EMBEDDING_API_KEY'],
    help: 'Key that endpoint asks for',
    secret: true,
  },
  'embedding.chunk_chars': {
    kind: kind.whole(100, 100_000),
    fallback: null,
    flag: 'embedding-chunk-chars',
    env: ['ENGRAM_EMBEDDING_CHUNK_MAX_CHARS'],
    help: 'Longer texts are embedded in pieces of at most so many characters; without it as suits the model',
  },
  'embedding.chunk_overlap': {
    kind: kind.whole(0, 10_000),
    fallback: null,
    flag: 'embedding-chunk-overlap',
    env: ['ENGRAM_EMBEDDING_CHUNK_OVERLAP'],
    help: 'Characters that neighbouring pieces share, at most; without it a ninth of a piece',
  },
  'embedding.chunk_max': {
    kind: kind.whole(1, 1_000),
    fallback: 100,
    flag: 'embedding-chunk-max',
    env: ['ENGRAM_EMBEDDING_CHUNK_MAX_CHUNKS'],
    help: 'Pieces of one text that are embedded, at most',
  },
  'embedding.threads': {
    kind: kind.whole(0, 256),
    fallback: 0,
    flag: 'embedding-threads',
    env: ['ENGRAM_EMBEDDING_THREADS'],
    help: 'Threads for embedding; 0 uses every core',
  },
  models_dir: {
    kind: kind.text('folder'),
    fallback: 'models',
    flag: 'models-dir',
    env: ['ENGRAM_MODELS_DIR'],
    help: 'Folder of downloaded models, relative to the data folder',
  },
  model_hub: {
    kind: kind.hubUrl,
    fallback: null,
    flag: 'model-hub',
    env: ['ENGRAM_MODEL_HUB', 'HF_ENDPOINT'],
    help: 'Where models are downloaded from: the address of a mirror, or file:///folder; without it the public hub',
  },
  model_hub_token: {
    kind: kind.secretMatching('a token without spaces', /^[\x21-\x7e]+$/),
    fallback: null,
    env: ['ENGRAM_MODEL_HUB_TOKEN', 'HF_TOKEN'],
    help: 'Token the hub asks for',
    secret: true,
  },
  'reranker.enabled': {
    kind: kind.toggle,
    fallback: true,
    flag: 'reranker',
    env: ['ENGRAM_RERANKER_ENABLED', 'ENGRAM_CROSS_ENCODER'],
    help: 'Let a reranker, when there is one, put the best results in their final order',
  },
  'reranker.model': {
    kind: kind.text('name'),
    fallback: null,
    flag: 'reranker-model',
    env: ['ENGRAM_RERANKER_MODEL'],
    help: 'Reranker by name; else the one chosen by "models use"',
  },
  'reranker.model_dir': {
    kind: kind.text('folder'),
    fallback: null,
    flag: 'reranker-model-dir',
    env: ['ENGRAM_RERANKER_MODEL_DIR'],
    help: 'Folder of the reranker',
  },
  'reranker.top_k': {
    kind: kind.whole(1, 200),
    fallback: 40,
    flag: 'reranker-top-k',
    env: ['ENGRAM_RERANKER_TOP_K'],
    help: 'Results it looks at',
  },
  'reranker.budget_ms': {
    kind: kind.whole(10, 60_000),
    fallback: 1_000,
    flag: 'reranker-budget-ms',
    env: ['ENGRAM_RERANKER_BUDGET_MS'],
    help: 'Milliseconds after which the answer goes out without it',
  },
  'llm.url': {
    kind: kind.httpUrl,
    fallback: null,
    flag: 'llm-url',
    env: ['ENGRAM_LLM_URL', 'LLM_URL', 'OLLAMA_URL'],
    help: 'OpenAI-compatible server with a language model, for example http://127.0.0.1:11434/v1; without it none is used',
  },
  'llm.api_key': {
    kind: kind.secretMatching('a key without spaces', /^[\x21-\x7e]+$/),
    fallback: null,
    env: ['ENGRAM_LLM_API_KEY', 'LLM_API_KEY'],
    help: 'Key that server asks for',
    secret: true,
  },
  'llm.model': {
    kind: kind.text('name'),
    fallback: null,
    flag: 'llm-model',
    env: ['ENGRAM_LLM_MODEL', 'LLM_MODEL', 'OLLAMA_MODEL'],
    help: 'Language model by the name that server knows it by',
  },
  'llm.timeout_ms': {
    kind: kind.whole(100, 600_000),
    fallback: 20_000,
    flag: 'llm-timeout-ms',
    env: ['ENGRAM_LLM_TIMEOUT_MS', 'OLLAMA_TIMEOUT_HOT_MS'],
    help: 'Milliseconds that a request which somebody waits for may wait for the language model',
  },
  'llm.background_timeout_ms': {
    kind: kind.whole(100, 3_600_000),
    fallback: 120_000,
    flag: 'llm-background-timeout-ms',
    env: ['ENGRAM_LLM_BACKGROUND_TIMEOUT_MS', 'OLLAMA_TIMEOUT_BG_MS'],
    help: 'The same for work in the background',
  },
  'llm.concurrency': {
    kind: kind.whole(1, 64),
    fallback: 2,
    flag: 'llm-concurrency',
    env: ['ENGRAM_LLM_CONCURRENCY', 'OLLAMA_CONCURRENCY'],
    help: 'Requests to the language model at the same time',
  },
  'llm.daily_tokens': {
    kind: kind.whole(0, 1_000_000_000_000),
    fallback: 0,
    flag: 'llm-daily-tokens',
    env: ['ENGRAM_LLM_DAILY_TOKENS'],
    help: 'Tokens the language model may read and write on one UTC day; 0 for no limit',
  },
  'llm.price_in': {
    kind: kind.decimal(0, 1_000_000),
    fallback: 0,
    flag: 'llm-price-in',
    env: ['ENGRAM_LLM_PRICE_IN'],
    help: 'Price of a million tokens it reads, in any currency, for the cost in /metrics',
  },
  'llm.price_out': {
    kind: kind.decimal(0, 1_000_000),
    fallback: 0,
    flag: 'llm-price-out',
    env: ['ENGRAM_LLM_PRICE_OUT'],
    help: 'Price of a million tokens it writes',
  },
  'vectors.use_lance': {
    kind: kind.toggle,
    fallback: true,
    flag: 'lance-index',
    env: ['ENGRAM_USE_LANCE_INDEX'],
    help: 'Use a LanceDB index once there are many memories',
  },
  'vectors.lance_path': {
    kind: kind.text('folder'),
    fallback: 'lance',
    flag: 'lance-path',
    env: ['ENGRAM_LANCE_INDEX_PATH'],
    help: 'Folder of the LanceDB index, relative to the data folder',
  },
  'vectors.lance_threshold': {
    kind: kind.whole(0, 1_000_000_000),
    fallback: 400_000,
    flag: 'lance-threshold',
    env: ['ENGRAM_LANCE_THRESHOLD'],
    help: 'Number of vectors from which the LanceDB index is used',
  },
  retention: {
    kind: kind.decimal(0.5, 0.99),
    fallback: 0.9,
    flag: 'retention',
    env: ['ENGRAM_DEFAULT_RETENTION'],
    help: 'Chance of recall at which a memory is due for review',
  },
  'fsrs.weights': {
    kind: fsrsWeights,
    fallback: null,
    flag: 'fsrs-weights',
    env: ['ENGRAM_FSRS_WEIGHTS'],
    help: 'The 21 weights of FSRS-6 that say how memories fade, by commas; without it the published ones',
  },
  understanding: {
    kind: kind.toggle,
    fallback: true,
    flag: 'understanding',
    env: ['ENGRAM_UNDERSTANDING'],
    help: 'Read what is stored for links, entities, facts and signals, in the background',
  },
  'pagerank.enabled': {
    kind: kind.toggle,
    fallback: true,
    flag: 'pagerank',
    env: ['ENGRAM_PAGERANK_ENABLED'],
    help: 'Work out ranks and communities of memories in the background',
  },
  'pagerank.interval': {
    kind: kind.whole(1, 2_592_000),
    fallback: 300,
    flag: 'pagerank-interval',
    env: ['ENGRAM_PAGERANK_REFRESH_INTERVAL_SECS', 'ENGRAM_PAGERANK_REFRESH_INTERVAL'],
    help: 'Seconds after which a change in the graph is worked into the ranks',
  },
  'pagerank.threshold': {
    kind: kind.whole(1, 1_000_000_000),
    fallback: 100,
    flag: 'pagerank-threshold',
    env: ['ENGRAM_PAGERANK_DIRTY_THRESHOLD'],
    help: 'Number of changes in the graph that are worked in without waiting',
  },
  'pagerank.threads': {
    kind: kind.whole(1, 64),
    fallback: 2,
    flag: 'pagerank-threads',
    env: ['ENGRAM_PAGERANK_MAX_CONCURRENT'],
    help: 'Graphs that may be worked on at once, each in a thread',
  },
  auto_decompose: {
    kind: kind.toggle,
    fallback: true,
    flag: 'auto-decompose',
    env: ['ENGRAM_AUTO_DECOMPOSE'],
    help: 'Take long memories apart into facts, in the background',
  },
  extraction_status: {
    kind: kind.oneOf(['pending', 'approved']),
    fallback: 'pending',
    flag: 'extraction-status',
    env: ['ENGRAM_EXTRACTION_STATUS'],
    help: 'What becomes of memories found in conversations: pending waits for approval in the inbox',
  },
  'secrets.redact': {
    kind: kind.toggle,
    fallback: true,
    flag: 'redact-secrets',
    env: ['ENGRAM_REDACT_SECRETS'],
    help: 'Take keys, tokens, passwords and card numbers out of what is stored',
  },
  'secrets.scrub_messages': {
    kind: kind.toggle,
    fallback: false,
    flag: 'scrub-messages',
    env: ['ENGRAM_SCRUB_MESSAGES', 'ENGRAM_EIDOLON_SESSIONS_SCRUB_SECRETS'],
    help: 'Of messages in conversations, also take whatever is assigned to a name such as token or password',
  },
  quarantine: {
    kind: kind.toggle,
    fallback: true,
    flag: 'quarantine',
    env: ['ENGRAM_QUARANTINE'],
    help: 'Put text from untrusted sources that looks like orders to an agent into the inbox',
  },
  'gate.approval_timeout': {
    kind: kind.whole(1, 240),
    fallback: 120,
    flag: 'gate-approval-timeout',
    env: ['ENGRAM_GATE_APPROVAL_TIMEOUT', 'ENGRAM_EIDOLON_GATE_APPROVAL_TIMEOUT'],
    translate: { ENGRAM_EIDOLON_GATE_APPROVAL_TIMEOUT: atMostFourMinutes },
    help: 'Seconds that POST /gate/check waits for an answer',
  },
  'gate.blocked_patterns': {
    kind: kind.patterns,
    fallback: [],
    flag: 'gate-blocked-patterns',
    env: ['ENGRAM_GATE_BLOCKED_PATTERNS', 'ENGRAM_EIDOLON_GATE_BLOCKED_PATTERNS'],
    help: 'Texts that no command may contain, beside what is dangerous anyway',
  },
  'gate.protected_services': {
    kind: kind.names,
    fallback: [],
    flag: 'gate-protected-services',
    env: ['ENGRAM_GATE_PROTECTED_SERVICES', 'ENGRAM_EIDOLON_GATE_PROTECTED_SERVICES'],
    help: 'Services and containers that no command may stop',
  },
  'gate.no_reboot_hosts': {
    kind: kind.names,
    fallback: [],
    flag: 'gate-no-reboot-hosts',
    env: ['ENGRAM_GATE_NO_REBOOT_HOSTS', 'ENGRAM_EIDOLON_GATE_NO_REBOOT_HOSTS'],
    help: 'Machines that no command may restart',
  },
  'gate.reserved_targets': {
    kind: kind.names,
    fallback: [],
    flag: 'gate-reserved-targets',
    env: ['ENGRAM_GATE_RESERVED_TARGETS', 'ENGRAM_EIDOLON_GATE_RESERVED_TARGETS'],
    help: 'Machines that no command may log in to, beside this one',
  },
  'webhooks.allow_private': {
    kind: kind.toggle,
    fallback: false,
    flag: 'webhook-allow-private',
    env: ['ENGRAM_WEBHOOK_ALLOW_PRIVATE'],
    help: 'Let webhooks go to addresses of this machine and its network',
  },
  trash_days: {
    kind: kind.whole(0, 36_500),
    fallback: 30,
    flag: 'trash-days',
    env: ['ENGRAM_TRASH_DAYS'],
    help: 'Days a forgotten memory lies in the trash before it is erased',
  },
  'backup.enabled': {
    kind: kind.toggle,
    fallback: true,
    flag: 'backups',
    env: ['ENGRAM_BACKUP_ENABLED'],
    help: 'Back the database up by itself, as often as ENGRAM_BACKUP_INTERVAL_SECS says; not with Postgres',
  },
  'backup.interval': {
    kind: kind.whole(60, 31_536_000),
    fallback: 86_400,
    flag: 'backup-interval',
    env: ['ENGRAM_BACKUP_INTERVAL_SECS'],
    help: 'Seconds from one backup to the next',
  },
  'backup.dir': {
    kind: kind.text('folder'),
    fallback: 'backups',
    flag: 'backup-dir',
    env: ['ENGRAM_BACKUP_DIR'],
    help: 'Folder of the backups, relative to the data folder; another disk is better',
  },
  'backup.retention': {
    kind: kind.whole(1, 10_000),
    fallback: 7,
    flag: 'backup-retention',
    env: ['ENGRAM_BACKUP_RETENTION'],
    help: 'Newest scheduled backups that are kept',
  },
  'backup.retention_daily': {
    kind: kind.whole(0, 10_000),
    fallback: 7,
    flag: 'backup-retention-daily',
    env: ['ENGRAM_BACKUP_RETENTION_DAILY'],
    help: 'Days of which the first backup is kept beside',
  },
  'audit.retention_days': {
    kind: kind.whole(0, 36_500),
    fallback: 365,
    flag: 'audit-retention-days',
    env: ['ENGRAM_AUDIT_RETENTION_DAYS'],
    help: 'Days for which the audit log keeps what was changed by whom; 0 for ever',
  },
  'limits.per_address': {
    kind: kind.whole(0, 10_000_000),
    fallback: 600,
    flag: 'rate-limit-per-address',
    env: ['ENGRAM_RATE_LIMIT_PER_ADDRESS'],
    help: 'Requests a minute from one address, before keys are looked at; 0 for any number',
  },
  'limits.loopback': {
    kind: kind.toggle,
    fallback: false,
    flag: 'rate-limit-loopback',
    env: ['ENGRAM_RATE_LIMIT_LOOPBACK'],
    help: 'Limit callers on this machine too, by address and by key',
  },
  'limits.in_flight': {
    kind: kind.whole(1, 1_000_000),
    fallback: 2_000,
    flag: 'max-in-flight',
    env: ['ENGRAM_MAX_IN_FLIGHT'],
    help: 'Requests worked on at once; further ones are told to come back',
  },
  'limits.in_flight_bytes': {
    kind: kind.whole(1_048_576, 1_099_511_627_776),
    fallback: 268_435_456,
    flag: 'max-in-flight-bytes',
    env: ['ENGRAM_MAX_IN_FLIGHT_BYTES'],
    help: 'Bytes of the bodies of those requests together',
  },
  safe_mode: {
    kind: kind.toggle,
    fallback: true,
    flag: 'safe-mode',
    env: ['ENGRAM_SAFE_MODE'],
    help: 'Refuse changes after three crashes within five minutes, until POST /admin/safe-mode/exit',
  },
  'limits.body_bytes': {
    kind: kind.whole(1024, 1_073_741_824),
    fallback: 10_485_760,
    flag: 'max-body-size',
    env: ['ENGRAM_MAX_BODY_SIZE'],
    help: 'Largest request body, in bytes',
  },
  'limits.content_bytes': {
    kind: kind.whole(1, 1_073_741_824),
    fallback: 102_400,
    flag: 'max-content-size',
    env: ['ENGRAM_MAX_CONTENT_SIZE'],
    help: 'Largest single memory, in bytes',
  },
  server_url: {
    kind: kind.httpUrl,
    fallback: 'http://127.0.0.1:4200',
    flag: 'server',
    env: ['ENGRAM_URL'],
    help: 'Server that the commands talk to',
    used_by: 'client',
  },
  'hook.enabled': {
    kind: kind.toggle,
    fallback: true,
    env: ['ENGRAM_HOOKS'],
    help: 'off makes every hook of an agent end at once, without a word',
    not_in_file: true,
    used_by: 'client',
  },
  'hook.timeout_ms': {
    kind: kind.whole(1, 30_000),
    fallback: 1_500,
    env: ['ENGRAM_HOOK_TIMEOUT_MS'],
    help: 'Milliseconds after which a hook gives up, with the start of its process',
    not_in_file: true,
    used_by: 'client',
  },
  'hook.log': {
    kind: kind.text('file'),
    fallback: null,
    env: ['ENGRAM_HOOK_LOG'],
    help: 'Where a hook says why it gave up; without it hooks.log in ~/.local/state/engram',
    not_in_file: true,
    used_by: 'client',
  },
  client_key: {
    kind: kind.secretMatching('a key without spaces', /^[\x21-\x7e]+$/),
    fallback: null,
    flag: 'key',
    env: ['ENGRAM_API_KEY', 'ENGRAM_KEY', 'ENGRAM_MCP_BEARER_TOKEN'],
    help: 'Key the commands present to the server',
    secret: true,
    used_by: 'client',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** What each setting ends up as. */
export type Values = {
  [K in SettingName]: (typeof SETTINGS)[K] extends { kind: kind.Kind<infer V>; fallback: infer F }
    ? V | Widened<F>
    : never;
};

/** The fallback's own literal type would say nothing more than the kind's, except for null. */
type Widened<F> = F extends null ? null : never;

export const settingNames = Object.keys(SETTINGS) as SettingName[];
export const settingOf = (name: SettingName): Setting => SETTINGS[name];
