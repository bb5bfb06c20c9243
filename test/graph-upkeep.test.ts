// The graph that is kept up change by change, against the one that is read anew.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { seeded } from '../src/algo/graph/random.ts';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

it('stays the same through everything that can happen to memories', async () => {
  const random = seeded(7);
  const ids: number[] = [];
  const one = () => ids[Math.floor(random() * ids.length)]!;
  const call: Caller = (...asked) => app.call(...asked);
  const act: (() => Promise<unknown>)[] = [
    async () => ids.push((await call('POST', '/store', { content: `text ${ids.length}`, session_id: 's' })).body.id),
    () => call('POST', `/memory/${one()}/forget`),
    () => call('POST', `/memory/${one()}/restore`),
    () => call('POST', `/memory/${one()}/archive`),
    () => call('POST', `/memory/${one()}/unarchive`),
    async () => {
      const { body } = await call('POST', `/memory/${one()}/update`, { content: `changed ${random()}` });
      if (body.new_id) ids.push(body.new_id);
    },
    () => call('DELETE', `/memory/${one()}`),
    () => call('POST', '/graph/pagerank'),
    () => call('GET', '/graph/analysis'),
  ];
  const link = () =>
    call('POST', '/batch', {
      ops: [{ op: 'link', body: { source_id: one(), target_id: one(), type: `t${Math.floor(random() * 3)}`, similarity: 0.1 + 0.9 * random() } }],
    }); // biome-ignore format: short
  for (let i = 0; i < 20; i++) await act[0]!();
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 40; i++) {
      const dice = random();
      await (dice < 0.55 ? link() : act[Math.floor(random() * act.length)]!());
    }
    const kept = (await call('GET', '/graph/analysis?limit=100')).body;
    expect(kept.nodes).toBeGreaterThan(3);
    expect(kept.edges).toBeGreaterThan(3);
    app = await app.reopen();
    const anew = (await app.call('GET', '/graph/analysis?limit=100')).body;
    expect(anew).toEqual(roughly(kept));
  }
});

/** The order of edges decides in which order numbers are added. */
// biome-ignore lint/suspicious/noExplicitAny: an answer of any shape
function roughly(value: any): any {
  if (typeof value === 'number') return Number.isInteger(value) ? value : expect.closeTo(value, 6);
  if (Array.isArray(value)) return value.map(roughly);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, roughly(inner)]));
  return value;
}

it('writes only ranks that moved', async () => {
  const { call } = app;
  const ids: number[] = [];
  for (let i = 0; i < 12; i++) ids.push((await call('POST', '/store', { content: `text ${i}` })).body.id);
  const rank = async () => (await call('POST', '/graph/pagerank')).body;
  expect(await rank()).toMatchObject({ memories: 12, written: 12 });
  expect(await rank()).toMatchObject({ memories: 12, written: 0 });
  const op = { op: 'link', body: { source_id: ids[0], target_id: ids[1] } };
  await call('POST', '/batch', { ops: [op] });
  expect((await rank()).written).toBeGreaterThan(0);
});

it('loses no change that comes while it is at work', async () => {
  const { call } = app;
  for (let i = 0; i < 5; i++) await call('POST', '/store', { content: `text ${i}` });
  const working = call('POST', '/graph/pagerank');
  await Promise.all(Array.from({ length: 5 }, (_, i) => call('POST', '/store', { content: `later ${i}` })));
  await working;
  const { waiting } = (await call('GET', '/graph/pagerank')).body;
  const { memories } = (await call('POST', '/graph/pagerank')).body;
  expect(memories).toBe(10);
  expect(waiting).toBeLessThanOrEqual(5);
  const { nodes, waiting: left } = (await call('GET', '/graph/pagerank?limit=20')).body;
  expect(left).toBe(0);
  expect(nodes).toHaveLength(10);
});
