// What the README promises about links and the graph: edges that form by themselves, communities, weighted PageRank that
// search reads, entities seen together, growth week by week. As seen from outside.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { found, idsOf, type Stored, search, sorted, store, storeAll } from './support/memories.ts';

const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 24 * 60 * MINUTE_MS;
const UNRELATED = [
  'Emma waters the plants in the lobby',
  'Penguins spend the winter huddled together',
  'The cafeteria serves soup on rainy days',
];

onEachDatabase(
  (kind) => {
    let app: TestApp;
    const start = async (env: Record<string, string> = {}) => {
      const database = await (await kind.place()).open();
      app = await createTestApp({ env, ports: { database } });
    };
    const READS = { ENGRAM_UNDERSTANDING: '1', ENGRAM_EMBEDDING_MODEL: '' };
    beforeEach(() => start());
    afterEach(() => app.close());
    const restart = async (env: Record<string, string>) => {
      await app.close();
      await start(env);
    };

    const get = async (path: string) => (await app.call('GET', path)).body;
    const storeRead = async (...all: Stored[]): Promise<number[]> => {
      const ids = await storeAll(app, all);
      await app.jobs.drain();
      return ids;
    };
    const links = async (id: number): Promise<[number, string][]> =>
      (await get(`/links/${id}`)).links.map((one: { id: number; type: string }) => [one.id, one.type]);
    const link = async (source_id: number, target_id: number, type = 'related') => {
      const ops = [{ op: 'link', body: { source_id, target_id, type } }];
      expect((await app.call('POST', '/batch', { ops })).status).toBe(200);
    };
    /** Everything that comes back by itself has its turn. */
    const pass = async (ms: number) => {
      await app.jobs.drain();
      app.clock.advance(ms);
      await app.jobs.drain();
    };
    const clique = async (names: readonly string[]): Promise<number[]> => {
      const ids = await storeAll(app, names);
      for (const [at, a] of ids.entries()) for (const b of ids.slice(at + 1)) await link(a, b);
      return ids;
    };

    describe('auto-linking', () => {
      beforeEach(() => restart(READS));

      it.each([
        [
          'similarity',
          'The nightly backup of the billing database goes to the Bergen bucket',
          'Restoring the billing database from the Bergen backup bucket takes an hour',
        ],
        ['updates', 'The office is in Rotterdam', 'The office moved from Rotterdam to Ghent'],
        ['extends', 'Priya works at Philips', 'Priya works at Philips in Eindhoven as a test engineer'],
        ['contradicts', 'The gateway listens on port 8080', 'The gateway listens on port 9090'],
        [
          'caused_by',
          'The disk of mail02 ran full at four in the morning',
          'Mail was down for an hour because the disk of mail02 ran full',
        ],
        [
          'prerequisite_for',
          'The load balancer gets a wildcard certificate',
          'Moving the shop to the new domain requires a wildcard certificate on the load balancer',
        ],
      ])('links a new memory with what is there, by an edge of the type %s', async (type, older, newer) => {
        const ids = await storeRead(...UNRELATED, older);
        app.clock.advance(MINUTE_MS);
        const [id] = await storeRead(newer);
        const made = await links(id!);
        expect(made).toContainEqual([ids.at(-1), type]);
        expect(new Set(made.map(([to]) => to))).toEqual(new Set([ids.at(-1)]));
        for (const other of ids.slice(0, -1)) expect(await links(other)).toEqual([]);
      });

      it('brings a memory up with the one that it is linked to', async () => {
        const [cause, effect] = await storeRead(
          'The disk of mail02 ran full at four in the morning',
          'Mail was down for an hour because the disk of mail02 ran full',
          ...UNRELATED,
        );
        expect((await found(app, { query: 'outage of the mail', include_links: true })).slice(0, 2)).toEqual([
          effect,
          cause,
        ]);
      });

      it('updates who and what is named together, with every memory that names both', async () => {
        await storeRead('Tom Hansen met Priya in Oslo.', 'Tom Hansen wrote to Priya.', 'Tom Hansen lives in Oslo.');
        const { entities } = await get('/entities');
        const byName = new Map(entities.map((one: { name: string; id: number }) => [one.name, one.id]));
        const { cooccurrences } = await get(`/entities/${byName.get('Tom Hansen')}/cooccurrences`);
        const weights = cooccurrences.map((one: { name: string; cooccurrence_count: number }) => [
          one.name,
          one.cooccurrence_count,
        ]);
        expect(weights.sort()).toEqual([
          ['Oslo', 2],
          ['Priya', 2],
        ]);
      });
    });

    describe('the knowledge graph', () => {
      it('is shown whole, nodes and edges', async () => {
        const [a, b] = await storeAll(app, ['The kettle is copper', 'The lid is brass']);
        await link(a!, b!, 'extends');
        const { nodes, edges } = await get('/graph');
        expect(sorted(nodes.map((node: { memory_id: number }) => node.memory_id))).toEqual([a, b]);
        expect(edges).toEqual([
          expect.objectContaining({ source: `m${a}`, target: `m${b}`, link_type: 'extends', weight: 1 }),
        ]);
      });

      it('tells how it grew, week by week', async () => {
        const [a] = await storeAll(app, ['first', 'second']);
        app.clock.advance(WEEK_MS);
        const b = await store(app, 'third');
        await link(b, a!);
        const { timeline, total_memories, total_links } = await get('/graph/timeline?weeks=2');
        expect([total_memories, total_links]).toEqual([3, 1]);
        expect(timeline.map((week: { memories: number; links: number }) => [week.memories, week.links])).toEqual([
          [2, 0],
          [1, 1],
        ]);
      });

      it('is analysed: the memory that holds two groups together is named', async () => {
        const left = await clique(['l1', 'l2', 'l3']);
        const right = await clique(['r1', 'r2', 'r3']);
        const bridge = await store(app, 'between');
        await link(bridge, left[0]!);
        await link(bridge, right[0]!);
        const analysis = await get('/graph/analysis');
        expect(analysis).toMatchObject({ nodes: 7, edges: 8 });
        expect(JSON.stringify(analysis.articulation_points ?? analysis)).toContain(`${bridge}`);
      });

      it('is walked two hops from what the words find, and no further', async () => {
        const [near, one, two, three] = await storeAll(app, [
          'Outage of the billing database',
          'The cooling stopped at noon',
          'A fuse blew in the cellar',
          'Somebody plugged in a heater',
          ...UNRELATED,
        ]);
        await link(one!, near!, 'causes');
        await link(two!, one!, 'causes');
        await link(three!, two!, 'causes');
        const { results } = await search(app, 'billing outage');
        expect(idsOf(results)).toEqual([near, one, two]);
        for (const result of results.slice(1)) expect(result.channels).toEqual(['graph']);
      });

      it('weighs the types of edges: a cause comes before what is merely related', async () => {
        const [near, related, cause] = await storeAll(app, [
          'Outage of the billing database',
          'Lunch was at noon',
          'A fuse blew in the cellar',
          ...UNRELATED,
        ]);
        await link(related!, near!, 'related');
        await link(cause!, near!, 'causes');
        expect(await found(app, 'billing outage')).toEqual([near, cause, related]);
      });
    });

    describe('community detection', () => {
      it('surfaces clusters of memories in the background, on a schedule', async () => {
        await app.jobs.drain();
        const kitchen = await clique(['kettle', 'lid', 'spoon', 'stove']);
        const harbour = await clique(['crane', 'quay', 'ferry', 'mole']);
        await link(kitchen[0]!, harbour[0]!);
        expect((await get('/communities')).communities).toEqual([]);
        await pass(6 * MINUTE_MS);
        const { communities } = await get('/communities');
        const members = communities.map(({ top_memories }: { top_memories: number[] }) => sorted(top_memories));
        expect(members.sort((a: number[], b: number[]) => a[0]! - b[0]!)).toEqual([kitchen, harbour]);
        const { community, members: listed } = await get(`/communities/${communities[0].id}`);
        expect([community.count, listed.length]).toEqual([4, 4]);
      });

      it('runs on demand, and finds the same again', async () => {
        await clique(['kettle', 'lid', 'spoon']);
        await clique(['crane', 'quay', 'ferry']);
        expect((await app.call('POST', '/admin/detect-communities')).body).toMatchObject({ communities: 2 });
        const first = (await get('/communities')).communities;
        await app.call('POST', '/admin/detect-communities');
        expect((await get('/communities')).communities).toEqual(first);
      });
    });

    describe('PageRank', () => {
      it('boosts search results: of two that fit alike the one that others point to comes first', async () => {
        const [central, lone] = await storeAll(app, ['The gate code hangs north', 'The gate code hangs south']);
        expect(await found(app, 'gate code')).toEqual([lone, central]);
        for (const word of ['kettle', 'window', 'copper', 'letter', 'violin', 'pepper'])
          await link(await store(app, `A ${word} of no relation`), central!, 'extends');
        await pass(6 * MINUTE_MS);
        const ranking = await found(app, 'gate code');
        expect(ranking.indexOf(central!)).toBeLessThan(ranking.indexOf(lone!));
        const { nodes } = await get('/graph/pagerank?limit=1');
        expect(nodes).toEqual([expect.objectContaining({ memory_id: central, pagerank: 1 })]);
        expect((await get(`/memory/${central}`)).pagerank_score).toBe(1);
      });

      it('is weighted: the stronger of two links gives more', async () => {
        const [strong, weak, from] = await storeAll(app, ['strong', 'weak', 'from']);
        const to = (target_id: number, similarity: number) => ({
          op: 'link',
          body: { source_id: from, target_id, type: 'similarity', similarity },
        });
        await app.call('POST', '/batch', { ops: [to(strong!, 0.9), to(weak!, 0.3)] });
        await app.call('POST', '/graph/pagerank');
        const { nodes } = await get('/graph/pagerank');
        const rank = new Map(
          nodes.map((one: { memory_id: number; pagerank: number }) => [one.memory_id, one.pagerank]),
        );
        expect(rank.get(strong)).toBeGreaterThan(rank.get(weak) as number);
      });

      it('is refreshed before its time when enough edges changed', async () => {
        await restart({ ENGRAM_PAGERANK_DIRTY_THRESHOLD: '3', ENGRAM_PAGERANK_REFRESH_INTERVAL_SECS: '36000' });
        const [a, b] = await storeAll(app, ['a', 'b']);
        await app.call('POST', '/graph/pagerank');
        const { refreshed_at } = await get('/graph/pagerank');
        await link(a!, b!);
        await pass(2 * MINUTE_MS);
        await pass(2 * MINUTE_MS);
        expect(await get('/graph/pagerank')).toMatchObject({ refreshed_at, waiting: 1 });
        await link(a!, b!, 'extends');
        await link(b!, a!, 'causes');
        await pass(2 * MINUTE_MS);
        expect(await get('/graph/pagerank')).toMatchObject({ waiting: 0 });
      });
    });
  },
  KINDS.filter(({ shared }) => !shared),
);
