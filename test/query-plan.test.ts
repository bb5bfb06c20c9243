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
  await go('memory.trash', 'GET', '/memory/trash');
  await go('memory.restore', 'POST', `/memory/${other.id}/restore`);
  const link = { op: 'link', body: { source_id: third.id, target_id: other.id } };
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

const TABLES = ['memories', 'memory_links', 'memory_tags', 'memory_vectors', 'jobs'];
/** The tables themselves and the names the stores give them. */
const NAMES = [...TABLES, 'm', 't', 'v'];
/** How many memories there are to embed and how many of them lack vectors, of all users: asked once per embedding job. */
const TO_EMBED =
  /^select count\(\*\) as "n" from "memories" as "m" where "m"."is_forgotten" = 0 and "m"."is_latest" = 1(?: and not|$)/;
/** Reading a whole table, or jumping through a whole index for want of its first column. */
const scans = ({ sql, steps }: Plan): boolean =>
  !TO_EMBED.test(sql) &&
  steps.some((step) => NAMES.includes(/^SCAN (\S+)/.exec(step)?.[1] ?? '') || step.includes('ANY('));
/** Going through every memory of the owner: right for lists and counts, which skip what is hidden, and for nothing else. */
const walks = ({ sql, steps }: Plan): boolean =>
  !/"is_consolidated" =|^select sum\("is_archived"\)|^insert into "users"/.test(sql) &&
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
      .filter((id) => /^(?:access|memory|batch|profile|search|context)\./.test(id));
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
