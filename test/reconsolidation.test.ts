// What memories count for follows what became known since, and doing it twice changes nothing.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { store, storeAll } from './support/memories.ts';

const DAY_MS = 86_400_000;

onEachDatabase(
  (kind) => {
    let app: TestApp;
    beforeEach(async () => {
      const place = await kind.place();
      app = await createTestApp({
        env: { ENGRAM_UNDERSTANDING: '1', ENGRAM_EMBEDDING_MODEL: '' },
        ports: { database: await place.open() },
      });
    });
    afterEach(() => app.close());

    const run = async (id: number) => (await app.call('POST', `/intelligence/reconsolidate/${id}`)).body;
    const undo = async (id: number) => (await app.call('POST', `/intelligence/reconsolidate/${id}/undo`)).body;
    const candidates = async () => (await app.call('GET', '/intelligence/reconsolidation/candidates')).body;
    const listed = async () => (await app.call('GET', '/intelligence/reconsolidations')).body.reconsolidations;
    const memory = async (id: number) => (await app.call('GET', `/memory/${id}`)).body;
    async function clash(): Promise<[number, number]> {
      const ids = [await store(app, 'Redis listens on port 6379'), await store(app, 'Redis listens on port 6380')];
      await app.jobs.drain();
      return ids as [number, number];
    }

    it('counts less what a newer memory contradicts, once', async () => {
      const [old, newer] = await clash();
      const first = await run(old);
      expect(first).toMatchObject({
        memory_id: old,
        action: 'corrected',
        old_importance: 5,
        new_importance: 3,
        old_confidence: 1,
        new_confidence: 0.5,
        reason: expect.stringContaining('contradicts'),
      });
      expect(await memory(old)).toMatchObject({ importance: 3, confidence: 0.5 });
      const changed = await memory(old);
      for (let again = 0; again < 3; again++)
        expect(await run(old)).toMatchObject({ action: 'unchanged', old_importance: 3, new_importance: 3 });
      expect((await memory(old)).updated_at).toBe(changed.updated_at);
      expect((await run(newer)).action).toBe('unchanged');
    });

    it('shows what would change without changing it', async () => {
      const [old] = await clash();
      const before = await memory(old);
      const first = await candidates();
      expect(first).toMatchObject({ count: 1, results: [{ memory_id: old, action: 'corrected', new_importance: 3 }] });
      expect(await candidates()).toEqual(first);
      expect(await memory(old)).toMatchObject({ importance: before.importance, updated_at: before.updated_at });
      expect(await listed()).toEqual([]);
      await run(old);
      expect(await candidates()).toEqual({ results: [], count: 0 });
    });

    it('takes it back when the contradiction is settled', async () => {
      const [old, newer] = await clash();
      await run(old);
      await app.call('POST', '/contradictions/resolve', {
        memory_a_id: old,
        memory_b_id: newer,
        resolution: 'keep_both',
      });
      expect(await run(old)).toMatchObject({ action: 'strengthened', new_importance: 5, new_confidence: 1 });
      expect(await listed()).toEqual([]);
    });

    it('keeps what it was before, and gives it back', async () => {
      const [old] = await clash();
      await run(old);
      expect(await listed()).toEqual([
        expect.objectContaining({
          memory_id: old,
          base_importance: 5,
          base_confidence: 1,
          importance: 3,
          confidence: 0.5,
        }),
      ]);
      expect(await undo(old)).toEqual({ memory_id: old, undone: true, importance: 5, confidence: 1 });
      expect(await undo(old)).toMatchObject({ undone: false });
      expect(await candidates()).toMatchObject({ count: 0 });
      expect(await run(old)).toMatchObject({ action: 'corrected', base_importance: 5, new_importance: 3 });
    });

    it('lets feedback count beside the evidence', async () => {
      const [old] = await clash();
      await run(old);
      await app.call('POST', '/feedback', { memory_id: old, rating: 'helpful' });
      expect(await run(old)).toMatchObject({ action: 'unchanged', base_importance: 6, new_importance: 4 });
    });

    it('follows how recall was rated', async () => {
      const [good, bad] = await storeAll(app, ['good', 'bad']);
      for (let n = 0; n < 4; n++) {
        await app.call('POST', '/feedback', { memory_id: good, rating: 'helpful' });
        await app.call('POST', '/feedback', { memory_id: bad, rating: 'irrelevant' });
      }
      expect(await run(good!)).toMatchObject({ action: 'strengthened', old_importance: 9, new_importance: 10 });
      expect(await run(bad!)).toMatchObject({ action: 'unchanged', new_importance: 1 });
    });

    it('is done by itself, and comes to an end', async () => {
      const ids = await storeAll(
        app,
        Array.from({ length: 60 }, (_, n) => `Note ${n} about topic ${n * 7919}`),
      );
      const fixed = await store(app, { content: 'A permanent fact', is_static: true });
      app.clock.advance(60 * DAY_MS);
      const importances = async () => {
        const { results } = (await app.call('GET', '/list?limit=1000')).body;
        return new Map(results.map((one: { id: number; importance: number }) => [one.id, one.importance]));
      };
      for (let sweeps = 0; sweeps < 4; sweeps++) {
        await app.jobs.drain();
        app.clock.advance(7 * 3_600_000);
      }
      const after = await importances();
      expect(ids.filter((id) => after.has(id) && after.get(id) !== 4)).toEqual([]);
      expect(after.get(fixed) ?? 5).toBe(5);
      expect((await candidates()).count).toBe(0);
    });

    it('is one’s own, within the space, and not of what is in the trash', async () => {
      const id = await store(app, 'mine');
      const other = await app.newUser('other');
      expect((await other('POST', `/intelligence/reconsolidate/${id}`)).body.code).toBe('memory_not_found');
      await app.call('POST', '/spaces', { name: 'work' });
      const inWork = { 'x-space': 'work' };
      expect((await app.call('POST', `/intelligence/reconsolidate/${id}`, {}, inWork)).status).toBe(404);
      await app.call('POST', `/memory/${id}/forget`);
      expect((await app.call('POST', `/intelligence/reconsolidate/${id}`)).status).toBe(404);
    });
  },
  KINDS.filter(({ name }) => name !== 'Postgres'),
);
