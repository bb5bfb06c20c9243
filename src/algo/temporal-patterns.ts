// How English writes dates and periods: one pattern per form, each read into a range of time or refused.
import {
  calendarUnit,
  dayOf,
  monthsFrom,
  rolling,
  type Span,
  type Unit,
  weekday,
  weekend,
  yearOf,
} from './calendar.ts';
import { MONTHS, WEEKDAYS } from './text.ts';

/** Resolves a date without a year; null when that year has no such day. */
export type InYear = (year: number) => Span | null;

export interface Reading {
  span: Span;
  /** Set when the text gives no year: `span` is then the latest that has begun. */
  inYear?: InYear | undefined;
  /** A word such as "May" or "2023" that is a date only inside "between … and …" or "from … to …". */
  weak?: boolean | undefined;
  /** A weekday's name, which yields to the date it stands before. */
  weekday?: boolean | undefined;
}

/** @param before the text just before the match */
export type Pattern = readonly [
  regex: RegExp,
  read: (match: RegExpMatchArray, now: number, before: string) => Reading | null,
];

const SHORT_MONTHS = ['jan', 'feb', 'mar', 'apr', 'jun', 'jul', 'aug', 'sept', 'sep', 'oct', 'nov', 'dec'];
const MONTH = `(${MONTHS.join('|')}|(?:${SHORT_MONTHS.join('|')})\\.?)`;
const DATE = '(\\d{1,2})(st|nd|rd|th)?';
const YEAR = '((?:19|20)\\d{2})';
const NUMBERS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];
const COUNT = `(\\d{1,3}|${NUMBERS.join('|')}|(?:a\\s+)?couple(?:\\s+of)?|(?:a\\s+)?few|an?)`;
const UNIT = '(day|week|month|quarter|year)';
const ORDINALS = ['first', 'second', 'third', 'fourth'];

/** Names that are nothing but months: the others are also verbs, adjectives or people. */
const ONLY_MONTH = /^(?:january|february|july|september|october|november|december)$/i;
const VERB = /^(?:may|march)$/;
const ON = /\b(?:on|by|since|before|after|until|till|from|to|between|and|of)\s+(?:the\s+)?$/i;
const IN_MONTH =
  /\b(?:in|during|throughout|since|before|prior to|after|until|till|early|late|mid|last|next|(?:month|start|beginning|middle|end|rest|most|all)\s+of)[\s-]+$/i;
const IN_YEAR =
  /\b(?:in|during|throughout|since|before|prior to|after|until|till|early|late|mid|year|of|(?:start|beginning|end|all)\s+of)[\s-]+$/i;
const LAST_NEXT = /\b(last|next|this)\s+$/i;
const REPEATED_DAY = /\b(?:every|each|any|good|black|ash|cyber)\s+$/i;

const pattern = (source: string): RegExp => new RegExp(`(?<![\\p{L}\\p{N}_])(?:${source})(?![\\p{L}\\p{N}_])`, 'giu');

const monthNumber = (name: string): number => {
  const start = name.slice(0, 3).toLowerCase();
  return MONTHS.findIndex((month) => month.startsWith(start));
};

function countOf(word: string): number {
  const text = word.toLowerCase();
  if (/^\d/.test(text)) return Number(text);
  if (text.includes('couple')) return 2;
  if (text.includes('few')) return 3;
  return NUMBERS.indexOf(text) + 1 || 1;
}

const unitOf = (word: string): Unit => word.toLowerCase() as Unit;
const fixed = (span: Span | null): Reading | null => (span ? { span } : null);

/** Leap days may be eight years apart. */
const YEARS_TO_TRY = 8;

/** The latest that has begun. */
function latest(inYear: InYear, now: number): Reading | null {
  for (let year = yearOf(now); year >= yearOf(now) - YEARS_TO_TRY; year--) {
    const span = inYear(year);
    if (span && span[0] <= now) return { span, inYear };
  }
  return null;
}

/** "may 3 people come?": a small-lettered verb next to a bare number is a date only where nothing else follows. */
function isVerb(name: string, ordinal: string | undefined, match: RegExpMatchArray, before: string): boolean {
  if (!VERB.test(name) || ordinal || ON.test(before)) return false;
  const end = (match.index ?? 0) + match[0].length;
  return !/^\s*(?:$|[?!.,;])/.test((match.input ?? '').slice(end, end + 4));
}

function readDay(name: string, first: string, last: string, year: string | undefined, now: number): Reading | null {
  const month = monthNumber(name);
  const inYear: InYear = (each) => {
    const from = dayOf(each, month, Number(first));
    const until = dayOf(each, month, Number(last));
    return from && until && from[0] <= until[0] ? [from[0], until[1]] : null;
  };
  return year ? fixed(inYear(Number(year))) : latest(inYear, now);
}

function readMonth(name: string, now: number, before: string): Reading | null {
  const month = monthNumber(name);
  const inYear: InYear = (year) => monthsFrom(year, month, 1);
  const which = LAST_NEXT.exec(before)?.[1]?.toLowerCase();
  const reading = latest(inYear, now);
  if (!reading) return null;
  const [from] = reading.span;
  if (which === 'next') return { span: monthsFrom(yearOf(from) + 1, month, 1) };
  if (which === 'this' && !VERB.test(name)) return { span: monthsFrom(yearOf(now), month, 1) };
  // "last May" in May means the one a year ago.
  if (which === 'last' && reading.span[1] > now) return { span: monthsFrom(yearOf(from) - 1, month, 1) };
  return { ...reading, weak: !IN_MONTH.test(before) && !ONLY_MONTH.test(name) };
}

function readQuarter(number: number, year: string | undefined, now: number, before: string): Reading | null {
  const inYear: InYear = (each) => monthsFrom(each, (number - 1) * 3, 3);
  if (year) return fixed(inYear(Number(year)));
  const reading = latest(inYear, now);
  return (
    reading && {
      ...reading,
      weak: !/\b(?:in|during|since|before|after|until|till|this|last)\s+(?:the\s+)?$/i.test(before),
    }
  );
}

const DAY_WORDS: Readonly<Record<string, number>> = {
  'day before yesterday': -2,
  yesterday: -1,
  'last night': -1,
  today: 0,
  tonight: 0,
  'this morning': 0,
  'this afternoon': 0,
  'this evening': 0,
  tomorrow: 1,
  'day after tomorrow': 2,
};
const OFFSETS: Readonly<Record<string, number>> = { last: -1, previous: -1, this: 0, current: 0, next: 1 };
const offsetOf = (word: string): number => OFFSETS[word.toLowerCase()] ?? -1;

export const PATTERNS: readonly Pattern[] = [
  [
    pattern('(?<![-/])(\\d{4})([-/])(\\d{1,2})\\2(\\d{1,2})(?:T[\\d:.]{4,15}Z?)?(?!-)'),
    (m) => (Number(m[1]) < 1000 ? null : fixed(dayOf(Number(m[1]), Number(m[3]) - 1, Number(m[4])))),
  ],
  [pattern(`(?<![-/])${YEAR}-(0[1-9]|1[0-2])(?!-)`), (m) => fixed(monthsFrom(Number(m[1]), Number(m[2]) - 1, 1))],
  [
    pattern(`${MONTH}\\s+(?:the\\s+)?${DATE}(?:(?:,|\\s+of)?\\s+${YEAR})?`),
    (m, now, before) => {
      const [, name = '', date = '', ordinal, year] = m;
      return !year && isVerb(name, ordinal, m, before) ? null : readDay(name, date, date, year, now);
    },
  ],
  [
    pattern(`${DATE}(?:\\s+(?:of\\s+)?|-)${MONTH}(?:(?:,?\\s+(?:of\\s+)?|-)${YEAR})?`),
    (m, now, before) => {
      const [, date = '', ordinal, name = '', year] = m;
      return !year && isVerb(name, ordinal, m, before) ? null : readDay(name, date, date, year, now);
    },
  ],
  [
    pattern(
      `${MONTH}\\s+${DATE}\\s*([-–]|to|and|through)\\s*${DATE}(?:,?\\s+${YEAR})?(?!(?:-|\\s+(?:of\\s+)?)${MONTH})`,
    ),
    (m, now, before) => {
      const [, name = '', first = '', ordinal, link = '', last = '', , year] = m;
      if (/and/i.test(link) && !/\bbetween\s+$/i.test(before)) return null;
      return !year && isVerb(name, ordinal, m, before) ? null : readDay(name, first, last, year, now);
    },
  ],
  [pattern(`${MONTH}(?:,|\\s+of)?\\s+${YEAR}`), (m) => fixed(monthsFrom(Number(m[2]), monthNumber(m[1] ?? ''), 1))],
  [pattern(MONTH), (m, now, before) => readMonth(m[1] ?? '', now, before)],
  [
    pattern(`Q([1-4])(?:(?:\\s+(?:of\\s+)?|-)${YEAR})?`),
    (m, now, before) => readQuarter(Number(m[1]), m[2], now, before),
  ],
  [pattern(`${YEAR}[\\s-]+Q([1-4])`), (m, now) => readQuarter(Number(m[2]), m[1], now, '')],
  [
    pattern(`(${ORDINALS.join('|')})\\s+quarter\\s+of\\s+${YEAR}`),
    (m, now) => readQuarter(ORDINALS.indexOf((m[1] ?? '').toLowerCase()) + 1, m[2], now, ''),
  ],
  [pattern(YEAR), (m, _now, before) => ({ span: monthsFrom(Number(m[1]), 0, 12), weak: !IN_YEAR.test(before) })],
  [
    pattern(Object.keys(DAY_WORDS).join('|').replaceAll(' ', '\\s+')),
    (m, now) => fixed(calendarUnit('day', DAY_WORDS[m[0].toLowerCase().replace(/\s+/g, ' ')] ?? 0, now)),
  ],
  [
    pattern(`(this|current|last|previous|next)\\s+${UNIT}`),
    (m, now) => fixed(calendarUnit(unitOf(m[2] ?? ''), offsetOf(m[1] ?? ''), now)),
  ],
  [pattern('(this|last|next)\\s+weekend'), (m, now) => fixed(weekend(offsetOf(m[1] ?? ''), now))],
  [pattern(`past\\s+${UNIT}`), (m, now) => fixed(rolling(unitOf(m[1] ?? ''), 1, now))],
  [
    pattern(`(?:last|past|previous)\\s+${COUNT}\\s+${UNIT}s?`),
    (m, now) => fixed(rolling(unitOf(m[2] ?? ''), countOf(m[1] ?? ''), now)),
  ],
  [
    pattern(`${COUNT}\\s+${UNIT}s?\\s+ago`),
    (m, now, before) =>
      /\bhalf\s+$/i.test(before) ? null : fixed(calendarUnit(unitOf(m[2] ?? ''), -countOf(m[1] ?? ''), now)),
  ],
  [
    pattern(`(?:(last|past|previous|this|next)\\s+)?(${WEEKDAYS.join('|')})`),
    (m, now, before) => {
      if (REPEATED_DAY.test(before)) return null;
      const which = (m[1] ?? 'last').toLowerCase();
      const span = weekday((m[2] ?? '').toLowerCase(), which === 'this' || which === 'next' ? which : 'last', now);
      return { span, weekday: true };
    },
  ],
];
