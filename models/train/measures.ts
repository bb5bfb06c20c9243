// Measures of similarity and retrieval, for `evaluate.ts`.

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}

/** Ranks from 1, equal values sharing the mean of theirs. */
function ranks(values: readonly number[]): number[] {
  const order = values.map((_, at) => at).sort((a, b) => values[a]! - values[b]!);
  const result = new Array<number>(values.length);
  for (let first = 0; first < order.length; ) {
    let last = first;
    while (last + 1 < order.length && values[order[last + 1]!] === values[order[first]!]) last++;
    for (let at = first; at <= last; at++) result[order[at]!] = (first + last) / 2 + 1;
    first = last + 1;
  }
  return result;
}

export function spearman(left: readonly number[], right: readonly number[]): number {
  const [a, b] = [ranks(left), ranks(right)];
  const mean = (a.length + 1) / 2;
  let [both, one, other] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    both += (a[at]! - mean) * (b[at]! - mean);
    one += (a[at]! - mean) ** 2;
    other += (b[at]! - mean) ** 2;
  }
  return both / Math.sqrt(one * other);
}

/** Share of the wanted ids among the found ones. */
export const recallAt = (found: readonly string[], wanted: ReadonlyMap<string, number>): number =>
  found.filter((id) => wanted.has(id)).length / wanted.size;

export function ndcgAt(found: readonly string[], wanted: ReadonlyMap<string, number>): number {
  const gain = (scores: readonly number[]) =>
    scores.reduce((sum, score, place) => sum + score / Math.log2(place + 2), 0);
  const ideal = [...wanted.values()].sort((a, b) => b - a).slice(0, found.length);
  return gain(found.map((id) => wanted.get(id) ?? 0)) / gain(ideal);
}
