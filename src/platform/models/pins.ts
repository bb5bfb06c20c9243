// models.lock.json: of every installed model where it came from and the hash of each of its files. What is fetched or found
// later has to be the same, unless somebody asks for an update.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { withClaim } from './claim.ts';
import { ModelStoreError } from './failure.ts';
import { writeAtomically } from './files.ts';
import { isInnerPath, isModelName } from './names.ts';

const pinSchema = z.object({
  repo: z.string(),
  /** The commit; for a folder as hub a hash over the hashes of the files. */
  revision: z.string(),
  kind: z.enum(['embedding', 'reranker']),
  /** Its path in the repository, where that is not its path here. */
  onnx_file: z.string().optional(),
  files: z
    .array(
      z.object({
        /** Inside the model's folder. */
        path: z.string().refine(isInnerPath),
        size: z.number().int().nonnegative(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1),
  installed_at: z.iso.datetime(),
});
const fileSchema = z.object({
  version: z.literal(1),
  models: z.record(z.string().refine(isModelName), pinSchema),
});

export type Pin = z.infer<typeof pinSchema>;

export interface Pins {
  readonly path: string;
  /** By name. */
  all(): Promise<ReadonlyMap<string, Pin>>;
  get(name: string): Promise<Pin | null>;
  /** Null takes it away. Changes of other processes at the same moment are not lost. */
  set(name: string, pin: Pin | null): Promise<void>;
}

export function openPins(models_dir: string, pause: (ms: number) => Promise<void>): Pins {
  const path = join(models_dir, 'models.lock.json');

  async function read(): Promise<Map<string, Pin>> {
    const raw = await readFile(path, 'utf8').catch((error: { code?: string }) => {
      // A file where the folder should be is for those who write to say.
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
      throw new ModelStoreError(
        'invalid',
        `${path} cannot be read (${error.code}): give this user the right to, or set ENGRAM_MODELS_DIR to another folder.`,
        error,
      );
    });
    if (raw === null) return new Map();
    try {
      return new Map(Object.entries(fileSchema.parse(JSON.parse(raw)).models));
    } catch (cause) {
      throw new ModelStoreError(
        'damaged',
        `${path} is not what Engram wrote there: restore it, or move it away and pull the models again.`,
        cause,
      );
    }
  }

  return {
    path,
    all: read,
    get: async (name) => (await read()).get(name) ?? null,
    set: (name, pin) =>
      withClaim(join(models_dir, '.incoming', 'models.lock'), { what: path, pause, patience: 200 }, async () => {
        const models = await read();
        if (pin === null) models.delete(name);
        else models.set(name, pin);
        const sorted = [...models].sort(([a], [b]) => (a < b ? -1 : 1));
        const content = { version: 1, models: Object.fromEntries(sorted) };
        await writeAtomically(path, `${JSON.stringify(content, null, 2)}\n`);
      }),
  };
}
