// The files that an executable carries, cut in pieces and packed. Packing the largest takes a minute: what was packed once
// is kept by its digest.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EmbeddedFile, Part } from '../../src/platform/native/parts.ts';
import { BuildError } from './error.ts';
import { cacheFolder, packageFolder, versionIn, wantedVersion } from './packages.ts';
import type { Target } from './targets.ts';

/** What is unpacked at once when the program writes the file: the memory that takes. */
const PIECE_BYTES = 8 * 2 ** 20;
/** Of 1 to 22. 19 saves 4 % more and takes ten times as long. */
const LEVEL = 12;

interface Source {
  /** Below the folder of native parts. */
  name: string;
  path: string;
}

export function sources(root: string, target: Target, lite: boolean): Record<Part, Source[]> {
  const inPackage = (name: string, ...path: string[]) => join(root, 'node_modules', name, ...path);
  const sqlite = `${target.sqlite}.node`;
  const onnx = (file: string) => inPackage('onnxruntime-node', 'bin', 'napi-v6', target.platform, target.arch, file);
  return {
    sqlite: [{ name: 'sqlite3.node', path: inPackage('better-sqlite3-multiple-ciphers', 'prebuilds', sqlite) }],
    onnxruntime: (target.onnxruntime ?? []).map((file) => ({ name: file, path: onnx(file) })),
    lancedb: lite ? [] : [lanceAddon(root, target)],
    model: modelFiles(root),
  };
}

function lanceAddon(root: string, { lancedb }: Target): Source {
  const main = join(root, 'node_modules', '@lancedb', 'lancedb');
  const folder = packageFolder(root, lancedb, wantedVersion(main, lancedb));
  const addon = readdirSync(folder).find((file) => file.endsWith('.node'));
  if (!addon) throw new BuildError(`${folder} holds no .node file: delete it and build again.`);
  return { name: 'lancedb.node', path: join(folder, addon) };
}

/** What is needed to use the model, and what says where it is from. */
function modelFiles(root: string): Source[] {
  const name = 'engram-mini';
  const folder = join(root, 'models', name);
  return readdirSync(folder)
    .sort()
    .map((file) => ({ name: `${name}/${file}`, path: join(folder, file) }));
}

/** @returns its description, whose pieces are files on this machine */
export function pack(root: string, { name, path }: Source): EmbeddedFile {
  if (!existsSync(path)) throw new BuildError(`${path} is missing: run "npm install", and build again.`);
  const content = readFileSync(path);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const folder = join(cacheFolder(root), 'pieces', `${sha256}-${PIECE_BYTES}-${LEVEL}`);
  const pieces: string[] = [];
  for (let at = 0; at < content.length; at += PIECE_BYTES) {
    const piece = join(folder, `${pieces.length}.zst`);
    pieces.push(piece);
    if (existsSync(piece)) continue;
    mkdirSync(dirname(piece), { recursive: true });
    const packed = Bun.zstdCompressSync(content.subarray(at, at + PIECE_BYTES), { level: LEVEL });
    writeFileSync(`${piece}.${process.pid}`, packed);
    renameSync(`${piece}.${process.pid}`, piece);
  }
  return { name, bytes: content.length, sha256, pieces };
}

/** The runtime that becomes the executable; undefined: the one we run on. */
export function runtimePath(root: string, { runtime, platform }: Target, isHost: boolean): string | undefined {
  if (isHost) return undefined;
  const bun = join(root, 'node_modules', 'bun');
  const version = versionIn(bun);
  if (version !== Bun.version)
    throw new BuildError(`This is Bun ${Bun.version}, but ${bun} is ${version}: run "npm install", and build again.`);
  return join(packageFolder(root, runtime, version), 'bin', platform === 'win32' ? 'bun.exe' : 'bun');
}
