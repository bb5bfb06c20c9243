// What memories state, the time it holds for, and the state of the user it amounts to.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { store } from './support/memories.ts';

const DAY_MS = 86_400_000;
const ON = { ENGRAM_UNDERSTANDING: '1' };

onEachDatabase(
  (kind) => {
    let app: TestApp;
    beforeEach(async () => {
      const database = await (await kind.place()).open();
      app = await createTestApp({ env: ON, ports: { database } });
    });
    afterEach(() => app.close());

    /** Stores, waits until it is read, and lets a day pass. */
    async function say(content: string, more: object = {}): Promise<number> {
      const id = await store(app, { content, ...more });
      await app.jobs.drain();
      app.clock.advance(DAY_MS);
      return id;
    }
    const facts = async (query = '', headers = {}) =>
      (await app.call('GET', `/facts${query}`, undefined, headers)).body.facts;
    const objects = async (query = '', headers = {}) =>
      (await facts(query, headers)).map((fact: { object: string }) => fact.object);

    describe('GET /facts', () => {
      it('shows what a memory states, with columns of both generations', async () => {
        const id = await say('I bought two concert tickets for $80 yesterday.');
        const { body } = await app.call('GET', '/facts');
        expect(body).toMatchObject({ count: 1, total: 1 });
        expect(body.facts[0]).toMatchObject({
          memory_id: id,
          subject: 'user',
          predicate: 'bought',
          verb: 'buy',
          object: 'two concert tickets for $80',
          quantity: 80,
          unit: 'USD',
          date_ref: 'yesterday',
          date_approx: '2026-03-01',
          valid_at: '2026-03-01 00:00:00',
          invalid_at: null,
          is_current: true,
          origin: 'rules',
          confidence: 0.8,
          user_id: 1,
          created_at: '2026-03-02 12:00:00',
        });
      });

      it('reads dates from when it was said, not from now', async () => {
        await say('Caroline: I moved to Boston last May', { occurred_at: '2023-07-01' });
        expect(await facts()).toMatchObject([
          {
            subject: 'Caroline',
            predicate: 'lives_in',
            object: 'Boston',
            date_ref: 'last May',
            valid_at: '2023-05-01 00:00:00',
          },
        ]);
      });

      it('finds by subject, predicate, verb and memory, in pages', async () => {
        const a = await say('The staging database runs on Postgres 15. The gateway listens on port 8080.');
        const b = await say('Alice works at Acme.');
        expect(await objects('?subject=STAGING')).toEqual(['Postgres 15']);
        expect(await objects('?subject=100%25')).toEqual([]);
        expect(await objects('?predicate=port')).toEqual(['8080']);
        expect(await objects('?verb=works_at')).toEqual(['Acme']);
        expect(await objects('?verb=work')).toEqual(['Acme']);
        expect(await objects(`?memory_id=${b}`)).toEqual(['Acme']);
        expect((await facts(`?memory_id=${a}`)).length).toBe(2);
        expect(await objects('?limit=1&offset=1')).toEqual(['8080']);
        expect((await app.call('GET', '/facts?as_of=soon')).status).toBe(400);
      });

      it('shows nobody the facts of others, nor of another space', async () => {
        const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
        await say('Alice works at Acme.');
        await say('Bob works at Initech.', { space_id: space });
        const other = await app.newUser('other');
        expect((await other('GET', '/facts')).body).toMatchObject({ facts: [], total: 0 });
        expect(await objects('', { 'x-space': 'work' })).toEqual(['Initech']);
      });

      it('leaves out what is forgotten, archived, waiting, or erased', async () => {
        const [a, b, c] = [
          await say('Alice works at Acme.'),
          await say('Bob works at Initech.'),
          await say('Carol works at Hooli.'),
        ];
        const waiting = await say('Dana works at Umbrella.', { status: 'pending' });
        await app.call('POST', `/memory/${a}/forget`);
        await app.call('POST', `/memory/${b}/archive`);
        await app.call('DELETE', `/memory/${c}`);
        expect(await objects()).toEqual([]);
        await app.call('POST', `/inbox/${waiting}/approve`);
        app.clock.advance(300_000);
        await app.jobs.drain();
        expect(await objects()).toEqual(['Umbrella']);
      });
    });

    describe('validity windows', () => {
      it('close when a newer fact takes the place of an older one', async () => {
        await say('The staging database runs on Postgres 15.');
        await say('The staging database runs on Postgres 16.');
        const [newer, older] = await facts();
        expect(older).toMatchObject({
          object: 'Postgres 15',
          invalid_at: '2026-03-03 12:00:00',
          invalidated_by: newer.id,
          is_current: false,
        });
        expect(newer).toMatchObject({ object: 'Postgres 16', invalid_at: null, is_current: true });
        expect(await objects('?current=true')).toEqual(['Postgres 16']);
        expect(await objects('?current=false')).toEqual(['Postgres 15']);
        expect(await objects('?as_of=2026-03-02')).toEqual(['Postgres 15']);
        expect(await objects('?as_of=2026-03-03')).toEqual(['Postgres 16']);
        expect(await objects('?as_of=2026-03-01')).toEqual([]);
      });

      it('stay open for what one can have several of', async () => {
        await say('I bought a bike.');
        await say('I bought a boat.');
        await say('Alice likes tea.');
        await say('Alice likes coffee.');
        expect(await objects('?current=true')).toEqual(['coffee', 'tea', 'boat', 'bike']);
      });

      it('put facts in the order of their dates, however they arrive', async () => {
        await say('Bob moved to Oslo in January 2026.');
        await say('Bob moved to Bergen in June 2024.');
        const [bergen, oslo] = await facts();
        expect(bergen).toMatchObject({
          object: 'Bergen',
          valid_at: '2024-06-01 00:00:00',
          invalid_at: '2026-01-01 00:00:00',
          invalidated_by: oslo.id,
        });
        expect(oslo).toMatchObject({ object: 'Oslo', invalid_at: null });
        expect(await objects('?as_of=2025-01-01')).toEqual(['Bergen']);
      });

      it('close when a text says that it is over', async () => {
        await say('Alice works at Acme.');
        await say('I use Vim.');
        await say('Alice no longer works at Acme.');
        await say('I stopped using Vim.');
        expect(await objects('?current=true')).toEqual([]);
        expect(await facts('?subject=alice')).toMatchObject([{ object: 'Acme', invalid_at: '2026-03-04 12:00:00' }]);
      });

      it('are apart in every space and for every subject', async () => {
        const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
        await say('Alice lives in Rome.');
        await say('Alice lives in Paris.', { space_id: space });
        await say('Bob lives in Oslo.');
        expect((await objects('?current=true')).sort()).toEqual(['Oslo', 'Paris', 'Rome']);
      });

      it('end with the version that a new one replaces; what both say goes on', async () => {
        const first = await say('Alice works at Acme. Alice likes tea. Alice lives in Rome.');
        const before = await facts();
        const next = (
          await app.call('POST', `/memory/${first}/update`, { content: 'Alice works at Globex. Alice lives in Rome.' })
        ).body.new_id;
        await app.jobs.drain();
        const byObject = new Map((await facts()).map((fact: { object: string }) => [fact.object, fact]));
        expect(byObject.get('Rome')).toMatchObject({
          id: before.find((fact: { object: string }) => fact.object === 'Rome').id,
          memory_id: next,
          valid_at: '2026-03-02 12:00:00',
          invalid_at: null,
        });
        expect(byObject.get('tea')).toMatchObject({ memory_id: first, invalid_at: '2026-03-03 12:00:00' });
        expect(byObject.get('Acme')).toMatchObject({
          invalid_at: '2026-03-03 12:00:00',
          invalidated_by: (byObject.get('Globex') as { id: number }).id,
        });
        expect((await objects('?current=true')).sort()).toEqual(['Globex', 'Rome']);
      });

      it('end with a correction', async () => {
        const id = await say('The gateway listens on port 8080.');
        await app.call('POST', '/correct', { memory_id: id, content: 'The gateway listens on port 9090.' });
        await app.jobs.drain();
        expect(await objects('?current=true')).toEqual(['9090']);
      });

      it('open again when what closed them is forgotten or erased', async () => {
        await say('Alice lives in Rome.');
        for (const how of ['forget', 'erase']) {
          const wrong = await say(`Alice lives in Paris${how === 'erase' ? '!' : '.'}`);
          expect(await objects('?current=true')).toEqual(['Paris']);
          if (how === 'forget') await app.call('POST', `/memory/${wrong}/forget`);
          else await app.call('DELETE', `/memory/${wrong}`);
          app.clock.advance(300_000);
          await app.jobs.drain();
          expect(await objects('?current=true')).toEqual(['Rome']);
        }
      });

      it('and ids stay the same when all is read again', async () => {
        await say('Alice lives in Rome.');
        await say('Alice lives in Paris.');
        const before = await facts();
        await app.call('POST', '/understanding');
        await app.jobs.drain();
        expect(await facts()).toEqual(before);
      });
    });

    describe('/state', () => {
      it('is what holds of the user, with what held before', async () => {
        await say('I live in Berlin. I like tea.');
        const id = await say('I moved to Lisbon. My name is Jonas.');
        const { body } = await app.call('GET', '/state');
        expect(body.state).toEqual({ current_location: 'Lisbon', name: 'Jonas' });
        const { body: found } = await app.call('GET', '/state?key=location');
        expect(found).toMatchObject({
          count: 1,
          state: [
            { key: 'current_location', value: 'Lisbon', previous_value: 'Berlin', updated_count: 2, memory_id: id },
          ],
        });
      });

      it('is deleted by closing the facts behind it, until they are stated anew', async () => {
        await say('I live in Berlin.');
        await say('My name is Jonas.');
        expect((await app.call('DELETE', '/state?key=name')).body).toMatchObject({ deleted: 1 });
        expect((await app.call('GET', '/state')).body.state).toEqual({ current_location: 'Berlin' });
        expect((await app.call('DELETE', '/state')).body).toMatchObject({ deleted: 1 });
        await app.call('POST', '/understanding');
        await app.jobs.drain();
        expect((await app.call('GET', '/state')).body).toMatchObject({ state: {}, count: 0 });
        await say('I live in Berlin with my cat.');
        expect((await app.call('GET', '/state')).body.state).toEqual({ current_location: 'Berlin' });
      });
    });

    describe('reading on request', () => {
      it('POST /intelligence/extract stores a text and counts what it states', async () => {
        const { body } = await app.call('POST', '/intelligence/extract', { content: 'I live in Rome. I love pizza.' });
        expect(body).toMatchObject({ facts: 2, preferences: 1, state_updates: 1 });
        expect((await app.call('GET', `/memory/${body.memory_id}`)).body.source).toBe('extraction');
        expect((await objects()).length).toBe(2);
        expect((await app.call('POST', '/intelligence/extract', { memory_id: body.memory_id })).body).toEqual(body);
        expect((await app.call('POST', '/intelligence/extract', {})).status).toBe(400);
        expect((await app.call('POST', '/intelligence/extract', { memory_id: 999 })).body.code).toBe(
          'memory_not_found',
        );
      });

      it('POST /admin/backfill-facts reads all again', async () => {
        const id = await say('Alice works at Acme.');
        expect((await app.call('POST', '/admin/backfill-facts')).body).toEqual({ processed: 1, facts_created: 0 });
        expect(await objects(`?memory_id=${id}`)).toEqual(['Acme']);
        const other = await app.newUser('other');
        expect((await other('POST', '/admin/backfill-facts')).status).toBe(403);
      });
    });
  },
  KINDS.filter(({ shared }) => !shared),
);
