// How text is laid out for people: widths, tables, differences, trees.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wordDiff } from '../../src/entry/cli/diff.ts';
import { graphTree } from '../../src/entry/cli/graph-tree.ts';
import { tableLines } from '../../src/entry/cli/table.ts';
import { cut, displayWidth } from '../../src/entry/cli/width.ts';
import { commandsIn, shellWords } from '../support/shell-lines.ts';

describe('displayWidth', () => {
  it.each([
    ['plain', 5],
    ['naïve', 5],
    ['e\u0301', 1],
    ['日本語', 6],
    ['한국어', 6],
    ['ｆｕｌｌ', 8],
    ['😀', 2],
    ['👩‍👩‍👧‍👦', 2],
    ['👍🏽', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['☃', 1],
    ['a\u200bb', 2],
    ['𠮷', 2],
    ['', 0],
  ])('%j takes %i columns, as the runtime counts too', (text, width) => {
    expect(displayWidth(text)).toBe(width);
    expect(Bun.stringWidth(text)).toBe(width);
  });
});

describe('cut', () => {
  it.each([
    ['short', 10, 'short'],
    ['exactly ten', 11, 'exactly ten'],
    ['a little too long', 10, 'a little…'],
    ['日本語です', 6, '日本…'],
    ['日本語です', 7, '日本語…'],
    ['👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 5, '👩‍👩‍👧‍👦👩‍👩‍👧‍👦…'],
    ['x', 0, ''],
  ])('%j to %i columns is %j', (text, max, expected) => expect(cut(text, max)).toBe(expected));

  it('never takes more room than there is', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 });
    fc.assert(fc.property(text, fc.integer({ min: 1, max: 30 }), (s, max) => displayWidth(cut(s, max)) <= max));
  });
});

describe('tableLines', () => {
  const columns = [{ name: 'ID', right: true }, { name: 'NAME' }, { name: 'ABOUT' }] as const;

  it('aligns by what is seen', () => {
    expect(
      tableLines(
        columns,
        [
          ['7', '東京', 'a city'],
          ['12', 'Rome', 'another'],
        ],
        null,
      ),
    ).toEqual(['ID  NAME  ABOUT', ' 7  東京  a city', '12  Rome  another']);
  });

  it('takes from the widest column first, and leaves short ones whole', () => {
    const lines = tableLines(columns, [['7', 'Reykjavik', 'x'.repeat(100)]], 40);
    expect(lines[1]).toBe(` 7  Reykjavik  ${'x'.repeat(24)}…`);
    expect(Math.max(...lines.map(displayWidth))).toBe(40);
  });

  it('cuts nothing for a pipe', () => {
    expect(tableLines(columns, [['7', 'a', 'x'.repeat(500)]], null)[1]).toHaveLength(10 + 500);
  });

  it('fits whatever the cells hold, as long as every column can keep eight', () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 50 }).map((text) => text.replace(/\s/gu, ' '));
    const rows = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 28, max: 120 }), (some, width) =>
        tableLines(columns, some, width).every((line) => displayWidth(line) <= width),
      ),
    );
  });
});

describe('wordDiff', () => {
  const shown = (before: string, after: string) =>
    wordDiff(before, after)
      .map(({ kind, text }) => (kind === 'same' ? text : kind === 'removed' ? `[${text}]` : `{${text}}`))
      .join('');

  it.each([
    ['a b c', 'a x c', 'a [b]{x} c'],
    ['a b c', 'a c', 'a [b ]c'],
    ['a c', 'a b c', 'a {b }c'],
    ['one two three four', 'one 2 3 four', 'one [two three]{2 3} four'],
    ['same', 'same', 'same'],
    ['', 'new', '{new}'],
    ['倉庫は東', '倉庫は西', '倉庫は[東]{西}'],
  ])('%j to %j', (before, after, expected) => expect(shown(before, after)).toBe(expected));

  it('loses nothing: without what came it is the old text, without what went the new one', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c ', ' ', '\n', '部', 'dd')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const pieces = wordDiff(before, after);
        const without = (kind: string) => pieces.filter((piece) => piece.kind !== kind).map((piece) => piece.text);
        expect(without('added').join('')).toBe(before);
        expect(without('removed').join('')).toBe(after);
      }),
    );
  });
});

describe('graphTree', () => {
  const node = (id: string) => ({ id, type: 'memory', label: `about ${id}` });
  const edge = (source: string, target: string, weight = 0.5) => ({ source, target, link_type: 'follows', weight });
  const drawn = (edges: ReturnType<typeof edge>[], ids: string[]) =>
    graphTree({ center_id: ids[0]!, nodes: ids.map(node), edges }).map(({ before, text }) => before + text);

  it('shows every node once, under the nearest, the strongest link first', () => {
    const edges = [edge('m1', 'm2', 0.2), edge('m3', 'm1', 0.9), edge('m2', 'm3'), edge('m2', 'e4'), edge('m1', 'm1')];
    expect(drawn(edges, ['m1', 'm2', 'm3', 'e4'])).toEqual([
      '#1 about m1',
      '├── ← follows #3 about m3',
      '└── follows → #2 about m2',
      '    └── follows → e4 about e4',
    ]);
  });
  it('is one line for what has no links', () => expect(drawn([], ['m1'])).toEqual(['#1 about m1']));
});

describe('reading examples', () => {
  it('takes a line apart as a shell would', () => {
    expect(shellWords(`store "two words" 'three $x' --flag > out`)).toEqual([
      'store',
      'two words',
      'three $x',
      '--flag',
    ]);
    expect(commandsIn('export A=$(engram keys create ci)')).toEqual([{ args: ['keys', 'create', 'ci'], piped: false }]);
    expect(commandsIn('cat x | engram store - && A=1 engram list')).toEqual([
      { args: ['store', '-'], piped: true },
      { args: ['list'], piped: false },
    ]);
  });
});
