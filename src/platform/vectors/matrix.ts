// Vectors of one user side by side in one array, compared all at once.
import type { VectorRecord } from '../../core/ports.ts';
import { Best, type Hit } from './best.ts';
import type { DotBatch } from './dot-batch.ts';
import { checkDims } from './pieces.ts';
import { type SketchBatch, Sketches } from './sketch.ts';

/** With fewer rows than this, comparing them all costs less than looking twice. */
const WORTH_SKETCHING = 2000;

/** A row for every piece; removing moves the last row into the gap. */
export class Matrix {
  private readonly dims: number;
  private readonly batch: DotBatch;
  private readonly sketch: SketchBatch | null;
  /** From the first time that there were enough rows. */
  private sketches: Sketches | null = null;
  private values: Float32Array;
  /** Of the row at the same place. */
  private readonly ids: number[] = [];
  private readonly parts: number[] = [];
  /** Where a memory lies: one row, which is the rule and costs no array, or one for each piece. */
  private readonly rows = new Map<number, number | number[]>();

  /**
   * @param sketch where sketches are compared; null to compare with all vectors always
   * @param expected pieces, to make room for at once
   */
  constructor(dims: number, batch: DotBatch, sketch: SketchBatch | null, expected: number) {
    this.dims = dims;
    this.batch = batch;
    this.sketch = sketch;
    this.values = new Float32Array(Math.max(16, expected) * batch.stride);
  }

  /** Pieces. */
  get count(): number {
    return this.ids.length;
  }

  get bytes(): number {
    return this.values.byteLength + (this.sketches?.bytes ?? 0);
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
    if (this.sketches) this.sketches.set(row, piece.vector);
    else if (this.sketch && row + 1 >= WORTH_SKETCHING) this.sketches = this.sketchAll(this.sketch, row + 1);
    this.ids.push(piece.memory_id);
    this.parts.push(piece.part);
    const others = this.rows.get(piece.memory_id);
    if (others === undefined) this.rows.set(piece.memory_id, row);
    else if (typeof others === 'number') this.rows.set(piece.memory_id, [others, row]);
    else others.push(row);
  }

  private sketchAll(sketch: SketchBatch, count: number): Sketches {
    const { stride } = this.batch;
    const sketches = new Sketches(sketch, Math.ceil(this.values.length / stride));
    for (let row = 0; row < count; row++)
      sketches.set(row, this.values.subarray(row * stride, row * stride + this.dims));
    return sketches;
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
    this.sketches?.move(last, row);
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
    else if (this.sketches && this.count >= WORTH_SKETCHING) this.comparePromising(query, this.sketches, allowed, best);
    else this.compareAll(allowed, best);
    return best.inOrder();
  }

  /** Those whose sketch leaves it open whether they are among the best. */
  private comparePromising(
    query: Float32Array,
    sketches: Sketches,
    allowed: ReadonlySet<number> | null,
    best: Best,
  ): void {
    const { ids, parts, count } = this;
    const { middle, off } = sketches.compare(query, count);
    // As many as are wanted reach at least this.
    const sure = new Best(best.limit, this.rows.size < count);
    let least = sure.least;
    for (let row = 0; row < count; row++) {
      const low = middle[row]! - off[row]!;
      if (!(low >= least) || (allowed && !allowed.has(ids[row]!))) continue;
      sure.offer(ids[row]!, low, parts[row]!);
      least = sure.least;
    }
    const open: number[] = [];
    for (let row = 0; row < count; row++) {
      if (middle[row]! + off[row]! >= least && (!allowed || allowed.has(ids[row]!))) open.push(row);
    }
    this.compareRows(open, best);
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
    const rows: number[] = [];
    for (const id of allowed) {
      const found = this.rows.get(id);
      if (typeof found === 'number') rows.push(found);
      else if (found) rows.push(...found);
    }
    this.compareRows(rows, best);
  }

  private compareRows(chosen: readonly number[], best: Best): void {
    const { stride, size, rows, scores } = this.batch;
    for (let from = 0; from < chosen.length; from += size) {
      const some = chosen.slice(from, from + size);
      for (const [i, row] of some.entries())
        rows.set(this.values.subarray(row * stride, (row + 1) * stride), i * stride);
      this.batch.run(some.length);
      for (const [i, row] of some.entries()) best.offer(this.ids[row]!, scores[i]!, this.parts[row]!);
    }
  }
}
