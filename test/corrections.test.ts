// Setting memories right, and what was known at a time.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Embedder } from '../src/core/ports.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { found, foundTexts, idsOf, store, storeAll } from './support/memories.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const SYNONYMS: Record<string, string> = { automobile: 'car', shed: 'garage' };
/** One direction for each word and its synonyms. */
const vectorOf = (text: string): Float32Array => {
  const vector = new Float32Array(64);
  for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) {
    const known = SYNONYMS[word] ?? word;
    let hash = 7;
    for (const letter of known) hash = (hash * 31 + letter.charCodeAt(0)) % 64_007;
    vector[hash % 64]! += 1;
  }
  const norm = Math.hypot(...vector) || 1;
  return vector.map((n) => n / norm);
};
const synonyms: Embedder = {
  identity: { key: 'synonyms@1/64/sum', name: 'synonyms', dims: 64 },
  cost: 'lookup',
  embedDocuments: async (texts) => texts.map(vectorOf),
  embedQuery: async (text) => vectorOf(text),
  close: async () => {},
};

const correct = (body: object) => app.call('POST', '/correct', body);
const HOUR_MS = 3_600_000;

describe('POST /correct with memory_id and content', () => {
  it('puts a new version in the place of the wrong one, with a corrects edge', async () => {
    const wrong = await store(app, {
      content: 'Staging is in Bergen',
      category: 'state',
      importance: 4,
      tags: ['servers'],
      source: 'ann',
    });
    const { status, body } = await correct({ memory_id: wrong, content: 'Staging is in Oslo', reason: 'it moved' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      content: 'Staging is in Oslo',
      version: 2,
      category: 'state',
      importance: 4,
      tags: ['servers'],
      source: 'ann',
      is_static: false,
      parent_memory_id: wrong,
      corrected: true,
      corrected_memory_id: wrong,
      corrected_content: 'Staging is in Bergen',
      reason: 'it moved',
    });
    expect(await foundTexts(app, { query: 'staging', expand_relationships: false })).toEqual(['Staging is in Oslo']);
    expect((await app.call('GET', `/links/${body.id}`)).body.links).toEqual([
      expect.objectContaining({ id: wrong, type: 'corrects' }),
    ]);
    expect((await app.call('GET', `/memory/${wrong}`)).body).toMatchObject({
      is_superseded: true,
      forget_reason: 'it moved',
      superseded_at: '2026-03-02 12:00:00',
    });
    expect((await app.call('GET', `/versions/${body.id}`)).body.versions).toHaveLength(2);
  });

  it('stays the correction of that one memory when it is changed itself', async () => {
    const wrong = await store(app, 'Staging is in Bergen');
    const right = (await correct({ memory_id: wrong, content: 'Staging is in Oslo' })).body.id;
    const newest = (await app.call('POST', `/memory/${right}/update`, { content: 'Staging is in Oslo, room 4' })).body
      .new_id;
    const linked = async (id: number) =>
      (await app.call('GET', `/links/${id}`)).body.links.map((link: { id: number; type: string }) => [
        link.id,
        link.type,
      ]);
    expect(await linked(newest)).toEqual([[right, 'updates']]);
    expect(await linked(wrong)).toEqual([[right, 'corrects']]);
  });

  it('refuses what is not there, not one’s own, or already replaced', async () => {
    const id = await store(app, 'one');
    const other = await app.newUser('other');
    expect((await other('POST', '/correct', { memory_id: id, content: 'two' })).status).toBe(404);
    expect((await correct({ memory_id: 999_999, content: 'two' })).body.code).toBe('memory_not_found');
    await correct({ memory_id: id, content: 'two' });
    expect((await correct({ memory_id: id, content: 'three' })).body.error).toContain('newer version');
    expect((await other('GET', '/list')).body.results).toEqual([]);
  });

  it.each([
    [{ content: 'no memory named' }, 'memory_id'],
    [{}, 'content or correction'],
    [{ memory_id: 1, content: 'a', correction: 'b' }, 'either content or correction'],
    [{ memory_id: 1, content: '   ' }, 'content or correction'],
  ])('refuses %j with a sentence', async (body, words) => {
    const answer = await correct(body);
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([400, expect.stringContaining(words)]);
  });
});

describe('POST /correct with a correction', () => {
  it('finds the memory that is meant, and makes what is right a permanent fact', async () => {
    const [wrong] = await storeAll(app, [
      { content: 'The weekly meeting is on Tuesday at ten', category: 'task', tags: ['team'] },
      'The kitchen is cleaned on Tuesday',
    ]);
    const { status, body } = await correct({
      correction: 'The weekly meeting is on Wednesday',
      original_claim: 'weekly meeting on Tuesday',
      source: 'ann',
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      corrected: true,
      corrected_memory_id: wrong,
      corrected_content: 'The weekly meeting is on Tuesday at ten',
      content: 'The weekly meeting is on Wednesday',
      category: 'task',
      tags: ['team'],
      source: 'ann',
      importance: 9,
      is_static: true,
    });
    expect((await app.call('GET', '/list')).body.results).toHaveLength(2);
  });

  it('finds it by the correction itself when no claim is given', async () => {
    const [wrong] = await storeAll(app, ["Bob's birthday is on 4 May", "Alice's birthday is on 3 May"]);
    expect((await correct({ correction: "Bob's birthday is on 5 May" })).body.corrected_memory_id).toBe(wrong);
  });

  it('stores it by itself when nothing fits well', async () => {
    const id = await store(app, 'The kitchen is cleaned on Tuesday');
    const { status, body } = await correct({ correction: 'The weekly meeting is on Wednesday, not on Tuesday' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      corrected: false,
      corrected_memory_id: null,
      corrected_content: null,
      category: 'state',
      importance: 9,
      is_static: true,
      version: 1,
    });
    expect(idsOf((await app.call('GET', '/list')).body.results)).toEqual([body.id, id]);
  });

  it('stores it by itself when two fit equally well', async () => {
    await storeAll(app, ['The port of the api server is 80', 'The port of the web server is 80']);
    const { body } = await correct({ correction: 'The port of the server is 81' });
    expect(body.corrected_memory_id).toBeNull();
    expect((await app.call('GET', '/list')).body.results).toHaveLength(3);
  });

  it('finds no memory of another user, nor one that is hidden', async () => {
    const id = await store(app, 'The weekly meeting is on Tuesday');
    const other = await app.newUser('other');
    const request = { correction: 'The weekly meeting is on Wednesday' };
    expect((await other('POST', '/correct', request)).body.corrected_memory_id).toBeNull();
    await app.call('POST', `/memory/${id}/forget`);
    expect((await correct(request)).body.corrected_memory_id).toBeNull();
    expect((await app.call('GET', '/memory/trash')).body.memories).toMatchObject([{ id, is_latest: true }]);
  });

  it('takes the memory that is named, whatever it says; importance is 8 or more', async () => {
    const id = await store(app, 'something else entirely');
    const { body } = await correct({
      memory_id: id,
      correction: 'Meetings are on Wednesday',
      importance: 3,
      tags: ['x'],
    });
    expect(body).toMatchObject({ corrected_memory_id: id, importance: 8, is_static: true, tags: ['x'] });
  });

  it('finds it by meaning, without a word in common', async () => {
    await app.close();
    app = await createTestApp({ ports: { embedder: synonyms } });
    const [wrong] = await storeAll(app, ['car garage', 'penguins swim']);
    const { body } = await correct({ correction: 'automobile street', original_claim: 'automobile shed' });
    expect([body.corrected_memory_id, body.embedded]).toEqual([wrong, true]);
    expect(await found(app, { query: 'automobile street', channels: ['vector'], limit: 1 })).toEqual([body.id]);
    expect((await correct({ correction: 'volcano', original_claim: 'violin' })).body.corrected_memory_id).toBeNull();
  });
});

describe('what was known at a time', () => {
  const contents = (body: { results: { content: string }[] }) => body.results.map(({ content }) => content);
  const at = async (hours: number, more: object = {}) => {
    const time = new Date(Date.UTC(2026, 2, 2, 12) + hours * HOUR_MS).toISOString();
    const answer = await app.call('POST', '/timetravel', { as_of: time, ...more });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body;
  };

  /** At 12: port 80, a task. At 13: port 81. At 14: the task is forgotten, a note for one hour. At 16 port 82. */
  async function history() {
    const first = await store(app, { content: 'The port is 80', is_static: true });
    const task = await store(app, { content: 'Open the port', category: 'task' });
    app.clock.advance(HOUR_MS);
    const second = (await app.call('POST', `/memory/${first}/update`, { content: 'The port is 81' })).body.id;
    app.clock.advance(HOUR_MS);
    await app.call('POST', `/memory/${task}/forget`);
    await store(app, { content: 'The port is busy', ttl: 3600 });
    app.clock.advance(2 * HOUR_MS);
    await correct({ memory_id: second, content: 'The port is 82' });
  }

  it('is the version that held then', async () => {
    await history();
    expect(contents(await at(-1))).toEqual([]);
    expect(contents(await at(0.5))).toEqual(['Open the port', 'The port is 80']);
    expect(contents(await at(1))).toEqual(['The port is 81', 'Open the port']);
    expect(contents(await at(2.5))).toEqual(['The port is busy', 'The port is 81']);
    expect(contents(await at(3))).toEqual(['The port is 81']);
    expect(contents(await at(4))).toEqual(['The port is 82']);
    expect(contents(await at(999))).toEqual(['The port is 82']);
  });

  it('stays the same after the sweep', async () => {
    await history();
    await app.call('POST', '/sweep');
    expect((await app.call('GET', '/trash')).body.memories.map((m: { content: string }) => m.content)).toEqual([
      'The port is busy',
      'Open the port',
    ]);
    expect(contents(await at(2.5))).toEqual(['The port is busy', 'The port is 81']);
    expect(contents(await at(3))).toEqual(['The port is 81']);
  });

  it('is ranked by a query, and says what there was in all', async () => {
    await history();
    await store(app, 'Something about ships');
    const body = await at(0.5, { query: 'port 80' });
    expect(contents(body)).toEqual(['The port is 80', 'Open the port']);
    expect(body.results[0].similarity).toBe(1);
    expect(body.memories).toEqual(body.results);
    expect(body).toMatchObject({
      timestamp: '2026-03-02T12:30:00.000Z',
      as_of: '2026-03-02 12:30:00',
      query: 'port 80',
      count: 2,
      total_returned: 2,
      stats: { total: 2, static_count: 1, tasks: 1, states: 0, decisions: 0, discoveries: 0, issues: 0 },
    });
    expect(contents(await at(0.5, { query: 'port', category: 'task' }))).toEqual(['Open the port']);
    expect(contents(await at(0.5, { limit: 1 }))).toEqual(['Open the port']);
    expect(contents(await at(1.5, { query: '80' }))).toEqual([]);
  });

  it('is what search and list with as_of look at', async () => {
    await history();
    expect(await foundTexts(app, { query: 'port', as_of: '2026-03-02 12:30:00' })).toEqual(
      expect.arrayContaining(['Open the port', 'The port is 80']),
    );
    expect(await foundTexts(app, { query: 'port' })).toEqual(['The port is 82']);
    const list = await app.call('GET', '/list?as_of=2026-03-02T13:30:00Z');
    expect(contents(list.body)).toEqual(['The port is 81', 'Open the port']);
  });

  it('takes a bare day as its end, and timestamp for as_of', async () => {
    await history();
    const body = (await app.call('POST', '/timetravel', { timestamp: '2026-03-02' })).body;
    expect([contents(body), body.as_of]).toEqual([['The port is 82'], '2026-03-02 23:59:59']);
    expect(contents((await app.call('POST', '/timetravel', { timestamp: '2026-03-01' })).body)).toEqual([]);
  });

  it('forgets what was erased', async () => {
    const id = await store(app, 'never mind');
    app.clock.advance(HOUR_MS);
    await app.call('DELETE', `/memory/${id}`);
    expect(contents(await at(0.5))).toEqual([]);
  });

  it('is one’s own', async () => {
    await history();
    const other = await app.newUser('other');
    for (const more of [{}, { query: 'port' }]) {
      const { body } = await other('POST', '/timetravel', { as_of: '2026-03-02 12:30:00', ...more });
      expect([body.results, body.stats.total]).toEqual([[], 0]);
    }
  });

  it.each([{ as_of: 'yesterday' }, { timestamp: '2026-02-30' }, { as_of: '' }, {}])(
    'refuses %j with a sentence',
    async (body) => {
      const answer = await app.call('POST', '/timetravel', body);
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.body)).toMatch(/must be a time such as|say which time/);
    },
  );
});
