// The models known by name: where each comes from and how it wants to be fed, as its card says. Data only.

export type ModelKind = 'embedding' | 'reranker';

/** How an embedding model wants its texts; what `engram.json` of its folder will say. */
export interface EmbeddingRecipe {
  readonly dims: number;
  readonly pooling: 'cls' | 'mean' | 'none';
  readonly normalize: boolean;
  readonly query_prefix: string;
  readonly document_prefix: string;
}

/** A repository in the usual layout: tokenizer.json at its top, the ONNX file somewhere. */
export interface ModelSource {
  /** `owner/name`. */
  readonly repo: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  readonly onnx_file: string;
}

export interface CatalogueEntry {
  readonly name: string;
  readonly kind: ModelKind;
  /** Null: it comes with the program. */
  readonly source: ModelSource | null;
  /** Null for a reranker. */
  readonly recipe: EmbeddingRecipe | null;
  /** Longest text, or pair of query and text, in tokens. Less than the model could: cost grows with the square. */
  readonly max_seq: number;
  /** Of everything to download, rounded. */
  readonly size_bytes: number;
  readonly languages: string;
  /** SPDX identifier. */
  readonly licence: string;
  /** One sentence. */
  readonly about: string;
}

const plain = { normalize: true, query_prefix: '', document_prefix: '' } as const;

export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    name: 'engram-mini',
    kind: 'embedding',
    source: null,
    recipe: { ...plain, dims: 256, pooling: 'none' },
    max_seq: 512,
    size_bytes: 11_600_000,
    languages: 'English',
    licence: 'MIT',
    about: 'Comes with the program: word vectors, microseconds a text, good for everyday English.',
  },
  {
    name: 'bge-m3',
    kind: 'embedding',
    source: { repo: 'Xenova/bge-m3', revision: 'main', onnx_file: 'onnx/model_quantized.onnx' },
    recipe: { ...plain, dims: 1024, pooling: 'cls' },
    max_seq: 1024,
    size_bytes: 587_000_000,
    languages: 'more than 100',
    licence: 'MIT',
    about: 'The best of the embedding models here, across languages too; wants a few cores.',
  },
  {
    name: 'bge-small-en',
    kind: 'embedding',
    source: { repo: 'Xenova/bge-small-en-v1.5', revision: 'main', onnx_file: 'onnx/model_quantized.onnx' },
    recipe: {
      ...plain,
      dims: 384,
      pooling: 'cls',
      query_prefix: 'Represent this sentence for searching relevant passages: ',
    },
    max_seq: 512,
    size_bytes: 35_000_000,
    languages: 'English',
    licence: 'MIT',
    about: 'Small and quick, for English.',
  },
  {
    name: 'e5-small-multilingual',
    kind: 'embedding',
    source: { repo: 'Xenova/multilingual-e5-small', revision: 'main', onnx_file: 'onnx/model_quantized.onnx' },
    recipe: { ...plain, dims: 384, pooling: 'mean', query_prefix: 'query: ', document_prefix: 'passage: ' },
    max_seq: 512,
    size_bytes: 136_000_000,
    languages: 'about 100',
    licence: 'MIT',
    about: 'Many languages at a fraction of the cost of bge-m3.',
  },
  {
    name: 'granite-reranker',
    kind: 'reranker',
    source: {
      repo: 'keisuke-miyako/granite-embedding-reranker-english-r2-onnx-int8',
      revision: 'main',
      onnx_file: 'model_quantized.onnx',
    },
    recipe: null,
    max_seq: 512,
    size_bytes: 154_000_000,
    languages: 'English',
    licence: 'Apache-2.0',
    about: 'Puts the best results in their final order, for English.',
  },
  {
    name: 'bge-reranker-m3',
    kind: 'reranker',
    source: {
      repo: 'onnx-community/bge-reranker-v2-m3-ONNX',
      revision: 'main',
      onnx_file: 'onnx/model_quantized.onnx',
    },
    recipe: null,
    max_seq: 512,
    size_bytes: 588_000_000,
    languages: 'more than 100',
    licence: 'Apache-2.0',
    about: 'Puts the best results in their final order, in any language; slow without many cores.',
  },
];

/** @param name as in the catalogue, or the repository of an entry */
export const catalogueEntry = (name: string): CatalogueEntry | null =>
  CATALOGUE.find((entry) => entry.name === name || entry.source?.repo === name) ?? null;
