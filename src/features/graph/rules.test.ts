import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edgeOf, isMutual, kindOf, labelOf, rankWeight, weekName, weekStart, weeksLater } from './rules.ts';

describe('weeks', () => {
  it.each([
    ['2026-03-02', '2026-03-02', '2026-W10'],
    ['2026-03-08', '2026-03-02', '2026-W10'],
    ['2026-01-01', '2025-12-29', '2026-W01'],
    ['2021-01-03', '2020-12-28', '2020-W53'],
    ['2024-12-31', '2024-12-30', '2025-W01'],
    ['2023-01-01', '2022-12-26', '2022-W52'],
  ])('%s lies in the week of %s, %s', (day, monday, name) => {
    expect(weekStart(day)).toBe(monday);
    expect(weekName(monday)).toBe(name);
  });

  it('come one after the other, 52 or 53 a year', () => {
    let monday = '2019-12-30';
    for (let year = 2020; year < 2040; year++) {
      let week = 0;
      while (weekName(monday).startsWith(`${year}-`)) {
        expect(weekName(monday)).toBe(`${year}-W${String(++week).padStart(2, '0')}`);
        monday = weeksLater(monday, 1);
      }
      expect([52, 53]).toContain(week);
    }
  });
});

describe('links', () => {
  it('weigh what their type says, times their similarity', () => {
    expect(rankWeight({ type: 'causes', similarity: 0.5 })).toBe(1);
    expect(rankWeight({ type: 'consolidates', similarity: 1 })).toBe(0.5);
    expect(rankWeight({ type: 'anything', similarity: 0.7 })).toBe(0.7);
    expect(rankWeight({ type: 'constructor', similarity: 1 })).toBe(1);
    expect(rankWeight({ type: 'follows', similarity: -0.2 })).toBe(0);
  });
  it('have a direction unless they say that two are alike', () => {
    expect(['similarity', 'contradicts'].map(isMutual)).toEqual([true, true]);
    expect(['follows', 'causes', 'updates'].map(isMutual)).toEqual([false, false, false]);
  });
  it('are drawn as one of a few kinds, and keep their type', () => {
    expect(['follows', 'updates', 'causes', 'has_fact', 'manual', 'toString'].map(kindOf)).toEqual([
      'temporal', 'refines', 'causal', 'has_fact', 'association', 'association',
    ]); // biome-ignore format: short
    expect(edgeOf({ source_id: 1, target_id: 2, type: 'causes', similarity: 0.5 })).toMatchObject({
      source: 'm1',
      target: 'm2',
      type: 'causal',
      link_type: 'causes',
      weight: 0.5,
    });
  });
});

it('labels are one line of whole characters', () => {
  expect(labelOf('two\n  lines')).toBe('two lines');
  expect(labelOf(`${'x'.repeat(59)}😀 end`)).toBe('x'.repeat(59));
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(labelOf(text).isWellFormed()).toBe(true);
      expect(labelOf(text).length).toBeLessThanOrEqual(60);
    }),
  );
});
