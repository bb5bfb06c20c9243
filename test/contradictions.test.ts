// Memories that contradict each other come up by themselves, and can be settled.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storesOn } from '../src/stores.ts';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { found, type Stored, store as storeOne } from './support/memories.ts';

interface Pair {
  memory_a: { id: number; content: string };
  memory_b: { id: number; content: string };
}

/** What runs inside the test process. */
const INSIDE = KINDS.filter(({ shared }) => !shared);
const OLD = 'Redis listens on port 6379';
const NEW = 'Redis listens on port 6380';

onEachDatabase((kind) => {
  let app: TestApp;
  beforeEach(async () => {
    const place = await kind.place();
    app = await createTestApp({
      env: { ENGRAM_UNDERSTANDING: '1', ENGRAM_EMBEDDING_MODEL: '' },
      ports: { database: await place.open() },
    });
  });
  afterEach(() => app.close());

  async function storeRead(...all: Stored[]): Promise<number[]> {
    const ids: number[] = [];
    for (const one of all) ids.push(await storeOne(app, one));
    await app.jobs.drain();
    return ids;
  }
  const listed = async (query = '', call: Caller = app.call): Promise<[number, number][]> =>
    (await call('GET', `/contradictions${query}`)).body.contradictions.map((pair: Pair): [number, number] => [
      pair.memory_a.id,
      pair.memory_b.id,
    ]);
  const resolve = (memory_a_id: number, memory_b_id: number, resolution: string, call: Caller = app.call) =>
    call('POST', '/contradictions/resolve', { memory_a_id, memory_b_id, resolution });
  const links = async (id: number): Promise<[number, string][]> =>
    (await app.call('GET', `/links/${id}`)).body.links.map(({ id, type }: { id: number; type: string }) => [id, type]);

  describe('finding', () => {
    it('comes up without anybody asking for it to be looked for', async () => {
      const [a, , b] = await storeRead(OLD, 'Postgres listens on port 5432', NEW);
      const { body } = await app.call('GET', '/contradictions');
      expect(body).toMatchObject({ total: 1, threshold: 0.6, verified: false });
      expect(body.contradictions).toEqual([
        expect.objectContaining({
          memory_a: { id: a, content: OLD, category: 'general', created_at: '2026-03-02 12:00:00' },
          memory_b: { id: b, content: NEW, category: 'general', created_at: '2026-03-02 12:00:00' },
          kind: 'number',
          source: 'link',
          verified: false,
          explanation: expect.stringContaining('6379 against 6380'),
        }),
      ]);
      expect(body.contradictions[0].confidence).toBeGreaterThan(0.9);
      expect(body.contradictions[0].similarity).toBeGreaterThan(0.5);
    });

    it.each([
      'The user bought a bike|The user bought a helmet',
      'Alice lives in Paris|Bob lives in London',
      'The session timeout is 30 minutes|The session timeout is half an hour',
      'In 2019 the user lived in Madrid|In 2023 the user lived in Lisbon',
    ])('leaves alone what can both hold: %s', async (both) => {
      await storeRead(...both.split('|'));
      expect(await listed()).toEqual([]);
    });

    it('is older by when it happened, not by when it was stored', async () => {
      const [first, second] = await storeRead(OLD, { content: NEW, occurred_at: '2020-01-01' });
      expect(await listed()).toEqual([[second, first]]);
    });

    it('answers in short as well, with ids as text', async () => {
      const [a, b] = (await storeRead(OLD, NEW)).map(String);
      const short = [expect.objectContaining({ memory_a: a, memory_b: b, kind: 'number' })];
      for (const path of ['/contradictions', '/intelligence/contradictions']) {
        expect((await app.call('POST', path)).body.contradictions).toEqual(short);
        for (const id of [a, b]) expect((await app.call('GET', `${path}/${id}`)).body.contradictions).toEqual(short);
      }
      const [other] = await storeRead('Ann plays chess');
      expect((await app.call('GET', `/contradictions/${other}`)).body).toEqual({ contradictions: [] });
      expect((await app.call('GET', '/contradictions/999')).body.code).toBe('memory_not_found');
    });

    it('counts only what is sure enough, and at most so many', async () => {
      const [a, b, c] = await storeRead(OLD, NEW, 'Redis listens on port 6381');
      expect(await listed()).toEqual([
        [b, c],
        [a, c],
        [a, b],
      ]);
      expect(await listed('?limit=1')).toEqual([[b, c]]);
      expect(await listed('?threshold=1')).toEqual([]);
      expect((await app.call('GET', '/contradictions?threshold=2')).status).toBe(400);
    });
  });

  describe('who sees what', () => {
    it('not those of other users', async () => {
      const other = await app.newUser('other');
      const [a] = await storeRead(OLD);
      const theirs = (await other('POST', '/store', { content: NEW })).body.id;
      await app.jobs.drain();
      expect([await listed(), await listed('', other)]).toEqual([[], []]);
      const [b] = await storeRead('Redis listens on port 6390');
      expect(await listed()).toEqual([[a, b]]);
      expect(await listed('', other)).toEqual([]);
      expect((await other('GET', `/contradictions/${a}`)).status).toBe(404);
      expect((await resolve(a!, b!, 'keep_a', other)).status).toBe(404);
      expect((await resolve(theirs, a!, 'keep_a', other)).status).toBe(404);
    });

    it('not those of other spaces', async () => {
      const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
      const [a, b] = await storeRead(OLD, NEW, { content: 'Redis listens on port 6381', space_id: space });
      expect(await listed()).toEqual([[a, b]]);
      const inWork: Caller = (method, path, body) => app.call(method, path, body, { 'x-space': 'work' });
      expect(await listed('', inWork)).toEqual([]);
      expect((await inWork('POST', '/contradictions')).body.contradictions).toEqual([]);
      expect((await inWork('GET', `/contradictions/${a}`)).status).toBe(404);
      expect((await resolve(a!, b!, 'keep_a', inWork)).status).toBe(404);
    });

    it('not while one of them is archived, forgotten, erased or replaced', async () => {
      const [a, b] = await storeRead(OLD, NEW);
      for (const [hide, show] of [
        ['archive', 'unarchive'],
        ['forget', 'restore'],
      ]) {
        await app.call('POST', `/memory/${b}/${hide}`);
        expect(await listed()).toEqual([]);
        await app.call('POST', `/memory/${b}/${show}`);
        expect(await listed()).toEqual([[a, b]]);
      }
      const { new_id } = (await app.call('POST', `/memory/${b}/update`, { content: OLD.replace('Redis', 'Valkey') }))
        .body;
      await app.jobs.drain();
      expect(await listed()).toEqual([]);
      await app.call('POST', `/memory/${new_id}/update`, { content: NEW });
      await app.jobs.drain();
      expect(await listed()).toHaveLength(1);
    });
  });

  describe('resolving', () => {
    it.each([
      ['keep_a', 0],
      ['keep_b', 1],
    ])('%s archives the other one, which can come back', async (resolution, kept) => {
      const ids = (await storeRead(OLD, NEW)) as [number, number];
      const [winner, loser] = [ids[kept]!, ids[1 - kept]!];
      const { status, body } = await resolve(...ids, resolution);
      expect([status, body]).toEqual([200, { resolved: true, action: 'kept_one', kept: winner, archived: loser }]);
      expect(await listed()).toEqual([]);
      expect(await found(app, 'redis port')).toEqual([winner]);
      expect((await app.call('GET', `/memory/${loser}`)).status).toBe(404);
      const back = (await app.call('POST', `/memory/${loser}/unarchive`)).status;
      expect(back).toBe(200);
      const memory = (await app.call('GET', `/memory/${loser}`)).body;
      expect(memory).toMatchObject({ is_archived: false, forget_reason: expect.stringContaining(String(winner)) });
      expect(await links(winner)).toEqual([[loser, 'resolves']]);
      // Settled is settled, also when all is read again.
      await app.call('POST', '/understanding');
      await app.jobs.drain();
      expect(await listed()).toEqual([]);
      expect(await links(winner)).toEqual([[loser, 'resolves']]);
    });

    it('keep_both says that both hold', async () => {
      const [a, b] = (await storeRead(OLD, NEW)) as [number, number];
      const { body } = await resolve(a, b, 'keep_both');
      expect(body).toEqual({ resolved: true, action: 'kept_both', linked: true });
      expect(await links(a)).toEqual([[b, 'related']]);
      expect((await found(app, 'redis port')).sort()).toEqual([a, b]);
      // Nor is it brought up again for what only changes its wording.
      await app.call('POST', `/memory/${b}/update`, { content: `${NEW} in production` });
      await app.jobs.drain();
      expect(await listed()).toEqual([]);
    });

    it('merge needs a language model', async () => {
      const [a, b] = (await storeRead(OLD, NEW)) as [number, number];
      const { status, body, headers } = await resolve(a, b, 'merge');
      // Asking again does not help.
      expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'llm_not_configured', null]);
      expect(await listed()).toEqual([[a, b]]);
    });

    it('settles what was not found as well, in either order', async () => {
      const [a, b] = (await storeRead('Ann plays chess', 'Chess bores Ann to tears')) as [number, number];
      expect(await listed()).toEqual([]);
      expect((await resolve(b, a, 'keep_a')).body).toMatchObject({ kept: b, archived: a });
      const path = '/intelligence/contradictions/resolve';
      const again = await app.call('POST', path, { memory_a_id: a, memory_b_id: b, resolution: 'keep_both' });
      expect(again.status).toBe(200);
    });

    it('refuses what makes no sense', async () => {
      const [a, b] = (await storeRead(OLD, NEW)) as [number, number];
      expect((await resolve(a, a, 'keep_a')).status).toBe(400);
      expect((await resolve(a, b, 'keep_none')).status).toBe(400);
      expect((await app.call('POST', '/contradictions/resolve', { memory_a_id: a })).status).toBe(400);
      expect((await resolve(a, 999, 'keep_a')).body.code).toBe('memory_not_found');
      await app.call('POST', `/memory/${b}/forget`);
      expect((await resolve(a, b, 'keep_a')).status).toBe(404);
      const reader = await app.call('POST', '/keys', { name: 'r', scopes: 'read' });
      expect((await resolve(a, b, 'keep_a', app.as(reader.body.key))).status).toBe(403);
      expect((await app.as(reader.body.key)('GET', '/contradictions')).status).toBe(200);
    });
  });

  describe('disputesOf', () => {
    it('tells of each memory what contradicts it, and which is newer, in one query', async () => {
      const [a, b, c, other] = await storeRead(OLD, NEW, 'Redis listens on port 6381', 'Ann plays chess');
      const { read } = storesOn(app.database, app.clock);
      const seen = { user_id: 1, space_id: null, now: '2026-03-02 12:00:00' };
      const disputes = await read.contradictions.disputesOf(seen, [a!, b!, other!]);
      const short = (id: number) =>
        disputes.get(id)?.map(({ other_id, superseded }): [number, boolean] => [other_id, superseded]);
      expect(short(a!)).toEqual([
        [c, true],
        [b, true],
      ]);
      expect(short(b!)).toEqual([
        [c, true],
        [a, false],
      ]);
      expect([...disputes.keys()].sort()).toEqual([a, b]);
      expect(disputes.get(a!)![0]).toMatchObject({ kind: 'number', confidence: expect.any(Number) });
      expect(await read.contradictions.disputesOf({ ...seen, user_id: 2 }, [a!, b!])).toEqual(new Map());
      expect(await read.contradictions.disputesOf({ ...seen, space_id: 99 }, [a!, b!])).toEqual(new Map());
      expect(await read.contradictions.disputesOf(seen, [])).toEqual(new Map());
    });
  });
}, INSIDE);
