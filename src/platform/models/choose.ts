// Which files of a repository make a model, and what they will be called in its folder. Pure.
import { createHash } from 'node:crypto';
import type { CatalogueEntry, ModelKind } from './catalogue.ts';
import { ModelStoreError } from './failure.ts';
import type { Listing, RemoteFile } from './hub.ts';
import { isInnerPath } from './names.ts';

export interface Wanted {
  readonly name: string;
  readonly kind: ModelKind;
  readonly repo: string;
  readonly revision: string;
  /** Null: the usual names in turn. */
  readonly onnx_file: string | null;
  readonly entry: CatalogueEntry | null;
}

export interface Chosen {
  readonly file: RemoteFile;
  /** Inside the model's folder. */
  readonly path: string;
  /** Its content decides what vectors come out. */
  readonly decides: boolean;
}

/** Where an opened folder is looked through, in this order (`inference/model-folder.ts`). */
const ONNX_FILES = ['model_quantized.onnx', 'model.onnx', 'onnx/model_quantized.onnx', 'onnx/model.onnx'];
const BESIDE = ['tokenizer_config.json', 'special_tokens_map.json', 'config.json', '1_Pooling/config.json'];

/** @throws ModelStoreError when the repository lacks what every model needs, or names paths no honest one would */
export function chooseFiles({ repo, onnx_file }: Pick<Wanted, 'repo' | 'onnx_file'>, listing: Listing): Chosen[] {
  const outside = listing.files.find(({ path }) => !isInnerPath(path));
  if (outside) {
    throw new ModelStoreError(
      'damaged',
      `${repo} lists a file outside of itself (${JSON.stringify(outside.path.slice(0, 100))}): nothing was fetched. Use another hub (ENGRAM_MODEL_HUB).`,
    );
  }
  const find = (path: string) => listing.files.find((file) => file.path === path);
  const onnx = (onnx_file === null ? ONNX_FILES : [onnx_file]).map(find).find((file) => file !== undefined);
  if (onnx === undefined) {
    const there = listing.files.map(({ path }) => path).filter((path) => path.endsWith('.onnx'));
    const choice = there.length === 0 ? 'it has no ONNX file at all' : `it has ${there.slice(0, 12).join(', ')}`;
    const missing = onnx_file ?? `any of ${ONNX_FILES.join(', ')}`;
    throw new ModelStoreError('not_found', `${repo} does not have ${missing}; ${choice}. Name one with --file.`);
  }
  const tokenizer = find('tokenizer.json');
  if (tokenizer === undefined) {
    throw new ModelStoreError(
      'not_found',
      `${repo} has no tokenizer.json: use a repository that has one beside its ONNX file.`,
    );
  }
  const local = localNames(onnx.path);
  const weights = listing.files.filter(({ path }) => isWeightsOf(onnx.path, path));
  return [
    { file: onnx, path: local(onnx.path), decides: true },
    ...weights.map((file) => ({ file, path: local(file.path), decides: true })),
    { file: tokenizer, path: tokenizer.path, decides: true },
    ...BESIDE.flatMap((path) => find(path) ?? []).map((file) => ({ file, path: file.path, decides: false })),
  ];
}

/** Large exports keep their weights beside the graph, under the names the graph knows. */
const isWeightsOf = (onnx: string, path: string): boolean =>
  path.startsWith(onnx) && /^(?:_data(?:_\d+)?|\.data)$/.test(path.slice(onnx.length));

/** A file whose name nobody would look for gets one that is found; the weights stay beside it under their own. */
function localNames(onnx: string): (path: string) => string {
  if (ONNX_FILES.includes(onnx)) return (path) => path;
  const base = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  return (path) => (path === onnx ? 'model.onnx' : base(path));
}

export interface Hashed {
  readonly path: string;
  readonly sha256: string;
}

/** One hash for all files: stands in for a commit where there is none. */
export function hashOver(files: readonly Hashed[]): string {
  const lines = files.map(({ path, sha256 }) => `${sha256}  ${path}\n`).sort();
  return createHash('sha256').update(lines.join('')).digest('hex');
}

/**
 * `engram.json`. Its revision comes from the content and not from the commit: the same model from a mirror, or after a
 * change of the card, keeps the vectors it made.
 */
export function modelSettings({ name, entry }: Wanted, deciding: readonly Hashed[]): Record<string, unknown> {
  const revision = hashOver(deciding).slice(0, 12);
  return { name, revision, ...(entry && { max_seq: entry.max_seq }), ...entry?.recipe };
}
