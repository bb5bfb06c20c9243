// Days, weeks, months, quarters and years as ranges of epoch milliseconds. Everything is UTC; weeks start on Monday.
import { DAY_MS } from './durations.ts';
import { WEEKDAYS } from './text.ts';

/** From, and until (exclusive). */
export type Span = readonly [from: number, until: number];
export type Unit = 'day' | 'week' | 'month' | 'quarter' | 'year';

export const dayStart = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS;
export const yearOf = (ms: number): number => new Date(ms).getUTCFullYear();
const monthOf = (ms: number): number => new Date(ms).getUTCMonth();
const weekStart = (ms: number): number => dayStart(ms) - ((new Date(ms).getUTCDay() + 6) % 7) * DAY_MS;

export const daysFrom = (from: number, count: number): Span => [from, from + count * DAY_MS];

/** @param month from 0; may lie outside the year */
export const monthsFrom = (year: number, month: number, count: number): Span => [
  Date.UTC(year, month, 1),
  Date.UTC(year, month + count, 1),
];

/** @returns null when there is no such day */
export function dayOf(year: number, month: number, date: number): Span | null {
  const at = Date.UTC(year, month, date);
  const real = new Date(at);
  return real.getUTCMonth() === month && real.getUTCDate() === date ? daysFrom(at, 1) : null;
}

/** The whole unit that lies `offset` units from the one holding `now`. */
export function calendarUnit(unit: Unit, offset: number, now: number): Span {
  switch (unit) {
    case 'day':
      return daysFrom(dayStart(now) + offset * DAY_MS, 1);
    case 'week':
      return daysFrom(weekStart(now) + offset * 7 * DAY_MS, 7);
    case 'month':
      return monthsFrom(yearOf(now), monthOf(now) + offset, 1);
    case 'quarter':
      return monthsFrom(yearOf(now), (Math.floor(monthOf(now) / 3) + offset) * 3, 3);
    case 'year':
      return monthsFrom(yearOf(now) + offset, 0, 12);
  }
}

/** The same day so many months earlier, or that month's last day. */
function monthsBack(now: number, count: number): number {
  const [first, next] = monthsFrom(yearOf(now), monthOf(now) - count, 1);
  return first + Math.min(new Date(now).getUTCDate() - 1, (next - first) / DAY_MS - 1) * DAY_MS;
}

const MONTHS_IN: Readonly<Record<'month' | 'quarter' | 'year', number>> = { month: 1, quarter: 3, year: 12 };

/** The last so many units, up to the end of today. */
export function rolling(unit: Unit, amount: number, now: number): Span {
  const until = dayStart(now) + DAY_MS;
  if (unit === 'day' || unit === 'week') return [dayStart(now) - amount * (unit === 'week' ? 7 : 1) * DAY_MS, until];
  return [monthsBack(now, amount * MONTHS_IN[unit]), until];
}

/** The weekday of this week, the next one to come, or the last one before today. */
export function weekday(name: string, which: 'last' | 'this' | 'next', now: number): Span {
  const wanted = WEEKDAYS.indexOf(name);
  const today = new Date(now).getUTCDay();
  if (which === 'this') return daysFrom(weekStart(now) + ((wanted + 6) % 7) * DAY_MS, 1);
  if (which === 'next') return daysFrom(dayStart(now) + ((wanted - today + 7) % 7 || 7) * DAY_MS, 1);
  return daysFrom(dayStart(now) - ((today - wanted + 7) % 7 || 7) * DAY_MS, 1);
}

/** Saturday and Sunday of the week `offset` weeks from the one holding `now`. */
export const weekend = (offset: number, now: number): Span => daysFrom(weekStart(now) + (offset * 7 + 5) * DAY_MS, 2);
