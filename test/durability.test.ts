// What was answered is on disk, what failed left nothing, and nobody else can open the store meanwhile.
import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type BetterSqlite from 'better-sqlite3-multiple-ciphers';
import { sql } from 'kysely';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Embedder } from '../src/core/ports.ts';
import type { Database, Handle } from '../src/platform/db/dialect.ts';
import { openSqlite } from '../src/platform/db/sqlite/open.ts';
import { createTestApp, type TestApp, type TestOptions, tempDir } from './support/app.ts';

const Driver = createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as typeof BetterSqlite;

const opened: TestApp[] = [];
const open = async (options: TestOptions = {}): Promise<TestApp> => {
  const app = await createTestApp(options);
  opened.push(app);
  return app;
};
afterEach(async () => {
  vi.useRealTimers();
  for (const app of opened.splice(0)) await app.close();
});

const dbOf = (app: Pick<TestApp, 'dir'>): string => `${app.dir}/engram.db`;
const listed = async (app: TestApp): Promise<string[]> =>
  (await app.call('GET', '/list?limit=1000')).body.results.map((m: { content: string }) => m.content);
const storeMany = (app: TestApp, count: number, more: (i: number) => object = () => ({})) =>
  Promise.all(
    Array.from({ length: count }, (_, i) => app.call('POST', '/store', { content: `memory ${i}`, ...more(i) })),
  );

/** The files as a crash would leave them: copied while the app still has them open. */
function crashCopy(app: TestApp): string {
  const dir = tempDir();
  mkdirSync(dir, { recursive: true });
  for (const name of ['engram.db', 'engram.db-wal']) {
    if (existsSync(`${app.dir}/${name}`)) cpSync(`${app.dir}/${name}`, `${dir}/${name}`);
  }
  return dir;
}

/** A real database whose transactions get something else in places. */
async function databaseWith(dir: string, change: (handle: Handle) => Partial<Handle>): Promise<Database> {
  const real = await openSqlite({
    path: `${dir}/engram.db`,
    key: null,
    synchronous: 'full',
    now: '2026-03-02 12:00:00',
  });
  return { ...real, atomically: (unit) => real.atomically((handle) => unit({ ...handle, ...change(handle) })) };
}

describe('many writers at once', () => {
  it('have everything that was answered on disk, even if the power goes right then', async () => {
    const app = await open();
    const answers = await storeMany(app, 200);
    expect(answers.map(({ status }) => status)).toEqual(Array(200).fill(201));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(200);
    const survived = await open({ dir: crashCopy(app), key: app.key });
    expect((await listed(survived)).sort()).toEqual(answers.map((_, i) => `memory ${i}`).sort());
    const again = await app.reopen();
    opened.push(again);
    for (const { body } of answers.slice(0, 20)) {
      expect((await again.call('GET', `/memory/${body.id}`)).status).toBe(200);
    }
    expect((await again.call('POST', '/search', { query: 'memory 137' })).body.results[0].content).toBe('memory 137');
    expect(await again.database.check()).toEqual([]);
  });

  it('are answered only when the commit they share is on disk', async () => {
    const app = await open();
    const watcher = new Driver(dbOf(app), { readonly: true });
    const kept = watcher.prepare(`select count(*) as n from app_state where key = 'early'`);
    const row = { key: 'early', value: '1', updated_at: '2026-03-02 12:00:00' };
    const early = app.database.atomically(({ db }) => db.insertInto('app_state').values(row).execute());
    const seen = early.then(() => kept.get());
    await app.database.atomically(async () => {
      for (let i = 0; i < 1_000; i++) await null; // Room for an answer that would come too early.
    });
    expect(await seen).toEqual({ n: 1 });
    watcher.close();
  });

  it('fail each for itself', async () => {
    const app = await open();
    const answers = await storeMany(app, 60, (i) => (i % 7 === 3 ? { parent_memory_id: 987_654 } : {}));
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toEqual(statuses.map((_, i) => (i % 7 === 3 ? 404 : 201)));
    const kept = answers.flatMap((_, i) => (i % 7 === 3 ? [] : [`memory ${i}`]));
    expect((await listed(app)).sort()).toEqual(kept.sort());
  });

  it('saying the same thing make one memory', async () => {
    const app = await open();
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => app.call('POST', '/store', { content: 'same' })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const [only, ...others] = (await app.call('GET', '/list')).body.results;
    expect([others, only.source_count]).toEqual([[], 30]);
  });

  it.each([
    ['is still pending', { status: 'pending' }],
    ['was to be forgotten by now', { forget_after: '2026-03-02 12:00:01' }],
    ['will be forgotten earlier', { forget_after: '2027-01-01' }],
  ])('are not folded into one that %s', async (_why, hidden) => {
    const app = await open();
    await app.call('POST', '/store', { content: 'the boiler is serviced in May', ...hidden });
    app.clock.advance(5_000);
    const again = await app.call('POST', '/store', { content: 'the boiler is serviced in May' });
    expect([again.status, again.body.duplicate_of]).toEqual([201, null]);
    app.clock.advance(400 * 86_400_000);
    expect((await app.call('GET', '/list')).body.results.map((m: { id: number }) => m.id)).toEqual([again.body.id]);
    const search = await app.call('POST', '/search', { query: 'boiler serviced' });
    expect(search.body.results.map((m: { id: number }) => m.id)).toEqual([again.body.id]);
  });

  it('changing the same memory make one new version, the others are told', async () => {
    const app = await open();
    const { id } = (await app.call('POST', '/store', { content: 'version one' })).body;
    const update = (i: number) => app.call('POST', `/memory/${id}/update`, { content: `version by ${i}` });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => update(i)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(404)]);
    expect((await app.call('GET', `/versions/${id}`)).body.versions).toHaveLength(2);
  });
});

describe('a unit that fails in the middle', () => {
  const broken = /unlucky/;
  const failing = (handle: Handle): Partial<Handle> => ({
    fullText: {
      ...handle.fullText,
      put: async (entry) => {
        await handle.fullText.put(entry);
        if (broken.test(entry.content)) throw new Error('/home/someone/secret.ts: index on fire');
      },
    },
  });

  it('leaves nothing, harms no neighbour and gives nothing away', async () => {
    const dir = tempDir();
    const app = await open({ dir, ports: { database: await databaseWith(dir, failing) } });
    const first = (await app.call('POST', '/store', { content: 'first', session_id: 's', tags: ['kept'] })).body.id;
    const stores = storeMany(app, 20, (i) => (i === 7 ? { content: 'unlucky', tags: ['gone'], session_id: 's' } : {}));
    const update = app.call('POST', `/memory/${first}/update`, { content: 'unlucky too', tags: ['gone'] });
    const answers = await stores;
    for (const answer of [answers[7]!, await update]) {
      expect([answer.status, answer.body.code]).toEqual([500, 'internal']);
      expect(answer.body.error).not.toMatch(/fire|secret|someone/);
      expect(answer.body.request_id).toBe(answer.headers.get('x-request-id'));
    }
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(19);
    expect(await listed(app)).toHaveLength(20);
    expect((await app.call('GET', `/memory/${first}`)).body).toMatchObject({
      content: 'first',
      is_latest: true,
      version: 1,
    });
    expect((await app.call('GET', '/tags')).body.tags).toEqual([{ tag: 'kept', count: 1 }]);
    expect((await app.call('GET', `/links/${first}`)).body.links).toEqual([]);
    expect((await app.call('POST', '/search', { query: 'unlucky' })).body.results).toEqual([]);
    expect((await app.call('POST', '/store', { content: 'after', session_id: 's' })).body.linked).toBe(1);
  });

  it('in a batch stops it; what was done before stands', async () => {
    const dir = tempDir();
    const app = await open({ dir, ports: { database: await databaseWith(dir, failing) } });
    const ops = ['before', 'unlucky', 'never'].map((content) => ({ op: 'store', body: { content } }));
    expect((await app.call('POST', '/batch', { ops })).status).toBe(500);
    expect(await listed(app)).toEqual(['before']);
  });
});

describe('a full disk', () => {
  const big = { content: 'x '.repeat(40_000) };
  /** The file may not grow beyond so many pages; 1 means: as many as it has now. */
  const limit = (app: TestApp, pages: number) =>
    app.database.atomically(({ db }) => sql`pragma max_page_count = ${sql.raw(`${pages}`)}`.execute(db));
  const full = async (): Promise<TestApp> => {
    const app = await open();
    await storeMany(app, 5);
    await limit(app, 1);
    return app;
  };

  it('refuses stores, keeps what it had and recovers', async () => {
    const app = await full();
    const stores = [app.call('POST', '/store', big), app.call('POST', '/store', { ...big, category: 'c' })];
    for (const { status } of await Promise.all(stores)) expect(status).toBeGreaterThanOrEqual(500);
    expect(await listed(app)).toHaveLength(5);
    await limit(app, 1_000_000);
    expect((await app.call('POST', '/store', big)).status).toBe(201);
    expect(await app.database.check()).toEqual([]);
  });

  it('is told as 503, with when to come back', async () => {
    const app = await full();
    const { status, body, headers } = await app.call('POST', '/store', big);
    await limit(app, 1_000_000);
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'database_unavailable', '1']);
  });

  it('does not keep the store from closing, nor the folder locked', async () => {
    const app = await full();
    await app.close();
    expect(await listed(await open({ dir: app.dir, key: app.key }))).toHaveLength(5);
  });
});

describe('one program per folder', () => {
  it('refuses a second, in words, and lets it in afterwards', async () => {
    const app = await open();
    await app.call('POST', '/store', { content: 'mine' });
    const second = { dir: app.dir, key: app.key };
    await expect(createTestApp(second)).rejects.toThrow(/engram\.db is in use by another Engram.*ENGRAM_DATA_DIR/s);
    expect(await listed(app)).toEqual(['mine']);
    await app.close();
    expect(await listed(await open(second))).toEqual(['mine']);
  });

  it('refuses a schema from the future without touching it', async () => {
    const app = await open();
    await app.close();
    const raw = new Driver(dbOf(app));
    raw
      .prepare(`insert into schema_version (version, name, applied_at) values (999, 'later', '2030-01-01 00:00:00')`)
      .run();
    raw.close();
    const before = readFileSync(dbOf(app));
    await expect(createTestApp({ dir: app.dir, key: app.key })).rejects.toThrow(/version 999.*newer Engram.*Upgrade/s);
    expect(readFileSync(dbOf(app)).equals(before)).toBe(true);
  });
});

describe('encryption', () => {
  const CANARY = 'canary-in-a-coal-mine';
  const env = { ENGRAM_ENCRYPTION_MODE: 'env', ENGRAM_DB_KEY: 'a1'.repeat(32) };
  const canaries = (dir: string): string[] =>
    ['engram.db', 'engram.db-wal'].filter(
      (name) => existsSync(`${dir}/${name}`) && readFileSync(`${dir}/${name}`, 'latin1').includes(CANARY),
    );

  it('leaves nothing readable in the files, and opens again with the key alone', async () => {
    const app = await open({ env });
    await app.call('POST', '/store', { content: `${CANARY} sings`, tags: [CANARY], category: CANARY });
    expect(statSync(`${dbOf(app)}-wal`).size).toBeGreaterThan(0);
    expect(canaries(app.dir)).toEqual([]);
    await app.close();
    expect(canaries(app.dir)).toEqual([]);
    expect(readFileSync(dbOf(app), 'latin1')).not.toContain('SQLite format 3');

    const at = { dir: app.dir, key: app.key };
    const before = readFileSync(dbOf(app));
    const wrong = { ...at, env: { ...env, ENGRAM_DB_KEY: 'b2'.repeat(32) } };
    await expect(createTestApp(wrong)).rejects.toThrow(/cannot be opened with this key/);
    await expect(createTestApp(at)).rejects.toThrow(/encrypted.*ENGRAM_DB_KEY/);
    expect(readFileSync(dbOf(app)).equals(before)).toBe(true);
    expect(await listed(await open({ ...at, env }))).toEqual([`${CANARY} sings`]);
  });

  it('would be noticed missing: without it the canary is there', async () => {
    const app = await open();
    await app.call('POST', '/store', { content: `${CANARY} sings` });
    expect(canaries(app.dir)).toContain('engram.db-wal');
    await app.close();
    const keyed = { dir: app.dir, key: app.key, env };
    await expect(createTestApp(keyed)).rejects.toThrow(/the file is not encrypted/);
  });
});

describe('counting reads', () => {
  it('never writes while reading; flush and close do', async () => {
    const app = await open();
    const { id } = (await app.call('POST', '/store', { content: 'read me often' })).body;
    await app.flush();
    const watcher = new Driver(dbOf(app), { readonly: true });
    const version = () => watcher.pragma('data_version', { simple: true });
    const bytes = () => Buffer.concat([readFileSync(dbOf(app)), readFileSync(`${dbOf(app)}-wal`)]);
    const [before, file] = [version(), bytes()];
    for (const path of [`/memory/${id}`, '/list', '/tags', '/me/stats', `/links/${id}`]) await app.call('GET', path);
    await app.call('POST', '/search', { query: 'often' });
    await app.call('POST', '/recall', { query: 'often' });
    expect([version(), bytes().equals(file)]).toEqual([before, true]);
    const counted = async (from: TestApp) => (await from.call('GET', '/list')).body.results[0];
    expect(await counted(app)).toMatchObject({ access_count: 0, last_accessed_at: null });

    app.clock.advance(5_000);
    await app.flush();
    expect(version()).not.toBe(before);
    expect(await counted(app)).toMatchObject({ access_count: 3, last_accessed_at: '2026-03-02 12:00:00' });
    watcher.close();

    await app.call('GET', `/memory/${id}`);
    const again = await app.reopen();
    opened.push(again);
    expect(await counted(again)).toMatchObject({ access_count: 4 });
  });

  it('of a memory erased meanwhile is no trouble', async () => {
    const app = await open();
    const { id } = (await app.call('POST', '/store', { content: 'soon gone' })).body;
    await app.call('GET', `/memory/${id}`);
    await app.call('DELETE', `/memory/${id}`);
    await expect(app.flush()).resolves.toBeUndefined();
    expect(await listed(app)).toEqual([]);
  });
});

describe('a model that fails', () => {
  const unit = Float32Array.of(1, 0, 0, 0);
  const model = (over: Partial<Embedder>): Embedder => ({
    identity: { key: 'fake@1/4/none', name: 'fake', dims: 4 },
    embedDocuments: async (texts) => texts.map(() => unit),
    embedQuery: async () => unit,
    cost: 'network',
    close: async () => {},
    ...over,
  });
  const vectors = async (app: TestApp): Promise<number> => (await app.call('GET', '/me/stats')).body.embedded;

  it('costs a store its vector only until it works again', async () => {
    let works = false;
    const embedDocuments = async (texts: readonly string[]) => {
      if (!works) throw new Error('out of memory');
      return texts.map(() => unit);
    };
    const app = await open({ ports: { embedder: model({ embedDocuments }) } });
    const { status, body } = await app.call('POST', '/store', { content: 'no vector yet' });
    expect([status, body.embedded, await vectors(app)]).toEqual([201, false, 0]);
    await app.call('POST', `/memory/${body.id}/update`, { content: 'still no vector' });
    expect((await app.call('POST', '/search', { query: 'vector' })).body.results[0].content).toBe('still no vector');
    works = true;
    await app.jobs.drain();
    expect(await vectors(app)).toBe(1);
  });

  it('is tried again later when it also fails in the background', async () => {
    let works = false;
    const embedDocuments = async (texts: readonly string[]) => {
      if (!works) throw new Error('out of memory');
      return texts.map(() => unit);
    };
    const app = await open({ ports: { embedder: model({ embedDocuments }) } });
    await app.call('POST', '/store', { content: 'no vector yet' });
    await app.jobs.drain();
    works = true;
    await app.jobs.drain();
    expect(await vectors(app)).toBe(0);
    app.clock.advance(3_000);
    await app.jobs.drain();
    expect(await vectors(app)).toBe(1);
  });

  it('and never answers is given up on after four seconds; the memory is kept', async () => {
    let reached = () => {};
    const asked = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const never = () => {
      reached();
      return new Promise<never>(() => {});
    };
    const app = await open({ ports: { embedder: model({ embedDocuments: never, embedQuery: never }) } });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const answer = app.call('POST', '/store', { content: 'not embedded yet' });
    await asked;
    await vi.advanceTimersByTimeAsync(3_999);
    expect(await Promise.race([answer, Promise.resolve('waiting')])).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1);
    const { status, body } = await answer;
    expect([status, body.embedded]).toEqual([201, false]);
    const search = app.call('POST', '/search', { query: 'embedded' });
    await vi.advanceTimersByTimeAsync(4_000);
    expect((await search).body).toMatchObject({ degraded: ['vector'], results: [{ id: body.id }] });
    vi.useRealTimers();
    expect(await listed(app)).toEqual(['not embedded yet']);
  });

  it('to embed a question leaves the words, and says so', async () => {
    const embedQuery = () => Promise.reject(new Error('out of memory'));
    const app = await open({ ports: { embedder: model({ embedQuery }) } });
    await app.call('POST', '/store', { content: 'found by its words' });
    const { status, body } = await app.call('POST', '/search', { query: 'words' });
    expect([status, body.degraded, body.results[0].content]).toEqual([200, ['vector'], 'found by its words']);
  });
});
