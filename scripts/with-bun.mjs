#!/usr/bin/env node
// Runs the pinned Bun with the given arguments, whoever started us: npm on plain Node, or Bun itself.
// Dependencies' install scripts are off, so Bun's binary is linked here, once, from the package npm already brought.
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const packaged = join(root, 'node_modules', 'bun', 'bin', 'bun.exe');
const works = (path) => spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0;

function findBun() {
  if (process.versions.bun) return process.execPath;
  if (works(packaged)) return packaged;
  spawnSync(process.execPath, [join(root, 'node_modules', 'bun', 'install.js')], { cwd: root, stdio: 'ignore' });
  if (works(packaged)) return packaged;
  if (works('bun')) return 'bun';
  console.error('Bun is missing. Run "npm install" in the project folder, or install Bun and run "bun install".');
  process.exit(1);
}

const child = spawn(findBun(), process.argv.slice(2), { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  if (signal) process.kill(process.pid, signal);
  else process.exit(code ?? 1);
});
