// npm run test:binary: builds the executables that are older than what they are made of, then runs test/binary on them
// without a network, where the system lets us do that.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileName, hostTarget } from './build/targets.ts';

const root = join(import.meta.dirname, '..');
const SOURCES = ['src', 'migrations', 'models/engram-mini', 'scripts/build', 'scripts/build.ts', 'package.json'];

function newest(path: string): number {
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

const run = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): number =>
  spawnSync(command, args, { cwd: root, stdio: 'inherit', env }).status ?? 1;

const target = hostTarget();
if (!target) {
  console.log(`No executable is made for ${process.platform} ${process.arch}: nothing to test.`);
  process.exit(0);
}
const changed = Math.max(...SOURCES.map((path) => newest(join(root, path))));
for (const lite of [false, true]) {
  const file = join(root, 'dist', fileName(target, lite));
  if (existsSync(file) && statSync(file).mtimeMs > changed) continue;
  const status = run(process.execPath, [join(root, 'scripts', 'build.ts'), ...(lite ? ['--lite'] : [])]);
  if (status !== 0) process.exit(status);
}

const vitest = ['--bun', join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run'];
const args = [...vitest, '--config', join(root, 'vitest.binary.config.ts'), ...process.argv.slice(2)];
/** A network of its own, in which nobody but this machine answers. */
const offline = ['-rn', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
const canBeOffline = process.platform === 'linux' && spawnSync('unshare', [...offline, 'true']).status === 0;
if (!canBeOffline) console.log('The network cannot be taken away here (unshare): the executable is tested with it.');
process.exit(
  canBeOffline
    ? run('unshare', [...offline, process.execPath, ...args], { ...process.env, ENGRAM_TEST_OFFLINE: '1' })
    : run(process.execPath, args),
);
