// What every store promises, whichever database is under it.
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { MemoryFilter } from '../../src/core/ports.ts';
import type { Database } from '../../src/platform/db/dialect.ts';
import { type Kind, NOW } from '../support/databases.ts';
import { addFindable, addMemory, type Bound, memoryRow, newUser, stores, tagged } from '../support/rows.ts';

const LATER = '2026-03-02 12:00:05';

export function storesSuite(kind: Kind): void {
  let database: Database;
  let bound: Bound;
  let user: number;
  let other: number;
  beforeAll(async () => {
    database = await (await kind.place()).open();
    bound = stores(database);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    user = await newUser(bound);
    other = await newUser(bound);
  });
  const mine = (more: Partial<MemoryFilter> = {}): MemoryFilter => ({ user_id: user, now: NOW, ...more });
  const add = (content: string, change = {}) => addMemory(bound, memoryRow(user, content, change));
  const listed = async (filter: Partial<MemoryFilter>) =>
    (await bound.read.memories.list(mine(filter), 50, 0)).map((row) => row.id);

  it('gives back exactly what was stored, numbers as numbers', async () => {
    const row = memoryRow(user, 'Grüße 東京 🙂\n\'quoted\' "too" \\ % _', {
      ...tagged('b', 'a'),
      session_id: 's',
      confidence: 0.25,
      adaptive_score: 1 / 3,
      occurred_at: '2020-01-02 03:04:05',
      space_id: 7,
      is_static: 1,
    });
    const id = await addMemory(bound, row);
    expect(typeof id).toBe('number');
    const read = await bound.read.memories.byId(user, id);
    expect(read).toEqual({ ...row, id });
    expect(await bound.read.memories.byId(user, id + 1_000_000)).toBeUndefined();
    expect(await bound.read.memories.byIds(user, [])).toEqual([]);
    expect((await bound.read.memories.byIds(user, [id, id, 999_999_999])).map((r) => r.id)).toEqual([id]);
  });

  it('lists newest first, in pages', async () => {
    const ids = [];
    for (const n of [1, 2, 3, 4]) ids.push(await add(`m${n}`));
    expect((await bound.read.memories.list(mine(), 2, 1)).map((row) => row.id)).toEqual([ids[2], ids[1]]);
    expect(await bound.read.memories.newestIds(mine(), 3)).toEqual([ids[3], ids[2], ids[1]]);
    expect((await bound.read.memories.idsWhere(mine())).sort((a, b) => a - b)).toEqual(ids);
  });

  it('filters by every field', async () => {
    const plain = await add('plain');
    const odd = await add('odd', {
      ...tagged('red', 'blue'),
      space_id: 5,
      category: 'Ärger',
      source: 'Claude',
      session_id: 's1',
      episode_id: 9,
      is_static: 1,
      importance: 9,
      occurred_at: '2020-05-05 10:00:00',
    });
    const green = await add('green', tagged('green'));
    const only: Partial<MemoryFilter>[] = [
      { space_id: 5 },
      { category: 'Ärger' },
      { source: 'cLAUDE' },
      { session_id: 's1' },
      { episode_id: 9 },
      { is_static: true },
      { importance_min: 9 },
      { until: '2020-05-05 10:00:00' },
      { from: '2020-05-05 10:00:00', until: '2020-05-06 00:00:00' },
      { tags_all: ['red', 'blue'] },
      { tags_all: ['red'], tags_none: ['green'] },
      { tags_any: ['red', 'nothing'] },
    ];
    for (const filter of only) expect([filter, await listed(filter)]).toEqual([filter, [odd]]);
    expect(await listed({ tags_all: ['red', 'green'] })).toEqual([]);
    expect(await listed({ tags_any: ['red', 'green'] })).toEqual([green, odd]);
    expect(await listed({ tags_none: ['red'] })).toEqual([green, plain]);
    expect(await listed({ importance_max: 8 })).toEqual([green, plain]);
    expect(await listed({ is_static: false })).toEqual([green, plain]);
    expect(await listed({ from: '2021-01-01 00:00:00' })).toEqual([green, plain]);
    expect(await listed({ category: 'GENERAL' })).toEqual([green, plain]);
    expect(await listed({ category: "x' or '1'='1" })).toEqual([]);
  });

  it('hides what is forgotten, due to be, archived, replaced, consolidated or pending, until asked', async () => {
    const shown = await add('shown', { forget_after: '2026-03-02 12:00:01' });
    const forgotten = await add('forgotten', { is_forgotten: 1 });
    const due = await add('due', { forget_after: NOW });
    const archived = await add('archived', { is_archived: 1 });
    const replaced = await add('replaced', { is_latest: 0 });
    const consolidated = await add('consolidated', { is_consolidated: 1 });
    const pending = await add('pending', { status: 'pending' });
    expect(await listed({})).toEqual([shown]);
    expect(await listed({ include_forgotten: true })).toEqual([due, forgotten, shown]);
    expect(await listed({ include_archived: true })).toEqual([archived, shown]);
    expect(await listed({ include_superseded: true })).toEqual([consolidated, replaced, shown]);
    expect(await listed({ status: 'pending' })).toEqual([pending]);
    expect((await bound.read.memories.trash(user, 10, 0)).map((row) => row.id)).toEqual([forgotten]);
    expect(await bound.read.memories.flagCounts(user)).toEqual({ archived: 1, forgotten: 1 });
    expect(await bound.read.memories.flagCounts(other)).toEqual({ archived: 0, forgotten: 0 });
  });

  it('gives ranking fields with the opening of the text', async () => {
    const id = await add(`${'é'.repeat(47)}🙂 and more`, { importance: 7 });
    const hidden = await add('hidden', { is_archived: 1 });
    const rows = await bound.read.memories.ranking(mine(), [id, hidden]);
    expect(rows).toEqual([
      expect.objectContaining({ id, importance: 7, opening: `${'é'.repeat(47)}🙂`, fsrs_stability: null }),
    ]);
    expect(await bound.read.memories.ranking(mine(), [])).toEqual([]);
  });

  it('reads many ids at once', async () => {
    const id = await add('one');
    const ids = Array.from({ length: 5_000 }, (_, i) => id + i);
    expect((await bound.read.memories.byIds(user, ids)).map((row) => row.id)).toEqual([id]);
    expect(await bound.read.memories.labels(user, ids)).toEqual([
      { category: 'general', source: 'unknown', importance: 5, tags: '[]' },
    ]);
  });

  it('finds the exact repeat in the same session, space and category alone', async () => {
    const row = memoryRow(user, 'same');
    const first = await addMemory(bound, row);
    const second = await addMemory(bound, row);
    expect((await bound.read.memories.repeatOf(row))?.id).toBe(second);
    await bound.atomically(({ memories }) => memories.set(user, second, { is_forgotten: 1 }));
    expect((await bound.read.memories.repeatOf(row))?.id).toBe(first);
    for (const change of [{ session_id: 's' }, { space_id: 3 }, { category: 'other' }, { user_id: other }]) {
      expect(await bound.read.memories.repeatOf({ ...row, ...change })).toBeUndefined();
    }
  });

  it('replaces tags, and counts them most used first, then bytewise', async () => {
    const one = await add('one', tagged('b', 'a', 'Z', 'é'));
    await add('two', tagged('b'));
    await add('hidden', { ...tagged('a', 'secret'), is_forgotten: 1 });
    const counts = () => bound.read.memories.tagCounts(mine(), 10);
    expect(await counts()).toEqual([
      { tag: 'b', count: 2 },
      { tag: 'Z', count: 1 },
      { tag: 'a', count: 1 },
      { tag: 'é', count: 1 },
    ]);
    await bound.atomically(({ memories }) => memories.replaceTags(user, one, ['c'], LATER));
    expect(await counts()).toEqual([
      { tag: 'b', count: 1 },
      { tag: 'c', count: 1 },
    ]);
    expect(await bound.read.memories.byId(user, one)).toMatchObject({ tags: '["c"]', updated_at: LATER });
    await bound.atomically(({ memories }) => memories.replaceTags(user, one, [], LATER));
    expect(await counts()).toEqual([{ tag: 'b', count: 1 }]);
  });

  it('outlines a user with numbers, also one without memories', async () => {
    expect(await bound.read.memories.outline(mine())).toEqual({
      count: 0,
      oldest: null,
      newest: null,
      avg_importance: null,
    });
    await add('a', { importance: 1, category: 'x', created_at: '2020-01-01 00:00:00' });
    await add('b', { importance: 2, category: 'y' });
    await add('c', { importance: 2, category: 'y' });
    const outline = await bound.read.memories.outline(mine());
    expect(outline).toEqual({
      count: 3,
      oldest: '2020-01-01 00:00:00',
      newest: NOW,
      avg_importance: expect.closeTo(5 / 3, 9),
    });
    expect(await bound.read.memories.categoryCounts(mine())).toEqual([
      { category: 'y', count: 2 },
      { category: 'x', count: 1 },
    ]);
    expect(await bound.read.memories.total()).toBeGreaterThanOrEqual(3);
  });

  it('keeps version chains, sessions and counters', async () => {
    const first = await add('v1', { session_id: 's' });
    const second = await add('v2', { session_id: 's', version: 2, parent_memory_id: first, root_memory_id: first });
    const { memories } = bound.read;
    expect((await memories.chain(user, first)).map((row) => row.id)).toEqual([first, second]);
    await bound.atomically(async ({ memories }) => {
      expect(await memories.supersede(user, first, LATER)).toBe(true);
      expect(await memories.supersede(user, first, LATER)).toBe(false);
      await memories.strengthen(user, second, LATER);
      await memories.touch(user, second, 3, LATER);
      await memories.touch(user, second, 2, LATER);
      expect(await memories.set(other, second, { importance: 1 })).toBe(false);
    });
    expect(await memories.lastInSession(user, 's', second)).toBeUndefined();
    expect(await memories.lastInSession(user, 's', second + 1)).toBe(second);
    expect(await memories.byId(user, second)).toMatchObject({
      source_count: 2,
      access_count: 5,
      last_accessed_at: LATER,
    });
    await bound.atomically(async ({ memories }) => {
      await memories.forgetParent(user, [first]);
      expect(await memories.remove(user, [first, first])).toBe(1);
      expect(await memories.remove(user, [])).toBe(0);
    });
    expect(await memories.byId(user, second)).toMatchObject({ parent_memory_id: null, root_memory_id: null });
  });

  it('links both ways, once, and lets a new version take them over', async () => {
    const [a, b, c, next] = [await add('a'), await add('b'), await add('c'), await add('next')];
    await bound.atomically(async ({ links }) => {
      expect(await links.add(user, { source_id: a, target_id: b, type: 'follows', similarity: 0.5 }, NOW)).toBe(true);
      expect(await links.add(user, { source_id: a, target_id: b, type: 'follows', similarity: 0.9 }, NOW)).toBe(false);
      expect(await links.add(user, { source_id: c, target_id: a, type: 'manual', similarity: 1 / 3 }, NOW)).toBe(true);
      expect(await links.add(user, { source_id: a, target_id: c, type: 'updates', similarity: 1 }, NOW)).toBe(true);
    });
    const edges = async (ids: number[], limit = 10, user_id = user) =>
      (await bound.read.links.touching(user_id, ids, limit)).sort((x, y) => x.similarity - y.similarity);
    const [manual, follows, updates] = [
      { source_id: c, target_id: a, type: 'manual', similarity: 1 / 3 },
      { source_id: a, target_id: b, type: 'follows', similarity: 0.5 },
      { source_id: a, target_id: c, type: 'updates', similarity: 1 },
    ];
    expect(await edges([a])).toEqual([manual, follows, updates]);
    expect(await edges([b])).toEqual([follows]);
    expect(await edges([])).toEqual([]);
    expect(await edges([a], 2)).toHaveLength(2);
    expect(await edges([a], 10, other)).toEqual([]);
    expect(await bound.read.links.count(user)).toBe(3);
    await bound.atomically(({ links }) => links.move(user, a, next));
    expect(await edges([next])).toEqual([
      { ...manual, target_id: next },
      { ...follows, source_id: next },
    ]);
    expect(await edges([a])).toEqual([updates]);
    await bound.atomically(({ memories }) => memories.remove(user, [next]));
    expect(await bound.read.links.count(user)).toBe(1);
  });

  it('keeps vectors bit by bit, one per model, and knows which are missing', async () => {
    const ids = [await add('a'), await add('b'), await add('c', { is_forgotten: 1 }), await add('d', { is_latest: 0 })];
    const vector = Float32Array.from([0.1, -1e-30, 3.4e38, 0, -0]);
    const put = (memory_id: number, model: string, values: Float32Array, content_hash = 'h') =>
      bound.atomically(({ vectors }) => vectors.put({ memory_id, user_id: user, content_hash, vector: values }, model));
    const { vectors } = bound.read;
    const missing = async () =>
      (await vectors.missing('m', ids[0]! - 1, 10)).map((row) => [row.id, row.user_id, row.content]);
    expect(await missing()).toEqual([
      [ids[0], user, 'a'],
      [ids[1], user, 'b'],
    ]);
    await put(ids[0]!, 'm', vector);
    await put(ids[0]!, 'other model', vector);
    expect(await missing()).toEqual([[ids[1], user, 'b']]);
    await put(ids[1]!, 'm', vector);
    // A view into a larger buffer, and a second write that replaces the first.
    await put(ids[0]!, 'm', new Float32Array([9, 1, 2, 3, 4, 5, 9]).subarray(1, 6), 'h2');
    expect(await missing()).toEqual([]);
    expect(await vectors.count(user, 'm')).toBe(2);
    expect(await vectors.count(other, 'm')).toBe(0);
    const page = await vectors.page(user, 'm', 0, 10);
    expect(page.map((record) => [record.memory_id, record.user_id, record.content_hash])).toEqual([
      [ids[0], user, 'h2'],
      [ids[1], user, 'h'],
    ]);
    expect([...page[0]!.vector]).toEqual([1, 2, 3, 4, 5]);
    expect(new Uint8Array(page[1]!.vector.buffer)).toEqual(new Uint8Array(vector.buffer));
    expect((await vectors.page(user, 'm', ids[0]!, 1)).map((record) => record.memory_id)).toEqual([ids[1]]);
    await bound.atomically(({ memories }) => memories.remove(user, [ids[0]!]));
    expect(await vectors.count(user, 'm')).toBe(1);
  });

  it('keeps users, spaces, keys and state', async () => {
    const made = await bound.atomically(async ({ access }) => {
      const key = {
        user_id: user,
        key_prefix: 'p',
        hash_version: 1,
        name: 'k',
        scopes: 'read',
        rate_limit: 5,
        is_active: 1,
        agent_id: null,
        last_used_at: null,
        expires_at: null,
        created_at: NOW,
      };
      const keys = [
        await access.createKey({ ...key, key_hash: `${user}-1` }),
        await access.createKey({ ...key, key_hash: `${user}-2` }),
      ];
      const space = await access.createSpace({ user_id: user, name: 'Work', description: null, created_at: NOW });
      await access.deactivate(keys[0]!.id);
      await access.used(keys[1]!.id, LATER);
      await access.setState(`s${user}`, 'one', NOW);
      await access.setState(`s${user}`, 'two', LATER);
      return { keys, space };
    });
    const { access } = bound.read;
    expect(await access.keys(user)).toEqual([{ ...made.keys[1], last_used_at: LATER }]);
    expect(await access.keyByHash(`${user}-1`)).toMatchObject({ id: made.keys[0]!.id, is_active: 0 });
    expect(await access.keyById(made.keys[1]!.id)).toMatchObject({ user_id: user });
    expect(await access.keys(other)).toEqual([]);
    expect(await access.anyKey()).toBe(true);
    expect(await access.spaces(user)).toEqual([made.space]);
    expect(await access.state(`s${user}`)).toBe('two');
    expect(await access.state('none')).toBeUndefined();
    const known = await access.userById(user);
    expect(await access.userByName(known!.username)).toEqual(known);
    expect((await access.users()).map((row) => row.id)).toEqual(expect.arrayContaining([user, other]));
    const again = bound.atomically(({ access }) =>
      access.createSpace({ user_id: user, name: 'Work', description: null, created_at: NOW }),
    );
    await expect(again).rejects.toThrow(/unique/i);
  });

  it('never shows one user what another has', async () => {
    const id = await add('secret', { ...tagged('secret'), session_id: 's', category: 'secret' });
    const theirs = { ...mine(), user_id: other };
    const { memories } = bound.read;
    expect(await memories.byId(other, id)).toBeUndefined();
    expect(await memories.byIds(other, [id])).toEqual([]);
    expect(await memories.list(theirs, 10, 0)).toEqual([]);
    expect(await memories.ranking(theirs, [id])).toEqual([]);
    expect(await memories.labels(other, [id])).toEqual([]);
    expect(await memories.idsWhere(theirs)).toEqual([]);
    expect(await memories.chain(other, id)).toEqual([]);
    expect(await memories.tagCounts(theirs, 10)).toEqual([]);
    expect(await memories.categoryCounts(theirs)).toEqual([]);
    expect(await memories.lastInSession(other, 's', id + 1)).toBeUndefined();
    await bound.atomically(async ({ memories }) => {
      expect(await memories.remove(other, [id])).toBe(0);
      expect(await memories.supersede(other, id, LATER)).toBe(false);
      await memories.touch(other, id, 1, LATER);
      await memories.strengthen(other, id, LATER);
    });
    expect(await memories.byId(user, id)).toMatchObject({ access_count: 0, source_count: 1, is_latest: 1 });
  });

  it('rolls back a failing unit whole and keeps its neighbours', async () => {
    const unit = (content: string, fails: boolean) =>
      bound.atomically(async ({ memories, fullText }) => {
        const id = await memories.insert(memoryRow(user, content, tagged('t')));
        await fullText.put({ memory_id: id, user_id: user, content, tags: [], category: '', moment: '' });
        if (fails) throw new Error('stop');
        return id;
      });
    const results = await Promise.allSettled([
      unit('good one', false),
      unit('bad one', true),
      unit('good two', false),
      unit('bad two', true),
    ]);
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect((results[1] as PromiseRejectedResult).reason.message).toBe('stop');
    expect((await bound.read.memories.list(mine(), 10, 0)).map((row) => row.content).sort()).toEqual([
      'good one',
      'good two',
    ]);
    expect(await bound.read.memories.tagCounts(mine(), 10)).toEqual([{ tag: 't', count: 2 }]);
    const query = { terms: ['bad'], stems: ['bad'], phrases: [], unspaced: [], prefixes: [] };
    expect(await bound.read.fullText.search(query, mine(), 10)).toEqual([]);
  });

  it('rolls back a unit whose statement fails', async () => {
    const broken = bound.atomically(async ({ memories }) => {
      await memories.insert(memoryRow(user, 'before'));
      await memories.insert(memoryRow(-1, 'owner missing'));
    });
    await expect(broken).rejects.toThrow(/foreign key/i);
    expect(await listed({})).toEqual([]);
  });

  it('lets units of one user run one after the other', async () => {
    const unit = () =>
      bound.atomically(async ({ memories, lockUser }) => {
        await lockUser(user);
        const row = memoryRow(user, 'only once');
        return (await memories.repeatOf(row)) ? null : memories.insert(row);
      });
    const made = await Promise.all(Array.from({ length: 20 }, unit));
    expect(made.filter((id) => id !== null)).toHaveLength(1);
    expect(await listed({})).toHaveLength(1);
  });

  it('survives many writers at once', async () => {
    const users = [user, other];
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => addFindable(bound, memoryRow(users[i % 2]!, `note ${i}`, tagged('t')))),
    );
    for (const user_id of users) {
      expect(await bound.read.memories.outline({ user_id, now: NOW })).toMatchObject({ count: 20 });
      expect(await bound.read.memories.tagCounts({ user_id, now: NOW }, 5)).toEqual([{ tag: 't', count: 20 }]);
    }
  });

  it('knows its size, its soundness and its name', async () => {
    await addFindable(bound, memoryRow(user, 'x'));
    expect(await database.size()).toBeGreaterThan(10_000);
    if (kind.family === 'sqlite') expect(await database.check()).toEqual([]);
    expect(database.description).toMatch(
      kind.family === 'sqlite' ? /^SQLite \d/ : /^Postgres \d+(\.\d+)? at \S+\/\S+$/,
    );
    expect((await sql<{ one: number }>`select 1 as one`.execute(database.reader.db)).rows).toEqual([{ one: 1 }]);
  });
}
