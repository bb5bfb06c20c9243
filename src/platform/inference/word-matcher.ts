// Compares the words of a question with those of a text one by one, by the rows of a model's table: late interaction as in
// ColBERT (Khattab & Zaharia 2020), with static vectors. It sees what a mean of vectors hides: that "yoga" answers
// "exercise" however much else the text says.
import type { WordMatcher } from '../../core/ports.ts';
import type { SentenceTables } from './onnx-tables.ts';

/** Tokens of a question that are compared, the weightiest first. */
const MOST_TOKENS = 8;
/** Texts whose tokens are kept: what one search reads, another often reads again. */
const KEPT_TEXTS = 4_096;

/** @param encode ids of the tokens of a text */
export function createWordMatcher({ dims, rows, scales }: SentenceTables, encode: (text: string) => readonly number[]) {
  const norms = new Float32Array(scales.length);
  const normOf = (id: number): number => {
    const known = norms[id]!;
    if (known > 0) return known;
    let squares = 0;
    for (let at = id * dims, end = at + dims; at < end; at++) squares += rows[at]! * rows[at]!;
    const norm = Math.max(Math.sqrt(squares), Number.MIN_VALUE);
    norms[id] = norm;
    return norm;
  };

  const tokens = new Map<string, Int32Array>();
  function tokensOf(text: string): Int32Array {
    const known = tokens.get(text);
    if (known) return known;
    const ids = Int32Array.from(new Set(encode(text)));
    if (tokens.size >= KEPT_TEXTS) tokens.delete(tokens.keys().next().value!);
    tokens.set(text, ids);
    return ids;
  }

  /** Cosines of one token with each of the question's, clipped at 0. */
  function compare(asked: Int32Array, vectors: Float32Array, id: number): Float32Array {
    const cosines = new Float32Array(asked.length);
    const norm = normOf(id);
    const start = (id * dims) | 0;
    for (let n = 0; n < asked.length; n++) {
      if (asked[n] === id) {
        cosines[n] = 1;
        continue;
      }
      let dot = 0;
      let at = start;
      for (let i = (n * dims) | 0, end = (i + dims) | 0; i < end; i = (i + 1) | 0) {
        dot += vectors[i]! * rows[at]!;
        at = (at + 1) | 0;
      }
      cosines[n] = Math.max(0, dot / norm);
    }
    return cosines;
  }

  return (question: string): WordMatcher => {
    const weighed = [...new Set(encode(question))]
      .map((id) => ({ id, weight: scales[id]! * normOf(id) }))
      .sort((a, b) => b.weight - a.weight)
      .slice(0, MOST_TOKENS);
    const total = weighed.reduce((sum, { weight }) => sum + weight, 0);
    const asked = Int32Array.from(weighed, ({ id }) => id);
    const vectors = new Float32Array(asked.length * dims);
    for (const [n, id] of asked.entries()) {
      const norm = normOf(id);
      for (let i = 0; i < dims; i++) vectors[n * dims + i] = rows[id * dims + i]! / norm;
    }
    const seen = new Map<number, Float32Array>();
    const best = new Float32Array(asked.length);
    return (text) => {
      if (total === 0) return 0;
      best.fill(0);
      for (const id of tokensOf(text)) {
        let cosines = seen.get(id);
        if (!cosines) {
          cosines = compare(asked, vectors, id);
          seen.set(id, cosines);
        }
        for (let n = 0; n < best.length; n++) if (cosines[n]! > best[n]!) best[n] = cosines[n]!;
      }
      let sum = 0;
      for (let n = 0; n < best.length; n++) sum += weighed[n]!.weight * best[n]!;
      return sum / total;
    };
  };
}
