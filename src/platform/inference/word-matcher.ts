// Compares the words of a question with those of a text one by one, by the rows of a model's table: late interaction as in
// ColBERT (Khattab & Zaharia 2020), with static vectors. It sees what a mean of vectors hides: that "yoga" answers
// "exercise" however much else the text says.
import type { WordMatcher } from '../../core/ports.ts';
import { sketchBatch } from '../vectors/sketch.ts';
import type { TokenEncoder } from './model-folder.ts';
import type { SentenceTables } from './onnx-tables.ts';

/** Tokens of a question that are compared, the weightiest first. */
const MOST_ASKED = 8;
/** Written words whose tokens are kept: texts are made of the same ones again and again. Longer ones are hardly met again. */
const WORDS = { kept: 50_000, chars: 24 };
/** Texts whose tokens are kept: what answers one question often answers the next. Some kilobytes each. */
const TEXTS = { kept: 4_000, chars: 2_000 };

/** @param scales what a token weighs, times the length of its row */
export function createWordMatcher(
  { dims, rows, scales }: Pick<SentenceTables, 'dims' | 'rows' | 'scales'>,
  { encode, wordless }: Pick<TokenEncoder, 'encode' | 'wordless'>,
) {
  /** Tokens that stand for what is between two spaces. Added tokens may lie behind the table. */
  const tokensOf = remembering(WORDS, (written) =>
    encode(written).filter((id) => id < scales.length && !wordless.has(id)),
  );
  const written = (text: string): string[] => text.split(/\s+/);
  /** Each once. */
  const tokensIn = remembering(TEXTS, (text) => Int32Array.from(new Set(written(text).flatMap(tokensOf))));

  const lengths = new Float64Array(scales.length);
  const lengthOf = (id: number): number => {
    if (lengths[id] === 0) {
      let squares = 0;
      for (let at = id * dims, end = at + dims; at < end; at++) squares += rows[at]! * rows[at]!;
      lengths[id] = Math.sqrt(squares);
    }
    return lengths[id]!;
  };

  const rowOf = (id: number): Int8Array => rows.subarray(id * dims, (id + 1) * dims);
  const batch = sketchBatch(dims);

  /** Products of the rows of `ids` with those of `asked`, [asked, ids]. Sums of bytes: 2 ** 14 a step leave room for long rows. */
  function products(asked: readonly number[], ids: readonly number[]): Int32Array {
    const sums = new Int32Array(asked.length * ids.length);
    const size = batch?.size ?? ids.length;
    for (let from = 0; from < ids.length; from += size) {
      const some = ids.slice(from, from + size);
      if (batch) for (const [i, id] of some.entries()) batch.rows.set(rowOf(id), i * batch.stride);
      for (const [n, word] of asked.entries()) {
        const at = n * ids.length + from;
        if (!batch)
          sums.set(
            some.map((id) => product(rowOf(word), rowOf(id))),
            at,
          );
        else {
          batch.query.set(rowOf(word));
          batch.run(some.length);
          sums.set(batch.sums.subarray(0, some.length), at);
        }
      }
    }
    return sums;
  }

  return (question: string): WordMatcher => {
    const asked = [...new Set(written(question).flatMap(tokensOf))]
      .map((id) => ({ id, length: lengthOf(id), weight: scales[id]! * lengthOf(id) }))
      .filter(({ weight }) => weight > 0)
      .sort((a, b) => b.weight - a.weight || a.id - b.id)
      .slice(0, MOST_ASKED);
    const total = asked.reduce((sum, { weight }) => sum + weight, 0);
    const askedIds = asked.map(({ id }) => id);
    /** 0..1 for each word of the question; opposites have nothing in common either. */
    const seen = new Map<number, Float64Array>();
    const compareWith = (ids: readonly number[]): void => {
      const sums = products(askedIds, ids);
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i]!;
        const length = lengthOf(id) || 1;
        const cosines = new Float64Array(asked.length);
        for (let n = 0; n < cosines.length; n++) {
          const cosine = sums[n * ids.length + i]! / (length * asked[n]!.length);
          cosines[n] = askedIds[n] === id ? 1 : Math.min(1, Math.max(0, cosine));
        }
        seen.set(id, cosines);
      }
    };
    const best = new Float64Array(asked.length);
    return (text) => {
      if (total === 0) return 0;
      best.fill(0);
      const ids = tokensIn(text);
      const fresh: number[] = [];
      for (const id of ids) if (!seen.has(id)) fresh.push(id);
      if (fresh.length > 0) compareWith(fresh);
      for (const id of ids) {
        const cosines = seen.get(id)!;
        for (let n = 0; n < best.length; n++) if (cosines[n]! > best[n]!) best[n] = cosines[n]!;
      }
      return asked.reduce((sum, { weight }, n) => sum + weight * best[n]!, 0) / total;
    };
  };
}

/** For engines without 128-bit instructions. */
function product(a: Int8Array, b: Int8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Keeps what was read from the texts met last; those met again while they are kept stay. */
function remembering<T>(limits: { kept: number; chars: number }, read: (text: string) => T): (text: string) => T {
  let recent = new Map<string, T>();
  let older = recent;
  return (text) => {
    const known = recent.get(text);
    if (known !== undefined) return known;
    const value = older.get(text) ?? read(text);
    if (text.length > limits.chars) return value;
    if (recent.size >= limits.kept / 2) {
      older = recent;
      recent = new Map();
    }
    recent.set(text, value);
    return value;
  };
}
