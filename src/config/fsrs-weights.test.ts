// The weights of the forgetting curve as people write them.
import { default_w } from 'ts-fsrs';
import { describe, expect, it } from 'vitest';
import { load, problems } from './testkit.ts';

describe('ENGRAM_FSRS_WEIGHTS', () => {
  it('is not set by default, which means the published weights', () => {
    expect(load().fsrs).toEqual({ weights: null });
  });

  it('reads 21 numbers from a variable, a flag or the file', () => {
    const text = default_w.join(',');
    for (const given of [
      { env: { ENGRAM_FSRS_WEIGHTS: ` ${default_w.join(' , ')} ` } },
      { argv: `--fsrs-weights ${text}` },
      { toml: `[fsrs]\nweights = "${text}"` },
    ])
      expect(load(given).fsrs.weights).toEqual([...default_w]);
  });

  it.each([
    ['1,2', /^ENGRAM_FSRS_WEIGHTS: "1,2" holds 2 numbers, but FSRS-6 has 21 weights\.$/],
    [default_w.with(20, 0.9).join(','), /gives w20 as 0\.9, but it must be from 0\.1 to 0\.8\.$/],
    [default_w.with(0, -1).join(','), /is not allowed; expected 21 numbers by commas\.$/],
    ['fast', /is not allowed; expected 21 numbers by commas\.$/],
    [`${default_w.join(',')},`, /is not allowed; expected 21 numbers by commas\.$/],
  ])('refuses %s', (text, reason) => {
    expect(problems({ env: { ENGRAM_FSRS_WEIGHTS: text } })).toEqual([expect.stringMatching(reason)]);
  });
});
