// Reflections: those callers write, those a language model makes of a period, those rules make of neglected memories.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../src/algo/durations.ts';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { refuse, startLlm } from './support/llm-server.ts';
import { found, store, storeAll } from './support/memories.ts';

const INSIDE = KINDS.filter(({ shared }) => !shared);
const generate = (call: Caller, query = '') => call('POST', `/reflections/generate${query}`);
const contents = async (call: Caller): Promise<string[]> =>
  (await call('GET', '/reflections')).body.reflections.map(({ content }: { content: string }) => content);

onEachDatabase((kind) => {
  let app: TestApp;
  beforeEach(async () => {
    const place = await kind.place();
    app = await createTestApp({ ports: { database: await place.open() } });
  });
  afterEach(() => app.close());

  describe('written by a caller', () => {
    it('is kept as it is', async () => {
      const [a, b] = await storeAll(app, ['The cache was cold', 'The deploy failed']);
      for (const path of ['/reflect', '/reflections', '/intelligence/reflections']) {
        const body = { content: `Said to ${path}`, source_memory_ids: [b, a], reflection_type: 'ops', confidence: 0.8 };
        const { status, body: made } = await app.call('POST', path, body);
        expect([status, made]).toEqual([
          201,
          expect.objectContaining({ content: `Said to ${path}`, source_memory_ids: [a, b], reflection_type: 'ops' }),
        ]);
        expect(made).toMatchObject({ confidence: 0.8, user_id: 1, origin: 'manual', memory_id: null });
      }
      const { reflections, total } = (await app.call('GET', '/reflections?limit=2')).body;
      expect([reflections[0].content, total]).toEqual(['Said to /intelligence/reflections', 2]);
    });

    it('needs memories that are there, and words', async () => {
      const missing = await app.call('POST', '/reflect', { content: 'x', source_memory_ids: [99] });
      expect([missing.status, missing.body.code]).toEqual([404, 'memory_not_found']);
      expect((await app.call('POST', '/reflect', { content: '  ' })).status).toBe(400);
      expect((await app.call('POST', '/reflect', { content: 'x', confidence: 2 })).status).toBe(400);
    });

    it('is nobody else’s, and of no other space', async () => {
      const other = await app.newUser('other');
      await app.call('POST', '/spaces', { name: 'work' });
      const inWork: Caller = (method, path, body) => app.call(method, path, body, { 'x-space': 'work' });
      const id = await store(app, 'The cache was cold');
      await app.call('POST', '/reflect', { content: 'mine' });
      await inWork('POST', '/reflect', { content: 'of work' });
      expect([await contents(app.call), await contents(inWork), await contents(other)]).toEqual([
        ['of work', 'mine'],
        ['of work'],
        [],
      ]);
      expect((await other('POST', '/reflect', { content: 'x', source_memory_ids: [id] })).status).toBe(404);
      expect((await inWork('POST', '/reflect', { content: 'x', source_memory_ids: [id] })).status).toBe(404);
    });
  });

  describe('made by rules', () => {
    it('is about important memories that nobody confirmed in a week, each once', async () => {
      const vital = await store(app, { content: 'Never restart the ledger on the last of a month', importance: 9 });
      const important = await store(app, { content: 'The ledger runs in Oslo', importance: 6 });
      await store(app, { content: 'The ledger has a blue icon', importance: 5 });
      const confirmed = await store(app, { content: 'The ledger backs up at four', importance: 9 });
      await app.call('POST', '/feedback', { memory_id: confirmed, rating: 'helpful' });
      expect((await generate(app.call)).body).toMatchObject({ reflections: [], count: 0 });
      app.clock.advance(8 * DAY_MS);
      await store(app, { content: 'The ledger moves to Bergen', importance: 9 });
      const { reflections, count, degraded } = (await generate(app.call)).body;
      expect([count, degraded]).toEqual([2, []]);
      expect(
        reflections.map((one: { reflection_type: string; source_memory_ids: number[]; origin: string }) => [
          one.reflection_type,
          one.source_memory_ids,
          one.origin,
        ]),
      ).toEqual([
        ['reconsolidate', [vital], 'rules'],
        ['enrich', [important], 'rules'],
      ]);
      expect(reflections[0].content).toContain('Never restart the ledger on the last of a month');
      app.clock.advance(DAY_MS / 2);
      expect((await generate(app.call)).body.count).toBe(0);
    });

    it('takes the most important first', async () => {
      await storeAll(app, [
        { content: 'The kettle is copper', importance: 7 },
        { content: 'The violin is old', importance: 10 },
      ]);
      app.clock.advance(8 * DAY_MS);
      const [first] = (await generate(app.call, '?limit=1')).body.reflections;
      expect(first.content).toContain('The violin is old');
      expect((await generate(app.call)).body.count).toBe(1);
    });

    it('is told no more once its memory is gone', async () => {
      const id = await store(app, { content: 'The kettle is copper', importance: 9 });
      app.clock.advance(8 * DAY_MS);
      await generate(app.call);
      expect(await contents(app.call)).toHaveLength(1);
      await app.call('POST', `/memory/${id}/forget`);
      expect(await contents(app.call)).toEqual([]);
      await app.call('POST', `/memory/${id}/restore`);
      expect(await contents(app.call)).toHaveLength(1);
      await app.call('DELETE', `/memory/${id}`);
      expect(await contents(app.call)).toEqual([]);
    });

    it('shows a space only its own', async () => {
      const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
      const inWork: Caller = (method, path, body) => app.call(method, path, body, { 'x-space': 'work' });
      await storeAll(app, [
        { content: 'The kettle is copper', importance: 9 },
        { content: 'The violin is old', importance: 9, space_id: space },
      ]);
      app.clock.advance(8 * DAY_MS);
      expect((await generate(app.call)).body.count).toBe(2);
      const own = await contents(inWork);
      expect(own).toHaveLength(1);
      expect(own[0]).toContain('violin');
    });
  });

  it('looks back on no period without a language model', async () => {
    const { status, body } = await app.call('POST', '/reflect');
    expect([status, body.code]).toEqual([503, 'llm_not_configured']);
    expect((await app.call('GET', '/reflections')).body.total).toBe(0);
  });
}, INSIDE);

describe('with a language model', () => {
  const REFLECTION = {
    reflection: 'The week went into moving the ledger from Oslo to Bergen.',
    themes: ['the ledger'],
    progress: ['The ledger runs in Bergen'],
    patterns: [],
    unresolved: ['Who turns off Oslo'],
    insight: 'Moves take twice as long as planned.',
  };
  const WEEK = ['The ledger moves to Bergen', 'The ledger runs in Bergen now', 'Nobody turned off Oslo yet'];
  const reflect = (app: TestApp, body?: unknown) => app.call('POST', '/reflect', body);

  it('looks back on a period, and keeps it as a memory', async () => {
    await using llm = await startLlm({ answer: { reflect: REFLECTION } });
    const app = await createTestApp({ env: { ...llm.env } });
    const ids = await storeAll(app, WEEK);
    const { status, body } = await reflect(app);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...REFLECTION,
      memories_analyzed: 3,
      cached: false,
      period: { start: '2026-02-23 12:00:00', end: '2026-03-02 12:00:00' },
    });
    const memory = (await app.call('GET', `/memory/${body.memory_id}`)).body;
    expect(memory).toMatchObject({ category: 'discovery', source: 'reflection', importance: 7, is_static: true });
    expect(memory.content).toContain(REFLECTION.insight);
    expect(await found(app, 'twice as long as planned')).toEqual([body.memory_id]);
    const [asked] = llm.asked('reflect');
    expect(asked!.data).toContain(WEEK[0]);
    expect(asked!.instructions).not.toContain('ledger');

    app.clock.advance(HOUR_MS);
    expect((await reflect(app)).body).toMatchObject({ id: body.id, reflection: REFLECTION.reflection, cached: true });
    expect((await reflect(app, { force: true })).body.cached).toBe(false);
    expect((await reflect(app, { period: 'day' })).body.cached).toBe(false);
    app.clock.advance(DAY_MS);
    expect((await reflect(app)).body.cached).toBe(false);

    // Gone with one of its memories, and the memory that keeps it as well.
    await app.call('DELETE', `/memory/${ids[0]}`);
    expect((await app.call('GET', '/reflections')).body.total).toBe(0);
    app.clock.advance(6 * 60_000);
    await app.jobs.drain();
    app.clock.advance(6 * 60_000);
    await app.jobs.drain();
    expect((await app.call('GET', `/memory/${body.memory_id}`)).status).toBe(404);
    await app.close();
  });

  it('says so when there is too little to look back on', async () => {
    await using llm = await startLlm({ answer: { reflect: REFLECTION } });
    const app = await createTestApp({ env: { ...llm.env } });
    await storeAll(app, WEEK.slice(1));
    const { body } = await reflect(app, { period: 'month' });
    expect(body).toMatchObject({ reflection: null, memories_analyzed: 2, message: expect.stringContaining('month') });
    expect(llm.requests).toEqual([]);
    await app.close();
  });

  it('makes up nothing when the model fails', async () => {
    await using llm = await startLlm();
    llm.always = refuse(400);
    const app = await createTestApp({ env: { ...llm.env } });
    await storeAll(app, WEEK);
    const { status, body } = await reflect(app);
    expect([status, body.code]).toEqual([503, 'llm_unavailable']);
    expect((await app.call('GET', '/reflections')).body.total).toBe(0);
    await app.close();
  });

  it('words what rules found; what it says wrongly is worded by rules', async () => {
    await using llm = await startLlm();
    const app = await createTestApp({ env: { ...llm.env } });
    const [a, b] = await storeAll(app, [
      { content: 'The kettle is copper', importance: 9 },
      { content: 'The violin is old', importance: 6 },
    ]);
    app.clock.advance(8 * DAY_MS);
    llm.answer = {
      reflect_on_memories: {
        reflections: [
          { id: a, action: 'enrich', content: 'Say which kettle, and where it stands.' },
          { id: b, action: 'sell it', content: 'Get a good price for it.' },
        ],
      },
    };
    const { reflections } = (await generate(app.call)).body;
    expect(reflections).toEqual([
      expect.objectContaining({
        origin: 'llm',
        reflection_type: 'enrich',
        content: 'Say which kettle, and where it stands.',
      }),
      expect.objectContaining({
        origin: 'rules',
        reflection_type: 'enrich',
        content: expect.stringContaining('violin'),
      }),
    ]);
    await app.close();
  });

  it('goes by rules when it does not answer, and says so', async () => {
    await using llm = await startLlm();
    llm.always = refuse(400);
    const app = await createTestApp({ env: { ...llm.env } });
    await store(app, { content: 'The kettle is copper', importance: 9 });
    app.clock.advance(8 * DAY_MS);
    expect((await generate(app.call)).body).toMatchObject({ count: 1, degraded: ['llm'] });
    await app.close();
  });
});
