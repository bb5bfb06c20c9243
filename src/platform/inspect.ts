// Facts about this machine for engram doctor; looking changes nothing.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { silentLogger } from '../core/log.ts';
import type { ModelSource } from '../core/model-source.ts';
import { folderOf } from './models.ts';

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

export async function inspectModel(
  source: ModelSource,
  options: { models_dir: string; max_seq: number | null },
): Promise<{ name: string; file: string } | { problem: string }> {
  // An endpoint is asked when the server starts; here it would only be waited for.
  if (source.kind === 'remote') return { name: source.model, file: source.url };
  const { ModelError, readModelFolder } = await import('./inference/model-folder.ts');
  try {
    const { name, onnx_path } = await readModelFolder({
      model_dir: source.kind === 'folder' ? source.dir : await folderOf(source.name, options.models_dir),
      onnx_file: (source.kind === 'folder' ? source.onnx_file : null) ?? undefined,
      max_seq: options.max_seq ?? undefined,
      logger: silentLogger,
    });
    return { name, file: onnx_path };
  } catch (error) {
    if (error instanceof ModelError) return { problem: error.message };
    throw error;
  }
}
