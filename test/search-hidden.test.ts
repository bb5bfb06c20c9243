// Filters hold before the cut, and what is hidden neither shows up nor takes the place of what is not.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { found, idsOf, search, sorted, store, storeAll } from './support/memories.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** 300 matches with one mark each or none; per mark 5 that say the same with more words around, each longer than the one before. */
const MARKS: readonly [string, Record<string, unknown>, Record<string, unknown>][] = [
  ['tags', { tags: ['Rare'] }, { tags: ['rare'] }],
  ['all of several tags', { tags: ['mixed', 'kept'] }, { tags: ['kept', 'MIXED'] }],
  ['tag', { tags: ['single'] }, { tag: 'Single ' }],
  ['category', { category: 'Decision' }, { category: 'decision' }],
  ['source', { source: 'Claude' }, { source: 'claude' }],
  ['source_filter', { source: 'codex' }, { source_filter: 'CODEX' }],
  ['date range', { occurred_at: '2020-06-15 23:30:00' }, { date_from: '2020-06-15', date_to: '2020-06-15' }],
  ['date_to', { occurred_at: '2019-06-15 12:00:00' }, { date_to: '2019-06-15T14:00:00+02:00' }],
  ['date_from', { occurred_at: '2027-01-01' }, { date_from: '2027-01-01' }],
  ['status', { status: 'pending' }, { status: 'pending' }],
  ['session', { session_id: 'here' }, { session_id: 'here' }],
];

describe('filters', () => {
  const marked = new Map<string, number[]>();
  let full: TestApp;
  let space: number;
  beforeAll(async () => {
    full = await createTestApp();
    space = (await full.call('POST', '/spaces', { name: 'work' })).body.id;
    await storeAll(
      full,
      range(300).map((i) => ({
        content: `harbour crane ${i}`,
        tags: i % 2 ? ['kept'] : [],
        session_id: `elsewhere${i}`,
      })),
    );
    for (const [name, mark] of [...MARKS, ['space', { space_id: space }] as const]) {
      const texts = range(5).map((i) => ({
        content: `harbour crane ${name} ${'and much else besides the water '.repeat(i + 2)}`,
        ...mark,
      }));
      marked.set(name, await storeAll(full, texts));
    }
  });
  afterAll(() => full.close());

  it.each(MARKS)('let all 5 of 300 and more matches through: %s', async (name, _mark, filter) => {
    for (const limit of [5, 50]) {
      const got = await search(full, { query: 'harbour crane', limit, ...filter });
      expect(sorted(idsOf(got.results))).toEqual(sorted(marked.get(name)!));
      expect(got.top_score).toBeGreaterThan(0.9);
      const ranks = (await search(full, { query: 'harbour crane', limit, expand_relationships: false, ...filter }))
        .results;
      // Of equal words the shorter text is the better match.
      expect(idsOf(ranks)).toEqual(marked.get(name));
    }
  });

  it('let a space through, by id and by header', async () => {
    const wanted = sorted(marked.get('space')!);
    expect(sorted(await found(full, { query: 'harbour crane', limit: 5, space_id: space }))).toEqual(wanted);
    const answer = await full.call('POST', '/search', { query: 'harbour crane', limit: 5 }, { 'x-space': 'work' });
    expect(sorted(idsOf(answer.body.results))).toEqual(wanted);
    expect((await full.call('POST', '/search', { query: 'harbour', space_id: 999 })).body.error).toContain('space');
  });

  it('all hold at once', async () => {
    const [wanted] = await storeAll(app, [
      { content: 'harbour a', category: 'x', source: 's', tags: ['t', 'u'] },
      { content: 'harbour b', category: 'x', source: 's', tags: ['t'] },
      { content: 'harbour c', category: 'y', source: 's', tags: ['t', 'u'] },
      { content: 'harbour d', category: 'x', source: 'z', tags: ['t', 'u'] },
    ]);
    expect(await found(app, { query: 'harbour', category: 'X', source: 'S', tags: 't,u' })).toEqual([wanted]);
    expect(await found(app, { query: 'harbour', category: 'nowhere' })).toEqual([]);
  });

  it('take letters beyond ASCII as they are', async () => {
    const [id] = await storeAll(app, [{ content: 'harbour', category: 'ärger', source: 'zoë' }, 'harbour two']);
    expect(await found(app, { query: 'harbour', category: 'ärger', source: 'zoë' })).toEqual([id]);
  });
});

describe('hidden memories', () => {
  const hide: [string, (id: number) => Promise<unknown>, Record<string, unknown>][] = [
    ['forgotten', (id) => app.call('POST', `/memory/${id}/forget`), { include_forgotten: true }],
    ['archived', (id) => app.call('POST', `/memory/${id}/archive`), { include_archived: true }],
    [
      'superseded',
      (id) => app.call('POST', `/memory/${id}/update`, { content: 'another matter' }),
      { latest_only: false },
    ],
  ];

  it.each(hide)('are found only when asked for: %s', async (_name, act, option) => {
    const [id, other] = await storeAll(app, ['the harbour is deep', 'a harbour song']);
    await act(id!);
    expect(await found(app, 'harbour')).toEqual([other]);
    expect(await found(app, { query: 'harbour', category: 'general' })).toEqual([other]);
    expect(sorted(await found(app, { query: 'harbour', expand_relationships: false, ...option }))).toEqual([id, other]);
    for (const [, , wrong] of hide.filter((h) => h[2] !== option))
      expect(await found(app, { query: 'harbour', ...wrong })).not.toContain(id);
  });

  it('are found again when they come back', async () => {
    const [id] = await storeAll(app, ['the harbour is deep']);
    await app.call('POST', `/memory/${id}/forget`);
    await app.call('POST', `/memory/${id}/restore`);
    expect(await found(app, 'harbour')).toEqual([id]);
    await app.call('POST', `/memory/${id}/archive`);
    await app.call('POST', `/memory/${id}/unarchive`);
    expect(await found(app, 'harbour')).toEqual([id]);
  });

  it('are those that wait for approval', async () => {
    const [pending, approved] = await storeAll(app, [{ content: 'harbour one', status: 'pending' }, 'harbour two']);
    expect(await found(app, 'harbour')).toEqual([approved]);
    expect(await found(app, { query: 'harbour', status: 'pending' })).toEqual([pending]);
    for (const [, , option] of hide) expect(await found(app, { query: 'harbour', ...option })).toEqual([approved]);
  });

  it('are those whose time has passed, from that moment on', async () => {
    const id = await store(app, { content: 'the harbour code is 1234', forget_after: '2026-03-02 13:00:00' });
    app.clock.set(Date.UTC(2026, 2, 2, 12, 59, 59));
    expect(await found(app, 'harbour')).toEqual([id]);
    app.clock.set(Date.UTC(2026, 2, 2, 13));
    expect(await found(app, 'harbour')).toEqual([]);
    expect(await found(app, { query: 'harbour', include_forgotten: true })).toEqual([id]);
  });

  it('do not crowd out those that are not', async () => {
    const better = await storeAll(
      app,
      range(150).map((i) => `harbour crane ${i}`),
    );
    const visible = await storeAll(
      app,
      range(10).map((i) => `harbour crane ${'with some more words around it '.repeat(3)} ${i}`),
    );
    const acts = ['forget', 'archive'];
    await Promise.all(better.map((id, i) => app.call('POST', `/memory/${id}/${acts[i % 2]}`)));
    expect(sorted(await found(app, 'harbour crane'))).toEqual(sorted(visible));
  });

  it('do not point to others: words of the old version find nothing', async () => {
    const id = await store(app, 'The server runs on Debian');
    await app.call('POST', `/memory/${id}/update`, { content: 'The server runs on Alpine' });
    expect(await found(app, 'Debian')).toEqual([]);
  });

  it('do not point to others: neighbours of what was forgotten', async () => {
    const [secret, neighbour] = await storeAll(app, [
      { content: 'Anna: the codeword is Zeppelin', session_id: 's' },
      { content: 'Ben: understood', session_id: 's' },
    ]);
    expect(await found(app, 'zeppelin')).toEqual([secret, neighbour]);
    await app.call('POST', `/memory/${secret}/forget`);
    expect(await found(app, 'zeppelin')).toEqual([]);
  });

  it('do not change the scores of the others', async () => {
    const [deep, song] = await storeAll(app, ['harbour deep water', 'harbour song', 'harbour harbour harbour']);
    const ask = async () => (await search(app, 'harbour water')).results.map((r: { id: number }) => r.id);
    await app.call('POST', '/memory/3/forget');
    expect(await ask()).toEqual([deep, song]);
    expect((await search(app, 'harbour water')).top_score).toBe(1);
  });

  it.each(hide.slice(0, 2))('do not show through links either: %s', async (name, act) => {
    const [one, two] = await storeAll(app, [
      { content: 'harbour question', session_id: 's' },
      { content: 'hush hush', session_id: 's' },
    ]);
    await act(two!);
    const got = await search(app, { query: 'harbour', include_links: true });
    expect(idsOf(got.results)).toEqual([one]);
    expect(JSON.stringify(got), name).not.toContain('hush');
  });

  describe('as older versions', () => {
    const update = async (id: number, content: string): Promise<number> =>
      (await app.call('POST', `/memory/${id}/update`, { content })).body.new_id;
    const chainOf = async (options: Record<string, unknown> = {}) => {
      const { results } = await search(app, { query: 'harbour', include_links: true, ...options });
      return idsOf(results.at(-1).version_chain);
    };

    it.each(hide.slice(0, 2))(
      'do not show in the chain of the newest, until asked for: %s',
      async (_name, act, option) => {
        const first = await store(app, 'harbour, first try');
        const second = await update(first, 'harbour, second try');
        const third = await update(second, 'harbour, third try');
        expect(await chainOf()).toEqual([first, second, third]);
        await act(second);
        expect(await chainOf()).toEqual([first, third]);
        expect(await chainOf({ ...option, channels: ['lexical'] })).toEqual([first, second, third]);
      },
    );

    it('do not show when they were not approved, or when their time is over', async () => {
      const pending = await store(app, { content: 'harbour, as a guess', status: 'pending' });
      await app.call('POST', `/inbox/${pending}/edit`, { content: 'harbour, for sure' });
      const id = await found(app, 'harbour');
      expect(await chainOf()).toEqual(id);
      await app.call('POST', `/memory/${id[0]}/update`, { content: 'harbour, for good', forget_after: '2027-01-01' });
      const last = await found(app, 'harbour');
      const newest = (
        await app.call('POST', `/memory/${last[0]}/update`, { content: 'harbour, for ever', forget_after: null })
      ).body.new_id;
      expect(await chainOf()).toEqual([...id, ...last, newest]);
      app.clock.set(Date.UTC(2027, 1, 1));
      expect(await chainOf()).toEqual([...id, newest]);
    });

    it('show in their own chain when they are what was searched for', async () => {
      const first = await store(app, { content: 'harbour, as a guess', status: 'pending' });
      const second = await update(first, 'harbour, as a better guess');
      expect(await chainOf({ status: 'pending' })).toEqual([second]);
    });
  });

  it('do not show through links before they are approved', async () => {
    await storeAll(app, [
      { content: 'harbour question', session_id: 's' },
      { content: 'hush hush', session_id: 's', status: 'pending' },
    ]);
    expect(JSON.stringify(await search(app, { query: 'harbour', include_links: true }))).not.toContain('hush');
  });
});
