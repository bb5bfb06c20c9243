import { describe, expect, it } from 'vitest';
import { blockedBy, countsOf, inOrder, inWords, type Report } from './rules.ts';

const stage = (name: string, ...after: string[]) => ({ name, after, run: async () => ({}) });
const names = (...stages: ReturnType<typeof stage>[]) => inOrder(stages).map(({ name }) => name);

describe('the order of stages', () => {
  it('is as given where nothing depends on anything', () => {
    expect(names(stage('b'), stage('a'))).toEqual(['b', 'a']);
    expect(names()).toEqual([]);
  });
  it('puts what is needed first', () => {
    expect(names(stage('c', 'b'), stage('b', 'a'), stage('a'))).toEqual(['a', 'b', 'c']);
    expect(names(stage('d', 'b', 'c'), stage('c', 'a'), stage('b', 'a'), stage('a'))).toEqual(['a', 'b', 'c', 'd']);
  });
  it('knows no circles and no strangers', () => {
    expect(() => names(stage('a', 'b'), stage('b', 'a'))).toThrow('depends on itself');
    expect(() => names(stage('a', 'x'))).toThrow('x, which does not exist');
  });
});

it('stops what depends on what failed', () => {
  expect(blockedBy(['a', 'b'], new Set(['b']))).toBe('b');
  expect(blockedBy(['a'], new Set(['b']))).toBe(null);
});

it('counts, and says it in words', () => {
  const reports: Report[] = [
    { name: 'a', status: 'ok', duration_ms: 2, output: {} },
    { name: 'b', status: 'failed', duration_ms: 3, error: 'no' },
    { name: 'c', status: 'skipped', duration_ms: 0, error: 'b did not end well' },
  ];
  expect(countsOf(reports)).toEqual({ total_duration_ms: 5, ok_count: 1, failed_count: 1, skipped_count: 1 });
  expect(inWords(reports)).toBe('a ok, b failed (no), c skipped (b did not end well)');
});
