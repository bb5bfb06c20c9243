import { describe, expect, it } from 'vitest';
import { type LexicalQuery, parseLexicalQuery } from '../../src/algo/text.ts';
import type { Candidate } from '../../src/core/ports.ts';
import { generateCorpus, generateQueries } from '../support/corpus.ts';
import { KINDS, type Kind, NOW, onEachDatabase, onPostgres } from '../support/databases.ts';
import { entryOf, memoryRow, newUser, stores } from '../support/rows.ts';
import { fullTextSuite } from './full-text.ts';

onEachDatabase(fullTextSuite);

const CORPUS = generateCorpus(300);
const QUERIES: LexicalQuery[] = generateQueries(50).map(parseLexicalQuery);

/** Place in the corpus and score of the best matches of every query. */
async function rankings(kind: Kind): Promise<Candidate[][]> {
  const database = await (await kind.place()).open();
  const bound = stores(database);
  const user_id = await newUser(bound);
  let first = 0;
  await bound.atomically(async ({ memories, fullText }) => {
    for (const text of CORPUS) {
      const row = memoryRow(user_id, text.content, {
        tags: JSON.stringify([...new Set(text.tags)]),
        category: text.category,
      });
      const id = await memories.insert(row);
      first ||= id;
      await fullText.put(entryOf(id, row, text.moment));
    }
  });
  const found: Candidate[][] = [];
  for (const query of QUERIES) {
    const hits = await bound.read.fullText.search(query, { user_id, now: NOW }, 1_000);
    found.push(hits.map(({ id, score }) => ({ id: id - first, score })));
  }
  await database.close();
  return found;
}

describe('ranking', () => {
  let reference: Promise<Candidate[][]> | null = null;

  it('has something to compare', async () => {
    const found = await (reference ??= rankings(KINDS[0]!));
    expect(found.filter((hits) => hits.length > 20).length).toBeGreaterThan(30);
    expect(QUERIES.filter((query) => query.phrases.length > 0).length).toBeGreaterThan(10);
    expect(QUERIES.filter((query) => query.prefixes.length > 0).length).toBeGreaterThan(2);
  });

  onPostgres((kind) => {
    it('equals that of FTS5: same matches, same order, same scores', async () => {
      const [expected, found] = [await (reference ??= rankings(KINDS[0]!)), await rankings(kind)];
      for (const [q, hits] of found.entries()) {
        expect(hits.map((hit) => hit.id)).toEqual(expected[q]!.map((hit) => hit.id));
        for (const [i, { score }] of hits.entries()) {
          expect(Math.abs(score / expected[q]![i]!.score - 1)).toBeLessThan(1e-6);
        }
      }
    });
  });
});
