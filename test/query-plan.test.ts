// How SQLite answers what the stores really ask: every statement of a walk through the endpoints is recorded at the
// driver, with its values, and explained on a seeded database, before and after ANALYZE. Left out: the totals of
// /metrics and of embedding jobs, which count whole tables by their nature.
import { createRequire } from 'node:module';
import type BetterSqlite from 'better-sqlite3-multiple-ciphers';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Embedder } from '../src/core/ports.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { at, connect, post, refresh } from './support/oauth.ts';
import { seed } from './support/plan-seed.ts';
import { type Go, walkMind, walkPortable } from './support/plan-walk.ts';
import { seedEcosystems, walkEcosystems } from './support/plan-walk-ecosystems.ts';

const Driver = createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as typeof BetterSqlite;

type Method = 'all' | 'get' | 'run';
type Statement = Record<Method, (...values: unknown[]) => unknown> & { readonly source: string };

/** Statements with all the values each ran with; null while nobody listens. */
let heard: Map<string, unknown[][]> | null = null;

function listen(): () => void {
  const probe = new Driver(':memory:');
  const prototype = Object.getPrototypeOf(probe.prepare('select 1')) as Statement;
  probe.close();
  const original = new Map<Method, Statement[Method]>();
  for (const method of ['all', 'get', 'run'] as const) {
    const real = prototype[method];
    original.set(method, real);
    prototype[method] = function heardBy(this: Statement, ...values: unknown[]) {
      heard?.set(this.source, [...(heard.get(this.source) ?? []), values]);
      return real.apply(this, values);
    };
  }
  return () => {
    for (const [method, real] of original) prototype[method] = real;
  };
}

/** Eight numbers from the letters of a text: enough to have vectors. */
const vectorOf = (text: string): Float32Array => {
  const sums = new Float32Array(8).fill(0.01);
  for (let i = 0; i < text.length; i++) sums[i % 8]! += text.charCodeAt(i) % 31;
  const norm = Math.hypot(...sums);
  return sums.map((n) => n / norm);
};
const embedder: Embedder = {
  identity: { key: 'letters@1/8/sum', name: 'letters', dims: 8 },
  cost: 'lookup',
  embedDocuments: async (texts) => texts.map(vectorOf),
  embedQuery: async (text) => vectorOf(text),
  close: async () => {},
};

/** Calls every endpoint of the features that keep memories. @returns the ids of the endpoints called */
async function walk(app: TestApp): Promise<Set<string>> {
  const called = new Set<string>();
  const go: Go = async (id, method, path, body, headers = {}) => {
    called.add(id);
    const answer = await app.call(method, path, body, headers);
    expect(answer.status, `${id}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  };
  const user = await go('access.create_user', 'POST', '/users', { username: `user ${app.clock.now()}` });
  const key = await go('access.create_key', 'POST', '/keys', { user_id: user.id });
  await go('access.list_users', 'GET', '/users');
  await go('access.list_keys', 'GET', '/keys');
  await go('access.revoke_key', 'DELETE', `/keys/${key.id}`);
  const spare = await go('access.create_key', 'POST', '/keys', { name: 'spare' });
  await go('access.rotate_key', 'POST', '/keys/rotate', { key_id: spare.id });
  const small = await go('access.create_api_key', 'POST', '/api-keys');
  await go('access.list_api_keys', 'GET', '/api-keys');
  await go('access.delete_api_key', 'DELETE', `/api-keys/${small.key.id}`);
  await go('tenants.quota', 'GET', '/quota');
  await go('tenants.quotas', 'GET', '/admin/quotas');
  await go('tenants.set_quota', 'PUT', '/admin/quotas', { user_id: user.id, max_spaces: 9 });
  await go('tenants.report_usage', 'POST', '/usage', { event_type: 'walk' });
  await go('tenants.usage', 'GET', '/usage');
  await go('tenants.all_usage', 'GET', '/admin/usage');
  await go('tenants.list', 'GET', '/admin/tenants');
  const tenant = await go('tenants.provision', 'POST', '/tenants/provision', { username: `t ${app.clock.now()}` });
  await go('tenants.deprovision', 'POST', '/tenants/deprovision', { user_id: tenant.user_id });
  const spent = await go('access.create_space', 'POST', '/spaces', { name: `spent ${app.clock.now()}` });
  await go('tenants.delete_space', 'DELETE', `/spaces/${spent.id}?erase=true`);
  const space = await go('access.create_space', 'POST', '/spaces', { name: `space ${app.clock.now()}` });
  await go('access.list_spaces', 'GET', '/spaces');

  const store = (content: string, more: object = {}) =>
    go('memory.store', 'POST', '/store', { content, session_id: 's1', tags: ['third'], ...more });
  const first = await store('a walk along the harbour');
  await store('a walk along the harbour');
  const other = await store('another walk', { space_id: space.id });
  await go('memory.list', 'GET', '/list');
  await go('memory.list', 'GET', '/list?category=task&limit=5&offset=3');
  await go('memory.list', 'GET', '/list?session_id=s7&include_forgotten=1');
  await go('memory.list_array', 'GET', '/memories', undefined, { 'x-space': space.name });
  await go('memory.get', 'GET', `/memory/${first.id}`);
  const second = await go('memory.update', 'POST', `/memory/${first.id}/update`, { content: 'a walk up the river' });
  const third = await go('memory.patch', 'PATCH', `/memories/${second.id}`, { importance: 9 });
  await go('memory.versions', 'GET', `/versions/${third.id}`);
  await go('memory.links', 'GET', `/links/${third.id}`);
  await go('memory.set_tags', 'PUT', `/memory/${third.id}/tags`, { tags: ['river'] });
  await go('memory.tags', 'GET', '/tags');
  await go('memory.search_tags', 'POST', '/tags/search', { tags: ['t3', 't4'] });
  await go('memory.search_tags', 'POST', '/tags/search', { tags: ['t3', 'third'], match_all: true });
  await go('profile.get', 'GET', '/profile');
  await go('profile.stats', 'GET', '/me/stats');
  await go('memory.archive', 'POST', `/memory/${other.id}/archive`);
  await go('memory.unarchive', 'POST', `/memory/${other.id}/unarchive`);
  await go('memory.forget', 'POST', `/memory/${other.id}/forget`);
  await go('trash.list', 'GET', '/memory/trash');
  await go('memory.restore', 'POST', `/memory/${other.id}/restore`);
  const link = { op: 'link', body: { source_id: third.id, target_id: other.id } };
  await go('duplicates.list', 'GET', '/duplicates');
  await go('duplicates.merge', 'POST', '/deduplicate', { dry_run: false });
  await go('batch.run', 'POST', '/batch', { ops: [link, { op: 'store', body: { content: 'in a batch' } }] });

  for (const path of ['/search', '/memories/search', '/search/explain']) {
    const id = { '/search': 'search.search', '/memories/search': 'search.search_array' }[path] ?? 'search.explain';
    await go(id, 'POST', path, { query: 'harbour walk', include_links: true });
    await go(id, 'POST', path, { query: 'copper kettle', category: 'task', tags: ['third'], date_from: '2026-01-01' });
  }
  await go('search.faceted', 'POST', '/search/faceted', { tags_any: ['t1', 't2'], importance_min: 5 });
  await go('search.faceted', 'POST', '/search/faceted', { query: 'violin' });
  await go('search.recall', 'POST', '/recall', { query: 'garden' });
  await go('context.assemble', 'POST', '/context', { query: 'the river walk', mode: 'deep' });
  await go('context.stream', 'POST', '/context/stream', { query: 'the river walk' });
  await go('fsrs.review', 'POST', '/fsrs/review', { id: third.id, grade: 4 });
  await go('fsrs.state', 'GET', `/fsrs/state?id=${third.id}`);
  await go('fsrs.init', 'POST', '/fsrs/init');
  await go('fsrs.recall_due', 'GET', '/fsrs/recall-due');
  await go('fsrs.recall_due', 'GET', '/fsrs/recall-due?topic=river&session=s1');
  const episode = await go('episodes.create', 'POST', '/episodes', { title: 'river walks', session_id: 's2' });
  await go('episodes.assign', 'POST', `/episodes/${episode.id}/memories`, { memory_ids: [third.id, other.id] });
  await go('memory.store', 'POST', '/store', { content: 'joins its episode', session_id: 's2' });
  await go('episodes.list', 'GET', '/episodes?after=2026-01-01');
  await go('episodes.list', 'GET', '/episodes?session_id=s2');
  await go('episodes.list', 'GET', '/episodes?query=river walk');
  await go('episodes.get', 'GET', `/episodes/${episode.id}`);
  await go('episodes.update', 'PATCH', `/episodes/${episode.id}`, { title: 'walks' });
  await go('episodes.finalize', 'POST', `/episodes/${episode.id}/finalize`);
  await go('search.search', 'POST', '/search', { query: 'river', episode_id: episode.id });
  const message = { role: 'user', content: 'a walk by the river' };
  const conversation = await go('conversations.create', 'POST', '/conversations', { agent: 'claude' });
  const said = `/conversations/${conversation.id}`;
  await go('conversations.add_messages', 'POST', `${said}/messages`, message);
  await go('conversations.bulk', 'POST', '/conversations/bulk', { agent: 'claude', messages: [message] });
  await go('conversations.upsert', 'POST', '/conversations/upsert', { agent: 'claude', session_id: 's7' });
  await go('conversations.list', 'GET', '/conversations?agent=claude');
  await go('conversations.get', 'GET', said);
  await go('conversations.messages', 'GET', `${said}/messages`);
  await go('conversations.update', 'PATCH', said, { title: 'walks' });
  await go('conversations.search_messages', 'POST', '/messages/search', { query: 'walks on the river, word' });
  await go('conversations.delete', 'DELETE', said);
  const waiting = [];
  for (const n of [1, 2, 3, 4]) waiting.push((await store(`a walk to approve, number ${n}`, { status: 'pending' })).id);
  await go('inbox.list', 'GET', '/inbox');
  await go('inbox.approve', 'POST', `/inbox/${waiting[0]}/approve`);
  await go('inbox.reject', 'POST', `/inbox/${waiting[1]}/reject`);
  await go('inbox.edit', 'POST', `/inbox/${waiting[2]}/edit`, { content: 'an approved walk' });
  await go('inbox.bulk', 'POST', '/inbox/bulk', { ids: waiting, action: 'reject' });
  await go('history.correct', 'POST', '/correct', { memory_id: waiting[0], content: 'a walk was approved' });
  await go('history.correct', 'POST', '/correct', { correction: 'another matter', original_claim: 'copper kettle' });
  await go('history.timetravel', 'POST', '/timetravel', { as_of: '2026-03-02 12:00:00' });
  await go('history.timetravel', 'POST', '/timetravel', { as_of: '2026-03-02 12:00:00', query: 'violin' });
  await go('memory.list', 'GET', '/list?as_of=2026-03-02');
  await go('feedback.give', 'POST', '/feedback', { memory_id: third.id, rating: 'helpful' });
  await go('feedback.stats', 'GET', '/feedback/stats');
  await go('audit.list', 'GET', '/audit?action=memory.store&since=2026-01-01');
  await go('audit.list', 'GET', `/audit?target_type=memory&target_id=${third.id}`);
  await go('audit.list', 'GET', '/audit?request_id=nobody');
  await go('audit.verify', 'GET', '/audit/verify?user_id=1');
  await go('limits.look', 'GET', '/rate-limit/user:1');
  await go('safe_mode.exit', 'POST', '/admin/safe-mode/exit');
  await go('health.memories', 'GET', '/memory-health?stale_days=1');
  await go('memory.forget', 'POST', `/memory/${other.id}/forget`);
  await go('trash.purge', 'DELETE', `/trash/${other.id}`);
  await store('a walk of one second', { ttl: 1 });
  app.clock.advance(2000);
  await go('trash.sweep', 'POST', '/sweep');
  await go('trash.empty', 'DELETE', '/trash');
  await go('scratch.put', 'PUT', '/scratch', { session: 's1', entries: [{ key: 'walk', value: 'by the river' }] });
  await go('scratch.list', 'GET', '/scratch');
  await go('scratch.list', 'GET', '/scratch?session=s1&agent=a&model=');
  await go('scratch.promote', 'POST', '/scratch/s1/promote');
  await go('scratch.delete_entry', 'DELETE', '/scratch/s1/walk');
  await go('scratch.delete_session', 'DELETE', '/scratch/s1');
  const run = await go('sessions.create', 'POST', '/sessions', { agent: 'ada' });
  await go('sessions.append', 'POST', `/sessions/${run.id}/append`, { line: 'walking' });
  await go('sessions.list', 'GET', '/sessions');
  await go('sessions.get', 'GET', `/sessions/${run.id}`);
  await go('sessions.end', 'POST', `/sessions/${run.id}/end`);
  await go('sessions.stream', 'GET', `/sessions/${run.id}/stream`);
  await go('jobs.list', 'GET', '/jobs');
  for (const status of ['pending', 'running']) await go(`jobs.${status}`, 'GET', `/jobs/${status}`);
  const failed = await go('jobs.failed', 'GET', '/jobs/failed?limit=2');
  await go('jobs.retry', 'POST', '/jobs/retry', { id: failed.jobs[0].id });
  await go('jobs.retry_by_id', 'POST', `/jobs/${failed.jobs[1].id}/retry`);
  await go('jobs.pause', 'POST', '/jobs/pause', { lane: 'inference' });
  await go('jobs.resume', 'POST', '/jobs/resume', { lane: 'inference' });
  await go('jobs.stats', 'GET', '/jobs/stats');
  await go('jobs.cleanup', 'POST', '/jobs/cleanup');
  await go('jobs.purge', 'POST', '/jobs/purge');
  await walkMind(app, go, { space: space.name, memory: third.id });
  await walkPortable(app, go, { space: space.name });
  await walkEcosystems(app, go);
  const anyone = at(app.as(null));
  const [kept, left] = [await connect(anyone, app.key), await connect(anyone, app.key)];
  const fresh = await refresh(anyone, kept.client_id, kept.refresh_token);
  await app.as(fresh.body.access_token)('GET', '/quota');
  await post(anyone, '/oauth/revoke', { token: left.refresh_token });
  const { grants } = await go('oauth.grants', 'GET', '/oauth/grants');
  await go('oauth.end_grant', 'DELETE', `/oauth/grants/${grants[0].id}`);
  // What comes back by itself has its turn too.
  await app.jobs.drain();
  app.clock.advance(86_400_000);
  await go('memory.delete', 'DELETE', `/memory/${third.id}?versions=true`);
  await app.jobs.drain();
  await app.flush();
  return called;
}

interface Plan {
  sql: string;
  steps: string[];
}

/** The plan depends on the values too, where an index covers only some rows. */
function explain(path: string, statements: ReadonlyMap<string, unknown[][]>): Plan[] {
  const raw = new Driver(path, { readonly: true });
  const plans = new Map<string, Plan>();
  for (const [sql, runs] of statements) {
    if (!/^\s*(?:select|insert|update|delete|with)\b/i.test(sql)) continue;
    const statement = raw.prepare(`explain query plan ${sql}`);
    for (const values of runs) {
      const steps = (statement.all(...values) as { detail: string }[]).map((row) => row.detail);
      plans.set([sql, ...steps].join('\n'), { sql, steps });
    }
  }
  raw.close();
  return [...plans.values()];
}

const TABLES = [
  'memories', 'memory_links', 'memory_tags', 'memory_vectors', 'memory_fingerprints', 'jobs', 'audit_log', 'episodes',
  'conversations', 'messages', 'text_words', 'feedback', 'scratch_entries', 'agent_sessions', 'session_lines',
  'memory_ranks', 'graph_changes', 'graph_states', 'structured_facts', 'memory_parts', 'contradictions',
  'personality_signals', 'personality_words', 'personality_portraits', 'preferences', 'entities', 'entity_aliases',
  'memory_entities', 'entity_readings', 'entity_pairs', 'entity_relationships', 'relationship_evidence', 'projects',
  'project_memories', 'causal_chains', 'causal_links', 'reconsolidations', 'reflections', 'consolidations', 'digests',
  'digest_subscriptions', 'thought_sources', 'gate_requests', 'approvals', 'spaces', 'uploads', 'upload_chunks',
  'imports', 'import_marks', 'sync_deletions', 'webhooks', 'webhook_dead_letters', 'event_outbox', 'oauth_grants',
  'oauth_tokens',
]; // biome-ignore format: a list
/** The tables themselves and the names the stores give them. */
const NAMES = [...TABLES, ...'abcefgklmnoprstvwxyz'];
/** What an operator asks, and statistics, look at whole tables by their nature. */
const LOOKS_AT_ALL = /^(?:system|models|docs|maintenance|admin|stats)\./;
const CALLED_ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  'the first key is handed out while the app is made, before anyone listens': ['access.bootstrap'],
  'empties what was seeded, and asks what erasing a user does': ['tenants.reset', 'tenants.admin_reset'],
  'leads to a token, together with what a browser does in between': [
    ...['oauth.authorize', 'oauth.consent', 'oauth.register', 'oauth.revoke', 'oauth.token'],
    ...['oauth.authorization_server', 'oauth.protected_resource', 'oauth.protected_server'],
  ],
  'copies the file of the database as a whole and looks at the copy: asks no store anything': [
    ...['backup.checkpoint', 'backup.create', 'backup.download', 'backup.list', 'backup.prepare_restore'],
    ...['backup.snapshots', 'backup.verify'],
  ],
};
/** Erasing a user looks through every table, with an index on the user or without. */
const ERASES = /^(?:delete|select id) +from "\w+" where user_id = \?|^delete from "users"/;
/** How many memories there are to embed and how many of them lack vectors, of all users: asked once per embedding job. */
const TO_EMBED =
  /^select count\(\*\) as "n" from "memories" as "m" where "m"."is_forgotten" = 0 and "m"."is_latest" = 1(?: and not|$)/;
/** Whether this is no name of a subquery, which is read to its end by its nature. */
const isTable = (name: string, steps: readonly string[]): boolean =>
  NAMES.includes(name) && !steps.some((step) => step === `CO-ROUTINE ${name}` || step === `MATERIALIZE ${name}`);
/** Reading a whole table, or jumping through a whole index for want of its first column. */
const scans = ({ sql, steps }: Plan): boolean =>
  !TO_EMBED.test(sql) &&
  !ERASES.test(sql) &&
  steps.some((step) => step.includes('ANY(') || (/^SCAN /.test(step) && isTable(step.split(' ')[1]!, steps)));
/** Lists and counts skip what is hidden; pages are as long as their limit; exports and reading anew take all. */
const WALKS_RIGHTLY = [
  /"m"."is_latest" = 1\)?(?: and "m"."created_at" <= \?)? and "m"."status" = \?|^select sum\((?:"is_archived"|case)|^insert into "users"/,
  /^select "id" from "memories" where "user_id" = \? (?:and "id" > \? |order by "id" desc )limit \?$/,
  /^select (?:\*|"m"\.\*, .*) from "memories" .*where "(?:m"\.")?user_id" = \? and "(?:m"\.")?id" > \? order by "(?:m"\.")?id" limit \?$/,
  /^select count\(\*\) as "n" from "memories" as "m" where "m"\."user_id" = \?$/,
  /^insert into "understanding_backlog" .* select /,
];
/** Going through every memory of the owner: right for these, and for nothing else. */
const walks = ({ sql, steps }: Plan): boolean =>
  !WALKS_RIGHTLY.some((right) => right.test(sql)) &&
  !ERASES.test(sql) &&
  steps.some((step) => /INDEX memories_(?:user|space|sync|changed)\w* \(user_id=\?(?: AND id[<>]\?)?\)/.test(step));
/** Going by the rows of all users to find those of one, with no end in sight. */
const passesByOthers = ({ sql, steps }: Plan): boolean =>
  /"user_id" = \?/.test(sql) && steps.some((step) => /INTEGER PRIMARY KEY \(rowid[<>]\?\)/.test(step));
const told = ({ sql, steps }: Plan): string => `${sql}\n  ${steps.join('\n  ')}`;

describe('query plans on a seeded database', () => {
  let app: TestApp;
  let stop: () => void;
  let path: string;
  let memories: number;
  let called: Set<string>;
  const plans: Record<'fresh' | 'analysed', Plan[]> = { fresh: [], analysed: [] };

  beforeAll(async () => {
    stop = listen();
    app = await createTestApp({
      ports: { embedder },
      env: { ENGRAM_UNDERSTANDING: '1', ENGRAM_WEBHOOK_ALLOW_PRIVATE: '1' },
    });
    path = `${app.dir}/engram.db`;
    await seed(app, embedder.identity.key);
    await seedEcosystems(app);
    memories = (await app.database.reader.db.selectFrom('memories').select('id').execute()).length;
    for (const when of ['fresh', 'analysed'] as const) {
      if (when === 'analysed') await app.database.atomically(({ db }) => sql`analyze`.execute(db));
      app.clock.advance(1000);
      heard = new Map();
      app = await app.reopen(); // The planner reads statistics when a file is opened.
      called = await walk(app);
      plans[when] = explain(path, heard);
      heard = null;
    }
  }, 240_000);
  afterAll(async () => {
    heard = null;
    stop();
    await app.close();
  });

  it('calls every endpoint that keeps or finds memories', () => {
    const keeping = app.routes.map(({ spec }) => spec.id).filter((id) => !LOOKS_AT_ALL.test(id));
    expect(new Set([...called, ...Object.values(CALLED_ELSEWHERE).flat()])).toEqual(new Set(keeping));
  });

  it.each(['fresh', 'analysed'] as const)('answers through an index, statistics: %s', (when) => {
    const about = (word: string) => plans[when].filter(({ sql }) => sql.includes(word));
    expect(memories).toBeGreaterThan(2_000);
    for (const table of TABLES) expect(about(table).length, `statements about ${table}`).toBeGreaterThan(1);
    expect(plans[when].filter(scans).map(told)).toEqual([]);
  });

  it.each(['fresh', 'analysed'] as const)('finds single memories among many, statistics: %s', (when) => {
    expect(plans[when].filter(walks).map(told)).toEqual([]);
  });

  it.each(['fresh', 'analysed'] as const)('goes through the rows of one user only, statistics: %s', (when) => {
    expect(plans[when].filter(passesByOthers).map(told)).toEqual([]);
  });

  it.each(['fresh', 'analysed'] as const)('looks words up rather than reading them through, statistics: %s', (when) => {
    const lookups = plans[when].filter(({ sql }) => /^select .* from "text_words"/s.test(sql));
    expect(lookups.length).toBeGreaterThan(1);
    const byWord = ({ steps }: Plan) =>
      steps.some((step) => /PRIMARY KEY \(user_id=\? AND kind=\? AND word=\?/.test(step));
    expect(lookups.filter((plan) => !byWord(plan)).map(told)).toEqual([]);
  });

  it.each(['fresh', 'analysed'] as const)('knows a repeat by its text, statistics: %s', (when) => {
    const lookups = plans[when].filter(({ sql }) => /^select .*"content_hash" = \?/s.test(sql));
    expect(lookups.length).toBeGreaterThan(1);
    const byHash = ({ steps }: Plan) => steps.some((step) => step.includes('INDEX memories_user_hash (user_id=? AND'));
    expect(lookups.filter((plan) => !byHash(plan)).map(told)).toEqual([]);
  });

  it.each(['fresh', 'analysed'] as const)('lists newest first without sorting, statistics: %s', (when) => {
    const lists = plans[when].filter(({ sql }) => /^select "m"\.\* from .* order by "m"\."id" desc limit/s.test(sql));
    expect(lists.length).toBeGreaterThan(3);
    expect(lists.filter(({ steps }) => steps.some((step) => step.includes('TEMP B-TREE'))).map(told)).toEqual([]);
  });

  it('has no index that nothing uses', () => {
    const raw = new Driver(path, { readonly: true });
    const steps = [...plans.fresh, ...plans.analysed].flatMap((plan) => plan.steps);
    // A foreign key's look-ups stand among the steps of the statement that sets them off.
    const all = raw.prepare(`select name, sql from sqlite_master where type = 'index'`).all();
    const indexes = (all as { name: string; sql: string | null }[]).filter(({ sql }) => sql !== null);
    raw.close();
    expect(indexes.length).toBeGreaterThan(8);
    // Unique indexes earn their place by what they refuse.
    const optional = indexes.filter(({ sql }) => !/^create unique/i.test(sql!)).map(({ name }) => name);
    const used = (name: string) => steps.some((step) => new RegExp(`INDEX ${name}\\b`).test(step));
    expect(optional.filter((name) => !used(name))).toEqual([]);
  });
});
