// Users, their spaces, and the wall between two users: for one, what belongs to the other does not exist.
import type { KyselyPlugin } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqlite } from '../src/platform/db/sqlite/open.ts';
import { type Caller, createTestApp, type TestApp, tempDir } from './support/app.ts';

let app: TestApp;
let mine: Caller;
beforeEach(async () => {
  app = await createTestApp();
  mine = app.call;
});
afterEach(() => app.close());

const contentsOf = (rows: { content: string }[]): string[] => rows.map((row) => row.content).sort();

describe('users', () => {
  it('are made once per name, with a default space', async () => {
    const made = await mine('POST', '/users', { username: '  ada ', email: 'ada@example.com', role: 'reader' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ username: 'ada', role: 'reader', created_at: '2026-03-02 12:00:00' });
    const again = await mine('POST', '/users', { username: 'ada' });
    expect([again.status, again.body.code]).toEqual([409, 'name_taken']);
    const { body } = await mine('GET', '/users');
    expect(body.users.map((u: { username: string; is_admin: boolean }) => [u.username, u.is_admin])).toEqual([
      ['operator', true],
      ['ada', false],
    ]);
    const key = (await mine('POST', '/keys', { user_id: made.body.id })).body.key;
    expect((await app.as(key)('GET', '/spaces')).body.spaces).toEqual([expect.objectContaining({ name: 'default' })]);
  });

  it('of the same name asked for at once are one', async () => {
    const asked = await Promise.all(Array.from({ length: 8 }, () => mine('POST', '/users', { username: 'twin' })));
    expect(asked.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
    expect((await mine('GET', '/users')).body.count).toBe(2);
  });

  it.each([{}, { username: '' }, { username: '   ' }, { username: 'x'.repeat(101) }, { username: 7 }])(
    'are not made from %j',
    async (body) => {
      expect((await mine('POST', '/users', body)).status).toBe(400);
      expect((await mine('GET', '/users')).body.count).toBe(1);
    },
  );
});

describe('spaces', () => {
  it('are made once per name and user', async () => {
    const made = await mine('POST', '/spaces', { name: ' work ', description: 'the day job' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: 'work', description: 'the day job' });
    const again = await mine('POST', '/spaces', { name: 'work' });
    expect([again.status, again.body.code]).toEqual([409, 'name_taken']);
    const other = await app.newUser('ada');
    expect((await other('POST', '/spaces', { name: 'work' })).status).toBe(201);
    expect((await mine('GET', '/spaces')).body.spaces.map((s: { name: string }) => s.name)).toEqual([
      'default',
      'work',
    ]);
    expect((await mine('POST', '/spaces', { name: '  ' })).status).toBe(400);
  });

  it('are chosen by name in a header, for writing and reading', async () => {
    const work = (await mine('POST', '/spaces', { name: 'work' })).body.id;
    await mine('POST', '/store', { content: 'standup at nine', tags: ['job'] }, { 'x-space': 'work' });
    await mine('POST', '/store', { content: 'review at nine' }, { 'x-engram-space': 'work' });
    await mine('POST', '/store', { content: 'swim at nine', tags: ['sport'] });
    const inWork = ['review at nine', 'standup at nine'];
    const headers = { 'x-space': 'work' };
    expect(contentsOf((await mine('GET', '/list', undefined, headers)).body.results)).toEqual(inWork);
    expect(contentsOf((await mine('GET', `/list?space_id=${work}`)).body.results)).toEqual(inWork);
    expect(contentsOf((await mine('POST', '/search', { query: 'nine' }, headers)).body.results)).toEqual(inWork);
    expect((await mine('GET', '/tags', undefined, headers)).body.tags).toEqual([{ tag: 'job', count: 1 }]);
    expect(contentsOf((await mine('GET', '/list', undefined, { 'x-space': 'default' })).body.results)).toEqual([
      'swim at nine',
    ]);
    expect((await mine('GET', '/list')).body.results).toHaveLength(3);
  });

  it('unknown to the user are refused, by name and by id', async () => {
    const other = await app.newUser('ada');
    const theirs = (await other('POST', '/spaces', { name: 'theirs' })).body.id;
    const asked = [
      mine('GET', '/list', undefined, { 'x-space': 'theirs' }),
      mine('GET', '/list', undefined, { 'x-space': 'nowhere' }),
      mine('GET', `/list?space_id=${theirs}`),
      mine('GET', '/list?space_id=999'),
      mine('POST', '/store', { content: 'x', space_id: theirs }),
      mine('POST', '/search', { query: 'x', space_id: theirs }),
      mine('POST', '/recall', { query: 'x', space_id: theirs }),
      mine('POST', '/context', { query: 'x', space_id: theirs }),
    ];
    for (const { status, body } of await Promise.all(asked)) {
      expect([status, body.code]).toEqual([400, 'space_not_found']);
    }
    expect((await mine('GET', '/list')).body.results).toEqual([]);
    expect((await other('GET', '/list')).body.results).toEqual([]);
  });
});

describe('between users', () => {
  const MISSING = 987_654;
  let theirs: Caller;
  let id: number;
  let before: unknown;
  const snapshot = async () => {
    const asked = [
      '/list?include_archived=1',
      `/memory/${id}`,
      `/links/${id}`,
      `/versions/${id}`,
      '/tags',
      '/me/stats',
    ];
    return Promise.all(asked.map(async (path) => (await mine('GET', path)).body));
  };
  beforeEach(async () => {
    theirs = await app.newUser('ada');
    id = (await mine('POST', '/store', { content: 'the vault code is 4711', tags: ['vault'] })).body.id;
    before = await snapshot();
  });

  it.each([
    ['GET', '/memory/ID', undefined],
    ['GET', '/memories/ID', undefined],
    ['GET', '/links/ID', undefined],
    ['GET', '/versions/ID', undefined],
    ['POST', '/memory/ID/update', { content: 'mine now' }],
    ['PATCH', '/memories/ID', { importance: 1 }],
    ['POST', '/memory/ID/forget', { reason: 'spite' }],
    ['POST', '/memory/ID/archive', undefined],
    ['POST', '/memory/ID/unarchive', undefined],
    ['POST', '/memory/ID/restore', undefined],
    ['PUT', '/memory/ID/tags', { tags: ['mine'] }],
    ['DELETE', '/memory/ID', undefined],
    ['DELETE', '/memory/ID?versions=true', undefined],
    ['POST', '/store', { content: 'a child', parent_memory_id: 'ID' }],
    ['POST', '/batch', { ops: [{ op: 'update', body: { id: 'ID', content: 'mine now' } }] }],
    ['POST', '/batch', { ops: [{ op: 'link', body: { source_id: 'ID', target_id: 'OWN' } }] }],
    ['POST', '/batch', { ops: [{ op: 'link', body: { source_id: 'OWN', target_id: 'ID' } }] }],
  ])('%s %s cannot tell another’s memory from none', async (method, path, body) => {
    const own = (await theirs('POST', '/store', { content: 'their own' })).body.id;
    const ask = async (target: number) => {
      const filled = body && JSON.parse(JSON.stringify(body).replaceAll('"ID"', `${target}`).replaceAll('"OWN"', own));
      const headers = { 'x-request-id': 'same' };
      const answer = await theirs(method, path.replace('ID', `${target}`), filled, headers);
      return { status: answer.status, said: JSON.stringify(answer.body).replaceAll(`memory ${target}.`, 'memory ID.') };
    };
    const another = await ask(id);
    expect(another).toEqual(await ask(MISSING));
    expect([404, 207]).toContain(another.status);
    expect(await snapshot()).toEqual(before);
    expect((await theirs('GET', '/list')).body.results).toEqual([expect.objectContaining({ content: 'their own' })]);
  });

  it.each([
    ['GET', '/list?include_forgotten=1&include_archived=1', undefined],
    ['GET', '/memories', undefined],
    ['GET', '/memory/trash', undefined],
    ['GET', '/tags', undefined],
    ['GET', '/profile', undefined],
    ['GET', '/keys', undefined],
    ['POST', '/tags/search', { tags: ['vault'] }],
    ['POST', '/search', { query: 'vault code 4711' }],
    ['POST', '/memories/search', { query: 'vault code', include_forgotten: true, latest_only: false }],
    ['POST', '/search/explain', { query: 'vault' }],
    ['POST', '/search/faceted', {}],
    ['POST', '/search/faceted', { query: 'vault' }],
    ['POST', '/recall', { query: 'vault' }],
    ['POST', '/context', { query: 'what is the vault code' }],
  ])('%s %s %j shows nothing of the other', async (method, path, body) => {
    await mine('POST', `/memory/${(await mine('POST', '/store', { content: 'vault in the bin' })).body.id}/forget`);
    const { status, body: said } = await theirs(method, path, body);
    expect(status).toBe(200);
    expect(JSON.stringify(said)).not.toMatch(/4711|"vault|in the bin|admin/);
    expect(JSON.stringify((await mine(method, path, body)).body)).toMatch(/4711|"vault|in the bin|admin/);
  });

  it('statistics count one’s own', async () => {
    const { body } = await theirs('GET', '/me/stats');
    expect(body).toMatchObject({ memories: 0, archived: 0, forgotten: 0, links: 0, categories: {} });
  });

  it('the same words are no repeat of another’s', async () => {
    const { status, body } = await theirs('POST', '/store', { content: 'the vault code is 4711' });
    expect([status, body.duplicate_of]).toEqual([201, null]);
    expect((await mine('GET', `/memory/${id}`)).body.source_count).toBe(1);
  });

  it('the same session name is another session', async () => {
    await mine('POST', '/store', { content: 'said by me', session_id: 'shared' });
    const { body } = await theirs('POST', '/store', { content: 'said by them', session_id: 'shared' });
    expect(body.linked).toBe(0);
  });

  it('keys can only be revoked by their owner or an admin', async () => {
    const { keys } = (await mine('GET', '/keys')).body;
    const [refused, unknown] = [await theirs('DELETE', `/keys/${keys[0].id}`), await theirs('DELETE', '/keys/999')];
    expect([refused.status, refused.body.code]).toEqual([404, 'key_not_found']);
    expect(refused.body.error.replace(`${keys[0].id}`, '')).toBe(unknown.body.error.replace('999', ''));
    expect((await mine('GET', '/list')).status).toBe(200);
    const own = (await theirs('GET', '/keys')).body.keys[0].id;
    expect((await theirs('DELETE', `/keys/${own}`)).status).toBe(200);
    expect((await theirs('GET', '/list')).status).toBe(401);
  });
});

describe('what is kept in memory', () => {
  /** Holds back what the next reading of a table found, as a slow database or disk would. */
  function holdBack() {
    let release = () => {};
    let armed: string | null = null;
    let found = () => {};
    const plugin: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        const [row] = result.rows as Record<string, unknown>[];
        if (armed === null || row === undefined || !(armed in row)) return result;
        armed = null;
        const held = new Promise<void>((resolve) => {
          release = resolve;
        });
        found();
        await held;
        return result;
      },
    };
    return {
      plugin,
      /** @returns resolves once a row with this column was read and is being held */
      next(column: string): Promise<void> {
        armed = column;
        return new Promise((resolve) => {
          found = resolve;
        });
      },
      release: () => release(),
    };
  }

  let gate: ReturnType<typeof holdBack>;
  beforeEach(async () => {
    await app.close();
    gate = holdBack();
    const dir = tempDir();
    const options = { path: `${dir}/engram.db`, key: null, synchronous: 'full', now: '2026-03-02 12:00:00' } as const;
    const database = await openSqlite(options);
    const reader = { ...database.reader, db: database.reader.db.withPlugin(gate.plugin) };
    app = await createTestApp({ dir, ports: { database: { ...database, reader } } });
    mine = app.call;
  });

  it('a key read just before it was revoked is not remembered as valid', async () => {
    const { key, id } = (await mine('POST', '/keys')).body;
    const reading = gate.next('key_hash');
    const slow = app.as(key)('GET', '/list');
    await reading;
    expect((await mine('DELETE', `/keys/${id}`)).status).toBe(200);
    gate.release();
    await slow;
    expect((await app.as(key)('GET', '/list')).status).toBe(401);
  });

  it('spaces read just before one was made do not hide it', async () => {
    const user = (await mine('POST', '/users', { username: 'ada' })).body.id;
    const theirs = app.as((await mine('POST', '/keys', { user_id: user })).body.key);
    await mine('GET', '/list');
    const reading = gate.next('description');
    const slow = theirs('GET', '/list');
    await reading;
    expect((await theirs('POST', '/spaces', { name: 'new' })).status).toBe(201);
    gate.release();
    await slow;
    expect((await theirs('GET', '/list', undefined, { 'x-space': 'new' })).status).toBe(200);
  });
});
