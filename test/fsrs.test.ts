// Reviews over HTTP: what reading, reviewing, forgetting and time do to how well a memory is remembered.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, createTestApp, type TestApp, tempDir } from './support/app.ts';
import { search, store, storeAll } from './support/memories.ts';

const DAY = 86_400_000;
const FIRST = { fsrs_stability: 2.3065, fsrs_difficulty: 2.11810397, fsrs_reps: 1, fsrs_lapses: 0 };

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

async function stateOf(id: number) {
  const answer = await app.call('GET', `/fsrs/state?id=${id}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}
async function review(id: number, grade?: number) {
  const answer = await app.call('POST', '/fsrs/review', { id, grade });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.fsrs;
}
async function recalled(query: string, path = '/search') {
  const answer = await search(app, { query }, path);
  await app.flush();
  return answer;
}
/** Rows as they were before memories were reviewed. */
const unlearn = (id: number) =>
  app.database.atomically(({ db }) =>
    sql`update memories set fsrs_stability = null, fsrs_difficulty = null, fsrs_reps = 0, fsrs_learning_state = 0,
      fsrs_last_review_at = null where id = ${id}`.execute(db),
  );

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

describe('POST /fsrs/review', () => {
  it('answers what the review made of the memory, and counts as a read', async () => {
    const id = await store(app, 'the harbour opens at nine');
    app.clock.advance(DAY);
    const { status, body } = await app.call('POST', '/fsrs/review', { memory_id: id });
    expect([status, body]).toEqual([
      200,
      {
        id,
        fsrs: {
          stability: expect.closeTo(7.3153, 4),
          difficulty: expect.closeTo(2.1112, 4),
          storage_strength: 1.1,
          retrieval_strength: 1,
          learning_state: 'Review',
          reps: 2,
          lapses: 0,
          last_review_at: '2026-03-03 12:00:00',
        },
        next_review_days: 7,
      },
    ]);
    const memory = (await app.call('GET', `/memory/${id}`)).body;
    expect(memory).toMatchObject({
      access_count: 1,
      last_accessed_at: '2026-03-03 12:00:00',
      updated_at: memory.created_at,
    });
  });

  it('grades: the better, the longer it lasts and the easier it is', async () => {
    const ids = await storeAll(app, ['one', 'two', 'three', 'four']);
    app.clock.advance(3 * DAY);
    const after = [];
    for (const [i, id] of ids.entries()) after.push(await review(id, i + 1));
    const rising = (values: number[]) => expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
    rising(after.map((fsrs) => fsrs.stability));
    rising(after.map((fsrs) => -fsrs.difficulty));
    expect(after.map((fsrs) => fsrs.learning_state)).toEqual(['Relearning', 'Review', 'Review', 'Review']);
    expect(after.map((fsrs) => fsrs.storage_strength)).toEqual([1.3, 1.1, 1.1, 1.1]);
    expect(after.map((fsrs) => fsrs.lapses)).toEqual([1, 0, 0, 0]);
  });

  it.each([
    {},
    { grade: 3 },
    ...[0, 5, 2.5, '3', null, true, 'Good'].map((grade) => ({ id: 1, grade })),
    { id: 0 },
    { id: 'x' },
    { id: 1, memory_id: 2 },
    { id: 1, rating: 3 },
  ])('refuses %j', async (body) => {
    await store(app, 'the harbour opens at nine');
    const answer = await app.call('POST', '/fsrs/review', body);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
    expect(await stateOf(1)).toMatchObject(FIRST);
  });

  it('needs the right to write', async () => {
    const id = await store(app, 'the harbour opens at nine');
    const key = (await app.call('POST', '/keys', { name: 'reader', scopes: 'read' })).body.key;
    const reader = app.as(key);
    expect((await reader('POST', '/fsrs/review', { id })).status).toBe(403);
    expect((await reader('POST', '/fsrs/init')).status).toBe(403);
    expect((await reader('GET', `/fsrs/state?id=${id}`)).status).toBe(200);
    expect((await reader('GET', '/fsrs/recall-due')).status).toBe(200);
  });
});

it('knows nothing of memories that are not there or belong to others', async () => {
  const id = await store(app, 'the harbour opens at nine');
  const ada = await app.newUser('ada');
  const asked = (call: typeof ada, which: number): Promise<Answer[]> =>
    Promise.all([call('GET', `/fsrs/state?id=${which}`), call('POST', '/fsrs/review', { id: which, grade: 1 })]);
  for (const answers of [await asked(ada, id), await asked(app.call, 999)])
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(Array(2).fill([404, 'memory_not_found']));
  app.clock.advance(30 * DAY);
  expect((await ada('GET', '/fsrs/recall-due')).body.results).toEqual([]);
  expect((await ada('GET', '/fsrs/recall-due?topic=harbour')).body.results).toEqual([]);
  await unlearn(id);
  expect((await ada('POST', '/fsrs/init')).body).toEqual({ initialized: 0 });
  await app.call('POST', `/memory/${id}/forget`);
  const hidden = await app.call('POST', '/fsrs/review', { id });
  expect([hidden.status, hidden.body.error]).toEqual([404, expect.stringContaining('trash')]);
});

it.each(['', '?id=', '?id=x', '?id=0', '?id=1&grade=2'])('GET /fsrs/state%s is refused', async (query) => {
  expect((await app.call('GET', `/fsrs/state${query}`)).status).toBe(400);
});

describe('POST /fsrs/init', () => {
  it('reviews what was stored before there were reviews, as of when it was read or stored', async () => {
    const ids = await storeAll(
      app,
      Array.from({ length: 1_203 }, (_, i) => `note ${i}`),
    );
    app.clock.advance(DAY);
    await app.call('GET', `/memory/${ids[0]}`);
    await app.flush();
    for (const id of ids) if (id !== ids[1]) await unlearn(id);
    app.clock.advance(6 * DAY);
    expect(await stateOf(ids[2]!)).toMatchObject({ retrievability: null, next_review_days: null, due_at: null });
    const faded = (await app.call('GET', `/memory/${ids[2]}`)).body.decay_score;
    expect((await app.call('POST', '/fsrs/init')).body).toEqual({ initialized: 1_202 });
    expect(await stateOf(ids[2]!)).toMatchObject({ ...FIRST, fsrs_last_review_at: '2026-03-02 12:00:00' });
    expect(await stateOf(ids[0]!)).toMatchObject({ ...FIRST, fsrs_last_review_at: '2026-03-03 12:00:00' });
    expect((await app.call('GET', `/memory/${ids[2]}`)).body.decay_score).toBe(faded);
    expect((await app.call('POST', '/fsrs/init', {})).body).toEqual({ initialized: 0 });
  });

  it('is not needed for a review', async () => {
    const [old, fresh] = await storeAll(app, ['the harbour opens at nine', 'the harbour closes at ten']);
    await unlearn(old!);
    app.clock.advance(7 * DAY);
    await recalled('harbour');
    expect((await stateOf(old!)).fsrs_stability).toBe((await stateOf(fresh!)).fsrs_stability);
  });
});

describe('GET /fsrs/recall-due', () => {
  const due = async (query = '') => {
    const answer = await app.call('GET', `/fsrs/recall-due${query}`);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body;
  };

  it('without a topic lists what is due, the most faded first', async () => {
    const [old, learnt, forever, hidden] = await storeAll(app, [
      'old',
      'learnt',
      { content: 'forever', is_static: true },
      'hidden',
    ]);
    app.clock.advance(10 * DAY);
    await review(learnt!, 4);
    const young = await store(app, { content: 'young', session_id: 's' });
    await app.call('POST', `/memory/${hidden}/archive`);
    expect((await due()).results.map((r: { memory_id: number }) => r.memory_id)).toEqual([old]);
    app.clock.advance(5 * DAY);
    const { topic, count, results } = await due();
    expect([topic, count]).toEqual([null, 2]);
    expect(results).toEqual([
      {
        memory_id: old,
        content: 'old',
        retrievability: expect.closeTo(0.7348, 3),
        original_score: null,
        recall_due_score: expect.closeTo(0.3 + 0.7 * (1 - 0.7348), 3),
      },
      expect.objectContaining({ memory_id: young, content: 'young' }),
    ]);
    expect((await due('?limit=1')).results).toHaveLength(1);
    expect((await due('?session=s')).results.map((r: { content: string }) => r.content)).toEqual(['young']);
    expect(forever).toBeDefined();
  });

  it('with a topic puts the faded before the fresh, and is no review', async () => {
    const old = await store(app, 'the harbour opens at nine');
    app.clock.advance(60 * DAY);
    const fresh = await store(app, 'the harbour closes at ten');
    await store(app, 'kettles are made of copper');
    const { topic, results } = await due('?topic=harbour&limit=5');
    expect(topic).toBe('harbour');
    expect(results.map((r: { memory_id: number }) => r.memory_id)).toEqual([old, fresh]);
    for (const r of results) {
      expect(r.original_score).toBeGreaterThan(0);
      expect(r.recall_due_score).toBeCloseTo(r.original_score * (0.3 + 0.7 * (1 - r.retrievability)), 5);
    }
    await app.flush();
    expect(await stateOf(old)).toMatchObject(FIRST);
  });
});

describe('settings', () => {
  it('say how memories fade and when they are due', async () => {
    await app.close();
    const weights =
      '0.3, 1.5, 4, 9, 6, 0.8, 3, 0.01, 1.9, 0.2, 0.8, 1.5, 0.06, 0.26, 1.6, 0.6, 1.9, 0.5, 0.1, 0.07, 0.5';
    app = await createTestApp({ env: { ENGRAM_FSRS_WEIGHTS: weights, ENGRAM_DEFAULT_RETENTION: '0.8' } });
    const id = await store(app, { content: 'the harbour opens at nine', importance: 10 });
    app.clock.advance(4 * DAY);
    expect(await stateOf(id)).toMatchObject({ fsrs_stability: 4, retrievability: 0.9, next_review_days: 10 });
    app.clock.advance(26 * DAY);
    // (1 + (0.9^-2 - 1) x 30 / 4)^-0.5
    expect((await stateOf(id)).retrievability).toBeCloseTo(0.60201, 5);
    expect((await app.call('GET', `/memory/${id}`)).body.decay_score).toBeCloseTo(6.02, 3);
  });
});
