// What agents learn about their own work.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { type LlmServer, refuse, startLlm } from './support/llm-server.ts';
import { found, store } from './support/memories.ts';

const LEARNT = 'Run the migrations before the tests; twice they failed for that.';
const DONE = { service: 'claude-code', context: ['Ran the tests', 'They failed: the migrations were missing'] };
const NOTHING = { observation: null, stored_memory_id: null, reflection_id: null };

let app: TestApp;
let llm: LlmServer;
beforeEach(async () => {
  llm = await startLlm({ answer: { growth: { observation: LEARNT } } });
  app = await createTestApp({ env: { ...llm.env } });
});
afterEach(async () => {
  await app.close();
  await llm.close();
});
const reflect = (body: unknown = DONE, call: Caller = app.call) => call('POST', '/growth/reflect', body);
const observations = async (call: Caller = app.call) => (await call('GET', '/growth/observations')).body.observations;

it('is kept as a permanent memory and as a reflection', async () => {
  const { status, body } = await reflect();
  expect([status, body]).toEqual([
    201,
    { observation: LEARNT, stored_memory_id: expect.any(Number), reflection_id: expect.any(Number), degraded: [] },
  ]);
  const memory = (await app.call('GET', `/memory/${body.stored_memory_id}`)).body;
  expect(memory).toMatchObject({ category: 'growth', source: 'claude-code', importance: 7, is_static: true });
  expect(await found(app, 'migrations before the tests')).toEqual([body.stored_memory_id]);
  const [reflection] = (await app.call('GET', '/reflections')).body.reflections;
  expect(reflection).toMatchObject({ id: body.reflection_id, reflection_type: 'growth', content: LEARNT });
  expect(await observations()).toEqual([
    {
      id: body.stored_memory_id,
      content: LEARNT,
      source: 'claude-code',
      importance: 7,
      created_at: '2026-03-02 12:00:00',
    },
  ]);
});

it('is asked for with what is known already, all of it as data', async () => {
  await reflect();
  expect(
    (await reflect({ ...DONE, existing_growth: 'Read logs first', prompt_override: 'Only about tests' })).body,
  ).toEqual({
    ...NOTHING,
    degraded: [],
  });
  const [, asked] = llm.asked('growth');
  for (const text of [LEARNT, 'Read logs first', 'Only about tests', DONE.context[1]!])
    expect(JSON.parse(asked!.data)).toSatisfy((data: unknown) => JSON.stringify(data).includes(text));
  expect(asked!.instructions).not.toContain('Only about tests');
  expect(await observations()).toHaveLength(1);
});

it.each([null, 'Nothing new.', 'Tidy.', 'No new observations this time.', 'As an AI I cannot say.', 'x'.repeat(501)])(
  'keeps nothing of %j',
  async (observation) => {
    llm.answer = { growth: { observation } };
    expect((await reflect()).body).toEqual({ ...NOTHING, degraded: [] });
    expect(await observations()).toEqual([]);
  },
);

it('says that the model did not answer', async () => {
  llm.always = refuse(400);
  expect((await reflect()).body).toEqual({ ...NOTHING, degraded: ['llm'] });
});

it('learns nothing without a language model, and says so', async () => {
  const plain = await createTestApp();
  const { status, body } = await reflect(DONE, plain.call);
  expect([status, body]).toEqual([201, { ...NOTHING, degraded: ['llm'] }]);
  expect((await plain.call('GET', '/reflections')).body.total).toBe(0);
  await plain.close();
});

it('refuses an empty context', async () => {
  for (const context of [[], ['  ']]) expect((await reflect({ ...DONE, context })).status).toBe(400);
});

describe('an observation', () => {
  it('becomes an insight, once', async () => {
    const { stored_memory_id } = (await reflect()).body;
    const made = await app.call('POST', '/growth/materialize', { observation_id: stored_memory_id });
    expect([made.status, made.body]).toEqual([201, { ok: true, memory_id: expect.any(Number) }]);
    const insight = (await app.call('GET', `/memory/${made.body.memory_id}`)).body;
    expect(insight).toMatchObject({ content: LEARNT, category: 'insight', importance: 8, is_static: true });
    const again = await app.call('POST', '/growth/materialize', { observation_id: stored_memory_id });
    expect(again.body.memory_id).toBe(made.body.memory_id);
    const { links } = (await app.call('GET', `/links/${made.body.memory_id}`)).body;
    expect(links).toEqual([expect.objectContaining({ id: stored_memory_id, type: 'derived_from' })]);
  });

  it('is nothing else, and nobody else’s', async () => {
    const plain = await store(app, 'The kettle is copper');
    const { stored_memory_id } = (await reflect()).body;
    const other = await app.newUser('other');
    for (const [call, id] of [
      [app.call, plain],
      [app.call, 999],
      [other, stored_memory_id],
    ] as const) {
      const { status, body } = await call('POST', '/growth/materialize', { observation_id: id });
      expect([status, body.code]).toEqual([404, 'observation_not_found']);
    }
    expect(await observations(other)).toEqual([]);
  });

  it('of all spaces lies in none of them', async () => {
    await app.call('POST', '/spaces', { name: 'work' });
    const inWork: Caller = (method, path, body) => app.call(method, path, body, { 'x-space': 'work' });
    await reflect();
    expect(await observations(inWork)).toEqual([]);
    llm.answer = { growth: { observation: 'At work, ask Ann before restarting the ledger.' } };
    await reflect(DONE, inWork);
    expect(await observations(inWork)).toHaveLength(1);
    expect(await observations()).toHaveLength(2);
  });

  it('is told as text, as many lines as fit', async () => {
    for (const observation of ['Read the logs first.', 'Ask before deleting.', 'Übe öfter: écrire des tests.']) {
      llm.answer = { growth: { observation } };
      await reflect({ ...DONE, service: observation.startsWith('Ask') ? 'other' : 'claude-code' });
    }
    const text = async (query: string) => (await app.call('GET', `/growth/materialize${query}`)).body;
    expect(await text('?service=claude-code&limit=30&max_bytes=16000')).toBe(
      '- Übe öfter: écrire des tests.\n- Read the logs first.\n',
    );
    expect(await text('?limit=1')).toBe('- Übe öfter: écrire des tests.\n');
    expect(await text('?max_bytes=40')).toBe('- Übe öfter: écrire des tests.\n');
    expect(await text('?max_bytes=10')).toBe('');
  });
});
