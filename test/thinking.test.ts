// Thinking memories over: on request, and by itself when the server is idle.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DAY_MS, MINUTE_MS } from '../src/algo/durations.ts';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { startLlm } from './support/llm-server.ts';
import { store } from './support/memories.ts';

const STAGES = ['duplicates', 'contradictions', 'reconsolidation', 'reflections', 'consolidation', 'growth'];
const DEPLOY = [
  'The deploy of the billing service failed because the cache was cold',
  'The deploy of the billing service failed because the cache was cold again',
  'The deploy of the billing service failed on Friday because the cache was cold',
];
const ENV = { ENGRAM_UNDERSTANDING: '1', ENGRAM_EMBEDDING_MODEL: '' };
type Reports = { name: string; status: string; output?: Record<string, unknown>; error?: string }[];

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp({ env: ENV });
});
afterEach(() => app.close());

const storeRead = async (texts: readonly string[], more: Record<string, unknown> = {}) => {
  const ids: number[] = [];
  for (const content of texts) ids.push(await store(app, { content, ...more }));
  await app.jobs.drain();
  return ids;
};
const output = (reports: Reports, name: string) => reports.find((report) => report.name === name)?.output;
const state = async (call: Caller = app.call) => (await call('GET', '/intelligence/dreamer')).body;

it('runs on an empty database', async () => {
  const { status, body } = await app.call('POST', '/intelligence/run');
  expect(status).toBe(200);
  expect(body.reports.map(({ name }: { name: string }) => name)).toEqual(STAGES);
  expect(body).toMatchObject({ ok_count: 5, failed_count: 0, skipped_count: 1 });
  expect(body.reports.at(-1)).toMatchObject({ status: 'skipped', error: 'there is no language model' });
});

it('does what each of them does alone', async () => {
  const ids = await storeRead(DEPLOY, { importance: 9 });
  await storeRead(['Redis listens on port 6379', 'Redis listens on port 6380']);
  app.clock.advance(8 * DAY_MS);
  const { reports } = (await app.call('POST', '/intelligence/run')).body;
  expect(output(reports, 'contradictions')).toEqual({ open: 1 });
  expect(output(reports, 'reflections')).toEqual({ created: 3, degraded: [] });
  expect((output(reports, 'reconsolidation') as { changed: number }).changed).toBeGreaterThan(0);
  const { summary_ids } = output(reports, 'consolidation') as { summary_ids: number[] };
  const { consolidations } = (await app.call('GET', '/consolidations')).body;
  expect(consolidations).toEqual([expect.objectContaining({ memory_id: summary_ids[0], source_ids: ids })]);
  const again = (await app.call('POST', '/intelligence/run')).body.reports;
  expect(output(again, 'reflections')).toEqual({ created: 0, degraded: [] });
  expect(output(again, 'reconsolidation')).toEqual({ changed: 0 });
  expect(output(again, 'consolidation')).toEqual({ summary_ids: [] });
});

it('dreams with a report in words', async () => {
  const { status, result, reports } = (await app.call('POST', '/intelligence/dream')).body;
  expect([status, reports.length]).toEqual(['completed', STAGES.length]);
  expect(result).toContain('consolidation ok, growth skipped (there is no language model)');
  expect(await state()).toMatchObject({
    enabled: true,
    stages: STAGES,
    last_run_at: '2026-03-02 12:00:00',
    last_report: { ok_count: 5 },
  });
});

it('learns with a language model', async () => {
  await using llm = await startLlm();
  const other = await createTestApp({ env: { ...llm.env } });
  for (const name of ['one', 'two', 'three', 'four', 'five']) await store(other, `Warmed the cache on host ${name}`);
  llm.answer = { growth: { observation: 'Warm the cache on all hosts at once.' } };
  const { reports } = (await other.call('POST', '/intelligence/run')).body;
  const { stored_memory_id } = output(reports, 'growth') as { stored_memory_id: number };
  const { observations } = (await other.call('GET', '/growth/observations')).body;
  expect(observations).toEqual([expect.objectContaining({ id: stored_memory_id, source: 'engram' })]);
  await other.close();
});

it('thinks by itself when nobody asks for anything, once for what is new', async () => {
  // The first look only counts the requests.
  await app.jobs.drain();
  app.clock.advance(11 * MINUTE_MS);
  await app.jobs.drain();
  const ids = await storeRead(DEPLOY, { importance: 9 });
  expect((await state()).last_run_at).toBe(null);
  app.clock.advance(11 * MINUTE_MS);
  await app.jobs.drain();
  app.clock.advance(11 * MINUTE_MS);
  await app.jobs.drain();
  const { last_run_at } = await state();
  expect(last_run_at).not.toBe(null);
  expect((await app.call('GET', '/consolidations')).body.consolidations[0].source_ids).toEqual(ids);
  app.clock.advance(11 * MINUTE_MS);
  await app.jobs.drain();
  app.clock.advance(11 * MINUTE_MS);
  await app.jobs.drain();
  expect((await state()).last_run_at).toBe(last_run_at);
});

it('waits while requests come in, but not for ever', async () => {
  await app.jobs.drain();
  await storeRead(DEPLOY);
  const busy = async () => {
    app.clock.advance(11 * MINUTE_MS);
    await app.call('GET', '/list');
    await app.jobs.drain();
  };
  await busy();
  await app.call('POST', '/intelligence/run');
  const first = (await state()).last_run_at;
  await storeRead(['The kettle is copper']);
  app.clock.advance(DAY_MS);
  await busy();
  expect((await state()).last_run_at).toBe(first);
  app.clock.advance(DAY_MS);
  await busy();
  expect((await state()).last_run_at).not.toBe(first);
});

it('is about one’s own memories only', async () => {
  const other = await app.newUser('other');
  await storeRead(DEPLOY, { importance: 9 });
  const { reports } = (await other('POST', '/intelligence/run')).body;
  expect(output(reports, 'consolidation')).toEqual({ summary_ids: [] });
  expect((await state()).last_run_at).toBe(null);
  await app.call('POST', '/spaces', { name: 'work' });
  const inWork: Caller = (method, path, body) => app.call(method, path, body, { 'x-space': 'work' });
  const within = (await inWork('POST', '/intelligence/run')).body.reports;
  expect(output(within, 'consolidation')).toEqual({ summary_ids: [] });
  expect((await state()).last_run_at).toBe(null);
});
