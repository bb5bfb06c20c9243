// The rules of docs/architecture.md as code: which file may know which, and which words belong to which folder.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

export type Tree = ReadonlyMap<string, string>;

const GENERATED = /\.gen\.ts$/;
/** One home per fact makes these long: a row per column, a line per error, a line per setting. */
const MAY_BE_LONG = new Set(['src/core/tables.ts', 'src/core/errors.ts', 'src/config/settings.ts']);
export const MAX_LINES = 400;

/** Reads all TypeScript below a folder, tests left out. */
export function readTree(root: string, folders: readonly string[]): Tree {
  const files = new Map<string, string>();
  const walk = (dir: string) => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (/\.ts$/.test(entry.name) && !/\.test\.ts$|\.d\.ts$|testkit\.ts$/.test(entry.name))
        files.set(relative(root, path), readFileSync(path, 'utf8'));
    }
  };
  for (const folder of folders) walk(join(root, folder));
  return files;
}

interface Import {
  from: string;
  /** Path inside the project, or the name of a package. */
  to: string;
  typeOnly: boolean;
}

/** Comments and string contents are not code; import specifiers are read before they go. */
const stripComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1');

export function importsOf(path: string, text: string): Import[] {
  const code = stripComments(text);
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean) => {
    const to = specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier;
    found.push({ from: path, to, typeOnly });
  };
  for (const m of code.matchAll(/(?:^|\n)\s*(?:import|export)\s+(type\s)?([^'";]*?)\sfrom\s+['"]([^'"]+)['"]/g)) {
    const names = m[2]!.trim();
    const allTypes =
      /^\{[\s\S]*\}$/.test(names) &&
      names
        .slice(1, -1)
        .split(',')
        .every((n) => n.trim() === '' || /^type\s/.test(n.trim()));
    add(m[3]!, Boolean(m[1]) || allTypes);
  }
  for (const m of code.matchAll(/(?:^|\n)\s*import\s+['"]([^'"]+)['"]/g)) add(m[1]!, false);
  for (const m of code.matchAll(/\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/g)) add(m[1]!, false);
  return found;
}

const layerOf = (path: string): string => /^src\/(algo|core|features|platform|entry|config)\//.exec(path)?.[1] ?? path;
const featureOf = (path: string): string | null => /^src\/features\/([^/]+)\//.exec(path)?.[1] ?? null;
const isPackage = (to: string): boolean => !/^(?:src|migrations|test|bench|scripts|docs|models|gui)\/|\.json$/.test(to);

/** Files of a feature that are pure or mere data, so that other features may use their values. */
const SHARED_FILES = /\/(?:contract|rules)\.ts$/;
const NATIVE =
  /^(?:better-sqlite3|onnxruntime|@lancedb|@huggingface|pg$|apache-arrow|argon2|gpt-tokenizer|pino|prom-client)/;

const ALLOWED: Readonly<Record<string, (i: Import) => boolean>> = {
  algo: ({ to }) => layerOf(to) === 'algo' || to === 'ts-fsrs' || to.startsWith('graphology'),
  core: ({ to, typeOnly }) => ['algo', 'core'].includes(layerOf(to)) || to === 'zod' || (to === 'kysely' && typeOnly),
  features: (i) => {
    const { from, to, typeOnly } = i;
    if (['algo', 'core'].includes(layerOf(to)) || to === 'zod') return true;
    if (to === 'kysely') return /store\.ts$/.test(from) || typeOnly;
    if (layerOf(to) !== 'features') return false;
    return featureOf(from) === featureOf(to) || typeOnly || SHARED_FILES.test(to);
  },
  platform: ({ to, typeOnly }) => {
    if (isPackage(to)) return !to.startsWith('hono') || to === '@hono/node-server';
    if (to.startsWith('migrations/')) return true;
    if (typeOnly && (layerOf(to) === 'features' || to === 'src/config.ts')) return true;
    return ['algo', 'core', 'platform'].includes(layerOf(to));
  },
  entry: ({ to, typeOnly }) => {
    if (isPackage(to)) return !NATIVE.test(to);
    if (to.startsWith('docs/') || to === 'package.json') return true;
    if (layerOf(to) === 'features') return typeOnly || /\/contract\.ts$/.test(to);
    return (
      ['algo', 'core', 'entry', 'config', 'src/config.ts'].includes(layerOf(to)) ||
      layerOf(to) === 'platform' ||
      typeOnly ||
      to === 'src/app.ts'
    );
  },
  config: ({ to }) => layerOf(to) === 'config' || layerOf(to) === 'algo' || isPackage(to),
};

/** The command line may open what it checks or serves; HTTP may not reach past the routes it is given. */
const CLI_ONLY_PLATFORM = (from: string) => from.startsWith('src/entry/cli/');

/** Where the program begins, and what it hands the outside world to. */
const isProgram = (path: string): boolean => path === 'src/main.ts' || path === 'src/program.ts';

/** Words that belong to some folders only. */
const WORDS: readonly { what: string; pattern: RegExp; allowed: (path: string) => boolean }[] = [
  { what: 'process.env outside main.ts', pattern: /\bprocess\.env\b/, allowed: isProgram },
  { what: 'process.exit outside main.ts', pattern: /\bprocess\.exit\b/, allowed: isProgram },
  {
    what: 'the clock outside platform',
    pattern: /\bDate\.now\(|\bnew Date\(\)/,
    allowed: (p) => p.startsWith('src/platform/'),
  },
  {
    what: 'chance outside platform',
    pattern: /\bMath\.random\(|\brandomBytes\(|\brandomUUID\(/,
    allowed: (p) => p.startsWith('src/platform/'),
  },
  { what: 'console', pattern: /\bconsole\.\w/, allowed: (p) => p.startsWith('src/entry/http/docs-page/') },
  {
    what: 'dialect SQL outside platform/db',
    pattern: /\bbm25\(|\bfts5\b|\bjson_extract\b|\bjson_each\b|\btsvector\b|\bto_tsquery\b|\bmatch \$\{/i,
    allowed: (p) => p.startsWith('src/platform/db/') || p.startsWith('migrations/'),
  },
];

const TABLES = [
  'users',
  'spaces',
  'api_keys',
  'oauth_clients',
  'oauth_grants',
  'oauth_tokens',
  'app_state',
  'user_quotas',
  'user_counts',
  'usage_days',
  'audit_log',
  'audit_heads',
  'memories',
  'memory_tags',
  'memory_links',
  'causal_chains',
  'causal_links',
  'reconsolidations',
  'reconsolidation_places',
  'contradictions',
  'memory_vectors',
  'memory_fingerprints',
  'jobs',
  'understanding_backlog',
  'llm_usage',
  'feedback',
  'structured_facts',
  'memory_parts',
  'episodes',
  'entities',
  'entity_aliases',
  'entity_readings',
  'memory_entities',
  'entity_pairs',
  'entity_relationships',
  'relationship_evidence',
  'projects',
  'project_memories',
  'conversations',
  'messages',
  'text_words',
  'scratch_entries',
  'agent_sessions',
  'session_lines',
  'personality_signals',
  'personality_words',
  'personality_portraits',
  'preferences',
  'memory_ranks',
  'graph_states',
  'graph_changes',
  'gate_requests',
  'approvals',
  'reflections',
  'consolidations',
  'digests',
  'digest_subscriptions',
  'webhooks',
  'webhook_dead_letters',
  'event_outbox',
  'thought_sources',
  'thinking_states',
  'sync_deletions',
  'import_marks',
  'imports',
  'upload_chunks',
  'uploads',
];
/** Writing statements name their table here; reading across tables is for joins. */
const WRITES = (table: string) => new RegExp(`\\.(?:insertInto|updateTable|deleteFrom)\\(\\s*['"]${table}['"]`);

function cycles(imports: readonly Import[]): string[] {
  const edges = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports)
    if (!typeOnly && !isPackage(to)) edges.set(from, [...(edges.get(from) ?? []), to]);
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const visit = (node: string, path: readonly string[]) => {
    if (state.get(node) === 'done') return;
    if (state.get(node) === 'open') {
      found.push(`cycle: ${[...path.slice(path.indexOf(node)), node].join(' -> ')}`);
      return;
    }
    state.set(node, 'open');
    for (const next of edges.get(node) ?? []) visit(next, [...path, node]);
    state.set(node, 'done');
  };
  for (const node of edges.keys()) visit(node, []);
  return found;
}

/** Every broken rule, one sentence each; empty when the tree is sound. */
export function violations(tree: Tree): string[] {
  const broken: string[] = [];
  const imports = [...tree].flatMap(([path, text]) => importsOf(path, text));
  for (const i of imports) {
    if (
      i.to.startsWith('node:') &&
      layerOf(i.from) !== 'algo' &&
      layerOf(i.from) !== 'core' &&
      layerOf(i.from) !== 'features'
    )
      continue;
    const rule = ALLOWED[layerOf(i.from)];
    const past =
      i.from.startsWith('src/entry/') && layerOf(i.to) === 'platform' && !i.typeOnly && !CLI_ONLY_PLATFORM(i.from);
    if ((rule && !rule(i)) || past) broken.push(`${i.from} may not import ${i.to}`);
    if (NATIVE.test(i.to) && !i.typeOnly && !i.from.startsWith('src/platform/'))
      broken.push(`${i.from} may not load ${i.to}: native and heavy packages live in platform/`);
    if (/^hono(?:\/|$)/.test(i.to) && !i.from.startsWith('src/entry/http/'))
      broken.push(`${i.from} may not import hono`);
  }
  broken.push(...cycles(imports));
  for (const [path, text] of tree) {
    const code = stripComments(text);
    for (const { what, pattern, allowed } of WORDS)
      if (pattern.test(code) && !allowed(path)) broken.push(`${path}: ${what}`);
    const lines = text.split('\n').length;
    if (lines > MAX_LINES && !MAY_BE_LONG.has(path) && !GENERATED.test(path))
      broken.push(`${path} has ${lines} lines; at most ${MAX_LINES}`);
  }
  for (const table of TABLES) {
    const writers = [...tree]
      .filter(([path, text]) => path.startsWith('src/features/') && WRITES(table).test(text))
      .map(([path]) => path);
    if (writers.length > 1) broken.push(`table ${table} is written in ${writers.join(' and ')}: one home per table`);
  }
  const features = new Set([...tree.keys()].flatMap((path) => featureOf(path) ?? []));
  for (const feature of features) {
    const internal = !tree.has(`src/features/${feature}/routes.ts`);
    if (!internal && !tree.has(`src/features/${feature}/contract.ts`))
      broken.push(`feature ${feature} has routes but no contract.ts`);
  }
  return [...new Set(broken)];
}
