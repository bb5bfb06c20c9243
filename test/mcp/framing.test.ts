// Messages in the pieces in which pipes deliver them.
import { describe, expect, it } from 'vitest';
import { framed, framesOf, LONGEST_FRAME } from '../../src/entry/mcp/framing.ts';

const encode = (text: string) => new TextEncoder().encode(text);
async function* inPieces(text: string, size: number) {
  const bytes = encode(text);
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}
async function frames(text: string, size = text.length * 4 + 1) {
  const all = [];
  for await (const frame of framesOf(inPieces(text, size))) all.push(frame);
  return all;
}
const line = (text: string) => ({ text, headed: false });
const headed = (text: string) => ({ text, headed: true });

describe.each([1, 2, 3, 7, 64, 100_000])('in pieces of %d bytes', (size) => {
  it('reads lines, whatever ends them, and passes over empty ones', async () => {
    expect(await frames('{"a":1}\n\n  \r\n{"ß":"€"}\r\n{"left', size)).toEqual([line('{"a":1}'), line('{"ß":"€"}')]);
  });
  it('reads bodies behind headers, in any case and with others beside', async () => {
    const text = `${framed({ ä: 1 }, true)}content-length:2\r\nContent-Type: application/json\r\n\r\n{}${framed({ b: 2 }, true)}`;
    expect(await frames(text, size)).toEqual([headed('{"ä":1}'), headed('{}'), headed('{"b":2}')]);
  });
  it('reads both, as they come', async () => {
    const text = `${framed({ a: 1 }, false)}${framed({ b: 2 }, true)}\n${framed({ c: 3 }, false)}`;
    expect(await frames(text, size)).toEqual([line('{"a":1}'), headed('{"b":2}'), line('{"c":3}')]);
  });
  it('takes a header without a number for an empty body', async () => {
    expect(await frames('Content-Length: many\r\n\r\n{"a":1}\n', size)).toEqual([headed(''), line('{"a":1}')]);
  });
});

describe('what is too long', () => {
  const long = 'x'.repeat(LONGEST_FRAME + 10);
  it.each([65_536, 1_000_003])('is left out, and what follows is read: lines in pieces of %d', async (size) => {
    expect(await frames(`${long}\n{"a":1}\n`, size)).toEqual([{ text: null, headed: false }, line('{"a":1}')]);
  });
  it.each([65_536, 1_000_003])('bodies in pieces of %d', async (size) => {
    const text = `Content-Length: ${long.length}\r\n\r\n${long}{"a":1}\n`;
    expect(await frames(text, size)).toEqual([{ text: null, headed: true }, line('{"a":1}')]);
  });
  it('header lines without end', async () => {
    const text = `Content-Length: 2\n${'y'.repeat(5_000)}\n{"a":1}\n`;
    const found = await frames(text, 512);
    expect(found[0]).toEqual({ text: null, headed: true });
    expect(found.at(-1)).toEqual(line('{"a":1}'));
  });
});
