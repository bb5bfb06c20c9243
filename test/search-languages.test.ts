// Searching by dates in a question, and in scripts that put no spaces between words.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { found, idsOf, search, store, storeAll } from './support/memories.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const FILLER = Array.from({ length: 20 }, (_, i) => `Unrelated note number ${i} about gardening and weather`);

describe('dates', () => {
  it('in a question find and favour what happened then', async () => {
    const [may, june, other] = await storeAll(app, [
      { content: 'Caroline went to a support group', occurred_at: '2023-05-08 10:00:00' },
      { content: 'Caroline went to a support group again', occurred_at: '2023-06-20 10:00:00' },
      { content: 'Nothing to do with it', occurred_at: '2022-05-08 10:00:00' },
    ]);
    expect((await found(app, 'what happened in May 2023'))[0]).toBe(may);
    expect((await found(app, 'support group in June 2023'))[0]).toBe(june);
    expect((await found(app, 'support group on 8 May 2023'))[0]).toBe(may);
    expect(await found(app, 'when did Caroline go to the support group in 2023')).not.toContain(other);
  });

  it('are an answer, not a guess', async () => {
    const id = await store(app, { content: 'Hiked up the mountain', occurred_at: '2023-05-08 10:00:00' });
    const answer = await search(app, 'what happened on 8 May 2023');
    expect(idsOf(answer.results)).toEqual([id]);
    expect(answer.results[0].relevance).toBeGreaterThan(0.5);
    expect(answer.abstained).toBe(false);
  });

  it('without occurred_at are those of storing', async () => {
    const id = await store(app, 'Bought a kettle');
    expect(await found(app, 'what happened in March 2026')).toEqual([id]);
    expect(await found(app, 'what happened in May 2023')).toEqual([]);
  });
});

describe('scripts without spaces', () => {
  it.each([
    ['Chinese', '我昨天在北京买了一台新电脑', ['京', '北京', '新电脑', '北京的电脑'], '海'],
    ['Japanese', '東京タワーの近くで寿司を食べました', ['寿', '寿司', 'タワー', '東京で何を食べた'], '島'],
    ['Thai', 'เมื่อวานฉันซื้อกาแฟที่ตลาด', ['ฉ', 'กาแ', 'กาแฟ', 'ซื้อกาแฟที่ไหน'], 'ฮ'],
    ['Han, one character alone', '猫', ['猫'], '狗'],
  ])('are found by one, two and more characters: %s', async (_name, content, queries, stranger) => {
    const [id] = await storeAll(app, [content, '완전히 다른 내용', ...FILLER]);
    for (const query of queries) expect(await found(app, query), query).toEqual([id]);
    expect(await found(app, stranger)).toEqual([]);
  });

  it('may be mixed with words', async () => {
    const [id] = await storeAll(app, ['昨日iPhone15を買った', ...FILLER]);
    for (const query of ['iPhone15', 'iphone15', '買った iPhone15', 'ｉＰｈｏｎｅ１５'])
      expect(await found(app, query), query).toEqual([id]);
  });

  it('does not need spaces in Korean and Cyrillic either', async () => {
    const [korean, russian] = await storeAll(app, [
      '나는 커피를 좋아한다',
      'Мой йогурт стоит в холодильнике',
      ...FILLER,
    ]);
    expect(await found(app, '커피를')).toEqual([korean]);
    expect(await found(app, 'ЙОГУРТ')).toEqual([russian]);
  });
});
