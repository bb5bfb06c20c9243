// What works in a fresh clone, without any setting and without a network.
import { describe, expect, it } from 'vitest';
import { createTestApp } from './support/app.ts';
import { search, store } from './support/memories.ts';

/** Leaves the choice to the program, as for somebody who has set nothing. */
const UNSET = { env: { ENGRAM_EMBEDDING_MODEL: '' } };

const SUBJECTS = [
  'The printer',
  'Our landlord',
  'The bakery',
  'This keyboard',
  'The train',
  'My umbrella',
  'The museum',
  'That invoice',
  'The router',
  'Our lawn',
];
const HAPPENINGS = [
  'broke',
  'opens at nine',
  'was repaired',
  'costs too much',
  'is late again',
  'got a new colour',
  'needs attention',
  'was sold',
  'stopped working',
  'looks fine',
];
const WHERE = ['downstairs', 'in Lisbon', 'since Monday', 'near the station', 'for the office'];
/** 500 different everyday sentences. */
const DISTRACTORS = SUBJECTS.flatMap((subject) =>
  HAPPENINGS.flatMap((happened) => WHERE.map((where) => `${subject} ${happened} ${where}.`)),
);

describe('without any setting', () => {
  it('a paraphrase with no word in common is found first among 500 others', async () => {
    const app = await createTestApp(UNSET);
    expect(app.meaning).toMatchObject({ model: { name: 'engram-mini', dims: 256 }, problem: null });
    await Promise.all(DISTRACTORS.map((content) => store(app, content)));
    const paraphrases = [
      ['She gave birth to twins', 'newborn babies'],
      ['We bought a red automobile', 'did anybody purchase any car?'],
      ['Children are playing football in the park', 'kids enjoying soccer outdoors'],
      ['The physician prescribed antibiotics', 'what medicine has her doctor given?'],
    ] as const;
    for (const [told, asked] of paraphrases) {
      const id = await store(app, told);
      const answer = await search(app, asked);
      expect(answer.degraded).toEqual([]);
      expect(answer.results[0]).toMatchObject({ id, search_type: 'vector' });
      expect(answer.abstained).toBe(false);
    }
    await app.close();
  });

  it('`none` goes without, and says so in every answer', async () => {
    const app = await createTestApp({ env: { ENGRAM_EMBEDDING_MODEL: 'none' } });
    expect(app.meaning).toMatchObject({ model: null, problem: null });
    await store(app, 'green tea');
    expect(await search(app, 'tea')).toMatchObject({ degraded: ['vector'], results: [{ content: 'green tea' }] });
    await app.close();
  });

  it('a model nobody has leaves search working, and the problem says how to get it', async () => {
    const app = await createTestApp({ env: { ENGRAM_EMBEDDING_MODEL: 'bge-m3' } });
    expect(app.meaning.problem).toContain('engram models pull bge-m3');
    await store(app, 'green tea');
    expect(await search(app, 'tea')).toMatchObject({ degraded: ['vector'], results: [{ content: 'green tea' }] });
    await app.close();
  });
});
