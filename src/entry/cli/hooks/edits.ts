// Changes to the configuration of agents, each as a pair of functions on its text. What `strip` leaves of what `add` made is the
// text as it was, but for white space that no other program reads either.
import { parse, TomlError } from 'smol-toml';
import { append, MalformedJson, nodeAt, type Path, parseJsonc, plain, remove } from './jsonc.ts';
import { isOurHook, isOurServer } from './ours.ts';

export interface Edit {
  /** @throws Malformed when the text cannot be read as what it should be */
  readonly add: (text: string) => string;
  readonly strip: (text: string) => string;
  /** Something of ours stands in it. */
  readonly has: (text: string) => boolean;
}

/** A sentence about a file that is better left alone. */
export class Malformed extends Error {}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An empty file is an empty object. */
function readJson(text: string): Json {
  let value: unknown;
  try {
    value = plain(parseJsonc(text));
  } catch (error) {
    if (error instanceof MalformedJson) throw new Malformed(`is not valid JSON: ${error.message}`);
    throw error;
  }
  if (!isObject(value)) throw new Malformed('holds something other than a JSON object');
  return value;
}
const begun = (text: string): string => (text.trim() === '' ? '{}\n' : text);

/** Adds what is missing on the way to `path`, each an empty object, or at the end an empty array. */
function reach(text: string, path: Path, end: 'object' | 'array'): string {
  let made = text;
  path.forEach((step, i) => {
    const here = path.slice(0, i + 1);
    const wanted = i === path.length - 1 ? end : 'object';
    const found = nodeAt(parseJsonc(made), here);
    if (found && found.kind !== wanted)
      throw new Malformed(`has something other than an ${wanted} at ${here.join('.')}; repair it and try again`);
    if (!found) made = append(made, path.slice(0, i), String(step), wanted === 'array' ? [] : {});
  });
  return made;
}

/** Nothing stands in it, not even a comment. */
function isEmptyAt(text: string, path: Path): boolean {
  const node = nodeAt(parseJsonc(text), path);
  return node !== null && text.slice(node.start + 1, node.end - 1).trim() === '';
}

export interface HookEntry {
  readonly event: string;
  /** What stands in the list of the event. */
  readonly entry: Json;
}

/** Where hooks stand as `hooks.<event>`: a list of handlers, or of groups that hold them. */
export function jsonHooks(entries: readonly HookEntry[], more: Json = {}): Edit {
  const strip = (text: string): string => {
    if (text.trim() === '') return text;
    let left = text;
    for (;;) {
      const found = firstOfOurs(readJson(left));
      if (found === null) return left;
      const [, event, group] = found as [string, string, number];
      left = remove(left, found);
      // What held nothing else goes with it.
      const inGroup = found.length > 3;
      if (inGroup && !isEmptyAt(left, ['hooks', event, group, 'hooks'])) continue;
      if (inGroup) left = remove(left, ['hooks', event, group]);
      for (const path of [['hooks', event], ['hooks']]) {
        if (!isEmptyAt(left, path)) break;
        left = remove(left, path);
      }
    }
  };
  return {
    strip,
    add(text) {
      let made = begun(text);
      const had = readJson(made);
      for (const [key, value] of Object.entries(more)) if (!(key in had)) made = append(made, [], key, value);
      for (const { event, entry } of entries) {
        made = reach(made, ['hooks', event], 'array');
        made = append(made, ['hooks', event], null, entry);
      }
      return made;
    },
    has: (text) => text.trim() !== '' && firstOfOurs(readJson(text)) !== null,
  };
}

function firstOfOurs({ hooks }: Json): (string | number)[] | null {
  if (!isObject(hooks)) return null;
  for (const [event, list] of Object.entries(hooks)) {
    if (!Array.isArray(list)) continue;
    for (const [i, entry] of list.entries()) {
      if (isOurHook(entry)) return ['hooks', event, i];
      const inner: unknown = isObject(entry) ? entry.hooks : null;
      if (!Array.isArray(inner)) continue;
      const at = inner.findIndex(isOurHook);
      if (at !== -1) return ['hooks', event, i, 'hooks', at];
    }
  }
  return null;
}

/** A server under `<section>.engram`; one that somebody put there themselves stays as it is. */
export function jsonServer(section: string, server: Json): Edit {
  const path = [section, 'engram'];
  const own = (text: string): unknown => {
    const servers = readJson(text)[section];
    return isObject(servers) ? servers.engram : undefined;
  };
  const has = (text: string): boolean => text.trim() !== '' && isOurServer(own(text));
  return {
    has,
    add(text) {
      const made = begun(text);
      if (own(made) !== undefined) return made;
      return append(reach(made, [section], 'object'), [section], 'engram', server);
    },
    strip(text) {
      if (!has(text)) return text;
      const left = remove(text, path);
      return isEmptyAt(left, [section]) ? remove(left, [section]) : left;
    },
  };
}

function readToml(text: string): Json {
  try {
    return parse(text) as Json;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new Malformed(`is not valid TOML in line ${error.line}`);
  }
}

/** Lines of our own between two marks at the end of a TOML file. */
export function tomlBlock(
  name: string,
  lines: readonly string[],
  isThere: (file: Json) => boolean = () => false,
): Edit {
  const [first, last] = [`# >>> engram ${name} >>>`, `# <<< engram ${name} <<<`];
  const block = new RegExp(`(?:(?<=\\n)\\r?\\n)?${first}\\r?\\n[\\s\\S]*?${last}[^\\n]*(?:\\n|$)`);
  const has = (text: string): boolean => block.test(text);
  return {
    has,
    add(text) {
      if (isThere(readToml(text))) return text;
      const eol = /\r\n/.test(text) ? '\r\n' : '\n';
      const body = [first, ...lines, last].map((line) => line + eol).join('');
      const begin = text === '' ? '' : text.endsWith('\n') ? text + eol : text + eol + eol;
      const made = begin + body;
      try {
        parse(made);
      } catch {
        throw new Malformed(
          `has ${name} in a form that nothing can be added to; write them as [[tables]] and try again`,
        );
      }
      return made;
    },
    strip(text) {
      readToml(text);
      return text.replace(block, '');
    },
  };
}

/** A file that is ours as a whole. */
export function ownFile(content: string, mark: string): Edit {
  const has = (text: string): boolean => text.includes(mark);
  return {
    has,
    add(text) {
      if (text.trim() !== '' && !has(text)) throw new Malformed('was not written by this program');
      return content;
    },
    strip: (text) => (has(text) ? '' : text),
  };
}
