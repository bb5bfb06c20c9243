// Facts about this machine for engram doctor; looking changes nothing.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { silentLogger } from '../core/log.ts';
import type { ModelSource } from '../core/model-source.ts';
import { ModelError } from './inference/model-error.ts';
import { folderOf, openEmbedder } from './models.ts';

export const describeRuntime = (): string => {
  const { bun, node } = process.versions;
  return `${bun ? `Bun ${bun}` : `Node ${node}`} on ${process.platform} ${process.arch}`;
};

export function inspectFolder(path: string) {
  let there = path;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  const unusable = (problem: string) => ({ state: 'unusable' as const, problem, free_bytes: null });
  try {
    if (!statSync(there).isDirectory()) return unusable(`${there} is a file, not a folder.`);
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    return unusable(`this user may not write to ${there} (${(error as { code?: string }).code ?? error}).`);
  }
  const { bavail, bsize } = statfsSync(there);
  return {
    state: there === path ? ('ready' as const) : ('creatable' as const),
    problem: null,
    free_bytes: bavail * bsize,
  };
}

/** Opens the model as the server does: a folder may look right and hold half a model. */
export async function inspectModel(
  source: ModelSource,
  options: { models_dir: string; max_seq: number | null; dim?: number | null },
): Promise<{ name: string; file: string } | { problem: string }> {
  // An endpoint is asked when the server starts; here it would only be waited for.
  if (source.kind === 'remote') return { name: source.model, file: source.url };
  const { models_dir, dim = null } = options;
  try {
    const settings = { ...options, dim, api_key: null, threads: 0, logger: silentLogger };
    const { identity, close } = await openEmbedder(source, settings);
    await close();
    const { findOnnx } = await import('./inference/model-folder.ts');
    const file =
      source.kind === 'folder'
        ? await findOnnx(source.dir, source.onnx_file ?? undefined)
        : await findOnnx(await folderOf(source.name, models_dir), undefined);
    return { name: identity.name, file };
  } catch (error) {
    if (error instanceof ModelError) return { problem: error.message };
    throw error;
  }
}
