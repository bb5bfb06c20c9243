// From a name to an installed model: list, fetch into a folder apart, and only when everything is there and right put it in
// place with one rename.
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nearest } from '../../algo/nearest.ts';
import { CATALOGUE, catalogueEntry, type ModelKind } from './catalogue.ts';
import { type Chosen, chooseFiles, hashOver, modelSettings, type Wanted } from './choose.ts';
import { withClaim } from './claim.ts';
import { ModelStoreError } from './failure.ts';
import { type FetchDeps, fetchFiles, type PullProgress } from './fetch.ts';
import { digestsOf, syncFolder, writeAtomically } from './files.ts';
import { CONTENT, isInnerPath, isRepo, type ModelPaths, modelPaths, shortRevision } from './names.ts';
import type { Pin, Pins } from './pins.ts';

export type { PullProgress };

export interface PullRequest {
  /** Of the catalogue, or `owner/name` of any repository. */
  readonly name: string;
  /** Only for a repository that is not in the catalogue; embedding when left out. */
  readonly kind?: ModelKind | undefined;
  /** The ONNX file inside the repository; the usual names in turn when left out. */
  readonly file?: string | undefined;
  /** Take what the hub has now, also when it is not what is pinned. */
  readonly update?: boolean | undefined;
}

export interface Pulled {
  readonly name: string;
  readonly kind: ModelKind;
  readonly folder: string;
  readonly repo: string;
  readonly revision: string;
  readonly size_bytes: number;
  /** Bytes that came from the hub this time. */
  readonly transferred_bytes: number;
  /** False: it was there already, every byte as pinned. */
  readonly changed: boolean;
}

export interface PullDeps extends FetchDeps {
  readonly models_dir: string;
  readonly pins: Pins;
  now(): number;
}

/** @throws ModelStoreError */
export async function pullModel(
  request: PullRequest,
  onProgress: (progress: PullProgress) => void,
  deps: PullDeps,
): Promise<Pulled> {
  const { models_dir, pins, pause } = deps;
  const wanted = wantedOf(asBefore(request, await pins.get(request.name)));
  const paths = modelPaths(models_dir, wanted.name);
  return withClaim(paths.claim, { what: wanted.name, pause, patience: 0 }, async () => {
    await settle(paths);
    return pull(wanted, await pins.get(wanted.name), request.update === true, paths, onProgress, deps);
  });
}

/** What was said about a repository when it was first pulled need not be said again. */
const asBefore = (request: PullRequest, pin: Pin | null): PullRequest =>
  pin && isRepo(request.name)
    ? { ...request, kind: request.kind ?? pin.kind, file: request.file ?? pinnedOnnx(pin) }
    : request;

function wantedOf({ name, kind, file }: PullRequest): Wanted {
  const invalid = (sentence: string) => new ModelStoreError('invalid', sentence);
  if (file !== undefined && !isInnerPath(file))
    throw invalid(`"${file}" is no path inside a repository: give it as onnx/model.onnx.`);
  const entry = catalogueEntry(name);
  if (entry?.source === null) throw invalid(`${name} comes with the program: there is nothing to pull.`);
  if (entry && kind !== undefined && kind !== entry.kind)
    throw invalid(`${entry.name} is of kind ${entry.kind}, not ${kind}: leave --kind out.`);
  if (entry?.source && (file === undefined || file === entry.source.onnx_file))
    return { name: entry.name, kind: entry.kind, ...entry.source, entry };
  // Another file of a known repository is a model of its own, fed like the known one.
  if (isRepo(name)) {
    const { revision = 'main' } = entry?.source ?? {};
    return { name, kind: entry?.kind ?? kind ?? 'embedding', repo: name, revision, onnx_file: file ?? null, entry };
  }
  if (entry?.source) throw invalid(`For another file than ${entry.source.onnx_file}, pull ${entry.source.repo}.`);
  const guess = nearest(
    name,
    CATALOGUE.map((one) => one.name),
  );
  throw new ModelStoreError(
    'not_found',
    `There is no model "${name.slice(0, 100)}"${guess ? `; did you mean ${guess}?` : '.'} "engram models list" shows the known ones; any other is pulled by its repository, owner/name.`,
  );
}

/** Its path in the repository. */
const pinnedOnnx = (pin: Pin): string => pin.onnx_file ?? pin.files[0]!.path;

/** Ends what a crash left half done between the two renames of a swap. */
async function settle({ folder, old }: ModelPaths): Promise<void> {
  if (!(await exists(old))) return;
  if (await exists(folder)) await rm(old, { recursive: true, force: true });
  else await rename(old, folder);
}

async function pull(
  wanted: Wanted,
  pin: Pin | null,
  update: boolean,
  paths: ModelPaths,
  onProgress: (progress: PullProgress) => void,
  deps: PullDeps,
): Promise<Pulled> {
  const { hub, pins } = deps;
  const complete = pin !== null && (await isComplete(pin, wanted, paths.folder));
  if (complete && !update) return result(wanted, pin, paths, 0, false);
  // Without leave to update, what is fetched again is what was fetched then.
  const binding = update ? null : pin;
  const again = binding && binding.repo === wanted.repo && !binding.revision.startsWith(CONTENT);
  const listing = await hub.list(wanted.repo, again ? binding.revision : wanted.revision);
  if (complete && listing.commit === pin.revision) return result(wanted, pin, paths, 0, false);

  const chosen = chooseFiles(wanted, listing);
  const notAsPinned = (what: string) =>
    new ModelStoreError(
      'pinned',
      `${hub.address} has another ${wanted.name} than the one pinned in ${pins.path} (${what} differs from revision ${pin && shortRevision(pin.revision)}), so it was refused. If the change is welcome, pull it with --update.`,
    );
  const other = binding && difference(binding, wanted, chosen);
  if (other !== null) throw notAsPinned(other);

  const { repo, kind } = wanted;
  const pinned = new Map(binding?.files.map(({ path, sha256 }) => [path, sha256]));
  const { incoming, folder: installed } = paths;
  const { files, transferred } = await fetchFiles(
    { repo, commit: listing.commit, chosen, pinned, incoming, installed, onProgress, notAsPinned },
    deps,
  );
  const [onnx] = chosen;
  const next: Pin = {
    repo,
    revision: listing.commit ?? binding?.revision ?? CONTENT + hashOver(files),
    kind,
    ...(onnx && onnx.file.path !== onnx.path && { onnx_file: onnx.file.path }),
    files,
    installed_at: new Date(deps.now()).toISOString(),
  };
  const deciding = files.filter((_, place) => chosen[place]!.decides);
  await writeAtomically(join(incoming, 'engram.json'), `${JSON.stringify(modelSettings(wanted, deciding), null, 2)}\n`);
  // Pinned first: after a power cut between the two, the next pull finds everything fetched and only has to move it.
  await pins.set(wanted.name, next);
  await putInPlace(paths, deps.models_dir);
  return result(wanted, next, paths, transferred, true);
}

async function isComplete(pin: Pin, { repo, kind, onnx_file }: Wanted, folder: string): Promise<boolean> {
  if (pin.repo !== repo || pin.kind !== kind || (onnx_file !== null && onnx_file !== pinnedOnnx(pin))) return false;
  if (!(await exists(join(folder, 'engram.json')))) return false;
  for (const { path, size, sha256 } of pin.files)
    if ((await digestsOf(join(folder, path), size))?.sha256 !== sha256) return false;
  return true;
}

/** What is not as pinned, as far as the list of files tells; null when nothing is. */
function difference(pin: Pin, { repo, kind }: Wanted, chosen: readonly Chosen[]): string | null {
  if (pin.repo !== repo) return 'the repository';
  if (pin.kind !== kind) return 'the kind';
  const before = new Map(pin.files.map((file) => [file.path, file]));
  for (const { path, file } of chosen) {
    const same = before.get(path);
    before.delete(path);
    if (same?.size !== file.size || (file.sha256 !== null && file.sha256 !== same.sha256)) return path;
  }
  return [...before.keys()][0] ?? null;
}

async function putInPlace({ folder, incoming, old }: ModelPaths, models_dir: string): Promise<void> {
  await syncFolder(incoming);
  if (await exists(folder)) await rename(folder, old);
  await rename(incoming, folder);
  await syncFolder(models_dir);
  await rm(old, { recursive: true, force: true });
}

function result(
  { name }: Wanted,
  { repo, revision, kind, files }: Pin,
  { folder }: ModelPaths,
  transferred_bytes: number,
  changed: boolean,
): Pulled {
  const size_bytes = files.reduce((sum, { size }) => sum + size, 0);
  return { name, kind, folder, repo, revision, size_bytes, transferred_bytes, changed };
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;
