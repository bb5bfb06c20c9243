// Sketches rule out only what cannot be among the best: their bounds hold, and searches find what comparing with all finds.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../test/support/onnx-model.ts';
import { dotBatch } from './dot-batch.ts';
import { Matrix } from './matrix.ts';
import { Sketches, sketchBatch } from './sketch.ts';

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

const vectors = (dims: number) => {
  const number = fc.oneof(
    { weight: 6, arbitrary: fc.float({ min: -1, max: 1, noNaN: true }) },
    { weight: 1, arbitrary: fc.constant(0) },
    // One that dwarfs the rest leaves them a coarse sketch.
    { weight: 1, arbitrary: fc.float({ min: -1000, max: 1000, noNaN: true }) },
  );
  return fc.array(number, { minLength: dims, maxLength: dims }).map((values) => Float32Array.from(values));
};

describe.skipIf(sketchBatch(8) === null)('sketches of vectors', () => {
  it.each([1, 7, 8, 9, 64, 256])('bound every dot product at %d dimensions', (dims) => {
    fc.assert(
      fc.property(fc.array(vectors(dims), { minLength: 1, maxLength: 9 }), vectors(dims), (rows, query) => {
        const sketches = new Sketches(sketchBatch(dims)!, 1);
        for (const [at, row] of rows.entries()) sketches.set(at, row);
        const { middle, off } = sketches.compare(query, rows.length);
        for (const [at, row] of rows.entries()) {
          // What rounding to 32-bit floats takes from the bounds themselves.
          const slack = 1e-6 * (Math.abs(middle[at]!) + off[at]!) + 1e-30;
          expect(Math.abs(dot(row, query) - middle[at]!)).toBeLessThanOrEqual(off[at]! + slack);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('hold the longest sums at the most dimensions they take', () => {
    const dims = 4096;
    const full = new Float32Array(dims).fill(1);
    const sketches = new Sketches(sketchBatch(dims)!, 1);
    sketches.set(0, full);
    sketches.set(
      1,
      full.map((x) => -x),
    );
    const { middle } = sketches.compare(full, 2);
    expect(middle[0]).toBeCloseTo(dims, 0);
    expect(middle[1]).toBeCloseTo(-dims, 0);
    expect(sketchBatch(dims + 1)).toBeNull();
  });

  it('leave the answers of a search as they are, with pieces, filters, replaced and removed memories', () => {
    const dims = 48;
    const random = seededRandom(5);
    // Near each other, as texts of one subject are: most bounds overlap.
    const near = () => Float32Array.from({ length: dims }, (_, i) => Math.sin(i) + 0.2 * (random() - 0.5));
    const [quick, thorough] = [sketchBatch(dims), null].map((sketch) => new Matrix(dims, dotBatch(dims), sketch, 10));
    const both = (work: (matrix: Matrix) => void) => [quick!, thorough!].forEach(work);
    const piece = (memory_id: number, part: number, vector: Float32Array) => ({
      user_id: 1,
      memory_id,
      part,
      vector,
      content_hash: '',
    });
    for (let id = 1; id <= 3000; id++) {
      const pieces = Array.from({ length: id % 5 === 0 ? 3 : 1 }, (_, part) => piece(id, part, near()));
      both((matrix) => matrix.replace(id, pieces));
    }
    for (let id = 7; id <= 3000; id += 31) both((matrix) => matrix.remove(id));
    for (let id = 9; id <= 3000; id += 17) {
      const fresh = [piece(id, 0, near())];
      both((matrix) => matrix.replace(id, fresh));
    }
    const most = new Set(Array.from({ length: 2600 }, (_, i) => i + 1));
    for (const allowed of [null, most]) {
      for (const limit of [1, 10, 160, 2950]) {
        const query = near();
        const found = quick!.search(query, limit, allowed);
        expect(found).toEqual(thorough!.search(query, limit, allowed));
        expect(found.length).toBeGreaterThan(0);
      }
    }
  });
});
