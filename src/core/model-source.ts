// Where a model comes from.

/** Kept with what the model made, so that the same one can be opened again. */
export type ModelSource =
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'folder'; readonly dir: string; readonly onnx_file: string | null }
  | { readonly kind: 'remote'; readonly url: string; readonly model: string };

/** Comes with the program. */
export const BUILT_IN_MODEL = 'engram-mini';
