// Compares the words of a question with those of a text one by one, by the rows of a model's table: late interaction as in
// ColBERT (Khattab & Zaharia 2020), with static vectors. It sees what a mean of vectors hides: that "yoga" answers
// "exercise" however much else the text says.
import type { WordMatcher } from '../../core/ports.ts';
import type { TokenEncoder } from './model-folder.ts';
import type { SentenceTables } from './onnx-tables.ts';

/** Tokens of a question that are compared, the weightiest first; `products` is written for so many. */
const LANES = 8;
/** Written words whose tokens are kept: texts are made of the same ones again and again. */
const KEPT_WORDS = 50_000;
/** Longer ones are hardly met again; scripts without spaces come as such. */
const KEPT_CHARS = 24;

/** @param scales what a token weighs, times the length of its row */
export function createWordMatcher(
  { dims, rows, scales }: Pick<SentenceTables, 'dims' | 'rows' | 'scales'>,
  { encode, wordless }: Pick<TokenEncoder, 'encode' | 'wordless'>,
) {
  /** Tokens that stand for what is between two spaces. Added tokens may lie behind the table. */
  const tokensOf = remembering((written) => encode(written).filter((id) => id < scales.length && !wordless.has(id)));
  const written = (text: string): string[] => text.split(/\s+/);

  const lengths = new Float64Array(scales.length);
  const lengthOf = (id: number): number => {
    if (lengths[id] === 0) {
      let squares = 0;
      for (let at = id * dims, end = at + dims; at < end; at++) squares += rows[at]! * rows[at]!;
      lengths[id] = Math.sqrt(squares);
    }
    return lengths[id]!;
  };

  /** Rows side by side, [dims, LANES], so that one pass over a row compares it with all of them. */
  function abreast(ids: readonly number[]): Int8Array {
    const lanes = new Int8Array(dims * LANES);
    for (const [n, id] of ids.entries()) {
      for (let i = 0; i < dims; i++) lanes[i * LANES + n] = rows[id * dims + i]!;
    }
    return lanes;
  }

  /**
   * Products of a row with each of those, in whole numbers and side by side: a quarter of the time that one after the
   * other takes in floating point. 2 ** 14 a step leave room for rows of 130,000.
   */
  function products(lanes: Int8Array, id: number): [number, number, number, number, number, number, number, number] {
    let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
    let at = (id * dims) | 0;
    const end = lanes.length;
    for (let i = 0; i < end; i = (i + LANES) | 0) {
      const x = rows[at]!;
      at = (at + 1) | 0;
      a = (a + Math.imul(x, lanes[i]!)) | 0;
      b = (b + Math.imul(x, lanes[i + 1]!)) | 0;
      c = (c + Math.imul(x, lanes[i + 2]!)) | 0;
      d = (d + Math.imul(x, lanes[i + 3]!)) | 0;
      e = (e + Math.imul(x, lanes[i + 4]!)) | 0;
      f = (f + Math.imul(x, lanes[i + 5]!)) | 0;
      g = (g + Math.imul(x, lanes[i + 6]!)) | 0;
      h = (h + Math.imul(x, lanes[i + 7]!)) | 0;
    }
    return [a, b, c, d, e, f, g, h];
  }

  return (question: string): WordMatcher => {
    const asked = [...new Set(written(question).flatMap(tokensOf))]
      .map((id) => ({ id, length: lengthOf(id), weight: scales[id]! * lengthOf(id) }))
      .filter(({ weight }) => weight > 0)
      .sort((a, b) => b.weight - a.weight || a.id - b.id)
      .slice(0, LANES);
    const total = asked.reduce((sum, { weight }) => sum + weight, 0);
    const lanes = abreast(asked.map(({ id }) => id));
    /** 0..1 for each word of the question; opposites have nothing in common either. */
    const cosinesOf = (id: number): Float64Array => {
      const cosines = new Float64Array(asked.length);
      const sums = products(lanes, id);
      const length = lengthOf(id) || 1;
      for (let n = 0; n < cosines.length; n++) {
        const word = asked[n]!;
        cosines[n] = word.id === id ? 1 : Math.min(1, Math.max(0, sums[n]! / (length * word.length)));
      }
      return cosines;
    };
    const seen = new Map<number, Float64Array>();
    const best = new Float64Array(asked.length);
    return (text) => {
      if (total === 0) return 0;
      best.fill(0);
      for (const word of written(text)) {
        for (const id of tokensOf(word)) {
          let cosines = seen.get(id);
          if (!cosines) {
            cosines = cosinesOf(id);
            seen.set(id, cosines);
          }
          for (let n = 0; n < best.length; n++) if (cosines[n]! > best[n]!) best[n] = cosines[n]!;
        }
      }
      return asked.reduce((sum, { weight }, n) => sum + weight * best[n]!, 0) / total;
    };
  };
}

/** Keeps what was read from the words met last; those met again while they are kept stay. */
function remembering(read: (word: string) => readonly number[]): (word: string) => readonly number[] {
  let recent = new Map<string, readonly number[]>();
  let older = recent;
  return (word) => {
    const known = recent.get(word);
    if (known) return known;
    const ids = older.get(word) ?? read(word);
    if (word.length > KEPT_CHARS) return ids;
    if (recent.size >= KEPT_WORDS / 2) {
      older = recent;
      recent = new Map();
    }
    recent.set(word, ids);
    return ids;
  };
}
