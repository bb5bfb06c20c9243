// The main journey through HTTP with Postgres underneath, and two servers on one database.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../src/app.ts';
import { silentLogger } from '../src/core/log.ts';
import { createTestApp, type TestApp, tempDir, testConfig } from './support/app.ts';
import { freshSchemaUrl, onPostgres, postgresUrl } from './support/databases.ts';

interface Shown {
  id: number;
  content: string;
}
const ids = (list: Shown[]): number[] => list.map((memory) => memory.id);

onPostgres((kind) => {
  let app: TestApp;
  beforeAll(async () => {
    const place = await kind.place();
    app = await createTestApp({ ports: { database: await place.open() } });
  });
  afterAll(() => app.close());

  it('walks the main journey', async () => {
    expect((await app.call('GET', '/health')).body.database).toBe('Postgres');
    expect((await app.call('GET', '/health/ready')).status).toBe(200);
    expect((await app.as(null)('POST', '/bootstrap', {})).status).toBe(403);

    const store = (content: string, more: object = {}) => app.call('POST', '/store', { content, ...more });
    const tea = await store('Alice prefers green tea', { tags: ['drinks', 'alice'], importance: 8, session_id: 's' });
    expect(tea).toMatchObject({ status: 201, body: { stored: true, tags: ['drinks', 'alice'], linked: 0 } });
    const car = await store('Then she bought a car in 東京', { category: 'Ärger', session_id: 's' });
    expect(car.body.linked).toBe(1);
    const again = await store('Alice prefers  green tea', { session_id: 's', tags: ['tea'] });
    expect(again).toMatchObject({ status: 200, body: { duplicate: true, existing_id: tea.body.id } });

    const list = await app.call('GET', '/list');
    expect(ids(list.body.results)).toEqual([car.body.id, tea.body.id]);
    expect(list.body.results[1]).toMatchObject({
      source_count: 2,
      importance: 8,
      confidence: 1,
      tags: ['drinks', 'alice', 'tea'],
    });
    expect(ids((await app.call('GET', `/list?category=${encodeURIComponent('Ärger')}`)).body.results)).toEqual([
      car.body.id,
    ]);

    const update = await app.call('POST', `/memory/${tea.body.id}/update`, { content: 'Alice prefers black tea' });
    expect(update.body).toMatchObject({ version: 2, old_id: tea.body.id });
    const chain = (await app.call('GET', `/versions/${update.body.new_id}`)).body.versions;
    expect(chain.map((version: Shown) => version.content)).toEqual([
      'Alice prefers green tea',
      'Alice prefers black tea',
    ]);
    expect((await app.call('GET', `/links/${car.body.id}`)).body.links).toEqual([
      expect.objectContaining({ id: update.body.new_id, type: 'follows' }),
    ]);
    expect((await app.call('POST', `/memory/${tea.body.id}/update`, { content: 'late' })).status).toBe(404);

    const search = async (query: string, more: object = {}) =>
      ids((await app.call('POST', '/search', { query, ...more })).body.results);
    expect((await search('What tea does Alice prefer?'))[0]).toBe(update.body.new_id);
    expect((await search('東京'))[0]).toBe(car.body.id);
    expect(await search('green', { expand_relationships: false })).toEqual([]);
    expect(await search('green', { latest_only: false, expand_relationships: false })).toEqual([tea.body.id]);
    expect(await search('alice', { tags: ['drinks'], expand_relationships: false })).toEqual([update.body.new_id]);
    expect((await app.call('POST', '/search', { query: `"'; & | !:* <-> \\ (` })).status).toBe(200);

    expect((await app.call('GET', '/tags')).body.tags).toEqual([
      { tag: 'alice', count: 1 },
      { tag: 'drinks', count: 1 },
      { tag: 'tea', count: 1 },
    ]);
    expect((await app.call('PUT', `/memory/${car.body.id}/tags`, { tags: ['wheels'] })).body.tags).toEqual(['wheels']);
    expect(await search('wheels', { expand_relationships: false })).toEqual([car.body.id]);
    expect(ids((await app.call('POST', '/tags/search', { tags: ['wheels', 'tea'] })).body.results).length).toBe(2);

    expect((await app.call('POST', `/memory/${car.body.id}/forget`)).status).toBe(200);
    expect(await search('car', { expand_relationships: false })).toEqual([]);
    expect(ids((await app.call('GET', '/memory/trash')).body.memories)).toEqual([car.body.id]);
    expect((await app.call('POST', `/memory/${car.body.id}/restore`)).status).toBe(200);
    expect(await search('car', { expand_relationships: false })).toEqual([car.body.id]);

    await app.flush();
    expect((await app.call('GET', `/memory/${car.body.id}`)).body.access_count).toBeGreaterThan(0);
    expect((await app.call('GET', '/me/stats')).body).toMatchObject({
      memories: 2,
      archived: 0,
      forgotten: 0,
      links: 2,
    });
    expect((await app.call('GET', '/profile')).body).toMatchObject({ memory_count: 2, avg_importance: 6.5 });

    const batch = await app.call('POST', '/batch', {
      ops: [
        { op: 'store', body: { content: 'one' } },
        { op: 'update', body: { id: 999_999, content: 'x' } },
      ],
    });
    expect(batch).toMatchObject({ status: 207, body: { succeeded: 1, total: 2 } });
    expect((await app.call('DELETE', `/memory/${update.body.new_id}?versions=true`)).body.erased).toBe(2);
    expect(await search('tea', { expand_relationships: false })).toEqual([]);
    expect(await app.database.check()).toEqual([]);
  });

  it('keeps users apart', async () => {
    const bob = await app.newUser('bob');
    const secret = await bob('POST', '/store', { content: 'the secret of bob', tags: ['secret'] });
    expect((await app.call('GET', `/memory/${secret.body.id}`)).status).toBe(404);
    expect((await app.call('POST', '/search', { query: 'secret bob' })).body.results).toEqual([]);
    expect((await bob('POST', '/search', { query: 'secret bob' })).body.results).toHaveLength(1);
    expect((await app.call('POST', '/users', { username: 'bob' })).status).toBe(409);
  });

  it('stores many at once, each repeat once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        app.call('POST', '/store', { content: `parallel ${i % 10}`, session_id: 'p' }),
      ),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(10);
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(20);
  });
});

describe.skipIf(postgresUrl() === null)('two servers on one database', () => {
  it('see what the other did, at once', async () => {
    const env = { ENGRAM_DATABASE_URL: await freshSchemaUrl() };
    const one = await createTestApp({ env });
    const two = await createTestApp({ env, key: one.key });
    expect((await two.call('GET', '/health')).body.database).toBe('Postgres');
    const stored = await one.call('POST', '/store', { content: 'told to the first', session_id: 's' });
    expect((await two.call('GET', `/memory/${stored.body.id}`)).body.content).toBe('told to the first');
    expect(ids((await two.call('POST', '/search', { query: 'told first' })).body.results)).toEqual([stored.body.id]);
    const next = await two.call('POST', '/store', { content: 'told to the second', session_id: 's' });
    expect(next.body.linked).toBe(1);
    expect((await two.call('POST', '/store', { content: 'told to the first', session_id: 's' })).body.existing_id).toBe(
      stored.body.id,
    );

    const made = await two.call('POST', '/keys', { name: 'made in two' });
    expect(ids((await one.as(made.body.key)('GET', '/list')).body.results)).toEqual([next.body.id, stored.body.id]);

    const both = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? one : two).call('POST', '/store', { content: 'the same from both' }),
      ),
    );
    expect(both.filter((answer) => answer.status === 201)).toHaveLength(1);
    const updates = await Promise.all(
      [one, two].map((app) => app.call('POST', `/memory/${stored.body.id}/update`, { content: 'newer' })),
    );
    expect(updates.map((answer) => answer.status).sort()).toEqual([200, 404]);
    await one.close();
    await two.close();
  });

  it('start together with the same first key', async () => {
    const key = `eg_${'a1'.repeat(32)}`;
    const env = { ENGRAM_DATABASE_URL: await freshSchemaUrl(), ENGRAM_API_KEY: key };
    const apps = await Promise.all(
      [1, 2, 3].map(() => createApp(testConfig(tempDir(), env), { logger: silentLogger })),
    );
    for (const app of apps) {
      const answer = await app.fetch(
        new Request('http://engram.test/list', { headers: { authorization: `Bearer ${key}` } }),
      );
      expect(answer.status).toBe(200);
    }
    await Promise.all(apps.map((app) => app.close()));
  });
});
