// Server-sent events in pieces of any size.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventParser } from '../../sdk/typescript/src/sse.ts';

const parse = (...pieces: string[]) => {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

describe('events', () => {
  it('have a name, data that is parsed, and an id that stays', () => {
    expect(parse('id: 7\nevent: output\ndata: {"a":1}\n\ndata: plain\n\n')).toEqual([
      { event: 'output', data: { a: 1 }, id: '7' },
      { event: 'message', data: 'plain', id: '7' },
    ]);
  });

  it('join lines of data, and take comments and unknown fields for nothing', () => {
    expect(parse(': hello\nretry: 10\nx\ndata: one\ndata:two\ndata\n\n')).toEqual([
      { event: 'message', data: 'one\ntwo\n', id: null },
    ]);
  });

  it('need data, and their end', () => {
    expect(parse('event: empty\n\n', 'data: unfinished')).toEqual([]);
    expect(parse('data: a\n', '\n')).toHaveLength(1);
  });

  it('are the same however the text is cut, whatever ends its lines', () => {
    const pieces = fc.tuple(fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat(60), { maxLength: 8 }));
    fc.assert(
      fc.property(pieces, ([eol, cuts]) => {
        const text = `id: 1\nevent: output\ndata: {"data":"é"}\n\n: quiet\n\ndata: x\n\n`.replaceAll('\n', eol);
        const at = [...new Set(cuts)].filter((cut) => cut < text.length).sort((a, b) => a - b);
        const parts = [0, ...at].map((start, n) => text.slice(start, at[n] ?? text.length));
        // A carriage return that ends everything may be half of a line end; the next byte tells.
        expect(parse(...parts, eol === '\r' ? '\n' : '')).toEqual(parse(text.replaceAll(eol, '\n')));
      }),
    );
  });
});
