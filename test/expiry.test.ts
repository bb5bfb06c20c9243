// Memories whose time is over, the trash, and what leaves it for good.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { found, idsOf, store, storeAll } from './support/memories.ts';

const DAY_MS = 86_400_000;
const SWEEP_EVERY_MS = 5 * 60_000;

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const forget = (id: number, body?: object) => app.call('POST', `/memory/${id}/forget`, body);
const trash = async () => (await app.call('GET', '/memory/trash')).body.memories as { id: number }[];
/** Lets the scheduler see the jobs, then lets the time come and the job run. */
async function later(ms: number): Promise<void> {
  await app.jobs.drain();
  app.clock.advance(ms);
  await app.jobs.drain();
}
/** Rows of a table that belong to these memories. */
async function left(table: 'memory_vectors' | 'memory_tags' | 'memory_links' | 'feedback', id: number) {
  const column = table === 'memory_links' ? 'source_id' : 'memory_id';
  return (
    await app.database.reader.db
      .selectFrom(table)
      .selectAll()
      .where(column as never, '=', id as never)
      .execute()
  ).length;
}

describe('ttl', () => {
  it('is seconds from now; with forget_after the earlier of the two holds', async () => {
    const at = async (more: object) => {
      const id = await store(app, { content: `note ${JSON.stringify(more)}`, ...more });
      return (await app.call('GET', `/memory/${id}`)).body.forget_after;
    };
    expect(await at({ ttl: 90 })).toBe('2026-03-02 12:01:30');
    expect(await at({ ttl: 3600, forget_after: '2026-03-02 12:30:00' })).toBe('2026-03-02 12:30:00');
    expect(await at({ ttl: 60, forget_after: '2026-03-02 12:30:00' })).toBe('2026-03-02 12:01:00');
    expect(await at({})).toBeNull();
  });

  it('counts anew from an update, and is kept by one that does not speak of it', async () => {
    const id = await store(app, { content: 'the code is 1234', ttl: 60 });
    app.clock.advance(30_000);
    const kept = await app.call('POST', `/memory/${id}/update`, { importance: 9 });
    expect(kept.body.forget_after).toBe('2026-03-02 12:01:00');
    const longer = await app.call('POST', `/memory/${kept.body.id}/update`, { ttl: 600 });
    expect(longer.body.forget_after).toBe('2026-03-02 12:10:30');
    const never = await app.call('POST', `/memory/${longer.body.id}/update`, { forget_after: null });
    expect(never.body.forget_after).toBeNull();
  });

  it.each([0, -5, 1.5, 1e12, '60'])('refuses %j', async (ttl) => {
    const answer = await app.call('POST', '/store', { content: 'x', ttl });
    expect([answer.status, answer.body.error]).toEqual([400, expect.stringContaining('ttl')]);
  });
});

describe('the sweep', () => {
  it('moves what is past its time to the trash, every five minutes', async () => {
    const [due, later_, never] = await storeAll(app, [
      { content: 'the harbour code is 1234', ttl: 60 },
      { content: 'the harbour gate is open', ttl: 3600 },
      'the harbour is deep',
    ]);
    await later(SWEEP_EVERY_MS);
    expect(await trash()).toEqual([
      expect.objectContaining({
        id: due,
        forget_reason: 'expired',
        is_forgotten: true,
        forgotten_at: '2026-03-02 12:05:00',
      }),
    ]);
    expect(idsOf((await app.call('GET', '/list')).body.results)).toEqual([never, later_]);
    expect(await found(app, 'harbour code')).not.toContain(due);
    await later(3600_000);
    expect(idsOf(await trash())).toEqual([later_, due]);
  });

  it('keeps a reason that was given, and lets an expired memory come back for good', async () => {
    const id = await store(app, { content: 'door code 77', ttl: 60, forget_reason: 'codes change' });
    await later(SWEEP_EVERY_MS);
    expect(await trash()).toEqual([expect.objectContaining({ id, forget_reason: 'codes change' })]);
    const back = await app.call('POST', `/memory/${id}/restore`);
    expect(back.body).toMatchObject({ is_forgotten: false, forget_after: null, forgotten_at: null });
    await later(SWEEP_EVERY_MS);
    expect(await trash()).toEqual([]);
    expect(await found(app, 'door code')).toEqual([id]);
  });

  it('erases what has been in the trash for 30 days', async () => {
    const [early, late, kept] = await storeAll(app, ['harbour one', 'harbour two', 'harbour three']);
    await forget(early!);
    await later(DAY_MS);
    await forget(late!);
    await later(29 * DAY_MS - 2 * SWEEP_EVERY_MS);
    expect(idsOf(await trash())).toEqual([late, early]);
    await later(2 * SWEEP_EVERY_MS);
    expect(idsOf(await trash())).toEqual([late]);
    expect((await app.call('POST', `/memory/${early}/restore`)).status).toBe(404);
    await later(DAY_MS);
    expect(await trash()).toEqual([]);
    expect(await found(app, 'harbour')).toEqual([kept]);
  });

  it('keeps the trash as long as the setting says', async () => {
    const short = await createTestApp({ env: { ENGRAM_TRASH_DAYS: '2' } });
    const id = await store(short, 'harbour');
    await short.call('POST', `/memory/${id}/forget`);
    await short.jobs.drain();
    short.clock.advance(DAY_MS);
    await short.jobs.drain();
    expect((await short.call('GET', '/trash')).body.count).toBe(1);
    short.clock.advance(DAY_MS);
    await short.jobs.drain();
    expect((await short.call('GET', '/trash')).body.count).toBe(0);
    await short.close();
  });

  it('reaches every user, and more than one page of each', async () => {
    const other = await app.newUser('other');
    const mine = Array.from({ length: 150 }, (_, i) => ({ content: `mine ${i}`, ttl: 60 }));
    await storeAll(app, mine);
    await other('POST', '/store', { content: 'theirs', ttl: 60 });
    await later(SWEEP_EVERY_MS);
    const all = await app.call('GET', '/memory/trash?limit=200');
    expect(all.body.count).toBe(150);
    expect((await other('GET', '/memory/trash')).body.count).toBe(1);
    await later(30 * DAY_MS);
    expect((await app.call('GET', '/memory/trash')).body.count).toBe(0);
    expect((await other('GET', '/memory/trash')).body.count).toBe(0);
  });

  it('merges what says the same when given a threshold', async () => {
    await storeAll(app, [
      { content: 'The gate on the harbour side is always open', session_id: 'a' },
      { content: 'The gate on the harbour side is always open', session_id: 'b' },
    ]);
    expect((await app.call('POST', '/sweep')).body).toMatchObject({ pairs_found: 0, consolidated: 0 });
    expect((await app.call('POST', '/sweep', { threshold: 0.85 })).body).toMatchObject({
      pairs_found: 1,
      consolidated: 1,
    });
    expect((await app.call('GET', '/list')).body.results).toHaveLength(1);
    expect((await app.call('POST', '/sweep', { threshold: 2 })).status).toBe(400);
  });

  it('can be asked for, for oneself only', async () => {
    const other = await app.newUser('other');
    await storeAll(app, [{ content: 'one', ttl: 60 }, { content: 'two', ttl: 60 }, 'three']);
    const old = await store(app, { content: 'four', tags: ['a', 'b'] });
    await forget(old);
    app.clock.advance(31 * DAY_MS);
    expect((await other('POST', '/sweep')).body).toMatchObject({ swept: 0, expired: 0, purged: 0 });
    const { status, body } = await app.call('POST', '/sweep', { threshold: 0.85 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ swept: 2, expired: 2, purged: 1, receipt: { memories: 1, full_text: 1, tags: 2 } });
    expect((await app.call('POST', '/sweep')).body).toMatchObject({ swept: 0, purged: 0, receipt: { memories: 0 } });
    const reader = await app.newUser('reader', 'read');
    expect((await reader('POST', '/sweep')).status).toBe(403);
  });
});

describe('DELETE /trash', () => {
  it('erases with vectors, links, tags, words and feedback, and says how many', async () => {
    await app.close();
    app = await createTestApp({ env: { ENGRAM_EMBEDDING_MODEL: '' } });
    const first = await store(app, { content: 'Zeppelin is the codeword', session_id: 's', tags: ['a', 'b'] });
    await store(app, { content: 'understood', session_id: 's' });
    const second = (await app.call('POST', `/memory/${first}/update`, { content: 'Zeppelin was the codeword' })).body
      .id;
    await app.call('POST', '/feedback', { memory_id: second, rating: 'helpful' });
    await forget(second);
    const { body } = await app.call('DELETE', `/trash/${second}`);
    expect(body).toMatchObject({ ok: true, id: second, purged: 2 });
    // Edges: to the old version, and to the one said next.
    expect(body.receipt).toEqual({ memories: 2, vectors: 2, links: 2, tags: 4, full_text: 2, feedback: 1, facts: 0 });
    for (const id of [first, second]) {
      for (const table of ['memory_vectors', 'memory_tags', 'memory_links', 'feedback'] as const)
        expect([table, await left(table, id)]).toEqual([table, 0]);
      expect((await app.call('GET', `/memory/${id}`)).status).toBe(404);
    }
    const everything = { query: 'zeppelin codeword', include_forgotten: true, latest_only: false };
    const gone = async () => {
      const ids = await found(app, everything);
      expect(ids).not.toContain(first);
      expect(ids).not.toContain(second);
    };
    await gone();
    expect(await app.database.check()).toEqual([]);
    // The vector index is made anew from what is left.
    app = await app.reopen();
    await gone();
  });

  it('mends the chain when an old version leaves it', async () => {
    const one = await store(app, 'one');
    const two = (await app.call('POST', `/memory/${one}/update`, { content: 'two' })).body.id;
    const three = (await app.call('POST', `/memory/${two}/update`, { content: 'three' })).body.id;
    await forget(two);
    expect((await app.call('DELETE', `/trash/${two}`)).body.receipt.memories).toBe(1);
    const chain = await app.call('GET', `/versions/${three}`);
    expect(chain.body.versions.map((v: { content: string }) => v.content)).toEqual(['one', 'three']);
    expect((await app.call('GET', `/memory/${three}`)).body).toMatchObject({ parent_memory_id: one });
  });

  it('empties all of it, and nothing else', async () => {
    const ids = await storeAll(
      app,
      Array.from({ length: 120 }, (_, i) => `note ${i}`),
    );
    for (const id of ids.slice(1)) await forget(id);
    const other = await app.newUser('other');
    const theirs = (await other('POST', '/store', { content: 'theirs' })).body.id;
    await other('POST', `/memory/${theirs}/forget`);
    expect((await app.call('DELETE', '/memory/trash')).body).toMatchObject({ purged: 119 });
    expect(idsOf((await app.call('GET', '/list')).body.results)).toEqual([ids[0]]);
    expect((await other('GET', '/trash')).body.count).toBe(1);
  });

  it('leaves alone what is not in the trash, or not one’s own', async () => {
    const id = await store(app, 'kept');
    const answer = await app.call('DELETE', `/memory/trash/${id}`);
    expect([answer.status, answer.body.code]).toEqual([404, 'memory_not_found']);
    const other = await app.newUser('other');
    await forget(id);
    expect((await other('DELETE', `/trash/${id}`)).status).toBe(404);
    expect((await other('DELETE', '/trash')).body.purged).toBe(0);
    expect(idsOf(await trash())).toEqual([id]);
  });
});

it('DELETE /memory/{id} gives the same receipt', async () => {
  const id = await store(app, { content: 'gone at once', tags: ['a'] });
  expect((await app.call('DELETE', `/memory/${id}`)).body).toMatchObject({
    deleted: true,
    erased: 1,
    receipt: { memories: 1, tags: 1, full_text: 1, vectors: 0, links: 0, feedback: 0, facts: 0 },
  });
});
