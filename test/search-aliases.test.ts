// A question in long words finds a note in short ones, and the other way round.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

it('answers the question of the README', async () => {
  for (const content of ['The office moves in June', 'Bob likes cycling'])
    await app.call('POST', '/store', { content });
  await app.call('POST', '/store', {
    content: 'Production DB is PostgreSQL 16 on db.example.com:5432',
    category: 'reference',
  });
  const { body } = await app.call('POST', '/search', { query: 'database connection info' });
  expect(body).toMatchObject({ abstained: false, results: [{ content: expect.stringContaining('PostgreSQL 16') }] });
  expect(body.results).toHaveLength(1);
});

it('finds long words by short ones', async () => {
  await app.call('POST', '/store', { content: 'Kubernetes configuration lives in the infrastructure repository' });
  const { body } = await app.call('POST', '/search', { query: 'k8s config repo' });
  expect(body.results[0]).toMatchObject({ relevance: 1, search_type: 'lexical' });
});
