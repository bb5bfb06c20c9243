// What memories tell about people: signals on store, the profile, and finding memories by them.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SIGNAL_TYPES } from '../src/algo/personality/types.ts';
import { createSignalRecall } from '../src/features/personality/recall.ts';
import { storesOn } from '../src/stores.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { store, storeAll } from './support/memories.ts';

const DAY_MS = 86_400_000;
const embedded = KINDS.filter(({ name }) => name !== 'Postgres');

onEachDatabase((kind) => {
  let app: TestApp;
  beforeEach(async () => {
    const place = await kind.place();
    app = await createTestApp({ env: { ENGRAM_UNDERSTANDING: '1' }, ports: { database: await place.open() } });
  });
  afterEach(() => app.close());

  interface Shown {
    signal_type: string;
    topic: string;
    polarity: number;
    strength: number;
    memory_id: number | null;
  }
  const get = async (path: string, headers = {}) => {
    const { status, body } = await app.call('GET', path, undefined, headers);
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };
  const learn = async (...texts: Parameters<typeof storeAll>[1][number][]) => {
    const ids = await storeAll(app, texts);
    await app.jobs.drain();
    return ids;
  };
  const signals = async (query = ''): Promise<Shown[]> => (await get(`/personality/signals${query}`)).signals;
  const preferences = async (): Promise<Shown[]> => (await get('/personality/profile')).traits.preference;

  it('finds six kinds of signals in what is stored', async () => {
    const [id] = await learn(
      'I prefer tabs over spaces. Honesty is very important to me. My goal is to run a marathon. ' +
        'I decided to use SQLite. I am proud of our team. I am a nurse.',
    );
    const found = await signals();
    expect(new Set(found.map(({ signal_type }) => signal_type))).toEqual(new Set(SIGNAL_TYPES));
    expect(found.every(({ memory_id }) => memory_id === id)).toBe(true);
    expect(found).toContainEqual(
      expect.objectContaining({
        signal_type: 'preference',
        subject: 'user',
        topic: 'tabs',
        polarity: 1,
        evidence: 'I prefer tabs over spaces.',
      }),
    );
    expect(found).toContainEqual(expect.objectContaining({ topic: 'spaces', polarity: -1 }));
  });

  it('knows whose they are', async () => {
    await learn('Caroline: I love painting.', 'Ann prefers tea.', 'User likes short answers');
    expect((await signals('?subject=Caroline')).map(({ topic }) => topic)).toEqual(['painting']);
    expect((await signals('?subject=user')).map(({ topic }) => topic)).toEqual(['short answers']);
    const { subjects, traits } = await get('/personality/profile?subject=ann');
    expect(subjects.map(({ subject }: { subject: string }) => subject).sort()).toEqual(['Ann', 'Caroline', 'user']);
    expect(traits.preference).toMatchObject([{ topic: 'tea', polarity: 1 }]);
  });

  it('keeps the evidence of every trait', async () => {
    const [first, second] = await learn('I love hiking.', 'I really enjoy hiking!');
    const [trait] = (await get('/personality/profile')).traits.preference;
    expect(trait.evidence).toMatchObject([
      { memory_id: second, quote: 'I really enjoy hiking!' },
      { memory_id: first, quote: 'I love hiking.' },
    ]);
    expect(trait.signals).toBe(2);
  });

  it('lets signals fade: after half a life they count half', async () => {
    await learn('I love hiking.');
    const [fresh] = await preferences();
    app.clock.advance(365 * DAY_MS);
    const [faded] = await preferences();
    expect(fresh!.strength).toBe(0.6);
    expect(faded!.strength).toBe(0.3);
    const { half_life_days } = await get('/personality/profile');
    expect(half_life_days).toMatchObject({ preference: 365, emotion: 30 });
  });

  it('goes by what was said last where two contradict each other, and shows both', async () => {
    const [before] = await learn('I love olives.');
    app.clock.advance(DAY_MS);
    const [now] = await learn('I hate olives.');
    const { traits, contradictions, summary } = await get('/personality/profile');
    expect(traits.preference).toMatchObject([{ topic: 'olives', polarity: -1, strength: 0.6, signals: 1 }]);
    expect(contradictions).toMatchObject([
      {
        signal_type: 'preference',
        topic: 'olives',
        now: { polarity: -1, evidence: [{ memory_id: now }] },
        before: { polarity: 1, evidence: [{ memory_id: before }] },
      },
    ]);
    expect(summary).toBe('Dislikes: olives.');
  });

  it('names themes and what is said again and again', async () => {
    await learn('I love climbing.', 'I want to go climbing.', 'I really enjoy climbing.', 'I like climbing so much.');
    const { themes, strong_signals } = await get('/personality/profile');
    expect(themes[0]).toMatchObject({ topic: 'climbing', types: ['preference', 'motivation'], signals: 4 });
    expect(strong_signals).toMatchObject([{ topic: 'climbing', signals: 3 }]);
  });

  it('finds the memories of the right person for a question', async () => {
    const [painting, running, , tea] = await learn(
      'Caroline: I love painting sunsets.',
      'Melanie: I ran the race to raise awareness for mental health.',
      'Melanie: I love painting bowls.',
      'I prefer green tea to coffee.',
      'The server prefers IPv6.',
    );
    const { read } = storesOn(app.database, app.clock);
    const signalsFor = createSignalRecall({ read });
    const filter = { user_id: 1, now: '2026-03-02 12:00:00' };
    const ids = async (question: string, type: Parameters<typeof signalsFor>[1], more = {}) =>
      (await signalsFor(question, type, { ...filter, ...more }, 10)).map(({ id }) => id);
    expect(await ids('What does Caroline like to do?', 'preference')).toEqual([painting]);
    expect(await ids('what does caroline like to do?', 'preference')).toEqual([painting]);
    expect(await ids('Would Caroline enjoy painting?', 'generalization')).toEqual([painting]);
    expect(await ids('What motivated Melanie to run for mental health?', 'reasoning')).toEqual([running]);
    expect((await ids('What do I like to drink, coffee or tea?', 'preference'))[0]).toBe(tea);
    expect(await ids('What does Caroline like to do?', 'fact_recall')).toEqual([]);
    expect(await ids('What does Caroline like to do?', 'preference', { user_id: 2 })).toEqual([]);
    expect(await ids('What does Caroline like to do?', 'preference', { space_id: 999 })).toEqual([]);
    const scores = await signalsFor('Does Caroline like painting sunsets?', 'preference', filter, 10);
    expect(scores.every(({ score }) => score > 0 && score <= 1)).toBe(true);
    await app.call('POST', `/memory/${painting}/forget`);
    expect(await ids('What does Caroline like to do?', 'preference')).toEqual([]);
  });

  it('forgets with the memory, and follows its newest version', async () => {
    const [tabs, tea] = await learn('I prefer tabs.', 'I love tea.');
    await app.call('POST', `/memory/${tabs}/update`, { content: 'I prefer spaces.' });
    await app.jobs.drain();
    expect((await preferences()).map(({ topic }) => topic).sort()).toEqual(['spaces', 'tea']);
    await app.call('POST', `/memory/${tea}/archive`);
    expect((await preferences()).map(({ topic }) => topic)).toEqual(['spaces']);
    await app.call('DELETE', `/memory/${tea}`);
    expect(await signals(`?memory_id=${tea}`)).toEqual([]);
  });

  it('finds the same when memories are read again', async () => {
    await learn('I prefer tabs over spaces.');
    const before = await signals();
    await app.call('POST', '/understanding');
    await app.jobs.drain();
    expect((await signals()).map(({ topic }) => topic)).toEqual(before.map(({ topic }) => topic));
  });

  it('takes signals by hand', async () => {
    const added = await app.call('POST', '/personality/signals', {
      signal_type: 'preference',
      value: -0.8,
      evidence: 'I hate long meetings.',
      agent: 'claude',
    });
    expect(added).toMatchObject({
      status: 201,
      body: { signal_type: 'preference', value: -0.8, topic: 'long meetings', user_id: 1, agent: 'claude' },
    });
    expect(await preferences()).toMatchObject([{ topic: 'long meetings', polarity: -1, strength: 0.8 }]);
    expect(await signals()).toMatchObject([{ id: added.body.id, memory_id: null }]);
    expect((await app.call('POST', '/personality/signals', { signal_type: 'mood', value: 1 })).status).toBe(400);
  });

  it('only tells what lies in the space that is asked about, and nothing of other users', async () => {
    const work = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
    await learn('I love tea.', { content: 'I love graphs.', space_id: work });
    await app.call(
      'POST',
      '/personality/signals',
      { signal_type: 'value', value: 1, topic: 'order' },
      { 'x-space': 'work' },
    );
    const at_work = await get('/personality/profile', { 'x-space': 'work' });
    expect(at_work.traits.preference).toMatchObject([{ topic: 'graphs' }]);
    expect(at_work.traits.value).toMatchObject([{ topic: 'order' }]);
    expect((await preferences()).map(({ topic }) => topic).sort()).toEqual(['graphs', 'tea']);
    const other = await app.newUser('other');
    expect((await other('GET', '/personality/signals')).body).toEqual({ signals: [], count: 0 });
    expect((await other('GET', '/personality/profile')).body).toMatchObject({ signal_count: 0, subjects: [] });
  });

  it('detects without keeping', async () => {
    const { body } = await app.call('POST', '/personality/detect', { content: 'Ann hates mondays. What about you?' });
    expect(body.signals).toMatchObject([
      {
        signal_type: 'preference',
        subject: 'Ann',
        topic: 'mondays',
        value: -0.6,
        evidence: 'Ann hates mondays.',
        at: 0,
      },
    ]);
    expect(await signals()).toEqual([]);
  });

  it('answers older clients at /profile and /profile/synthesize', async () => {
    await store(app, 'I prefer tabs, and I value simplicity.');
    const made = await app.call('POST', '/profile/synthesize', {});
    expect(made.status).toBe(200);
    expect(made.body).toMatchObject({
      memory_count: 1,
      personality_summary: 'Likes: tabs. Holds dear: simplicity.',
      degraded: [],
    });
    expect((await get('/profile')).personality_traits.preference).toMatchObject([{ topic: 'tabs' }]);
    const updated = await app.call('POST', '/personality/profile/update');
    expect(updated.body).toMatchObject({ user_id: 1, portrait: null, signal_count: 2, degraded: [] });
  });
}, embedded);
