// The models of the catalogue and those that are installed, as one list.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../core/log.ts';
import { BUILT_IN_MODEL } from '../../core/model-source.ts';
import type { KnownModel } from '../../features/models/service.ts';
import { builtInFolder } from '../models.ts';
import { CATALOGUE } from './catalogue.ts';
import { ModelStoreError } from './failure.ts';
import { type ModelStore, modelStore } from './installed.ts';

export type { KnownModel };

/**
 * @param onDamage told when the list of downloads cannot be read; models of the catalogue then count as installed where
 *   their folder is. Without it that is thrown.
 */
export async function knownModels(
  store: Pick<ModelStore, 'list' | 'folderOf'>,
  onDamage?: (problem: string) => void,
): Promise<KnownModel[]> {
  const list = await store.list().catch((error) => {
    if (!onDamage || !(error instanceof ModelStoreError)) throw error;
    onDamage(error.message);
    return null;
  });
  const installed = new Map(list?.map((model) => [model.name, model]));
  const known = CATALOGUE.map(({ name, kind, recipe, languages, licence, about, size_bytes }): KnownModel => {
    const built_in = name === BUILT_IN_MODEL;
    const here = installed.get(name);
    installed.delete(name);
    return {
      name,
      kind,
      built_in,
      installed: built_in || here !== undefined || (list === null && store.folderOf(name) !== null),
      size_bytes: built_in ? builtInBytes() : (here?.size_bytes ?? size_bytes),
      dims: recipe?.dims ?? null,
      languages,
      licence,
      about,
    };
  });
  const others = [...installed.values()].map(
    ({ name, kind, size_bytes, repo }): KnownModel => ({
      ...{ name, kind, built_in: false, installed: true, size_bytes, dims: null },
      ...{ languages: '', licence: '', about: `From ${repo}.` },
    }),
  );
  return [...known, ...others];
}

/** The same for a server, which goes on with a damaged list and says so in its log. */
export const knownIn = (models_dir: string, logger: Logger): Promise<KnownModel[]> =>
  knownModels(modelStore(models_dir), (problem) =>
    logger.error({ problem }, 'models count as installed where a folder is'),
  );

const builtInBytes = (): number | null => {
  try {
    return statSync(join(builtInFolder(), 'model.onnx')).size;
  } catch {
    return null;
  }
};
