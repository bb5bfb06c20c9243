// Vectors as the databases and model files keep them: float32 after float32, in this machine's byte order (little-endian
// on everything Engram runs on), without a header.

/** The bytes of a vector, four for each number; they share its memory. */
export const toBytes = (vector: Float32Array): Uint8Array =>
  new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);

/**
 * A copy of the numbers: the bytes of a row or of a file may not start on a four-byte boundary.
 * @throws RangeError when the length is no multiple of four
 */
export const toFloats = (bytes: Uint8Array): Float32Array => new Float32Array(new Uint8Array(bytes).buffer);
