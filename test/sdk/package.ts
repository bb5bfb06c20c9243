// Builds the package as npm would install it, from the sources as they are now.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { tempDir } from '../support/app.ts';

const ROOT = join(import.meta.dirname, '../..');
export const SDK = join(ROOT, 'sdk/typescript');

/** @throws Error with what the compiler says */
export const tsc = (folder: string): Promise<unknown> =>
  promisify(execFile)(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder], { cwd: folder }).catch(({ stdout }) => {
    throw new Error(stdout);
  });

/** A tsconfig.json with the strictness of the package's own. */
export const tsconfig = (compilerOptions: object, files: readonly string[]): string =>
  JSON.stringify({ extends: join(SDK, 'tsconfig.json'), compilerOptions, files, include: [] });

/**
 * Compiled beside node_modules, since what lies inside is taken for compiled already; then put there.
 * @param modules the folder `node_modules` it goes into, where the packages of others that it needs must be
 * @param entries source files to begin from
 * @returns the folder of the package
 */
export async function installSdk(modules: string, entries: readonly string[]): Promise<string> {
  const workshop = tempDir();
  for (const part of ['src', 'package.json']) cpSync(join(SDK, part), join(workshop, part), { recursive: true });
  writeFileSync(join(workshop, 'tsconfig.json'), tsconfig({ rootDir: './src', outDir: './dist' }, entries));
  mkdirSync(modules, { recursive: true });
  symlinkSync(modules, join(workshop, 'node_modules'));
  await tsc(workshop);
  const installed = join(modules, 'engram-sdk');
  rmSync(installed, { recursive: true, force: true });
  for (const part of ['dist', 'package.json']) cpSync(join(workshop, part), join(installed, part), { recursive: true });
  return installed;
}

/** Beside the packages of test/clients, but in a folder of its own: test files run at the same time. */
export async function installSdkForClients(): Promise<string> {
  const clients = join(ROOT, 'test/clients/node_modules');
  const modules = join(tempDir(), 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(clients)) symlinkSync(join(clients, name), join(modules, name));
  return installSdk(modules, ['src/index.ts', 'src/langchain.ts', 'src/ai.ts']);
}
