// Cuts text into sentences. A full stop inside a version, an address, a number, a file name, a web address or a known
// abbreviation ends nothing; items of lists, headings and blocks of code stand for themselves.

export interface Sentence {
  readonly text: string;
  /** Blocks of code are kept whole. */
  readonly kind: 'prose' | 'item' | 'heading' | 'code';
  /** Number of its paragraph or list, from 0: what follows in another one may speak of something else. */
  readonly block: number;
}

/** Never the last word of a sentence. */
const TITLES = new Set(['mr', 'mrs', 'ms', 'dr', 'prof', 'st', 'mt', 'ft', 'gen', 'col', 'sgt', 'capt', 'lt', 'rev', 'hon', 'e.g', 'i.e', 'cf', 'vs', 'approx', 'ca', 'viz', 'bzw', 'z.b', 'd.h']); // biome-ignore format: a list
/** The last word only where a capital letter follows. */
const SHORTENED = new Set(['etc', 'inc', 'ltd', 'co', 'corp', 'jr', 'sr', 'dept', 'est', 'al', 'u.s', 'u.k', 'e.u', 'a.m', 'p.m', 'ph.d', 'b.sc', 'm.sc', 'jan', 'feb', 'mar', 'apr', 'jun', 'jul', 'aug', 'sep', 'sept', 'oct', 'nov', 'dec', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'min', 'max', 'usw']); // biome-ignore format: a list
/** Only before a number. */
const NUMBERED = new Set(['no', 'nr', 'fig', 'sec', 'ch', 'vol', 'p', 'pp', 'art', 'eq', 'v']);

const FENCE = /^\s*(```|~~~)/;
const HEADING = /^\s{0,3}#{1,6}\s+/;
const ITEM = /^\s*(?:[-*+•‣◦–]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+(?:\[[ xX]\]\s+)?/;
const TABLE = /^\s*\|/;
const KEY_VALUE = /^\s*[\p{L}\p{N}][\p{L}\p{N} _./-]{0,40}:\s+\S/u;
/** Brackets and quotes longer than this are taken for unbalanced. */
const LONGEST_QUOTE = 400;
const PAIRS: Readonly<Record<string, string>> = {
  '(': ')',
  '[': ']',
  '“': '”',
  '«': '»',
  '„': '“',
  '`': '`',
  '"': '"',
};

/** Linear in the length of the text. @returns in order; white space at both ends is gone */
export function sentencesOf(text: string): Sentence[] {
  const found: Sentence[] = [];
  let block = 0;
  let paragraph: string[] = [];
  let code: string[] | null = null;
  const prose = (line: string, kind: Sentence['kind']) => {
    for (const sentence of split(line)) found.push({ text: sentence, kind, block });
  };
  const endParagraph = () => {
    if (paragraph.length > 0) prose(paragraph.join(' '), 'prose');
    paragraph = [];
  };
  for (const line of text.split(/\r\n|[\n\r\u2028\u2029]/)) {
    if (FENCE.test(line)) {
      if (code === null) {
        endParagraph();
        code = [line];
        continue;
      }
      found.push({ text: [...code, line].join('\n').trim(), kind: 'code', block: ++block });
      code = null;
      block++;
    } else if (code !== null) code.push(line);
    else if (line.trim() === '') {
      endParagraph();
      block++;
    } else if (HEADING.test(line) || ITEM.test(line) || TABLE.test(line)) {
      const heading = HEADING.test(line);
      endParagraph();
      if (heading) block++;
      prose(line.replace(heading ? HEADING : ITEM, ''), heading ? 'heading' : 'item');
    } else {
      if (!goesOn(paragraph.at(-1), line)) endParagraph();
      paragraph.push(line.trim());
    }
  }
  endParagraph();
  if (code !== null) found.push({ text: code.join('\n').trim(), kind: 'code', block: block + 1 });
  return found.filter((sentence) => sentence.text !== '');
}

/** Whether a line was broken for its length only. */
const goesOn = (before: string | undefined, line: string): boolean =>
  before !== undefined &&
  !KEY_VALUE.test(line) &&
  (/^\s*\p{Ll}/u.test(line) || /[,;\p{Ll}]$/u.test(before) || !/[.!?…:]["'”’)\]]*$/u.test(before)) &&
  !KEY_VALUE.test(before);

const END = /[.!?…]+["'”’»)\]*_]*(?=\s|$)|[。！？]+[」』”]*/gu;

function split(line: string): string[] {
  const closed = protectedRanges(line);
  const sentences: string[] = [];
  let start = 0;
  let range = 0;
  for (const match of line.matchAll(END)) {
    const at = match.index;
    const end = at + match[0].length;
    while (range < closed.length && closed[range]![1] <= at) range++;
    const inside = closed[range];
    // The quote may end together with the sentence.
    if (inside && inside[0] < at && inside[1] > end) continue;
    const rest = line.slice(end, end + 12).trimStart();
    if (rest !== '' && !endsSentence(line, start, at, match[0], rest)) continue;
    const sentence = line.slice(start, end).trim();
    if (sentence !== '') sentences.push(sentence);
    start = end;
  }
  const last = line.slice(start).trim();
  if (last !== '') sentences.push(last);
  return sentences;
}

function endsSentence(line: string, start: number, at: number, mark: string, rest: string): boolean {
  const opensWithSmall = /^["'“‘«([*_]*\p{Ll}/u.test(rest);
  if (/^[!?。！？]/.test(mark)) return mark.length === 1 || !opensWithSmall;
  if (/^(?:\.{2,}|…)/.test(mark)) return !opensWithSmall;
  const word = /\S*$/.exec(line.slice(Math.max(start, at - 24), at))![0].replace(/^[("'“‘«[*_]+/, '');
  const plain = word.toLowerCase();
  if (TITLES.has(plain)) return false;
  if (SHORTENED.has(plain)) return /^["'“‘«([*_]*\p{Lu}/u.test(rest);
  if (NUMBERED.has(plain)) return !/^\d/.test(rest);
  // "J. Smith", but not "It was I." or "Plan B. Then".
  if (/^\p{Lu}$/u.test(word) && word !== 'I')
    return !/^\p{Lu}[\p{Ll}.]/u.test(rest) || /\bplan\s+$/i.test(line.slice(Math.max(0, at - 8), at - 1));
  return !opensWithSmall || !(/\d$/.test(word) || /[)\]"'”’»]$/.test(mark));
}

/** Brackets and quotes that are opened and closed: from, until (exclusive), in order, none within another. */
function protectedRanges(line: string): [number, number][] {
  const ranges: [number, number][] = [];
  for (let at = 0; at < line.length; at++) {
    const close = PAIRS[line[at]!];
    if (close === undefined) continue;
    const end = line.indexOf(close, at + 1);
    if (end < 0 || end - at > LONGEST_QUOTE) continue;
    ranges.push([at, end + 1]);
    at = end;
  }
  return ranges;
}
