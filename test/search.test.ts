// Searching by words and neighbourhood over HTTP, without a model: what is found, in which order, and what is said about it.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { found, foundTexts, idsOf, search, sorted, store, storeAll } from './support/memories.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const FILLER = Array.from({ length: 20 }, (_, i) => `Unrelated note number ${i} about gardening and weather`);

describe('words', () => {
  it('match by stem, whatever their case and accents', async () => {
    const [running, cafe] = await storeAll(app, [
      'Alice is running a marathon',
      'Wir trafen uns im Café Müller',
      ...FILLER,
    ]);
    expect(await found(app, 'who RUNS marathons')).toEqual([running]);
    expect(await found(app, 'cafe muller')).toEqual([cafe]);
    expect(await found(app, 'CAFÉ')).toEqual([cafe]);
  });

  it('that say nothing neither find nor forbid', async () => {
    const [key] = await storeAll(app, ['The passport lies under the bed', 'The is a of to in it', ...FILLER]);
    expect(await found(app, 'where is the passport?')).toEqual([key]);
    expect(await found(app, 'do you happen to know if I have a passport of my own')).toEqual([key]);
  });

  it('are enough when there is nothing but stop words', async () => {
    const [be] = await storeAll(app, ['To be or not to be', 'Completely different']);
    expect(await found(app, 'to be or not to be')).toEqual([be]);
  });

  it('count for more when they are rare', async () => {
    const common = Array.from(
      { length: 30 },
      (_, i) => `meeting about project ${['alpha', 'beta', 'gamma'][i % 3]} day ${i}`,
    );
    const ids = await storeAll(app, [...common, 'meeting about zeppelins', ...FILLER]);
    expect((await found(app, 'meeting zeppelin'))[0]).toBe(ids[30]);
  });

  it('need not all be there, and more of them is better', async () => {
    const ids = await storeAll(app, [
      'blue bicycle with a basket',
      'blue car',
      'green bicycle with a bell',
      'red boat',
      ...FILLER,
    ]);
    const order = await found(app, 'blue bicycle bell helicopter');
    expect(sorted(order)).toEqual(sorted([ids[0]!, ids[1]!, ids[2]!]));
    expect(order.at(-1)).toBe(ids[1]);
  });

  it('in quotes rank first where they stand together', async () => {
    const scattered = Array.from(
      { length: 5 },
      (_, i) => `York has a new bridge and new roads, York likes new things ${i}`,
    );
    const ids = await storeAll(app, [
      ...scattered,
      'She moved to New York because of work',
      ...scattered.map((s) => `${s} too`),
      ...FILLER,
    ]);
    expect((await found(app, '"new york"'))[0]).toBe(ids[5]);
    expect((await found(app, '“new york” bridge'))[0]).toBe(ids[5]);
  });

  it('are never taken for operators', async () => {
    const [id] = await storeAll(app, ['NEAR the harbour AND the mill', ...FILLER]);
    for (const query of [
      'harbour AND',
      'NOT harbour',
      'harbour OR',
      'NEAR(harbour mill)',
      'content:harbour',
      'harbour*',
      '^harbour',
      '"harbour',
      "har'bour harbour",
      '(harbour',
      'harbour) -mill',
      '{harbour} +mill',
    ])
      expect(await found(app, query), query).toEqual([id]);
  });

  it('may be of any kind and length', async () => {
    const id = await store(app, 'harbour lights');
    expect(await found(app, `${'x'.repeat(20_000)} harbour`)).toEqual([id]);
    expect((await search(app, Array.from({ length: 2_000 }, (_, i) => `word${i}`).join(' '))).results).toEqual([]);
    expect((await search(app, '!!! ??? ...')).results).toEqual([]);
    expect((await search(app, '🦄')).results).toEqual([]);
  });

  it('of tags and category are searched too', async () => {
    const [tagged, filed] = await storeAll(app, [
      { content: 'first thing', tags: ['kubernetes', 'on-call'] },
      { content: 'second thing', category: 'architecture' },
      ...FILLER,
    ]);
    expect(await found(app, 'kubernetes')).toEqual([tagged]);
    expect(await found(app, 'architectures')).toEqual([filed]);
    await app.call('PUT', `/memory/${tagged}/tags`, { tags: ['nomad'] });
    expect(await found(app, 'kubernetes')).toEqual([]);
    expect(await found(app, 'nomad')).toEqual([tagged]);
  });
});

describe('the graph', () => {
  const talk = async () => {
    const turns = [
      'Anna: which instrument do you play these days?',
      'Ben: the cello, since I was nine',
      'Anna: lovely weather outside',
    ];
    return storeAll(app, [...turns.map((content) => ({ content, session_id: 'talk' })), ...FILLER]);
  };

  it('finds the answer one turn away from the words', async () => {
    const [question, answer] = await talk();
    const got = await search(app, 'who plays which instrument');
    expect(idsOf(got.results).slice(0, 2)).toEqual([question, answer]);
    expect(got.results[1]).toMatchObject({ search_type: 'graph', channels: ['graph'] });
    expect(got.results[0].search_type).toBe('lexical');
  });

  it('is left out on request', async () => {
    const [question] = await talk();
    expect(await found(app, { query: 'who plays which instrument', expand_relationships: false })).toEqual([question]);
  });

  it('never shows what filters or flags hide', async () => {
    const [question, answer] = await talk();
    await app.call('POST', `/memory/${answer}/archive`);
    expect(await found(app, 'who plays which instrument')).not.toContain(answer);
    await app.call('POST', `/memory/${answer}/unarchive`);
    expect(await found(app, 'who plays which instrument')).toContain(answer);
    expect(await found(app, { query: 'who plays which instrument', category: 'other' })).toEqual([]);
    expect((await found(app, { query: 'who plays which instrument', session_id: 'talk' }))[0]).toBe(question);
  });

  it('follows links people made', async () => {
    const [cause, effect] = await storeAll(app, [
      'The cooling failed at noon',
      'Outage of the billing database',
      ...FILLER,
    ]);
    const made = await app.call('POST', '/batch', {
      ops: [{ op: 'link', body: { source_id: cause, target_id: effect, type: 'causes' } }],
    });
    expect(made.status).toBe(200);
    expect(await found(app, 'billing outage')).toEqual([effect, cause]);
  });

  it('stays within one user', async () => {
    const other = await app.newUser('eve');
    await talk();
    const got = await other('POST', '/search', { query: 'who plays which instrument' });
    expect(got.body).toMatchObject({ results: [], abstained: true });
  });
});

describe('the answer', () => {
  it('to a blank query is empty and says so', async () => {
    await storeAll(app, FILLER);
    for (const query of ['', '   ', '\n']) {
      expect(await search(app, query)).toMatchObject({ results: [], abstained: true, top_score: 0, degraded: [] });
    }
  });

  it('admits that meaning was missing', async () => {
    await store(app, 'harbour');
    expect((await search(app, 'harbour')).degraded).toEqual(['vector']);
    expect((await search(app, 'nothing like it')).degraded).toEqual(['vector']);
  });

  it('abstains when nothing fits, and only then', async () => {
    await storeAll(app, ['The harbour master is called Olsen', ...FILLER]);
    expect(await search(app, 'quantum chromodynamics')).toMatchObject({ results: [], abstained: true, top_score: 0 });
    expect(await search(app, 'harbour master')).toMatchObject({ abstained: false });
    const weak = await search(app, 'quantum chromodynamics lecture professor university weather');
    expect(weak.results.length).toBeGreaterThan(0);
    expect(weak.abstained).toBe(true);
  });

  it('leaves out what scores less than asked', async () => {
    await storeAll(app, ['blue bicycle basket', 'blue bicycle', 'blue', ...FILLER]);
    const all = await search(app, 'blue bicycle basket');
    expect(all.results).toHaveLength(3);
    const [, second, third] = all.results;
    expect(second.score).toBeGreaterThan(third.score);
    for (const option of ['threshold', 'min_score'])
      expect((await search(app, { query: 'blue bicycle basket', [option]: second.score })).results).toHaveLength(2);
    expect(await search(app, { query: 'blue bicycle basket', threshold: 1.1 })).toMatchObject({
      results: [],
      abstained: true,
    });
  });

  it('has scores and relevances in 0..1, scores falling from top_score', async () => {
    await storeAll(app, [
      'blue bicycle basket',
      { content: 'blue bicycle', is_static: true, importance: 10 },
      'blue',
      ...FILLER,
    ]);
    const { results, top_score } = await search(app, 'blue bicycle weather');
    expect(top_score).toBe(results[0].score);
    const scores = results.map((r: { score: number }) => r.score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    for (const r of results) {
      for (const value of [r.score, r.relevance]) {
        expect(value).toBeGreaterThan(0);
        expect(value).toBeLessThanOrEqual(1);
      }
    }
  });

  it('can be ordered by time: when it happened, else when it was stored', async () => {
    const [now, old, middle] = await storeAll(app, [
      'harbour party of today',
      { content: 'harbour party of old', occurred_at: '2001-01-01' },
      { content: 'harbour party in between', occurred_at: '2015-01-01' },
    ]);
    expect(await found(app, { query: 'harbour party', temporal_sort: 'asc' })).toEqual([old, middle, now]);
    expect(await found(app, { query: 'harbour party', temporal_sort: 'desc' })).toEqual([now, middle, old]);
  });

  it('can carry links and versions', async () => {
    const [one, two] = await storeAll(app, [
      { content: 'harbour question', session_id: 's' },
      { content: 'yes', session_id: 's' },
    ]);
    const three = (await app.call('POST', `/memory/${one}/update`, { content: 'harbour question, second try' })).body
      .new_id;
    const got = await search(app, { query: 'harbour', include_links: true, expand_relationships: false });
    expect(idsOf(got.results)).toEqual([three]);
    expect(got.results[0].linked.map((l: { id: number; type: string }) => [l.id, l.type])).toContainEqual([
      two,
      'follows',
    ]);
    expect(got.results[0].version_chain.map((v: { id: number; is_latest: boolean }) => [v.id, v.is_latest])).toEqual([
      [one, false],
      [three, true],
    ]);
    const bare = await search(app, 'harbour');
    expect(bare.results[0]).not.toHaveProperty('linked');
    expect(bare.results[0]).not.toHaveProperty('version_chain');
  });

  it('has at most as many results as asked, and at most 100', async () => {
    await storeAll(
      app,
      Array.from({ length: 130 }, (_, i) => `harbour note ${i}`),
    );
    expect((await search(app, 'harbour')).results).toHaveLength(10);
    expect((await search(app, { query: 'harbour', limit: 3 })).results).toHaveLength(3);
    expect((await search(app, { query: 'harbour', limit: 1_000 })).results).toHaveLength(100);
    expect((await app.call('POST', '/search', { query: 'harbour', limit: 0 })).status).toBe(400);
  });

  it('carries every field clients know', async () => {
    await store(app, { content: 'harbour', tags: ['sea'], importance: 7, session_id: 's', occurred_at: '2020-01-01' });
    const [result] = (await search(app, 'harbour')).results;
    expect(result).toMatchObject({
      content: 'harbour', category: 'general', source: 'unknown', importance: 7, created_at: '2026-03-02 12:00:00',
      occurred_at: '2020-01-01 00:00:00', session_id: 's', tags: ['sea'], question_type: 'fact_recall',
    }); // biome-ignore format: a list
    expect(result.decay_score).toBe(7);
  });

  it('takes the kind of question from the caller, and refuses kinds there are not', async () => {
    await store(app, 'harbour');
    expect((await search(app, { query: 'harbour', question_type: 'reasoning' })).question_type).toBe('reasoning');
    expect((await search(app, 'why did we leave the harbour')).question_type).toBe('reasoning');
    expect((await app.call('POST', '/search', { query: 'harbour', question_type: 'trivia' })).status).toBe(400);
  });
});

describe('repeating', () => {
  it('gives the same answer every time and after reopening', async () => {
    await storeAll(
      app,
      Array.from({ length: 150 }, (_, i) => ({
        content: `harbour ${i % 7} ship ${i % 3} crane`,
        category: `c${i}`,
        session_id: `s${i % 10}`,
      })),
    );
    const ask = async () => (await search(app, { query: 'harbour ship 3', limit: 50 })).results;
    const first = await ask();
    expect(first).toHaveLength(50);
    for (let i = 0; i < 3; i++) expect(await ask()).toEqual(first);
    app = await app.reopen();
    expect(idsOf(await ask())).toEqual(idsOf(first));
  });

  it('finds what was stored a moment ago, under load too', async () => {
    const words = Array.from({ length: 50 }, (_, i) => `unique${i}word`);
    const answers = await Promise.all(
      words.map(async (word) => {
        const id = await store(app, `the secret is ${word}`);
        return [id, await found(app, { query: word, expand_relationships: false })] as const;
      }),
    );
    for (const [id, ids] of answers) expect(ids).toEqual([id]);
  });

  it('does not write: the file is as it was until counts are flushed', async () => {
    const [id] = await storeAll(app, ['harbour', ...FILLER]);
    await app.flush();
    await app.jobs.drain();
    const digest = () => {
      const files = readdirSync(app.dir)
        .filter((name) => /\.db(-wal)?$/.test(name))
        .sort();
      expect(files.length).toBeGreaterThan(0);
      return files.map(
        (name) =>
          `${name} ${createHash('sha256')
            .update(readFileSync(join(app.dir, name)))
            .digest('hex')}`,
      );
    };
    const before = digest();
    app.clock.advance(60_000);
    for (let i = 0; i < 5; i++) await search(app, 'harbour weather');
    await search(app, 'harbour', '/search/explain');
    await search(app, 'harbour', '/search/faceted');
    await search(app, 'harbour', '/recall');
    expect(digest()).toEqual(before);
    await app.flush();
    expect(digest()).not.toEqual(before);
    expect((await app.call('GET', `/memory/${id}`)).body).toMatchObject({
      access_count: expect.any(Number),
      last_accessed_at: '2026-03-02 12:01:00',
    });
  });
});

describe('texts', () => {
  it('of a replaced version are not found, those of the new one are', async () => {
    const id = await store(app, 'The server runs on Debian');
    const next = (await app.call('POST', `/memory/${id}/update`, { content: 'The server runs on Alpine' })).body.new_id;
    expect(await foundTexts(app, 'Debian')).toEqual([]);
    expect(await found(app, 'Alpine')).toEqual([next]);
    expect(await found(app, 'server')).toEqual([next]);
    expect(await found(app, { query: 'Debian', latest_only: false })).toContain(id);
  });

  it('that were erased are gone', async () => {
    const id = await store(app, 'The server runs on Debian');
    await app.call('DELETE', `/memory/${id}`);
    expect(
      await found(app, { query: 'Debian', latest_only: false, include_forgotten: true, include_archived: true }),
    ).toEqual([]);
  });
});
