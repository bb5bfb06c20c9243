// Finds the first date or period an English question names and turns it into a range of time. All days are UTC days.
import { dayStart, type Span, yearOf } from './calendar.ts';
import { DAY_MS } from './durations.ts';
import { PATTERNS, type Reading } from './temporal-patterns.ts';

export interface TimeRange {
  /** Epoch milliseconds. */
  from: number;
  /** Exclusive. */
  until: number;
  /** The words of the query that say so. */
  text: string;
}

/** Open ends: the first and last moment that `YYYY-MM-DD HH:MM:SS` can write for a year of the common era. */
export const EARLIEST = -62_135_596_800_000;
export const LATEST = 253_402_300_799_000;
/** Only this much of a query, in UTF-16 units, is searched for dates. */
export const MAX_DATE_TEXT = 4_096;
/** How far back to look for the words that bend a date ("since", "in the"). */
const BEFORE = 24;

interface Found extends Reading {
  start: number;
  end: number;
}

/** All dates in order; of overlapping ones the one that starts first, then the longest. */
function findDates(query: string, now: number): Found[] {
  const all: Found[] = [];
  for (const [regex, read] of PATTERNS) {
    for (const match of query.matchAll(regex)) {
      const start = match.index;
      const reading = read(match, now, query.slice(Math.max(0, start - BEFORE), start));
      if (reading) all.push({ ...reading, start, end: start + match[0].length });
    }
  }
  all.sort((a, b) => a.start - b.start || b.end - a.end || Number(a.weak ?? false) - Number(b.weak ?? false));
  const kept: Found[] = [];
  for (const found of all) if (found.start >= (kept.at(-1)?.end ?? 0)) kept.push(found);
  return kept;
}

const OPERATOR = /\b(since|before|prior\s+to|after|until|till|up\s+to|between|from)\s+(?:(?:the|year)\s+)*$/i;
const LINK = /^\s*,?\s*(and|to|until|till|through|thru|[-–—])\s*(?:the\s+)?$/i;
const ONWARDS = /^\s+(?:onwards?|forward)\b/i;

/** Both ends of "between A and B"; a missing year comes from the other end, or is the latest that makes sense. */
function spanOf(first: Found, last: Found): Span {
  let [a, b] = [first.span, last.span];
  const { inYear } = first;
  if (inYear && !last.inYear) a = inYear(yearOf(b[0])) ?? a;
  if (inYear && a[0] > b[0]) a = inYear(yearOf(a[0]) - 1) ?? a;
  if (last.inYear && !inYear) {
    b = last.inYear(yearOf(a[0])) ?? b;
    if (b[0] < a[0]) b = last.inYear(yearOf(a[0]) + 1) ?? b;
  }
  return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
}

function bend(operator: string | undefined, [from, until]: Span, now: number): Span {
  switch (operator) {
    case 'since':
      return [from, Math.max(until, dayStart(now) + DAY_MS)];
    case 'after':
      return [until, LATEST];
    case 'before':
    case 'prior to':
      return [EARLIEST, from];
    case 'until':
    case 'till':
    case 'up to':
      return [EARLIEST, until];
    default:
      return [from, until];
  }
}

/** @returns null when the query names no date */
export function parseTimeRange(query: string, nowMs: number): TimeRange | null {
  const text = query.slice(0, MAX_DATE_TEXT);
  const dates = findDates(text, nowMs);
  for (const [i, date] of dates.entries()) {
    const next = dates[i + 1];
    const between = next ? text.slice(date.end, next.start) : '';
    if (date.weekday && next && !next.weekday && !next.weak && /^\s*,?\s*(?:the\s+)?$/i.test(between)) continue;

    const before = OPERATOR.exec(text.slice(Math.max(0, date.start - BEFORE), date.start));
    const operator = before?.[1]?.toLowerCase().replace(/\s+/g, ' ');
    const start = date.start - (before?.[0].length ?? 0);
    const link = next && LINK.exec(between)?.[1]?.toLowerCase();
    const paired = link === 'and' ? operator === 'between' : operator === 'from' || operator === 'between';
    if (next && link && (paired || (link !== 'and' && operator === undefined && !date.weak && !next.weak))) {
      const [from, until] = spanOf(date, next);
      return { from, until: Math.min(until, LATEST), text: text.slice(start, next.end) };
    }
    if (date.weak) continue;
    const onwards = operator === 'from' && ONWARDS.test(text.slice(date.end, date.end + BEFORE));
    const [from, until] = bend(onwards ? 'since' : operator, date.span, nowMs);
    if (from < until) return { from, until: Math.min(until, LATEST), text: text.slice(start, date.end) };
  }
  return null;
}
