// What LanceDB has left on disk is vectors in the clear; an encrypted store must not lie beside it.
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Nothing is lost: the store has every vector. Only tables are removed; whatever else lies in the folder stays. */
export function removePlainVectors(lance_path: string): void {
  if (!existsSync(lance_path)) return;
  for (const name of readdirSync(lance_path))
    if (name.endsWith('.lance')) rmSync(join(lance_path, name), { recursive: true, force: true });
  if (readdirSync(lance_path).length === 0) rmdirSync(lance_path);
}
