// What the README promises about forgetting: FSRS-6 and the two strengths of a memory, as seen from outside.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { found, search, store, storeAll } from './support/memories.ts';

const DAY_MS = 86_400_000;
/** Published by the FSRS project: stability after a first "Good" in days, and the exponent of its forgetting curve. */
const FIRST_STABILITY = 2.3065;
const DECAY = 0.1542;

/** Chance of recall by the published curve; 0.9 when `days` equals `stability`. */
const curve = (days: number, stability: number): number =>
  (1 + ((0.9 ** (-1 / DECAY) - 1) * days) / stability) ** -DECAY;

onEachDatabase(
  (kind) => {
    let app: TestApp;
    beforeEach(async () => {
      app = await createTestApp({ ports: { database: await (await kind.place()).open() } });
    });
    afterEach(() => app.close());

    const daysPass = (days: number) => app.clock.advance(days * DAY_MS);
    async function stateOf(id: number) {
      const answer = await app.call('GET', `/fsrs/state?id=${id}`);
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      return answer.body;
    }
    async function review(id: number, grade?: number) {
      const answer = await app.call('POST', '/fsrs/review', { id, grade });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      return answer.body;
    }
    /** What was shown counts once it has been written, which a running server does every few seconds. */
    async function recall(query: string): Promise<void> {
      await search(app, query);
      await app.flush();
    }
    const weight = async (id: number): Promise<number> => (await app.call('GET', `/memory/${id}`)).body.decay_score;

    describe('FSRS-6 spaced repetition', () => {
      it('gives each new memory stability, difficulty, storage and retrieval strength, however it was stored', async () => {
        const one = await store(app, 'The kettle is copper');
        const inBatch = await app.call('POST', '/batch', {
          ops: [
            { op: 'store', body: { content: 'The lid is brass' } },
            { op: 'update', body: { id: one, content: 'The kettle is steel' } },
          ],
        });
        const corrected = await app.call('POST', '/correct', { correction: 'The spout is tin, not zinc' });
        await app.call('PUT', '/scratch', { session: 's', entries: [{ key: 'handle', value: 'is oak' }] });
        const promoted = await app.call('POST', '/scratch/s/promote');
        const waiting = await store(app, { content: 'The stove is iron', status: 'pending' });
        const edited = await app.call('POST', `/inbox/${waiting}/edit`, { content: 'The stove is cast iron' });
        const [stored, updated] = inBatch.body.results.map(({ result }: { result: { id: number } }) => result.id);
        for (const id of [stored, updated, corrected.body.id, promoted.body.memory_ids[0], edited.body.id])
          expect(await stateOf(id)).toMatchObject({
            fsrs_stability: FIRST_STABILITY,
            fsrs_difficulty: expect.closeTo(2.118, 3),
            fsrs_storage_strength: 1,
            fsrs_retrieval_strength: 1,
            retrievability: 1,
            next_review_days: 2,
          });
        expect((await app.call('POST', '/fsrs/init')).body.initialized).toBe(0);
      });

      it('forgets by a power law with the published parameters', async () => {
        const id = await store(app, 'The kettle is copper');
        let passed = 0;
        for (const day of [1, FIRST_STABILITY, 7, 30, 365, 1095]) {
          daysPass(day - passed);
          passed = day;
          const { retrievability } = await stateOf(id);
          expect(retrievability, `day ${day}`).toBeCloseTo(curve(day, FIRST_STABILITY), 3);
        }
        // An exponential one through the same 0.9 would have left nothing.
        expect((await stateOf(id)).retrievability).toBeGreaterThan(0.35);
      });

      it('lets memories fade when they are ignored', async () => {
        const id = await store(app, { content: 'The kettle is copper', importance: 10 });
        const weights = [await weight(id)];
        for (const days of [1, 6, 23, 335]) {
          daysPass(days);
          weights.push(await weight(id));
        }
        expect(weights[0]).toBe(10);
        expect(weights).toEqual([...weights].sort((a, b) => b - a));
        expect(new Set(weights).size).toBe(5);
      });

      it('strengthens memories with use, so that of two that fit alike the used one comes first', async () => {
        const [used, ignored] = await storeAll(app, ['The gate code hangs north', 'The gate code hangs south']);
        expect(await found(app, 'gate code')).toEqual([ignored, used]);
        await app.flush();
        for (const days of [3, 10, 40]) {
          daysPass(days);
          await recall('north');
        }
        daysPass(30);
        expect((await stateOf(used!)).retrievability).toBeGreaterThan((await stateOf(ignored!)).retrievability + 0.2);
        expect(await weight(used!)).toBeGreaterThan(await weight(ignored!));
        expect(await found(app, 'gate code')).toEqual([used, ignored]);
      });

      it('puts what has faded behind what has not, of two that fit alike and are learnt as deeply', async () => {
        const [lasting, fading] = await storeAll(app, ['The gate code hangs north', 'The gate code hangs south']);
        await review(lasting!, 4);
        daysPass(60);
        const states = [await stateOf(lasting!), await stateOf(fading!)];
        expect(states.map((state) => state.fsrs_storage_strength)).toEqual([1, 1]);
        expect(states[0].retrievability).toBeGreaterThan(states[1].retrievability);
        expect(await found(app, 'gate code')).toEqual([lasting, fading]);
      });

      it.each(['/search', '/memories/search', '/search/explain', '/search/faceted', '/recall', '/context'])(
        'takes a recall through %s for a review graded "Good", and only of what was shown',
        async (path) => {
          const [near, far] = await Promise.all(
            ['near', 'far'].map(async (name) => (await app.call('POST', '/spaces', { name })).body.id as number),
          );
          const [shown, graded, other] = await storeAll(app, [
            { content: 'The harbour opens at nine', space_id: near },
            { content: 'The library opens at ten', space_id: far },
            { content: 'Bread is baked at four', space_id: far },
          ]);
          daysPass(5);
          const answer = await app.call('POST', path, { query: 'harbour' }, { 'x-space': 'near' });
          expect(answer.status).toBe(200);
          await app.flush();
          const good = await review(graded!, 3);
          expect(await stateOf(shown!)).toMatchObject({
            fsrs_stability: good.fsrs.stability,
            fsrs_difficulty: good.fsrs.difficulty,
            fsrs_reps: 2,
            fsrs_lapses: 0,
            fsrs_last_review_at: '2026-03-07 12:00:00',
          });
          expect(await stateOf(other!)).toMatchObject({ fsrs_stability: FIRST_STABILITY, fsrs_reps: 1 });
        },
      );

      it.each([
        ['archive', 'unarchive'],
        ['forget', 'restore'],
      ])('takes %s for a review graded "Again"', async (hide, bring_back) => {
        const [hidden, graded] = await storeAll(app, ['The harbour opens at nine', 'The library opens at ten']);
        for (const id of [hidden!, graded!]) {
          daysPass(4);
          await review(id);
          daysPass(4);
        }
        expect((await app.call('POST', `/memory/${hidden}/${hide}`)).status).toBe(200);
        expect((await app.call('POST', `/memory/${hidden}/${bring_back}`)).status).toBe(200);
        await review(graded!, 1);
        const state = await stateOf(hidden!);
        expect(state).toMatchObject({ fsrs_lapses: 1, fsrs_learning_state: 3, fsrs_reps: 3 });
        expect(state.fsrs_stability).toBeLessThan(FIRST_STABILITY);
        expect(await stateOf(graded!)).toMatchObject({ fsrs_lapses: 1, fsrs_learning_state: 3, fsrs_reps: 3 });
      });

      it('reaches months, then years between reviews of a stable memory', async () => {
        const id = await store(app, 'The harbour opens at nine');
        const intervals: number[] = [(await stateOf(id)).next_review_days];
        for (let i = 0; i < 5; i++) {
          daysPass(intervals.at(-1)!);
          intervals.push((await review(id)).next_review_days);
        }
        expect(intervals).toEqual([...intervals].sort((a, b) => a - b));
        expect(intervals[3]).toBeGreaterThan(90);
        expect(intervals[5]).toBeGreaterThan(2 * 365);
        const { due_at, retrievability } = await stateOf(id);
        expect(retrievability).toBe(1);
        expect(Date.parse(`${due_at}Z`) - app.clock.now()).toBe(intervals[5]! * DAY_MS);
      });

      it('takes grades 1 to 4, Again, Hard, Good and Easy, each better for the memory than the one before', async () => {
        const ids = await storeAll(app, ['one', 'two', 'three', 'four']);
        daysPass(5);
        const answers = [];
        for (const [i, id] of ids.entries()) answers.push(await review(id, i + 1));
        const stabilities = answers.map(({ fsrs }) => fsrs.stability);
        expect(stabilities).toEqual([...stabilities].sort((a, b) => a - b));
        expect(new Set(stabilities).size).toBe(4);
        const difficulties = answers.map(({ fsrs }) => fsrs.difficulty);
        expect(difficulties).toEqual([...difficulties].sort((a, b) => b - a));
        expect(answers.map(({ fsrs }) => fsrs.learning_state)).toEqual(['Relearning', 'Review', 'Review', 'Review']);
        for (const grade of [0, 5, 2.5, 'Good'])
          expect((await app.call('POST', '/fsrs/review', { id: ids[0], grade })).status, `${grade}`).toBe(400);
      });

      it('keeps what one user has learnt from every other user', async () => {
        const id = await store(app, 'The harbour opens at nine');
        const other = await app.newUser('other');
        expect((await other('GET', `/fsrs/state?id=${id}`)).status).toBe(404);
        expect((await other('POST', '/fsrs/review', { id, grade: 1 })).status).toBe(404);
        daysPass(30);
        expect((await other('GET', '/fsrs/recall-due')).body.results).toEqual([]);
        expect((await app.call('GET', '/fsrs/recall-due')).body.results).toEqual([
          expect.objectContaining({ memory_id: id }),
        ]);
        expect(await stateOf(id)).toMatchObject({ fsrs_reps: 1, fsrs_lapses: 0 });
      });
    });

    describe('the dual-strength model', () => {
      it('never lets storage strength decay, not by time nor by failing', async () => {
        const id = await store(app, 'The harbour opens at nine');
        let before = (await stateOf(id)).fsrs_storage_strength;
        for (const grade of [3, 1, 2, 4, 1]) {
          daysPass(3);
          const { storage_strength } = (await review(id, grade)).fsrs;
          expect(storage_strength, `grade ${grade}`).toBeGreaterThan(before);
          before = storage_strength;
          daysPass(400);
          expect((await stateOf(id)).fsrs_storage_strength).toBe(before);
        }
        await app.call('POST', `/memory/${id}/forget`);
        await app.call('POST', `/memory/${id}/restore`);
        expect((await stateOf(id)).fsrs_storage_strength).toBeGreaterThan(before);
      });

      it('lets retrieval strength decay by a power law, and resets it on access', async () => {
        const id = await store(app, 'The harbour opens at nine');
        daysPass(90);
        const { fsrs_retrieval_strength: faded } = await stateOf(id);
        expect(faded).toBeCloseTo(curve(90, FIRST_STABILITY), 3);
        await recall('harbour');
        const { fsrs_retrieval_strength: fresh, fsrs_storage_strength: storage } = await stateOf(id);
        expect([fresh, storage]).toEqual([1, 1.1]);
      });

      it('counts in ranking: of two permanent facts that fit alike the one learnt more deeply comes first', async () => {
        const [deep, shallow] = await storeAll(app, [
          { content: 'The gate code hangs north', is_static: true },
          { content: 'The gate code hangs south', is_static: true },
        ]);
        expect(await found(app, 'gate code')).toEqual([shallow, deep]);
        for (let i = 0; i < 6; i++) {
          daysPass(30);
          await review(deep!);
        }
        expect(await found(app, 'gate code')).toEqual([deep, shallow]);
      });
    });
  },
  KINDS.filter(({ shared }) => !shared),
);
