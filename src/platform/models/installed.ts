// The models that were downloaded to this machine: `<models_dir>/<name>/`, described by models.lock.json.
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ModelKind } from './catalogue.ts';
import { withClaim } from './claim.ts';
import { ModelStoreError } from './failure.ts';
import { digestsOf } from './files.ts';
import { folderName, isModelName, modelPaths } from './names.ts';
import { openPins, type Pin } from './pins.ts';

export interface InstalledModel {
  readonly name: string;
  readonly kind: ModelKind;
  readonly folder: string;
  readonly repo: string;
  /** Commit it was fetched at; `sha256-…` over its files where the hub had none. */
  readonly revision: string;
  readonly size_bytes: number;
  /** ISO 8601, UTC. */
  readonly installed_at: string;
}

export interface Verified {
  readonly name: string;
  readonly folder: string;
  readonly files: number;
  /** One sentence for each file that is not as it was when it was pulled; empty when all are. */
  readonly problems: readonly string[];
}

export interface ModelStore {
  /** By name. Those whose folder is gone are left out. */
  list(): Promise<InstalledModel[]>;
  /** Where a model lies, for opening it; null when it is not installed. A folder copied there by hand counts. */
  folderOf(name: string): string | null;
  /**
   * Reads every byte and compares it with the pin.
   * @throws ModelStoreError when there is no such model
   */
  verify(name: string): Promise<Verified>;
  /**
   * Files, pin and what an interrupted pull left.
   * @throws ModelStoreError when there is nothing to remove, or a pull of it is running
   */
  remove(name: string): Promise<{ size_bytes: number }>;
}

export interface StoreDeps {
  pause(ms: number): Promise<void>;
}

const ordinary: StoreDeps = { pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) };

export function modelStore(models_dir: string, { pause }: StoreDeps = ordinary): ModelStore {
  const pins = openPins(models_dir, pause);

  function folderOf(name: string): string | null {
    if (!isModelName(name)) return null;
    const folder = join(models_dir, folderName(name));
    // Written last, so an installed model has it.
    return existsSync(join(folder, 'engram.json')) ? folder : null;
  }
  const missing = (name: string) =>
    new ModelStoreError(
      'not_found',
      `${name} is not installed in ${models_dir}. "engram models pull ${name}" gets it.`,
    );

  return {
    folderOf,
    async list() {
      const found = [...(await pins.all())].flatMap(([name, pin]) => {
        const folder = folderOf(name);
        return folder === null ? [] : [described(name, folder, pin)];
      });
      return found.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async verify(name) {
      const pin = await pins.get(name);
      const folder = folderOf(name);
      if (folder === null) throw missing(name);
      if (pin === null) {
        throw new ModelStoreError(
          'not_found',
          `${folder} was not pulled here, so ${pins.path} does not say what it should hold. "engram models pull ${name}" replaces it.`,
        );
      }
      const problems: string[] = [];
      for (const { path, size, sha256 } of pin.files) {
        const problem = await problemOf(join(folder, path), size, sha256);
        if (problem !== null) problems.push(problem);
      }
      return { name, folder, files: pin.files.length, problems };
    },
    async remove(name) {
      const pin = isModelName(name) ? await pins.get(name) : null;
      if (pin === null && folderOf(name) === null) throw missing(name);
      const { folder, incoming, old, claim } = modelPaths(models_dir, name);
      await withClaim(claim, { what: name, pause, patience: 0 }, async () => {
        await pins.set(name, null);
        // Away in one step: nobody ever opens half a model.
        await mkdir(dirname(old), { recursive: true });
        await rm(old, { recursive: true, force: true });
        if (existsSync(folder)) await rename(folder, old);
        await rm(old, { recursive: true, force: true });
        await rm(incoming, { recursive: true, force: true });
      });
      return { size_bytes: pin ? sizeOf(pin) : 0 };
    },
  };
}

const sizeOf = ({ files }: Pin): number => files.reduce((sum, { size }) => sum + size, 0);

const described = (name: string, folder: string, pin: Pin): InstalledModel => ({
  ...{ name, kind: pin.kind, folder, repo: pin.repo, revision: pin.revision },
  ...{ size_bytes: sizeOf(pin), installed_at: pin.installed_at },
});

async function problemOf(path: string, size: number, sha256: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) return `${path} is missing.`;
  if (found.size !== size) return `${path} has ${found.size} bytes instead of ${size}.`;
  return (await digestsOf(path, size))?.sha256 === sha256
    ? null
    : `${path} is not what was downloaded (SHA-256 differs).`;
}
