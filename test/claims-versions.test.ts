// What the README promises about changing and removing memories, as seen from outside.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { found, foundTexts, idsOf, store } from './support/memories.ts';

const HOUR_MS = 3_600_000;

interface Version {
  id: number;
  content: string;
  version: number;
  is_latest: boolean;
}

onEachDatabase(
  (kind) => {
    let app: TestApp;
    beforeEach(async () => {
      app = await createTestApp({ ports: { database: await (await kind.place()).open() } });
    });
    afterEach(() => app.close());

    const update = (id: number, body: object, call = app.call) => call('POST', `/memory/${id}/update`, body);
    const versions = async (id: number): Promise<Version[]> => (await app.call('GET', `/versions/${id}`)).body.versions;
    const listed = async (): Promise<number[]> => idsOf((await app.call('GET', '/list')).body.results);
    const statusOf = async (id: number): Promise<number> => (await app.call('GET', `/memory/${id}`)).status;

    /** A port that changed twice, an hour apart. @returns the ids of its three versions */
    async function history(): Promise<number[]> {
      const ids = [await store(app, { content: 'Billing listens on port 80', tags: ['port'], importance: 8 })];
      for (const content of ['Billing listens on port 81', 'Billing listens on port 82']) {
        app.clock.advance(HOUR_MS);
        ids.push((await update(ids.at(-1)!, { content })).body.new_id);
      }
      return ids;
    }

    describe('versioning', () => {
      it('updates without losing history: the whole chain is told from any of its versions', async () => {
        const ids = await history();
        const expected = ids.map((id, i) => ({
          id,
          content: `Billing listens on port 8${i}`,
          version: i + 1,
          is_latest: i === 2,
          created_at: `2026-03-02 1${2 + i}:00:00`,
          source_count: 1,
        }));
        for (const id of ids) expect(await versions(id)).toEqual(expected);
        for (const { id, content } of expected)
          expect((await app.call('GET', `/memory/${id}`)).body.content).toBe(content);
      });

      it('recalls the newest version alone, and carries over what was not changed', async () => {
        const [, , newest] = await history();
        expect(await listed()).toEqual([newest]);
        expect(await foundTexts(app, 'billing port')).toEqual(['Billing listens on port 82']);
        expect((await app.call('GET', `/memory/${newest}`)).body).toMatchObject({ tags: ['port'], importance: 8 });
      });

      it('still answers what was known at an earlier time', async () => {
        await history();
        const asOf = async (as_of: string) =>
          (await app.call('POST', '/timetravel', { as_of })).body.results.map(({ content }: Version) => content);
        expect(await asOf('2026-03-02 12:30:00')).toEqual(['Billing listens on port 80']);
        expect(await asOf('2026-03-02 13:30:00')).toEqual(['Billing listens on port 81']);
        expect(await asOf('2026-03-02 14:30:00')).toEqual(['Billing listens on port 82']);
      });

      it('keeps one line of versions when several update the same one at once', async () => {
        const id = await store(app, 'Billing listens on port 80');
        const answers = await Promise.all([81, 82, 83].map((n) => update(id, { content: `Billing is on port ${n}` })));
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
        expect((await versions(id)).map(({ version, is_latest }) => [version, is_latest])).toEqual([
          [1, false],
          [2, true],
        ]);
      });

      it('preserves the chain per user: nobody else reads it, adds to it, or stores under it as a parent', async () => {
        const ids = await history();
        const other = await app.newUser('other');
        const newest = ids.at(-1)!;
        for (const id of ids) expect((await other('GET', `/versions/${id}`)).status).toBe(404);
        expect((await update(newest, { content: 'Billing is gone' }, other)).status).toBe(404);
        const child = await other('POST', '/store', { content: 'Billing is gone', parent_memory_id: newest });
        expect(child.status).toBe(404);
        expect((await versions(newest)).map(({ id }) => id)).toEqual(ids);
      });
    });

    describe('removing', () => {
      it('forgets softly: out of recall at once, in the trash, and back again on request', async () => {
        const id = await store(app, 'The harbour is deep');
        const forgotten = await app.call('POST', `/memory/${id}/forget`, { reason: 'dredged' });
        expect(forgotten.body).toMatchObject({ id, status: 'forgotten', forgotten: true });
        expect([await statusOf(id), await listed(), await found(app, 'harbour')]).toEqual([404, [], []]);
        expect((await app.call('GET', '/memory/trash')).body.memories).toEqual([
          expect.objectContaining({ id, forget_reason: 'dredged' }),
        ]);
        expect((await app.call('POST', `/memory/${id}/restore`)).body.content).toBe('The harbour is deep');
        expect([await statusOf(id), await listed(), await found(app, 'harbour')]).toEqual([200, [id], [id]]);
      });

      it('hides what is archived from recall until it is unarchived', async () => {
        const id = await store(app, { content: 'The harbour is deep', importance: 10, is_static: true, tags: ['sea'] });
        const told = async () => {
          const answers = await Promise.all([
            app.call('GET', '/list'),
            app.call('GET', '/tags'),
            app.call('POST', '/tags/search', { tags: ['sea'] }),
            app.call('POST', '/search', { query: 'harbour' }),
            app.call('POST', '/recall', { query: 'harbour' }),
            app.call('POST', '/context', { query: 'harbour' }),
          ]);
          return answers.map(({ body }) => /"sea"|is deep/.test(JSON.stringify(body)));
        };
        expect(await told()).toEqual(Array(6).fill(true));
        expect((await app.call('POST', `/memory/${id}/archive`)).body).toMatchObject({ id, status: 'archived' });
        expect(await told()).toEqual(Array(6).fill(false));
        expect((await app.call('POST', `/memory/${id}/unarchive`)).body).toMatchObject({ id, status: 'active' });
        expect(await told()).toEqual(Array(6).fill(true));
      });

      it('deletes permanently: not in the trash, not to be restored, nowhere to be found', async () => {
        const id = await store(app, 'The harbour is deep');
        expect((await app.call('DELETE', `/memory/${id}`)).body).toMatchObject({ deleted: true, id });
        expect((await app.call('GET', '/memory/trash')).body.memories).toEqual([]);
        expect((await app.call('POST', `/memory/${id}/restore`)).status).toBe(404);
        expect((await app.call('GET', `/versions/${id}`)).status).toBe(404);
        expect((await app.call('DELETE', `/memory/${id}`)).status).toBe(404);
        const everywhere = {
          query: 'harbour',
          include_forgotten: true,
          include_archived: true,
          latest_only: false,
        };
        expect(await found(app, everywhere)).toEqual([]);
        expect(await found(app, { query: 'harbour', as_of: '2027-01-01' })).toEqual([]);
      });

      it('deletes every version of a memory when asked to', async () => {
        const ids = await history();
        const { body } = await app.call('DELETE', `/memory/${ids.at(-1)}?versions=true`);
        expect(body).toMatchObject({ deleted: true, erased: 3 });
        for (const id of ids) expect(await statusOf(id)).toBe(404);
        expect(await found(app, { query: 'billing port', latest_only: false })).toEqual([]);
      });
    });
  },
  KINDS.filter(({ shared }) => !shared),
);
