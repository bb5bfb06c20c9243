// The small decisions of the command line, without a process.
import { describe, expect, it } from 'vitest';
import { parseArgs } from '../../src/entry/cli/args.ts';
import { buildRequest, readAnswer } from '../../src/entry/cli/client.ts';
import { parseId } from '../../src/entry/cli/command.ts';
import { parseImportance } from '../../src/entry/cli/commands/store.ts';
import { bytes, createOutput, excerpt } from '../../src/entry/cli/output.ts';
import { deleteMemory, listMemories, storeMemory } from '../../src/features/memory/contract.ts';

describe('parseArgs', () => {
  const flags = [
    { name: 'limit', short: 'l', value: 'number', help: '' },
    { name: 'tags', short: 't', value: 'list', help: '' },
  ];
  const parse = (line: string) => parseArgs(line.split(' ').filter(Boolean), flags, 'engram test');

  it.each(['--limit 5 x', '--limit=5 x', '-l 5 x', '-l5 x', 'x --limit 3 -l 5'])('reads %s', (line) => {
    const args = parse(line);
    expect(args.words).toEqual(['x']);
    expect(args.whole('limit', { min: 1, max: 10 })).toBe(5);
  });
  it('joins repeated tags, keeps dashes after -- and a lone dash', () => {
    const args = parse('-t a --tags b,c - -- --limit -x');
    expect(args.text('tags')).toBe('a,b,c');
    expect(args.words).toEqual(['-', '--limit', '-x']);
    expect(args.whole('limit', { min: 1, max: 10 })).toBeNull();
  });
  it.each(['0', '11', '-1', '1.5', '5x', '1e3'])('refuses --limit=%s', (value) => {
    expect(() => parse(`--limit=${value}`).whole('limit', { min: 1, max: 10 })).toThrow(
      '--limit must be a whole number from 1 to 10',
    );
  });
});

describe('parseImportance', () => {
  it.each([
    ['1', 1],
    ['10', 10],
    ['7', 7],
    ['0.9', 9],
    ['1.0', 10],
    ['.55', 6],
    ['0.0', 1],
    ['0.01', 1],
  ])('%s means %i', (written, value) => expect(parseImportance(written)).toBe(value));
  it.each(['0', '11', '7.5', '-1', 'high', '', '1e1'])('refuses "%s"', (written) =>
    expect(() => parseImportance(written)).toThrow('--importance must be'),
  );
});

describe('excerpt', () => {
  it('keeps a hundred code points', () => {
    expect(excerpt('a'.repeat(150))).toBe('a'.repeat(100));
    expect([...excerpt('😀'.repeat(150))]).toHaveLength(100);
    expect(excerpt('é'.repeat(100))).toBe('é'.repeat(100));
  });
  it('never ends inside what people see as one character', () => {
    const family = '👩‍👩‍👧‍👦';
    const cut = excerpt(`${'a'.repeat(96)}${family}`);
    expect(cut).toBe('a'.repeat(96));
    expect(excerpt(`${'a'.repeat(93)}${family}`)).toBe(`${'a'.repeat(93)}${family}`);
    expect(excerpt('👍🏽'.repeat(80))).toBe('👍🏽'.repeat(50));
  });
  it('is one line without control characters, whatever the memory holds', () => {
    expect(excerpt(' one\n\ttwo\r\n three ')).toBe('one two three');
    expect(excerpt('\x1b]0;owned\x07red\x1b[31m')).toBe(']0;ownedred[31m');
  });
  it('cuts what is no character of any language where the limit is', () => {
    expect([...excerpt(`a${'\u0301'.repeat(300)}`)]).toHaveLength(100);
  });
});

describe('buildRequest', () => {
  it('fills path, query, body and key', async () => {
    const list = buildRequest('http://h:1', 'eg_x', listMemories, { query: { limit: 5, category: 'a b&c' } });
    expect(list.url).toBe('http://h:1/list?limit=5&category=a+b%26c');
    expect(list.headers.get('authorization')).toBe('Bearer eg_x');
    expect(buildRequest('http://h:1', null, deleteMemory, { params: { id: 7 } }).url).toBe('http://h:1/memory/7');
    const store = buildRequest('http://h:1', null, storeMemory, { body: { content: 'x' } });
    expect(store.headers.get('authorization')).toBeNull();
    expect(await store.json()).toEqual({ content: 'x' });
  });
});

describe('readAnswer', () => {
  const read = (status: number, body: string, headers = {}) =>
    readAnswer(new Response(body, { status, headers }), 'http://h:1', null);
  it.each([
    [404, '{"error":"There is no memory 5.","code":"memory_not_found"}', { exit: 4, message: 'There is no memory 5.' }],
    [404, '{"error":"There is nothing at GET /x.","code":"route_not_found"}', { exit: 1 }],
    [401, '{"error":"no","code":"unauthorized"}', { exit: 5, code: 'unauthorized' }],
    [401, '{"error":"Send the secret.","code":"bootstrap_secret_wrong"}', { exit: 1, message: 'Send the secret.' }],
    [500, '{"error":"oops"}', { exit: 1, code: 'http_500' }],
    [502, '<html>Bad gateway</html>', { exit: 1, code: 'not_engram' }],
    [200, '<html>Welcome</html>', { exit: 1, code: 'not_engram' }],
  ])('%i %s', async (status, body, expected) => {
    await expect(read(status, body)).rejects.toMatchObject(expected);
  });
  it('points to where a redirect leads instead of carrying the key there', async () => {
    await expect(read(301, '', { location: 'https://elsewhere/' })).rejects.toThrow('redirects to https://elsewhere/');
  });
});

describe('output', () => {
  const terminal = (isTTY: boolean) => {
    const lines: string[] = [];
    return { isTTY, lines, write: (text: string) => void lines.push(text) };
  };
  it('has colour for people only', () => {
    const painted = (isTTY: boolean, env = {}) =>
      createOutput({ out: terminal(isTTY), err: terminal(false), env }, { json: false, quiet: false }).paint(
        'red',
        'x',
      );
    expect(painted(true)).toBe('\x1b[31mx\x1b[39m');
    expect(painted(false)).toBe('x');
    expect(painted(true, { NO_COLOR: '1' })).toBe('x');
    expect(painted(true, { TERM: 'dumb' })).toBe('x');
  });
  it('shows no control characters on a terminal and changes nothing in a pipe', () => {
    const shown = (isTTY: boolean) => {
      const out = terminal(isTTY);
      createOutput({ out, err: terminal(false), env: {} }, { json: false, quiet: false }).raw('a\n\tb\x1b[2J');
      return out.lines.join('');
    };
    expect(shown(true)).toBe('a\n\tb[2J\n');
    expect(shown(false)).toBe('a\n\tb\x1b[2J\n');
  });
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_500, '1.5 KB'],
    [123_456_789, '123 MB'],
  ])('writes %i bytes as %s', (n, text) => expect(bytes(n)).toBe(text));
});

describe('parseId', () => {
  it.each([
    ['42', 42],
    ['#42', 42],
    ['0', null],
    ['-1', null],
    ['4.2', null],
    ['42 apples', null],
  ])('%s', (word, id) => expect(parseId(word)).toBe(id));
});
