// Byte lengths and cuts, against the platform's own encoder.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteLength, clipCodePoints, textProblem } from './utf8.ts';

const encoder = new TextEncoder();
const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.constant('a\ud800b\udc00'));

describe('byteLength', () => {
  it('counts what the encoder writes', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(byteLength(text)).toBe(encoder.encode(text).length);
      }),
    );
    expect(byteLength('\udc00\ud800')).toBe(6);
  });
});

describe('clipCodePoints', () => {
  it('gives a prefix that fits, made of whole code points, and all of a text that fits', () => {
    fc.assert(
      fc.property(anyText, fc.nat(40), (text, max) => {
        const clipped = clipCodePoints(text, max);
        expect(text.startsWith(clipped)).toBe(true);
        expect(byteLength(clipped)).toBeLessThanOrEqual(max);
        if (text.isWellFormed()) expect(clipped.isWellFormed()).toBe(true);
        if (byteLength(text) <= max) expect(clipped).toBe(text);
      }),
    );
  });

  it.each([
    ['abcdef', 4, 'abcd'],
    ['añb', 2, 'a'],
    ['añb', 3, 'añ'],
    ['a😀', 4, 'a'],
    ['a😀', 5, 'a😀'],
    ['ae\u0301', 2, 'a'],
    ['ae\u0301', 4, 'ae\u0301'],
    ['a👩‍👧b', 9, 'a'],
    ['a👍🏽', 5, 'a'],
    ['a\r\nb', 2, 'a'],
    ['กิน', 3, 'ก'],
    ['นกิ', 6, 'น'],
    [`a${'\u0301'.repeat(99)}`, 101, `a${'\u0301'.repeat(50)}`],
    ['abc', 0, ''],
  ])('cuts %j at %d bytes', (text, max, expected) => {
    expect(clipCodePoints(text, max)).toBe(expected);
  });
});

describe('textProblem', () => {
  it.each([
    ['fine 😀', null],
    ['a\0', 'nul'],
    ['a\ud800', 'surrogate'],
    ['\udc00\0', 'surrogate'],
  ])('of %j', (text, problem) => {
    expect(textProblem(text)).toBe(problem);
  });
});
