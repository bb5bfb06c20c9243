// Everything out, and in again: the same memories, versions, links, tags, episodes, facts, conversations, preferences.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { zipEntries } from '../src/algo/zip.ts';
import { inflate } from '../src/platform/inflate.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { onEachDatabase } from './support/databases.ts';
import { store } from './support/memories.ts';

let app: TestApp;
let other: TestApp;
afterEach(async () => {
  await app?.close();
  await other?.close();
});

// biome-ignore lint/suspicious/noExplicitAny: records of many shapes
type Row = Record<string, any>;
const linesOf = (text: string): Row[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
async function exported(from: TestApp, headers: Record<string, string> = {}, key = from.key): Promise<Row[]> {
  const init = { headers: { authorization: `Bearer ${key}`, ...headers } };
  return linesOf(await (await from.fetch(new Request('http://engram.test/export', init))).text());
}
const itemsOf = (lines: Row[]) => lines.map((value, at) => ({ section: null, line: at + 1, value }));
const bring = (into: TestApp, lines: Row[], more = {}) =>
  into.call('POST', '/import/items', { format: 'engram', items: itemsOf(lines), ...more });

/** Without ids and times of the server itself. */
function essence(lines: Row[]): string[] {
  const words = ({ id: _, space_id: _s, parent_memory_id: _p, root_memory_id: _r, episode: _e, ...row }: Row) => row;
  const drop = [
    'source_id',
    'target_id',
    'memory_id',
    'conversation_id',
    'key',
    'conversation',
    'exported_at',
    'door',
    'decay_score',
    'pagerank_score',
    'invalidated_by',
    'trust',
    'suspicion',
    'quarantined',
    'origin',
    'agent',
  ];
  return lines
    .map((line) => {
      const row = words(line);
      // Edges that storing makes by itself are as old as the storing.
      if (line.type === 'link') delete row.created_at;
      for (const name of drop)
        if (!(name === 'agent' && line.type !== 'memory') && !(name === 'origin' && line.type === 'fact'))
          delete row[name];
      return JSON.stringify(Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))));
    })
    .sort();
}

async function filled(): Promise<void> {
  const first = await store(app, { content: 'The port is 80', tags: ['Net', 'web'], session_id: 's1', importance: 8 });
  await app.call('POST', `/memory/${first}/update`, { content: 'The port is 8080' });
  app.clock.advance(86_400_000);
  const second = await store(app, { content: 'Alice likes tea in the morning', session_id: 's1', is_static: true });
  const gone = await store(app, 'An old plan that nobody needs');
  await app.call('POST', `/memory/${gone}/forget`, { reason: 'stale' });
  const hidden = await store(app, 'Notes from the attic about the old house');
  await app.call('POST', `/memory/${hidden}/archive`);
  await app.call('POST', '/link', { source_id: second, target_id: hidden, type: 'related', similarity: 0.7 });
  await app.call('POST', '/spaces', { name: 'work' });
  await app.call('POST', '/store', { content: 'Standup is at nine' }, { 'x-space': 'work' });
  await app.call('PUT', '/preferences', { theme: 'dark' });
  const made = await app.call('POST', '/conversations/bulk', {
    agent: 'claude',
    session_id: 'c1',
    title: 'Ports',
    messages: [
      { role: 'user', content: 'Which port?' },
      { role: 'assistant', content: 'Eighty.' },
      { role: 'user', content: 'Which port?' },
    ],
  });
  expect(made.status).toBeLessThan(300);
  await app.database.atomically(async ({ db }) => {
    const memory_id = second;
    await db
      .insertInto('structured_facts')
      .values({
        ...{ user_id: 1, space_id: null, memory_id, subject: 'Alice', subject_key: 'alice', predicate: 'likes' },
        ...{ verb: 'like', object: 'tea', object_key: 'tea', quantity: null, unit: null, date_ref: null },
        ...{ date_approx: null, confidence: 0.9, origin: 'rules', is_end: 0, valid_at: '2026-03-03 12:00:00' },
        ...{ withdrawn_at: null, invalid_at: null, invalidated_by: null, created_at: '2026-03-03 12:00:00' },
      })
      .execute();
  });
}

onEachDatabase((kind) => {
  it('is the same on an empty server, and a second time changes nothing', async () => {
    app = await createTestApp();
    other = await createTestApp({ ports: { database: await (await kind.place()).open() } });
    await filled();
    const lines = await exported(app);
    const kinds = new Set(lines.map(({ type }) => type));
    for (const type of ['header', 'episode', 'memory', 'link', 'fact', 'conversation', 'message', 'preference'])
      expect(kinds).toContain(type);
    expect(lines.filter(({ type }) => type === 'memory')).toHaveLength(6);
    other.clock.set(app.clock.now() + 5 * 86_400_000);

    const dry = await bring(other, lines, { dry_run: true });
    expect(dry.body).toMatchObject({ dry_run: true, failed: 0 });
    expect(await exported(other)).toHaveLength(1);

    const { status, body } = await bring(other, lines);
    expect([status, body.failed, body.errors]).toEqual([200, 0, []]);
    expect(essence(await exported(other))).toEqual(essence(lines));

    const again = await bring(other, lines);
    expect(again.body).toMatchObject({ imported: 0, failed: 0, duplicates: 0 });
    expect(essence(await exported(other))).toEqual(essence(lines));
    // And into the server it came from.
    expect((await bring(app, lines)).body).toMatchObject({ imported: 0, failed: 0, duplicates: 0 });
    expect(essence(await exported(app))).toEqual(essence(lines));
  });
});

describe('an export', () => {
  beforeEach(async () => {
    app = await createTestApp();
    await filled();
  });

  it('holds only what belongs to its user, and to the space', async () => {
    const eve = (await app.call('POST', '/users', { username: 'eve' })).body.id;
    const { key } = (await app.call('POST', '/keys', { name: 'eve', user_id: eve })).body;
    await app.as(key)('POST', '/store', { content: 'secret of eve' });
    expect((await exported(app)).some(({ content }) => String(content).includes('eve'))).toBe(false);
    const theirs = await exported(app, {}, key);
    expect(theirs.filter(({ type }) => type === 'memory').map(({ content }) => content)).toEqual(['secret of eve']);
    const work = await exported(app, { 'x-space': 'work' });
    expect(work.map(({ type }) => type)).toEqual(['header', 'memory']);
    expect(work[1]).toMatchObject({ content: 'Standup is at nine', space: 'work' });
  });

  it('as one document says the same, and comes in again', async () => {
    const { body, headers } = await app.call('GET', '/export?format=json');
    expect(headers.get('content-disposition')).toContain('engram-export.json');
    expect(body).toMatchObject({ version: 'engram-v4', stats: { memories: 6 } });
    expect(body.memories[0]).toMatchObject({ content: 'The port is 80', tags: ['net', 'web'], is_latest: false });
    other = await createTestApp();
    expect((await other.call('POST', '/import', body)).body).toMatchObject({ failed: 0, format: 'engram', errors: [] });
    expect(essence(await exported(other))).toEqual(essence(await exported(app)));
  });

  it('as a folder of Markdown has a file for each memory, with its versions', async () => {
    const response = await app.fetch(
      new Request('http://engram.test/export?format=markdown', { headers: { authorization: `Bearer ${app.key}` } }),
    );
    expect(response.headers.get('content-type')).toBe('application/zip');
    const bytes = new Uint8Array(await response.arrayBuffer());
    const files = [...zipEntries(bytes, inflate)].map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)]);
    expect(files).toHaveLength(6);
    expect(files[0]![0]).toBe('versions/000001.md');
    expect(files[1]![1]).toContain('tags: ["net","web"]');
    expect(files[1]![1]).toContain('\n\nThe port is 8080\n');
    other = await createTestApp();
    const items = files.map(([name, markdown], at) => ({ section: null, line: at + 1, value: { name, markdown } }));
    const { body } = await other.call('POST', '/import/items', { format: 'markdown', items });
    expect(body).toMatchObject({ imported: 6, failed: 0 });
    const memories = (lines: Row[]) =>
      essence(lines.filter(({ type }) => type === 'memory').map(({ episode_id: _, ...row }) => row));
    expect(memories(await exported(other))).toEqual(memories(await exported(app)));
  });

  it('is there for administrators as one document', async () => {
    const { body } = await app.call('GET', '/admin/export');
    expect(Object.keys(body)).toEqual(
      expect.arrayContaining(['memories', 'conversations', 'episodes', 'entities', 'facts', 'preferences', 'skills']),
    );
  });
});
