// Preferences set by hand, and beside them those that memories tell.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { store } from './support/memories.ts';

onEachDatabase(
  (kind) => {
    let app: TestApp;
    beforeEach(async () => {
      const place = await kind.place();
      app = await createTestApp({ env: { ENGRAM_UNDERSTANDING: '1' }, ports: { database: await place.open() } });
    });
    afterEach(() => app.close());
    const put = (values: unknown) => app.call('PUT', '/preferences', values);
    const keys = async (query = '') => {
      const { body } = await app.call('GET', `/preferences${query}`);
      const rows = Array.isArray(body) ? body : body.preferences;
      return rows.map(({ key, value }: { key: string; value: string }) => [key, value]);
    };

    it('is a bare array by key; what is no text is kept as JSON', async () => {
      expect((await put({ tone: 'dry', 'editor.theme': 'dark', indent: 2, langs: ['nl', 'en'] })).body).toEqual({
        updated: 4,
      });
      expect((await put({ tone: 'warm' })).body).toEqual({ updated: 1 });
      expect(await keys()).toEqual([
        ['editor.theme', 'dark'],
        ['indent', '2'],
        ['langs', '["nl","en"]'],
        ['tone', 'warm'],
      ]);
      expect((await app.call('GET', '/preferences/tone')).body).toMatchObject({
        user_id: 1,
        key: 'tone',
        value: 'warm',
        domain: 'general',
        created_at: '2026-03-02 12:00:00',
        updated_at: '2026-03-02 12:00:00',
      });
    });

    it('is an object with a count when a domain or what was learned is asked for', async () => {
      await put({ 'editor.theme': 'dark', 'editor.font': 'mono', tone: 'dry' });
      const { body } = await app.call('GET', '/preferences?domain=editor');
      expect(body).toMatchObject({ count: 2, preferences: [{ key: 'editor.font' }, { key: 'editor.theme' }] });
      expect(body.learned).toBeUndefined();
      await store(app, 'User prefers short answers.');
      await app.jobs.drain();
      const both = (await app.call('GET', '/preferences?learned=true')).body;
      expect(both).toMatchObject({ count: 3, learned: [{ topic: 'short answers', polarity: 1 }] });
      expect((await app.call('GET', '/preferences?learned=false')).body).toMatchObject({ count: 3 });
    });

    it('can be removed, one or all', async () => {
      await put({ a: '1', b: '2', c: '3' });
      expect((await app.call('DELETE', '/preferences/a')).body).toEqual({ deleted: true, key: 'a' });
      expect((await app.call('DELETE', '/preferences/a')).body.code).toBe('preference_not_found');
      expect((await app.call('GET', '/preferences/a')).status).toBe(404);
      expect((await app.call('DELETE', '/preferences')).body).toEqual({ deleted: 2 });
      expect(await keys()).toEqual([]);
    });

    it('refuses what it could not keep', async () => {
      expect((await put([1])).status).toBe(400);
      expect((await put({ '': 'x' })).status).toBe(400);
      expect((await put({ a: 'x\u0000' })).status).toBe(400);
      expect((await put({ a: 'x'.repeat(10_001) })).status).toBe(400);
      expect((await put({})).body).toEqual({ updated: 0 });
    });

    it('is one’s own', async () => {
      await put({ tone: 'dry' });
      const other = await app.newUser('other');
      expect((await other('GET', '/preferences')).body).toEqual([]);
      expect((await other('GET', '/preferences/tone')).status).toBe(404);
      await other('PUT', '/preferences', { tone: 'loud' });
      await other('DELETE', '/preferences');
      expect(await keys()).toEqual([['tone', 'dry']]);
    });
  },
  KINDS.filter(({ name }) => name !== 'Postgres'),
);
