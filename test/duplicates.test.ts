// Repeats over HTTP: what is taken for one, what never is, and what becomes of the memory that was there.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Embedder } from '../src/core/ports.ts';
import { fingerprintMissing } from '../src/features/memory/fingerprint-job.ts';
import { storesOn } from '../src/stores.ts';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { nearMisses, trueRepeats } from './support/near-misses.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const DAY_MS = 86_400_000;
const FACT = 'The billing service listens on port 8443';
const store = (content: string, more: object = {}, call: Caller = app.call) =>
  call('POST', '/store', { content, ...more });
const read = async (id: number) => (await app.call('GET', `/memory/${id}`)).body;
const total = async () => (await app.call('GET', '/list?limit=1000')).body.results.length;

describe('storing what a memory says already', () => {
  it.each([
    'the BILLING service listens on port 8443!',
    '  The billing\n\tservice  listens on port 8443 ',
    'FYI: The billing service listens on port 8443, as mentioned before.',
    '"The billing service listens on port 8443" (see above)',
  ])('%j strengthens it', async (again) => {
    const first = await store(FACT);
    const answer = await store(again);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      id: first.body.id,
      stored: false,
      created: false,
      duplicate: true,
      duplicate_of: first.body.id,
      existing_id: first.body.id,
      boosted: true,
      similarity: 1,
    });
    expect(await read(first.body.id)).toMatchObject({ content: FACT, source_count: 2, version: 1 });
    expect(await total()).toBe(1);
  });

  it('merges tags, keeps the greater weight, and can be found by the new tags', async () => {
    const first = await store(FACT, { tags: ['port', 'billing'], importance: 4 });
    await store(`${FACT}.`, { tags: ['network', 'port'], importance: 9, is_static: true });
    await store(`${FACT}!`, { importance: 2 });
    expect(await read(first.body.id)).toMatchObject({
      tags: ['port', 'billing', 'network'],
      importance: 9,
      is_static: true,
      source_count: 3,
    });
    const tagged = await app.call('POST', '/tags/search', { tags: ['network'] });
    expect(tagged.body.results.map((row: { id: number }) => row.id)).toEqual([first.body.id]);
    const found = await app.call('POST', '/search', { query: 'network' });
    expect(found.body.results.map((row: { id: number }) => row.id)).toEqual([first.body.id]);
  });

  it('is a review', async () => {
    const first = await store(FACT);
    app.clock.advance(5 * DAY_MS);
    const before = await read(first.body.id);
    await store(`${FACT}, as noted above`);
    await app.flush();
    const after = await read(first.body.id);
    expect(after.access_count).toBeGreaterThan(before.access_count);
    expect(after.fsrs_reps).toBe(before.fsrs_reps + 1);
    expect(after.fsrs_stability).toBeGreaterThan(before.fsrs_stability);
    expect(after.updated_at).toBe('2026-03-07 12:00:00');
  });

  it('works in scripts without spaces, with emoji, and on very short texts', async () => {
    for (const [text, again] of [
      ['東京サーバーのポートは8443です', '東京サーバーのポートは8443です。'],
      ['服务器在柏林', '服务器在柏林，如前所述'],
      ['紅茶、珈琲、緑茶を買う', '緑茶、紅茶、珈琲を買う'],
      ['👍', '👍 !'],
      ['ok', 'OK.'],
    ] as const) {
      const first = await store(text);
      expect((await store(again)).body.duplicate_of, again).toBe(first.body.id);
    }
    expect(await total()).toBe(5);
  });

  it('makes one row of two stores that arrive together', async () => {
    const texts = [FACT, `${FACT}.`, `${FACT.toUpperCase()}`, `${FACT} (see above)`];
    const answers = await Promise.all(texts.map((text) => store(text)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await read(answers[0]!.body.id)).toMatchObject({ source_count: 4 });
  });

  it('holds for 150 generated repeats and as many near-misses', async () => {
    for (const [at, { first, second }] of trueRepeats(150, 11).entries()) {
      const { body } = await store(first, { session_id: `repeat ${at}` });
      expect((await store(second, { session_id: `repeat ${at}` })).body.duplicate_of, second).toBe(body.id);
    }
    for (const [at, { first, second }] of nearMisses(150, 11).entries()) {
      await store(first, { session_id: `miss ${at}` });
      expect((await store(second, { session_id: `miss ${at}` })).status, `${first} / ${second}`).toBe(201);
    }
  });
});

describe('storing what only resembles a memory', () => {
  it.each([
    'The billing service listens on port 8444',
    'The billing service no longer listens on port 8443',
    'The billing service never listens on port 8443',
    'The booking service listens on port 8443',
    'Actually, the billing service listens on port 8443',
    'Does the billing service listen on port 8443?',
    'The billing service listens on port 8443, again',
  ])('%j is a memory of its own', async (other) => {
    await store(FACT);
    const answer = await store(other);
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ created: true, duplicate_of: null, similarity: null });
  });

  it('keeps texts of other scripts and emoji apart', async () => {
    const texts = ['東京は雨', '京都は雨', '大阪は雪', 'Сервер упал', 'Сервер жив', '👍', '👎', '...', '!?'];
    for (const text of texts) expect((await store(text)).status, text).toBe(201);
  });

  it('is kept apart by user, space, session, category, state, time and end', async () => {
    const again = `${FACT}!`;
    await store(FACT);
    const other = await app.newUser('other');
    expect((await store(again, {}, other)).status).toBe(201);
    const space = await app.call('POST', '/spaces', { name: 'work' });
    for (const more of [
      { space_id: space.body.id },
      { session_id: 's' },
      { category: 'task' },
      { status: 'pending' },
      { occurred_at: '2025-01-01' },
      { forget_after: '2030-01-01' },
    ])
      expect((await store(again, more)).status, JSON.stringify(more)).toBe(201);
    expect((await store(again)).status).toBe(200);
  });

  it('is kept apart from what happened at another time, exact repeats too', async () => {
    const ran = (day: string, text = 'Alice went for a run') => store(text, { occurred_at: day });
    const monday = await ran('2026-02-02');
    expect((await ran('2026-02-03')).status).toBe(201);
    expect((await ran('2026-02-02')).body.duplicate_of).toBe(monday.body.id);
    const ill = await store('Alice is ill today');
    expect((await store('Alice is ill today.')).body.duplicate_of).toBe(ill.body.id);
    app.clock.advance(3 * DAY_MS);
    expect((await store('Alice is ill today')).status).toBe(201);
  });

  it('never takes a new version or a correction for a repeat', async () => {
    const first = await store('Alice no longer drinks tea');
    expect((await store('Alice no longer drinks tea!')).status).toBe(201);
    const version = await store('alice no longer drinks TEA', { parent_memory_id: first.body.id });
    expect(version.status).toBe(201);
    expect(await read(version.body.id)).toMatchObject({ version: 2, parent_memory_id: first.body.id });
  });

  it('compares with what a memory says now, and only with what can be recalled', async () => {
    const first = await store('The port is 80');
    const updated = await app.call('POST', `/memory/${first.body.id}/update`, { content: 'The port is 81' });
    const old = await store('the port is 80!');
    expect(old.status).toBe(201);
    expect((await store('the port is 81!')).body.duplicate_of).toBe(updated.body.new_id);
    await app.call('POST', `/memory/${updated.body.new_id}/forget`);
    expect((await store('the PORT is 81')).status).toBe(201);
    await app.call('POST', `/memory/${old.body.id}/archive`);
    expect((await store('the PORT is 80')).status).toBe(201);
    await app.call('DELETE', `/memory/${old.body.id}?versions=true`);
    const left = await app.database.reader.db
      .selectFrom('memory_fingerprints')
      .where('memory_id', 'in', [first.body.id, old.body.id])
      .select('memory_id')
      .execute();
    expect(left).toEqual([]);
  });
});

describe('memories from before there were fingerprints', () => {
  it('get theirs in the background', async () => {
    const first = await store(FACT);
    const old = await store('The port is 80');
    const next = await app.call('PATCH', `/memories/${old.body.id}`, { content: 'The port is 81' });
    await store('...');
    const { database, clock } = app;
    await database.atomically(async ({ db }) => void (await db.deleteFrom('memory_fingerprints').execute()));
    expect((await store('Alice prefers tea')).status).toBe(201);
    await storesOn(database, clock).atomically(({ jobs }) => jobs.enqueue(fingerprintMissing, {}));
    await app.jobs.drain();
    expect((await store(`${FACT}!`)).body.duplicate_of).toBe(first.body.id);
    expect((await store('the port is 81')).body.duplicate_of).toBe(next.body.id);
    expect((await store('the port is 80')).status).toBe(201);
    expect((await store('Alice prefers tea!')).status).toBe(200);
  });
});

describe('with an embedding model', () => {
  /** Finds two texts alike unless one of them is shouted. */
  const vectorOf = (text: string): Float32Array =>
    Float32Array.from(text === text.toUpperCase() ? [0, 1, 0, 0] : [1, 0, 0, 0]);
  const embedder: Embedder = {
    identity: { key: 'shouts@1/4/none', name: 'shouts', dims: 4 },
    cost: 'lookup',
    embedDocuments: async (texts) => texts.map(vectorOf),
    embedQuery: async (text) => vectorOf(text),
    close: async () => {},
  };

  it('merges only what the model finds near too', async () => {
    const own = await createTestApp({ ports: { embedder } });
    const first = await store(FACT, {}, own.call);
    const near = await store(`${FACT}, as mentioned`, {}, own.call);
    expect(near.body).toMatchObject({ duplicate_of: first.body.id, similarity: 1 });
    expect((await store(FACT.toUpperCase(), {}, own.call)).status).toBe(201);
    await own.close();
  });
});

describe('GET /duplicates', () => {
  it('shows what resembles each other, and what keeps it apart', async () => {
    // Long enough for one number to change few bits of the fingerprint.
    const long =
      'The deployment pipeline of the billing service builds images with Docker, runs the integration tests against a fresh database, asks a person of the platform team for approval and then ships to every region, where the service listens on port';
    const one = await store(`${long} 8443`);
    const two = await store(`${long} 8444`);
    const same = await store(`${long} 8443.`, { session_id: 's' });
    await store('Alice prefers tea');
    const { body } = await app.call('GET', '/duplicates');
    expect(body).toMatchObject({ threshold: 0.9, count: body.duplicates.length, total_clusters: 1, complete: true });
    expect(body.duplicates[0]).toEqual({
      id_a: one.body.id,
      id_b: same.body.id,
      content_a: `${long} 8443`,
      content_b: `${long} 8443.`,
      similarity: 1,
      importance_a: 5,
      importance_b: 5,
      differs: [],
      mergeable: true,
    });
    for (const pair of body.duplicates.slice(1)) expect(pair).toMatchObject({ differs: ['numbers'], mergeable: false });
    expect(body.clusters).toMatchObject([
      {
        anchor: { id: one.body.id, category: 'general' },
        duplicates: [
          { id: two.body.id, mergeable: false },
          { id: same.body.id, similarity: 1, mergeable: true },
        ],
      },
    ]);
    expect((await app.call('GET', '/duplicates?threshold=1')).body.count).toBe(1);
    expect((await app.call('GET', '/duplicates?threshold=0.8&limit=1')).body.duplicates).toHaveLength(1);
    expect((await app.call('GET', '/duplicates?threshold=2')).status).toBe(400);
    const other = await app.newUser('other');
    expect((await other('GET', '/duplicates')).body).toMatchObject({ duplicates: [], clusters: [], total_clusters: 0 });
  });

  it('leaves out other spaces and what cannot be recalled', async () => {
    const first = await store(FACT);
    const space = await app.call('POST', '/spaces', { name: 'work' });
    await store(FACT, { space_id: space.body.id });
    const gone = await store(FACT, { session_id: 's' });
    await app.call('POST', `/memory/${gone.body.id}/forget`);
    expect((await app.call('GET', '/duplicates')).body.count).toBe(0);
    await store(FACT, { session_id: 't' });
    expect((await app.call('GET', '/duplicates')).body.duplicates).toMatchObject([{ id_a: first.body.id }]);
    const elsewhere = await app.call('GET', '/duplicates', undefined, { 'x-space': 'work' });
    expect(elsewhere.body.count).toBe(0);
  });
});

describe('POST /deduplicate', () => {
  async function threeAlike() {
    const first = await store(FACT, { session_id: 'a', tags: ['port'] });
    const used = await store(`${FACT}!`, { session_id: 'b', tags: ['billing'], importance: 8 });
    await store(`${FACT}.`, { session_id: 'b' });
    const last = await store(FACT.toLowerCase(), { session_id: 'c' });
    return [first.body.id, used.body.id, last.body.id] as [number, number, number];
  }

  it('only tells, unless asked to act', async () => {
    const [first, used, last] = await threeAlike();
    const { body } = await app.call('POST', '/deduplicate');
    expect(body).toEqual({
      dry_run: true,
      threshold: 0.9,
      pairs_found: expect.any(Number),
      clusters_found: 1,
      merged: 0,
      total_archived: 0,
      merges: [{ kept: used, archived: [first, last], similarity: 1 }],
      complete: true,
    });
    expect(await total()).toBe(3);
  });

  it.each(['/deduplicate', '/admin/dedup'])('%s makes older versions of all but the one said most', async (path) => {
    const [first, used, last] = await threeAlike();
    const neighbour = await store('Then Alice left', { session_id: 'a' });
    const { body } = await app.call('POST', path, { dry_run: false });
    expect(body).toMatchObject({ dry_run: false, merged: 2, total_archived: 2, merges: [{ kept: used }] });
    expect(await read(used)).toMatchObject({ source_count: 4, importance: 8, tags: ['billing', 'port'], version: 2 });
    expect((await app.call('GET', '/list')).body.results.map((row: { id: number }) => row.id)).toEqual([
      neighbour.body.id,
      used,
    ]);
    const { chain } = (await app.call('GET', `/versions/${used}`)).body;
    expect(chain.map((row: { id: number }) => row.id)).toEqual([first, last, used]);
    expect(chain.map((row: { is_latest: boolean }) => row.is_latest)).toEqual([false, false, true]);
    const links = (await app.call('GET', `/links/${used}`)).body.links.map((edge: { id: number }) => edge.id);
    expect(links).toEqual(expect.arrayContaining([neighbour.body.id, first, last]));
    const found = await app.call('POST', '/search', { query: 'billing port' });
    expect(found.body.results.map((row: { id: number }) => row.id)).toEqual([used, neighbour.body.id]);
    expect((await app.call('POST', path, { dry_run: false })).body).toMatchObject({ merged: 0, clusters_found: 0 });
    expect((await store(`${FACT}, as mentioned`, { session_id: 'b' })).body.duplicate_of).toBe(used);
  });

  it('leaves alone what differs, belongs to a conversation or is a correction', async () => {
    await store(FACT);
    await store('The billing service listens on port 8444');
    await store('Thanks!', { session_id: 'a' });
    await store('Thanks', { session_id: 'b' });
    await store('Alice no longer drinks any tea', { session_id: 'a' });
    await store('Alice no longer drinks any tea!', { session_id: 'b' });
    await store(FACT, { category: 'task' });
    const { body } = await app.call('POST', '/deduplicate', { dry_run: false, threshold: 0 });
    expect(body).toMatchObject({ merged: 0, merges: [] });
    expect(await total()).toBe(7);
  });

  it('stops at max_merge and says that more is left', async () => {
    await threeAlike();
    const first = await app.call('POST', '/deduplicate', { dry_run: false, max_merge: 1 });
    expect(first.body).toMatchObject({ merged: 1, complete: false });
    const second = await app.call('POST', '/deduplicate', { dry_run: false });
    expect(second.body).toMatchObject({ merged: 1, complete: true });
    expect(await total()).toBe(1);
  });

  it('needs the right to write', async () => {
    const reader = await app.newUser('reader', 'read');
    expect((await reader('POST', '/deduplicate')).status).toBe(403);
    expect((await reader('GET', '/duplicates')).status).toBe(200);
  });
});
