// Texts nobody expects, with the model that comes with the program: stored, embedded, found, and never a 500.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { search, store, storeAll } from './support/memories.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp({ env: { ENGRAM_EMBEDDING_MODEL: '' } });
});
afterAll(() => app.close());

const filled = (unit: string, bytes: number): string => unit.repeat(Math.floor(bytes / Buffer.byteLength(unit)));
const KB = 1024;

const ODD: Record<string, string> = {
  'one character': 'x',
  'one digit': '7',
  'only punctuation': '?!… --- ;;; """ ((( )))',
  'words of the query language': 'AND OR NOT NEAR(* ^ "half a phrase',
  'emoji only': '🦊🐙👩‍👩‍👧‍👦🏳️‍🌈🇵🇹👍🏽',
  'right to left': 'הטלפון החדש של אמא נמצא במגירה التقويم على الحائط',
  'a mark that turns direction': 'invoice \u202e 2026 \u202c paid \u2066x\u2069',
  'Chinese, Japanese, Korean': '我们昨天买了一辆红色的汽车。猫がソファで寝ている。서울에서 기차를 탔다',
  'combining marks': `Z${'\u0310\u0335\u0322'.repeat(200)}a\u0308l\u0301g\u0323o\u0302`,
  'decomposed and composed': 'Cafe\u0301 Ångström A\u030angstro\u0308m',
  'zero-width characters': 'zero\u200bwidth\u200cjoined\u200dtext\u2060\ufeff',
  'nothing but zero-width characters': '\u200b\u200d\u2060',
  'control characters': 'bell\u0007 escape\u001b[31m delete\u007f',
  'a private use character': '\ue000query \uf8ff \u{10fffd}',
  'a noncharacter': 'end \uffff \ufffe',
  '100 KB without a space': filled('qwertzuiop', 100 * KB),
  '100 KB of one letter': filled('a', 100 * KB),
  '100 KB of Chinese': filled('记忆', 100 * KB),
  '100 KB of emoji': filled('👩‍👩‍👧‍👦', 100 * KB),
  '100 KB of marks on one letter': `a${filled('\u0301', 100 * KB - 2)}`,
  '100 KB of line breaks around two words': `first${filled('\n', 100 * KB - 20)}last`,
};

/** What JSON can carry but no text should hold. */
const REFUSED: Record<string, string> = {
  'a high surrogate alone': 'half \ud83d a fox',
  'a low surrogate alone': '\udd8a first',
  'surrogates the wrong way round': '\udd8a\ud83d',
  '100 KB of lone surrogates': '\ud83d'.repeat(30 * KB),
  'a NUL': 'before\u0000after',
};

/** Everything in an answer of a search that could go wrong with numbers; its shape is checked by the app. */
function expectSound(answer: { results: { score: number; relevance: number }[]; degraded: string[] }): void {
  expect(answer.degraded).toEqual([]);
  for (const { score, relevance } of answer.results) {
    expect(score).toBeGreaterThanOrEqual(0);
    expect(relevance).toBeGreaterThanOrEqual(0);
    expect(relevance).toBeLessThanOrEqual(1);
  }
}

describe('an odd text', () => {
  const stored = new Map<string, number>();
  beforeAll(async () => {
    const ids = await storeAll(app, Object.values(ODD));
    for (const [at, name] of Object.keys(ODD).entries()) stored.set(name, ids[at]!);
  });

  it('of every kind is kept, with its vectors', async () => {
    for (const [name, id] of stored)
      expect((await app.call('GET', `/memory/${id}`)).body.content, name).toBe(ODD[name]!.trim());
    expect((await app.call('GET', '/me/stats')).body.embedded).toBe(stored.size);
  });

  it.each(Object.entries(ODD))('of %s is a question that finds itself', async (name, query) => {
    const all = await search(app, { query, limit: 100 });
    expectSound(all);
    const meaning = await search(app, { query, limit: 100, channels: ['vector'] });
    expectSound(meaning);
    expect(meaning.results.map((result: { id: number }) => result.id)).toContain(stored.get(name));
    expectSound(await search(app, { query, limit: 100, channels: ['lexical'] }));
    // A context takes no book for a question.
    const context = await app.call('POST', '/context', { query: query.slice(0, 4 * KB).toWellFormed() });
    expect(context.status, context.body.error).toBe(200);
  });

  it.each(Object.entries(REFUSED))('with %s is refused with a sentence, stored or asked', async (_, text) => {
    for (const answer of [
      await app.call('POST', '/store', { content: text }),
      await app.call('POST', '/search', { query: text }),
    ])
      expect(answer).toMatchObject({ status: 400, body: { error: expect.stringMatching(/surrogate|NUL/) } });
  });

  it.each(['', '   ', '\n\t', '\u3000\ufeff'])('a question of nothing (%j) lacks nothing', async (query) => {
    for (const channels of [undefined, ['vector'], ['lexical']]) expectSound(await search(app, { query, channels }));
    expect((await app.call('POST', '/store', { content: query })).status).toBe(400);
  });
});

describe('100 KB of sentences', () => {
  const END = 'Our paediatrician recommended giving the twins honey against their cough.';
  const SENTENCES = [
    'The train to Lisbon was late again.',
    'A parcel waits at the post office.',
    'It rained on Sunday.',
  ];
  const filler = (bytes: number): string => {
    let text = '';
    for (let n = 0; text.length < bytes; n++) text += `${SENTENCES[n % 3]} Note ${n}.${n % 9 ? ' ' : '\n\n'}`;
    return text;
  };

  it('are found by the very last one, by meaning and by words, and that piece is shown', async () => {
    const long = filler(100 * KB - END.length - 100) + END;
    const id = await store(app, long);
    const query = 'What medicine did the doctor suggest for the sick babies?';
    for (const channels of [['vector'], undefined]) {
      const answer = await search(app, { query, channels });
      expectSound(answer);
      expect(answer.results[0]).toMatchObject({ id, highlight: expect.stringContaining(END) });
      expect(answer.results[0].highlight.length).toBeLessThan(2 * KB);
    }
    for (const channels of [['lexical'], undefined]) {
      const answer = await search(app, { query: 'paediatrician honey', channels });
      expectSound(answer);
      expect(answer.results[0].id).toBe(id);
    }
  });

  it('are embedded as a whole however few pieces they may have', async () => {
    const few = await createTestApp({ env: { ENGRAM_EMBEDDING_MODEL: '', ENGRAM_EMBEDDING_CHUNK_MAX_CHUNKS: '1' } });
    const id = await store(few, `${filler(20 * KB)}${END}`);
    const answer = await search(few, { query: 'train to Lisbon', channels: ['vector'] });
    expectSound(answer);
    expect(answer.results[0].id).toBe(id);
    expect(answer.results[0].highlight).toBeUndefined();
    await few.close();
  });
});
