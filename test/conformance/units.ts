// What a unit of work promises: whole or not at all, one user's one after the other where asked, many at once.
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import type { MemoryFilter } from '../../src/core/ports.ts';
import { type Kind, NOW } from '../support/databases.ts';
import { addFindable, memoryRow, tagged, withTwoUsers } from '../support/rows.ts';

export function unitsSuite(kind: Kind): void {
  const t = withTwoUsers(kind);
  const mine = (more: Partial<MemoryFilter> = {}): MemoryFilter => ({ user_id: t.user, now: NOW, ...more });
  const listed = async (filter: Partial<MemoryFilter>) =>
    (await t.bound.read.memories.list(mine(filter), 50, 0)).map((row) => row.id);

  it('rolls back a failing unit whole and keeps its neighbours', async () => {
    const unit = (content: string, fails: boolean) =>
      t.bound.atomically(async ({ memories, fullText }) => {
        const id = await memories.insert(memoryRow(t.user, content, tagged('t')));
        await fullText.put({ memory_id: id, user_id: t.user, content, tags: [], category: '', moment: '' });
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
    expect((await t.bound.read.memories.list(mine(), 10, 0)).map((row) => row.content).sort()).toEqual([
      'good one',
      'good two',
    ]);
    expect(await t.bound.read.memories.tagCounts(mine(), 10)).toEqual([{ tag: 't', count: 2 }]);
    const query = { terms: ['bad'], stems: ['bad'], phrases: [], unspaced: [], prefixes: [] };
    expect(await t.bound.read.fullText.search(query, mine(), 10)).toEqual([]);
  });

  it('rolls back a unit whose statement fails', async () => {
    const broken = t.bound.atomically(async ({ memories }) => {
      await memories.insert(memoryRow(t.user, 'before'));
      await memories.insert(memoryRow(-1, 'owner missing'));
    });
    await expect(broken).rejects.toThrow(/foreign key/i);
    expect(await listed({})).toEqual([]);
  });

  it('lets units of one user run one after the other', async () => {
    const unit = () =>
      t.bound.atomically(async ({ memories, lockUser }) => {
        await lockUser(t.user);
        const row = memoryRow(t.user, 'only once');
        return (await memories.repeatOf(row)) ? null : memories.insert(row);
      });
    const made = await Promise.all(Array.from({ length: 20 }, unit));
    expect(made.filter((id) => id !== null)).toHaveLength(1);
    expect(await listed({})).toHaveLength(1);
  });

  it('survives many writers at once', async () => {
    const users = [t.user, t.other];
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => addFindable(t.bound, memoryRow(users[i % 2]!, `note ${i}`, tagged('t')))),
    );
    for (const user_id of users) {
      expect(await t.bound.read.memories.outline({ user_id, now: NOW })).toMatchObject({ count: 20 });
      expect(await t.bound.read.memories.tagCounts({ user_id, now: NOW }, 5)).toEqual([{ tag: 't', count: 20 }]);
    }
  });

  it('knows its size, its soundness and its name', async () => {
    await addFindable(t.bound, memoryRow(t.user, 'x'));
    expect(await t.database.size()).toBeGreaterThan(10_000);
    if (kind.family === 'sqlite') expect(await t.database.check()).toEqual([]);
    expect(t.database.description).toMatch(
      kind.family === 'sqlite' ? /^SQLite \d/ : /^Postgres \d+(\.\d+)? at \S+\/\S+$/,
    );
    expect((await sql<{ one: number }>`select 1 as one`.execute(t.database.reader.db)).rows).toEqual([{ one: 1 }]);
  });
}
