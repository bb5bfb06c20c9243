// What puts the best candidates in order: single words, who says it, and how things are wanted. With the built-in model.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { foundTexts, search, storeAll } from './support/memories.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp({ env: { ENGRAM_EMBEDDING_MODEL: '' } });
});
afterEach(() => app.close());

const SMALL_TALK = [
  'Bob: The train was late again and I missed the first half of the meeting.',
  'Ann: My sister does the accounts for a bakery near the harbour.',
  'Bob: Which bread does that bakery sell on weekends?',
  'Ann: The neighbours painted their fence green, it looks quite odd.',
  'Bob: Our boiler broke down and the landlord still has not called back.',
  'Ann: You should write him a letter, that helped me last year.',
  'Bob: I finished the novel you lent me, the ending was a surprise.',
  'Ann: The museum has a new exhibition about maps, we went on Sunday.',
];

describe('a single word', () => {
  const YOGA = 'Ann: I joined a yoga class';
  it('that answers another is found among other turns', async () => {
    await storeAll(app, [...SMALL_TALK, YOGA]);
    expect((await foundTexts(app, 'what kind of exercise does Ann do'))[0]).toBe(YOGA);
  });

  it('also speaks for what was said right beside it', async () => {
    const talk = [
      'Ann: You never guess what I did yesterday evening after work.',
      'Bob: Did you go to the swimming pool?',
      'Ann: Exactly, and it was freezing cold!',
      ...SMALL_TALK,
    ];
    await storeAll(
      app,
      talk.map((content) => ({ content, session_id: 'chat' })),
    );
    const got = await search(app, 'Who went swimming in a pool?', '/search/explain');
    const answer = got.results.find((r: { content: string }) => r.content.includes('freezing'));
    expect(answer.judged.signs.beside.value).toBeGreaterThan(answer.judged.signs.words.value);
    const others = got.results.filter((r: { content: string }) => SMALL_TALK.slice(1).includes(r.content));
    for (const { judged } of others) expect(judged.signs.beside.value).toBeLessThan(answer.judged.signs.beside.value);
  });
});

describe('a question about oneself', () => {
  const CHOSEN = 'user: I chose Postgres as the database for the billing service.';
  const ADVICE = `assistant: Which database you choose depends on the load. ${'A database such as MySQL, SQLite or Postgres each has its strengths, and which to choose depends on how much is written to it. '.repeat(4)}`;

  it('is answered by what one said, not by the answers to it', async () => {
    await storeAll(app, [ADVICE, CHOSEN, ...SMALL_TALK]);
    expect((await foundTexts(app, 'Which database did I choose for billing?'))[0]).toBe(CHOSEN);
  });

  it('is answered by a note as well as by a turn', async () => {
    const note = 'Postgres was chosen as the database for the billing service.';
    await storeAll(app, ['user: Is there a database I can choose?', ADVICE, note, ...SMALL_TALK]);
    expect((await foundTexts(app, 'Which database did I choose for the billing service?'))[0]).toBe(note);
  });

  it('about an answer is answered by the answer', async () => {
    await storeAll(app, ['user: Which database fits a billing service?', ADVICE, ...SMALL_TALK]);
    expect((await foundTexts(app, 'Which database did you recommend to me?'))[0]).toBe(ADVICE.trim());
  });
});

describe('a request', () => {
  const WISH = 'user: Always include error codes when I ask about logging in.';
  it('brings up how such things are wanted', async () => {
    await storeAll(app, [
      'user: I log in users with a form that posts to the server.',
      'assistant: To log in users, compare the hash of their password and set a session cookie.',
      'user: The users log in twice because the cookie is lost.',
      WISH,
      ...SMALL_TALK,
    ]);
    expect((await foundTexts(app, 'Can you show me how to log in users?'))[0]).toBe(WISH);
    // Asked for a fact, the wish is one text among others.
    expect((await foundTexts(app, 'Which cookie is lost when users log in?'))[0]).not.toBe(WISH);
  });
});

describe('a short note', () => {
  it('without a speaker loses nothing by being short', async () => {
    const note = 'Wifi printer: upstairs';
    const talk = `Bob: The printer of the wifi at the office changed, they told everyone in the meeting, and ${'then we talked about the kitchen for a while. '.repeat(3)}`;
    await storeAll(app, [talk, note, ...SMALL_TALK]);
    const got = await search(app, 'wifi printer', '/search/explain');
    expect(got.results[0].content).toBe(note);
    expect(got.results[0].judged.signs).toMatchObject({ brief: { value: 0, adds: 0 }, asks: { value: 0, adds: 0 } });
  });
});

describe('POST /search/explain', () => {
  interface Explained {
    score: number;
    scores: { graph: number };
    ranks: { graph: { rank: number } };
    judged: { senses: string; signs: Record<string, { value: number; adds: number }> };
  }

  it('tells how each score of the graph came about', async () => {
    await storeAll(
      app,
      SMALL_TALK.map((content) => ({ content, session_id: 'chat' })),
    );
    const { results } = await search(app, 'what did Ann say about the bakery', '/search/explain');
    expect(results.length).toBeGreaterThan(2);
    for (const { judged, scores } of results as Explained[]) {
      expect(judged.senses).toBe('wordwise');
      const sum = Object.values(judged.signs).reduce((all, { adds }) => all + adds, 0);
      expect(Math.log(scores.graph)).toBeCloseTo(sum, 6);
    }
    const byRank = [...(results as Explained[])].sort((a, b) => a.ranks.graph.rank - b.ranks.graph.rank);
    expect(byRank.map(({ scores }) => scores.graph)).toEqual(
      byRank.map(({ scores }) => scores.graph).sort((a, b) => b - a),
    );
  });

  it('has nothing to tell where one retriever answers in its own order', async () => {
    await storeAll(app, SMALL_TALK);
    const { results } = await search(app, { query: 'bakery', channels: ['lexical'] }, '/search/explain');
    expect(results.length).toBeGreaterThan(0);
    for (const { judged } of results) expect(judged).toBeNull();
  });

  it('names what there was to judge by when there is no model', async () => {
    const without = await createTestApp();
    await storeAll(without, SMALL_TALK);
    const { results } = await search(without, 'bakery', '/search/explain');
    expect(results[0].judged).toMatchObject({ senses: 'words', signs: { meaning: { value: 0, adds: 0 } } });
    await without.close();
  });
});
