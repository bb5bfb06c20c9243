// Each way a model folder can be wrong, and the sentence that says so: opened as the product opens it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  hiddenStateModel,
  randomTable,
  scalarModel,
  staticModel,
  unigramTokenizer,
  writeModelFolder,
} from '../../../test/support/onnx-model.ts';
import { silentLogger } from '../../core/log.ts';
import { ModelError } from './model-folder.ts';
import { type OnnxEmbedderOptions, openOnnxEmbedder } from './onnx-embedder.ts';

const DIMS = 8;
const WORDS = ['alpha', 'beta'];
const TABLE = randomTable(4 + WORDS.length, DIMS, 42);

let root: string;
let folders = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'engram-models-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const bgeFiles = (settings: object = { pooling: 'mean' }) => ({
  'model.onnx': hiddenStateModel(TABLE, DIMS),
  'tokenizer.json': unigramTokenizer(WORDS),
  'engram.json': settings,
});
const folder = (files: Parameters<typeof writeModelFolder>[1]) =>
  writeModelFolder(join(root, String(++folders)), files);
const open = (model_dir: string, options: Partial<OnnxEmbedderOptions> = {}) =>
  openOnnxEmbedder({ model_dir, threads: 1, logger: silentLogger, ...options });

describe('a broken folder is explained', () => {
  const { 'tokenizer.json': tokenizer, 'model.onnx': onnx } = bgeFiles();
  const cases: [string, Parameters<typeof writeModelFolder>[1], RegExp, Partial<OnnxEmbedderOptions>?][] = [
    ['no ONNX file', { 'tokenizer.json': tokenizer }, /has no ONNX file: put one of model_quantized\.onnx/],
    [
      'configured ONNX file missing',
      bgeFiles(),
      /other\.onnx does not exist: correct ENGRAM_EMBEDDING_ONNX_FILE/,
      { onnx_file: 'other.onnx' },
    ],
    ['no tokenizer', { 'model.onnx': onnx }, /tokenizer\.json is missing/],
    ['truncated ONNX', { ...bgeFiles(), 'model.onnx': onnx.slice(0, 300) }, /cannot load .*model\.onnx.*cut short/],
    ['empty ONNX', { ...bgeFiles(), 'model.onnx': '' }, /cannot load .*model\.onnx/],
    ['tokenizer that is not JSON', { ...bgeFiles(), 'tokenizer.json': '{"model":' }, /tokenizer\.json cannot be used/],
    [
      'tokenizer of an unknown kind',
      { ...bgeFiles(), 'tokenizer.json': { model: { type: 'Magic' } } },
      /tokenizer\.json cannot be used/,
    ],
    [
      'foreign inputs',
      { ...bgeFiles(), 'model.onnx': hiddenStateModel(TABLE, DIMS, ['input_ids', 'pixel_values']) },
      /takes the inputs input_ids, pixel_values/,
    ],
    [
      'output without a vector',
      { ...bgeFiles({}), 'model.onnx': scalarModel() },
      /returns score \[batch\].*needs \[batch, dims\]/,
    ],
    [
      'pooling the output cannot have',
      { ...bgeFiles({ pooling: 'cls' }), 'model.onnx': staticModel(TABLE, DIMS) },
      /pooling "cls" needs \[batch, sequence, dims\]/,
    ],
    [
      'another number of dimensions',
      bgeFiles(),
      /vectors of 8 numbers but ENGRAM_EMBEDDING_DIM says 1024/,
      { dim: 1024 },
    ],
    ['dims in engram.json', bgeFiles({ dims: 16 }), /vectors of 8 numbers but engram\.json says 16/],
    ['misspelt setting', bgeFiles({ poolling: 'cls' }), /engram\.json is wrong.*poolling/],
    [
      'engram.json that is not JSON',
      { ...bgeFiles(), 'engram.json': 'name = "x"' },
      /engram\.json is not a JSON object/,
    ],
    [
      'last-token pooling',
      { 'model.onnx': onnx, 'tokenizer.json': tokenizer, '1_Pooling/config.json': { pooling_mode_lasttoken: true } },
      /1_Pooling\/config\.json asks for a pooling other/,
    ],
    [
      'no normalization where it is needed',
      bgeFiles({ pooling: 'mean', normalize: false }),
      /"normalize": false but .* not 1/,
    ],
    ['no room for text', bgeFiles(), /max_seq 2 leaves no room/, { max_seq: 2 }],
  ];
  it.each(cases)('%s', async (_, files, message, options) => {
    const failure = await open(await folder(files), options).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ModelError);
    expect((failure as Error).message).toMatch(message);
  });

  it('no folder', async () => {
    await expect(open(join(root, 'nowhere'))).rejects.toThrow(/model folder .*nowhere does not exist/);
  });
});
