// Changes single places in a JSON file and leaves every other byte alone: indentation, line breaks, comments, trailing commas and
// whatever fields there are. Reads what editors accept, which is JSON with comments and trailing commas.

export type Path = readonly (string | number)[];

interface Member {
  readonly key: string;
  /** Where the key begins; of an item of an array, where the item begins. */
  readonly start: number;
  readonly value: Node;
}

export interface Node {
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'literal';
  readonly start: number;
  readonly end: number;
  /** Of objects and arrays, in order. */
  readonly members: readonly Member[];
  /** Of the rest. */
  readonly value: unknown;
}

/** The sentence says what is wrong and in which line. */
export class MalformedJson extends Error {}

const MAX_DEPTH = 200;

export function parseJsonc(text: string): Node {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;

  function fail(what: string): never {
    throw new MalformedJson(`line ${text.slice(0, at).split('\n').length}: ${what}`);
  }
  function skip(): void {
    at = afterTrivia(text, at);
  }
  function string(): string {
    const begin = at;
    for (at++; at < text.length && text[at] !== '"'; at++) {
      if (text[at] === '\n') fail('a text does not end in its line');
      if (text[at] === '\\') at++;
    }
    if (at >= text.length) fail('a text does not end');
    at++;
    try {
      return JSON.parse(text.slice(begin, at)) as string;
    } catch {
      return fail('a text holds an escape there is none of');
    }
  }
  function members(open: string, close: string, depth: number): Member[] {
    if (depth > MAX_DEPTH) fail('it is nested too deeply');
    const found: Member[] = [];
    at++;
    for (;;) {
      skip();
      if (text[at] === close) break;
      const start = at;
      let key = String(found.length);
      if (open === '{') {
        if (text[at] !== '"') fail(`a name in quotes or ${close} is missing`);
        key = string();
        if (found.some((other) => other.key === key)) fail(`"${key.slice(0, 80)}" stands in one object twice`);
        skip();
        if (text[at] !== ':') fail(`":" is missing after "${key.slice(0, 80)}"`);
        at++;
        skip();
      }
      found.push({ key, start, value: value(depth + 1) });
      skip();
      if (text[at] === ',') at++;
      else if (text[at] !== close) fail(`"," or "${close}" is missing`);
    }
    at++;
    return found;
  }
  function value(depth: number): Node {
    const start = at;
    const sign = text[at];
    if (sign === '{') return { kind: 'object', start, members: members('{', '}', depth), end: at, value: null };
    if (sign === '[') return { kind: 'array', start, members: members('[', ']', depth), end: at, value: null };
    if (sign === '"') {
      const said = string();
      return { kind: 'string', start, end: at, members: [], value: said };
    }
    const word = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/.exec(
      text.slice(at, at + 400),
    );
    if (!word) fail(at >= text.length ? 'it ends too early' : 'something there is no JSON');
    at += word[0].length;
    const read: unknown = JSON.parse(word[0]);
    return { kind: typeof read === 'number' ? 'number' : 'literal', start, end: at, members: [], value: read };
  }

  skip();
  const root = value(0);
  skip();
  if (at < text.length) fail('something stands behind the end');
  return root;
}

/** Behind white space and comments. */
function afterTrivia(text: string, from: number): number {
  let at = from;
  for (;;) {
    const start = at;
    while (at < text.length && /\s/.test(text[at]!)) at++;
    if (text.startsWith('//', at)) {
      while (at < text.length && text[at] !== '\n') at++;
    } else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      at = end === -1 ? text.length : end + 2;
    }
    if (at === start) return at;
  }
}

/** The same as a value of the language. */
export function plain(node: Node): unknown {
  if (node.kind === 'array') return node.members.map((member) => plain(member.value));
  if (node.kind === 'object') return Object.fromEntries(node.members.map(({ key, value }) => [key, plain(value)]));
  return node.value;
}

export function nodeAt(root: Node, path: Path): Node | null {
  let node: Node | undefined = root;
  for (const step of path) node = node?.members.find(({ key }) => key === String(step))?.value;
  return node ?? null;
}

const eolOf = (text: string): string => (/\r\n/.test(text) ? '\r\n' : '\n');

/** One step of indentation: what the first indented line has; two spaces where there is none. */
const unitOf = (text: string): string => /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ';

const indentAt = (text: string, at: number): string => /(?:^|\n)([ \t]*)[^\n]*$/.exec(text.slice(0, at))?.[1] ?? '';

/** Behind a comment in the same line, which belongs to what stands before it. */
function endOfLineOf(text: string, from: number): number {
  const rest = /^[ \t]*(?:\/\/[^\n]*|\/\*[^\n]*?\*\/[ \t]*(?=\r?\n))/.exec(text.slice(from));
  return rest ? from + rest[0].trimEnd().length : from;
}

/** Adds a member at the end of the object or array at `path`, which must be there. `key` is null for an array. */
export function append(text: string, path: Path, key: string | null, value: unknown): string {
  const node = nodeAt(parseJsonc(text), path)!;
  const eol = eolOf(text);
  const inner = text.slice(node.start + 1, node.end - 1);
  const spread = node.members.length === 0 || inner.includes('\n');
  const own = indentAt(text, node.start);
  const unit = unitOf(text);
  const indent = own + unit;
  const shown = spread ? JSON.stringify(value, null, unit).replaceAll('\n', eol + indent) : JSON.stringify(value);
  const entry = key === null ? shown : `${JSON.stringify(key)}: ${shown}`;
  const last = node.members.at(-1);
  if (!last) {
    const kept = inner.trimEnd();
    return `${text.slice(0, node.start + 1)}${kept}${eol}${indent}${entry}${eol}${own}${text.slice(node.end - 1)}`;
  }
  const { end } = last.value;
  const after = afterTrivia(text, end);
  const hasComma = text[after] === ',';
  const lineEnd = endOfLineOf(text, hasComma ? after + 1 : end);
  const before = hasComma ? text.slice(0, lineEnd) : `${text.slice(0, end)},${text.slice(end, lineEnd)}`;
  const gap = spread ? eol + indent : ' ';
  return `${before}${gap}${entry}${hasComma ? ',' : ''}${text.slice(lineEnd)}`;
}

/** Takes away the member at `path`, with its comma and the white space before it. */
export function remove(text: string, path: Path): string {
  const parent = nodeAt(parseJsonc(text), path.slice(0, -1))!;
  const index = parent.members.findIndex(({ key }) => key === String(path.at(-1)));
  const { start, value } = parent.members[index]!;
  const before = parent.members[index - 1];
  const next = parent.members[index + 1];
  const space = text.slice(0, start).search(/\s*$/);
  const after = afterTrivia(text, value.end);
  const hasComma = text[after] === ',';
  if (next) return text.slice(0, start) + text.slice(next.start);
  if (before) {
    // The comma that stood before it goes, unless the file ends its lists with one.
    const comma = afterTrivia(text, before.value.end);
    const kept = hasComma ? text.slice(0, space) : text.slice(0, comma) + text.slice(comma + 1, space);
    return kept + text.slice(hasComma ? after + 1 : value.end);
  }
  const end = hasComma ? after + 1 : value.end;
  const rest = text.slice(end, parent.end - 1);
  // A comment that stays must not run on into the closing bracket.
  const hasComment = text.slice(parent.start + 1, space).trim() !== '';
  const close = hasComment ? eolOf(text) + indentAt(text, parent.start) : '';
  return text.slice(0, space) + (rest.trim() === '' ? close : rest) + text.slice(parent.end - 1);
}
