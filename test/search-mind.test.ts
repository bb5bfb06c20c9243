// What is read from memories shows in what a search finds: parts, people, contradictions, ranks in the graph.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';

const MINUTE = 60_000;
let app: TestApp;
beforeEach(async () => {
  app = await createTestApp({ env: { ENGRAM_UNDERSTANDING: '1', ENGRAM_EMBEDDING_MODEL: '' } });
});
afterEach(() => app.close());

async function store(content: string, more: object = {}): Promise<number> {
  const { body, status } = await app.call('POST', '/store', { content, ...more });
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id;
}
async function search(query: string, more: object = {}) {
  const { body, status } = await app.call('POST', '/search', { query, ...more });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.results as { id: number; source: string; channels: string[]; disputed?: object[] }[];
}

const LONG =
  'The harbour office opens at nine on weekdays. Its ferry tickets are sold by Marta Lindgren at the second counter. ' +
  'The old lighthouse was repainted in red and white last spring. Boats longer than twenty metres need a permit from the ' +
  'port authority. The night guard keeps the spare keys in the blue cabinet behind the radio room.';

describe('a long memory that was taken apart', () => {
  it('is one answer, not one and its parts', async () => {
    const whole = await store(LONG);
    await app.jobs.drain();
    const { body } = await app.call('GET', '/list?limit=50');
    expect(body.results.filter((row: { source: string }) => row.source === 'decomposition').length).toBeGreaterThan(1);
    const results = await search('Who sells ferry tickets?');
    expect(results[0]!.id).toBe(whole);
    expect(results.filter(({ source }) => source === 'decomposition')).toEqual([]);
  });

  it('leaves its parts to those who ask for facts', async () => {
    await store(LONG);
    await app.jobs.drain();
    const results = await search('Who sells ferry tickets?', { category: 'fact' });
    expect(results[0]!.source).toBe('decomposition');
  });
});

describe('the personality channel', () => {
  it('finds what somebody likes when that is asked', async () => {
    const liked = await store('Ann: I love long walks by the river.');
    await store('Ann: The printer on the second floor is broken again.');
    await app.jobs.drain();
    const results = await search('What does Ann enjoy?');
    expect(results[0]!.id).toBe(liked);
    expect(results[0]!.channels).toContain('personality');
    const alone = await search('What does Ann enjoy?', { channels: ['personality'] });
    expect(alone.map(({ id }) => id)).toEqual([liked]);
  });

  it('says nothing to other questions', async () => {
    await store('Ann: I love long walks by the river.');
    await app.jobs.drain();
    expect(await search('river', { channels: ['personality'] })).toEqual([]);
  });
});

describe('memories that cannot both be true', () => {
  it('say so where they are found, and which is newer', async () => {
    const older = await store('The staging database listens on port 5432.');
    app.clock.advance(MINUTE);
    const newer = await store('The staging database listens on port 6543.');
    await app.jobs.drain();
    const results = await search('Which port does the staging database listen on?');
    const disputed = new Map(results.map((result) => [result.id, result.disputed]));
    expect(disputed.get(older)).toEqual([expect.objectContaining({ id: newer, superseded: true })]);
    expect(disputed.get(newer)).toEqual([expect.objectContaining({ id: older, superseded: false })]);
  });

  it('say so no more once that is settled', async () => {
    const older = await store('The staging database listens on port 5432.');
    app.clock.advance(MINUTE);
    const newer = await store('The staging database listens on port 6543.');
    await app.jobs.drain();
    const settled = { memory_a_id: older, memory_b_id: newer, resolution: 'keep_both' };
    expect((await app.call('POST', '/contradictions/resolve', settled)).status).toBe(200);
    for (const { disputed } of await search('Which port does the staging database listen on?'))
      expect(disputed).toBeUndefined();
  });
});

describe('rank in the graph', () => {
  it('decides between two that fit alike, without anybody asking for it to be worked out', async () => {
    const [lone, linked] = [await store('Nobody changed the gate code'), await store('Bread is baked near the gate')];
    for (const word of ['kettle', 'window', 'copper', 'letter']) {
      const id = await store(`A ${word} without any relation`);
      const link = { op: 'link', body: { source_id: id, target_id: linked, type: 'extends' } };
      expect((await app.call('POST', '/batch', { ops: [link] })).status).toBe(200);
    }
    await app.jobs.drain();
    app.clock.advance(10 * MINUTE);
    app.jobs.wake();
    await app.jobs.drain();
    const { body } = await app.call('POST', '/search/explain', { query: 'gate' });
    const centrality = new Map(
      body.results.map(({ id, multipliers }: { id: number; multipliers: { centrality: number } }) => [
        id,
        multipliers.centrality,
      ]),
    );
    expect(centrality.get(linked)).toBeGreaterThan(centrality.get(lone) as number);
    expect(centrality.get(linked)).toBeLessThanOrEqual(1.02);
  });
});
