// Links that nobody asked for: what is stored is linked in the background to what is already known around it.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { type Stored, storeAll, store as storeOne } from './support/memories.ts';

interface Link {
  id: number;
  type: string;
  similarity: number;
}

/** What runs inside the test process. */
const INSIDE = KINDS.filter(({ shared }) => !shared);
const HOUR_MS = 3_600_000;
const OTHERS = [
  'The cafeteria serves soup on rainy days',
  'Penguins spend the winter huddled together',
  'Invoices go to accounting before the tenth',
  'Emma waters the plants in the lobby',
  'The fire drill was loud and short',
];

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
  const linksOf = async (id: number): Promise<Link[]> => (await app.call('GET', `/links/${id}`)).body.links;
  const types = async (id: number): Promise<[number, string][]> =>
    (await linksOf(id)).map(({ id: other, type }): [number, string] => [other, type]).sort((a, b) => a[0] - b[0]);

  const link = async (body: { source_id: number; target_id: number; type: string; similarity: number }) =>
    expect((await app.call('POST', '/batch', { ops: [{ op: 'link', body }] })).status).toBe(200);

  describe('typed edges', () => {
    it('links what is about the same, and leaves the rest alone', async () => {
      const others = await storeRead(...OTHERS);
      const [first, second] = await storeRead(
        'The nightly backup of the orders database goes to the Oslo bucket',
        'Restoring the orders database from the Oslo backup bucket takes two hours',
      );
      expect(await types(second!)).toEqual([[first, 'similarity']]);
      const [link] = await linksOf(first!);
      expect(link).toMatchObject({ id: second, type: 'similarity' });
      expect(link!.similarity).toBeGreaterThan(0.3);
      expect(link!.similarity).toBeLessThanOrEqual(1);
      for (const id of others) expect(await linksOf(id)).toEqual([]);
    });

    it.each([
      ['extends', 'Lisa works at Siemens', 'Lisa works at Siemens in Munich as a project lead'],
      [
        'caused_by',
        'The disk of db01 ran full at three in the morning',
        'Checkout was down for an hour because the disk of db01 ran full',
      ],
      [
        'prerequisite_for',
        'The load balancer gets a wildcard certificate',
        'Moving the shop to the new domain requires a wildcard certificate on the load balancer',
      ],
      ['contradicts', 'Redis listens on port 6379', 'Redis listens on port 6380'],
    ])('%s', async (type, older, newer) => {
      const [first, second] = await storeRead(...OTHERS, older, newer).then((ids) => ids.slice(-2));
      expect(await types(second!)).toEqual([[first, type]]);
    });

    it('updates, when the newer one tells of a change', async () => {
      const [first, second] = await storeRead('The user lives in Berlin', 'The user moved to Hamburg');
      expect((await types(second!)).sort((a, b) => (a[1] < b[1] ? -1 : 1))).toEqual([
        [first, 'contradicts'],
        [first, 'updates'],
      ]);
      // An edge is no verdict: both stay as they are.
      expect((await app.call('GET', `/memory/${first}`)).body).toMatchObject({ is_latest: true, is_superseded: false });
    });

    it('looks for causes only within a day or a session', async () => {
      const effect = 'Checkout was down for an hour because the disk of db01 ran full';
      const [cause] = await storeRead('The disk of db01 ran full');
      app.clock.advance(48 * HOUR_MS);
      const [late] = await storeRead(effect);
      expect((await types(late!)).filter(([id, type]) => id === cause && type === 'caused_by')).toEqual([]);
    });

    it('keeps to one space', async () => {
      const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
      const [here, there] = await storeRead('Redis listens on port 6379', {
        content: 'Redis listens on port 6380',
        space_id: space,
      });
      expect(await linksOf(here!)).toEqual([]);
      expect(await linksOf(there!)).toEqual([]);
    });
  });

  describe('bounds', () => {
    it('makes at most 6 links for a memory', async () => {
      const all = Array.from(
        { length: 10 },
        (_, i) => `Release checklist of the billing service, revision ${String.fromCharCode(97 + i)}`,
      );
      // Among others, so that the words they have in common are rare ones.
      await storeAll(
        app,
        Array.from({ length: 40 }, (_, i) => `${OTHERS[i % OTHERS.length]} (${i})`),
      );
      const ids = await storeRead(...all);
      const last = (await linksOf(ids.at(-1)!)).filter(({ id }) => id < ids.at(-1)!);
      expect(last.length).toBeGreaterThan(0);
      expect(last.length).toBeLessThanOrEqual(6);
    });

    it('keeps an undirected edge once', async () => {
      const [first, second] = await storeRead(
        'The nightly backup of the orders database goes to the Oslo bucket',
        'Restoring the orders database from the Oslo backup bucket takes two hours',
      );
      expect(await linksOf(first!)).toHaveLength(1);
      expect(await linksOf(second!)).toHaveLength(1);
    });

    it('does not call what follows another in a session similar to it', async () => {
      const [first, second] = await storeRead(
        { content: 'The nightly backup of the orders database goes to the Oslo bucket', session_id: 's' },
        { content: 'Restoring the orders database from the Oslo backup bucket takes two hours', session_id: 's' },
      );
      expect(await types(second!)).toEqual([[first, 'follows']]);
    });
  });

  describe('reading again', () => {
    it('finds the same links, and leaves those that were given', async () => {
      const ids = await storeRead('Redis listens on port 6379', 'Redis listens on port 6380', 'Ann plays chess');
      await link({ source_id: ids[2]!, target_id: ids[0]!, type: 'related', similarity: 0.5 });
      const before = await Promise.all(ids.map(types));
      await app.call('POST', '/understanding');
      await app.jobs.drain();
      expect(await Promise.all(ids.map(types))).toEqual(before);
      expect(before[0]).toHaveLength(2);
    });

    it('keeps a found link that somebody then made by hand', async () => {
      const [first, second] = await storeRead('Redis listens on port 6379', 'Redis listens on port 6380');
      await link({ source_id: second!, target_id: first!, type: 'contradicts', similarity: 0.4 });
      await app.call('POST', `/memory/${second}/update`, { content: 'Grafana has a dark theme' });
      await app.jobs.drain();
      expect((await linksOf(first!)).map(({ type, similarity }) => [type, similarity])).toContainEqual([
        'contradicts',
        0.4,
      ]);
    });

    it('a new version has the links of what it says now', async () => {
      const [first, second] = await storeRead('Redis listens on port 6379', 'Redis listens on port 6380');
      const { new_id } = (await app.call('POST', `/memory/${second}/update`, { content: 'Grafana has a dark theme' }))
        .body;
      await app.jobs.drain();
      expect(await linksOf(first!)).toEqual([]);
      expect((await types(new_id)).filter(([id]) => id === first)).toEqual([]);
    });

    it('works without a model, by words alone', async () => {
      await app.close();
      const place = await kind.place();
      app = await createTestApp({ env: { ENGRAM_UNDERSTANDING: '1' }, ports: { database: await place.open() } });
      const [first, second] = await storeRead('Redis listens on port 6379', 'Redis listens on port 6380', ...OTHERS);
      expect(await types(second!)).toEqual([[first, 'contradicts']]);
    });
  });

  it('does nothing when it is turned off', async () => {
    await app.close();
    const place = await kind.place();
    app = await createTestApp({ ports: { database: await place.open() } });
    const ids = await storeAll(app, ['Redis listens on port 6379', 'Redis listens on port 6380']);
    await app.jobs.drain();
    expect(await linksOf(ids[1]!)).toEqual([]);
  });
}, INSIDE);
