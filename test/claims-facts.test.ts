// What the README promises about facts: windows of time in which they hold, long memories taken apart, conflicts that come
// up, conversations made into memories. As seen from outside, without a language model.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { found, type Stored, search, storeAll } from './support/memories.ts';

const DAY_MS = 86_400_000;
const LONG = [
  'The harbour office opens at 9.30 on weekdays and its server quay01 has the address 10.4.0.17.',
  'Marta Lindgren sells the ferry tickets. She lives in Bergen and speaks four languages.',
  'The timetable is written by ferry/plan.v2.py with Python 3.12.4 and printed every Monday.',
  'Boats longer than 20.5 metres need a permit from the port authority before they may land.',
].join(' ');
const PARTS = [
  'The harbour office opens at 9.30 on weekdays',
  '10.4.0.17',
  'Marta Lindgren sells the ferry tickets',
  'Marta Lindgren lives in Bergen',
  'ferry/plan.v2.py',
  'Python 3.12.4',
  '20.5 metres',
];

onEachDatabase(
  (kind) => {
    let app: TestApp;
    beforeEach(async () => {
      const database = await (await kind.place()).open();
      app = await createTestApp({ env: { ENGRAM_UNDERSTANDING: '1' }, ports: { database } });
    });
    afterEach(() => app.close());

    const storeRead = async (...all: Stored[]): Promise<number[]> => {
      const ids = await storeAll(app, all);
      await app.jobs.drain();
      return ids;
    };
    const say = async (one: Stored): Promise<number> => (await storeRead(one))[0]!;
    const facts = async (query = '') => (await app.call('GET', `/facts${query}`)).body.facts;
    const objects = async (query = '') => (await facts(query)).map((fact: { object: string }) => fact.object);

    describe('fact extraction', () => {
      it('pulls structured facts from a new memory, each valid from when it was said', async () => {
        const id = await say('The gateway listens on port 8080. Priya works at Philips.');
        const read = (await facts()).map((fact: Record<string, unknown>) => [
          ...[fact.subject, fact.predicate, fact.object],
          ...[fact.valid_at, fact.invalid_at, fact.memory_id],
        ]);
        const since = '2026-03-02 12:00:00';
        expect(read.sort()).toEqual([
          ['Priya', 'works_at', 'Philips', since, null, id],
          ['gateway', 'port', '8080', since, null, id],
        ]);
      });

      it('closes the window of a fact when a newer one takes its place, and tells what held at any time', async () => {
        await say('Priya works at Philips.');
        app.clock.advance(10 * DAY_MS);
        await say('Priya works at Siemens.');
        const [newer, older] = await facts('?subject=priya');
        expect(older).toMatchObject({
          ...{ object: 'Philips', valid_at: '2026-03-02 12:00:00', invalid_at: '2026-03-12 12:00:00' },
          ...{ invalidated_by: newer.id, is_current: false },
        });
        expect(newer).toMatchObject({ object: 'Siemens', invalid_at: null, is_current: true });
        expect(await objects('?current=true')).toEqual(['Siemens']);
        expect(await objects('?as_of=2026-03-11')).toEqual(['Philips']);
        expect(await objects('?as_of=2026-03-13')).toEqual(['Siemens']);
        expect(await objects('?as_of=2026-03-01')).toEqual([]);
      });

      it('gives a fact the time that its text names, not the time of storing', async () => {
        await say('Tom moved to Oslo in January 2026.');
        await say('Tom moved to Bergen in June 2024.');
        expect(await objects('?subject=tom&as_of=2025-01-01')).toEqual(['Bergen']);
        expect(await objects('?subject=tom&current=true')).toEqual(['Oslo']);
      });

      it('answers by subject and predicate', async () => {
        await storeRead('The gateway listens on port 8080.', 'Priya works at Philips.', 'Tom works at Acme.');
        expect(await objects('?predicate=works_at&subject=tom')).toEqual(['Acme']);
        expect((await objects('?predicate=works_at')).sort()).toEqual(['Acme', 'Philips']);
      });
    });

    describe('atomic decomposition', () => {
      const parts = async (): Promise<{ id: number; content: string; is_fact: boolean }[]> =>
        (await app.call('GET', '/list?source=decomposition&limit=100')).body.results;

      it('splits a long memory into facts that stand alone, by itself, versions and addresses whole', async () => {
        await say(LONG);
        const texts = (await parts()).map(({ content }) => content);
        expect(texts.length).toBeGreaterThanOrEqual(5);
        for (const said of PARTS)
          expect(
            texts.some((text) => text.includes(said)),
            said,
          ).toBe(true);
        for (const text of texts) expect(text, 'stands alone').not.toMatch(/^(?:She|It|And|But)\b/);
      });

      it('leaves the parent intact, and links each fact back to it by has_fact', async () => {
        const id = await say(LONG);
        expect((await app.call('GET', `/memory/${id}`)).body).toMatchObject({
          ...{ content: LONG, is_latest: true, is_archived: false, is_decomposed: true },
        });
        for (const part of await parts()) {
          expect(part.is_fact).toBe(true);
          const { links } = (await app.call('GET', `/links/${part.id}`)).body;
          expect(links).toContainEqual(expect.objectContaining({ id, type: 'has_fact' }));
        }
        expect((await found(app, 'Who sells ferry tickets?'))[0]).toBe(id);
      });

      it('is done for memories stored before on request of an administrator', async () => {
        const env = { ENGRAM_UNDERSTANDING: '1', ENGRAM_AUTO_DECOMPOSE: '0' };
        await app.close();
        app = await createTestApp({ env, ports: { database: await (await kind.place()).open() } });
        await say(LONG);
        expect(await parts()).toEqual([]);
        const { body } = await app.call('POST', '/admin/decompose-sweep');
        expect(body).toMatchObject({ processed: 1, decomposed: 1, errors: 0 });
        expect((await parts()).length).toBe(body.facts_created);
        const other = await app.newUser('other');
        expect((await other('POST', '/admin/decompose-sweep')).status).toBe(403);
      });
    });

    describe('contradiction detection', () => {
      const conflicts = async (): Promise<[number, number][]> =>
        (await app.call('GET', '/contradictions')).body.contradictions.map(
          ({ memory_a, memory_b }: Record<'memory_a' | 'memory_b', { id: number }>) => [memory_a.id, memory_b.id],
        );

      it.each([
        ['The gateway listens on port 8080', 'The gateway listens on port 9090'],
        ['The night build is enabled', 'The night build is not enabled'],
        ['Priya lives in Ghent', 'Priya lives in Porto'],
      ])('surfaces the conflict when agents learn "%s" and "%s"', async (one, other) => {
        const ids = await storeRead(one, other, 'The lid is brass');
        expect(await conflicts()).toEqual([ids.slice(0, 2)]);
      });

      it.each([
        ['Priya bought a bike', 'Priya bought a helmet'],
        ['The gateway listens on port 8080', 'The mail server listens on port 25'],
        ['In 2019 Tom lived in Madrid', 'In 2023 Tom lived in Lisbon'],
        ['The lid is brass', 'The lid is brass and heavy'],
      ])('does not cry wolf: "%s" and "%s"', async (one, other) => {
        await storeRead(one, other);
        expect(await conflicts()).toEqual([]);
      });

      it('says so where either of them is recalled, and which is newer', async () => {
        const older = await say('The gateway listens on port 8080');
        app.clock.advance(DAY_MS);
        const newer = await say('The gateway listens on port 9090');
        const { results } = await search(app, 'gateway port');
        const disputed = new Map(results.map((hit: { id: number; disputed: unknown }) => [hit.id, hit.disputed]));
        expect(disputed.get(older)).toEqual([expect.objectContaining({ id: newer, superseded: true })]);
        expect(disputed.get(newer)).toEqual([expect.objectContaining({ id: older, superseded: false })]);
      });

      it('can be settled: what lost leaves recall, and comes back when asked for', async () => {
        const [a, b] = await storeRead('The gateway listens on port 8080', 'The gateway listens on port 9090');
        const settled = { memory_a_id: a, memory_b_id: b, resolution: 'keep_b' };
        expect((await app.call('POST', '/contradictions/resolve', settled)).status).toBe(200);
        expect([await conflicts(), await found(app, 'gateway port')]).toEqual([[], [b]]);
        await app.call('POST', `/memory/${a}/unarchive`);
        expect((await found(app, 'gateway port')).sort()).toEqual([a, b].sort());
      });
    });

    describe('conversation extraction', () => {
      it('makes memories of a raw chat log, and lets them wait for review', async () => {
        const { status, body } = await app.call('POST', '/add', {
          messages: [
            { role: 'user', content: 'Hi there! I live in Ghent.' },
            { role: 'assistant', content: 'How nice! You should visit Bruges.' },
            { role: 'user', content: 'We decided to use Kafka for the events. Thanks!' },
          ],
        });
        expect(status).toBe(200);
        expect(body.facts.map((fact: { content: string }) => fact.content)).toEqual([
          'I live in Ghent.',
          'We decided to use Kafka for the events.',
        ]);
        expect(await found(app, 'Ghent')).toEqual([]);
        const ids = body.facts.map(({ id }: { id: number }) => id);
        await app.call('POST', '/inbox/bulk', { ids, action: 'approve' });
        expect(await found(app, 'Ghent')).toEqual([ids[0]]);
      });
    });

    it('keeps the facts, parts and conflicts of one user from every other', async () => {
      await storeRead(LONG, 'The gateway listens on port 8080', 'The gateway listens on port 9090');
      const other = await app.newUser('other');
      expect((await other('GET', '/facts')).body.facts).toEqual([]);
      expect((await other('GET', '/list')).body.results).toEqual([]);
      expect((await other('GET', '/contradictions')).body.contradictions).toEqual([]);
      expect((await other('POST', '/store', { content: 'The gateway listens on port 7070' })).status).toBe(201);
      await app.jobs.drain();
      expect((await other('GET', '/contradictions')).body.contradictions).toEqual([]);
    });
  },
  KINDS.filter(({ shared }) => !shared),
);
