// Where a server that asks for changes goes on: in three lists, each in its own order.

export interface Cursor {
  /** Memories by id: everything that was ever stored comes once. */
  id: number;
  /** Changes by time, and by id within a second. */
  at: string;
  at_id: number;
  /** Erasures by time, and by sync id within a second. */
  erased_at: string;
  erased: string;
}

const SIGN = '~';

export const writeCursor = ({ id, at, at_id, erased_at, erased }: Cursor): string =>
  [id, at, at_id, erased_at, erased].join(SIGN);

/** @returns null for what is none */
export function readCursor(text: string): Cursor | null {
  const parts = text.split(SIGN);
  const [id, at, at_id, erased_at] = parts;
  const number = (one: string | undefined) => (one !== undefined && /^\d{1,15}$/.test(one) ? Number(one) : null);
  const [a, b] = [number(id), number(at_id)];
  if (a === null || b === null || at === undefined || erased_at === undefined || parts.length < 5) return null;
  return { id: a, at, at_id: b, erased_at, erased: parts.slice(4).join(SIGN) };
}
