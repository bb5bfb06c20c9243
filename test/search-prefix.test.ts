// Words cut short still find what begins with them, after whatever matches in full.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const contents = async (query: string): Promise<string[]> =>
  (await app.call('POST', '/search', { query })).body.results.map((r: { content: string }) => r.content);

it('finds words by their beginning', async () => {
  await app.call('POST', '/store', { content: 'The deployment failed at noon' });
  await app.call('POST', '/store', { content: 'Lunch was late' });
  expect(await contents('deplo')).toEqual(['The deployment failed at noon']);
  const answer = await app.call('POST', '/search', { query: 'deplo' });
  expect(answer.body).toMatchObject({ abstained: false, results: [{ relevance: 0.5, search_type: 'lexical' }] });
});

it('puts whole words first and leaves hidden memories out', async () => {
  const hidden = await app.call('POST', '/store', { content: 'postgres is gone' });
  await app.call('POST', `/memory/${hidden.body.id}/forget`, {});
  await app.call('POST', '/store', { content: 'postgresql is the database' });
  await app.call('POST', '/store', { content: 'the post office' });
  expect(await contents('post')).toEqual(['the post office', 'postgresql is the database']);
});

it('does not read two letters as a beginning', async () => {
  await app.call('POST', '/store', { content: 'deployment' });
  expect(await contents('de')).toEqual([]);
});
