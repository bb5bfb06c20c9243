// Lists of ids for `in (...)`, padded to few lengths so that prepared statements are found again.

/** Repeats the last id up to the next power of two; `in` does not mind. The list must not be empty. */
export function padIds(ids: readonly number[]): number[] {
  const size = 2 ** Math.ceil(Math.log2(Math.max(ids.length, 8)));
  const last = ids[ids.length - 1]!;
  return Array.from({ length: size }, (_, i) => ids[i] ?? last);
}
