// Conversations over HTTP: kept message by message, in both shapes that clients know, and found again by what was said.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';

let app: TestApp;
let call: Caller;
beforeEach(async () => {
  app = await createTestApp();
  call = app.call;
});
afterEach(() => app.close());

const NOW = '2026-03-02 12:00:00';
const say = (role: string, content: string) => ({ role, content });
const begin = async (more: object = {}): Promise<number> =>
  (await call('POST', '/conversations', { agent: 'claude', ...more })).body.id;
const add = (id: number, body: unknown) => call('POST', `/conversations/${id}/messages`, body);
// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
const idsOf = (rows: any[]): number[] => rows.map((row) => row.id);

describe('a conversation', () => {
  it('is begun, listed, read, changed and erased', async () => {
    const made = await call('POST', '/conversations', {
      agent: ' claude ',
      session_id: 's1',
      title: 'Moving',
      metadata: { ticket: 7 },
    });
    const fields = {
      agent: 'claude',
      session_id: 's1',
      title: 'Moving',
      metadata: '{"ticket":7}',
      user_id: 1,
      started_at: NOW,
      updated_at: NOW,
    };
    expect([made.status, made.body]).toEqual([201, { id: expect.any(Number), ...fields }]);
    const { id } = made.body;
    await add(id, say('user', 'hello'));
    const { body: list } = await call('GET', '/conversations');
    expect(list).toEqual({
      conversations: [{ id, ...fields, message_count: 1 }],
      results: list.conversations,
      count: 1,
    });
    const { body: read } = await call('GET', `/conversations/${id}`);
    const { conversation, messages, ...flat } = read;
    expect(flat).toEqual({ id, ...fields, message_count: 1 });
    expect(conversation).toEqual(flat);
    expect(messages).toEqual([
      { id: expect.any(Number), conversation_id: id, ...say('user', 'hello'), metadata: null, created_at: NOW },
    ]);

    app.clock.advance(5_000);
    const changed = await call('PATCH', `/conversations/${id}`, { title: 'Moved' });
    expect([changed.status, changed.body]).toEqual([
      200,
      { id, ...fields, title: 'Moved', updated_at: '2026-03-02 12:00:05', updated: true },
    ]);
    expect((await call('PATCH', `/conversations/${id}`, { metadata: null })).body).toMatchObject({
      title: 'Moved',
      metadata: null,
    });
    expect((await call('DELETE', `/conversations/${id}`)).body).toEqual({ deleted: true, id, messages: 1 });
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['GET', '/messages'],
    ] as const) {
      const { status, body } = await call(method, `/conversations/${id}${path}`);
      expect([status, body.code]).toEqual([404, 'conversation_not_found']);
    }
    expect((await call('GET', '/conversations')).body.count).toBe(0);
  });

  it('comes first in the list once it grows, and can be listed by agent and page', async () => {
    const ids = [await begin(), await begin({ agent: 'codex' }), await begin()];
    expect(idsOf((await call('GET', '/conversations')).body.results)).toEqual([...ids].reverse());
    app.clock.advance(1_000);
    await add(ids[0]!, say('user', 'still here'));
    expect(idsOf((await call('GET', '/conversations')).body.results)).toEqual([ids[0], ids[2], ids[1]]);
    expect(idsOf((await call('GET', '/conversations?agent=codex')).body.results)).toEqual([ids[1]]);
    expect(idsOf((await call('GET', '/conversations?limit=1&offset=1')).body.results)).toEqual([ids[2]]);
  });

  it('keeps metadata that a client read and sends back as it was', async () => {
    const id = await begin({ metadata: { a: [1, { b: 'ü"\u0001' }] } });
    const text = (await call('GET', `/conversations/${id}`)).body.metadata;
    expect(JSON.parse(text)).toEqual({ a: [1, { b: 'ü"\u0001' }] });
    await call('PATCH', `/conversations/${id}`, { metadata: text });
    expect((await call('GET', `/conversations/${id}`)).body.metadata).toBe(text);
  });
});

describe('messages', () => {
  it('are added one by one or as a list, and read in order by page', async () => {
    const id = await begin();
    const one = await add(id, { ...say('user', 'first'), metadata: { tokens: 2 } });
    expect(one.status).toBe(201);
    expect(one.body).toMatchObject({
      ...say('user', 'first'),
      conversation_id: id,
      metadata: '{"tokens":2}',
      added: 1,
    });
    expect(one.body.messages).toHaveLength(1);
    const many = await add(id, [say('assistant', 'second'), say('user', 'third'), say('tool', '')]);
    expect(many.status).toBe(201);
    expect(Object.keys(many.body).sort()).toEqual(['added', 'messages']);
    expect(many.body.added).toBe(3);
    const read = async (path: string) =>
      (await call('GET', path)).body.messages.map((message: { content: string }) => message.content);
    const all = ['first', 'second', 'third', ''];
    expect(await read(`/conversations/${id}/messages`)).toEqual(all);
    expect(await read(`/conversations/${id}/messages?limit=2&offset=1`)).toEqual(all.slice(1, 3));
    expect(await read(`/conversations/${id}?limit=1&offset=3`)).toEqual(['']);
  });

  it('of a whole conversation are stored at once, up to a thousand', async () => {
    const messages = Array.from({ length: 1000 }, (_, i) => say(i % 2 ? 'assistant' : 'user', `turn number ${i}`));
    const made = await call('POST', '/conversations/bulk', { agent: 'claude', title: 'long', messages });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ id: expect.any(Number), title: 'long', messages: 1000 });
    const read = await call('GET', `/conversations/${made.body.id}?limit=1000`);
    expect(read.body.messages.map(({ content }: { content: string }) => content)).toEqual(
      messages.map(({ content }) => content),
    );
    const more = await call('POST', '/conversations/bulk', { agent: 'claude', messages: [...messages, messages[0]] });
    expect([more.status, more.body.code]).toEqual([400, 'invalid_request']);
    expect(more.body.error).toMatch(/at most 1000 messages/);
    expect((await call('GET', '/conversations')).body.count).toBe(1);
  });

  it('continue the conversation of a session, which is begun once', async () => {
    const upsert = (body: object) =>
      call('POST', '/conversations/upsert', { agent: 'claude', session_id: 's', ...body });
    const asked = await Promise.all([1, 2, 3].map((n) => upsert({ messages: [say('user', `turn ${n}`)] })));
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(asked.map(({ body }) => body.created).sort()).toEqual([false, false, true]);
    expect(new Set(asked.map(({ body }) => body.id)).size).toBe(1);
    const again = await upsert({ title: 'named', metadata: { a: 1 } });
    expect(again.body).toMatchObject({ created: false, added: 0, title: 'named', metadata: '{"a":1}' });
    expect((await upsert({})).body).toMatchObject({ title: 'named', metadata: '{"a":1}' });
    expect((await call('GET', `/conversations/${again.body.id}`)).body.message_count).toBe(3);
    expect((await upsert({ agent: 'codex' })).body.created).toBe(true);
    expect((await upsert({ session_id: 't' })).body.created).toBe(true);
  });
});

describe('searching messages', () => {
  const find = async (query: string, limit?: number) =>
    (await call('POST', '/messages/search', { query, ...(limit && { limit }) })).body;
  const contents = async (query: string, limit?: number): Promise<string[]> =>
    (await find(query, limit)).messages.map((message: { content: string }) => message.content);

  beforeEach(async () => {
    const first = await begin({ title: 'Databases' });
    await add(first, [
      say('user', 'Which port does the database use?'),
      say('assistant', 'The database listens on port 5432.'),
      say('user', 'Grüße aus 東京タワー'),
    ]);
    const second = await begin({ agent: 'codex' });
    await add(second, say('user', 'Deploying takes ten minutes, the port is fine'));
  });

  it('finds words in any form, rare ones first, with where they were said', async () => {
    expect(await contents('databases')).toHaveLength(2);
    expect((await contents('deploy the port'))[0]).toMatch(/^Deploying/);
    expect(await contents('GRUSSE')).toEqual([]);
    expect(await contents('grüße')).toEqual(['Grüße aus 東京タワー']);
    expect(await contents('京')).toEqual(['Grüße aus 東京タワー']);
    expect(await contents('"*) OR 1=1 --')).toEqual([]);
    expect(await contents('port', 1)).toHaveLength(1);
    const { messages, results, count } = await find('5432');
    expect(messages).toEqual([
      {
        id: expect.any(Number),
        conversation_id: expect.any(Number),
        ...say('assistant', 'The database listens on port 5432.'),
        metadata: null,
        created_at: NOW,
        agent: 'claude',
        conv_title: 'Databases',
        score: expect.any(Number),
      },
    ]);
    expect([results, count]).toEqual([messages, 1]);
  });

  it('finds what was said in bulk and by upsert, and nothing of what was erased', async () => {
    const bulk = await call('POST', '/conversations/bulk', { agent: 'a', messages: [say('user', 'xylophone lesson')] });
    const upsert = { agent: 'a', session_id: 's', messages: [say('user', 'xylophone concert')] };
    await call('POST', '/conversations/upsert', upsert);
    expect(await contents('xylophone')).toEqual(['xylophone concert', 'xylophone lesson']);
    await call('DELETE', `/conversations/${bulk.body.id}`);
    expect(await contents('xylophone')).toEqual(['xylophone concert']);
    const { db } = app.database.reader;
    const words = await db.selectFrom('text_words').where('word', '=', 'lesson').selectAll().execute();
    expect(words).toEqual([]);
    expect(await db.selectFrom('messages').where('conversation_id', '=', bulk.body.id).selectAll().execute()).toEqual(
      [],
    );
  });

  it('needs no more than a key that reads', async () => {
    const { body } = await call('POST', '/keys', { scopes: 'read' });
    const reader = app.as(body.key);
    expect((await reader('POST', '/messages/search', { query: 'port' })).body.count).toBe(3);
    for (const [method, path, sent] of [
      ['POST', '/conversations', { agent: 'a' }],
      ['POST', '/conversations/1/messages', say('user', 'x')],
      ['DELETE', '/conversations/1', undefined],
    ] as const)
      expect((await reader(method, path, sent)).status).toBe(403);
  });
});

describe('between two users', () => {
  it('nothing of one exists for the other', async () => {
    const id = await begin({ session_id: 's', title: 'secret plans' });
    await add(id, say('user', 'the vault code is 4711'));
    const before = (await call('GET', `/conversations/${id}`)).body;
    const theirs = await app.newUser('ada');
    const missing = await theirs('GET', '/conversations/987654');
    const asked = [
      theirs('GET', `/conversations/${id}`),
      theirs('PATCH', `/conversations/${id}`, { title: 'mine now' }),
      theirs('DELETE', `/conversations/${id}`),
      theirs('GET', `/conversations/${id}/messages`),
      theirs('POST', `/conversations/${id}/messages`, say('user', 'me too')),
      theirs('POST', `/conversations/${id}/messages`, [say('user', 'me too')]),
    ];
    for (const { status, body } of await Promise.all(asked)) {
      expect([status, body.code]).toEqual([404, 'conversation_not_found']);
      expect(body.error.replace(`${id}`, '')).toBe(missing.body.error.replace('987654', ''));
    }
    expect((await theirs('GET', '/conversations')).body).toEqual({ conversations: [], results: [], count: 0 });
    expect((await theirs('POST', '/messages/search', { query: 'vault code' })).body.messages).toEqual([]);
    const own = await theirs('POST', '/conversations/upsert', { agent: 'claude', session_id: 's' });
    expect(own.body.created).toBe(true);
    const bulk = await theirs('POST', '/conversations/bulk', { agent: 'claude', messages: [say('user', 'vault')] });
    expect(idsOf((await call('POST', '/messages/search', { query: 'vault' })).body.messages)).toEqual(
      idsOf(before.messages),
    );
    expect((await theirs('DELETE', `/conversations/${bulk.body.id}`)).status).toBe(200);
    expect((await call('GET', `/conversations/${id}`)).body).toEqual(before);
  });
});

describe('bad input', () => {
  const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });
  const message = say('user', 'x');
  const bad: [string, string, unknown, RegExp][] = [
    ['/conversations', 'no agent', {}, /body\.agent/],
    ['/conversations', 'a blank agent', { agent: '  ' }, /agent is empty/],
    ['/conversations', 'a long agent', { agent: 'x'.repeat(201) }, /at most 200/],
    ['/conversations', 'an agent that is no text', { agent: 7 }, /body\.agent/],
    ['/conversations', 'a long title', { agent: 'a', title: 'x'.repeat(501) }, /body\.title: at most 500/],
    ['/conversations', 'a long session', { agent: 'a', session_id: 'x'.repeat(201) }, /body\.session_id: at most 200/],
    ['/conversations', 'a NUL', { agent: 'a', title: 'a\0b' }, /NUL/],
    ['/conversations', 'half a character', { agent: 'a', title: '\ud800' }, /surrogate/],
    ['/conversations', 'an unknown field', { agent: 'a', tittle: 'x' }, /did you mean "title"/],
    [
      '/conversations',
      'metadata that is a number',
      { agent: 'a', metadata: 7 },
      /body\.metadata: must be a JSON object/,
    ],
    ['/conversations', 'metadata that is a list', { agent: 'a', metadata: [1] }, /must be a JSON object/],
    ['/conversations', 'metadata that is no JSON', { agent: 'a', metadata: '{a' }, /not valid JSON/],
    ['/conversations', 'large metadata', { agent: 'a', metadata: { a: 'x'.repeat(16_384) } }, /16384 characters/],
    ['/conversations', 'large metadata text', { agent: 'a', metadata: ' '.repeat(16_385) }, /16384 characters/],
    ['/conversations', 'deep metadata', { agent: 'a', metadata: deep(17) }, /at most 16 levels/],
    [
      '/conversations',
      'deep metadata text',
      { agent: 'a', metadata: `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}` },
      /at most 16 levels/,
    ],
    ['/conversations/1/messages', 'no role', { content: 'x' }, /role/],
    ['/conversations/1/messages', 'a blank role', { role: ' ', content: 'x' }, /role is empty/],
    ['/conversations/1/messages', 'a long role', { role: 'x'.repeat(65), content: 'x' }, /at most 64/],
    ['/conversations/1/messages', 'no content', { role: 'user' }, /content/],
    ['/conversations/1/messages', 'large content', say('user', 'x'.repeat(102_401)), /at most 102400/],
    ['/conversations/1/messages', 'a NUL', say('user', 'a\0b'), /content: .*NUL/],
    ['/conversations/1/messages', 'one bad message of many', [message, { role: 'user' }], /body: 1: content: /],
    ['/conversations/1/messages', 'bad metadata', [{ ...message, metadata: 3 }], /0: metadata: must be a JSON object/],
    ['/conversations/1/messages', 'no messages', [], /at least one/],
    ['/conversations/1/messages', 'too many', Array(1001).fill(message), /at most 1000/],
    ['/conversations/1/messages', 'a number', 7, /one message .* or a list/],
    ['/conversations/bulk', 'no messages', { agent: 'a', messages: [] }, /body\.messages: name at least one/],
    ['/conversations/bulk', 'messages that are no list', { agent: 'a', messages: message }, /must be a list/],
    ['/conversations/upsert', 'no session', { agent: 'a' }, /body\.session_id/],
    ['/conversations/upsert', 'a blank session', { agent: 'a', session_id: ' ' }, /session_id is empty/],
    ['/messages/search', 'no query', {}, /body\.query/],
    ['/messages/search', 'a blank query', { query: ' ' }, /query is empty/],
    ['/messages/search', 'a long query', { query: 'x'.repeat(4097) }, /at most 4,096/],
    ['/messages/search', 'a bad limit', { query: 'x', limit: 0 }, /limit must be 1 or more/],
  ];
  it.each(bad)('at %s: %s is refused with a sentence', async (path, _what, body, sentence) => {
    await begin();
    const answer = await call('POST', path, body);
    expect([answer.status, answer.body.code], JSON.stringify(answer.body)).toEqual([400, 'invalid_request']);
    expect(answer.body.error).toMatch(sentence);
    const { conversations } = (await call('GET', '/conversations')).body;
    expect(conversations).toHaveLength(1);
    expect(conversations[0].message_count).toBe(0);
  });

  it.each([
    ['GET', '/conversations?limit=x'],
    ['GET', '/conversations?offset=-1'],
    ['GET', '/conversations/x'],
    ['GET', '/conversations/0'],
    ['GET', '/conversations/1?limit=0'],
    ['GET', '/conversations/1/messages?offset=1.5'],
    ['PATCH', '/conversations/1'],
  ])('%s %s is refused', async (method, path) => {
    await begin();
    expect((await call(method, path, method === 'PATCH' ? {} : undefined)).status).toBe(400);
  });

  it('content of exactly the largest size is kept whole, and a body beyond 2 MiB is not read', async () => {
    const id = await begin();
    const largest = `語${'x'.repeat(102_399)}`;
    expect((await add(id, say('user', largest))).body.content).toBe(largest);
    const answer = await add(id, Array(22).fill(say('user', 'y'.repeat(102_000))));
    expect([answer.status, answer.body.code]).toEqual([413, 'body_too_large']);
    expect((await call('GET', `/conversations/${id}`)).body.message_count).toBe(1);
  });
});
