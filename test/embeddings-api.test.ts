// OpenAI's interface to the embedding model in use: shapes, order, refusals.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';

const NAME = 'engram-mini';
const DIMS = 256;

describe('with a model', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp({ env: { ENGRAM_EMBEDDING_MODEL: '' } });
  });
  afterAll(() => app.close());
  const ask = (body: object) => app.call('POST', '/v1/embeddings', body);
  const embed = async (body: object) => {
    const { status, body: answer } = await ask(body);
    expect(status, JSON.stringify(answer)).toBe(200);
    return answer;
  };
  const vectorOf = async (input: string): Promise<number[]> => (await embed({ input })).data[0].embedding;

  it('embeds one text', async () => {
    const answer = await embed({ input: 'The harbour opens at nine.', model: NAME });
    expect(answer).toEqual({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: expect.any(Array) }],
      model: NAME,
      usage: { prompt_tokens: 6, total_tokens: 6 },
    });
    const [{ embedding }] = answer.data;
    expect(embedding).toHaveLength(DIMS);
    expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
  });

  it('embeds many in their order, as each alone', async () => {
    const input = Array.from({ length: 100 }, (_, n) => `Boat number ${n} is moored at pier ${n * 7}.`);
    const { data } = await embed({ input });
    expect(data.map(({ index }: { index: number }) => index)).toEqual(input.map((_, n) => n));
    for (const n of [0, 31, 32, 99]) expect(data[n].embedding).toEqual(await vectorOf(input[n]!));
  });

  it('says nearby things nearby', async () => {
    const [boat, ship, tax] = (await embed({ input: ['a small boat', 'a little ship', 'income tax law'] })).data.map(
      ({ embedding }: { embedding: number[] }) => embedding,
    );
    const cosine = (a: number[], b: number[]) => a.reduce((sum, x, at) => sum + x * b[at]!, 0);
    expect(cosine(boat, ship)).toBeGreaterThan(cosine(boat, tax));
  });

  it('gives base64 where that is asked for', async () => {
    const input = 'The harbour opens at nine.';
    const { data } = await embed({ input, encoding_format: 'base64' });
    const bytes = Buffer.from(data[0].embedding, 'base64');
    const floats = Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
    expect(floats).toEqual(await vectorOf(input));
  });

  it.each([
    ['no input', {}, 'input'],
    ['no text', { input: '' }, 'input'],
    ['an empty list', { input: [] }, 'input'],
    ['an empty text among others', { input: ['x', ' '] }, 'input'],
    ['tokens', { input: [1, 2, 3] }, 'input'],
    ['lists of tokens', { input: [[1], [2]] }, 'input'],
    ['numbers among texts', { input: ['x', 1] }, 'input'],
    ['NUL', { input: 'a\0b' }, 'input'],
    ['too many texts', { input: Array.from({ length: 2049 }, () => 'x') }, 'input'],
    ['too long a text', { input: 'x'.repeat(102_401) }, 'input'],
    ['too much in all', { input: Array.from({ length: 30 }, () => 'x'.repeat(100_000)) }, 'input'],
    ['another format', { input: 'x', encoding_format: 'int8' }, 'encoding_format'],
    ['fewer dimensions', { input: 'x', dimensions: 64 }, 'dimensions'],
    ['more dimensions', { input: 'x', dimensions: 1536 }, 'dimensions'],
    ['no number of dimensions', { input: 'x', dimensions: 'all' }, 'dimensions'],
    ['no name', { input: 'x', model: 7 }, 'model'],
  ])('refuses %s', async (_what, body, param) => {
    const { status, body: said } = await ask(body);
    expect([status, said.error.type, said.error.param]).toEqual([400, 'invalid_request_error', param]);
    expect(said.error.message).toMatch(/\w/);
  });

  it('takes the dimensions that the model has', async () => {
    expect((await embed({ input: 'x', dimensions: DIMS })).data[0].embedding).toHaveLength(DIMS);
  });

  it('knows no model but the one in use', async () => {
    const { status, body } = await ask({ input: 'x', model: 'text-embedding-3-small' });
    expect([status, body.error.code]).toEqual([404, 'model_not_found']);
    expect(body.error.message).toContain(`"${NAME}"`);
    const models = (await app.call('GET', '/v1/models')).body;
    expect(models).toEqual({ object: 'list', data: [{ id: NAME, object: 'model', created: 0, owned_by: 'engram' }] });
  });

  it('words what every endpoint refuses as clients of OpenAI read it', async () => {
    const { status, body } = await app.call(
      'POST',
      '/v1/embeddings',
      { input: 'x' },
      { authorization: 'Bearer eg_wrong' },
    );
    expect([status, body.error.type, body.error.code, body.code]).toEqual([
      ...[401, 'authentication_error', 'unauthorized', 'unauthorized'],
    ]);
    expect(body.error.message).toMatch(/key/);
  });
});

describe('without a model', () => {
  it('says so', async () => {
    const app = await createTestApp();
    const { status, body } = await app.call('POST', '/v1/embeddings', { input: 'x' });
    expect([status, body.error.type, body.error.code]).toEqual([503, 'server_error', 'no_model']);
    expect((await app.call('GET', '/v1/models')).body.data).toEqual([]);
    await app.close();
  });
});
