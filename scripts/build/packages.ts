// Files of npm packages. npm installs optional packages for its own platform only; those of others are fetched once, as
// npm keeps them, into a folder beside the rest.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BuildError } from './error.ts';

/** @returns the folder of the package @throws BuildError that names the package where it can be had neither way */
export function packageFolder(root: string, name: string, version: string): string {
  const installed = join(root, 'node_modules', name);
  if (versionIn(installed) === version) return installed;
  const cached = join(cacheFolder(root), 'packages', `${name.replace('/', '__')}@${version}`);
  if (versionIn(cached) === version) return cached;
  fetch(name, version, cached);
  return cached;
}

export const cacheFolder = (root: string): string => join(root, 'node_modules', '.cache', 'engram-build');

/** @returns null when there is no such package */
export function versionIn(folder: string): string | null {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : null;
}

/** What a package asks for under `dependencies` or `optionalDependencies`. */
export function wantedVersion(folder: string, name: string): string {
  type Wants = Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Record<string, string> | undefined>;
  const wants = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Wants;
  const version = wants.dependencies?.[name] ?? wants.devDependencies?.[name] ?? wants.optionalDependencies?.[name];
  if (version === undefined) throw new BuildError(`${folder} names no version of ${name}; was it installed whole?`);
  return version;
}

function fetch(name: string, version: string, to: string): void {
  const home = join(to, '..');
  mkdirSync(home, { recursive: true });
  const work = mkdtempSync(join(home, '.fetch-'));
  try {
    run('npm', ['pack', '--pack-destination', work, `${name}@${version}`], work, name, version);
    const file = `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`;
    run('tar', ['-xzf', file], work, name, version);
    rmSync(to, { recursive: true, force: true });
    renameSync(join(work, 'package'), to);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function run(command: string, args: readonly string[], cwd: string, name: string, version: string): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status === 0) return;
  const why = error?.message ?? /npm error (?!code).*/.exec(stderr)?.[0] ?? stderr.trim();
  throw new BuildError(
    `This target needs the package ${name} ${version}, which npm installs on that platform only, and fetching it failed ` +
      `(${command}: ${why}). Run "npm pack ${name}@${version}" where that works, and unpack its folder "package" as ` +
      `node_modules/${name}.`,
  );
}
