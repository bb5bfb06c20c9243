// How SQLite answers what the stores really ask: every statement of a walk through the endpoints is recorded at the
// driver, with its values, and explained on a seeded database, before and after ANALYZE. Left out: the totals of
// /metrics and of embedding jobs, which count whole tables by their nature.
import { createRequire } from 'node:module';
import type BetterSqlite from 'better-sqlite3-multiple-ciphers';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Embedder } from '../src/core/ports.ts';
import { createTestApp, type TestApp } from './support/app.ts';

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

const USERS = 4;
const COPIES = 60;

/** Some memories of every kind over HTTP, then copies of them in SQL, shared out among the users. */
async function seed(app: TestApp): Promise<void> {
  const words = 'harbour kettle copper window letter garden engine violin paper river candle bridge'.split(' ');
  const { call } = app;
  for (let i = 2; i <= USERS; i++) await call('POST', '/users', { username: `user ${i}` });
  const one = async (word: string, i: number) => {
    const content = `${word} by the ${words[(i * 5 + 2) % words.length]}, number ${i}`;
    const more = { session_id: `s${i % 9}`, category: i % 4 === 0 ? 'task' : 'general', is_static: i % 24 === 0 };
    const { body } = await call('POST', '/store', { content, tags: [`t${i}`], importance: 1 + (i % 10), ...more });
    if (i % 8 === 1) await call('POST', `/memory/${body.id}/update`, { content: `${content}, corrected` });
    if (i % 8 === 2) await call('POST', `/memory/${body.id}/forget`);
    if (i % 8 === 3) await call('POST', `/memory/${body.id}/archive`);
  };
  await Promise.all(words.concat(words, words, words).map(one));

  await app.database.atomically(async ({ db }) => {
    const rows = await sql<{ name: string }>`select name from pragma_table_info('memories')`.execute(db);
    const copied = rows.rows.map((row) => row.name).filter((name) => name !== 'id' && name !== 'user_id');
    const columns = sql.raw(copied.join(', '));
    const link = sql.raw('source_id, target_id, type, similarity, user_id, created_at');
    const later = '2999-01-01 00:00:00';
    await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${COPIES})
      insert into memories (user_id, ${columns}) select 1 + i % ${USERS}, ${columns} from memories, n`.execute(db);
    await sql`insert or ignore into memory_tags (memory_id, user_id, tag)
      select id, user_id, 't' || (id % 40) from memories`.execute(db);
    await sql`insert or ignore into memory_links (${link})
      select m.id, o.id, 'follows', 1, m.user_id, m.created_at from memories m
      join memories o on o.id = m.id - ${USERS} and o.user_id = m.user_id`.execute(db);
    await sql`with pieces(part) as (values (0), (1), (2))
      insert or ignore into memory_vectors
        (memory_id, user_id, model, part, span_start, span_end, dims, content_hash, created_at, vector)
      select id, user_id, ${embedder.identity.key}, part, 0, 9, 8, content_hash, created_at, zeroblob(32)
      from memories, pieces`.execute(db);
    await sql`with bands(band) as (values (0), (1), (2), (3), (4))
      insert or ignore into memory_fingerprints (user_id, key, memory_id, simhash)
      select user_id, band * 65536 + id % 200, id, '0123456789abcdef' from memories, bands`.execute(db);
    await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${COPIES * 10})
      insert into conversations (user_id, agent, session_id, title, metadata, started_at, updated_at)
      select 1 + i % ${USERS}, 'agent ' || i % 3, 's' || i, 'copy', null, ${later}, ${later} from n`.execute(db);
    await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 20)
      insert into messages (user_id, conversation_id, role, content, metadata, created_at)
      select user_id, id, 'user', 'a word ' || i, null, started_at from conversations, n`.execute(db);
    await sql`insert into text_words (user_id, kind, word, item_id, occurrences, length)
      select user_id, 'message', 'word', id, 1, 3 from messages`.execute(db);
    await sql`insert into episodes (user_id, title, session_id, agent, summary, is_summarized, started_at, ended_at, created_at)
      select user_id, title, session_id, agent, null, 0, started_at, null, started_at from conversations`.execute(db);
    await sql`insert into feedback (user_id, memory_id, rating, created_at)
      select user_id, id, case id % 3 when 0 then 'outdated' else 'helpful' end, created_at from memories`.execute(db);
    await sql`update memories set status = 'pending' where id % 50 = 7`.execute(db);
    await sql`update memories set forget_after = case id % 2 when 0 then created_at else ${later} end
      where id % 50 in (8, 9)`.execute(db);
    await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${COPIES * 10})
      insert into scratch_entries (user_id, session, agent, model, key, value, created_at, updated_at, expires_at)
      select 1 + i % ${USERS}, 's' || i % 9, 'a', '', 'k' || i, '', ${later}, ${later}, ${later} from n`.execute(db);
    await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${COPIES * 10})
      insert into agent_sessions (id, user_id, agent, status, created_at, updated_at, ended_at)
      select 'session ' || i, 1 + i % ${USERS}, 'a', case i % 20 when 0 then 'active' else 'completed' end, ${later},
        ${later}, case i % 20 when 0 then null else ${later} end from n`.execute(db);
    await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 9)
      insert into session_lines (session_id, n, user_id, line, bytes, created_at)
      select id, i, user_id, 'x', 1, created_at from agent_sessions, n`.execute(db);
    await sql`insert into jobs (kind, lane, dedupe_key, payload, status, max_attempts, run_at, created_at, finished_at)
      select 'memory.none', 'io', 'failed ' || id, '{}', 'failed', 1, ${later}, created_at, created_at
      from memories where id % 9 = 0`.execute(db);
    await sql`insert into jobs (kind, lane, dedupe_key, payload, status, max_attempts, run_at, created_at)
      select 'memory.none', 'io', id, '{}', case id % 5 when 0 then 'waiting' else 'done' end, 1, ${later}, created_at
      from memories`.execute(db);
  });
}

/** Calls every endpoint of the features that keep memories. @returns the ids of the endpoints called */
async function walk(app: TestApp): Promise<Set<string>> {
  const called = new Set<string>();
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
  const go = async (id: string, method: string, path: string, body?: unknown, headers = {}): Promise<any> => {
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
  // What comes back by itself has its turn too.
  await app.jobs.drain();
  app.clock.advance(3_600_000);
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
  'memories',
  'memory_links',
  'memory_tags',
  'memory_vectors',
  'memory_fingerprints',
  'jobs',
  'episodes',
  'conversations',
  'messages',
  'text_words',
  'feedback',
  'scratch_entries',
  'agent_sessions',
  'session_lines',
];
/** The tables themselves and the names the stores give them. */
const NAMES = [...TABLES, 'm', 't', 'v', 'f', 'c', 'g', 'l'];
/** How many memories there are to embed and how many of them lack vectors, of all users: asked once per embedding job. */
const TO_EMBED =
  /^select count\(\*\) as "n" from "memories" as "m" where "m"."is_forgotten" = 0 and "m"."is_latest" = 1(?: and not|$)/;
/** Reading a whole table, or jumping through a whole index for want of its first column. */
const scans = ({ sql, steps }: Plan): boolean =>
  !TO_EMBED.test(sql) &&
  steps.some((step) => NAMES.includes(/^SCAN (\S+)/.exec(step)?.[1] ?? '') || step.includes('ANY('));
/** Going through every memory of the owner: right for lists and counts, which skip what is hidden, and for nothing else. */
const walks = ({ sql, steps }: Plan): boolean =>
  !/"is_consolidated" =|^select sum\((?:"is_archived"|case)|^insert into "users"/.test(sql) &&
  steps.some((step) => /INDEX memories_user\w* \(user_id=\?(?: AND id[<>]\?)?\)/.test(step));
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
    app = await createTestApp({ ports: { embedder } });
    path = `${app.dir}/engram.db`;
    await seed(app);
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
  }, 60_000);
  afterAll(async () => {
    heard = null;
    stop();
    await app.close();
  });

  it('calls every endpoint that keeps or finds memories', () => {
    const keeping = app.routes
      .map(({ spec }) => spec.id)
      .filter((id) =>
        /^(?:access|memory|duplicates|batch|profile|search|context|fsrs|episodes|conversations|inbox|history|trash|feedback|health|scratch|sessions|jobs)\./.test(
          id,
        ),
      );
    // Handed out while the app was made, before anyone listened; it reads keys and users only.
    expect(new Set([...called, 'access.bootstrap'])).toEqual(new Set(keeping));
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

  it.each(['fresh', 'analysed'] as const)('looks words up rather than reading them through, statistics: %s', (when) => {
    const lookups = plans[when].filter(({ sql }) => /^select .* from "text_words"/s.test(sql));
    expect(lookups.length).toBeGreaterThan(1);
    const byWord = ({ steps }: Plan) =>
      steps.some((step) => /PRIMARY KEY \(user_id=\? AND kind=\? AND word=\?/.test(step));
    expect(lookups.filter((plan) => !byWord(plan)).map(told)).toEqual([]);
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
