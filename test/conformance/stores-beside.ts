// What the stores beside memories promise: links, vectors, users with their keys and spaces.
import { expect, it } from 'vitest';
import { type Kind, NOW } from '../support/databases.ts';
import { addMemory, memoryRow, withTwoUsers } from '../support/rows.ts';
import { vectorSuite } from './stores-vectors.ts';

const LATER = '2026-03-02 12:00:05';

export function besideSuite(kind: Kind): void {
  const t = withTwoUsers(kind);
  const add = (content: string, change = {}) => addMemory(t.bound, memoryRow(t.user, content, change));

  it('links both ways, once, and lets a new version take them over', async () => {
    const [a, b, c, next] = [await add('a'), await add('b'), await add('c'), await add('next')];
    await t.bound.atomically(async ({ links }) => {
      expect(await links.add(t.user, { source_id: a, target_id: b, type: 'follows', similarity: 0.5 }, NOW)).toBe(true);
      expect(await links.add(t.user, { source_id: a, target_id: b, type: 'follows', similarity: 0.9 }, NOW)).toBe(
        false,
      );
      expect(await links.add(t.user, { source_id: c, target_id: a, type: 'manual', similarity: 1 / 3 }, NOW)).toBe(
        true,
      );
      expect(await links.add(t.user, { source_id: a, target_id: c, type: 'updates', similarity: 1 }, NOW)).toBe(true);
    });
    const edges = async (ids: number[], user_id = t.user) =>
      (await t.bound.read.links.touching(user_id, ids)).sort((x, y) => x.similarity - y.similarity);
    const [manual, follows, updates] = [
      { source_id: c, target_id: a, type: 'manual', similarity: 1 / 3 },
      { source_id: a, target_id: b, type: 'follows', similarity: 0.5 },
      { source_id: a, target_id: c, type: 'updates', similarity: 1 },
    ];
    expect(await edges([a])).toEqual([manual, follows, updates]);
    expect(await edges([b])).toEqual([follows]);
    expect(await edges([])).toEqual([]);
    expect(await edges([a], t.other)).toEqual([]);
    expect(await t.bound.read.links.count(t.user)).toBe(3);
    await t.bound.atomically(({ links }) => links.move(t.user, a, next));
    expect(await edges([next])).toEqual([
      { ...manual, target_id: next },
      { ...follows, source_id: next },
    ]);
    expect(await edges([a])).toEqual([updates]);
    await t.bound.atomically(({ memories }) => memories.remove(t.user, [next]));
    expect(await t.bound.read.links.count(t.user)).toBe(1);
    const corrects = { source_id: a, target_id: b, type: 'corrects', similarity: 0.7 };
    await t.bound.atomically(async ({ links }) => {
      await links.add(t.user, corrects, NOW);
      for (const end of [a, b]) await links.move(t.user, end, c);
    });
    expect(await edges([b])).toEqual([corrects]);
  });

  vectorSuite(t, add);

  it('keeps users, spaces, keys and state', async () => {
    const made = await t.bound.atomically(async ({ access }) => {
      const key = {
        user_id: t.user,
        key_prefix: 'p',
        hash_version: 1,
        name: 'k',
        scopes: 'read',
        rate_limit: 5,
        is_active: 1,
        is_replaced: 0,
        agent_id: null,
        last_used_at: null,
        expires_at: null,
        created_at: NOW,
      };
      const keys = [
        await access.createKey({ ...key, key_hash: `${t.user}-1` }),
        await access.createKey({ ...key, key_hash: `${t.user}-2` }),
      ];
      const space = await access.createSpace({ user_id: t.user, name: 'Work', description: null, created_at: NOW });
      await access.setKey(keys[0]!.id, { is_active: 0 });
      await access.used(keys[1]!.id, LATER);
      await access.setState(`s${t.user}`, 'one', NOW);
      await access.setState(`s${t.user}`, 'two', LATER);
      return { keys, space };
    });
    const { access } = t.bound.read;
    expect(await access.keys(t.user, NOW)).toEqual([{ ...made.keys[1], last_used_at: LATER }]);
    expect(await access.keyByHash(`${t.user}-1`)).toMatchObject({ id: made.keys[0]!.id, is_active: 0 });
    expect(await access.keyById(made.keys[1]!.id)).toMatchObject({ user_id: t.user });
    expect(await access.keys(t.other, NOW)).toEqual([]);
    expect(await access.anyKey()).toBe(true);
    expect(await access.spaces(t.user)).toEqual([made.space]);
    expect(await access.state(`s${t.user}`)).toBe('two');
    expect(await access.state('none')).toBeUndefined();
    const known = await access.userById(t.user);
    expect(await access.userByName(known!.username)).toEqual(known);
    expect((await access.users()).map((row) => row.id)).toEqual(expect.arrayContaining([t.user, t.other]));
    const again = t.bound.atomically(({ access }) =>
      access.createSpace({ user_id: t.user, name: 'Work', description: null, created_at: NOW }),
    );
    await expect(again).rejects.toThrow(/unique/i);
  });
}
