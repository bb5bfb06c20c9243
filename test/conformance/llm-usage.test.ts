// The tokens of each day, whichever database is under them.
import { expect, it } from 'vitest';
import { onEachDatabase } from '../support/databases.ts';
import { withTwoUsers } from '../support/rows.ts';

onEachDatabase((kind) => {
  const t = withTwoUsers(kind);
  const add = (day: string, tokens_in: number, tokens_out: number) =>
    t.bound.atomically(({ llmUsage }) => llmUsage.add(day, tokens_in, tokens_out));

  it('adds up the tokens of a day, also many at once, and keeps days apart', async () => {
    const { read } = t.bound;
    expect(await read.llmUsage.tokensOn('2026-03-02')).toBe(0);
    expect(await add('2026-03-02', 30, 12)).toBe(42);
    const sums = await Promise.all(Array.from({ length: 10 }, () => add('2026-03-02', 1, 1)));
    expect(Math.max(...sums)).toBe(62);
    expect(await add('2026-03-03', 3_000_000_000, 5)).toBe(3_000_000_005);
    expect(await read.llmUsage.tokensOn('2026-03-02')).toBe(62);
    expect(await read.llmUsage.tokensOn('2026-03-03')).toBe(3_000_000_005);
  });
});
