// What changed between two texts, word by word.

export interface Piece {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Above this many comparisons the texts are shown one after the other: nobody reads such a diff. */
const MOST_CELLS = 4_000_000;

/** Pieces in reading order; what went stands before what came. Put together without one kind, they are one of the texts. */
export function wordDiff(before: string, after: string): Piece[] {
  const [a, b] = [words(before), words(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  return joined([
    ...a.slice(0, start).map((text): Piece => ({ kind: 'same', text })),
    ...between(left, right),
    ...a.slice(a.length - end).map((text): Piece => ({ kind: 'same', text })),
  ]);
}

/** Words with the space behind them; scripts without spaces go character by character. */
const words = (text: string): string[] =>
  text.match(
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+|\s+/gu,
  ) ?? [];

function between(a: readonly string[], b: readonly string[]): Piece[] {
  const all = (kind: 'removed' | 'added', list: readonly string[]): Piece[] => list.map((text) => ({ kind, text }));
  if (a.length * b.length > MOST_CELLS) return [...all('removed', a), ...all('added', b)];
  // Longest common subsequence, told from the end so that it can be walked from the beginning.
  const width = b.length + 1;
  const length = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      length[i * width + j] =
        a[i] === b[j]
          ? length[(i + 1) * width + j + 1]! + 1
          : Math.max(length[(i + 1) * width + j]!, length[i * width + j + 1]!);
  const pieces: Piece[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) pieces.push({ kind: 'same', text: a[i++]! }) && j++;
    else if (length[(i + 1) * width + j]! >= length[i * width + j + 1]!)
      pieces.push({ kind: 'removed', text: a[i++]! });
    else pieces.push({ kind: 'added', text: b[j++]! });
  }
  return [...pieces, ...all('removed', a.slice(i)), ...all('added', b.slice(j))];
}

/** Neighbours of one kind become one piece; a run of changes tells first all that went, then all that came. */
function joined(pieces: readonly Piece[]): Piece[] {
  const out: Piece[] = [];
  let [removed, added] = ['', ''];
  const settle = () => {
    if (removed !== '') out.push({ kind: 'removed', text: removed });
    if (added !== '') out.push({ kind: 'added', text: added });
    [removed, added] = ['', ''];
  };
  for (const [at, { kind, text }] of pieces.entries()) {
    const inside = kind === 'same' && /^\s+$/.test(text) && (removed !== '' || added !== '');
    if (kind === 'removed') removed += text;
    else if (kind === 'added') added += text;
    else if (inside && at + 1 < pieces.length && pieces[at + 1]!.kind !== 'same') {
      removed += text;
      added += text;
    } else {
      settle();
      const last = out.at(-1);
      if (last?.kind === 'same') out[out.length - 1] = { kind, text: last.text + text };
      else out.push({ kind, text });
    }
  }
  settle();
  return out;
}
