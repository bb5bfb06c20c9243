// Transcripts of agents' runs over HTTP: begun, appended to, read, ended. What follows them live: sessions-stream.test.ts
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_BYTES, MAX_LINES, MAX_LIVE } from '../src/features/sessions/service.ts';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';

let app: TestApp;
let mine: Caller;
beforeEach(async () => {
  app = await createTestApp();
  mine = app.call;
});
afterEach(() => app.close());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const begin = async (call: Caller = mine): Promise<string> =>
  (await call('POST', '/sessions', { agent: 'ada' })).body.id;
const append = (id: string, line: string, call: Caller = mine) => call('POST', `/sessions/${id}/append`, { line });
const read = async (id: string) => (await mine('GET', `/sessions/${id}`)).body;
/** Due schedules, to the end. */
async function later(ms: number): Promise<void> {
  await app.jobs.drain();
  app.clock.advance(ms);
  await app.jobs.drain();
}

describe('a session', () => {
  it('begins, takes lines, is read and ends', async () => {
    const { status, body } = await mine('POST', '/sessions', { agent: ' ada ' });
    expect(status).toBe(201);
    const now = '2026-03-02 12:00:00';
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      session_id: body.id,
      agent: 'ada',
      user_id: 1,
      status: 'active',
      lines: 0,
      dropped: 0,
      created_at: now,
      updated_at: now,
      ended_at: null,
    });
    app.clock.advance(1000);
    expect((await append(body.id, 'first')).body).toEqual({ ok: true, line: 1 });
    expect((await append(body.id, '')).body).toEqual({ ok: true, line: 2 });
    expect(await read(body.id)).toEqual({
      session: { ...body, lines: 2, updated_at: '2026-03-02 12:00:01' },
      output: ['first', ''],
    });
    const ended = await mine('POST', `/sessions/${body.id}/end`, { status: 'failed' });
    expect(ended.body).toMatchObject({ id: body.id, status: 'failed', ended_at: '2026-03-02 12:00:01' });
    expect((await read(body.id)).session).toEqual(ended.body);
  });

  it('that has ended takes no lines and no other end', async () => {
    const id = await begin();
    expect((await mine('POST', `/sessions/${id}/end`)).body.status).toBe('completed');
    const line = await append(id, 'too late');
    expect([line.status, line.body.code]).toEqual([409, 'session_ended']);
    expect((await mine('POST', `/sessions/${id}/end`, { status: 'completed' })).status).toBe(200);
    const other = await mine('POST', `/sessions/${id}/end`, { status: 'failed' });
    expect([other.status, other.body.code]).toEqual([409, 'session_ended']);
    expect((await read(id)).output).toEqual([]);
  });

  it('takes lines of 65,536 bytes and no longer ones', async () => {
    const id = await begin();
    const longest = '\u0001'.repeat(65_536);
    expect((await append(id, longest)).status).toBe(200);
    const tooLong = await append(id, 'ä'.repeat(32_769));
    expect([tooLong.status, tooLong.body.issues[0].path]).toEqual([400, 'body.line']);
    expect((await read(id)).output).toEqual([longest]);
  });

  it.each([
    ['GET', '/sessions/none', undefined],
    ['POST', '/sessions/none/append', { line: 'x' }],
    ['POST', '/sessions/none/end', undefined],
    ['GET', '/sessions/none/stream', undefined],
  ])('that is not there: %s %s', async (method, path, body) => {
    const answer = await mine(method, path, body);
    expect([answer.status, answer.body.code]).toEqual([404, 'session_not_found']);
  });

  it('has its lines in order when many are appended at once', async () => {
    const id = await begin();
    const numbers = Array.from({ length: 50 }, (_, i) => i);
    const answers = await Promise.all(numbers.map((n) => append(id, `line ${n}`)));
    const { output } = await read(id);
    expect(answers.map(({ body }) => body.line).sort((a, b) => a - b)).toEqual(numbers.map((n) => n + 1));
    for (const [n, { body }] of answers.entries()) expect(output[body.line - 1]).toBe(`line ${n}`);
  });
});

describe('limits', () => {
  /** Fills a session in SQL, as appending would have. */
  async function fill(id: string, lines: number, line: string): Promise<void> {
    await app.database.atomically(async ({ db }) => {
      for (let n = 1; n <= lines; n++)
        await db
          .insertInto('session_lines')
          .values({ session_id: id, n, user_id: 1, line, bytes: line.length, created_at: '2026-03-02 12:00:00' })
          .execute();
      const bytes = lines * line.length;
      await db.updateTable('agent_sessions').set({ lines, bytes }).where('id', '=', id).execute();
    });
  }

  it('keep the newest 10,000 lines', async () => {
    const id = await begin();
    await fill(id, MAX_LINES, 'old');
    expect((await append(id, 'newest')).body.line).toBe(MAX_LINES + 1);
    const { session, output } = await read(id);
    expect(session).toMatchObject({ lines: MAX_LINES + 1, dropped: 1 });
    expect(output).toHaveLength(MAX_LINES);
    expect(output.at(-1)).toBe('newest');
  });

  it('keep the newest 8 MiB', async () => {
    const id = await begin();
    const line = 'x'.repeat(MAX_BYTES / 512);
    await fill(id, 512, line);
    await append(id, 'y'.repeat(line.length + 1));
    const { session, output } = await read(id);
    expect([session.dropped, output.length]).toEqual([2, 511]);
    await append(id, 'z');
    expect((await read(id)).session).toMatchObject({ dropped: 2, lines: 514 });
  });

  it('let 64 of a user be live, not counting what has ended or fallen silent', async () => {
    const first = await begin();
    for (let i = 1; i < MAX_LIVE; i++) await begin();
    const refused = await mine('POST', '/sessions', { agent: 'one too many' });
    expect([refused.status, refused.body.code]).toEqual([400, 'session_limit']);
    expect(await begin(await app.newUser('ada'))).toBeTruthy();
    await mine('POST', `/sessions/${first}/end`);
    expect(await begin()).toBeTruthy();
    expect((await mine('POST', '/sessions', { agent: 'ada' })).status).toBe(400);
    app.clock.advance(HOUR);
    expect(await begin()).toBeTruthy();
  });
});

describe('the list', () => {
  it('shows the newest first, a page at a time', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      ids.unshift(await begin());
      app.clock.advance(1000);
    }
    const page = async (query: string) => (await mine('GET', `/sessions${query}`)).body;
    const idsOf = (body: { sessions: { id: string }[] }) => body.sessions.map(({ id }) => id);
    expect(idsOf(await page(''))).toEqual(ids);
    const second = await page('?limit=2&offset=1');
    expect([idsOf(second), second.count]).toEqual([ids.slice(1), 2]);
    expect((await mine('GET', '/sessions?limit=0')).status).toBe(400);
  });
});

describe('time', () => {
  it('ends what was silent for an hour, and only that', async () => {
    const [silent, busy] = [await begin(), await begin()];
    await later(59 * MINUTE);
    await append(busy, 'still here');
    expect((await read(silent)).session.status).toBe('active');
    await later(5 * MINUTE);
    expect((await read(silent)).session).toMatchObject({ status: 'timed_out', ended_at: '2026-03-02 13:04:00' });
    expect((await read(busy)).session.status).toBe('active');
  });

  it('removes a session with its lines 30 days after its end', async () => {
    const [ended, live] = [await begin(), await begin()];
    await append(ended, 'kept for a month');
    await mine('POST', `/sessions/${ended}/end`);
    await later(30 * 24 * HOUR - 1000);
    expect((await read(ended)).output).toEqual(['kept for a month']);
    await later(5 * MINUTE);
    expect((await mine('GET', `/sessions/${ended}`)).status).toBe(404);
    expect(await app.database.reader.db.selectFrom('session_lines').select('n').execute()).toEqual([]);
    expect((await read(live)).session.status).toBe('timed_out');
  });
});

describe('between users', () => {
  it('sessions cannot be told from none', async () => {
    const theirs = await app.newUser('ada');
    const id = await begin();
    await append(id, 'the vault code is 4711');
    const asked = [
      theirs('GET', `/sessions/${id}`),
      append(id, 'forged', theirs),
      theirs('POST', `/sessions/${id}/end`, { status: 'failed' }),
    ];
    for (const { status, body } of await Promise.all(asked))
      expect([status, body.code]).toEqual([404, 'session_not_found']);
    expect((await theirs('GET', '/sessions')).body).toEqual({ sessions: [], count: 0 });
    expect(await read(id)).toMatchObject({ session: { status: 'active' }, output: ['the vault code is 4711'] });
  });

  it('a key that only reads may look, and no more', async () => {
    const looking = app.as((await mine('POST', '/keys', { scopes: 'read' })).body.key);
    const id = await begin();
    expect((await looking('GET', `/sessions/${id}`)).status).toBe(200);
    expect((await looking('GET', '/sessions')).body.count).toBe(1);
    const refused = [
      await looking('POST', '/sessions', { agent: 'x' }),
      await append(id, 'x', looking),
      await looking('POST', `/sessions/${id}/end`),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403]);
  });
});
