// Finds the first date or period an English question names and turns it into a range of time. All days are UTC days.
import { MONTHS, WEEKDAYS } from './text.ts';

export interface TimeRange {
  /** Epoch milliseconds. */
  from: number;
  /** Exclusive. */
  until: number;
  /** The words of the query that say so. */
  text: string;
}

/** Open ends: the first and last moment that `YYYY-MM-DD HH:MM:SS` can write. */
export const EARLIEST = -62_135_596_800_000;
export const LATEST = 253_402_300_799_000;
/** Only this much of a query is searched for dates. */
export const MAX_DATE_TEXT = 4_096;

const DAY = 86_400_000;

type Span = readonly [from: number, until: number];
/** Resolves a date without a year; null when that year has no such day. */
type InYear = (year: number) => Span | null;
/** Weak expressions ("May", "2023") name a date only inside "between … and …" or "from … to …". */
interface Found {
  start: number;
  end: number;
  span: Span;
  inYear?: InYear | undefined;
  weak: boolean;
}
interface Reading {
  span: Span | null;
  inYear?: InYear | undefined;
  weak?: boolean | undefined;
}
type Pattern = readonly [regex: RegExp, read: (match: RegExpMatchArray, now: number) => Reading | null];

const dayOf = (ms: number): number => Math.floor(ms / DAY) * DAY;
const yearOf = (ms: number): number => new Date(ms).getUTCFullYear();
const monthOf = (ms: number): number => new Date(ms).getUTCMonth();
/** Monday of the week. */
const weekOf = (ms: number): number => dayOf(ms) - ((new Date(ms).getUTCDay() + 6) % 7) * DAY;

const days = (from: number, count: number): Span => [from, from + count * DAY];
const months = (year: number, month: number, count: number): Span => [
  Date.UTC(year, month, 1),
  Date.UTC(year, month + count, 1),
];
function day(year: number, month: number, date: number): Span | null {
  const at = Date.UTC(year, month, date);
  return monthOf(at) === ((month % 12) + 12) % 12 && date > 0 ? days(at, 1) : null;
}

/** The same day of an earlier month, or that month's last day. */
function monthsBack(now: number, count: number): number {
  const first = Date.UTC(yearOf(now), monthOf(now) - count, 1);
  const length = new Date(Date.UTC(yearOf(first), monthOf(first) + 1, 0)).getUTCDate();
  return first + (Math.min(new Date(now).getUTCDate(), length) - 1) * DAY;
}

/** The latest that has begun. Eight years reach over a century without a leap day. */
function latest(inYear: InYear, now: number): Reading {
  for (let year = yearOf(now); year >= yearOf(now) - 8; year--) {
    const span = inYear(year);
    if (span && span[0] <= now) return { span, inYear };
  }
  return { span: null };
}

const MONTH_NAME = `(${MONTHS.map((name) => (name.length > 5 ? `${name}|${name.slice(0, 3)}\\.?` : name)).join('|')}|sept\\.?|apr\\.?|mar\\.?)`;
const monthNumber = (name: string): number => MONTHS.findIndex((month) => month.startsWith(name.slice(0, 3).toLowerCase()));
const DAY_NUMBER = '(\\d{1,2})(?:st|nd|rd|th)?';
const YEAR = '((?:19|20)\\d{2})';
const ORDINALS = ['first', 'second', 'third', 'fourth'];
const NUMBERS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];
const COUNT = `(\\d{1,4}|${NUMBERS.join('|')}|an?|(?:a\\s+)?couple(?:\\s+of)?|(?:a\\s+)?few)`;
const UNIT = '(day|week|month|quarter|year)';
/** Words after which a lone month or year is a date. */
const IN = '(?:in|during|throughout|of|since|before|after|until|till|early|late|mid|year|last|this|next|to)';
const ON = '(?:on|by|since|before|after|until|till|from|to|between|and|of)';

const regex = (source: string): RegExp => new RegExp(`(?<![\\p{L}\\p{N}_])(?:${source})(?![\\p{L}\\p{N}_])`, 'giu');

function count(word: string): number {
  const text = word.toLowerCase();
  if (/^\d/.test(text)) return Number(text);
  if (text.includes('couple')) return 2;
  if (text.includes('few')) return 3;
  return Math.max(1, NUMBERS.indexOf(text) + 1);
}

/** The whole calendar unit that lies `offset` units from the one holding `now`. */
function calendar(unit: string, offset: number, now: number): Span {
  switch (unit.toLowerCase()) {
    case 'day':
      return days(dayOf(now) + offset * DAY, 1);
    case 'week':
      return days(weekOf(now) + offset * 7 * DAY, 7);
    case 'month':
      return months(yearOf(now), monthOf(now) + offset, 1);
    case 'quarter':
      return months(yearOf(now), (Math.floor(monthOf(now) / 3) + offset) * 3, 3);
    default:
      return months(yearOf(now) + offset, 0, 12);
  }
}

/** The last so many units up to the end of today. */
function rolling(unit: string, amount: number, now: number): Span {
  const until = dayOf(now) + DAY;
  const perUnit: Readonly<Record<string, number>> = { month: 1, quarter: 3, year: 12 };
  const inMonths = perUnit[unit.toLowerCase()];
  if (inMonths !== undefined) return [monthsBack(now, amount * inMonths), until];
  return [dayOf(now) - amount * (unit.toLowerCase() === 'week' ? 7 : 1) * DAY, until];
}

const OFFSETS: Readonly<Record<string, number>> = { last: -1, previous: -1, this: 0, current: 0, next: 1 };
const offsetOf = (word: string | undefined): number => OFFSETS[(word ?? '').toLowerCase()] ?? -1;

function weekday(name: string, which: string | undefined, now: number): Span {
  const wanted = WEEKDAYS.indexOf(name.toLowerCase());
  if (which?.toLowerCase() === 'this') return days(weekOf(now) + ((wanted + 6) % 7) * DAY, 1);
  const gap = (wanted - new Date(now).getUTCDay() + 7) % 7 || 7;
  return days(dayOf(now) + (which?.toLowerCase() === 'next' ? gap : gap - (gap === 7 ? 14 : 7)) * DAY, 1);
}

/** "may" and "march" are also verbs: small and followed by a bare number ("may 3 people") they need a preposition. */
const isVerb = (name: string, ordinal: boolean, before: string | undefined): boolean =>
  /^(?:may|march)$/.test(name) && !ordinal && before === undefined;

const PATTERNS: readonly Pattern[] = [
  [
    regex(`(\\d{4})([-/])(\\d{1,2})\\2(\\d{1,2})(?:T[\\d:.]+Z?)?`),
    (m) => ({ span: day(Number(m[1]), Number(m[3]) - 1, Number(m[4])) }),
  ],
];
