// How memories feel: read by itself when they are stored, and on request.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { type Stored, store, storeAll } from './support/memories.ts';

onEachDatabase(
  (kind) => {
    let app: TestApp;
    beforeEach(async () => {
      const place = await kind.place();
      app = await createTestApp({ env: { ENGRAM_UNDERSTANDING: '1' }, ports: { database: await place.open() } });
    });
    afterEach(() => app.close());

    async function storeRead(...all: Stored[]): Promise<number[]> {
      const ids = await storeAll(app, all);
      await app.jobs.drain();
      return ids;
    }
    const of = async (id: number) => (await app.call('GET', `/intelligence/valence/${id}`)).body;
    const score = (body: unknown) => app.call('POST', '/intelligence/valence/score', body);
    const analyze = (body: unknown) => app.call('POST', '/intelligence/sentiment/analyze', body);

    it('is read from new memories', async () => {
      const [happy, angry, neutral] = await storeRead(
        'I am so happy about the new flat!',
        'The user is furious about the late delivery',
        'The build failed with error 137 and the worker was killed',
      );
      expect(await of(happy!)).toEqual({
        memory_id: happy,
        valence: expect.closeTo(0.9, 1),
        arousal: expect.closeTo(0.7, 1),
        dominant_emotion: 'joy',
      });
      expect(await of(angry!)).toMatchObject({ valence: expect.closeTo(-0.9, 1), dominant_emotion: 'anger' });
      expect(await of(neutral!)).toMatchObject({ valence: null, arousal: null, dominant_emotion: null });
      expect((await app.call('GET', `/memory/${happy}`)).body).toMatchObject({ dominant_emotion: 'joy' });
    });

    it('is read anew from a new version', async () => {
      const [id] = await storeRead('I love the new office');
      const { new_id } = (await app.call('POST', `/memory/${id}/update`, { content: 'The office is in Ghent' })).body;
      await app.jobs.drain();
      expect(await of(new_id)).toMatchObject({ valence: null, dominant_emotion: null });
    });

    it('scores a text without storing it, and a memory with', async () => {
      const text = await score({ content: 'I was scared, but now I am proud' });
      expect(text.body).toMatchObject({
        dominant_emotion: 'pride',
        all_emotions: [expect.objectContaining({ emotion: 'pride' }), expect.objectContaining({ emotion: 'fear' })],
      });
      expect((await app.call('GET', '/list')).body.results).toEqual([]);
      await app.close();
      app = await createTestApp();
      const id = await store(app, 'What a wonderful day');
      expect(await of(id)).toMatchObject({ valence: null });
      expect((await score({ memory_id: id })).body).toMatchObject({ dominant_emotion: 'joy' });
      expect(await of(id)).toMatchObject({ dominant_emotion: 'joy', valence: expect.any(Number) });
    });

    it('tells sentiment, with negations and technical words', async () => {
      expect((await analyze({ content: 'The talk was great' })).body).toMatchObject({
        label: 'positive',
        word_count: 4,
      });
      expect((await analyze({ content: 'The talk was not great' })).body).toMatchObject({ label: 'negative' });
      expect((await analyze({ content: 'A fatal error killed the process' })).body).toEqual({
        score: 0,
        label: 'neutral',
        sum: 0,
        word_count: 6,
      });
      const [id] = await storeRead('I hate mondays');
      expect((await analyze({ memory_id: id })).body.score).toBeLessThan(-3);
      for (const body of [{}, { content: ' ' }, { memory_id: 0 }]) expect((await analyze(body)).status).toBe(400);
      expect((await analyze({ memory_id: 999 })).body.code).toBe('memory_not_found');
      expect((await score({})).status).toBe(400);
      expect((await score({ memory_id: 999 })).status).toBe(404);
      expect((await app.call('GET', '/intelligence/valence/999')).body.code).toBe('memory_not_found');
    });

    it('shows how memories felt over time', async () => {
      const [sad] = await storeRead('I am sad');
      app.clock.advance(86_400_000);
      const [glad, plain] = await storeRead('I am glad', 'It is Tuesday');
      const history = async (query = '') =>
        (await app.call('GET', `/intelligence/sentiment/history${query}`)).body.history.map(
          ({ memory_id, label }: { memory_id: number; label: string }) => [memory_id, label],
        );
      const all = [
        [plain, 'neutral'],
        [glad, 'positive'],
        [sad, 'negative'],
      ];
      expect(await history()).toEqual(all);
      expect(await history('?limit=1')).toEqual(all.slice(0, 1));
      expect(await history('?since=2026-03-03')).toEqual(all.slice(0, 2));
      expect((await app.call('GET', '/intelligence/sentiment/history?since=soon')).status).toBe(400);
    });

    describe('GET /intelligence/valence/profile', () => {
      const profile = async (headers = {}) =>
        (await app.call('GET', '/intelligence/valence/profile', undefined, headers)).body;

      it('is all zeros without memories', async () => {
        expect(await profile()).toEqual({
          emotions: [],
          overall: { avg_valence: null, avg_arousal: null, positive_count: 0, negative_count: 0, neutral_count: 0 },
        });
      });

      it('counts what can be recalled, of one’s own and of the space', async () => {
        const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
        const [, , , hidden] = await storeRead(
          'I am happy',
          'I am happy to be here',
          'Redis listens on 6379',
          'I am furious',
          { content: 'I am afraid', space_id: space },
        );
        await app.call('POST', `/memory/${hidden}/archive`);
        const other = await app.newUser('other');
        await other('POST', '/store', { content: 'I am proud' });
        await app.jobs.drain();
        expect(await profile()).toMatchObject({
          emotions: [
            { dominant_emotion: 'joy', count: 2, avg_valence: 0.8 },
            { dominant_emotion: 'fear', count: 1, avg_valence: -0.8 },
          ],
          overall: { positive_count: 2, negative_count: 1, neutral_count: 1 },
        });
        expect(await profile({ 'x-space': 'work' })).toMatchObject({
          emotions: [{ dominant_emotion: 'fear', count: 1 }],
          overall: { positive_count: 0, negative_count: 1, neutral_count: 0 },
        });
      });
    });
  },
  KINDS.filter(({ name }) => name !== 'Postgres'),
);
