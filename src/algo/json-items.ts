// Takes large JSON apart while it comes in: elements of the outermost array, parts of the outermost object, or one value a
// line. Only the value being read is held, so a file of any size needs the memory of its largest entry.

/** One entry of a file. */
export interface Item {
  /** Name of the list of the outermost object it stood in; null in an array or in lines. */
  readonly section: string | null;
  readonly value: unknown;
  /** Where it began: line of the file, from 1. */
  readonly line: number;
}

export interface Unreadable {
  readonly line: number;
  readonly reason: string;
}

export interface ItemReader {
  /** @returns what became complete */
  push(text: string): (Item | Unreadable)[];
  end(): (Item | Unreadable)[];
}

export const isUnreadable = (entry: Item | Unreadable): entry is Unreadable => 'reason' in entry;

/** An entry larger than this is not kept: it would be refused anyway, and files may be one long line. */
export const MAX_ITEM_CHARS = 32 * 1024 * 1024;
const MAX_DEPTH = 64;

const parse = (text: string, section: string | null, line: number): Item | Unreadable => {
  try {
    return { section, value: JSON.parse(text), line };
  } catch {
    return { line, reason: 'This is no JSON.' };
  }
};

/** One JSON value a line; blank lines are passed over. */
export function lineReader(): ItemReader {
  let rest = '';
  let line = 1;
  /** A line that is too long is left out up to its end. */
  let skipping = false;
  const take = (text: string): (Item | Unreadable)[] => {
    const at = line++;
    if (skipping) {
      skipping = false;
      return [];
    }
    return text.trim() === '' ? [] : [parse(text, null, at)];
  };
  return {
    push(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      const found = lines.flatMap(take);
      if (rest.length > MAX_ITEM_CHARS) {
        if (!skipping) found.push({ line, reason: 'This entry is too large.' });
        skipping = true;
        rest = '';
      } else if (skipping) rest = '';
      return found;
    },
    end: () => (rest === '' && !skipping ? [] : take(rest)),
  };
}

type Place = 'before' | 'array' | 'key' | 'colon' | 'value' | 'list' | 'after' | 'broken';

/**
 * A single JSON document. Of an array each element is an entry; of an object each element of the lists in it, and each
 * other value as one entry under its name.
 */
export function documentReader(): ItemReader {
  let place: Place = 'before';
  let outer: '{' | '[' | null = null;
  let section: string | null = null;
  let line = 1;
  let begun = 1;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let kept = '';
  let reading = false;

  function fail(found: (Item | Unreadable)[], reason: string): void {
    place = 'broken';
    found.push({ line, reason });
  }
  const inside = (): boolean => place === 'array' || place === 'list';

  /** The value that was being read has ended. */
  function finish(found: (Item | Unreadable)[]): void {
    reading = false;
    const entry = parse(kept, section, begun);
    kept = '';
    if (place === 'key') {
      if (isUnreadable(entry)) {
        fail(found, entry.reason);
        return;
      }
      section = String(entry.value);
      place = 'colon';
      return;
    }
    found.push(entry);
    if (place === 'value') place = 'key';
  }

  /** @returns true when the character was used */
  function structure(char: string, found: (Item | Unreadable)[]): boolean {
    if (char === ',' && outer !== null) return true;
    if (place === 'before') {
      if (char === '[') place = 'array';
      else if (char === '{') place = 'key';
      else return false;
      outer = char;
      return true;
    }
    if (place === 'colon') {
      if (char === ':') place = 'value';
      else fail(found, 'A colon is missing after a name.');
      return true;
    }
    if (place === 'value' && char === '[') {
      place = 'list';
      return true;
    }
    if (char === ']' && inside()) {
      place = place === 'array' ? 'after' : 'key';
      return true;
    }
    if (char === '}' && place === 'key') {
      place = 'after';
      return true;
    }
    if (place === 'after') {
      fail(found, 'There is something after the end of the document.');
      return true;
    }
    return false;
  }

  function begin(char: string): void {
    reading = true;
    begun = line;
    kept = char;
    depth = char === '{' || char === '[' ? 1 : 0;
    inString = char === '"';
    escaped = false;
  }

  return {
    push(text) {
      const found: (Item | Unreadable)[] = [];
      let from = 0;
      for (let at = 0; at < text.length; at++) {
        if (place === 'broken') return found;
        const char = text[at]!;
        if (char === '\n') line++;
        if (!reading) {
          if (/\s|\ufeff/.test(char) || structure(char, found)) continue;
          if (place === 'before') {
            fail(found, 'This is no JSON.');
            continue;
          }
          if (place === 'key' && char !== '"') {
            fail(found, 'A name in quotes is missing.');
            continue;
          }
          begin(char);
          from = at + 1;
          continue;
        }
        if (inString) {
          if (escaped) escaped = false;
          else if (char === '\\') escaped = true;
          else if (char === '"') {
            inString = false;
            if (depth === 0) {
              kept += text.slice(from, at + 1);
              finish(found);
            }
          }
          continue;
        }
        if (char === '"') inString = true;
        else if (char === '{' || char === '[') {
          if (++depth > MAX_DEPTH) fail(found, `This is nested more than ${MAX_DEPTH} levels deep.`);
        } else if (char === '}' || char === ']') {
          if (depth === 0) {
            // The end of what the value stands in.
            kept += text.slice(from, at);
            finish(found);
            structure(char, found);
          } else if (--depth === 0) {
            kept += text.slice(from, at + 1);
            finish(found);
          }
        } else if (depth === 0 && (char === ',' || /\s/.test(char))) {
          kept += text.slice(from, at);
          finish(found);
        }
      }
      if (reading) {
        kept += text.slice(from);
        if (kept.length > MAX_ITEM_CHARS) fail(found, 'This entry is too large.');
      }
      return found;
    },
    end() {
      if (place === 'broken' || place === 'after') return [];
      place = 'broken';
      return [{ line, reason: outer === null ? 'The file is empty.' : 'The file breaks off.' }];
    },
  };
}

/** The entries of a value that is read already. */
export function itemsOf(value: unknown): Item[] {
  if (Array.isArray(value)) return value.map((one, at) => ({ section: null, value: one, line: at + 1 }));
  if (typeof value !== 'object' || value === null) return [{ section: null, value, line: 1 }];
  return Object.entries(value).flatMap(([section, part]) =>
    Array.isArray(part)
      ? part.map((one, at) => ({ section, value: one, line: at + 1 }))
      : [{ section, value: part, line: 1 }],
  );
}

/**
 * Whether a file is one value a line.
 * @param head its beginning: some kilobytes, all of a small file
 */
export function isLines(head: string): boolean {
  const text = head.replace(/^\ufeff/, '').trimStart();
  if (!text.startsWith('{')) return false;
  const end = text.indexOf('\n');
  try {
    const first = JSON.parse(end < 0 ? text : text.slice(0, end)) as Record<string, unknown>;
    return typeof first.type === 'string' || (end >= 0 && text.slice(end).trim() !== '');
  } catch {
    return false;
  }
}
