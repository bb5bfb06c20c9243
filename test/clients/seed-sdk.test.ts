// The client of an older generation (services-contract 9.2) was never on npm: what it sends, byte for byte as it is
// described there, and what it needs of the answers. The same surface of our own SDK: test/sdk/client.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedApp, serveApp } from '../sdk/support.ts';

let served: ServedApp;
beforeAll(async () => {
  served = await serveApp();
});
afterAll(() => served.close());

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
type Json = any;

/** Sends what that client sends; every answer has to be JSON, a 204 would break it. */
async function request(method: string, path: string, body?: object): Promise<{ status: number; body: Json }> {
  const response = await fetch(`${served.url}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${served.app.key}`,
      'Content-Type': 'application/json',
      Accept: 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

describe('the older TypeScript client', () => {
  it('stores, searches, updates and deletes', async () => {
    const full = {
      content: 'The release train leaves on Thursday',
      category: 'decision',
      source: 'ci',
      importance: 8,
      tags: ['release'],
      session_id: 's1',
      is_static: false,
    };
    const stored = await request('POST', '/memories', full);
    expect(stored.body).toMatchObject({ id: expect.any(Number), created: true });
    const { id } = stored.body;
    expect((await request('POST', '/memories', full)).body).toMatchObject({ created: false, duplicate_of: id });

    expect((await request('GET', `/memories/${id}`)).body).toMatchObject({ id, tags: ['release'], importance: 8 });
    const filters = 'limit=5&offset=0&category=decision&source=ci&include_forgotten=false&include_archived=false';
    const list = await request('GET', `/memories?${filters}`);
    expect(list.body.map((memory: { id: number }) => memory.id)).toEqual([id]);

    const found = await request('POST', '/memories/search', { query: 'release train', mode: 'hybrid', limit: 5 });
    expect(found.body[0]).toMatchObject({
      memory: { id, content: full.content },
      score: expect.any(Number),
      search_type: expect.any(String),
    });

    const changes = {
      content: 'The release train leaves on Friday',
      category: 'decision',
      importance: 9,
      is_fact: true,
    };
    const updated = await request('PATCH', `/memories/${id}`, changes);
    expect(updated.body).toMatchObject({ content: changes.content, importance: 9, is_fact: true });
    const forgotten = await request('POST', `/memories/${updated.body.id}/forget`, { reason: 'cancelled' });
    expect(forgotten.body).toMatchObject({ ok: true });
    expect((await request('DELETE', `/memories/${updated.body.id}`)).body).toMatchObject({ ok: true });
    const gone = await request('GET', `/memories/${updated.body.id}`);
    expect(gone).toMatchObject({ status: 404, body: { error: expect.any(String) } });
  });

  it('forgets without a reason, and with an empty body', async () => {
    for (const body of [{}, undefined]) {
      const { id } = (await request('POST', '/memories', { content: `short-lived ${body}` })).body;
      expect((await request('POST', `/memories/${id}/forget`, body)).body).toMatchObject({ ok: true });
    }
  });

  it.each(['semantic', 'temporal', 'importance', 'mixed'])('assembles a context, strategy %s', async (strategy) => {
    for (const mode of ['default', 'focused', 'broad']) {
      const asked = {
        ...{ query: 'when does the release train leave', strategy, mode, max_tokens: 500 },
        ...{ categories: ['decision'], question_type: 'fact', include_personality: false },
      };
      await request('POST', '/memories', { content: 'The release train leaves at noon' });
      const { status, body } = await request('POST', '/context', asked);
      expect(status).toBe(200);
      expect(body).toMatchObject({ total_tokens: expect.any(Number), strategy: expect.any(String) });
      // No ready-made depth and budget: that is what `default` says.
      expect(typeof body.mode).toBe(mode === 'default' ? 'object' : 'string');
      expect(body.blocks[0]).toMatchObject({
        content: expect.any(String),
        source: expect.any(String),
        memory_id: expect.any(Number),
        score: expect.any(Number),
        category: expect.any(String),
      });
    }
  });

  it('reads why it was refused', async () => {
    expect(await request('PATCH', '/memories/99999', { content: 'x' })).toMatchObject({
      status: 404,
      body: { error: expect.any(String) },
    });
  });
});
