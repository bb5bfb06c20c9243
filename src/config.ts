// Settings: flags over environment over file over defaults, checked together before anything starts. Reads nothing itself.
import { isAbsolute, join, resolve } from 'node:path';
import { conflicts } from './config/conflicts.ts';
import { type EncryptionSettings, encryptionOf, settleEncryption } from './config/encryption.ts';
import type { Raw } from './config/kinds.ts';
import type { Secret } from './config/secret.ts';
import { SETTINGS, type SettingName, settingNames, settingOf, type Values } from './config/settings.ts';
import { type Env, fromEnv, fromFile, fromFlags, type Given } from './config/sources.ts';

export { KNOWN_ELSEWHERE } from './config/known-elsewhere.ts';
export { Secret } from './config/secret.ts';

/** All paths are absolute. Frozen at every depth. */
export interface Config {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly data_dir: string;
  readonly db_path: string;
  /** null = the embedded SQLite at `db_path`. */
  readonly database_url: Secret | null;
  readonly db_synchronous: 'full' | 'normal';
  readonly encryption: EncryptionSettings;
  /** Key the first administrator gets; always null in the client role. */
  readonly api_key: Secret | null;
  readonly bootstrap_secret: Secret | null;
  readonly api_key_pepper: Secret | null;
  readonly key_rotation_grace_hours: number;
  readonly open_access: boolean;
  readonly allowed_origins: readonly string[];
  /** Groups of MCP tools that are listed beside the default ones. */
  readonly mcp_tools: readonly string[];
  readonly trusted_proxies: readonly string[];
  readonly log_level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly log_format: 'text' | 'json';
  readonly embedding: {
    readonly model_dir: string | null;
    /** null = the usual names in turn. */
    readonly onnx_file: string | null;
    /** null = what the model says, else 512. */
    readonly max_seq: number | null;
    /** null = whatever the model has. */
    readonly dim: number | null;
    readonly model: string | null;
    /** 0 = one per core. */
    readonly threads: number;
    readonly url: string | null;
    readonly api_key: Secret | null;
    /** Characters of one piece, characters shared by neighbours (null = as suits the model), pieces of one text. */
    readonly chunks: { readonly chars: number | null; readonly overlap: number | null; readonly max: number };
  };
  /** None is used when `url` is null. */
  readonly llm: {
    readonly url: string | null;
    readonly api_key: Secret | null;
    readonly model: string | null;
    readonly timeout_ms: number;
    readonly background_timeout_ms: number;
    readonly concurrency: number;
    /** 0 = no limit. */
    readonly daily_tokens: number;
    readonly price_in: number;
    readonly price_out: number;
  };
  readonly models_dir: string;
  /** null = the public hub. */
  readonly model_hub: string | null;
  readonly model_hub_token: Secret | null;
  readonly reranker: {
    readonly enabled: boolean;
    readonly model: string | null;
    readonly model_dir: string | null;
    readonly top_k: number;
    readonly budget_ms: number;
  };
  readonly vectors: { readonly use_lance: boolean; readonly lance_path: string; readonly lance_threshold: number };
  readonly retention: number;
  readonly understanding: boolean;
  readonly auto_decompose: boolean;
  readonly extraction_status: 'pending' | 'approved';
  readonly secrets: { readonly redact: boolean; readonly scrub_messages: boolean };
  readonly quarantine: boolean;
  /** Ranks and communities. The interval is in seconds. */
  readonly pagerank: {
    readonly enabled: boolean;
    readonly interval: number;
    readonly threshold: number;
    readonly threads: number;
  };
  /** What no command may do, beside what is dangerous anyway; the timeout is in seconds. */
  readonly gate: {
    readonly approval_timeout: number;
    readonly blocked_patterns: readonly string[];
    readonly protected_services: readonly string[];
    readonly no_reboot_hosts: readonly string[];
    readonly reserved_targets: readonly string[];
  };
  readonly webhooks: { readonly allow_private: boolean };
  readonly oauth: { readonly enabled: boolean; readonly registration: boolean; readonly public_url: string | null };
  /** How long forgotten memories can be restored. */
  readonly trash_days: number;
  /** The interval is in seconds. */
  readonly backup: {
    readonly enabled: boolean;
    readonly interval: number;
    readonly dir: string;
    readonly retention: number;
    readonly retention_daily: number;
  };
  /** 0 = for ever. */
  readonly audit: { readonly retention_days: number };
  /** null = the published weights of FSRS-6. */
  readonly fsrs: { readonly weights: readonly number[] | null };
  readonly limits: {
    readonly body_bytes: number;
    readonly content_bytes: number;
    /** Requests a minute; 0 = any number. */
    readonly per_address: number;
    readonly loopback: boolean;
    readonly in_flight: number;
    readonly in_flight_bytes: number;
  };
  readonly safe_mode: boolean;
  /** Without a trailing slash. */
  readonly server_url: string;
  readonly client_key: Secret | null;
}

/** Everything that is wrong with the settings, one sentence each; never contains a secret's value. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

export interface ConfigSources {
  /** What follows the command's name. */
  argv: readonly string[];
  env: Env;
  /** Gives null when there is no such file. */
  readFile(path: string): string | null;
  cwd: string;
  home: string;
  /** A client does not need what only serving needs, and reads ENGRAM_API_KEY as its own key. */
  role?: 'server' | 'client';
}

export interface ExplainRow {
  name: string;
  value: string;
  source: string;
}

/** Where values came from is no setting, so it is kept beside the Config instead of in it. */
const explained = new WeakMap<Config, readonly ExplainRow[]>();

/**
 * @returns the settings, and the tokens of `argv` that are not settings, in order, for the command to read
 * @throws ConfigError naming every mistake at once
 */
export function loadConfig(from: ConfigSources): { config: Config; rest: string[] } {
  const { role = 'server', cwd, home } = from;
  const flags = fromFlags(from.argv);
  const env = fromEnv(from.env);
  const early = [...flags.given, ...env.given];
  const file = openFile(from, early);
  const problems = [...flags.problems, ...env.problems, ...file.problems];
  const { values, sources } = choose([...early, ...file.given], role, problems);

  values.data_dir = absolute(values.data_dir, cwd, home);
  values.db_path = absolute(values.db_path, values.data_dir, home);
  values['vectors.lance_path'] = absolute(values['vectors.lance_path'], values.data_dir, home);
  values.models_dir = absolute(values.models_dir, values.data_dir, home);
  values['backup.dir'] = absolute(values['backup.dir'], values.data_dir, home);
  for (const name of ['embedding.model_dir', 'reranker.model_dir'] as const) {
    const folder = values[name];
    values[name] = folder === null ? null : absolute(folder, cwd, home);
  }
  settleEncryption(values, sources, from.env.XDG_CONFIG_HOME, (path) => absolute(path, cwd, home));
  values.config_file = file.path;
  if (role === 'server') problems.push(...conflicts(values));
  if (problems.length > 0) throw new ConfigError([...new Set(problems)]);

  const config = deepFreeze(assemble(values));
  const rows = settingNames.map((name) => ({
    name,
    value: shown(settingOf(name).secret, values[name]),
    source: sources.get(name) ?? 'default',
  }));
  const unused = env.unused.map((name) => ({
    name,
    value: 'known, not used by this version',
    source: `environment ${name}`,
  }));
  explained.set(config, [...rows, ...unused]);
  return { config, rest: flags.rest };
}

/** One row per setting, then one per variable that is set but belongs to a feature this version does not have. */
export function explain(config: Config): readonly ExplainRow[] {
  const rows = explained.get(config);
  if (!rows) throw new Error('Only a Config made by loadConfig can be explained');
  return rows;
}

/** The same but for some settings, where a part of the program needs others; `explain` goes on telling what was given. */
export function changed(config: Config, changes: Partial<Config>): Config {
  const other = deepFreeze({ ...config, ...changes });
  explained.set(other, explain(config));
  return other;
}

/** Lines of `--help` for the settings a server, a client, or (without argument) anyone can give as flags. */
export function flagHelp(role?: 'server' | 'client'): string[] {
  const lines = settingNames.flatMap((name) => {
    const { flag, kind, used_by = 'server', env, fallback, help } = settingOf(name);
    if (!flag || (role && used_by !== role && used_by !== 'both')) return [];
    const left = kind.placeholder === null ? `--[no-]${flag}` : `--${flag} <${kind.placeholder}>`;
    const initial = fallback === null || kind.list ? '' : `, default ${shown(undefined, fallback)}`;
    return [{ left, right: `${help} (${env[0]}${initial})` }];
  });
  const width = Math.max(...lines.map((line) => line.left.length));
  return lines.map((line) => `  ${line.left.padEnd(width)}  ${line.right}`);
}

/** An explicitly named file has to exist; the two usual ones may be absent. */
function openFile(
  from: ConfigSources,
  given: readonly Given[],
): { path: string | null } & Pick<FileResult, 'given' | 'problems'> {
  const named = lastFlagElseFirst(given.filter((one) => one.setting === 'config_file'));
  const read = named ? SETTINGS.config_file.kind.read(named.raw) : null;
  if (read && 'refused' in read) return { path: null, given: [], problems: [] }; // Told with the other refused values.
  const usual = [resolve(from.cwd, 'engram.toml'), join(from.home, '.config', 'engram', 'config.toml')];
  const paths = read ? [absolute(read.value, from.cwd, from.home)] : usual;
  for (const path of paths) {
    const content = from.readFile(path);
    if (content !== null) return { path, ...fromFile(path, content) };
  }
  const problems = named ? [`${named.label}: there is no file ${paths[0]}.`] : [];
  return { path: null, given: [], problems };
}
type FileResult = ReturnType<typeof fromFile>;

/** A flag repeated later on the line wins; among variables the first name does. */
const lastFlagElseFirst = (given: readonly Given[]): Given | undefined =>
  given.findLast((one) => one.source.startsWith('flag ')) ?? given[0];

/** Checks every given value, also those that another one overrides: they would surprise later. */
function choose(given: readonly Given[], role: 'server' | 'client', problems: string[]) {
  const values: Record<string, unknown> = {};
  const sources = new Map<SettingName, string>();
  for (const name of settingNames) {
    const { kind, fallback, secret, server_only } = settingOf(name);
    values[name] = fallback;
    if (server_only && role !== 'server') continue;
    const mine = given.filter((one) => one.setting === name);
    const chosen = lastFlagElseFirst(mine);
    for (const one of mine) {
      const read = kind.read(one.raw);
      if ('refused' in read) problems.push(refusal(one, read.refused, kind.allowed, secret));
      else if (one === chosen) {
        values[name] = read.value;
        sources.set(name, one.source);
      }
    }
  }
  return { values: values as Values, sources };
}

const refusal = (one: Given, why: string | null, allowed: string, secret: true | undefined): string => {
  const value = secret ? 'the value (hidden)' : quoted(one.raw);
  return `${one.label}: ${value} ${why ?? `is not allowed; expected ${allowed}`}.`;
};

/** Short enough for one line, and without the password of an address that should not have had one. */
const quoted = (raw: Raw): string => {
  const text = JSON.stringify(raw).replace(/\/\/[^/@\s]*@/g, '//…@');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
};

function absolute(path: string, base: string, home: string): string {
  const expanded = path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
  return isAbsolute(expanded) ? resolve(expanded) : resolve(base, expanded);
}

function shown(secret: true | undefined, value: unknown): string {
  if (value === null) return '(not set)';
  if (secret) return '(set, hidden)';
  return Array.isArray(value) ? value.join(', ') || '(none)' : String(value);
}

const assemble = (v: Values): Config => ({
  host: v.host,
  port: v.port,
  data_dir: v.data_dir,
  db_path: v.db_path,
  database_url: v.database_url,
  db_synchronous: v.db_synchronous,
  encryption: encryptionOf(v),
  api_key: v.api_key,
  bootstrap_secret: v.bootstrap_secret,
  api_key_pepper: v.api_key_pepper,
  key_rotation_grace_hours: v.key_rotation_grace_hours,
  open_access: v.open_access,
  allowed_origins: [...v.allowed_origins],
  mcp_tools: [...v.mcp_tools],
  trusted_proxies: [...v.trusted_proxies],
  log_level: v.log_level,
  log_format: v.log_format,
  embedding: {
    model_dir: v['embedding.model_dir'],
    onnx_file: v['embedding.onnx_file'],
    max_seq: v['embedding.max_seq'],
    dim: v['embedding.dim'],
    model: v['embedding.model'],
    threads: v['embedding.threads'],
    url: v['embedding.url'],
    api_key: v['embedding.api_key'],
    chunks: { chars: v['embedding.chunk_chars'], overlap: v['embedding.chunk_overlap'], max: v['embedding.chunk_max'] },
  },
  llm: {
    url: v['llm.url'],
    api_key: v['llm.api_key'],
    model: v['llm.model'],
    timeout_ms: v['llm.timeout_ms'],
    background_timeout_ms: v['llm.background_timeout_ms'],
    concurrency: v['llm.concurrency'],
    daily_tokens: v['llm.daily_tokens'],
    price_in: v['llm.price_in'],
    price_out: v['llm.price_out'],
  },
  models_dir: v.models_dir,
  model_hub: v.model_hub,
  model_hub_token: v.model_hub_token,
  reranker: {
    enabled: v['reranker.enabled'],
    model: v['reranker.model'],
    model_dir: v['reranker.model_dir'],
    top_k: v['reranker.top_k'],
    budget_ms: v['reranker.budget_ms'],
  },
  vectors: {
    use_lance: v['vectors.use_lance'],
    lance_path: v['vectors.lance_path'],
    lance_threshold: v['vectors.lance_threshold'],
  },
  retention: v.retention,
  understanding: v.understanding,
  auto_decompose: v.auto_decompose,
  extraction_status: v.extraction_status,
  secrets: { redact: v['secrets.redact'], scrub_messages: v['secrets.scrub_messages'] },
  quarantine: v.quarantine,
  pagerank: {
    enabled: v['pagerank.enabled'],
    interval: v['pagerank.interval'],
    threshold: v['pagerank.threshold'],
    threads: v['pagerank.threads'],
  },
  gate: {
    approval_timeout: v['gate.approval_timeout'],
    blocked_patterns: [...v['gate.blocked_patterns']],
    protected_services: [...v['gate.protected_services']],
    no_reboot_hosts: [...v['gate.no_reboot_hosts']],
    reserved_targets: [...v['gate.reserved_targets']],
  },
  webhooks: { allow_private: v['webhooks.allow_private'] },
  oauth: { enabled: v['oauth.enabled'], registration: v['oauth.registration'], public_url: v.public_url },
  trash_days: v.trash_days,
  backup: {
    enabled: v['backup.enabled'],
    interval: v['backup.interval'],
    dir: v['backup.dir'],
    retention: v['backup.retention'],
    retention_daily: v['backup.retention_daily'],
  },
  audit: { retention_days: v['audit.retention_days'] },
  fsrs: { weights: v['fsrs.weights'] },
  limits: {
    body_bytes: v['limits.body_bytes'],
    content_bytes: v['limits.content_bytes'],
    per_address: v['limits.per_address'],
    loopback: v['limits.loopback'],
    in_flight: v['limits.in_flight'],
    in_flight_bytes: v['limits.in_flight_bytes'],
  },
  safe_mode: v.safe_mode,
  server_url: v.server_url,
  client_key: v.client_key,
});

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}
