import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toBytes, toFloats } from './float-bytes.ts';

it('gives back every number, wherever the bytes begin', () => {
  fc.assert(
    fc.property(fc.float32Array({ maxLength: 20 }), fc.nat(7), (vector, shift) => {
      const around = new Uint8Array(shift + vector.byteLength);
      around.set(toBytes(vector), shift);
      expect(toFloats(around.subarray(shift))).toEqual(vector);
    }),
  );
});

it('takes only the part of a buffer that the vector is', () => {
  const whole = Float32Array.of(1, 2, 3, 4);
  expect(toFloats(toBytes(whole.subarray(1, 3)))).toEqual(Float32Array.of(2, 3));
});

it('copies what it reads', () => {
  const bytes = toBytes(Float32Array.of(1));
  const read = toFloats(bytes);
  bytes.fill(0);
  expect(read).toEqual(Float32Array.of(1));
});

it('refuses bytes that are no whole numbers of floats', () => {
  expect(() => toFloats(new Uint8Array(6))).toThrow(RangeError);
});
