// Both ways to compare vectors against sums in doubles, at every width and fill of a batch.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../test/support/onnx-model.ts';
import { type DotBatch, dotBatch, plainBatch, simdBatch } from './dot-batch.ts';

const fill = (batch: DotBatch, dims: number, seed: number) => {
  const random = seededRandom(seed);
  const vector = () => Float32Array.from({ length: dims }, () => random() * 2 - 1);
  const query = vector();
  const rows = Array.from({ length: batch.size }, vector);
  batch.query.set(query);
  rows.forEach((row, i) => {
    batch.rows.set(row, i * batch.stride);
  });
  return rows.map((row) => row.reduce((sum, x, i) => sum + x * query[i]!, 0));
};

const kinds = { plain: plainBatch, simd: simdBatch, 'the one chosen': dotBatch };
for (const [name, make] of Object.entries(kinds)) {
  describe.skipIf(make(4) === null)(`dot products: ${name}`, () => {
    it.each([1, 3, 4, 5, 8, 17, 64, 384, 1536])('agree with sums in doubles at %d dimensions', (dims) => {
      const batch = make(dims)!;
      const expected = fill(batch, dims, dims);
      for (const count of [1, 2, 3, 4, 5, batch.size - 1, batch.size]) {
        batch.scores.fill(Number.NaN);
        batch.run(count);
        const errors = expected.slice(0, count).map((sum, i) => Math.abs(batch.scores[i]! - sum));
        expect(Math.max(...errors)).toBeLessThan(1e-4);
      }
    });

    it('are the same for the same vector wherever it lies', () => {
      const batch = make(100)!;
      fill(batch, 100, 1);
      const row = batch.rows.slice(0, batch.stride);
      for (let i = 1; i < batch.size; i++) batch.rows.set(row, i * batch.stride);
      batch.run(batch.size);
      expect(new Set(batch.scores).size).toBe(1);
    });
  });
}
