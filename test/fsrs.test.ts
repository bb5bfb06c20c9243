// What storing, recalling, forgetting and time do to how well a memory is remembered, over HTTP. Asked-for reviews:
// fsrs-review.test.ts
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp, tempDir } from './support/app.ts';
import { search, store, storeAll } from './support/memories.ts';
import { FIRST, reviewIn, stateIn } from './support/reviews.ts';

const DAY = 86_400_000;

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const stateOf = (id: number) => stateIn(app, id);
const review = (id: number, grade?: number) => reviewIn(app, id, grade);
async function recalled(query: string, path = '/search') {
  const answer = await search(app, { query }, path);
  await app.flush();
  return answer;
}

describe('storing', () => {
  it('is a first "Good" review', async () => {
    const id = await store(app, 'the kettle is copper');
    expect(await stateOf(id)).toMatchObject({
      ...FIRST,
      id,
      retrievability: 1,
      next_review_days: 2,
      due_at: '2026-03-04 12:00:00',
      fsrs_storage_strength: 1,
      fsrs_retrieval_strength: 1,
      fsrs_learning_state: 2,
      fsrs_last_review_at: '2026-03-02 12:00:00',
      created_at: '2026-03-02 12:00:00',
    });
  });

  it('of a new version keeps what the old one had learnt', async () => {
    const id = await store(app, 'the kettle is copper');
    app.clock.advance(7 * DAY);
    const { stability } = await review(id);
    const { body } = await app.call('POST', `/memory/${id}/update`, { content: 'the kettle is brass' });
    expect(await stateOf(body.new_id)).toMatchObject({ fsrs_stability: stability, fsrs_reps: 2 });
  });
});

describe('time', () => {
  it('takes retrievability and retrieval strength, not storage strength', async () => {
    const id = await store(app, { content: 'the kettle is copper', importance: 10 });
    const daysLater = async (days: number) => {
      app.clock.advance(days * DAY);
      return stateOf(id);
    };
    expect((await daysLater(1)).retrievability).toBeCloseTo(0.947, 3);
    expect((await daysLater(6)).retrievability).toBeCloseTo(0.808, 3);
    const month = await daysLater(23);
    expect(month.retrievability).toBeCloseTo(0.668, 3);
    expect(month).toMatchObject({ fsrs_retrieval_strength: month.retrievability, fsrs_storage_strength: 1, ...FIRST });
    const { body } = await app.call('GET', `/memory/${id}`);
    expect(body.fsrs_retrieval_strength).toBe(month.retrievability);
    expect(body.decay_score).toBeCloseTo(6.68, 2);
  });

  it('takes nothing from permanent facts, which are reviewed all the same', async () => {
    const id = await store(app, { content: 'water boils at 100 degrees', is_static: true });
    app.clock.advance(365 * DAY);
    expect(await stateOf(id)).toMatchObject({ retrievability: 1, fsrs_retrieval_strength: 1, fsrs_reps: 1 });
    await recalled('water boils');
    const after = await stateOf(id);
    expect(after).toMatchObject({ retrievability: 1, fsrs_reps: 2 });
    expect(after.fsrs_stability).toBeGreaterThan(60);
  });
});

describe('recalling', () => {
  it('on days 1, 7 and 30 makes a memory last longer and longer', async () => {
    const id = await store(app, 'the harbour opens at nine');
    let before = await stateOf(id);
    let day = 0;
    for (const at of [1, 7, 30]) {
      app.clock.advance((at - day) * DAY);
      day = at;
      await recalled('harbour');
      const after = await stateOf(id);
      expect(after.fsrs_stability).toBeGreaterThan(2 * before.fsrs_stability);
      expect(after.fsrs_difficulty).toBeLessThan(before.fsrs_difficulty);
      expect(after.fsrs_storage_strength).toBeCloseTo(before.fsrs_storage_strength + 0.1, 9);
      expect(after).toMatchObject({ retrievability: 1, fsrs_reps: before.fsrs_reps + 1, fsrs_lapses: 0 });
      before = after;
    }
    expect(before.fsrs_stability).toBeGreaterThan(60);
    expect(before.fsrs_last_review_at).toBe('2026-04-01 12:00:00');
  });

  it('a hundred times a day never shrinks stability, however large', async () => {
    const id = await store(app, 'the harbour opens at nine');
    for (const days of [2, 11, 46]) {
      app.clock.advance(days * DAY);
      await review(id);
    }
    const learnt = (await stateOf(id)).fsrs_stability;
    expect(learnt).toBeGreaterThan(100);
    let last = learnt;
    for (let i = 0; i < 100; i++) {
      app.clock.advance(60_000);
      await recalled('harbour');
      const { fsrs_stability } = await stateOf(id);
      expect(fsrs_stability).toBeGreaterThanOrEqual(last);
      last = fsrs_stability;
    }
    expect(await stateOf(id)).toMatchObject({ fsrs_reps: 104, fsrs_stability: learnt });
  });

  it('counts days of the calendar, so that what is used every evening and morning is learnt too', async () => {
    const id = await store(app, 'the harbour opens at nine');
    for (let i = 0; i < 14; i++) {
      app.clock.advance(DAY / 2);
      await recalled('harbour');
    }
    expect((await stateOf(id)).fsrs_stability).toBeGreaterThan(15);
  });

  it.each(['/search', '/memories/search', '/search/explain', '/recall', '/context'])(
    'through %s is a review',
    async (path) => {
      const id = await store(app, 'the harbour opens at nine');
      app.clock.advance(DAY);
      await search(app, { query: 'harbour' }, path);
      expect(await stateOf(id)).toMatchObject(FIRST);
      await app.flush();
      const after = await stateOf(id);
      expect(after).toMatchObject({ fsrs_reps: 2, fsrs_last_review_at: '2026-03-03 12:00:00' });
      expect(after.fsrs_stability).toBeGreaterThan(7);
    },
  );

  it('by id or in a list is none', async () => {
    const id = await store(app, 'the harbour opens at nine');
    app.clock.advance(DAY);
    await app.call('GET', `/memory/${id}`);
    await app.call('GET', '/list');
    await app.flush();
    expect(await stateOf(id)).toMatchObject({ ...FIRST, fsrs_last_review_at: '2026-03-02 12:00:00' });
    const { body } = await app.call('GET', `/memory/${id}`);
    expect(body).toMatchObject({ access_count: 1, last_accessed_at: '2026-03-03 12:00:00' });
  });

  it('again before a flush is one review and as many reads, at the time of the last', async () => {
    const id = await store(app, 'the harbour opens at nine');
    app.clock.advance(DAY);
    for (let i = 0; i < 5; i++) {
      await search(app, 'harbour');
      app.clock.advance(1_000);
    }
    app.clock.advance(DAY);
    await app.flush();
    await app.flush();
    const { body } = await app.call('GET', `/memory/${id}`);
    expect(body).toMatchObject({ access_count: 5, fsrs_reps: 2, fsrs_last_review_at: '2026-03-03 12:00:04' });
    expect(body.last_accessed_at).toBe('2026-03-03 12:00:04');
  });

  it('many memories of several users is written whole, whoever asks for it at once', async () => {
    const ada = await app.newUser('ada');
    const ids = await storeAll(
      app,
      Array.from({ length: 150 }, (_, i) => `note ${i}`),
    );
    const hers = (await ada('POST', '/store', { content: 'her note' })).body.id;
    app.clock.advance(DAY);
    for (const [i] of ids.entries()) await search(app, { query: `"note ${i}"`, limit: 1 });
    await ada('POST', '/search', { query: 'her note' });
    await Promise.all([app.flush(), app.flush()]);
    const states = await Promise.all(ids.map(stateOf));
    expect(states.map(({ fsrs_reps }) => fsrs_reps)).toEqual(ids.map(() => 2));
    expect((await ada('GET', `/fsrs/state?id=${hers}`)).body.fsrs_reps).toBe(2);
  });

  it('is written at shutdown; a kill loses no more than what was not flushed', async () => {
    const id = await store(app, 'the harbour opens at nine');
    app.clock.advance(DAY);
    await recalled('harbour');
    const flushed = await stateOf(id);
    app.clock.advance(DAY);
    await search(app, 'harbour');
    // What a kill now would leave behind.
    const dir = tempDir();
    for (const file of ['engram.db', 'engram.db-wal']) copyFileSync(join(app.dir, file), join(dir, file));
    const other = await createTestApp({ dir, key: app.key, ports: { clock: app.clock } });
    expect((await other.call('GET', `/fsrs/state?id=${id}`)).body).toMatchObject({
      fsrs_reps: 2,
      fsrs_stability: flushed.fsrs_stability,
    });
    await other.close();
    app = await app.reopen();
    expect((await stateOf(id)).fsrs_reps).toBe(3);
  });

  it('survives a flush that fails', async () => {
    const id = await store(app, 'the harbour opens at nine');
    app.clock.advance(DAY);
    await search(app, 'harbour');
    const run = (text: string) => app.database.atomically(({ db }) => sql.raw(text).execute(db));
    await run(`create trigger broken before update on memories begin select raise(abort, 'no'); end`);
    await app.flush();
    expect(await stateOf(id)).toMatchObject(FIRST);
    await run('drop trigger broken');
    await app.flush();
    expect((await stateOf(id)).fsrs_reps).toBe(2);
  });

  it('of what was erased or hidden meanwhile changes nothing', async () => {
    const [erased, archived] = await storeAll(app, ['the harbour opens at nine', 'the harbour closes at ten']);
    app.clock.advance(DAY);
    await search(app, 'harbour');
    await app.call('DELETE', `/memory/${erased}`);
    await app.call('POST', `/memory/${archived}/archive`);
    await app.flush();
    expect(await stateOf(archived!)).toMatchObject({ fsrs_reps: 2, fsrs_lapses: 1, fsrs_learning_state: 3 });
  });
});

describe('forgetting and archiving', () => {
  it.each([
    ['forget', 'restore'],
    ['archive', 'unarchive'],
  ])('%s is an "Again" that shows after %s', async (hide, bring) => {
    const id = await store(app, 'the harbour opens at nine');
    app.clock.advance(7 * DAY);
    const before = await stateOf(id);
    for (let i = 0; i < 2; i++) expect((await app.call('POST', `/memory/${id}/${hide}`)).status).toBe(200);
    expect((await app.call('POST', `/memory/${id}/${bring}`)).status).toBe(200);
    const after = await stateOf(id);
    expect(after).toMatchObject({ fsrs_lapses: 1, fsrs_reps: 2, fsrs_learning_state: 3, fsrs_storage_strength: 1.3 });
    expect(after.fsrs_stability).toBeLessThan(before.fsrs_stability);
    expect(after.fsrs_retrieval_strength).toBeLessThan(before.fsrs_retrieval_strength);
    await recalled('harbour');
    expect(await stateOf(id)).toMatchObject({ fsrs_lapses: 1, fsrs_retrieval_strength: 1, fsrs_learning_state: 2 });
  });
});
