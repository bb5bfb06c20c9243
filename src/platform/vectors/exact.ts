// Nearest neighbours by comparing with every vector of the user, held in memory and read from SQL on first use.
// Exact, a few dozen milliseconds at 100,000 vectors, and nothing to go stale: what is not in memory is in SQL.
import type { Candidate, ModelIdentity, VectorIndex, VectorRecord, VectorSource } from '../../core/ports.ts';

export interface ExactIndex extends VectorIndex {
  /** Frees a user's vectors; the next search reads them again. */
  forget(user_id: number): void;
  /** Vectors of the user in memory, or null where they are not. */
  loaded(user_id: number): number | null;
}

const PAGE = 2000;

type Change = { put: VectorRecord } | { remove: number };

interface UserVectors {
  /** Null until everything has been read. */
  matrix: Matrix | null;
  loading: Promise<Matrix>;
  /** What was put and removed while the pages were being read; they may hold an older state, so it is applied last. */
  journal: Change[];
}

/** @param options.max_bytes users searched longest ago are freed beyond this */
export function exactIndex(
  source: VectorSource,
  model: ModelIdentity,
  options: { max_bytes?: number } = {},
): ExactIndex {
  const max_bytes = options.max_bytes ?? 2 ** 31;
  /** In order of last search. */
  const users = new Map<number, UserVectors>();

  function load(user_id: number): UserVectors {
    const user: UserVectors = { matrix: null, journal: [], loading: read().then(finish) };
    async function read(): Promise<Matrix> {
      const matrix = new Matrix(model.dims, await source.count(user_id, model.key));
      for (let after = 0; ; ) {
        const page = await source.page(user_id, model.key, after, PAGE);
        for (const record of page) matrix.put(record);
        if (page.length < PAGE) return matrix;
        after = page.at(-1)!.memory_id;
      }
    }
    function finish(matrix: Matrix): Matrix {
      for (const change of user.journal) {
        if ('put' in change) matrix.put(change.put);
        else matrix.remove(change.remove);
      }
      user.journal = [];
      user.matrix = matrix;
      return matrix;
    }
    // Nothing is kept of a failed read, so that the next search tries again; the caller gets the error.
    user.loading.catch(() => {
      if (users.get(user_id) === user) users.delete(user_id);
    });
    return user;
  }

  function trim(): void {
    let total = 0;
    for (const user of users.values()) total += user.matrix?.bytes ?? 0;
    for (const [user_id, user] of users) {
      if (total <= max_bytes || users.size === 1) return;
      if (!user.matrix) continue;
      total -= user.matrix.bytes;
      users.delete(user_id);
    }
  }

  function change(user_id: number, what: Change): void {
    // A user nobody searched is not in memory: the change is committed, so the first search will read it.
    const user = users.get(user_id);
    if (!user?.matrix) user?.journal.push(what);
    else if ('put' in what) user.matrix.put(what.put);
    else user.matrix.remove(what.remove);
  }

  return {
    name: 'exact',
    async put(records) {
      for (const record of records) checkDims(record, model.dims);
      for (const record of records) change(record.user_id, { put: record });
    },
    async remove(user_id, memory_ids) {
      for (const id of memory_ids) change(user_id, { remove: id });
    },
    async search(user_id, query, limit, allowed) {
      if (query.length !== model.dims)
        throw new Error(`A query of ${query.length} numbers, the model has ${model.dims}`);
      const found = users.get(user_id);
      const user = found ?? load(user_id);
      users.delete(user_id);
      users.set(user_id, user);
      const matrix = user.matrix ?? (await user.loading);
      if (!found) trim();
      return matrix.search(query, limit, allowed);
    },
    forget(user_id) {
      users.delete(user_id);
    },
    loaded(user_id) {
      return users.get(user_id)?.matrix?.count ?? null;
    },
    async close() {
      users.clear();
    },
  };
}

export function checkDims(record: VectorRecord, dims: number): void {
  if (record.vector.length === dims) return;
  throw new Error(`The vector of memory ${record.memory_id} has ${record.vector.length} numbers instead of ${dims}`);
}

/** Vectors side by side in one array; removing moves the last one into the gap. */
class Matrix {
  readonly dims: number;
  count = 0;
  private values: Float32Array;
  private readonly ids: number[] = [];
  private readonly rows = new Map<number, number>();

  constructor(dims: number, expected: number) {
    this.dims = dims;
    this.values = new Float32Array(Math.max(16, expected) * dims);
  }

  get bytes(): number {
    return this.values.byteLength;
  }

  put(record: VectorRecord): void {
    checkDims(record, this.dims);
    let row = this.rows.get(record.memory_id);
    if (row === undefined) {
      row = this.count++;
      if (this.count * this.dims > this.values.length) this.grow();
      this.ids[row] = record.memory_id;
      this.rows.set(record.memory_id, row);
    }
    this.values.set(record.vector, row * this.dims);
  }

  private grow(): void {
    const larger = new Float32Array(Math.ceil(this.count * 1.5) * this.dims);
    larger.set(this.values);
    this.values = larger;
  }

  remove(id: number): void {
    const row = this.rows.get(id);
    if (row === undefined) return;
    this.rows.delete(id);
    const last = --this.count;
    const moved = this.ids.pop()!;
    if (row === last) return;
    this.values.copyWithin(row * this.dims, last * this.dims, (last + 1) * this.dims);
    this.ids[row] = moved;
    this.rows.set(moved, row);
  }

  search(query: Float32Array, limit: number, allowed: ReadonlySet<number> | null): Candidate[] {
    const best = new Best(Math.min(limit, this.count));
    if (best.limit <= 0) return [];
    const { ids, values, dims } = this;
    if (allowed && allowed.size < this.count) {
      for (const id of allowed) {
        const row = this.rows.get(id);
        if (row !== undefined) best.offer(id, dot(values, row * dims, query, dims));
      }
      return best.inOrder();
    }
    for (let row = 0; row < this.count; row++) {
      const id = ids[row]!;
      if (allowed && !allowed.has(id)) continue;
      best.offer(id, dot(values, row * dims, query, dims));
    }
    return best.inOrder();
  }
}

/** Four sums at once: one alone would wait for each addition before the next, at about half the speed. */
function dot(values: Float32Array, start: number, query: Float32Array, dims: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (const whole = dims - 3; i < whole; i += 4) {
    const at = start + i;
    a += values[at]! * query[i]!;
    b += values[at + 1]! * query[i + 1]!;
    c += values[at + 2]! * query[i + 2]!;
    d += values[at + 3]! * query[i + 3]!;
  }
  for (; i < dims; i++) a += values[start + i]! * query[i]!;
  return a + b + (c + d);
}

/** The `limit` best seen so far, as a heap with the worst on top. */
class Best {
  readonly limit: number;
  private readonly heap: Candidate[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  offer(id: number, score: number): void {
    const { heap } = this;
    if (heap.length < this.limit) {
      if (Number.isNaN(score)) return;
      heap.push({ id, score });
      this.rise(heap.length - 1);
      return;
    }
    const worst = heap[0]!;
    if (!(score > worst.score || (score === worst.score && id > worst.id))) return;
    heap[0] = { id, score };
    this.sink();
  }

  private rise(from: number): void {
    const { heap } = this;
    for (let child = from; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (byScore(heap[child]!, heap[parent]!) <= 0) return;
      [heap[child], heap[parent]] = [heap[parent]!, heap[child]!];
      child = parent;
    }
  }

  private sink(): void {
    const { heap } = this;
    for (let parent = 0; ; ) {
      let worst = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < heap.length && byScore(heap[child]!, heap[worst]!) > 0) worst = child;
      }
      if (worst === parent) return;
      [heap[parent], heap[worst]] = [heap[worst]!, heap[parent]!];
      parent = worst;
    }
  }

  inOrder(): Candidate[] {
    return this.heap.sort(byScore);
  }
}

/** Best first; of equals the larger id, which is the later memory. */
export const byScore = (a: Candidate, b: Candidate): number => b.score - a.score || b.id - a.id;
