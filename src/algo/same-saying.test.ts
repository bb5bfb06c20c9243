import { describe, expect, it } from 'vitest';
import { nearMisses, trueRepeats } from '../../test/support/near-misses.ts';
import { compareSayings, compareTexts, saysTheSame } from './same-saying.ts';
import { isCorrection, meansItsDay, sayingOf } from './saying.ts';

const same = (a: string, b: string) => saysTheSame(sayingOf(a), sayingOf(b));

describe('texts that say the same', () => {
  it.each([
    ['Alice prefers tea', 'alice  PREFERS\ttea!'],
    ['Alice prefers tea', 'FYI: Alice prefers tea, as mentioned before.'],
    ['Alice prefers tea', 'Alice prefers tea as already noted'],
    ['Alice prefers tea', '- "Alice prefers tea" (see above)'],
    ["I don't use Redis", 'I do not use Redis.'],
    ['We can’t ship', 'We cannot ship'],
    ['It costs 12,500 USD', 'it costs 12500 usd'],
    ['The run took 5km', 'The run took 5 km'],
    ['We packed tea, coffee, and juice', 'We packed juice, coffee and tea'],
    ['red apples, green apples and blue apples', 'green apples, blue apples and red apples'],
    ['To buy:\n- milk\n- bread\n- rice', 'To buy:\n* rice\n* milk\n* bread'],
    ['R&D is in Oslo', 'R & D is in Oslo'],
    ['ＡＢＣ は東京', 'abc は 東京。'],
    ['紅茶、珈琲、緑茶が好き', '珈琲、紅茶、緑茶が好き。'],
    ['服务器在柏林，如前所述', '服务器在柏林。'],
    ['Der Server steht in der Hauptstraße', 'der server steht in der HAUPTSTRASSE, wie gesagt'],
    ['Сервер в Москве', 'СЕРВЕР В МОСКВЕ!'],
    ['👍', '👍!'],
  ])('%j and %j', (a, b) => {
    expect(compareTexts(a, b)).toEqual({ same: true, similarity: 1, differs: [] });
    expect(same(b, a)).toBe(true);
  });
});

describe('texts that do not', () => {
  it.each([
    ['Use port 80', 'Use port 81', 'numbers'],
    ['build is on v1', 'build is on v2', 'numbers'],
    ['at 10:30', 'at 22:45', 'numbers'],
    ['It is -5 outside', 'It is 5 outside', 'numbers'],
    ['1.5 litres', '15 litres', 'numbers'],
    ['10⁵ rows', '105 rows', 'numbers'],
    ['due 2026-03-01', 'due 2026-03-02', 'numbers'],
    ['The door is open', 'The door is not open', 'negation'],
    ['with sugar', 'without sugar', 'negation'],
    ['The cache is on', 'The cache is no longer on', 'negation'],
    ['他去', '他不去', 'negation'],
    ['see /etc/a/App', 'see /etc/a/app', 'code'],
    ['run it with --force', 'run it with force', 'code'],
    ['We use C++', 'We use C', 'code'],
    ['read user_id', 'read user.id', 'code'],
    ['It costs $5', 'It costs €5', 'symbols'],
    ['Well done 👍', 'Well done 👎', 'symbols'],
    ['It is up', 'It is up?', 'question'],
    ['Alice left', 'Bob left', 'words'],
    ['año nuevo', 'ano nuevo', 'words'],
    ['Server crashed', 'Server crashed, again', 'words'],
    ['The port is 80', 'Actually, the port is 80', 'words'],
    ['tea or coffee', 'tea and coffee', 'words'],
    ['東京は雨', '東京は雪', 'words'],
    ['東京', '京都', 'words'],
    ['Alice owes Bob', 'Bob owes Alice', 'order'],
    ['Alice and Bob owe Carol', 'Carol and Bob owe Alice', 'order'],
    ['Alice owes Bob and Carol', 'Carol owes Bob and Alice', 'order'],
    ['Alice beat Bob, Carol and David', 'Bob beat Alice, Carol and David', 'order'],
    ['Alice and Bob live in Oslo and Lima', 'Bob and Alice live in Oslo and Lima', 'order'],
    ['First build, then test, then ship', 'then ship, First build, then test', 'order'],
    ['The goals fell 3, 5 and 9', 'The goals fell 5, 3 and 9', 'order'],
    ['old Tom, Jerry and Ann', 'old Ann, Jerry and Tom', 'order'],
    ["Tom, Jerry and Ann's dog", "Ann, Jerry and Tom's dog", 'order'],
    ['bread, rice and milk powder', 'bread, milk and rice powder', 'order'],
    ['tea, coffee and juice with ice', 'tea, juice and coffee with ice', 'order'],
    ['not Tom, Jerry or Ann', 'not Ann, Jerry or Tom', 'order'],
    ['Alice, not Bob, did it', 'Bob, not Alice, did it', 'order'],
    ['a beat b. c lost', 'c lost. a beat b', 'order'],
  ])('%j and %j differ in %s', (a, b, difference) => {
    const compared = compareTexts(a, b);
    expect(compared.same).toBe(false);
    expect(compared.differs).toContain(difference);
    expect(compared.similarity).toBeLessThan(1);
    expect(same(b, a)).toBe(false);
  });

  it('nothing said is not the same as nothing said', () => {
    for (const text of ['', '...', '!?']) expect(same(text, text), text).toBe(false);
  });

  it('gives a text that shares more a higher similarity', () => {
    const text = 'The billing service listens on port 8443 behind the load balancer';
    const of = (other: string) => compareTexts(text, other).similarity;
    const one = of('The billing service listens on port 8444 behind the load balancer');
    const several = of('The billing service runs on host 8444 behind the old gateway');
    expect(one).toBeGreaterThan(0.8);
    expect(several).toBeLessThan(one);
    expect(of('Alice prefers tea')).toBeLessThan(0.1);
    expect(compareSayings(sayingOf('a b'), sayingOf('東京')).similarity).toBe(0);
  });
});

describe('on generated pairs', () => {
  it('takes none of 5,000 near-misses for a repeat', () => {
    expect(nearMisses(5_000, 1).filter(({ first, second }) => same(first, second))).toEqual([]);
  });

  it('notices at least 95 % of 5,000 true repeats of every kind', () => {
    const kinds = Map.groupBy(trueRepeats(5_000, 1), ({ kind }) => kind);
    expect(kinds.size).toBe(6);
    for (const [kind, pairs] of kinds) {
      const noticed = pairs.filter(({ first, second }) => same(first, second)).length;
      expect(noticed / pairs.length, kind).toBeGreaterThanOrEqual(0.95);
    }
  });
});

it.each([
  ['Actually, the port is 81', true],
  ['Correction: the port is 81', true],
  ['Alice no longer works here', true],
  ['Alice arbeitet nicht mehr hier', true],
  ['更正：端口是81', true],
  ['The port is 81', false],
  ['What actually happened is unknown', false],
  ['The editor is Vim', false],
])('%j corrects something: %s', (text, corrects) => {
  expect(isCorrection(text)).toBe(corrects);
});

it.each([
  ['Alice is ill today', true],
  ['明日は会議です', true],
  ['The review is next Tuesday', true],
  ['Alice likes tea', false],
  ['I know nothing of it', false],
])('%j depends on the day it is said: %s', (text, depends) => {
  expect(meansItsDay(text)).toBe(depends);
});

it('reads a long text in time that grows with its length', () => {
  const noisy = `${'((((,,,,....'.repeat(500)}${'a.b'.repeat(2_000)}${"x'".repeat(2_000)}${'as '.repeat(2_000)}`;
  expect(sayingOf(noisy).words.length).toBeGreaterThan(0);
  expect(isCorrection(noisy)).toBe(false);
});
