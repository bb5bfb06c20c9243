// The order that a look at the texts makes: compared ones first, nothing lost, the same for the same.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STANDARD_FSRS } from '../../algo/fsrs.ts';
import { rank } from './ranking.ts';
import { anyRow, NOW, plan, row } from './ranking-testkit.ts';
import type { Readings } from './reading.ts';

const PLAIN = { brief: 0, asks: 0, answer: 0, standing: 0 };
const silent: Readings = { vectors: true, formOf: () => PLAIN, wordsOf: () => ({ words: 0, beside: 0 }) };
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

interface Scene {
  /** Relevance that arrived at the memories 1, 2, ... */
  arrived: readonly number[];
  readings?: Readings | undefined;
  limit?: number;
  priors?: boolean;
  rows?: Parameters<typeof row>[1][];
}
function order({ arrived, readings, limit = 10, priors = true, rows = [] }: Scene) {
  const activation = new Map(arrived.map((score, i) => [i + 1, score]));
  const all = new Map([...activation.keys()].map((id) => [id, row(id, rows[id - 1])]));
  const found = { lexical: [], vector: null, activation, rows: all, ...(readings && { readings }) };
  return rank(found, { ...plan('x', limit), priors }, 'x', NOW, STANDARD_FSRS);
}
const ids = (items: readonly { id: number }[]) => items.map(({ id }) => id);
const falling = (count: number) => range(count).map((n) => 1 - n / (count + 1));

describe('the words of the candidates', () => {
  const only = (wanted: number): Readings => ({
    ...silent,
    wordsOf: (id) => ({ words: id === wanted ? 1 : 0, beside: 0 }),
  });

  it('lift one of the first forty, and none behind', () => {
    const arrived = range(100).map(() => 0.5);
    // Equal evidence favours the larger id: 61 is the fortieth.
    expect(ids(order({ arrived, readings: only(61) }))[0]).toBe(61);
    expect(ids(order({ arrived, readings: only(60) }))).toEqual(range(100).reverse());
  });

  it('are compared as far as results are wanted', () => {
    const asked: number[] = [];
    const readings: Readings = {
      ...silent,
      wordsOf: (id) => {
        asked.push(id);
        return { words: 0, beside: 0 };
      },
    };
    const arrived = falling(100);
    order({ arrived, readings, limit: 70 });
    expect(asked).toEqual(range(70));
    asked.length = 0;
    order({ arrived, readings, limit: 3 });
    expect(asked).toEqual(range(40));
    asked.length = 0;
    order({ arrived: falling(5), readings });
    expect(asked).toEqual(range(5));
  });

  it('count the more, the more speaks for a memory otherwise', () => {
    const readings: Readings = { ...silent, wordsOf: () => ({ words: 0.8, beside: 0 }) };
    const told = order({ arrived: [0.5, 0.5], readings, rows: [{ importance: 10 }, { importance: 1 }] });
    expect(ids(told)).toEqual([1, 2]);
    expect(told[0]!.judged!.signs.words).toBeGreaterThan(told[1]!.judged!.signs.words);
  });
});

describe('the order', () => {
  it('is that of the relevance that arrived without readings, without priors, and where none arrived', () => {
    const backwards: Readings = { ...silent, wordsOf: (id) => ({ words: id, beside: 1 }) };
    for (const scene of [
      { arrived: falling(60) },
      { arrived: falling(60), readings: backwards, priors: false },
      { arrived: range(60).map(() => 0), readings: backwards },
    ]) {
      const told = order(scene);
      expect(told.map(({ judged }) => judged)).toEqual(range(60).map(() => null));
      const byRelevance = told.map(({ id }) => scene.arrived[id - 1]!);
      expect(byRelevance).toEqual([...byRelevance].sort((x, y) => y - x));
      for (const { channels, multipliers, id } of told) {
        const prior = Object.values(multipliers).reduce((all, factor) => all * factor, 1);
        expect(channels.graph!.score).toBeCloseTo(scene.arrived[id - 1]! * prior, 12);
      }
    }
  });

  it('rests on the form alone where words cannot be compared', () => {
    const readings: Readings = {
      vectors: false,
      formOf: (id) => ({ ...PLAIN, standing: id === 3 ? 1 : 0, answer: id === 1 ? 1 : 0 }),
      wordsOf: null,
    };
    const told = order({ arrived: [0.9, 0.8, 0.7], readings });
    expect(ids(told)).toEqual([3, 2, 1]);
    for (const { judged } of told) expect(judged!.senses).toBe('words');
  });

  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const look = fc.record({
    words: share,
    beside: share,
    brief: fc.double({ min: -3, max: 0, noNaN: true }),
    asks: share,
    answer: fc.constantFrom(0, 1),
    standing: fc.constantFrom(0, 1),
  });
  const scene = fc.array(fc.tuple(fc.oneof(share, fc.constant(0), fc.constant(5e-324)), look, anyRow), {
    minLength: 1,
    maxLength: 120,
  });
  const readingsOf = (looks: readonly { words: number; beside: number }[], wordwise: boolean): Readings => ({
    vectors: true,
    formOf: (id) => {
      const { words: _, beside: __, ...form } = looks[id - 1] as { words: number; beside: number } & typeof PLAIN;
      return form;
    },
    wordsOf: wordwise ? (id) => ({ words: looks[id - 1]!.words, beside: looks[id - 1]!.beside }) : null,
  });

  it('keeps every candidate, with finite scores, the compared ones first, ties to the larger id', () => {
    fc.assert(
      fc.property(scene, fc.boolean(), fc.constantFrom(1, 10, 60, 200), (all, wordwise, limit) => {
        const arrived = all.map(([relevance]) => relevance);
        const readings = readingsOf(
          all.map(([, seen]) => seen),
          wordwise,
        );
        const rows = all.map(([, , change]) => change);
        const told = order({ arrived, readings, limit, rows });
        expect(ids(told).sort((a, b) => a - b)).toEqual(range(all.length));
        expect(order({ arrived, readings, limit, rows })).toEqual(told);
        if (told[0]!.judged === null) return;
        const places = wordwise ? Math.max(40, limit) : 0;
        for (const [at, { judged, channels, id }] of told.entries()) {
          expect(Number.isFinite(judged!.score)).toBe(true);
          expect(judged!.score).toBeGreaterThan(0);
          expect(channels.graph!.score).toBe(judged!.score);
          expect(judged!.senses).toBe(at < places ? 'wordwise' : 'vectors');
          const next = told[at + 1];
          if (!next) continue;
          expect(judged!.score).toBeGreaterThanOrEqual(next.judged!.score);
          if (judged!.score === next.judged!.score) expect(id).toBeGreaterThan(next.id);
        }
      }),
    );
  });
});
