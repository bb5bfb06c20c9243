// Storing, reading, changing and erasing memories over HTTP.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

describe('POST /store', () => {
  it('answers 201 with the id and what was kept', async () => {
    const answer = await app.call('POST', '/store', {
      content: '  Alice prefers tea ',
      category: 'test',
      importance: 7,
      tags: ['Drinks', ' drinks', 'Alice'],
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      stored: true,
      created: true,
      importance: 7,
      tags: ['drinks', 'alice'],
      duplicate_of: null,
    });
    const read = await app.call('GET', `/memory/${answer.body.id}`);
    expect(read.body).toMatchObject({
      id: answer.body.id,
      content: 'Alice prefers tea',
      category: 'test',
      created_at: '2026-03-02 12:00:00',
    });
  });

  it.each(['/memory', '/memories'])('answers the same at %s', async (path) => {
    expect((await app.call('POST', path, { content: 'x' })).status).toBe(201);
  });

  it('meets an exact repeat with 200 and strengthens the first', async () => {
    const first = await app.call('POST', '/store', { content: 'The sky is blue', tags: ['sky'] });
    const again = await app.call('POST', '/store', { content: 'The  sky is\nblue', tags: ['colour'] });
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({
      stored: false,
      created: false,
      duplicate: true,
      duplicate_of: first.body.id,
      existing_id: first.body.id,
    });
    const read = await app.call('GET', `/memory/${first.body.id}`);
    expect(read.body).toMatchObject({ source_count: 2, tags: ['sky', 'colour'] });
  });

  it('keeps the same words apart in another session, category or space', async () => {
    await app.call('POST', '/store', { content: 'Thanks!', session_id: 'a' });
    expect((await app.call('POST', '/store', { content: 'Thanks!', session_id: 'b' })).status).toBe(201);
    expect((await app.call('POST', '/store', { content: 'Thanks!', session_id: 'a', category: 'state' })).status).toBe(
      201,
    );
    const space = await app.call('POST', '/spaces', { name: 'work' });
    expect(
      (await app.call('POST', '/store', { content: 'Thanks!', session_id: 'a', space_id: space.body.id })).status,
    ).toBe(201);
  });

  it('links consecutive memories of a session', async () => {
    const one = await app.call('POST', '/store', { content: 'one', session_id: 's' });
    await app.call('POST', '/store', { content: 'elsewhere', session_id: 't' });
    const two = await app.call('POST', '/store', { content: 'two', session_id: 's' });
    expect(two.body.linked).toBe(1);
    const links = await app.call('GET', `/links/${one.body.id}`);
    expect(links.body.links).toEqual([expect.objectContaining({ id: two.body.id, type: 'follows' })]);
  });
});

describe('versions', () => {
  it('keeps the whole chain and only the newest in lists', async () => {
    const first = await app.call('POST', '/store', { content: 'port is 80', session_id: 's' });
    const next = await app.call('POST', '/store', { content: 'then we left', session_id: 's' });
    const second = await app.call('POST', `/memory/${first.body.id}/update`, { content: 'port is 81', tags: ['net'] });
    expect(second.body).toMatchObject({
      updated: true,
      old_id: first.body.id,
      version: 2,
      content: 'port is 81',
      parent_memory_id: first.body.id,
    });
    const third = await app.call('PATCH', `/memories/${second.body.new_id}`, { importance: 0.9 });
    expect(third.body).toMatchObject({
      version: 3,
      content: 'port is 81',
      importance: 9,
      root_memory_id: first.body.id,
    });
    for (const id of [first.body.id, third.body.id]) {
      const chain = await app.call('GET', `/versions/${id}`);
      expect(chain.body.versions.map((v: { content: string; is_latest: boolean }) => [v.content, v.is_latest])).toEqual(
        [
          ['port is 80', false],
          ['port is 81', false],
          ['port is 81', true],
        ],
      );
    }
    const list = await app.call('GET', '/list');
    expect(list.body.results.map((m: { id: number }) => m.id)).toEqual([third.body.id, next.body.id]);
    const links = await app.call('GET', `/links/${next.body.id}`);
    expect(links.body.links.map((l: { id: number }) => l.id)).toEqual([third.body.id]);
  });

  it('refuses to change what was already replaced', async () => {
    const first = await app.call('POST', '/store', { content: 'a' });
    await app.call('POST', `/memory/${first.body.id}/update`, { content: 'b' });
    const late = await app.call('POST', `/memory/${first.body.id}/update`, { content: 'c' });
    expect(late.status).toBe(404);
    expect(late.body.error).toContain('newer version');
  });
});

describe('erasing', () => {
  it('keeps the rest of a version chain together', async () => {
    const one = (await app.call('POST', '/store', { content: 'one' })).body.id;
    const two = (await app.call('POST', `/memory/${one}/update`, { content: 'two' })).body.new_id;
    const three = (await app.call('POST', `/memory/${two}/update`, { content: 'three' })).body.new_id;
    const four = (await app.call('POST', `/memory/${three}/update`, { content: 'four' })).body.new_id;
    const chain = async (id: number) =>
      (await app.call('GET', `/versions/${id}`)).body.versions.map((v: { content: string }) => v.content);

    expect((await app.call('DELETE', `/memory/${one}`)).body).toMatchObject({ deleted: true, erased: 1 });
    expect(await chain(four)).toEqual(['two', 'three', 'four']);
    await app.call('DELETE', `/memory/${three}`);
    expect(await chain(two)).toEqual(['two', 'four']);
    expect((await app.call('GET', `/memory/${four}`)).body).toMatchObject({
      parent_memory_id: two,
      root_memory_id: two,
    });
    expect((await app.call('DELETE', `/memory/${four}?versions=true`)).body).toMatchObject({ erased: 2 });
    expect((await app.call('GET', `/memory/${two}`)).status).toBe(404);
  });

  it('takes an expired memory as gone', async () => {
    const { id } = (await app.call('POST', '/store', { content: 'x', forget_after: '2026-03-02 13:00:00' })).body;
    expect((await app.call('GET', `/memory/${id}`)).status).toBe(200);
    app.clock.advance(3_600_000);
    const gone = await app.call('GET', `/memory/${id}`);
    expect([gone.status, gone.body.code]).toEqual([404, 'memory_not_found']);
  });
});
