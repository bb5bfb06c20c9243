// What every full-text index promises, whichever database is under it.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { dayWords, parseLexicalQuery } from '../../src/algo/text.ts';
import type { MemoryFilter } from '../../src/core/ports.ts';
import type { NewMemory } from '../../src/features/memory/rules.ts';
import type { Database } from '../../src/platform/db/dialect.ts';
import { type Kind, NOW } from '../support/databases.ts';
import { addFindable, type Bound, entryOf, memoryRow, newUser, stores, tagged } from '../support/rows.ts';

export function fullTextSuite(kind: Kind): void {
  let database: Database;
  let bound: Bound;
  let user: number;
  beforeAll(async () => {
    database = await (await kind.place()).open();
    bound = stores(database);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    user = await newUser(bound);
  });
  const row = (content: string, change: Partial<NewMemory> = {}) => memoryRow(user, content, change);
  const add = (content: string, change: Partial<NewMemory> = {}, moment = '') =>
    addFindable(bound, row(content, change), moment);
  const hits = (query: string, filter: Partial<MemoryFilter> = {}, limit = 50) =>
    bound.read.fullText.search(parseLexicalQuery(query), { user_id: user, now: NOW, ...filter }, limit);
  const ids = async (query: string, filter: Partial<MemoryFilter> = {}, limit = 50) =>
    (await hits(query, filter, limit)).map((hit) => hit.id);

  it('finds words by their stem, without accents, in any case', async () => {
    const one = await add('She was RUNNING databases in the Café');
    const two = await add('nothing of the kind');
    for (const query of ['run', 'runs', 'database', 'CAFE', 'cafés', 'running café'])
      expect([query, await ids(query)]).toEqual([query, [one]]);
    expect(await ids('runway')).toEqual([]);
    expect(await ids('kind')).toEqual([two]);
  });

  it('asks for stop words only when there is nothing else', async () => {
    const one = await add('to be or not to be');
    const two = await add('the answer');
    expect(await ids('the answer')).toEqual([two]);
    expect(await ids('to be')).toEqual([one]);
    expect(await ids('')).toEqual([]);
    expect(await ids(' ?! ')).toEqual([]);
  });

  it('finds tags, category and day, and ranks content above them', async () => {
    const moment = await add('filler words here', {}, dayWords('2023-05-08 10:00:00'));
    const category = await add('filler words here', { category: 'zebra' });
    const tag = await add('filler words here', tagged('zebra', 'monday'));
    const content = await add('filler zebra here');
    expect(await ids('zebra')).toEqual([content, tag, category]);
    expect(await ids('8 May 2023')).toEqual([moment]);
    expect(await ids('2023-05-08')).toEqual([moment]);
    expect(await ids('monday')).toEqual([tag, moment]);
  });

  it('lets more, rarer and closer words win; ties go to the newer', async () => {
    const one = await add('alpha');
    const long = await add(`alpha ${'padding '.repeat(40)}`);
    const twice = await add('alpha alpha');
    const both = await add('alpha omega');
    const same = await add('alpha');
    for (let i = 0; i < 12; i++) await add(`something else ${i}`);
    expect(await ids('alpha omega')).toEqual([both, twice, same, one, long]);
    expect(await ids('alpha omega', {}, 2)).toEqual([both, twice]);
    const best = await bound.read.fullText.best(parseLexicalQuery('alpha omega'), user, 3);
    expect(best).toEqual(await hits('alpha omega', {}, 3));
    expect(best[0]!.score).toBeGreaterThan(best[1]!.score);
    expect(best[2]!.score).toBeGreaterThan(0);
  });

  it('prefers quoted words that stand together, within one column', async () => {
    const apart = await add('green tea and a house', tagged('x'));
    const together = await add('the green house was painted twice that year', tagged('x'));
    const across = await add('all green', tagged('house'));
    for (let i = 0; i < 9; i++) await add(`unrelated ${i}`);
    expect((await ids('"green house"'))[0]).toBe(together);
    expect((await ids('green house'))[0]).not.toBe(together);
    const phraseOnly = { terms: [], stems: [], phrases: [['green', 'house']], unspaced: [], prefixes: [] };
    const found = await bound.read.fullText.search(phraseOnly, { user_id: user, now: NOW }, 10);
    expect(found.map((hit) => hit.id)).toEqual([together]);
    expect([apart, across]).not.toContain(together);
    const stop = { ...phraseOnly, phrases: [['the', 'green', 'house', 'was']] };
    expect(await bound.read.fullText.search(stop, { user_id: user, now: NOW }, 10)).toHaveLength(1);
  });

  it('counts a phrase as often as it is there, overlaps included', async () => {
    await add('go go go stop');
    const once = await add('go go stop stop');
    for (let i = 0; i < 9; i++) await add(`unrelated ${i}`);
    const phraseOnly = { terms: [], stems: [], phrases: [['go', 'go']], unspaced: [], prefixes: [] };
    const [first, second] = await bound.read.fullText.search(phraseOnly, { user_id: user, now: NOW }, 10);
    expect(second!.id).toBe(once);
    expect(first!.score).toBeGreaterThan(second!.score);
  });

  it('finds one, two and more characters of scripts without spaces', async () => {
    const tokyo = await add('会議は東京で開かれた');
    const kyoto = await add('京都の天気');
    const thai = await add('ฉันชอบกินข้าวที่เชียงใหม่');
    const chinese = await add('数据库连接失败 on server 42', tagged('数据'));
    const kana = await add('カタカナで書く');
    expect(await ids('東京')).toEqual([tokyo]);
    expect(new Set(await ids('京'))).toEqual(new Set([tokyo, kyoto]));
    expect((await ids('京都'))[0]).toBe(kyoto);
    expect(await ids('気')).toEqual([kyoto]);
    expect(await ids('เชียงใหม่')).toEqual([thai]);
    expect(await ids('ข้าว')).toEqual([thai]);
    expect(await ids('数据库')).toEqual([chinese]);
    expect(await ids('server 数据')).toEqual([chinese]);
    expect(await ids('ｶﾀｶﾅ')).toEqual([kana]);
    expect(await ids('龍')).toEqual([]);
  });

  it('takes any text as a query', async () => {
    const one = await add('and or not near content');
    const hostile = [
      'AND',
      'OR OR',
      'NOT near',
      'NEAR(a b)',
      'content:and',
      'co*',
      '^and',
      '{and} : or',
      '"',
      '""',
      '"unclosed',
      "'",
      "''",
      "a'b",
      '\\',
      "\\'",
      '& | !',
      'a <-> b',
      '!!',
      ':*',
      'and:*',
      'a:A',
      '(((',
      ')))',
      '$1',
      '?',
      '%',
      '_',
      ';drop table memories;--',
      '\u0001\u001f',
      '\ud800',
      'x\udfff',
      '\u{f0301}',
      '𝒳 🙂',
      '١٢٣',
      '-- #',
      '("and" OR "or") AND NOT near',
      'constructor __proto__ toString',
      `${'é'.repeat(5_000)}`,
      'and '.repeat(2_500),
      '"and or" '.repeat(1_200),
      '日'.repeat(3_400),
      Array.from({ length: 1_500 }, (_, i) => `w${i}`).join(' '),
      "'".repeat(10_000),
      '"'.repeat(10_000),
      '('.repeat(10_000),
    ];
    for (const query of hostile) {
      const found = await ids(query);
      expect([query.slice(0, 40), found.length <= 1]).toEqual([query.slice(0, 40), true]);
    }
    expect(await ids('("and" OR "or") AND NOT near')).toEqual([one]);
    expect(await ids('content:and')).toEqual([one]);
  });

  it('takes any text to index', async () => {
    const bytes = 102_400;
    const cut = (text: string) => Buffer.from(text).subarray(0, bytes).toString().replaceAll('\ufffd', '');
    const han = String.fromCodePoint(...Array.from({ length: 20_000 }, (_, i) => 0x4e00 + i));
    const texts = [
      `${'x'.repeat(40_000)} marker`,
      cut(`marker ${'the '.repeat(40_000)}`),
      cut(`marker ${Array.from({ length: 30_000 }, (_, i) => i.toString(36)).join(' ')}`),
      cut(`marker ${han}${[...han].reverse().join('')}`),
      cut(`marker ${'สวัสดีครับ'.repeat(10_000)}`),
      cut(`marker ${'a\u0301'.repeat(40_000)}`),
      "marker it's \\ 'quoted' \u0007 \ufffe 🙂 a:b:c <-> & | !",
    ];
    const added = [];
    for (const text of texts) added.push(await add(text));
    expect((await ids('marker')).sort((a, b) => a - b)).toEqual(added);
    expect(await ids('x'.repeat(40_000))).toEqual([added[0]]);
    expect(await ids('quoted')).toEqual([added[6]]);
  });

  it('replaces, removes and clears', async () => {
    const first = row('first words');
    const id = await addFindable(bound, first);
    const rest = await add('other words');
    await bound.atomically(({ fullText }) => fullText.put(entryOf(id, { ...first, content: 'second saying' })));
    expect(await ids('first')).toEqual([]);
    expect(await ids('second')).toEqual([id]);
    await bound.atomically(({ fullText }) => fullText.remove(user, id));
    expect(await ids('second words')).toEqual([rest]);
    await bound.atomically(({ fullText }) => fullText.remove(user, id));
    await bound.atomically(({ fullText }) => fullText.clear(user));
    expect(await ids('words')).toEqual([]);
    await bound.atomically(({ fullText }) => fullText.put(entryOf(rest, row('other words'))));
    expect(await ids('words')).toEqual([rest]);
  });

  it('scores after a rebuild as if nothing had been there before', async () => {
    const rows = ['apple pie', 'apple tart with cream', 'plum', 'pear', 'quince jam'].map((text) => row(text));
    const added: number[] = [];
    for (const each of rows) added.push(await addFindable(bound, each));
    const before = await hits('apple cream');
    await bound.atomically(async ({ fullText }) => {
      await fullText.clear(user);
      for (const [i, id] of added.entries()) await fullText.put(entryOf(id, rows[i]!));
    });
    expect(await hits('apple cream')).toEqual(before);
  });

  it('filters before the cut, and hides what is hidden', async () => {
    const wanted: number[] = [];
    await bound.atomically(async ({ memories, fullText }) => {
      for (let i = 0; i < 200; i++) {
        // The wanted ones are the worst matches by far.
        const rare = i % 40 === 7;
        const each = row(rare ? `needle ${'hay '.repeat(80)}` : 'needle needle needle', rare ? tagged('rare') : {});
        const id = await memories.insert(each);
        await fullText.put(entryOf(id, each));
        if (rare) wanted.push(id);
      }
    });
    wanted.sort((a, b) => b - a);
    expect(await ids('needle', { tags_all: ['rare'] }, 10)).toEqual(wanted);
    expect(await ids('needle', { tags_all: ['rare'] }, 2)).toEqual(wanted.slice(0, 2));
    expect(await ids('needle', {}, 10)).toHaveLength(10);
    await bound.atomically(async ({ memories }) => {
      await memories.set(user, wanted[0]!, { is_forgotten: 1 });
      await memories.set(user, wanted[1]!, { is_archived: 1 });
      await memories.set(user, wanted[2]!, { is_latest: 0 });
    });
    expect(await ids('needle', { tags_all: ['rare'] })).toEqual(wanted.slice(3));
    expect(await ids('needle', { tags_all: ['rare'], include_forgotten: true })).toEqual([
      wanted[0],
      ...wanted.slice(3),
    ]);
    expect(await bound.read.fullText.best(parseLexicalQuery('hay'), user, 10)).toHaveLength(5);
  });

  it('keeps users apart, statistics included', async () => {
    const rows = ['common word', 'common rare', 'common'];
    for (const text of rows) await add(text);
    const before = await hits('common rare');
    const stranger = await newUser(bound);
    for (let i = 0; i < 5; i++)
      await addFindable(bound, memoryRow(stranger, 'rare rare long winded text of a stranger'));
    expect(await hits('common rare')).toEqual(before);
    expect(
      await bound.read.fullText.search(parseLexicalQuery('rare'), { user_id: stranger, now: NOW }, 50),
    ).toHaveLength(5);
    await bound.atomically(({ fullText }) => fullText.clear(stranger));
    expect(await hits('common rare')).toEqual(before);
  });
}
