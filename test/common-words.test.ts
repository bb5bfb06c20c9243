// Over very many memories the commonest words are left out of a search; what the rare ones find must not change.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseLexicalQuery } from '../src/algo/text.ts';
import type { Database } from '../src/platform/db/dialect.ts';
import { sqliteFullText } from '../src/platform/db/sqlite/full-text.ts';
import { openSqlite } from '../src/platform/db/sqlite/open.ts';
import { rowsInTotals, termCounts } from '../src/platform/db/sqlite/term-counts.ts';
import { tempDir } from './support/app.ts';

const MEMORIES = 21_000;
const USER = 1;
let database: Database;
const table = () => 'memories_fts_1';

const contentOf = (id: number): string =>
  `common words everywhere${id % 2 === 0 ? ' even' : ''}${id % 7000 === 0 ? ' walnut' : ''}${id === 9_001 ? ' kumquat' : ''}`;

beforeAll(async () => {
  database = await openSqlite({
    path: `${tempDir()}/x.db`,
    key: null,
    synchronous: 'normal',
    now: '2026-01-01 00:00:00',
  });
  await database.atomically(async ({ fullText }) => {
    await fullText.createFor(USER);
    for (let id = 1; id <= MEMORIES; id++) {
      await fullText.put({ memory_id: id, user_id: USER, content: contentOf(id), tags: [], category: 'c', moment: '' });
    }
    await fullText.remove(USER, 1);
  });
});
afterAll(() => database.close());

it('counts rows and holders, and believes its counts for a minute', async () => {
  let now = 0;
  const counts = termCounts(database.reader.db, table, () => now);
  // FTS5 goes on counting what was removed from a table without contents.
  expect(await counts.rows(USER)).toBe(MEMORIES);
  expect(
    await Promise.all(['common', 'even', 'walnut', 'kumquat', 'nobodi'].map((stem) => counts.holding(USER, stem))),
  ).toEqual([MEMORIES - 1, MEMORIES / 2, 3, 1, 0]);
  await database.atomically(({ fullText }) =>
    fullText.put({ memory_id: 1, user_id: USER, content: 'walnut', tags: [], category: 'c', moment: '' }),
  );
  now = 59_999;
  expect(await counts.holding(USER, 'walnut')).toBe(3);
  now = 60_000;
  expect(await counts.holding(USER, 'walnut')).toBe(4);
  expect(await counts.rows(USER)).toBe(MEMORIES + 1);
});

it('reads the totals of FTS5 as a number', () => {
  expect(rowsInTotals(undefined)).toBe(0);
  expect(rowsInTotals(Uint8Array.of(5))).toBe(5);
  expect(rowsInTotals(Uint8Array.of(0x81, 0x00, 0x7f))).toBe(128);
});

it('finds the same by the rare words, without ranking everything', async () => {
  const all = sqliteFullText(database.reader.db, Number.POSITIVE_INFINITY);
  const query = parseLexicalQuery('common words everywhere even kumquat walnut');
  const [pruned, whole] = [await database.reader.fullText.best(query, USER, 4), await all.best(query, USER, 4)];
  expect(pruned.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
  // Held by half of the memories, "even" is still within the budget; what holds common words alone is not looked at.
  const found = await database.reader.fullText.best(query, USER, MEMORIES);
  expect(found.length).toBe(MEMORIES / 2 + 2);
  expect((await all.best(query, USER, MEMORIES)).length).toBe(MEMORIES);
});

it('still answers when every word is common', async () => {
  const query = parseLexicalQuery('common words everywhere');
  expect((await database.reader.fullText.best(query, USER, 10)).length).toBe(10);
});
