// Memories that wait for review: nowhere to be found until somebody approves them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { found, idsOf, store, storeAll } from './support/memories.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const pending = (content: string, more: object = {}) => store(app, { content, status: 'pending', ...more });
const inbox = async () => (await app.call('GET', '/inbox')).body;
const review = (id: number, verb: string, body?: object) => app.call('POST', `/inbox/${id}/${verb}`, body);

type Reader = readonly [method: string, path: string, body?: object];
/** What tells what is remembered, each of which would show the word. */
const READERS: readonly Reader[] = [
  ['GET', '/list'],
  ['GET', '/memories'],
  ['GET', '/list?category=secret'],
  ['GET', '/list?as_of=2027-01-01'],
  ['POST', '/search', { query: 'zeppelin' }],
  ['POST', '/search', { query: 'zeppelin', include_archived: true, include_forgotten: true, latest_only: false }],
  ['POST', '/search', { query: 'zeppelin', as_of: '2027-01-01' }],
  ['POST', '/search', { query: 'understood', include_links: true }],
  ['POST', '/memories/search', { query: 'zeppelin' }],
  ['POST', '/search/explain', { query: 'zeppelin' }],
  ['POST', '/search/faceted', { query: 'zeppelin' }],
  ['POST', '/search/faceted', {}],
  ['POST', '/recall', { query: 'zeppelin' }],
  ['POST', '/recall', {}],
  ['POST', '/context', { query: 'zeppelin', mode: 'deep' }],
  ['POST', '/context/stream', { query: 'zeppelin' }],
  ['POST', '/tags/search', { tags: ['zeppelin'] }],
  ['GET', '/tags'],
  ['GET', '/profile'],
  ['GET', '/me/stats'],
  ['POST', '/timetravel', { as_of: '2027-01-01' }],
  ['POST', '/timetravel', { as_of: '2027-01-01', query: 'zeppelin' }],
  ['GET', '/memory-health'],
];

/** These hand out everything there is, with its status beside it; the last looks at no memory, and needs a model. */
const LEFT_OUT = ['inbox.list', 'transfer.export', 'sync.changes', 'openai.embeddings'];

/** Whatever else can be read without naming a memory, so that no new endpoint is forgotten. */
const others = (): Reader[] =>
  app.routes.flatMap(({ spec: { id, method, path, access, body } }) =>
    access !== 'read' || path.includes('{') || LEFT_OUT.includes(id)
      ? []
      : [[method, path, body === undefined ? undefined : { query: 'zeppelin' }] as const],
  );

/** Paths whose answer names the word or the category. */
async function tellers(neighbour: number): Promise<string[]> {
  const telling: string[] = [];
  const look = async ([method, path, body]: Reader, statuses: number[]) => {
    const answer = await app.call(method, path, body);
    expect(statuses, `${path} ${JSON.stringify(answer.body)}`).toContain(answer.status);
    const text = JSON.stringify(answer.body).replaceAll('"query":"zeppelin"', '');
    if (/zeppelin|"secret"/i.test(text)) telling.push(`${path} ${JSON.stringify(body ?? {})}`);
  };
  for (const reader of [...READERS, ['GET', `/links/${neighbour}`] as const]) await look(reader, [200]);
  for (const reader of others()) await look(reader, [200, 400, 404]);
  return telling;
}

const secret = { category: 'secret', importance: 10, is_static: true, tags: ['zeppelin'], session_id: 's' };

describe('what waits for review', () => {
  it.each(['pending', 'rejected'] as const)('is told by nobody: %s', async (state) => {
    const id = await pending('Zeppelin is the codeword', secret);
    const neighbour = await store(app, { content: 'understood', session_id: 's' });
    expect(await tellers(neighbour)).toEqual([]);
    if (state === 'rejected') {
      await review(id, 'reject');
      expect(await tellers(neighbour)).toEqual([]);
      await app.call('POST', `/memory/${id}/unarchive`);
      expect(await tellers(neighbour)).toEqual([]);
    }
  });

  it('is told by all of them once approved', async () => {
    const id = await pending('Zeppelin is the codeword', secret);
    const neighbour = await store(app, { content: 'understood', session_id: 's' });
    await review(id, 'approve');
    const telling = await tellers(neighbour);
    const silent = READERS.filter(([, path, body]) => !telling.includes(`${path} ${JSON.stringify(body ?? {})}`));
    // Only counts.
    expect(silent.map(([, path]) => path)).toEqual(['/memory-health']);
    expect(telling).toContain(`/links/${neighbour} {}`);
  });

  it('is not taken for a repeat of what is known, nor the other way round', async () => {
    const known = await store(app, 'the gate is open');
    const waiting = await pending('the gate is open');
    expect(waiting).not.toBe(known);
    expect((await app.call('POST', '/store', { content: 'the gate is open' })).body.duplicate_of).toBe(known);
    expect((await app.call('POST', '/store', { content: 'the gate is open', status: 'pending' })).body).toMatchObject({
      duplicate_of: waiting,
      status: 'pending',
    });
  });
});

describe('GET /inbox', () => {
  it('lists newest first, in pages, with the total', async () => {
    const ids = [];
    for (const n of [1, 2, 3]) ids.push(await pending(`note ${n}`, { tags: ['t'], model: 'writer-1' }));
    await store(app, 'known');
    expect(await inbox()).toMatchObject({ count: 3, total: 3, offset: 0, limit: 50 });
    const page = (await app.call('GET', '/pending?limit=1&offset=1')).body;
    expect(page).toMatchObject({ count: 1, total: 3, offset: 1, limit: 1 });
    expect(page.pending).toEqual([
      expect.objectContaining({
        id: ids[1],
        content: 'note 2',
        tags: ['t'],
        status: 'pending',
        model: 'writer-1',
        confidence: 1,
      }),
    ]);
  });

  it('shows one’s own only, and of a space only what lies in it', async () => {
    const other = await app.newUser('other');
    const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
    await pending('mine');
    const inSpace = await pending('at work', { space_id: space });
    await other('POST', '/store', { content: 'theirs', status: 'pending' });
    expect((await inbox()).total).toBe(2);
    const scoped = await app.call('GET', '/inbox', undefined, { 'x-space': 'work' });
    expect(scoped.body).toMatchObject({ total: 1, pending: [{ id: inSpace }] });
    expect((await other('GET', '/inbox')).body.total).toBe(1);
  });
});

describe('reviewing', () => {
  it('approves', async () => {
    const id = await pending('the harbour is deep');
    expect((await review(id, 'approve')).body).toMatchObject({ approved: true, id });
    expect(await found(app, 'harbour')).toEqual([id]);
    expect((await inbox()).total).toBe(0);
  });

  it('rejects, with a reason or without a body', async () => {
    const [one, two] = [await pending('one'), await pending('two')];
    expect((await review(one, 'reject', { reason: 'made up' })).body).toMatchObject({ rejected: true, id: one });
    expect((await review(two, 'reject')).status).toBe(200);
    const archived = await app.call('GET', `/memory/${one}`);
    expect([archived.status, archived.body.error]).toEqual([404, expect.stringContaining('rejected')]);
    const row = await app.database.reader.db
      .selectFrom('memories')
      .selectAll()
      .where('id', '=', one)
      .executeTakeFirst();
    expect(row).toMatchObject({ status: 'rejected', is_archived: 1, forget_reason: 'made up' });
  });

  it('changes and approves: the new version is found by its own words, by meaning too', async () => {
    await app.close();
    app = await createTestApp({ env: { ENGRAM_EMBEDDING_MODEL: '' } });
    const id = await pending('The server runs on Debian', { tags: ['os'], category: 'state' });
    const { body } = await review(id, 'edit', { content: 'The server runs on Alpine Linux', tags: 'os,linux' });
    expect(body).toMatchObject({ approved: true, edited: true, old_id: id });
    expect(body.id).not.toBe(id);
    const read = await app.call('GET', `/memory/${body.id}`);
    expect(read.body).toMatchObject({ status: 'approved', version: 2, category: 'state', tags: ['os', 'linux'] });
    expect(await found(app, 'alpine')).toEqual([body.id]);
    expect(await found(app, { query: 'Alpine Linux', channels: ['vector'] })).toEqual([body.id]);
    expect(await found(app, { query: 'debian', latest_only: false, expand_relationships: false })).toEqual([]);
    expect((await inbox()).total).toBe(0);
  });

  it('edits other fields than the content, and approves when there is nothing to change', async () => {
    const one = await pending('one');
    const edited = (await review(one, 'edit', { importance: 9, category: 'decision' })).body;
    expect((await app.call('GET', `/memory/${edited.id}`)).body).toMatchObject({
      content: 'one',
      importance: 9,
      category: 'decision',
      status: 'approved',
    });
    const two = await pending('two');
    expect((await review(two, 'edit')).body).toMatchObject({ approved: true, edited: false, id: two });
    expect((await review(await pending('three'), 'edit', { content: '  ' })).status).toBe(400);
  });

  it.each(['approve', 'reject', 'edit'])('is done once: %s', async (verb) => {
    const id = await pending('once');
    await review(id, 'approve');
    const again = await review(id, verb, verb === 'edit' ? { content: 'twice' } : undefined);
    expect([again.status, again.body.code]).toEqual([400, 'not_pending']);
    expect(again.body.error).toContain('approved');
    const unknown = await review(999_999, verb);
    expect([unknown.status, unknown.body.code]).toEqual([404, 'memory_not_found']);
  });

  it('refuses what is in the trash, and what is another user’s', async () => {
    const id = await pending('mine');
    const other = await app.newUser('other');
    for (const verb of ['approve', 'reject', 'edit'])
      expect((await other('POST', `/inbox/${id}/${verb}`)).status).toBe(404);
    expect((await other('POST', '/inbox/bulk', { ids: [id], action: 'approve' })).body).toMatchObject({ count: 0 });
    await app.call('POST', `/memory/${id}/forget`);
    expect((await review(id, 'approve')).body.code).toBe('not_pending');
    expect((await inbox()).total).toBe(0);
  });

  it('does several at once, and names those it could not', async () => {
    const [a, b, c] = [await pending('harbour a'), await pending('harbour b'), await pending('harbour c')];
    const known = await store(app, 'known');
    const approved = await app.call('POST', '/inbox/bulk', { ids: [a, known, b, a, 999_999], action: 'approve' });
    expect(approved.body).toEqual({ action: 'approve', count: 2, ids: [a, b], skipped: [known, 999_999] });
    const rejected = await app.call('POST', '/inbox/bulk', { ids: [c], action: 'reject', reason: 'no' });
    expect(rejected.body).toMatchObject({ action: 'reject', count: 1, ids: [c] });
    expect((await found(app, 'harbour')).sort()).toEqual([a, b]);
    for (const body of [
      { ids: [], action: 'approve' },
      { ids: [a], action: 'keep' },
    ])
      expect((await app.call('POST', '/inbox/bulk', body)).status).toBe(400);
  });

  it('leaves memories that were never pending alone', async () => {
    const ids = await storeAll(app, ['one', 'two']);
    expect(idsOf((await app.call('GET', '/list')).body.results)).toEqual(ids.reverse());
    expect((await inbox()).pending).toEqual([]);
  });
});
