// OpenAI's client, pointed at this server for embeddings.
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServedApp, serveApp } from '../sdk/support.ts';

let served: ServedApp;
let client: OpenAI;
beforeAll(async () => {
  served = await serveApp({ env: { ENGRAM_EMBEDDING_MODEL: '' } });
  client = new OpenAI({ apiKey: served.app.key, baseURL: `${served.url}/v1`, maxRetries: 0 });
});
afterAll(() => served.close());

it('embeds texts with the model that is listed', async () => {
  const names = [];
  for await (const { id } of client.models.list()) names.push(id);
  expect(names).toEqual(['engram-mini']);
  const input = ['a small boat', 'a little ship'];
  // Left to itself it asks for base64 and decodes it.
  const { data, usage } = await client.embeddings.create({ model: names[0]!, input });
  const { data: plain } = await client.embeddings.create({ model: names[0]!, input, encoding_format: 'float' });
  expect(data.map(({ embedding }) => embedding.length)).toEqual([256, 256]);
  expect(data.map(({ embedding }) => [...embedding])).toEqual(plain.map(({ embedding }) => embedding));
  expect(usage.total_tokens).toBe(6);
});

it('reads refusals', async () => {
  const asked = client.embeddings.create({ model: 'text-embedding-3-small', input: 'x' });
  await expect(asked).rejects.toMatchObject({
    status: 404,
    code: 'model_not_found',
    param: 'model',
    type: 'invalid_request_error',
    message: expect.stringContaining('engram-mini'),
  });
  await expect(client.embeddings.create({ model: 'engram-mini', input: 'x', dimensions: 8 })).rejects.toMatchObject({
    status: 400,
    param: 'dimensions',
  });
});
