import { describe, expect, it } from 'vitest';
import { causesIn, meant, roleOf, termsOf } from './causes.ts';

const told = (text: string): [string, string][] => causesIn(text).map(({ cause, effect }) => [cause, effect]);

describe('causesIn', () => {
  it.each([
    ['The deploy failed because the disk was full.', 'the disk was full', 'The deploy failed'],
    ['Because the disk was full, the deploy failed.', 'the disk was full', 'the deploy failed'],
    ['Checkout was down due to an expired certificate', 'an expired certificate', 'Checkout was down'],
    ['The outage was caused by a bad migration', 'a bad migration', 'The outage'],
    ['A bad migration led to the outage', 'A bad migration', 'the outage'],
    ['The leak resulted in restarts every hour', 'The leak', 'restarts every hour'],
    ['The root cause of the outage was a stale DNS record', 'a stale DNS record', 'the outage'],
    ['The reason for the delay is that the vendor was late', 'the vendor was late', 'the delay'],
    ['The disk filled up. As a result, the queue stopped.', 'The disk filled up', 'the queue stopped'],
    [
      'Payments timed out. Root cause: pool exhausted by the report job.',
      'pool exhausted by the report job',
      'Payments timed out',
    ],
    ['Ann moved to Ghent because of her new job', 'her new job', 'Ann moved to Ghent'],
  ])('%s', (text, cause, effect) => expect(told(text)).toEqual([[cause, effect]]));

  it('tells what was fixed from what fixed it', () => {
    expect(causesIn('The login loop was fixed by clearing the cookie.')).toEqual([
      { kind: 'fix', cause: 'The login loop', effect: 'clearing the cookie', strength: 0.9 },
    ]);
    expect(told('Fixed the flaky test by pinning the clock.')).toEqual([['the flaky test', 'pinning the clock']]);
  });

  it.each([
    'Did it fail because the disk was full?',
    'It did not fail because of the disk',
    'If the disk fills up, that causes an outage',
    'Redis listens on port 6379',
    '```\nfailed because x\n```',
    '',
  ])('finds nothing in: %s', (text) => expect(causesIn(text)).toEqual([]));

  it('stays bounded and fast on any text', () => {
    expect(causesIn('a b because c d. '.repeat(5_000)).length).toBeLessThanOrEqual(8);
    expect(causesIn('because '.repeat(20_000)).length).toBeLessThanOrEqual(8);
  });
});

it('gives roles by place and words', () => {
  expect(roleOf('A bad config was merged', { causes: false, effects: true })).toBe('trigger');
  expect(roleOf('Checkout was down', { causes: true, effects: true })).toBe('failure');
  expect(roleOf('Rolled back the release', { causes: true, effects: false })).toBe('resolution');
  expect(roleOf('The cache was cold', { causes: true, effects: true })).toBe('cause');
  expect(roleOf('People went home', { causes: true, effects: false })).toBe('event');
});

it('takes a phrase for meant when most of it is there', () => {
  const of = (phrase: string, text: string) => meant(termsOf(phrase), termsOf(text));
  expect(of('the checkout outage', 'Checkout outage since noon')).toBe(1);
  expect(of('the outage', 'Checkout outage since noon')).toBe(0);
  expect(of('', 'anything')).toBe(0);
});
