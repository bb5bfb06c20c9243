// The shapes in which the build hands over what it embeds.

/** What is written to disk and used together. */
export const PARTS = ['sqlite', 'onnxruntime', 'lancedb', 'model'] as const;
export type Part = (typeof PARTS)[number];
export type AddonPart = Exclude<Part, 'model'>;

export interface EmbeddedFile {
  /** Below the folder of native parts, with `/`: `libonnxruntime.so.1`, `engram-mini/model.onnx`. */
  readonly name: string;
  readonly bytes: number;
  /** Hex, of the whole file. */
  readonly sha256: string;
  /** Paths inside the executable, in order: each holds one zstd frame, small enough to unpack in memory. */
  readonly pieces: readonly string[];
}

export interface Embedded {
  readonly version: string;
  /** `linux-x64`. */
  readonly target: string;
  /** Of an addon, the library that is loaded comes first. Empty where this build goes without the part. */
  readonly parts: Readonly<Record<Part, readonly EmbeddedFile[]>>;
}

/** Its sentence says what is missing or in the way, and what to do. */
export class NativeError extends Error {
  override readonly name = 'NativeError';
}
