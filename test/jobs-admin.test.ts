// Background jobs as an operator sees them: over HTTP, in engram doctor, and across a restart.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { engram, serve } from './support/cli.ts';

let app: TestApp;
let admin: Caller;
beforeEach(async () => {
  app = await createTestApp();
  admin = app.call;
});
afterEach(() => app.close());

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const get = async (path: string) => (await admin('GET', path)).body;
const types = async (path: string) => (await get(path)).jobs.map((job: { type: string }) => job.type);

interface Seed {
  kind?: string;
  lane?: string;
  payload?: object;
  status?: string;
  error?: string | null;
  run_at?: string;
  finished_at?: string | null;
  dedupe_key?: string;
  attempts?: number;
}
/** A job as the queue would have left it. @returns its id */
async function seed(change: Seed = {}): Promise<number> {
  const { payload = {}, ...rest } = change;
  const status = rest.status ?? 'failed';
  const row = {
    kind: 'test.unknown',
    lane: 'io',
    dedupe_key: crypto.randomUUID(),
    status,
    attempts: status === 'failed' ? 3 : 0,
    max_attempts: 3,
    error: status === 'failed' ? 'no luck' : null,
    run_at: '2026-03-02 12:00:00',
    created_at: '2026-03-02 12:00:00',
    finished_at: status === 'failed' || status === 'done' ? '2026-03-02 12:00:00' : null,
    ...rest,
    payload: JSON.stringify(payload),
  };
  const { id } = await app.database.atomically(({ db }) =>
    db.insertInto('jobs').values(row).returning('id').executeTakeFirstOrThrow(),
  );
  return Number(id);
}

describe('looking', () => {
  it('lists what failed unless asked for something else', async () => {
    const id = await seed({ kind: 'memory.embed', payload: { model: 'a@1', user_id: 7 } });
    const { status, body } = await admin('GET', '/jobs');
    expect(status).toBe(200);
    expect(body).toMatchObject({ total: 1, limit: 50, offset: 0, status: 'failed' });
    expect(body.jobs).toEqual([
      {
        id,
        type: 'memory.embed',
        lane: 'io',
        payload: { model: 'a@1', user_id: 7 },
        status: 'failed',
        attempts: 3,
        max_attempts: 3,
        error: 'no luck',
        created_at: '2026-03-02 12:00:00',
        claimed_at: null,
        completed_at: '2026-03-02 12:00:00',
        next_retry_at: null,
      },
    ]);
    expect((await admin('GET', '/jobs?status=completed')).status).toBe(400);
  });

  it('tells the statuses apart, newest first, a page at a time', async () => {
    for (const kind of ['test.a', 'test.b', 'test.c']) await seed({ kind });
    await seed({ kind: 'test.later', status: 'waiting', run_at: '2026-03-02 12:00:09' });
    await seed({ kind: 'test.busy', status: 'running' });
    await seed({ kind: 'test.done', status: 'done' });
    expect(await types('/jobs/failed')).toEqual(['test.c', 'test.b', 'test.a']);
    expect(await types('/jobs?status=failed&limit=1&offset=1')).toEqual(['test.b']);
    expect(await get('/jobs/failed?limit=2')).toMatchObject({ count: 2, total: 3 });
    expect(await types('/jobs/running')).toEqual(['test.busy']);
    expect(await types('/jobs?status=running')).toEqual(['test.busy']);
    const pending = await get('/jobs/pending');
    expect(pending.jobs).toEqual([
      expect.objectContaining({ type: 'test.later', status: 'pending', next_retry_at: '2026-03-02 12:00:09' }),
    ]);
    expect(await get('/jobs/stats')).toEqual({ pending: 1, running: 1, completed: 1, failed: 3, paused: [] });
    expect(await get('/metrics')).toMatch(/^engram_jobs_total\{status="failed"\} 3$/m);
  });

  it('shows ids and names of a payload, never what somebody stored', async () => {
    await seed({
      payload: {
        memory_id: 5,
        model: 'bge-m3@1/1024/cls',
        made_before: '2026-03-02 12:00:00',
        force: true,
        none: null,
        content: 'hunter2',
        note: 'the vault code is 4711',
        inner: [{ title: 'my diary', id: 9, Text: 'x' }],
      },
    });
    expect((await get('/jobs')).jobs[0].payload).toEqual({
      memory_id: 5,
      model: 'bge-m3@1/1024/cls',
      made_before: '2026-03-02 12:00:00',
      force: true,
      none: null,
      content: '(7 characters)',
      note: '(22 characters)',
      inner: [{ title: '(8 characters)', id: 9, Text: '(1 characters)' }],
    });
  });
});

describe('trying again', () => {
  it.each([
    ['/jobs/retry', (id: number) => ({ id })],
    ['/jobs/ID/retry', () => undefined],
  ])('POST %s starts a failed job over', async (path, body) => {
    const id = await seed();
    const { status, body: said } = await admin('POST', path.replace('ID', `${id}`), body(id));
    expect([status, said]).toEqual([200, { retried: true, id }]);
    await app.jobs.drain();
    // Nobody knows this kind of job, so it fails again, for the first time of three.
    expect((await get('/jobs/pending')).jobs).toEqual([
      expect.objectContaining({ id, attempts: 1, error: 'no handler for job test.unknown' }),
    ]);
  });

  it('does what failed before once it can be done', async () => {
    const id = await seed({ kind: 'scratch.sweep', lane: 'maintenance' });
    await admin('POST', `/jobs/${id}/retry`);
    await app.jobs.drain();
    expect(await get('/jobs/stats')).toMatchObject({ pending: 0, failed: 0, completed: 1 });
  });

  it('lets the same work that waits already stand for it', async () => {
    const id = await seed({ dedupe_key: 'same' });
    await seed({ dedupe_key: 'same', status: 'waiting', run_at: '2999-01-01 00:00:00' });
    expect((await admin('POST', `/jobs/${id}/retry`)).status).toBe(200);
    expect(await get('/jobs/stats')).toMatchObject({ pending: 1, failed: 0, completed: 1 });
  });

  it('refuses what has not failed', async () => {
    const waiting = await seed({ status: 'waiting', run_at: '2999-01-01 00:00:00' });
    const done = await seed({ status: 'done' });
    for (const id of [waiting, done, 987_654]) {
      for (const answer of [await admin('POST', '/jobs/retry', { id }), await admin('POST', `/jobs/${id}/retry`)])
        expect([answer.status, answer.body.code]).toEqual([404, 'job_not_found']);
    }
    expect(await get('/jobs/stats')).toMatchObject({ pending: 1, completed: 1 });
  });
});

describe('clearing away', () => {
  beforeEach(async () => {
    for (const status of ['failed', 'done'])
      for (const day of ['01', '20', '25']) await seed({ status, finished_at: `2026-02-${day} 12:00:00` });
    await seed({ status: 'waiting', run_at: '2999-01-01 00:00:00' });
  });
  const left = async () => {
    const { pending, completed, failed } = await get('/jobs/stats');
    return { pending, completed, failed };
  };

  it('purge removes what failed, a week old or as told', async () => {
    expect((await admin('POST', '/jobs/purge')).body).toEqual({ purged: 2, older_than_days: 7 });
    expect(await left()).toEqual({ pending: 1, completed: 3, failed: 1 });
    await seed({ finished_at: '2026-03-02 12:00:00' });
    expect((await admin('POST', '/jobs/purge', { older_than_days: 0 })).body.purged).toBe(2);
    expect(await left()).toEqual({ pending: 1, completed: 3, failed: 0 });
  });

  it('cleanup removes what is done, a month old or as told', async () => {
    expect((await admin('POST', '/jobs/cleanup')).body).toEqual({ deleted: 0, older_than_days: 30 });
    expect((await admin('POST', '/jobs/cleanup', { older_than_days: 10 })).body.deleted).toBe(2);
    expect(await left()).toEqual({ pending: 1, completed: 1, failed: 3 });
    expect((await admin('POST', '/jobs/cleanup', { older_than_days: -1 })).status).toBe(400);
  });

  it('goes on by itself every hour for what was done a day ago; failed jobs stay', async () => {
    await app.jobs.drain();
    app.clock.advance(60 * MINUTE);
    await app.jobs.drain();
    expect(await left()).toMatchObject({ failed: 3 });
    const done = await app.database.reader.db.selectFrom('jobs').where('status', '=', 'done').select('kind').execute();
    expect(done.map(({ kind }) => kind)).not.toContain('test.unknown');
    app.clock.advance(400 * DAY);
    await app.jobs.drain();
    expect((await left()).failed).toBe(3);
  });
});

describe('lanes held back', () => {
  it('start nothing until they are resumed, across a restart; others go on', async () => {
    const paused = await admin('POST', '/jobs/pause', { lane: 'io' });
    expect([paused.status, paused.body]).toEqual([200, { lane: 'io', paused: ['io'] }]);
    expect((await admin('POST', '/jobs/pause', { lane: 'inference' })).body.paused).toEqual(['inference', 'io']);
    expect((await admin('POST', '/jobs/pause', { lane: 'io' })).body.paused).toEqual(['inference', 'io']);
    await seed({ kind: 'scratch.sweep', status: 'waiting' });
    await seed({ kind: 'scratch.sweep', status: 'waiting', lane: 'maintenance' });
    await app.jobs.drain();
    expect(await get('/jobs/stats')).toMatchObject({ pending: 1, completed: 1, paused: ['inference', 'io'] });

    app = await app.reopen();
    admin = app.call;
    await app.jobs.drain();
    expect(await get('/jobs/stats')).toMatchObject({ pending: 1, completed: 1, paused: ['inference', 'io'] });
    expect((await admin('POST', '/jobs/resume', { lane: 'io' })).body).toEqual({ lane: 'io', paused: ['inference'] });
    await app.jobs.drain();
    expect(await get('/jobs/stats')).toMatchObject({ pending: 0, completed: 2, paused: ['inference'] });
    const unknown = await admin('POST', '/jobs/pause', { lane: 'fast' });
    expect([unknown.status, unknown.body.issues[0].path]).toEqual([400, 'body.lane']);
  });
});

describe('access', () => {
  it.each([
    ['GET', '/jobs', undefined],
    ['GET', '/jobs/pending', undefined],
    ['GET', '/jobs/running', undefined],
    ['GET', '/jobs/failed', undefined],
    ['GET', '/jobs/stats', undefined],
    ['POST', '/jobs/retry', { id: 1 }],
    ['POST', '/jobs/1/retry', undefined],
    ['POST', '/jobs/purge', { older_than_days: 0 }],
    ['POST', '/jobs/cleanup', { older_than_days: 0 }],
    ['POST', '/jobs/pause', { lane: 'io' }],
    ['POST', '/jobs/resume', { lane: 'io' }],
  ])('%s %s is for admins', async (method, path, body) => {
    await seed();
    await seed({ status: 'done' });
    const before = await get('/jobs/stats');
    const theirs = await app.newUser('ada');
    const answer = await theirs(method, path, body);
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
    expect((await app.as(null)(method, path, body)).status).toBe(401);
    expect(await get('/jobs/stats')).toEqual(before);
    expect((await admin(method, path, body)).status).toBe(200);
  });
});

describe('engram doctor', () => {
  it('tells of failed jobs, from the file or from the server that has it open', async () => {
    const check = async (more: Record<string, string>) => {
      const { out } = await engram(['doctor', '--json'], { env: { ENGRAM_DATA_DIR: app.dir, ...more } });
      return (JSON.parse(out).checks as { name: string; state: string; found: string }[]).find(
        ({ name }) => name === 'jobs',
      );
    };
    await app.close();
    expect(await check({ ENGRAM_PORT: '0' })).toMatchObject({ state: 'ok', found: 'none has failed for good' });
    app = await app.reopen();
    await seed();
    await app.close();
    const found = { state: 'warning', found: '1 job has failed for good' };
    expect(await check({ ENGRAM_PORT: '0' })).toMatchObject(found);

    const server = await serve(app.dir);
    const here = { ENGRAM_PORT: String(server.port) };
    expect(await check({ ...here, ENGRAM_API_KEY: app.key })).toMatchObject(found);
    expect(await check(here)).toBeUndefined();
    await server.stop();
    app = await app.reopen();
  });
});
