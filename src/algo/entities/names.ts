// People, firms, places, projects and products: capitalised names, told apart by what they are and what stands around them.
// Where nothing tells, a name stays `unknown`: better none than a wrong one.
import { foldName } from './keys.ts';
import {
  COMMON,
  CUED_PLACES,
  DOUBTFUL_NAMES,
  GIVEN_NAMES,
  HUMAN_CUE,
  HUMAN_VERB,
  ORGANIZATION_END,
  ORGANIZATIONS,
  PARTICLES,
  PERSON_CUE,
  PERSON_VERB,
  PLACE_CUE,
  PLACE_SHAPE,
  PLACES,
  TITLES,
  TOOL_WORDS,
  TOOLS,
  VERB_TOOLS,
  WORKPLACE_CUE,
} from './lexicon.ts';
import type { Found } from './types.ts';

/** How much of the text around a name is read. */
const BEFORE = 48;
const AFTER = 40;

const WORD = /[\p{L}\p{N}][\p{L}\p{M}\p{N}.+#'’-]*/gu;
const MOST_TOOL_WORDS = 3;
const VERSION = /^\s+v?(\d+(?:\.\d+){0,3}(?:-[\w.]+)?)(?![\w%:/-]|\.\d)/;

interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const bare = (word: string): string => word.replace(/['’]s$/u, '').replace(/[.'’-]+$/u, '');

function wordsOf(line: string, from: number): Word[] {
  return [...line.matchAll(WORD)].map((match) => {
    const text = bare(match[0]);
    return { text, start: from + match.index, end: from + match.index + text.length };
  });
}

const opens = (text: string, start: number): boolean =>
  /(?:^|[\n.!?:•]["'“‘(*_]*\s+|\n["'“‘(*_\s-]*|^["'“‘(*_\s#-]+)$/u.test(text.slice(Math.max(0, start - 8), start)) ||
  start === 0;

/** Well-known software, longest names first. */
export function toolsIn(line: string, from: number, text: string): Found[] {
  const words = wordsOf(line, from);
  const found: Found[] = [];
  for (let at = 0; at < words.length; at++) {
    for (let length = Math.min(MOST_TOOL_WORDS, words.length - at); length > 0; length--) {
      const [first, last] = [words[at]!, words[at + length - 1]!];
      const written = text.slice(first.start, last.end);
      const lower = written.toLowerCase();
      const word = TOOL_WORDS.get(lower);
      const name = TOOLS.get(lower) ?? (word === written ? word : undefined);
      if (name === undefined) continue;
      const version = VERSION.exec(text.slice(last.end, last.end + AFTER))?.[1];
      // "Go to the store": a verb that opens a sentence; "Cursor moved": anything may be told of a word.
      if (word && version === undefined && VERB_TOOLS.has(lower) && opens(text, first.start)) continue;
      if (word && /\s/.test(text[last.end] ?? '') && /^\s\p{Lu}\p{Ll}/u.test(text.slice(last.end, last.end + 3)))
        continue;
      found.push({ name, type: 'tool', start: first.start, end: last.end, ...(version && { version }) });
      at += length - 1;
      break;
    }
  }
  return found;
}

const isCapital = (word: string): boolean => /^\p{Lu}[\p{L}\p{M}'’-]*$/u.test(word);
const isCommon = (word: string): boolean => COMMON.has(foldName(word)) && !/^\p{Lu}$/u.test(word);

/** Capitalised words in a row, particles and "of" between them included. */
function runsOf(words: readonly Word[], text: string): Word[][] {
  const runs: Word[][] = [];
  let run: Word[] = [];
  const close = () => {
    while (run.length > 0 && !isCapital(run.at(-1)!.text)) run.pop();
    if (run.length > 0) runs.push(run);
    run = [];
  };
  words.forEach((word, at) => {
    const before = run.at(-1);
    // "Ann’s": what follows belongs to Ann and not to her name.
    if (before && !/^(?:\.?\s|-)$/.test(text.slice(before.end, word.start))) close();
    else if (before && text[before.end] === '.' && !/^(?:\p{Lu}|\p{L}{1,4})$/u.test(before.text)) close();
    if (isCapital(word.text)) run.push(word);
    else if (run.length > 0 && (PARTICLES.has(word.text) || word.text === 'of') && words[at + 1]) run.push(word);
    else close();
  });
  close();
  return runs;
}

const LOUD = (line: string): boolean => /\p{Lu}/u.test(line) && line === line.toUpperCase() && /\s/.test(line.trim());

/** Headings and titles, where capitals mean nothing. */
export function isTitleCase(line: string): boolean {
  if (/^\s*#{1,6}\s/.test(line) || LOUD(line)) return true;
  if (/\p{Ll}[.:;!?]\s/u.test(line)) return false;
  const long = line.match(/\p{L}{4,}/gu) ?? [];
  return long.length >= 5 && long.filter((word) => /^\p{Lu}/u.test(word)).length > 0.8 * long.length;
}

const CONVERSATION = /^\s*(?:hey|hi|hello|thanks|thank you|i|i'm|i’m|yeah|yes|no|wow|you|my|we|oh|that's|sure|what|how|great)\b/i; // biome-ignore format: one pattern

/** "Caroline: Hey Mel": who speaks, at the beginning of a line. */
function speaker(line: string, from: number): Found | null {
  const match = /^(\s*[-*>]?\s*(?:\[[^\]]{1,30}\]\s*)?)((?:\p{Lu}[\p{L}\p{M}'’.-]*)(?:\s\p{Lu}[\p{L}\p{M}'’.-]*){0,2})(?:\s\([^)]{1,30}\))?:\s/u.exec(line); // biome-ignore format: one pattern
  if (!match) return null;
  const name = match[2]!;
  const parts = foldName(name).split(' ');
  const named = GIVEN_NAMES.has(parts[0]!) || DOUBTFUL_NAMES.has(parts[0]!);
  if (parts.some((part) => COMMON.has(part))) return null;
  if (!named && !CONVERSATION.test(line.slice(match[0].length))) return null;
  const start = from + match[1]!.length;
  return { name, type: 'person', start, end: start + name.length };
}

/** @param rest the text with what is known already blanked */
export function namesIn(line: string, from: number, rest: string): Found[] {
  const found: Found[] = [];
  const spoken = speaker(line, from);
  if (spoken) found.push(spoken);
  const words = wordsOf(line, from).filter(({ start }) => !spoken || start >= spoken.end);
  for (const run of runsOf(words, rest)) {
    const name = named(run, rest);
    if (name) found.push(name);
  }
  return found;
}

function named(run: readonly Word[], text: string): Found | null {
  let [first, last] = [0, run.length];
  let titled = false;
  const whole = text.slice(run[0]!.start, run[last - 1]!.end).toLowerCase();
  const known = PLACES.has(whole) || ORGANIZATIONS.has(whole);
  while (!known && first < last && (isCommon(run[first]!.text) || TITLES.has(foldName(run[first]!.text)))) {
    titled = TITLES.has(foldName(run[first]!.text));
    first++;
  }
  // "of", "de" and words like "Report" end no name.
  while (first < last && (!isCapital(run[last - 1]!.text) || isCommon(run[last - 1]!.text))) last--;
  if (first >= last) return null;
  const [start, end] = [run[first]!.start, run[last - 1]!.end];
  const place = { start, end, first: foldName(run[first]!.text).split('-')[0]!, words: last - first };
  const name = text.slice(start, end).replace(/[’]/g, "'");
  const [before, after] = [text.slice(Math.max(0, start - BEFORE), start), text.slice(end, end + AFTER)];
  const as = (type: Found['type'], shown = name): Found => ({ name: shown, type, start, end });
  if (name.length < 2 || isCommon(name)) return null;
  if (titled && !/^the$/i.test(run[0]!.text)) return as('person');

  const lower = foldName(name);
  const canonical = ORGANIZATIONS.get(name.toLowerCase());
  if (ORGANIZATION_END.test(name) || /^University of \p{Lu}/u.test(name)) {
    const dotted = /(?:Inc|Ltd|Corp|Co)$/.test(name) && after.startsWith('.');
    return dotted ? { name: `${name}.`, type: 'organization', start, end: end + 1 } : as('organization');
  }
  const project = projectAt(before, after);
  if (project) return as('project');
  if (PLACES.has(name.toLowerCase())) return HUMAN_VERB.test(after) && place.words === 1 ? as('unknown') : as('place');
  if (canonical === name) return as('organization');
  if (WORKPLACE_CUE.test(before) && !GIVEN_NAMES.has(place.first)) return as('organization');
  if (CUED_PLACES.has(name.toLowerCase()) && PLACE_CUE.test(before)) return as('place');
  if (PLACE_SHAPE.test(name)) return as('place');
  if (isPerson(place, lower, before, after, text)) return as('person');
  return as('unknown');
}

/** "project Apollo", "the Apollo project", but not "the Docker project". */
const projectAt = (before: string, after: string): boolean =>
  /\b(?:project|codename|code name|initiative)\s+["'“]?$/i.test(before) ||
  (/\b(?:the|our|my|their)\s+["'“]?$/i.test(before) && /^["'”]?\s+(?:project|initiative)\b/.test(after));

interface Place {
  readonly start: number;
  readonly first: string;
  readonly words: number;
}

function isPerson({ start, first, words }: Place, lower: string, before: string, after: string, text: string): boolean {
  // "the McDonald family", "a Ruby script"
  if (/\b(?:the|a|an|this|that)\s+$/i.test(before)) return false;
  const initial = /^\p{L}$/u.test(first);
  if (initial && words > 1) return !/^plan\b/i.test(lower) && /\p{L}{2,}$/u.test(lower);
  if (GIVEN_NAMES.has(first)) return true;
  const doubtful = DOUBTFUL_NAMES.has(first);
  if (doubtful && words > 1) return !opens(text, start) || HUMAN_VERB.test(after) || PERSON_VERB.test(after);
  if (
    doubtful &&
    (PERSON_VERB.test(after) || (PERSON_CUE.test(before) && !/\b(?:and|by|for|to|from)\s+$/i.test(before)))
  )
    return true;
  if (/\d/.test(lower) || /^\p{Lu}+$/u.test(text.slice(start, start + lower.length))) return false;
  return HUMAN_VERB.test(after) || HUMAN_CUE.test(before);
}
