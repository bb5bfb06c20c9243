// A sentence as terms that can be compared: words by their stem, and numbers, amounts, dates and times by what they mean,
// so that "half an hour" and "1800 seconds" are the same.
import { inLongForm } from '../aliases.ts';
import { porterStem } from '../porter.ts';
import { ATTRIBUTES, setOf } from './lexicon.ts';

/** `word` of letters only; `name` written with a capital or in quotes; `code` paths, addresses, identifiers; the rest by what it measures. */
export type TermKind = 'word' | 'name' | 'code' | 'number' | 'amount' | 'date' | 'time' | 'day' | 'currency';

export interface Term {
  readonly kind: TermKind;
  /** What is compared; of words and names the stem. */
  readonly key: string;
  /** Folded, as written; of several words the first. */
  readonly text: string;
  /** What an amount measures, such as `s` or `byte`; '' of everything else. */
  readonly unit: string;
}

export interface Sentence {
  readonly terms: readonly Term[];
  readonly question: boolean;
}

/** Longer texts are read up to here: what a memory is about stands at its beginning. */
const MAX_CHARS = 2_000;
const MAX_SENTENCES = 12;
const MAX_TERMS = 60;

const NUMBERS = new Map(
  'zero one two three four five six seven eight nine ten eleven twelve'.split(' ').map((word, n) => [word, n]),
);
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const MONTH =
  /^(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)$/;
const DAY = /^(mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)days?$/;
const CURRENCIES: Readonly<Record<string, string>> = {
  $: 'usd', usd: 'usd', dollar: 'usd', dollars: 'usd',
  '€': 'eur', eur: 'eur', euro: 'eur', euros: 'eur',
  '£': 'gbp', gbp: 'gbp', pounds: 'gbp',
  '¥': 'jpy', jpy: 'jpy', yen: 'jpy',
  chf: 'chf', francs: 'chf',
}; // biome-ignore format: a table
const unitsOf = (unit: string, factors: Readonly<Record<string, number>>): [string, readonly [string, number]][] =>
  Object.entries(factors).flatMap(([words, factor]) =>
    words.split(' ').map((word): [string, readonly [string, number]] => [word, [unit, factor]]),
  );
const UNITS: ReadonlyMap<string, readonly [string, number]> = new Map([
  ...unitsOf('s', {
    'ms millisecond milliseconds': 0.001,
    's sec secs second seconds': 1,
    'min mins minute minutes': 60,
    'h hr hrs hour hours': 3_600,
    'd day days': 86_400,
    'week weeks': 604_800,
  }),
  ...unitsOf('month', { 'month months': 1, 'year years': 12 }),
  ...unitsOf('byte', { 'byte bytes': 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 1024, mib: 2 ** 20, gib: 2 ** 30 }),
  ...unitsOf('m', { mm: 0.001, cm: 0.01, 'm meter meters metre metres': 1, 'km kilometers kilometres': 1_000 }),
  ...unitsOf('g', { 'g gram grams': 1, 'kg kilo kilos kilograms': 1_000 }),
  ...unitsOf('l', { ml: 0.001, cl: 0.01, 'l liter liters litre litres': 1 }),
]);

const SHORT: Readonly<Record<string, readonly string[]>> = {
  cannot: ['can', 'not'], "can't": ['can', 'not'], "won't": ['will', 'not'], "shan't": ['shall', 'not'],
  "it's": ['it', 'is'], "that's": ['that', 'is'], "there's": ['there', 'is'], "here's": ['here', 'is'],
  "he's": ['he', 'is'], "she's": ['she', 'is'], "let's": ['let', 'us'], "i'm": ['i', 'am'],
}; // biome-ignore format: a table
const TAILS: Readonly<Record<string, string>> = { re: 'are', ve: 'have', ll: 'will', d: 'would', s: "'s" };

const NUMERIC = /^[+-]?\d[\d.,]*$/;
const plain = (digits: string): number =>
  Number(/^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(digits) ? digits.replaceAll(',', '') : digits.replace(',', '.'));
const two = (n: number): string => String(n).padStart(2, '0');
const round = (n: number): string => String(Number(n.toPrecision(9)));

const termOf = (kind: TermKind, key: string, text = key, unit = ''): Term => ({ kind, key, text, unit });
const amount = (n: number, [unit, factor]: readonly [string, number], text: string): Term =>
  termOf('amount', `${round(n * factor)}${unit}`, text, unit);

const STEMS_KEPT = 20_000;
const stems = new Map<string, string>();
/** Of the long form, so that "auth" is "authentication"; remembered, since the same words come again and again. */
function stemOf(word: string): string {
  let stem = stems.get(word);
  if (stem === undefined) {
    if (stems.size >= STEMS_KEPT) stems.clear();
    stem = porterStem(inLongForm(word));
    stems.set(word, stem);
  }
  return stem;
}

/** One written word apart from the words around it. */
function single(written: string, first: boolean): Term[] {
  const lower = written.toLowerCase();
  const short = Object.hasOwn(SHORT, lower) ? SHORT[lower] : undefined;
  if (short) return short.map((word) => termOf('word', word));
  if (/^\p{L}+n't$/u.test(lower)) return [termOf('word', lower.slice(0, -3)), termOf('word', 'not')];
  const tail = /^(.+)'(s|re|ve|ll|d)$/u.exec(lower);
  if (tail) return [...single(written.slice(0, tail[1]!.length), first), termOf('word', TAILS[tail[2]!]!)];
  if (lower.endsWith("s'")) return [...single(written.slice(0, -1), first), termOf('word', "'s")];
  const money = /^([$€£¥])(\d[\d.,]*)([km]?)$/i.exec(written);
  if (money) {
    const scale = { k: 1e3, m: 1e6, '': 1 }[money[3]!.toLowerCase() as 'k' | 'm' | '']!;
    const currency = CURRENCIES[money[1]!]!;
    return [amount(plain(money[2]!) * scale, [currency, 1], lower)];
  }
  const share = /^(\d[\d.,]*)%$/.exec(lower);
  if (share) return [termOf('number', round(plain(share[1]!) / 100), lower, 'share')];
  const version = /^v(\d+(?:\.\d+)*)$/.exec(lower);
  if (version) return [termOf('number', version[1]!, lower, 'version')];
  if (NUMBERS.has(lower)) return [termOf('number', String(NUMBERS.get(lower)), lower)];
  if (/^\d{4}-\d{2}-\d{2}$/.test(lower)) return [termOf('date', lower)];
  const clock = /^(\d{1,2}):(\d{2})(?::\d{2})?$/.exec(lower);
  if (clock) return [termOf('time', `${two(Number(clock[1]))}:${clock[2]}`)];
  const noon = /^(\d{1,2})(am|pm)$/.exec(lower);
  if (noon) return [termOf('time', `${two((Number(noon[1]) % 12) + (noon[2] === 'pm' ? 12 : 0))}:00`)];
  if (/^\d+(?:\.\d+){2,}(?:[/:]\d+)?$/.test(lower)) return [termOf('code', lower)];
  if (NUMERIC.test(lower)) return [termOf('number', /^\d+\.\d+$/.test(lower) ? lower : round(plain(lower)), lower)];
  const glued = /^(\d[\d.,]*)([a-z]+)$/.exec(lower);
  if (glued && UNITS.has(glued[2]!)) return [amount(plain(glued[1]!), UNITS.get(glued[2]!)!, lower)];
  if (Object.hasOwn(CURRENCIES, lower)) return [termOf('currency', CURRENCIES[lower]!, lower)];
  const day = DAY.exec(lower);
  if (day) return [termOf('day', day[1]!.slice(0, 3), lower)];
  if (/[\d/\\@_#=<>~^|+]|::|\p{L}\.\p{L}/u.test(written)) return [termOf('code', lower)];
  const capital = /^\p{Lu}/u.test(written) && (!first || /^.+\p{Lu}/u.test(written));
  return [termOf(capital ? 'name' : 'word', /^[a-z]+$/.test(lower) ? stemOf(lower) : lower, lower)];
}

/** After which "'s" stands for "is" or "has". */
const SHORT_IS = setOf('been a an the not very so really on in at going gonna always never just still');

/** Joins what means something only together: "30 minutes", "June 12", "2 pm". */
function joined(terms: readonly Term[]): Term[] {
  const found: Term[] = [];
  for (let at = 0; at < terms.length; at++) {
    const [term, next, third] = [terms[at]!, terms[at + 1], terms[at + 2]];
    if (term.text === "'s" && next !== undefined && SHORT_IS.has(next.text)) found.push(termOf('word', 'is'));
    else if (term.text === 'half' && next?.text === 'an' && third?.text === 'hour') {
      found.push(amount(30, UNITS.get('min')!, 'half'));
      at += 2;
    } else if (term.kind === 'number' && term.unit === '' && (next?.text === 'am' || next?.text === 'pm')) {
      found.push(...single(`${term.key}${next.text}`, false));
      at++;
    } else if (term.kind === 'number' && term.unit === '' && next && UNITS.has(next.text)) {
      found.push(amount(Number(term.key), UNITS.get(next.text)!, term.text));
      at++;
    } else if (term.kind === 'number' && term.unit === '' && next?.kind === 'currency') {
      found.push(amount(Number(term.key), [next.key, 1], term.text));
      at++;
    } else if (MONTH.test(term.text) && (term.kind === 'name' || /^\d{1,2}(?:st|nd|rd|th)?$/.test(next?.text ?? ''))) {
      const month = two(MONTHS.indexOf(term.text.slice(0, 3)) + 1);
      const day = /^(\d{1,2})(?:st|nd|rd|th)?$/.exec(next?.text ?? '')?.[1];
      const year = day !== undefined && /^\d{4}$/.test(third?.text ?? '') ? third!.text : undefined;
      found.push(
        termOf('date', `${year ?? '-'}-${month}${day === undefined ? '' : `-${two(Number(day))}`}`, term.text),
      );
      at += year !== undefined ? 2 : day !== undefined ? 1 : 0;
    } else found.push(term);
  }
  return found;
}

/** "Build tool: Vite" says what "the build tool is Vite" says; what stands before the colon of a sentence only labels it. */
const COLON = /^((?:[^\s:,.;!?]+ ){0,7}[^\s:,.;!?]+): +(?=\S)/u;
const LABELS =
  /^(?:note|info|fact|update|decision|reminder|status|fyi|important|remember|correction|summary|result|tip|issue|bug|fix|warning|todo|task|context|rule)$/i;
/** A name, which says what comes after it: "Caroline: I live in Rome". */
const SPEAKER = /^\p{Lu}[\p{L}\p{M}'’.-]*(?: \p{Lu}[\p{L}\p{M}'’.-]*){0,2}$/u;

/** Roles of a chat. What a program answers is advice, which claims nothing of the world its user lives in. */
const ADVISER = /^\s*(?:assistant|ai|agent|bot|model|system)\s*:/i;
const USER = /^(?:user|human)$/i;

/** @returns the sentence without its label, and who speaks from here on */
function opened(sentence: string, speaker: string | null): { line: string; speaker: string | null } {
  const match = COLON.exec(sentence);
  const [label, rest] = match ? [match[1]!, sentence.slice(match[0].length)] : ['', sentence];
  if (match && !LABELS.test(label) && !USER.test(label)) {
    if (!SPEAKER.test(label) || ATTRIBUTES.has(label.toLowerCase())) return { line: `${label} is ${rest}`, speaker };
    speaker = label;
  }
  if (speaker === null) return { line: rest, speaker };
  const line = rest.replace(/\bI(?='m\b)/g, `${speaker} is`).replace(/'m\b/g, '');
  return { line: line.replace(/\bI\b/g, speaker).replace(/\b[Mm]y\b/g, `${speaker}'s`), speaker };
}

/** Linear in the length of the text, which is read up to its first 2,000 characters and 12 sentences. */
export function sentencesOf(text: string): Sentence[] {
  if (ADVISER.test(text)) return [];
  const clean = text
    .slice(0, MAX_CHARS)
    .normalize('NFKC')
    .replace(/[\u2018\u2019\u02bc]/g, "'")
    .replace(/[\u201c\u201d"`*]/g, '');
  const found: Sentence[] = [];
  let speaker: string | null = null;
  for (const raw of clean.split(/(?<=[.!?;])\s+|\n+|;/)) {
    const { line, speaker: next } = opened(raw.trim().replace(/^[-•–]\s+/, ''), speaker);
    speaker = next;
    if (line === '') continue;
    const terms = line
      .split(/\s+/)
      .flatMap((word, at) => {
        const core = word.replace(/^[([{'<]+|[)\]}>,.;:!?…]+$/gu, '').replace(/^'|'$/g, '');
        return core === '' ? [] : single(core, at === 0);
      })
      .slice(0, MAX_TERMS);
    if (terms.length > 0) found.push({ terms: joined(terms), question: /\?["')]*$/.test(line) });
    if (found.length === MAX_SENTENCES) break;
  }
  return found;
}
