// The graph over HTTP: looking, walking, ranks and communities that come by themselves, growth, analysis.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { onEachDatabase } from './support/databases.ts';
import { sorted, store, storeAll } from './support/memories.ts';

const MINUTE = 60_000;
const WEEK = 7 * 24 * 60 * MINUTE;

onEachDatabase((kind) => {
  let app: TestApp;
  beforeEach(async () => {
    const place = await kind.place();
    app = await createTestApp({ ports: { database: await place.open() } });
  });
  afterEach(() => app.close());

  const get = async (path: string, call: Caller = app.call) => (await call('GET', path)).body;
  const link = async (source_id: number, target_id: number, more: object = {}) => {
    const op = { op: 'link', body: { source_id, target_id, ...more } };
    expect((await app.call('POST', '/batch', { ops: [op] })).body.results[0]).toMatchObject({ success: true });
  };
  /** Groups in which everyone is linked to everyone, and one link from each to the next. */
  async function groups(count: number, size: number): Promise<number[]> {
    const ids = await storeAll(app, Array.from({ length: count * size }, (_, i) => `group ${Math.floor(i / size)} member ${i}`)); // biome-ignore format: short
    for (let g = 0; g < count; g++) {
      const own = ids.slice(g * size, (g + 1) * size);
      for (const [i, a] of own.entries()) for (const b of own.slice(i + 1)) await link(a, b);
      if (g > 0) await link(ids[g * size]!, ids[(g - 1) * size]!);
    }
    return ids;
  }
  /** What the schedules would do after so long. */
  async function pass(ms: number): Promise<void> {
    await app.jobs.drain();
    app.clock.advance(ms);
    await app.jobs.drain();
  }
  const ranksOf = async () => new Map<number, number | null>((await get('/graph/raw')).nodes.map((n: { memory_id: number; pagerank: number }) => [n.memory_id, n.pagerank])); // biome-ignore format: short

  describe('looking', () => {
    it('shows memories and the links among them', async () => {
      const [a, b] = await storeAll(app, [
        { content: 'Deploys go through Jenkins', category: 'decision', importance: 8, session_id: 's', tags: ['ci'] },
        { content: 'Jenkins runs on the old server', session_id: 's' },
      ]);
      const graph = await get('/graph');
      expect(graph).toMatchObject({ node_count: 2, edge_count: 1, links: graph.edges });
      expect(graph.nodes[0]).toMatchObject({
        id: `m${a}`,
        type: 'memory',
        label: 'Deploys go through Jenkins',
        content: 'Deploys go through Jenkins',
        category: 'decision',
        group: 'decision',
        importance: 8,
        weight: 8,
        size: expect.any(Number),
        is_static: false,
        source_count: 1,
        metadata: { tags: ['ci'], session_id: 's' },
      });
      expect(graph.edges).toEqual([
        expect.objectContaining({
          source: `m${b}`,
          target: `m${a}`,
          type: 'temporal',
          link_type: 'follows',
          weight: 1,
        }),
      ]);
      expect(await get('/graph/raw')).toMatchObject({
        raw: true,
        edges: [{ type: 'follows' }],
        links: [{ source_id: b, target_id: a, type: 'follows', similarity: 1 }],
      });
      expect(await get('/graph/view')).toMatchObject({ view: 'force', node_count: 2 });
      expect((await app.call('POST', '/graph/build')).body).toMatchObject({ node_count: 2, edge_count: 1 });
      expect((await app.call('POST', '/graph/build', { limit: 0 })).status).toBe(400);
    });

    it('finds nodes by a search', async () => {
      const [, b] = await storeAll(app, ['The harbour is closed', 'A violin lies in the attic']);
      const found = (await app.call('POST', '/graph/search', { query: 'violin' })).body;
      expect(found).toMatchObject({ count: 1, nodes: [{ id: `m${b}`, type: 'memory' }] });
      expect(await get('/graph?q=violin')).toMatchObject({ node_count: 1, nodes: [{ id: `m${b}` }] });
    });

    it('keeps room for new memories beside the central ones', async () => {
      await groups(2, 4);
      await app.call('POST', '/graph/pagerank');
      const fresh = await store(app, 'nobody links to this yet');
      expect(await get('/graph?max=3')).toMatchObject({ node_count: 3 });
      const nodes = (await get('/graph?limit=5')).nodes.map(({ id }: { id: string }) => id);
      expect(nodes).toHaveLength(5);
      expect(nodes).toContain(`m${fresh}`);
    });

    it('leaves out what is forgotten, archived, replaced or waits for review', async () => {
      const ids = await storeAll(app, ['kept', 'forgotten', 'archived', 'old', { content: 'new', status: 'pending' }]);
      for (const id of ids.slice(1)) await link(ids[0]!, id);
      await app.call('POST', `/memory/${ids[1]}/forget`);
      await app.call('POST', `/memory/${ids[2]}/archive`);
      const next = (await app.call('POST', `/memory/${ids[3]}/update`, { content: 'newer' })).body.new_id;
      const graph = await get('/graph');
      expect(graph.nodes.map(({ id }: { id: string }) => id).sort()).toEqual([`m${ids[0]}`, `m${next}`].sort());
      expect(graph.edge_count).toBe(1);
      expect((await get(`/graph/neighborhood/m${ids[0]}`)).nodes).toHaveLength(2);
      expect((await app.call('GET', `/graph/neighborhood/m${ids[1]}`)).body.code).toBe('node_not_found');
    });
  });

  describe('walking', () => {
    it('goes round in no circles', async () => {
      const ids = await storeAll(app, ['a', 'b', 'c', 'd', 'e']);
      for (const [i, id] of ids.entries()) await link(id, ids[(i + 1) % 5]!);
      const around = await get(`/graph/neighborhood/${ids[0]}?depth=5`);
      expect(around).toMatchObject({ center_id: `m${ids[0]}`, node_count: 5, edge_count: 5, hops: 2, complete: true });
      expect((await get(`/graph/neighborhood/m${ids[0]}?depth=1`)).node_count).toBe(3);
      expect(await get(`/graph?center=m${ids[0]}&depth=1`)).toMatchObject({ node_count: 3, edge_count: 2 });
      expect(await get('/graph/analysis')).toMatchObject({
        topology: 'cycle',
        longest_chain: null,
        nodes: 5,
        edges: 5,
      });
    });

    it('follows only the types named', async () => {
      const ids = await storeAll(app, ['a', 'b', 'c']);
      await link(ids[0]!, ids[1]!, { type: 'causes' });
      await link(ids[0]!, ids[2]!, { type: 'reference' });
      const around = await get(`/graph/neighborhood/m${ids[0]}?link_types=causes,%20other`);
      expect(around.edges).toEqual([expect.objectContaining({ type: 'causal', link_type: 'causes' })]);
      expect(around.node_count).toBe(2);
    });

    it('finds the shortest way, of two as short the stronger one', async () => {
      const [a, b, c, d, e, alone] = (await storeAll(app, ['a', 'b', 'c', 'd', 'e', 'alone'])) as [number, number, number, number, number, number]; // biome-ignore format: short
      await link(a, b, { similarity: 0.5 });
      await link(b, d, { similarity: 0.5 });
      await link(c, a, { similarity: 0.9 });
      await link(c, d, { similarity: 0.9 });
      await link(d, e);
      const way = await get(`/graph/path?from=m${a}&to=m${e}`);
      expect(way).toMatchObject({ found: true, hops: 3, path: [a, c, d, e].map((id) => `m${id}`) });
      expect(way.nodes.map(({ memory_id }: { memory_id: number }) => memory_id)).toEqual([a, c, d, e]);
      expect(way.edges).toHaveLength(3);
      expect(await get(`/graph/path?from=${a}&to=${a}`)).toMatchObject({ found: true, hops: 0, path: [`m${a}`] });
      expect(await get(`/graph/path?from=${a}&to=${e}&max_hops=2`)).toMatchObject({
        found: false,
        hops: null,
        path: [],
      });
      expect(await get(`/graph/path?from=${a}&to=${alone}`)).toMatchObject({ found: false });
      expect((await app.call('GET', `/graph/path?from=${a}&to=999999`)).status).toBe(404);
      expect((await app.call('GET', `/graph/path?from=${a}`)).status).toBe(400);
      expect((await app.call('GET', `/graph/neighborhood/e1`)).body.code).toBe('node_not_found');
      expect((await app.call('GET', `/graph/neighborhood/x1`)).status).toBe(400);
    });
  });

  describe('ranks and communities', () => {
    it('come by themselves after a while, and only where something changed', async () => {
      await app.jobs.drain();
      const ids = await groups(3, 4);
      expect([...(await ranksOf()).values()]).toEqual(ids.map(() => null));
      expect((await get('/graph/pagerank')).waiting).toBeGreaterThan(0);
      await pass(6 * MINUTE);
      const ranks = await ranksOf();
      expect(Math.max(...[...ranks.values()].map(Number))).toBe(1);
      expect(Math.min(...[...ranks.values()].map(Number))).toBeGreaterThan(0);
      const { communities, count } = await get('/communities');
      expect(count).toBe(3);
      const found = communities.map((c: { top_memories: number[] }) => sorted(c.top_memories).join());
      const meant = [ids.slice(0, 4), ids.slice(4, 8), ids.slice(8)].map((group) => sorted(group).join());
      expect(found.sort()).toEqual(meant.sort());
      const state = await get('/graph/pagerank?limit=2');
      expect(state).toMatchObject({ enabled: true, refreshed_at: '2026-03-02 12:06:00', waiting: 0 });
      expect(state.nodes).toHaveLength(2);
      expect(state.nodes[0].pagerank).toBe(1);
      await pass(30 * MINUTE);
      expect((await get('/graph/pagerank')).refreshed_at).toBe('2026-03-02 12:06:00');
    });

    it('wait for no interval when much has changed', async () => {
      await app.close();
      const place = await kind.place();
      const env = { ENGRAM_PAGERANK_DIRTY_THRESHOLD: '4', ENGRAM_PAGERANK_REFRESH_INTERVAL_SECS: '3600' };
      app = await createTestApp({ env, ports: { database: await place.open() } });
      await storeAll(app, ['a', 'b']);
      await app.call('POST', '/graph/pagerank');
      const before = (await get('/graph/pagerank')).refreshed_at;
      await storeAll(app, ['c', 'd', 'e']);
      await pass(2 * MINUTE);
      await pass(2 * MINUTE);
      expect(await get('/graph/pagerank')).toMatchObject({ refreshed_at: before, waiting: 3 });
      await store(app, 'f');
      await pass(2 * MINUTE);
      expect(await get('/graph/pagerank')).toMatchObject({ refreshed_at: '2026-03-02 12:06:00', waiting: 0 });
    });

    it('do not come when turned off, and on demand all the same', async () => {
      await app.close();
      const place = await kind.place();
      app = await createTestApp({ env: { ENGRAM_PAGERANK_ENABLED: '0' }, ports: { database: await place.open() } });
      const ids = await storeAll(app, ['a', 'b', 'c']);
      for (const type of ['x', 'y', 'z']) await link(ids[0]!, ids[1]!, { type });
      await pass(120 * MINUTE);
      expect(await get('/graph/pagerank')).toMatchObject({ enabled: false, refreshed_at: null, waiting: 3, nodes: [] });
      expect((await app.call('POST', '/graph/pagerank')).body).toMatchObject({ memories: 3, links: 3, written: 3 });
      expect((await get('/graph/pagerank')).waiting).toBe(0);
    });

    it('rank what others point to, the more the stronger they do', async () => {
      const [hub, weak, a, b, c] = (await storeAll(app, ['hub', 'weak', 'a', 'b', 'c'])) as [number, number, number, number, number]; // biome-ignore format: short
      for (const id of [a, b, c]) {
        await link(id, hub, { similarity: 0.9 });
        await link(id, weak, { similarity: 0.3 });
      }
      expect((await app.call('POST', '/graph/pagerank')).body).toMatchObject({ memories: 5, links: 6 });
      const ranks = await ranksOf();
      expect(ranks.get(hub)).toBe(1);
      expect(ranks.get(weak)).toBeLessThan(1);
      expect(ranks.get(a)).toBeLessThan(ranks.get(weak)!);
    });

    it('keep up with everything that happens to memories and links', async () => {
      const ids = await groups(2, 4);
      await app.call('POST', '/graph/communities');
      const [first, second] = (await get('/communities')).communities;
      expect([first.size, second.size]).toEqual([4, 4]);
      // One goes for good, one to the trash, one becomes a new version, one joins.
      await app.call('DELETE', `/memory/${ids[0]}`);
      await app.call('POST', `/memory/${ids[4]}/forget`);
      const next = (await app.call('POST', `/memory/${ids[5]}/update`, { content: 'another version' })).body.new_id;
      const joins = await store(app, 'joins');
      for (const id of [ids[6]!, ids[7]!, next]) await link(joins, id);
      expect((await app.call('POST', '/graph/communities')).body).toMatchObject({ communities: 2, memories: 7 });
      const after = (await get('/communities')).communities;
      const members = Object.fromEntries(
        after.map((c: { id: number; top_memories: number[] }) => [c.id, c.top_memories]),
      );
      const named = (id: number) => (first.top_memories.includes(id) ? first.id : second.id);
      // Under the names they had.
      expect(sorted(members[named(ids[1]!)])).toEqual(sorted(ids.slice(1, 4)));
      expect(sorted(members[named(ids[6]!)])).toEqual(sorted([ids[6]!, ids[7]!, next, joins]));
      await app.call('POST', `/memory/${ids[4]}/restore`);
      await app.call('POST', '/graph/communities');
      expect((await get('/communities')).communities[0]).toMatchObject({ size: 5 });
      expect(await get('/graph/analysis')).toMatchObject({ nodes: 8 });
    });

    it('tell of each community what is in it', async () => {
      const ids = await groups(2, 3);
      await app.call('POST', '/admin/detect-communities');
      const { communities } = await get('/communities');
      const { id, size } = communities[0];
      expect(await get(`/communities/${id}`)).toMatchObject({
        community: { community_id: id, count: size, avg_importance: 5, categories: 'general' },
      });
      expect((await get(`/communities/${id}`)).members).toHaveLength(size);
      expect((await get(`/graph/communities/${id}/members?limit=1`)).members).toHaveLength(1);
      expect((await get('/graph/communities/stats')).stats).toHaveLength(2);
      expect(await get('/communities/999')).toEqual({ community: null, members: [] });
      expect(await get('/communities?limit=1&offset=1')).toMatchObject({ count: 1 });
      await app.call('POST', `/memory/${ids[1]}/forget`);
      const left = (await get('/graph/communities/stats')).stats.reduce(
        (n: number, s: { count: number }) => n + s.count,
        0,
      );
      expect(left).toBe(5);
    });

    it('are worked out by the administrator for one user or all', async () => {
      await storeAll(app, ['mine', 'mine too']);
      const other = await app.newUser('other');
      await other('POST', '/store', { content: 'theirs' });
      const rebuild = async (query: string) => (await app.call('POST', `/admin/pagerank/rebuild${query}`)).body;
      expect(await rebuild('?user_id=1')).toEqual({ success: true, users_updated: 1, memories_updated: 2 });
      expect(await rebuild('')).toEqual({ success: true, users_updated: 2, memories_updated: 3 });
      expect((await other('POST', '/admin/pagerank/rebuild')).status).toBe(403);
    });
  });

  it('shows nobody what belongs to others', async () => {
    const mine = await groups(2, 3);
    const other = await app.newUser('other');
    const theirs = (await other('POST', '/store', { content: 'group of another' })).body.id;
    await app.call('POST', '/admin/pagerank/rebuild');
    expect(await get('/graph', other)).toMatchObject({ node_count: 1, nodes: [{ id: `m${theirs}` }] });
    expect(await get('/communities', other)).toEqual({ communities: [], count: 0 });
    expect(await get('/graph/analysis', other)).toMatchObject({ nodes: 1, edges: 0, topology: 'single' });
    expect(await get('/graph/timeline', other)).toMatchObject({ total_memories: 1, total_links: 0 });
    expect((await other('GET', `/graph/neighborhood/m${mine[0]}`)).status).toBe(404);
    expect((await other('GET', `/graph/path?from=${theirs}&to=${mine[0]}`)).status).toBe(404);
    expect((await get('/graph/export', other)).nodes).toHaveLength(1);
  });

  it('shows a space what lies in it', async () => {
    const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
    const inside = await storeAll(app, ['a', 'b', 'c'].map((content) => ({ content, space_id: space }))); // biome-ignore format: short
    const outside = await storeAll(app, ['d', 'e']);
    const all = [...inside, ...outside];
    for (const [i, a] of all.entries()) for (const b of all.slice(i + 1)) await link(a, b);
    await app.call('POST', '/graph/pagerank');
    const there: Caller = (method, path, body) => app.call(method, path, body, { 'x-space': 'work' });
    expect(await get('/graph', there)).toMatchObject({ node_count: 3, edge_count: 3 });
    expect(await get(`/graph/neighborhood/m${inside[0]}`, there)).toMatchObject({ node_count: 3, edge_count: 3 });
    expect((await there('GET', `/graph/path?from=${inside[0]}&to=${outside[0]}`)).status).toBe(404);
    expect(await get('/graph/analysis', there)).toMatchObject({ nodes: 3, edges: 3 });
    expect(await get('/graph/timeline', there)).toMatchObject({ total_memories: 3, total_links: 3 });
    const { communities } = await get('/communities', there);
    expect(communities).toEqual([expect.objectContaining({ size: 3 })]);
    expect(sorted(communities[0].top_memories)).toEqual(sorted(inside));
    expect((await get(`/communities/${communities[0].id}`, there)).members).toHaveLength(3);
    expect((await get('/graph/export', there)).nodes).toHaveLength(3);
  });

  describe('growth', () => {
    it('is told week by week', async () => {
      const [a] = await storeAll(app, ['first', 'second']);
      app.clock.advance(WEEK);
      const b = await store(app, 'third');
      await link(b, a!);
      app.clock.advance(2 * WEEK);
      await store(app, 'fourth');
      const { timeline, ...rest } = await get('/graph/timeline?weeks=3');
      expect(rest).toEqual({ weeks: 3, total_memories: 4, total_links: 1, total_entities: 0 });
      expect(timeline.map((w: Record<string, unknown>) => [w.week, w.week_start, w.memories, w.links, w.cumulative_memories, w.cumulative_links])).toEqual([
        ['2026-W11', '2026-03-09', 1, 1, 3, 1],
        ['2026-W12', '2026-03-16', 0, 0, 3, 1],
        ['2026-W13', '2026-03-23', 1, 0, 4, 1],
      ]); // biome-ignore format: table
      expect((await get('/graph/timeline')).timeline).toHaveLength(52);
    });
  });

  describe('analysis', () => {
    it('finds what holds two groups together', async () => {
      const ids = await groups(2, 4);
      const lonely = await store(app, 'lonely');
      const found = await get('/graph/analysis');
      expect(found).toMatchObject({
        nodes: 9,
        edges: 13,
        topology: 'disconnected',
        components: { count: 2, isolated: 1, largest: [8, 1] },
        bridges: { count: 1, first: [[ids[0], ids[4]]] },
        cut_points: { count: 2, first: [ids[0], ids[4]] },
        betweenness: { sampled: false },
      });
      expect(found.degree.highest.slice(0, 2)).toEqual([{ id: ids[0], score: 4 }, { id: ids[4], score: 4 }]); // biome-ignore format: short
      expect(found.betweenness.highest.map(({ id }: { id: number }) => id)).toEqual([ids[0], ids[4]]);
      expect(found.degree.highest.map(({ id }: { id: number }) => id)).not.toContain(lonely);
    });
    it('has words for an empty graph', async () => {
      expect(await get('/graph/analysis')).toMatchObject({ nodes: 0, topology: 'empty', density: 0 });
      expect(await get('/graph')).toMatchObject({ nodes: [], edges: [] });
      expect(await get('/communities')).toEqual({ communities: [], count: 0 });
      expect((await app.call('POST', '/graph/pagerank')).body).toMatchObject({ memories: 0, iterations: 0 });
      expect((await get('/graph/export')).nodes).toEqual([]);
    });
  });
});
