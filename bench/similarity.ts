// Pairs of sentences that people have rated: does the cosine of the model order them as they do? No server is involved.
import pino from 'pino';
import { dot, spearman } from '../models/train/measures.ts';
import { loadConfig } from '../src/config.ts';
import { BUILT_IN_MODEL } from '../src/core/model-source.ts';
import type { Embedder } from '../src/core/ports.ts';
import { wantedModel } from '../src/features/models/choice.ts';
import { openEmbedder } from '../src/platform/models.ts';
import { PROJECT } from './report.ts';
import { setName } from './retrieval-set.ts';
import { engramVariables, type Settings } from './server.ts';
import { rounded } from './stats.ts';
import { linesOf } from './texts.ts';

export interface SimilarityFigures {
  pairs: number;
  /** Rank correlation of the cosine with the rating, -1..1. */
  spearman: number;
}

/** Opens the model a server would use; null when that is none. */
async function openModel(settings: Settings): Promise<Embedder | null> {
  const env = engramVariables(settings);
  const { config } = loadConfig({ argv: [], env, readFile: () => null, cwd: PROJECT, home: PROJECT });
  const { source } = wantedModel(config.embedding, null, BUILT_IN_MODEL);
  if (source === null) return null;
  return openEmbedder(source, {
    models_dir: config.models_dir,
    max_seq: config.embedding.max_seq,
    dim: config.embedding.dim,
    threads: config.embedding.threads,
    api_key: config.embedding.api_key?.reveal() ?? null,
    logger: pino({ level: 'silent' }),
  });
}

/**
 * @param paths files of rows `{a, b, score}`
 * @returns set -> figures; none when there is no model
 */
export async function similarity(
  paths: readonly string[],
  settings: Settings,
): Promise<Record<string, SimilarityFigures>> {
  const embedder = paths.length === 0 ? null : await openModel(settings);
  if (embedder === null) return {};
  try {
    const figures: Record<string, SimilarityFigures> = {};
    for (const path of paths) {
      const rows: { a: string; b: string; score: number }[] = [];
      for await (const line of linesOf(path)) rows.push(JSON.parse(line));
      const left = await embedder.embedDocuments(rows.map((row) => row.a));
      const right = await embedder.embedDocuments(rows.map((row) => row.b));
      const cosines = rows.map((_, at) => dot(left[at]!, right[at]!));
      const ratings = rows.map((row) => row.score);
      figures[setName(path)] = { pairs: rows.length, spearman: rounded(spearman(cosines, ratings), 4) };
    }
    return figures;
  } finally {
    await embedder.close();
  }
}
