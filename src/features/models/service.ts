// Models as an operator sees them: what is known, installed and in use; changing it.
import { nearest } from '../../algo/nearest.ts';
import { AppError } from '../../core/errors.ts';
import type { Semantics } from '../memory/semantics.ts';
import type { VectorStore } from '../memory/vector-store.ts';
import { NONE, nameOf, type Wanted } from './choice.ts';
import type { EmbeddingModels } from './embedding.ts';
import type { Reranking } from './reranking.ts';

/** A model that is known by name or installed. */
export interface KnownModel {
  name: string;
  kind: 'embedding' | 'reranker';
  built_in: boolean;
  installed: boolean;
  /** On disk, or to download. */
  size_bytes: number | null;
  dims: number | null;
  languages: string;
  licence: string;
  about: string;
}

export interface ModelsDeps {
  known(): Promise<KnownModel[]>;
  /** Whether there is such a model: one that somebody copied into the folder is not among the known ones. */
  isInstalled(name: string): Promise<boolean>;
  embedding: EmbeddingModels;
  reranking: Reranking;
  semantics: Semantics;
  vectors: Pick<VectorStore, 'byModel'>;
}

const wantedName = ({ source }: Wanted): string | null => source && nameOf(source);

export function createModels({ known, isInstalled, embedding, reranking, semantics, vectors }: ModelsDeps) {
  const rerankerName = () => reranking.model?.name.split('@')[0] ?? null;

  return {
    async list() {
      const identity = semantics.model;
      const reranker = reranking.model;
      const active = [identity?.name, rerankerName()];
      return {
        embedding: {
          active: identity && { name: identity.name, key: identity.key, dims: identity.dims },
          wanted: wantedName(embedding.wanted),
          decided_by: embedding.wanted.decided_by,
          problem: embedding.problem,
        },
        reranker: {
          active: reranker && { name: rerankerName()!, key: reranker.name, dims: null },
          wanted: wantedName(reranking.wanted),
          decided_by: reranking.wanted.decided_by,
          problem: reranking.problem,
        },
        models: (await known()).map((model) => ({ ...model, active: active.includes(model.name) })),
        vectors: await vectors.byModel(),
        reembed: await embedding.progress(),
      };
    },

    async use(name: string, kind: 'embedding' | 'reranker' | null | undefined) {
      const all = await known();
      const found = all.find((model) => model.name === name);
      if (name !== NONE && !found?.installed && !(await isInstalled(name))) {
        const guess = found
          ? null
          : nearest(
              name,
              all.map((model) => model.name),
            );
        throw new AppError(
          'model_not_found',
          found
            ? `${name} is known but not installed: run "engram models pull ${name}" on the server's machine.`
            : `There is no model "${name}"${guess ? `; did you mean ${guess}?` : '.'} GET /admin/models lists those there are.`,
        );
      }
      const which = found?.kind ?? kind ?? 'embedding';
      if (kind != null && kind !== which)
        throw new AppError(
          'invalid_request',
          `${name} is no ${kind} but ${which === 'reranker' ? 'a' : 'an'} ${which} model.`,
        );
      if (which === 'reranker') await reranking.use(name);
      else await embedding.use(name);
      const now = which === 'reranker' ? rerankerName() : (semantics.model?.name ?? null);
      return { name, kind: which, active: (now ?? NONE) === name, reembed: await embedding.progress() };
    },

    forget: (name: string) => embedding.forget(name),
    reembed: (user_id: number | undefined) => embedding.reembed(user_id),
    progress: () => embedding.progress(),
    info: () => ({
      model: semantics.model?.name ?? null,
      dimensions: semantics.model?.dims ?? null,
      ready: semantics.model !== null,
    }),
  };
}
export type ModelsService = ReturnType<typeof createModels>;
