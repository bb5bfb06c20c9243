// What a memory said is gone from its episode too, once the memory is: summaries that the server made quote memories.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';

const DAY_MS = 86_400_000;
const SECRET = 'The code of the vault behind the harbour crane is 4711.';
const REST = 'The harbour crane was painted green last year.';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const store = async (content: string, more: object = {}) =>
  (await app.call('POST', '/store', { content, session_id: 's', ...more })).body;
const summaryOf = async (id: number): Promise<string | null> => (await app.call('GET', `/episodes/${id}`)).body.summary;
const found = async (query: string): Promise<number[]> =>
  (await app.call('GET', `/episodes?query=${query}`)).body.episodes.map((e: { id: number }) => e.id);

/** A finalized episode that quotes both. */
async function told(more: object = {}) {
  const { episode_id } = await store(REST);
  const { id } = await store(SECRET, more);
  const { body } = await app.call('POST', `/episodes/${episode_id}/finalize`);
  expect(body.summary).toContain('4711');
  expect(await found('vault')).toEqual([episode_id]);
  return { id, episode_id };
}

async function expectGone(episode_id: number): Promise<void> {
  // At once, whatever the jobs do.
  expect((await summaryOf(episode_id)) ?? '').not.toContain('4711');
  expect(await found('vault')).toEqual([]);
  await app.jobs.drain();
  expect(await summaryOf(episode_id)).toBe(REST);
  expect((await app.call('GET', '/episodes')).body.episodes[0].summary).toBe(REST);
  expect([await found('vault'), await found('painted')]).toEqual([[], [episode_id]]);
}

describe('a summary that the server made', () => {
  it('is made anew without what was erased; the receipt counts as ever', async () => {
    const { id, episode_id } = await told();
    const { body } = await app.call('DELETE', `/memory/${id}`);
    expect(body.receipt).toMatchObject({ memories: 1, full_text: 1 });
    await expectGone(episode_id);
  });

  it.each(['forget', 'archive'])('and without what is hidden, until it is back: %s', async (act) => {
    const { id, episode_id } = await told();
    await app.call('POST', `/memory/${id}/${act}`);
    await expectGone(episode_id);
    await app.call('POST', `/memory/${id}/${act === 'forget' ? 'restore' : 'unarchive'}`);
    await app.jobs.drain();
    expect(await summaryOf(episode_id)).toContain('4711');
  });

  it('and without what is past its time', async () => {
    const { episode_id } = await told({ ttl: 3600 });
    app.clock.advance(DAY_MS);
    expect((await app.call('POST', '/sweep')).body.expired).toBe(1);
    await expectGone(episode_id);
  });

  it('and without an earlier version that it quotes', async () => {
    const { id, episode_id } = await told();
    const { new_id } = (await app.call('POST', `/memory/${id}/update`, { content: 'Nothing is known of it.' })).body;
    await app.call('DELETE', `/memory/${new_id}?versions=true`);
    await expectGone(episode_id);
  });

  it('and without what went to another episode', async () => {
    const { id, episode_id } = await told();
    const other = (await app.call('POST', '/episodes', { title: 'Other', started_at: '2025-01-01' })).body.id;
    await app.call('POST', `/episodes/${other}/memories`, { memory_ids: [id] });
    await app.jobs.drain();
    expect(await summaryOf(episode_id)).toBe(REST);
  });

  it('is none when nothing is left', async () => {
    const { episode_id, id } = await store(SECRET);
    await app.call('POST', `/episodes/${episode_id}/finalize`);
    await app.call('POST', `/memory/${id}/forget`);
    await app.call('DELETE', '/memory/trash');
    await app.jobs.drain();
    expect(await summaryOf(episode_id)).toBeNull();
    expect(await found('vault')).toEqual([]);
  });

  it('does not come back over one that was written meanwhile', async () => {
    const { id, episode_id } = await told();
    await app.call('DELETE', `/memory/${id}`);
    await app.call('PATCH', `/episodes/${episode_id}`, { summary: 'Mine.' });
    await app.jobs.drain();
    expect(await summaryOf(episode_id)).toBe('Mine.');
  });
});

describe('a summary that was written', () => {
  it.each(['forget', 'erase'])('stays as it is: %s', async (act) => {
    const { id, episode_id } = await told();
    await app.call('PATCH', `/episodes/${episode_id}`, { summary: 'The vault: 4711.' });
    if (act === 'erase') await app.call('DELETE', `/memory/${id}`);
    else await app.call('POST', `/memory/${id}/forget`);
    await app.jobs.drain();
    expect(await summaryOf(episode_id)).toBe('The vault: 4711.');
    expect(await found('vault')).toEqual([episode_id]);
  });
});
