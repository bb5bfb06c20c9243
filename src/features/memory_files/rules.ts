// Paths and texts of memory files, as pure functions: which paths there may be, what views of them look like, how a text
// is changed.

/** Everything lies below it, as the memory tool expects. */
export const ROOT = '/memories';
const MAX_PATH_CHARS = 512;
const MAX_NAME_BYTES = 255;
const MAX_DEPTH = 16;
/** A name may have been encoded more than once on its way here. */
const DECODINGS = 3;
/** How deep a view of a directory looks. */
const LISTED_LEVELS = 2;
const NUMBER_WIDTH = 6;
/** Lines shown before and after a change. */
const AROUND = 2;

/** Control characters, invisible ones, and those that turn the direction of writing. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\u2028\u2029]/u;

export type PathReading = { path: string; problem?: never } | { path?: never; problem: string };

const misleads = (name: string): boolean => {
  const plain = name.normalize('NFKC').trim();
  return plain === '.' || plain === '..' || /[/\\\u2024\u2044\u2215\u29f8\uff0f\u2216\u29f5\uff3c]/.test(name + plain);
};

function decoded(text: string): string {
  let now = text;
  for (let round = 0; round < DECODINGS; round++) {
    const next = now.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (next === now) break;
    now = next;
  }
  return now;
}

const problemOf = (name: string): string | null => {
  if (name === '') return 'has an empty part; use single slashes';
  if (UNSEEN.test(name)) return 'has invisible or control characters';
  // Whatever stands behind this one might decode it: what then climbs out, or cuts the path, is refused here.
  const plain = decoded(name);
  if (misleads(name) || misleads(plain) || UNSEEN.test(plain)) return `would escape ${ROOT} directory`;
  if (name !== name.trim()) return 'has a part that begins or ends with white space';
  if (new TextEncoder().encode(name).length > MAX_NAME_BYTES) return `has a part longer than ${MAX_NAME_BYTES} bytes`;
  return null;
};

/** The path in the form it is kept under: NFC, without a slash at its end. */
export function readPath(given: string): PathReading {
  const shown = given.length > MAX_PATH_CHARS ? `${given.slice(0, MAX_PATH_CHARS)}…` : given;
  if (given !== ROOT && !given.startsWith(`${ROOT}/`))
    return { problem: `Path must start with ${ROOT}, got: ${shown}` };
  if (given.length > MAX_PATH_CHARS) return { problem: `Path ${shown} is longer than ${MAX_PATH_CHARS} characters` };
  const names = given.normalize('NFC').slice(1).split('/');
  if (names.length > 1 && names.at(-1) === '') names.pop();
  if (names.length > MAX_DEPTH) return { problem: `Path ${shown} is deeper than ${MAX_DEPTH} levels` };
  for (const name of names) {
    const problem = problemOf(name);
    if (problem !== null) return { problem: `Path ${shown} ${problem}` };
  }
  return { path: `/${names.join('/')}` };
}

/** The directories a path lies in, outermost first; the root is not among them. */
export function ancestorsOf(path: string): string[] {
  const names = path.slice(ROOT.length + 1).split('/');
  return names.slice(0, -1).map((_name, at) => `${ROOT}/${names.slice(0, at + 1).join('/')}`);
}

/** What a memory keeps of a text, and what it would lose: memories begin and end with a word. */
export interface Kept {
  content: string;
  lead: string;
  trail: string;
  is_blank: number;
  /** Of the whole text, in bytes. */
  size: number;
}
const BLANK_CONTENT = '(empty file)';

export function keptOf(text: string): Kept {
  const size = new TextEncoder().encode(text).length;
  const content = text.trim();
  if (content === '') return { content: BLANK_CONTENT, lead: text, trail: '', is_blank: 1, size };
  const lead = text.slice(0, text.length - text.trimStart().length);
  return { content, lead, trail: text.slice(text.trimEnd().length), is_blank: 0, size };
}

export interface Framed {
  /** Version of the memory that the frame is of. */
  version: number;
  lead: string;
  trail: string;
  is_blank: number;
}
/**
 * The text of a file. The frame is written a moment after the version it is of: until then, and where the memory was changed
 * through another door, the one before holds, for edits hardly ever change how a text begins and ends.
 */
export function textOf(frame: Framed, memory: { version: number; content: string }): string {
  if (frame.is_blank) return frame.version === memory.version ? frame.lead : memory.content;
  return frame.lead + memory.content + frame.trail;
}

/** `512B`, `5.5K`, `1M`. */
export function sizeText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  for (; size >= 1024 && unit < 3; unit++) size /= 1024;
  const rounded = Math.round(size * 10) / 10;
  return `${rounded}${'BKMG'[unit]}`;
}

const isShown = (name: string): boolean => !name.startsWith('.') && name !== 'node_modules';

/**
 * What lies in a directory, two levels deep, with the size of each; that of a directory is the sum of what it holds.
 * @param files all below it
 */
export function directoryView(directory: string, files: readonly { path: string; size: number }[]): string {
  const sizes = new Map<string, number>([[directory, 0]]);
  const folders = new Set<string>();
  const shownPath = (path: string) => (folders.has(path) ? `${path}/` : path);
  for (const { path, size } of files) {
    sizes.set(directory, sizes.get(directory)! + size);
    const names = path.slice(directory.length + 1).split('/');
    for (let depth = 1; depth <= Math.min(LISTED_LEVELS, names.length); depth++) {
      if (!isShown(names[depth - 1]!)) break;
      const at = `${directory}/${names.slice(0, depth).join('/')}`;
      sizes.set(at, (sizes.get(at) ?? 0) + size);
      if (depth < names.length) folders.add(at);
    }
  }
  const [, ...below] = [...sizes.keys()];
  below.sort((a, b) => (`${a}/` < `${b}/` ? -1 : 1));
  const lines = [directory, ...below].map((path) => `${sizeText(sizes.get(path)!)}\t${shownPath(path)}`);
  const header = `Here're the files and directories up to ${LISTED_LEVELS} levels deep in ${directory}, excluding hidden items and node_modules:`;
  return [header, ...lines].join('\n');
}

const numbered = (lines: readonly string[], first: number): string =>
  lines.map((line, at) => `${String(first + at).padStart(NUMBER_WIDTH)}\t${line}`).join('\n');

/** @param range first and last line, from 1; -1 is the last line there is */
export function fileView(path: string, text: string, range: readonly [number, number] | null): string {
  const lines = text.split('\n');
  const first = Math.max(1, range?.[0] ?? 1);
  const last = range === null || range[1] === -1 ? lines.length : range[1];
  return `Here's the content of ${path} with line numbers:\n${numbered(lines.slice(first - 1, last), first)}`;
}

export type Edit = { text: string; line: number; problem?: never } | { problem: string };

/** Replaces the one place where `old` stands. @returns the line of the change, from 1 */
export function replaced(path: string, text: string, old: string, fresh: string): Edit {
  const at: number[] = [];
  for (let from = text.indexOf(old); from !== -1; from = text.indexOf(old, from + 1)) at.push(from);
  const lines = at.map((place) => text.slice(0, place).split('\n').length);
  if (at.length === 0)
    return { problem: `No replacement was performed, old_str \`${old}\` did not appear verbatim in ${path}.` };
  if (at.length > 1)
    return {
      problem: `No replacement was performed. Multiple occurrences of old_str \`${old}\` in lines: ${[...new Set(lines)].join(', ')}. Please ensure it is unique`,
    };
  return { text: text.slice(0, at[0]!) + fresh + text.slice(at[0]! + old.length), line: lines[0]! };
}

/** @param line after which the text goes; 0 is the beginning */
export function inserted(text: string, line: number, more: string): Edit {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  if (line < 0 || line > lines.length)
    return {
      problem: `Invalid \`insert_line\` parameter: ${line}. It should be within the range of lines of the file: [0, ${lines.length}]`,
    };
  const fresh = more.replace(/\n$/, '').split('\n');
  // A text that ends its last line goes on doing so.
  const end = text === '' ? more.endsWith('\n') : text.endsWith('\n');
  return { text: lines.toSpliced(line, 0, ...fresh).join('\n') + (end ? '\n' : ''), line: line + 1 };
}

/** The lines around a change. */
export function snippet(text: string, line: number): string {
  const lines = text.split('\n');
  const first = Math.max(1, line - AROUND);
  return numbered(lines.slice(first - 1, line + AROUND), first);
}
