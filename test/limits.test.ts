// Bad input over HTTP: every border from both sides, and one shape of refusal that gives nothing away.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Caller, createTestApp, type TestApp } from './support/app.ts';

const ORIGIN = 'https://app.example.com';
let app: TestApp;
let call: Caller;
beforeAll(async () => {
  app = await createTestApp({ env: { ENGRAM_ALLOWED_ORIGINS: `${ORIGIN},https://two.example.com` } });
  call = app.call;
});
afterAll(() => app.close());

const stored = async (): Promise<number> => (await call('GET', '/me/stats')).body.memories;

/** Asserts a refusal in the one shape there is. */
function refused(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.body.code], JSON.stringify(answer.body)).toEqual([status, code]);
  const { error, request_id, issues, ...rest } = answer.body;
  expect(rest).toEqual({ code });
  expect(error).toMatch(/^\S[\s\S]*[^\s]$/);
  expect(request_id).toBe(answer.headers.get('x-request-id'));
  for (const issue of issues ?? []) expect(Object.keys(issue).sort()).toEqual(['message', 'path']);
  expect(answer.headers.get('content-type')).toContain('application/json');
  expect(JSON.stringify(answer.body)).not.toMatch(/\.[jt]s:\d+|\bat \S+ \(|node_modules|SQLITE|\/src\/|ZodError/);
}

/** Sends a body as it is. */
async function send(
  body: string | Uint8Array | ReadableStream<Uint8Array> | null,
  headers: Record<string, string>,
  path = '/store',
): Promise<Answer> {
  const init = { method: 'POST', body, headers: { authorization: `Bearer ${app.key}`, ...headers }, duplex: 'half' };
  const response = await app.fetch(new Request(`http://engram.test${path}`, init as RequestInit));
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: JSON.parse(text) };
}
const json = { 'content-type': 'application/json' };
const streamOf = (...parts: Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('content', () => {
  it.each([
    ['nothing', ''],
    ['spaces', '   '],
    ['other blanks', '\n\t\u00a0\u3000\ufeff'],
  ])('of %s is refused', async (_name, content) => {
    const before = await stored();
    const answer = await call('POST', '/store', { content });
    refused(answer, 400, 'invalid_request');
    expect(answer.body.issues[0].path).toBe('body.content');
    expect(await stored()).toBe(before);
  });

  it.each([
    ['letters', 'a'.repeat(102_400)],
    ['three-byte characters', `a${'語'.repeat(34_133)}`],
    ['emoji', '🦀'.repeat(25_600)],
    ['an emoji at the border', `${'a'.repeat(102_396)}🦀`],
  ])('of exactly 102,400 bytes of %s is kept whole, one byte more is refused', async (_name, content) => {
    expect(Buffer.byteLength(content)).toBe(102_400);
    const answer = await call('POST', '/store', { content });
    expect(answer.status).toBe(201);
    expect((await call('GET', `/memory/${answer.body.id}`)).body.content).toBe(content);
    const before = await stored();
    const more = content.replace(/^a?/, (first) => `${first}b`);
    refused(await call('POST', '/store', { content: more }), 400, 'content_too_large');
    refused(await call('POST', `/memory/${answer.body.id}/update`, { content: more }), 400, 'content_too_large');
    expect(await stored()).toBe(before);
    await call('DELETE', `/memory/${answer.body.id}`);
  });

  it('is measured without the blanks around it', async () => {
    expect((await call('POST', '/store', { content: `  ${'c'.repeat(102_400)}\n` })).status).toBe(201);
  });

  it.each([
    ['the first half of a pair', '"a\\ud800b"'],
    ['the second half', '"\\udc00"'],
    ['halves the wrong way round', '"\\udc00\\ud800"'],
    ['NUL', '"a\\u0000b"'],
  ])('with %s is refused, and so are other texts', async (_name, text) => {
    const bodies = [`{"content":${text}}`, `{"content":"x","category":${text}}`, `{"content":"x","tags":[${text}]}`];
    for (const body of bodies) refused(await send(body, json), 400, 'invalid_request');
    for (const path of ['/search', '/recall', '/context']) {
      refused(await send(`{"query":${text}}`, json, path), 400, 'invalid_request');
    }
  });

  it('escaped and plain is the same', async () => {
    const escaped = await send('{"content":"caf\\u00e9 \\ud83e\\udd80"}', json);
    const plain = await call('POST', '/store', { content: 'café 🦀' });
    expect(plain.body.duplicate_of).toBe(escaped.body.id);
  });
});

describe('bodies', () => {
  it.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate in UTF-8', [0xed, 0xa0, 0x80]],
    ['Latin-1', [0x63, 0x61, 0x66, 0xe9]],
    ['half a character', [0xf0, 0x9f]],
  ])('with %s are refused, not mended', async (_name, bytes) => {
    const body = new Uint8Array([...utf8('{"content":"'), ...bytes, ...utf8('"}')]);
    const before = await stored();
    refused(await send(body, { ...json, 'content-length': `${body.length}` }), 400, 'invalid_json');
    refused(await send(streamOf(body.slice(0, 13), body.slice(13)), json), 400, 'invalid_json');
    expect(await stored()).toBe(before);
  });

  it('may be cut anywhere on their way', async () => {
    const body = utf8('{"content":"in pieces: 🦀 é 語"}');
    const answer = await send(streamOf(...Array.from(body, (byte) => new Uint8Array([byte]))), json);
    expect((await call('GET', `/memory/${answer.body.id}`)).body.content).toBe('in pieces: 🦀 é 語');
  });

  const nested = (depth: number) => `{"content":"x","entity_ids":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  it('may be 64 levels deep, not 65', async () => {
    expect((await send(nested(64), json)).status).toBeLessThan(300);
    refused(await send(nested(65), json), 400, 'json_too_deep');
    refused(await send('['.repeat(100_000), json), 400, 'json_too_deep');
  });

  it('may hold brackets in strings, whatever is escaped around them', async () => {
    for (const content of ['['.repeat(200), `"${'{'.repeat(200)}`, `\\${'['.repeat(200)}\\`, `\\"${'['.repeat(200)}`]) {
      const answer = await call('POST', '/store', { content });
      expect((await call('GET', `/memory/${answer.body.id}`)).body.content).toBe(content);
    }
    refused(await send(`{"content":"\\\\","entity_ids":${'['.repeat(70)}`, json), 400, 'json_too_deep');
  });

  it.each([
    ['/store', 1024 * 1024],
    ['/tags/search', 256 * 1024],
    ['/context', 64 * 1024],
    ['/batch', 2 * 1024 * 1024],
    ['/bootstrap', 4096],
  ])('of %s end at %i bytes, declared or not', async (path, limit) => {
    const padded = (size: number) => utf8('{}'.padEnd(size));
    for (const extra of [0, 1]) {
      const body = padded(limit + extra);
      const half = body.length / 2;
      const declared = await send(body, { ...json, 'content-length': `${body.length}` }, path);
      const streamed = await send(streamOf(body.slice(0, half), body.slice(half)), json, path);
      for (const answer of [declared, streamed]) {
        if (extra === 1) refused(answer, 413, 'body_too_large');
        else expect([400, 403]).toContain(answer.status);
      }
    }
  });

  it('never exceed what the server allows at all', async () => {
    const small = await createTestApp({ env: { ENGRAM_MAX_BODY_SIZE: '2048' } });
    refused(await small.call('POST', '/store', { content: 'x'.repeat(2048) }), 413, 'body_too_large');
    expect((await small.call('POST', '/store', { content: 'x'.repeat(2000) })).status).toBe(201);
    await small.close();
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonp', 'text/json'])(
    'called %s are refused',
    async (type) => {
      refused(await send('{"content":"x"}', { 'content-type': type }), 415, 'unsupported_media_type');
    },
  );

  it.each([{}, json, { 'content-type': 'application/json; charset=utf-8' }, { 'content-type': 'application/ld+json' }])(
    'with the headers %j are read',
    async (headers) => {
      // Bytes, because a text would get a content type of its own.
      expect((await send(utf8('{"content":"typed or not"}'), headers)).status).toBeLessThan(300);
    },
  );

  it.each(['{', '{"content":"x"', "{'content':'x'}", '{"content":"x"}}', '{"content":NaN}', 'content=x', '{"a":1,}'])(
    'that are no JSON are refused: %s',
    async (body) => refused(await send(body, json), 400, 'invalid_json'),
  );

  it.each([null, '', '  \n '])('that are missing are missed: %j', async (body) => {
    refused(await send(body, json), 400, 'invalid_request');
  });
});

describe('fields', () => {
  it.each([
    ['/store', { content: 7 }],
    ['/store', { content: ['x'] }],
    ['/store', { content: null }],
    ['/store', {}],
    ['/store', []],
    ['/store', 'null'],
    ['/store', '"x"'],
    ['/store', { content: 'x', category: 5 }],
    ['/store', { content: 'x', category: 'c'.repeat(201) }],
    ['/store', { content: 'x', importance: 'high' }],
    ['/store', { content: 'x', tags: [1] }],
    ['/store', { content: 'x', tags: ['t'.repeat(201)] }],
    ['/store', { content: 'x', tags: Array.from({ length: 101 }, (_, i) => `t${i}`) }],
    ['/store', { content: 'x', is_static: 'yes' }],
    ['/store', { content: 'x', status: 'rejected' }],
    ['/store', { content: 'x', forget_after: 'soon' }],
    ['/store', { content: 'x', occurred_at: '2026-02-30' }],
    ['/store', { content: 'x', embedding: ['1'] }],
    ['/store', { content: 'x', parent_memory_id: 'x' }],
    ['/search', { query: 5 }],
    ['/search', { query: 'x', limit: 1.5 }],
    ['/search', { query: 'x', limit: {} }],
    ['/search', { query: 'x', threshold: '0.5' }],
    ['/tags/search', { tags: [] }],
    ['/context', { query: ' ' }],
    ['/context', { query: 'x', max_tokens: -1 }],
  ])('of the wrong kind are refused: %s %j', async (path, body) => {
    const before = await stored();
    refused(await call('POST', path, body), 400, 'invalid_request');
    expect(await stored()).toBe(before);
  });

  it.each([{ limit: true }, { limit: [3] }, { space_id: true }, { space_id: [1] }])(
    'that only look like numbers when forced are refused: %j',
    async (field) => refused(await call('POST', '/search', { query: 'x', ...field }), 400, 'invalid_request'),
  );

  it.each([
    ['POST', '/store', { contnt: 'x' }, 'body.contnt', 'content'],
    ['POST', '/search', { query: 'x', limt: 3 }, 'body.limt', 'limit'],
    ['POST', '/memory/1/update', { improtance: 3 }, 'body.improtance', 'importance'],
    ['GET', '/list?offst=3', undefined, 'query.offst', 'offset'],
  ])('that are unknown are named, with the likely one: %s %s', async (method, path, body, where, meant) => {
    const answer = await call(method, path, body);
    refused(answer, 400, 'invalid_request');
    const issue = answer.body.issues.find((i: { path: string }) => i.path === where);
    expect(issue.message).toBe(`unknown field; did you mean "${meant}"?`);
  });

  it('that are like nothing known get no guess, and none reaches a prototype', async () => {
    const answer = await send('{"content":"x","__proto__":{"polluted":1},"constructor":1,"zzzzzz":1}', json);
    refused(answer, 400, 'invalid_request');
    expect(answer.body.issues).toHaveLength(3);
    expect(JSON.stringify(answer.body.issues)).not.toContain('mean');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe('numbers in addresses', () => {
  it.each(['0', '-1', 'x', '1.5', '', 'Infinity', 'NaN'])('a limit of %j is refused', async (limit) => {
    for (const path of ['/list', '/memories', '/memory/trash']) {
      refused(await call('GET', `${path}?limit=${limit}`), 400, 'invalid_request');
    }
  });

  it('a limit beyond the largest page is the largest page', async () => {
    expect((await call('GET', '/list?limit=1000000000')).status).toBe(200);
    const { body } = await call('POST', '/search', { query: 'in pieces', limit: 1e9 });
    expect(body.results.length).toBeGreaterThan(0);
  });

  it.each(['-1', '1000001', 'x', '0.5'])('an offset of %s is refused', async (offset) => {
    refused(await call('GET', `/list?offset=${offset}`), 400, 'invalid_request');
  });

  it.each(['0', '-1', 'abc', '1.5', '99999999999999999999', '9007199254740993', '%00', '%ZZ', '1;drop', "1'--"])(
    'an id of %s is refused',
    async (id) => {
      refused(await call('GET', `/memory/${id}`), 400, 'invalid_request');
      refused(await call('DELETE', `/memory/${id}`), 400, 'invalid_request');
      refused(await call('POST', `/memory/${id}/update`, { content: 'x' }), 400, 'invalid_request');
    },
  );

  it('the largest id there can be is merely unknown', async () => {
    refused(await call('GET', `/memory/${Number.MAX_SAFE_INTEGER}`), 404, 'memory_not_found');
  });
});

describe('search texts', () => {
  const words = (bytes: number, word: (i: number) => string) => {
    let text = '';
    for (let i = 0; text.length < bytes; i++) text += `${word(i)} `;
    return text;
  };

  beforeAll(async () => {
    await call('POST', '/store', { content: 'the lighthouse keeper AND the NOT near OR column: note', tags: ['sea'] });
  });

  it.each([
    'AND OR NOT NEAR',
    'lighthouse AND',
    'NOT lighthouse',
    'lighthouse NEAR(keeper, 2',
    'NEAR("lighthouse keeper", 5)',
    '*',
    'light*',
    '^lighthouse',
    'content : lighthouse',
    '- + lighthouse',
    '{content tags} : lighthouse',
    '"',
    '"lighthouse keeper',
    '"lighthouse" "',
    `lighthouse'; drop table memories; --`,
    '((((',
    ')lighthouse(',
    '%_?#',
    '🦀',
    '灯台',
    'a',
    'the',
    '\t\n',
    '',
  ])('are words, whatever they look like: %j', async (query) => {
    for (const path of ['/search', '/search/explain', '/memories/search', '/search/faceted', '/recall']) {
      const { status, body } = await call('POST', path, { query });
      expect(status, JSON.stringify(body)).toBe(200);
      const found = JSON.stringify(body).includes('lighthouse keeper');
      if (/lighthouse/.test(query)) expect(found, path).toBe(true);
    }
  });

  it.each([
    ['operators', (i: number) => ['AND', 'OR', 'NOT', 'NEAR(', '"', '*', '^', '(', ')', ':', '--', ';'][i % 12]!],
    ['quotes', () => '"a b"'],
    ['opening brackets', () => '('],
    ['different words', (i: number) => `word${i}`],
    ['characters without spaces', (i: number) => String.fromCharCode(0x4e00 + (i % 5000))],
  ])('may be long: %s', async (_name, word) => {
    for (const bytes of [10_000, 80_000]) {
      const query = `lighthouse ${words(bytes, word)}`;
      const { status, body } = await call('POST', '/search', { query });
      expect(status, JSON.stringify(body)).toBe(200);
    }
  });

  it('that are stored are found by their own words', async () => {
    const content = `x'); drop table memories; -- "NEAR(" * ^ unusualword`;
    const { id } = (await call('POST', '/store', { content, tags: [`it's "quoted"`] })).body;
    const found = await call('POST', '/search', { query: content });
    expect(found.body.results[0].id).toBe(id);
    const tagged = await call('POST', '/tags/search', { tag: `it's "quoted"` });
    expect(tagged.body.results.map((m: { id: number }) => m.id)).toEqual([id]);
  });
});

describe('batches', () => {
  const op = (content: string) => ({ op: 'store', body: { content } });

  it.each([0, 101])('of %i operations are refused', async (count) => {
    const before = await stored();
    const ops = Array.from({ length: count }, (_, i) => op(`never stored ${i}`));
    refused(await call('POST', '/batch', { ops }), 400, 'invalid_request');
    expect(await stored()).toBe(before);
  });

  it('of 100 are done', async () => {
    const ops = Array.from({ length: 100 }, (_, i) => op(`one of a hundred ${i}`));
    const { status, body } = await call('POST', '/batch', { ops });
    expect([status, body.total, body.succeeded]).toEqual([200, 100, 100]);
  });

  it('stop at the first failure, with 207; what was done before stands', async () => {
    const before = await stored();
    const ops = [op('stands'), { op: 'update', body: { id: 999_999, content: 'x' } }, op('never tried')];
    const { status, body } = await call('POST', '/batch', { ops });
    expect([status, body.total, body.succeeded]).toEqual([207, 3, 1]);
    expect(body.results).toEqual([
      { index: 0, op: 'store', success: true, result: { stored: true, id: expect.any(Number) } },
      { index: 1, op: 'update', success: false, error: expect.stringContaining('999999') },
    ]);
    expect(await stored()).toBe(before + 1);
  });

  it.each([
    [{ op: 'store', body: {} }, 207],
    [{ op: 'store', body: { content: 'x', contnt: 'y' } }, 207],
    [{ op: 'update', body: { content: 'no id' } }, 207],
    [{ op: 'link', body: { source_id: 1, target_id: 1 } }, 207],
    [{ op: 'erase', body: {} }, 400],
    [{ op: 'store' }, 400],
  ])('refuse an operation like %j', async (bad, status) => {
    const before = await stored();
    expect((await call('POST', '/batch', { ops: [bad, op('after a bad one')] })).status).toBe(status);
    expect(await stored()).toBe(before);
  });
});
