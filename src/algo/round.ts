/**
 * For showing. Halves go up.
 * @param digits after the point; six unless told, as scores are shown
 */
export function round(n: number, digits = 6): number {
  const scale = 10 ** digits;
  return Math.round(n * scale) / scale;
}
