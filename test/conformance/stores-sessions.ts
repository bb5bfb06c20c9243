// What the store of agent sessions promises, whichever database is under it.
import { expect, it } from 'vitest';
import { type Kind, NOW } from '../support/databases.ts';
import { withTwoUsers } from '../support/rows.ts';

const LATER = '2026-03-02 12:00:05';

export function sessionsSuite(kind: Kind): void {
  const t = withTwoUsers(kind);
  const begin = (change: { user_id?: number; created_at?: string } = {}) =>
    t.bound.atomically(({ sessions }) =>
      sessions.insert({ id: crypto.randomUUID(), user_id: t.user, agent: 'ada', created_at: NOW, ...change }),
    );
  const append = (id: string, line: string, user_id = t.user) =>
    t.bound.atomically(({ sessions }) => sessions.append(user_id, id, line, line.length, LATER));
  const byId = (id: string, user_id = t.user) => t.bound.read.sessions.byId(user_id, id);
  const lines = async (id: string, after = 0, user_id = t.user) =>
    (await t.bound.read.sessions.lines(user_id, id, after, 100)).map(({ n, line }) => `${n} ${line}`);

  it('numbers lines from 1 and counts their bytes', async () => {
    const made = await begin();
    expect(made).toMatchObject({ status: 'active', lines: 0, first_line: 1, bytes: 0, ended_at: null });
    await append(made.id, 'one');
    const after = await append(made.id, 'three');
    expect(after).toEqual({ ...made, lines: 2, bytes: 8, updated_at: LATER });
    expect(await byId(made.id)).toEqual(after);
    expect(await lines(made.id)).toEqual(['1 one', '2 three']);
    expect(await lines(made.id, 1)).toEqual(['2 three']);
  });

  it('gives lines that come at once different numbers', async () => {
    const { id } = await begin();
    const all = await Promise.all(Array.from({ length: 20 }, (_, i) => append(id, `${i}`)));
    expect(new Set(all.map((session) => session!.lines)).size).toBe(20);
    expect(await lines(id)).toHaveLength(20);
  });

  it('drops the oldest lines', async () => {
    const { id } = await begin();
    for (const line of ['a', 'b', 'c']) await append(id, line);
    await t.bound.atomically(({ sessions }) => sessions.trim(t.user, id, 3, 1));
    expect(await lines(id)).toEqual(['3 c']);
    expect(await byId(id)).toMatchObject({ lines: 3, first_line: 3, bytes: 1 });
  });

  it('takes no lines and no second end once it has ended', async () => {
    const { id } = await begin();
    const end = (status: string) => t.bound.atomically(({ sessions }) => sessions.end(t.user, id, status, LATER));
    expect(await end('failed')).toMatchObject({ status: 'failed', ended_at: LATER });
    expect(await end('completed')).toBeUndefined();
    expect(await append(id, 'late')).toBeUndefined();
    expect(await byId(id)).toMatchObject({ status: 'failed', lines: 0 });
  });

  it('shows and changes nothing of another user', async () => {
    const { id } = await begin();
    await append(id, 'mine');
    expect(await byId(id, t.other)).toBeUndefined();
    expect(await append(id, 'forged', t.other)).toBeUndefined();
    expect(await lines(id, 0, t.other)).toEqual([]);
    await t.bound.atomically(async ({ sessions }) => {
      expect(await sessions.end(t.other, id, 'failed', LATER)).toBeUndefined();
      await sessions.trim(t.other, id, 9, 0);
    });
    expect(await t.bound.read.sessions.list(t.other, 10, 0)).toEqual([]);
    expect(await byId(id)).toMatchObject({ status: 'active', first_line: 1 });
    expect(await lines(id)).toEqual(['1 mine']);
  });

  it('lists the newest first and counts those that are live', async () => {
    const [old, young] = [await begin(), await begin({ created_at: LATER })];
    await begin({ user_id: t.other, created_at: LATER });
    const list = async (limit: number, offset: number) =>
      (await t.bound.read.sessions.list(t.user, limit, offset)).map(({ id }) => id);
    expect(await list(10, 0)).toEqual([young.id, old.id]);
    expect(await list(1, 1)).toEqual([old.id]);
    const live = (since: string) => t.bound.read.sessions.countLive(t.user, since);
    expect(await live('2026-03-02 11:59:59')).toBe(2);
    expect(await live(NOW)).toBe(1);
    await t.bound.atomically(({ sessions }) => sessions.end(t.user, young.id, 'failed', LATER));
    expect(await live(NOW)).toBe(0);
  });

  it('ends the idle and removes what ended long ago, with its lines, of every user', async () => {
    const [idle, busy] = [await begin(), await begin({ created_at: LATER, user_id: t.other })];
    await t.bound.atomically(({ sessions }) => sessions.append(t.user, idle.id, 'x', 1, NOW));
    const ended = await t.bound.atomically(({ sessions }) => sessions.endIdle(NOW, 'timed_out', LATER));
    expect(ended).toContain(idle.id);
    expect(ended).not.toContain(busy.id);
    expect(await byId(idle.id)).toMatchObject({ status: 'timed_out', ended_at: LATER });
    const remove = (before: string) => t.bound.atomically(({ sessions }) => sessions.removeEnded(before));
    await remove(NOW);
    expect(await lines(idle.id)).toEqual(['1 x']);
    expect(await remove(LATER)).toBeGreaterThan(0);
    expect(await byId(idle.id)).toBeUndefined();
    expect(await lines(idle.id)).toEqual([]);
    expect(await byId(busy.id, t.other)).toMatchObject({ status: 'active' });
  });
}
