// Vectors of one user side by side in one array, compared all at once.
import type { VectorRecord } from '../../core/ports.ts';
import { Best, type Hit } from './best.ts';
import type { DotBatch } from './dot-batch.ts';
import { checkDims } from './pieces.ts';

/** A row for every piece; removing moves the last row into the gap. */
export class Matrix {
  private readonly dims: number;
  private readonly batch: DotBatch;
  private values: Float32Array;
  /** Of the row at the same place. */
  private readonly ids: number[] = [];
  private readonly parts: number[] = [];
  /** Where a memory lies: one row, which is the rule and costs no array, or one for each piece. */
  private readonly rows = new Map<number, number | number[]>();

  /** @param expected pieces, to make room for at once */
  constructor(dims: number, batch: DotBatch, expected: number) {
    this.dims = dims;
    this.batch = batch;
    this.values = new Float32Array(Math.max(16, expected) * batch.stride);
  }

  /** Pieces. */
  get count(): number {
    return this.ids.length;
  }

  get bytes(): number {
    return this.values.byteLength;
  }

  /** @param pieces all of one memory, in place of those it had */
  replace(memory_id: number, pieces: readonly VectorRecord[]): void {
    this.remove(memory_id);
    for (const piece of pieces) this.add(piece);
  }

  /** @param piece one that is not here yet */
  add(piece: VectorRecord): void {
    checkDims(piece, this.dims);
    const { stride } = this.batch;
    const row = this.count;
    if ((row + 1) * stride > this.values.length) this.grow();
    this.values.set(piece.vector, row * stride);
    this.ids.push(piece.memory_id);
    this.parts.push(piece.part);
    const others = this.rows.get(piece.memory_id);
    if (others === undefined) this.rows.set(piece.memory_id, row);
    else if (typeof others === 'number') this.rows.set(piece.memory_id, [others, row]);
    else others.push(row);
  }

  private grow(): void {
    const larger = new Float32Array(Math.ceil((this.count + 1) * 1.5) * this.batch.stride);
    larger.set(this.values);
    this.values = larger;
  }

  remove(memory_id: number): void {
    const rows = this.rows.get(memory_id);
    if (rows === undefined) return;
    this.rows.delete(memory_id);
    if (typeof rows === 'number') this.removeRow(rows);
    // From the end, so that the row moved into a gap is never one that is still to go.
    else for (const row of rows.sort((a, b) => b - a)) this.removeRow(row);
  }

  private removeRow(row: number): void {
    const last = this.count - 1;
    const id = this.ids.pop()!;
    const part = this.parts.pop()!;
    if (row === last) return;
    const { stride } = this.batch;
    this.values.copyWithin(row * stride, last * stride, (last + 1) * stride);
    this.ids[row] = id;
    this.parts[row] = part;
    const rows = this.rows.get(id)!;
    if (typeof rows === 'number') this.rows.set(id, row);
    else rows[rows.indexOf(last)] = row;
  }

  search(query: Float32Array, limit: number, allowed: ReadonlySet<number> | null): Hit[] {
    const memories = this.rows.size;
    const best = new Best(Math.min(limit, memories), memories < this.count);
    if (best.limit <= 0) return [];
    this.batch.query.set(query);
    // Fetching a row by its id costs more than comparing it, so a large part of all is taken from all.
    if (allowed && allowed.size < memories / 2) this.compareFew(allowed, best);
    else this.compareAll(allowed, best);
    return best.inOrder();
  }

  private compareAll(allowed: ReadonlySet<number> | null, best: Best): void {
    const { ids, parts, values, count } = this;
    const { stride, size, rows, scores } = this.batch;
    for (let from = 0; from < count; from += size) {
      const length = Math.min(size, count - from);
      rows.set(values.subarray(from * stride, (from + length) * stride));
      this.batch.run(length);
      for (let i = 0; i < length; i++) {
        const id = ids[from + i]!;
        if (!allowed || allowed.has(id)) best.offer(id, scores[i]!, parts[from + i]!);
      }
    }
  }

  private compareFew(allowed: ReadonlySet<number>, best: Best): void {
    const { stride, size, rows, scores } = this.batch;
    const taken: number[] = [];
    const compare = () => {
      this.batch.run(taken.length);
      for (const [i, row] of taken.entries()) best.offer(this.ids[row]!, scores[i]!, this.parts[row]!);
      taken.length = 0;
    };
    const take = (row: number) => {
      rows.set(this.values.subarray(row * stride, (row + 1) * stride), taken.length * stride);
      if (taken.push(row) === size) compare();
    };
    for (const id of allowed) {
      const found = this.rows.get(id);
      if (typeof found === 'number') take(found);
      else found?.forEach(take);
    }
    if (taken.length > 0) compare();
  }
}
