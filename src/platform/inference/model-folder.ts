// Reads a folder with an embedding model: what it is called, how it is pooled, how text becomes token ids.
// Whatever is wrong with the folder is a ModelError whose sentence names the file or setting and what to do.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Tokenizer } from '@huggingface/tokenizers';
import type { InferenceSession } from 'onnxruntime-node';
import { z } from 'zod';
import type { Logger } from '../../core/log.ts';
import { messageOf } from '../../core/thrown.ts';
import { checkReadable, readIfThere, statIfThere } from './folder-files.ts';
import { ModelError } from './model-error.ts';
import { openTokenizer } from './packed-vocabulary.ts';

export { ModelError };

/** How token vectors become one: the first, their mean, or the model itself returns [batch, dims]. */
export type Pooling = 'cls' | 'mean' | 'none';

/** Turns text into the ids the model takes: special tokens included, never longer than `max_seq`, never empty. */
export interface TokenEncoder {
  readonly pad_id: number;
  encode(text: string): number[];
  /** Ids that stand for no word: padding, what is unknown, what is put around every text. */
  readonly wordless: ReadonlySet<number>;
  /** Largest id of the vocabulary. Added tokens may lie behind it, and behind the model's table: no ordinary text has them. */
  readonly last_id: number;
}

export interface ModelFolder {
  readonly onnx_path: string;
  readonly name: string;
  readonly revision: string;
  /** From engram.json, which wins over what the model's outputs suggest. */
  readonly pooling: Pooling | undefined;
  /** From 1_Pooling/config.json of sentence-transformers. */
  readonly pooling_hint: Pooling | undefined;
  readonly normalize: boolean;
  readonly dims: number | undefined;
  readonly query_prefix: string;
  readonly document_prefix: string;
  readonly tokens: TokenEncoder;
}

const engramSchema = z.strictObject({
  name: z.string().min(1).optional(),
  revision: z.string().min(1).optional(),
  pooling: z.enum(['cls', 'mean', 'none']).optional(),
  normalize: z.boolean().default(true),
  dims: z.number().int().positive().optional(),
  max_seq: z.number().int().positive().optional(),
  query_prefix: z.string().default(''),
  document_prefix: z.string().default(''),
});

const ONNX_FILES = ['model_quantized.onnx', 'model.onnx', 'onnx/model_quantized.onnx', 'onnx/model.onnx'];
/** Attention costs the square of the length: longer than this only when somebody asks for it. */
const DEFAULT_MAX_SEQ = 512;
const MIB = 2 ** 20;

/** What the files of a folder say, whatever the model is for. */
export interface ModelFiles {
  readonly dir: string;
  readonly onnx_path: string;
  readonly settings: z.output<typeof engramSchema>;
  /** config.json, where there is one. */
  readonly config: Record<string, unknown> | undefined;
  readonly tokenizer: Tokenizer;
  readonly pad_id: number;
  /** Largest id of the vocabulary. */
  readonly last_id: number;
  /** Tokens of one input at most, special ones included. */
  readonly max_seq: number;
  readonly name: string;
  readonly revision: string;
}

export interface FolderOptions {
  model_dir: string;
  onnx_file?: string | undefined;
  max_seq?: number | undefined;
  logger: Logger;
}

export async function readModelFiles(options: FolderOptions): Promise<ModelFiles> {
  const dir = resolve(options.model_dir);
  const onnx_path = await findOnnx(dir, options.onnx_file);
  const settings = await readSettings(dir);
  const config = await readObject(dir, 'config.json');
  const tokenizerConfig = (await readObject(dir, 'tokenizer_config.json')) ?? {};
  const definition = await readIfThere(join(dir, 'tokenizer.json'));
  if (definition === null)
    throw new ModelError(`${join(dir, 'tokenizer.json')} is missing: copy it from where the model was exported.`);
  const { tokenizer, padding, last_id } = parseTokenizer(join(dir, 'tokenizer.json'), definition, tokenizerConfig);
  const limit = positionLimit(config);
  const wanted = options.max_seq ?? settings.max_seq ?? Math.min(DEFAULT_MAX_SEQ, learnedLength(tokenizerConfig));
  if (wanted > limit) options.logger.warn({ wanted, limit }, 'max_seq is more than the model has positions for');
  return {
    dir,
    onnx_path,
    settings,
    config,
    tokenizer,
    pad_id: padding ?? padId(tokenizer, tokenizerConfig, config),
    last_id,
    max_seq: Math.min(wanted, limit),
    name: settings.name ?? basename(dir),
    revision: settings.revision ?? (await fingerprint(onnx_path, definition, settings.document_prefix)),
  };
}

export async function readModelFolder(options: FolderOptions): Promise<ModelFolder> {
  const { dir, onnx_path, settings, tokenizer, pad_id, last_id, max_seq, name, revision } =
    await readModelFiles(options);
  return {
    onnx_path,
    name,
    revision,
    pooling: settings.pooling,
    pooling_hint: settings.pooling ?? (await sentencePooling(dir)),
    normalize: settings.normalize,
    dims: settings.dims,
    query_prefix: settings.query_prefix,
    document_prefix: settings.document_prefix,
    tokens: { ...tokenEncoder(tokenizer, pad_id, max_seq), last_id },
  };
}

/** @throws ModelError when there is no such folder, or no such file in it */
export async function findOnnx(model_dir: string, configured: string | undefined): Promise<string> {
  const dir = resolve(model_dir);
  const there = await statIfThere(dir);
  if (!there?.isDirectory()) {
    throw new ModelError(
      `The model folder ${dir} ${there ? 'is a file' : 'does not exist'}: point the model setting at a folder with tokenizer.json and an ONNX file.`,
    );
  }
  const candidates = configured === undefined ? ONNX_FILES : [configured];
  for (const file of candidates) {
    const path = resolve(dir, file);
    if (!(await statIfThere(path))?.isFile()) continue;
    await checkReadable(path);
    return path;
  }
  throw new ModelError(
    configured === undefined
      ? `${dir} has no ONNX file: put one of ${ONNX_FILES.join(', ')} there, or name the file in ENGRAM_EMBEDDING_ONNX_FILE.`
      : `${resolve(dir, configured)} does not exist: correct ENGRAM_EMBEDDING_ONNX_FILE or copy the file there.`,
  );
}

const weightFiles = (onnx_path: string) => [onnx_path, `${onnx_path}_data`, `${onnx_path}.data`];

/** A JSON object from the folder, or undefined where the (optional) file does not exist. */
async function readObject(dir: string, file: string): Promise<Record<string, unknown> | undefined> {
  const raw = await readIfThere(join(dir, file));
  if (raw === null) return undefined;
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(raw.toString('utf8')));
  } catch (cause) {
    throw new ModelError(`${join(dir, file)} is not a JSON object: repair it or remove it.`, cause);
  }
}

async function readSettings(dir: string): Promise<z.infer<typeof engramSchema>> {
  const parsed = engramSchema.safeParse((await readObject(dir, 'engram.json')) ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.length ? ` at "${issue.path.join('.')}"` : '';
  throw new ModelError(`${join(dir, 'engram.json')} is wrong${where}: ${issue?.message ?? 'unknown'}.`);
}

async function sentencePooling(dir: string): Promise<Pooling | undefined> {
  const config = await readObject(dir, '1_Pooling/config.json');
  if (!config) return undefined;
  if (config.pooling_mode_cls_token === true || config.pooling_mode === 'cls') return 'cls';
  if (config.pooling_mode_mean_tokens === true || config.pooling_mode === 'mean') return 'mean';
  throw new ModelError(
    `${join(dir, '1_Pooling/config.json')} asks for a pooling other than cls or mean: use another model, or set "pooling" in engram.json.`,
  );
}

/** Stands for the file's content without reading gigabytes: size, first and last MiB. */
async function fingerprint(onnx_path: string, tokenizer: Uint8Array, document_prefix: string): Promise<string> {
  const hash = createHash('sha256');
  // Large exports keep their weights beside the graph; a graph alone would not tell two trainings apart.
  for (const path of weightFiles(onnx_path)) {
    const file = await open(path).catch(() => null);
    if (!file) continue;
    try {
      const { size } = await file.stat();
      hash.update(`${size}:`);
      const buffer = new Uint8Array(Math.min(size, MIB));
      for (const position of size > MIB ? [0, size - MIB] : [0]) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
        hash.update(buffer.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  }
  return hash.update(tokenizer).update(document_prefix).digest('hex').slice(0, 12);
}

const idField = z.number().int().nonnegative();
const paddingSchema = z.object({ padding: z.object({ pad_id: idField }) });
const tokenField = z.union([z.string(), z.object({ content: z.string() }).transform((token) => token.content)]);

function parseTokenizer(path: string, definition: Uint8Array, config: object) {
  try {
    const { json, tokenizer, last_id } = openTokenizer(new TextDecoder().decode(definition), config);
    tokenizer.encode('probe');
    return { tokenizer, last_id, padding: paddingSchema.safeParse(json).data?.padding.pad_id };
  } catch (cause) {
    const reason = messageOf(cause);
    throw new ModelError(`${path} cannot be used (${reason}): copy it again from where the model was exported.`, cause);
  }
}

/** The id the model was trained to ignore. It is masked, so a wrong guess only matters to models without a mask. */
function padId(tokenizer: Tokenizer, config: Record<string, unknown>, model: object | undefined): number {
  const named = tokenField.safeParse(config.pad_token).data;
  for (const token of [...(named === undefined ? [] : [named]), '[PAD]', '<pad>']) {
    const id = tokenizer.token_to_id(token);
    if (id !== undefined) return id;
  }
  return z.object({ pad_token_id: idField }).safeParse(model).data?.pad_token_id ?? 0;
}

function learnedLength(config: Record<string, unknown>): number {
  const length = config.model_max_length;
  return typeof length === 'number' && length > 0 ? length : Number.POSITIVE_INFINITY;
}

function positionLimit(config: Record<string, unknown> | undefined): number {
  const positions = config?.max_position_embeddings;
  if (typeof positions !== 'number' || positions <= 0) return Number.POSITIVE_INFINITY;
  // Two of its positions never hold a token.
  return countsFromPad(config) ? positions - 2 : positions;
}

/** The RoBERTa family counts positions from the pad id up. */
export const countsFromPad = (config: Record<string, unknown> | undefined): boolean =>
  /roberta|camembert|mpnet/.test(String(config?.model_type));

/** Characters tokenized at most; only runs of characters the model does not know get this far. */
const MAX_CHARS = 2 ** 18;

/** Token ids of a text with or without the special tokens around it, and those of its beginning only. */
export function textIds(tokenizer: Tokenizer) {
  const { model } = tokenizer;
  const fused = model?.fuse_unk === true ? model.unk_token_id : undefined;
  // The library joins a run of unknown characters in quadratic time, seconds for 100 KB: done on the ids below instead.
  if (model && fused !== undefined) model.fuse_unk = false;
  const ids = (text: string, add_special_tokens: boolean) =>
    tokenizer.encode(text, { add_special_tokens }).ids.filter(
      // A token missing from the vocabulary of a model without an unknown token has no id at all.
      (id, place, all) => id !== undefined && (id !== fused || all[place - 1] !== fused),
    );
  return {
    ids,
    /** The first `most` ids, without special tokens. */
    beginning(text: string, most: number): number[] {
      // A few characters make a token, and cost grows faster than length where nothing splits the text: tokenize a
      // prefix, and more of it only while the budget is not used up. The surplus keeps the cut away from what is kept.
      for (let length = most * 6 + 64; ; length *= 4) {
        const whole = length >= text.length || length >= MAX_CHARS;
        const found = ids(cut(text, Math.min(length, MAX_CHARS)), false);
        if (whole || found.length >= most + 16) return found.slice(0, most);
      }
    },
  };
}

function tokenEncoder(tokenizer: Tokenizer, pad_id: number, max_seq: number): Omit<TokenEncoder, 'last_id'> {
  const { ids, beginning } = textIds(tokenizer);
  const { first, last } = specialsAround(ids);
  const budget = max_seq - first.length - last.length;
  if (budget < 1)
    throw new ModelError(
      `max_seq ${max_seq} leaves no room for text: set it (engram.json, or ENGRAM_EMBEDDING_MAX_SEQ) to 32 or more.`,
    );
  const unknown = tokenizer.model?.unk_token_id;
  return {
    pad_id,
    wordless: new Set([pad_id, ...first, ...last, ...(unknown === undefined ? [] : [unknown])]),
    encode(text) {
      const encoded = [...first, ...beginning(text, budget), ...last];
      return encoded.length > 0 ? encoded : [pad_id];
    },
  };
}

/** The special tokens put before and after a text, found by encoding one with and without them. */
function specialsAround(ids: (text: string, special: boolean) => number[]): { first: number[]; last: number[] } {
  for (const probe of ['a', 'hello', '0']) {
    const bare = ids(probe, false);
    if (bare.length === 0) continue;
    const full = ids(probe, true);
    const at = full.findIndex((_, start) => bare.every((id, offset) => full[start + offset] === id));
    if (at >= 0) return { first: full.slice(0, at), last: full.slice(at + bare.length) };
  }
  const empty = ids('', true);
  return { first: empty.slice(0, 1), last: empty.slice(1) };
}

/** At most `length` UTF-16 units, ending between words where there are any, never inside a character. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = text.slice(0, length);
  const space = head.search(/\s\S*$/);
  if (space > length / 2) return head.slice(0, space);
  return /[\uD800-\uDBFF]$/.test(head) ? head.slice(0, -1) : head;
}

/**
 * Refuses a model that wants something a text cannot give.
 * @param optional inputs that can be given besides `input_ids`
 * @param advice which model to use instead
 */
export function checkInputs(
  file: string,
  inputs: readonly InferenceSession.ValueMetadata[],
  optional: readonly string[] = ['attention_mask', 'token_type_ids'],
  advice = 'use a text embedding model exported for feature extraction',
): void {
  const names = inputs.map((input) => input.name);
  if (!names.includes('input_ids') || names.some((name) => name !== 'input_ids' && !optional.includes(name))) {
    const known = `${optional.slice(0, -1).join(', ')} and ${optional.at(-1)}`;
    throw new ModelError(
      `${file} takes the inputs ${names.join(', ')}, but only input_ids (required), ${known} can be given: ${advice}.`,
    );
  }
  for (const input of inputs) {
    if (!input.isTensor || input.type !== 'int64' || input.shape.some((dim) => typeof dim === 'number')) {
      const found = input.isTensor ? `${input.type} [${input.shape.join(', ')}]` : 'not a tensor';
      throw new ModelError(
        `The input ${input.name} of ${file} is ${found}: export the model with int64 inputs and free batch and sequence dimensions.`,
      );
    }
  }
}

/** A tokenizer that gives ids which the model has no row for. */
export const strangers = (file: string, last_id: number, found: string, cause?: unknown): ModelError =>
  new ModelError(
    `${file} does not know every token of its tokenizer.json, of which the last is ${last_id} (${found}): the two belong to different models, copy both from one export.`,
    cause,
  );

/**
 * Refuses vectors of another length than somebody counts on.
 * @param configured in the settings
 * @param declared in engram.json
 */
export function checkDims(
  file: string,
  dims: number,
  configured: number | undefined,
  declared: number | undefined,
): void {
  for (const [wanted, where] of [
    [configured, 'ENGRAM_EMBEDDING_DIM says'],
    [declared, 'engram.json says'],
  ] as const) {
    if (wanted === undefined || wanted === dims) continue;
    throw new ModelError(`${file} makes vectors of ${dims} numbers but ${where} ${wanted}: correct that number.`);
  }
}

/** engram.json decides; otherwise a finished sentence vector is preferred to pooling token vectors ourselves. */
export function chooseOutput(file: string, folder: ModelFolder, outputs: readonly InferenceSession.ValueMetadata[]) {
  const ofRank = (rank: number, names: readonly string[]): string | undefined => {
    // An empty shape means that the model does not declare one; the probe run will tell.
    const fitting = outputs.filter(
      (output) => output.isTensor && (output.shape.length === rank || output.shape.length === 0),
    );
    return (fitting.find((output) => names.includes(output.name)) ?? fitting[0])?.name;
  };
  const sentence = ofRank(2, ['sentence_embedding', 'dense_vecs']);
  const tokens = ofRank(3, ['last_hidden_state', 'token_embeddings']);
  const finished = sentence === 'sentence_embedding' || sentence === 'dense_vecs';
  const pooling: Pooling = folder.pooling ?? (finished || !tokens ? 'none' : (folder.pooling_hint ?? 'mean'));
  const output = pooling === 'none' ? sentence : tokens;
  if (output !== undefined) return { output, pooling };
  const shapes = outputs.map((output) => `${output.name} [${output.isTensor ? output.shape.join(', ') : '?'}]`);
  throw new ModelError(
    `${file} returns ${shapes.join(', ')}, and pooling "${pooling}" needs ${pooling === 'none' ? '[batch, dims]' : '[batch, sequence, dims]'}: set "pooling" in engram.json to fit, or use an embedding model.`,
  );
}
