// Loads what the executable carries: put on the disk when it is first needed, loaded from there by its path. In a program
// run from source nothing is carried, and nothing here does anything.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../../core/thrown.ts';
import { EMBEDDED } from './embedded.ts';
import { nativeFolders } from './folders.ts';
import { type AddonPart, type Embedded, NativeError, type Part } from './parts.ts';
import { finish, finishInTurns, type PlaceDeps, place, removeOthers } from './place.ts';

const WHAT: Readonly<Record<Part, string>> = {
  sqlite: 'SQLite',
  onnxruntime: 'ONNX Runtime',
  lancedb: 'LanceDB',
  model: 'the built-in model',
};
const INSTEAD: Readonly<Record<Part, string>> = {
  sqlite: 'Download another build.',
  onnxruntime: 'The built-in model works without it; for others set ENGRAM_EMBEDDING_URL, or download another build.',
  lancedb: 'Unset ENGRAM_USE_LANCE_INDEX: all vectors are then searched in memory. Or download the full build.',
  model: 'Download another build, or set ENGRAM_EMBEDDING_MODEL to another model.',
};

const deps: PlaceDeps = { unpack: (piece) => Bun.zstdDecompressSync(readFileSync(piece)), now: Date.now };

/** Parts this thread has compared already, by where they lie. */
const placed = new Map<Part, string>();

/** Whether this build goes without it. */
export const isLeftOut = (part: Part): boolean => EMBEDDED !== null && EMBEDDED.parts[part].length === 0;

/** A sentence for somebody who asked for it. */
export const leftOut = (part: Part): string => `This build of Engram has no ${WHAT[part]}. ${INSTEAD[part]}`;

function* placePart(embedded: Embedded, part: Part, use: (folder: string) => void = () => {}): Generator<void, string> {
  if (isLeftOut(part)) throw new NativeError(leftOut(part));
  const version = `${embedded.version}-${embedded.target}`;
  const problems: string[] = [];
  for (const parent of nativeFolders()) {
    const folder = join(parent, version);
    try {
      for (const file of placed.get(part) === folder ? [] : embedded.parts[part]) yield* place(folder, file, deps);
      use(folder);
      if (!placed.has(part)) removeOthers(parent, version);
      placed.set(part, folder);
      return folder;
    } catch (error) {
      if (error instanceof NativeError) throw error;
      problems.push(`${folder}: ${messageOf(error)}`);
    }
  }
  throw new NativeError(
    [
      `${WHAT[part]} has to lie in a folder before it can be used, and that failed.`,
      ...problems,
      'Give this user the right to write to one of these folders and to run programs from it, or set ENGRAM_DATA_DIR.',
    ].join('\n  '),
  );
}

/**
 * What an addon exports. Called by the module that the build puts in the place of its `.node` file.
 * @throws NativeError
 */
export function addon(part: AddonPart): unknown {
  if (EMBEDDED === null) throw new Error('Only an executable carries addons.');
  const module = { exports: {} };
  const library = EMBEDDED.parts[part][0];
  finish(placePart(EMBEDDED, part, (folder) => process.dlopen(module, join(folder, library!.name))));
  return module.exports;
}

/**
 * Puts a large part on the disk, or compares it with what it should be, while others have their turn; loading it is quick then.
 * @throws NativeError when this build goes without it, or it cannot be written
 */
export async function ready(part: AddonPart): Promise<void> {
  if (EMBEDDED !== null) await finishInTurns(placePart(EMBEDDED, part));
}

/** Folder of the model that comes with the program; null in one run from source. @throws NativeError */
export function embeddedModel(): string | null {
  if (EMBEDDED === null) return null;
  const folder = finish(placePart(EMBEDDED, 'model'));
  return join(folder, dirname(EMBEDDED.parts.model[0]!.name));
}
