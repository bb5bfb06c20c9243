// Two servers that tell each other what changed end up saying the same.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, fakeClock, type TestApp } from './support/app.ts';
import { store } from './support/memories.ts';

let a: TestApp;
let b: TestApp;
const clock = fakeClock();
beforeEach(async () => {
  clock.set(Date.UTC(2026, 2, 2, 12));
  a = await createTestApp({ ports: { clock } });
  b = await createTestApp({ ports: { clock } });
});
afterEach(async () => {
  await a.close();
  await b.close();
});

/** @returns where to go on, and what the receiver made of it */
async function pull(from: TestApp, into: TestApp, cursor?: string, limit = 3) {
  const sum = { applied: 0, failed: 0 };
  let next = cursor;
  for (;;) {
    const query = new URLSearchParams({ limit: String(limit), ...(next !== undefined && { cursor: next }) });
    const { status, body } = await from.call('GET', `/sync/changes?${query}`);
    expect(status).toBe(200);
    next = body.next as string;
    const answer = await into.call('POST', '/sync/receive', { changes: body.changes });
    expect([answer.status, answer.body.errors]).toEqual([200, []]);
    sum.applied += answer.body.applied;
    if (!body.more) return { ...sum, next };
  }
}
const state = async (app: TestApp) =>
  ((await app.call('GET', '/list?limit=100')).body.results as Record<string, unknown>[])
    .map(({ content, tags, category, importance, sync_id, source }) =>
      JSON.stringify({ content, tags, category, importance, sync_id, source }),
    )
    .sort();
async function settled() {
  await pull(a, b);
  await pull(b, a);
  expect(await state(a)).toEqual(await state(b));
}

describe('two servers', () => {
  it('have the same memories in both directions, and rest then', async () => {
    for (let n = 0; n < 8; n++)
      await store(a, { content: `note ${n} of a about ${n * 13}`, tags: [`t${n}`], source: 'ann' });
    clock.advance(1000);
    for (let n = 0; n < 5; n++) await store(b, { content: `record ${n} of b on ${n * 17}`, source: 'bob' });
    const first = await pull(a, b);
    expect(first.applied).toBe(8);
    const second = await pull(b, a);
    expect(second.applied).toBe(5);
    expect(await state(a)).toEqual(await state(b));
    expect(await state(a)).toHaveLength(13);
    expect((await pull(a, b, first.next)).applied).toBe(0);
    expect((await pull(a, b)).applied).toBe(0);
  });

  it('carry over new versions, tags, trash and erasures', async () => {
    const id = await store(a, 'The port is 80');
    const gone = await store(a, 'A plan that will be dropped');
    const erased = await store(a, 'A slip that must not stay');
    await settled();
    const { next } = await pull(a, b);
    clock.advance(60_000);
    await a.call('POST', `/memory/${id}/update`, { content: 'The port is 8080', tags: ['net'] });
    await a.call('POST', `/memory/${gone}/forget`);
    await a.call('DELETE', `/memory/${erased}`);
    const { applied } = await pull(a, b, next);
    expect(applied).toBeGreaterThanOrEqual(3);
    expect(await state(b)).toEqual(await state(a));
    const [only] = (await b.call('GET', '/list')).body.results;
    expect(only).toMatchObject({ content: 'The port is 8080', version: 2 });
    const { chain } = (await b.call('GET', `/versions/${only.id}`)).body;
    expect(chain).toHaveLength(2);
    await settled();
  });

  it.each([
    ['a', 'b'],
    ['b', 'a'],
  ])('agree on the later of two changes when %s changes first', async (first) => {
    const id = await store(a, { content: 'The door code is 1111', tags: ['door'] });
    await settled();
    const there = (await b.call('GET', '/list')).body.results[0].id;
    const change = async (which: string, content: string) => {
      clock.advance(60_000);
      const [app, memory] = which === 'a' ? ([a, id] as const) : ([b, there] as const);
      expect((await app.call('POST', `/memory/${memory}/update`, { content })).status).toBe(200);
    };
    await change(first, 'The door code is 2222');
    await change(first === 'a' ? 'b' : 'a', 'The door code is 3333');
    await settled();
    await settled();
    for (const app of [a, b]) {
      const { results } = (await app.call('GET', '/list')).body;
      expect(results.map(({ content }: { content: string }) => content)).toEqual(['The door code is 3333']);
      const { chain } = (await app.call('GET', `/versions/${results[0].id}`)).body;
      expect(chain.map(({ content }: { content: string }) => content).sort()).toEqual(
        [1111, 2222, 3333].map((n) => `The door code is ${n}`),
      );
    }
  });
});

describe('POST /sync/receive', () => {
  it('takes what older servers send, in both shapes, once', async () => {
    const change = {
      sync_id: 'abc-1',
      change_type: 'insert',
      content: 'From afar',
      category: 'task',
      importance: 8,
      timestamp: '2026-01-01 00:00:00',
    };
    expect((await a.call('POST', '/sync/receive', { changes: [change] })).body).toMatchObject({
      applied: 1,
      created: 1,
      skipped: 0,
      synced: true,
    });
    expect((await a.call('POST', '/sync/receive', { memories: [change] })).body).toMatchObject({
      applied: 0,
      skipped: 1,
    });
    const later = { ...change, change_type: 'update', content: 'From further afar', timestamp: '2026-01-02 00:00:00' };
    expect((await a.call('POST', '/sync/receive', { changes: [later] })).body).toMatchObject({ updated: 1 });
    expect((await a.call('POST', '/sync/receive', { changes: [later] })).body).toMatchObject({ applied: 0 });
    expect((await a.call('GET', '/list')).body.results).toEqual([
      expect.objectContaining({ content: 'From further afar' }),
    ]);
  });

  it('tells what it cannot take', async () => {
    const { body } = await a.call('POST', '/sync/receive', {
      changes: [{ sync_id: 'x1' }, { sync_id: 'x2', content: 'fine' }],
    });
    expect(body).toMatchObject({ created: 1, failed: 1, errors: [{ sync_id: 'x1', reason: 'content is missing.' }] });
    expect((await a.call('POST', '/sync/receive', { changes: [{ sync_id: '' }] })).status).toBe(400);
    expect((await a.call('GET', '/sync/changes?cursor=nonsense')).status).toBe(400);
  });

  it('touches nobody else', async () => {
    await store(a, 'mine alone');
    const { sync_id } = (await a.call('GET', '/list')).body.results[0];
    const eve = await a.newUser('eve');
    expect((await eve('GET', '/sync/changes')).body.changes).toEqual([]);
    await eve('POST', '/sync/receive', { changes: [{ sync_id, change_type: 'delete', timestamp: '2030-01-01' }] });
    expect((await a.call('GET', '/list')).body.results).toHaveLength(1);
  });
});
