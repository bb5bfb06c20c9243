// Trying a database file out: does a memory taken at random come back by its words and by its vector?
import type { Sample } from '../../../core/backup.ts';
import { toFloats } from '../../../core/float-bytes.ts';
import type { Raw } from './connection.ts';
import { tableOf } from './full-text.ts';

/** Words that any tokenizer leaves whole. */
const PLAIN_WORD = /\b[a-z]{4,}\b/gi;
const WORDS = 3;
/** Memories tried until one has such words. */
const TRIES = 20;
/** Vectors compared at most: a user may have very many, and one in so many is no worse a sample. */
const MAX_VECTORS = 50_000;
/** float32 sums in another order differ by less. */
const ROUNDING = 1e-4;

interface MemoryRow {
  id: number;
  user_id: number;
  content: string;
}

const RECALLABLE = 'is_forgotten = 0 and is_latest = 1';
/** From a random id on, or from the first when there is none behind it. */
const randomMemory = (raw: Raw): MemoryRow | undefined =>
  raw
    .prepare(
      `select id, user_id, content from memories where ${RECALLABLE}
        and id >= (select abs(random()) % max(id) + 1 from memories where ${RECALLABLE}) order by id limit 1`,
    )
    .get() as MemoryRow | undefined;

/** The memory must be among those that hold its own longest words. */
export function sampleWords(raw: Raw): Sample {
  for (let i = 0; i < TRIES; i++) {
    const memory = randomMemory(raw);
    if (!memory) break;
    const words = [...new Set(memory.content.match(PLAIN_WORD) ?? [])].sort((a, b) => b.length - a.length);
    if (words.length === 0) continue;
    const table = tableOf(memory.user_id);
    const match = words
      .slice(0, WORDS)
      .map((word) => `"${word}"`)
      .join(' AND ');
    const found = raw.prepare(`select 1 from ${table} where ${table} match ? and rowid = ?`).get(match, memory.id);
    return { by: 'words', outcome: found ? 'found' : 'missed', memory_id: memory.id };
  }
  return { by: 'words', outcome: 'skipped', memory_id: null };
}

interface VectorRow {
  memory_id: number;
  vector: Uint8Array;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Nothing may be nearer to a vector than itself. */
export function sampleVector(raw: Raw): Sample {
  const one = raw
    .prepare(
      `select v.memory_id, v.user_id, v.model, v.dims, v.vector from memory_vectors v
        where v.memory_id >= (select abs(random()) % max(memory_id) + 1 from memory_vectors) order by v.memory_id limit 1`,
    )
    .get() as (VectorRow & { user_id: number; model: string; dims: number }) | undefined;
  if (!one) return { by: 'vector', outcome: 'skipped', memory_id: null };
  const asked = toFloats(one.vector);
  let best = { memory_id: 0, score: Number.NEGATIVE_INFINITY };
  const others = raw
    .prepare('select memory_id, vector from memory_vectors where user_id = ? and model = ? limit ?')
    .iterate(one.user_id, one.model, MAX_VECTORS) as IterableIterator<VectorRow>;
  let whole = asked.length === one.dims;
  for (const { memory_id, vector } of others) {
    const floats = toFloats(vector);
    whole &&= floats.length === asked.length;
    const score = dot(asked, floats);
    if (score > best.score) best = { memory_id, score };
  }
  const found = whole && best.score <= dot(asked, asked) + ROUNDING;
  return { by: 'vector', outcome: found ? 'found' : 'missed', memory_id: one.memory_id };
}
