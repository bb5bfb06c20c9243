// The JSON object in what a model said. Models wrap it in prose, fences and thoughts, and write it as they would write
// Python or JavaScript. Nothing is guessed: an object that does not end is none.

/** Deeper than any answer. */
const DEEPEST = 64;

/**
 * @returns the largest object in the text
 * @throws JsonTextError whose sentence can be shown to the model
 */
export function jsonObjectIn(text: string): object {
  const said = afterThoughts(text);
  for (const whole of [text, said]) {
    try {
      const value: unknown = JSON.parse(whole);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
    } catch {
      // Not plain JSON: below, what people can still read is read too.
    }
  }
  let best: { value: object; length: number } | null = null;
  for (let start = said.indexOf('{'); start >= 0; ) {
    const found = readObject(said, start);
    // Braces in prose are passed over. An object that breaks is not: the smaller ones inside it are not the answer.
    if ('problem' in found && found.begun) throw new JsonTextError(found.problem);
    if ('value' in found && found.end - start > (best?.length ?? 0))
      best = { value: found.value, length: found.end - start };
    start = said.indexOf('{', 'value' in found ? found.end : start + 1);
  }
  if (best === null) throw new JsonTextError('There is no JSON object in the answer.');
  return best.value;
}

export class JsonTextError extends Error {}

/** Reasoning models think aloud first; some servers swallow the opening tag. */
function afterThoughts(text: string): string {
  const [thoughts = ''] = /^[\s\S]*<\/(?:think|thinking|reasoning)>/i.exec(text) ?? [];
  const rest = text.slice(thoughts.length);
  return rest.includes('{') ? rest : text;
}

type Found =
  | { value: object; end: number }
  /** `begun`: it had a key, so it was meant as an object. */
  | { problem: string; begun: boolean };

/** JSON from `start`, also with 'single quotes', bare keys, commas too many, line breaks in texts, and Python's words. */
function readObject(text: string, start: number): Found {
  let at = start;
  let begun = false;

  const wrong = (what: string): never => {
    throw new JsonTextError(`The JSON breaks at character ${at - start + 1}: ${what}.`);
  };
  const blank = () => {
    while (at < text.length && /\s/.test(text[at]!)) at++;
    if (at >= text.length) wrong('it ends in the middle');
  };
  const take = (shape: RegExp): string | null => {
    shape.lastIndex = at;
    const found = shape.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };

  const value = (depth: number): unknown => {
    blank();
    if (depth > DEEPEST) wrong('it is nested too deep');
    const char = text[at]!;
    if (char === '{') return object(depth);
    if (char === '[') return array(depth);
    if (char === '"' || char === "'") return quoted(char);
    const number = take(/[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![\w.])/iy);
    if (number !== null) return Number(number);
    const word = take(/[a-z]+(?!\w)/iy) ?? '';
    if (!Object.hasOwn(WORDS, word)) wrong('no value stands there');
    return WORDS[word];
  };

  const object = (depth: number): object => {
    const entries: [string, unknown][] = [];
    at++;
    for (;;) {
      blank();
      if (text[at] === '}') break;
      const quote = text[at]!;
      const key = quote === '"' || quote === "'" ? quoted(quote) : (take(/[A-Za-z_$][\w$-]*/y) ?? wrong('no key'));
      blank();
      if (text[at] !== ':') wrong('a colon is missing');
      begun = true;
      at++;
      entries.push([key, value(depth + 1)]);
      blank();
      if (text[at] === ',') at++;
      else if (text[at] !== '}') wrong('a comma is missing');
    }
    at++;
    return Object.fromEntries(entries);
  };

  const array = (depth: number): unknown[] => {
    const items: unknown[] = [];
    at++;
    for (;;) {
      blank();
      if (text[at] === ']') break;
      items.push(value(depth + 1));
      blank();
      if (text[at] === ',') at++;
      else if (text[at] !== ']') wrong('a comma is missing');
    }
    at++;
    return items;
  };

  const quoted = (quote: string): string => {
    const plain = quote === '"' ? /[^"\\]+/y : /[^'\\]+/y;
    let out = '';
    at++;
    while (at < text.length) {
      out += take(plain) ?? '';
      if (text[at] === quote) {
        at++;
        return out;
      }
      if (text[at] !== '\\') break;
      const code = /\\u([\da-f]{4})/iy;
      code.lastIndex = at;
      const hex = code.exec(text)?.[1];
      const escaped = text[at + 1] ?? '';
      // A path or a pattern with single backslashes keeps them.
      out += hex === undefined ? (ESCAPES[escaped] ?? `\\${escaped}`) : String.fromCharCode(Number.parseInt(hex, 16));
      at += hex === undefined ? 2 : 6;
    }
    return wrong('a text does not end');
  };

  try {
    return { value: object(0), end: at };
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    return { problem: error.message, begun };
  }
}

const WORDS: Readonly<Record<string, boolean | null>> = {
  true: true,
  false: false,
  null: null,
  True: true,
  False: false,
  None: null,
};
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
