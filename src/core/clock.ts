// Time as the product writes it: `YYYY-MM-DD HH:MM:SS`, UTC, whole seconds, sortable as text.

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

export const formatTime = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ');

/** Date.UTC reads years below 100 as 19xx. */
const utc = (y: number, month: number, d: number, h: number, mi: number, s: number): number =>
  y >= 100
    ? Date.UTC(y, month, d, h, mi, s)
    : new Date(0).setUTCFullYear(y, month, d) + ((h * 60 + mi) * 60 + s) * 1000;

/** Four-digit years only: others would not sort as text. */
const FIRST = utc(1, 0, 1, 0, 0, 0);
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59);
const inRange = (ms: number): number | null => (ms >= FIRST && ms <= LAST ? ms : null);

/** As stored, and a real time of day; whether the day exists is left to the general way. */
const STORED = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8]) (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$/;

/**
 * Reads `YYYY-MM-DD`, `YYYY-MM-DD HH:MM[:SS]` (UTC) or RFC 3339 with an offset.
 * @returns epoch milliseconds, or null when the text is none of these or names no real day
 */
export function parseTime(text: string): number | null {
  if (STORED.test(text)) {
    const two = (at: number) => (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
    return inRange(utc(two(0) * 100 + two(2), two(5) - 1, two(8), two(11), two(14), two(17)));
  }
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(
    text.trim(),
  );
  if (!match) return null;
  const [, y, mo, d, h = '00', mi = '00', s = '00', zone = 'Z'] = match;
  if (y === '0000') return null;
  const wall = utc(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s));
  const real = new Date(wall);
  if (real.getUTCMonth() !== Number(mo) - 1 || real.getUTCDate() !== Number(d)) return null;
  if (Number(h) > 23 || Number(mi) > 59 || Number(s) > 59) return null;
  if (zone.toUpperCase() === 'Z') return inRange(wall);
  const sign = zone.startsWith('-') ? 1 : -1;
  const digits = zone.replace(/\D/g, '');
  return inRange(wall + sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000);
}

/** A readable time as stored; `2026-03-01` as an upper bound means the whole day. */
export const endOf = (text: string): string =>
  text.trim().length === 10 ? `${text.trim()} 23:59:59` : formatTime(parseTime(text)!);
