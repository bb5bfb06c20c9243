// Reviews asked for over HTTP: grading, looking, what is due, memories from before there were reviews, settings.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, createTestApp, type TestApp } from './support/app.ts';
import { search, store, storeAll } from './support/memories.ts';
import { FIRST, reviewIn, stateIn, unlearnIn } from './support/reviews.ts';

const DAY = 86_400_000;

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const stateOf = (id: number) => stateIn(app, id);
const review = (id: number, grade?: number) => reviewIn(app, id, grade);
const unlearn = (id: number) => unlearnIn(app, id);
async function recalled(query: string, path = '/search') {
  const answer = await search(app, { query }, path);
  await app.flush();
  return answer;
}

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
