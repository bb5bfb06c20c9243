import { sql } from 'kysely';
import { it } from 'vitest';
import { parseLexicalQuery } from '../src/algo/text.ts';
import { generateTexts } from './zz_texts.ts';
import { KINDS, NOW } from './support/databases.ts';
import { entryOf, memoryRow, newUser, stores } from './support/rows.ts';
it('perf', async () => {
  const N = 20_000;
  for (const kind of [KINDS[0]!, KINDS[2]!]) {
    const database = await (await kind.place()).open();
    const bound = stores(database);
    const user_id = await newUser(bound);
    const { texts, queries } = generateTexts(N);
    const t0 = performance.now();
    for (let at = 0; at < N; at += 500) await bound.atomically(async ({ memories, fullText }) => {
      for (const text of texts.slice(at, at + 500)) {
        const row = memoryRow(user_id, text);
        await fullText.put(entryOf(await memories.insert(row), row, 'monday 2 march 2026 2nd march 2 2026-03-02 3 mar'));
      }
    });
    const load = performance.now() - t0;
    const run = async (search: (q: string) => Promise<unknown>) => {
      for (const q of queries.slice(0, 5)) await search(q);
      const times: number[] = [];
      for (const q of queries) { const t = performance.now(); await search(q); times.push(performance.now() - t); }
      times.sort((a, b) => a - b);
      return `p50 ${times[Math.floor(times.length * .5)]!.toFixed(1)} p95 ${times[Math.floor(times.length * .95)]!.toFixed(1)} max ${times.at(-1)!.toFixed(1)}`;
    };
    const best = (q: string) => bound.read.fullText.best(parseLexicalQuery(q), user_id, 100);
    const search = (q: string) => bound.read.fullText.search(parseLexicalQuery(q), { user_id, now: NOW }, 100);
    console.log(kind.name, 'load ms/row', (load / N).toFixed(2), 'best', await run(best), 'search', await run(search));
    if (kind.family === 'postgres') {
      console.log((await sql`select pg_size_pretty(pg_table_size('memories_fts')) t, pg_size_pretty(pg_indexes_size('memories_fts')) i, pg_size_pretty(pg_table_size('memories')) m`.execute(database.reader.db)).rows);
      await sql`vacuum analyze memories_fts`.execute(database.reader.db); await sql`vacuum analyze memories`.execute(database.reader.db);
      console.log(kind.name, 'vacuumed: best', await run(best), 'search', await run(search));
    }
    const s0 = performance.now();
    await Promise.all(Array.from({ length: 500 }, (_, i) => bound.atomically(async ({ memories, fullText, lockUser }) => { await lockUser(user_id); const row = memoryRow(user_id, texts[i]!); await fullText.put(entryOf(await memories.insert(row), row)); })));
    console.log(kind.name, 'units/s', (500_000 / (performance.now() - s0)).toFixed(0));
    await database.close();
  }
}, 300_000);
