// The benchmark of what makes memories live, once on a tiny size, and the clock it moves.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startClocked } from '../bench/clocked.ts';
import { bench } from '../bench/main.ts';
import { planYear } from '../bench/year-plan.ts';
import { LOCOMO_OURS } from './support/locomo-sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'engram-bench-lifecycle-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const DAY_MS = 86_400_000;
const WITHOUT_MODEL = ['--model', 'none'];
const run = async (...argv: string[]) => {
  const printed: string[] = [];
  const report = await bench(argv, (text) => void printed.push(text));
  return { figures: report!.figures, printed: printed.join('\n') };
};

describe('a server on a clock of the benchmark', () => {
  it('lets a year pass: what has a time to live ends, what was recalled fades', async () => {
    await using server = await startClocked({
      parent: folder,
      profile: null,
      settings: { ENGRAM_EMBEDDING_MODEL: 'none' },
    });
    const store = async (content: string, ttl?: number) =>
      (await server.call('POST', '/store', { content, ttl })).body.id;
    const brief = await store('The lift is out of order', 3_600);
    const lasting = await store('The lift was made in Graz');
    await server.order({ do: 'hold' });
    await server.call('POST', '/search', { query: 'lift Graz', limit: 1 });
    await server.order({ do: 'flush' });
    const state = async () => (await server.call('GET', `/fsrs/state?id=${lasting}`)).body;
    const before = await state();
    expect(before.fsrs_reps).toBe(2);
    // Its clock goes on by itself, too.
    expect(before.retrievability).toBeGreaterThan(0.99);

    await server.order({ do: 'advance', ms: 365 * DAY_MS });
    expect((await server.call('GET', `/memory/${brief}`)).status).toBe(404);
    const after = await state();
    expect(after).toMatchObject({ fsrs_reps: 2, fsrs_last_review_at: before.fsrs_last_review_at });
    expect(after.retrievability).toBeLessThan(0.9);
  });

  it('says what went wrong with an order', async () => {
    await using server = await startClocked({ parent: folder, profile: null });
    // There is no date so far ahead.
    await expect(server.order({ do: 'advance', ms: Number.MAX_VALUE })).rejects.toThrow(
      'the server could not advance: ',
    );
    await server.kill();
  });
});

describe('the plan of a year', () => {
  const plan = planYear(1_000, 100, 7);
  const all = (of: (day: (typeof plan.days)[number]) => number[]) => plan.days.flatMap(of);

  it('is the same for the same seed', () => {
    expect(planYear(1_000, 100, 7)).toEqual(plan);
    expect(planYear(1_000, 100, 8)).not.toEqual(plan);
  });

  it('stores everything once and lets each end, or change, at most once', () => {
    const texts = Array.from({ length: 1_000 }, (_, text) => text);
    expect(all((day) => day.stored)).toEqual(texts);
    const touched = [...plan.ttl_days.keys(), ...all((day) => day.forgotten), ...all((day) => day.corrected)];
    expect(touched).toHaveLength(300);
    expect(new Set(touched).size).toBe(300);
  });

  it('does nothing with a text that is not there', () => {
    const there = new Set<number>();
    const since = new Map<number, number>();
    for (const [at, day] of plan.days.entries()) {
      for (const text of day.stored) since.set(text, at);
      for (const text of day.stored) there.add(text);
      for (const [text, ttl] of plan.ttl_days) if (at >= (since.get(text) ?? Infinity) + ttl) there.delete(text);
      for (const text of [...day.asked, ...day.forgotten, ...day.corrected]) expect(there).toContain(text);
      for (const text of day.forgotten) there.delete(text);
    }
    for (const text of plan.live) expect(there).toContain(text);
    expect(plan.used.length).toBeGreaterThan(0);
    for (const text of plan.used) expect(plan.live).toContain(text);
  });
});

describe('lifecycle', () => {
  it('tells repeats from near-misses, on a server with and one without the check', async () => {
    const sizes = ['--memories', '100', '--stores', '40', '--pairs', '60'];
    const { figures, printed } = await run('lifecycle', '--parts', 'duplicates', ...sizes, ...WITHOUT_MODEL);
    expect(figures).toMatchObject({
      duplicates: {
        with_check: { p95: expect.any(Number) },
        without_check: { p95: expect.any(Number) },
        judged: { server: { precision: 1, recall: 1 }, exact: { recall: 0.1667 } },
      },
      reviews: null,
      year: null,
    });
    expect(printed).toContain('added by the near-duplicate check');
  }, 60_000);

  it('writes reviews beside searches', async () => {
    const sizes = ['--recalls', '250', '--rounds', '2'];
    const { figures } = await run('lifecycle', '--parts', 'reviews', ...sizes, ...WITHOUT_MODEL);
    const times = { p50: expect.any(Number), max: expect.any(Number), slow: expect.any(Number) };
    expect(figures.reviews).toMatchObject({ recalled: 250, rounds: 2, quiet: times, flushing: times });
    const { quiet, flushing } = figures.reviews as Record<'quiet' | 'flushing', { n: number }>;
    expect(quiet.n).toBe(flushing.n);
    expect(quiet.n).toBeGreaterThan(1);
  }, 60_000);

  it('lives a few days', async () => {
    const sizes = ['--year-memories', '60', '--days', '5'];
    const { figures, printed } = await run('lifecycle', '--parts', 'year', ...sizes, ...WITHOUT_MODEL);
    expect(figures.year).toMatchObject({ days: 5, stored: 60, ttl: 9, forgotten: 6, corrected: 3, asked: 125 });
    const { database_mib, swept_mib, fresh_mib } = figures.year as Record<string, number>;
    expect(database_mib).toBeGreaterThan(0);
    expect(swept_mib).toBeGreaterThan(database_mib!);
    expect(fresh_mib).toBeGreaterThan(0);
    expect(printed).toContain('size of the database against a fresh one');
  }, 60_000);

  it('names a part it does not have', async () => {
    await expect(run('lifecycle', '--parts', 'sleep')).rejects.toThrow(
      '--parts: there is no "sleep"; there are duplicates, reviews, year.',
    );
  });
});

describe('--age', () => {
  const data = join(folder, 'locomo.json');
  writeFileSync(data, JSON.stringify(LOCOMO_OURS));

  it('asks at once and again after each age', async () => {
    const lines = join(folder, 'questions.jsonl');
    const asking = ['--age', '1d,1y', '--per-question', lines];
    const { figures, printed } = await run('locomo', '--data', data, ...asking, ...WITHOUT_MODEL);
    const scores = { scores: expect.objectContaining({ '1-5': expect.objectContaining({ questions: 4 }) }) };
    expect(figures).toMatchObject({ ...scores, aged: { '1d': scores, '1y': scores } });
    const asked = readFileSync(lines, 'utf8').trim().split('\n');
    expect(asked.map((line) => JSON.parse(line).age)).toEqual([null, '1d', '1y'].flatMap((age) => Array(4).fill(age)));
    expect(printed).toContain('Recall by category after 1y');
  }, 60_000);

  it('names what is no time', async () => {
    await expect(run('locomo', '--data', data, '--age', '1d,soon')).rejects.toThrow(
      '--age: "soon" is no time such as 12h, 1d, 2w or 1y.',
    );
  });
});
