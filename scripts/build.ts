// npm run build: one executable for each platform asked for, in dist/, with all it needs inside.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import packageJson from '../package.json' with { type: 'json' };
import type { Embedded, EmbeddedFile, Part } from '../src/platform/native/parts.ts';
import { ENTRY_POINTS } from './build/entry-points.ts';
import { BuildError } from './build/error.ts';
import { pack, runtimePath, sources } from './build/parts.ts';
import { nativeParts } from './build/plugin.ts';
import { fileName, hostTarget, TARGETS, type Target } from './build/targets.ts';

const root = join(import.meta.dirname, '..');

const HELP = `npm run build -- [options]

  --target <name>  ${TARGETS.map(({ name }) => name).join(', ')}; repeatable, default: this machine
  --lite           without LanceDB: all vectors are searched in memory
  --out <folder>   default: dist
  --help`;

async function build(target: Target, lite: boolean, out: string): Promise<string> {
  const parts = Object.fromEntries(
    Object.entries(sources(root, target, lite)).map(([part, files]) => [part, files.map((file) => pack(root, file))]),
  ) as Record<Part, EmbeddedFile[]>;
  const embedded: Embedded = { version: packageJson.version, target: target.name, parts };
  const file = join(out, fileName(target, lite));
  const work = mkdtempSync(join(out, '.build-'));
  try {
    const executablePath = runtimePath(root, target, target === hostTarget());
    const result = await Bun.build({
      entrypoints: ENTRY_POINTS.map((path) => join(root, path)),
      outdir: work,
      target: 'bun',
      format: 'esm',
      // A command loads what it needs: parts that are imported on demand stay files of their own.
      splitting: true,
      bytecode: true,
      sourcemap: 'linked',
      // Names stay: error classes and log lines are read by people.
      minify: { syntax: true, whitespace: true, identifiers: false },
      naming: { entry: '[name].[ext]' },
      define: { 'process.env.NODE_ENV': '"production"' },
      plugins: [nativeParts(root, target, embedded)],
      compile: {
        target: target.compile,
        outfile: join(work, 'engram'),
        ...(executablePath !== undefined && { executablePath }),
        // Settings of whatever project the program happens to be started in are none of its business.
        autoloadDotenv: false,
        autoloadBunfig: false,
        autoloadTsconfig: false,
        autoloadPackageJson: false,
      },
    });
    const made = result.outputs.find(({ kind }) => kind === 'entry-point');
    if (!made) throw new BuildError(`Nothing was made for ${target.name}.`);
    chmodSync(made.path, 0o755);
    renameSync(made.path, file);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return file;
}

/** As `sha256sum --check` reads it, of every executable that lies there. */
function writeSums(out: string): void {
  const lines = readdirSync(out)
    .filter((name) => name.startsWith('engram-'))
    .sort()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(join(out, name)))
          .digest('hex')}  ${name}\n`,
    );
  writeFileSync(join(out, 'SHA256SUMS'), lines.join(''));
}

function asked() {
  try {
    return parseArgs({
      options: {
        target: { type: 'string', multiple: true },
        lite: { type: 'boolean', default: false },
        out: { type: 'string', default: join(root, 'dist') },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new BuildError(`${(error as Error).message}\n\n${HELP}`);
  }
}

function targetsOf(names: readonly string[] | undefined): Target[] {
  if (!names) {
    const host = hostTarget();
    if (!host) throw new BuildError(`No executable is made for ${process.platform} ${process.arch}; name a --target.`);
    return [host];
  }
  return names.map((name) => {
    const target = TARGETS.find((one) => one.name === name);
    if (target) return target;
    throw new BuildError(`There is no target "${name}"; there are ${TARGETS.map((one) => one.name).join(', ')}.`);
  });
}

try {
  const { target, lite, out, help } = asked();
  if (help) console.log(HELP);
  else {
    const folder = resolve(out);
    mkdirSync(folder, { recursive: true });
    for (const one of targetsOf(target)) {
      const started = performance.now();
      const file = await build(one, lite, folder);
      const mb = (statSync(file).size / 1e6).toFixed(0);
      console.log(`${file}: ${mb} MB (${((performance.now() - started) / 1000).toFixed(0)} s)`);
    }
    writeSums(folder);
  }
} catch (error) {
  console.error(error instanceof BuildError ? error.message : error);
  process.exit(1);
}
