// What the scratchpad's store promises, whichever database is under it.
import { expect, it } from 'vitest';
import type { NewScratch } from '../../src/features/scratch/store.ts';
import { type Kind, NOW } from '../support/databases.ts';
import { withTwoUsers } from '../support/rows.ts';

const at = (minute: number) => `2026-03-02 12:${String(minute).padStart(2, '0')}:00`;

export function scratchSuite(kind: Kind): void {
  const t = withTwoUsers(kind);
  const row = (key: string, change: Partial<NewScratch> = {}): NewScratch => ({
    user_id: t.user,
    session: 's',
    agent: 'a',
    model: '',
    key,
    value: `value of ${key}`,
    updated_at: NOW,
    expires_at: at(30),
    ...change,
  });
  const put = (...rows: NewScratch[]) =>
    t.bound.atomically(async ({ scratch }) => {
      for (const one of rows) await scratch.put(one);
    });
  const list = async (filter = {}, now = NOW, user_id = t.user) =>
    (await t.bound.read.scratch.list(user_id, filter, now)).map(({ key }) => key);

  it('keeps one entry for a user, session, agent, model and key', async () => {
    const others = [{ user_id: t.other }, { session: 'x' }, { agent: 'b' }, { model: 'm' }];
    await put(row('k'), ...others.map((other) => row('k', other)));
    const later = { updated_at: at(1), expires_at: at(31) };
    const again = await t.bound.atomically(({ scratch }) => scratch.put(row('k', { value: 'new', ...later })));
    expect(again).toMatchObject({ ...row('k'), value: 'new', ...later, created_at: NOW });
    expect(await t.bound.read.scratch.list(t.user, { session: 's', agent: 'a', model: '' }, NOW)).toEqual([again]);
    expect(await list()).toHaveLength(4);
    expect(await list({}, NOW, t.other)).toHaveLength(1);
  });

  it('orders by session, key, agent and model, byte by byte', async () => {
    const rows = [row('b'), row('B'), row('é'), row('a', { agent: 'A' }), row('z', { session: 'r' })];
    await put(...rows, row('c', { model: 'm' }));
    expect(await list()).toEqual(['z', 'B', 'a', 'b', 'c', 'é']);
    expect(await list({ agent: 'a', model: 'm' })).toEqual(['c']);
  });

  it('shows nothing whose time is over, and lets it begin anew', async () => {
    await put(row('k', { expires_at: at(1) }));
    expect(await list({}, '2026-03-02 12:00:59')).toEqual(['k']);
    expect(await list({}, at(1))).toEqual([]);
    await put(row('k', { updated_at: at(1), expires_at: at(2) }));
    expect(await t.bound.read.scratch.list(t.user, {}, at(1))).toMatchObject([{ created_at: at(1) }]);
  });

  it('removes a key or a session, and counts what was still shown', async () => {
    await put(row('k'), row('k', { agent: 'b', expires_at: at(1) }), row('l'), row('k', { user_id: t.other }));
    const remove = (key: string | null) => t.bound.atomically(({ scratch }) => scratch.remove(t.user, 's', key, at(5)));
    expect(await remove('k')).toBe(1);
    expect(await list({}, NOW)).toEqual(['l']);
    expect(await remove(null)).toBe(1);
    expect(await remove(null)).toBe(0);
    expect(await list({}, NOW, t.other)).toEqual(['k']);
  });

  it('sweeps what is over, of every user, oldest first', async () => {
    const sweep = (limit: number) => t.bound.atomically(({ scratch }) => scratch.sweep(at(10), limit));
    await t.bound.atomically(({ scratch }) => scratch.sweep('9999', 1_000_000));
    await put(row('b', { expires_at: at(9) }), row('a', { expires_at: at(8), user_id: t.other }));
    await put(row('c', { expires_at: at(10) }), row('d', { expires_at: at(11) }));
    expect(await sweep(1)).toBe(1);
    expect(await list({}, NOW, t.other)).toEqual([]);
    expect(await sweep(10)).toBe(2);
    expect(await sweep(10)).toBe(0);
    expect(await list()).toEqual(['d']);
  });
}
