// What the program imports differently once it is an executable: native parts come from what it carries.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BunPlugin } from 'bun';
import type { AddonPart, Embedded } from '../../src/platform/native/parts.ts';
import { BuildError } from './error.ts';
import type { Target } from './targets.ts';

const NATIVE = 'src/platform/native';

export function nativeParts(root: string, target: Target, embedded: Embedded): BunPlugin {
  const load = JSON.stringify(join(root, NATIVE, 'load.ts'));
  const addon = (part: AddonPart) => `require(${load}).addon(${JSON.stringify(part)})`;
  return {
    name: 'native parts',
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/]platform[\\/]native[\\/]embedded\.ts$/ }, () => ({
        contents: embeddedModule(embedded),
        loader: 'js',
      }));
      build.onLoad({ filter: /[\\/]src[\\/]platform[\\/]native[\\/]sqlite\.ts$/ }, () => ({
        contents: `export { default } from ${JSON.stringify(join(root, 'node_modules/better-sqlite3-multiple-ciphers/lib', `${target.sqlite}.js`))};`,
        loader: 'js',
      }));
      build.onLoad({ filter: new RegExp(`multiple-ciphers[\\\\/]lib[\\\\/]${target.sqlite}\\.js$`) }, ({ path }) => ({
        contents: replaced(path, /require\('\.\.\/prebuilds\/[^']+'\)/, addon('sqlite')),
        loader: 'js',
      }));
      build.onLoad({ filter: /onnxruntime-node[\\/]dist[\\/]binding\.js$/ }, ({ path }) => ({
        contents: replaced(path, /require\(`\.\.\/bin\/[^`]+`\)/, addon('onnxruntime')),
        loader: 'js',
      }));
      // It looks for its addon in two dozen packages by turns.
      build.onLoad({ filter: /@lancedb[\\/]lancedb[\\/]dist[\\/]native\.js$/ }, () => ({
        contents: `module.exports = ${addon('lancedb')};`,
        loader: 'js',
      }));
      // Loading it is refused before anybody gets this far.
      if (embedded.parts.lancedb.length === 0)
        build.onLoad({ filter: /[\\/]src[\\/]platform[\\/]vectors[\\/]lance\.ts$/ }, () => ({
          contents: 'export {};',
          loader: 'js',
        }));
    },
  };
}

/** @throws BuildError when a new version of the package reads otherwise */
function replaced(path: string, what: RegExp, by: string): string {
  const text = readFileSync(path, 'utf8');
  if (!what.test(text))
    throw new BuildError(
      `${path} no longer says ${what}: see how this version loads its addon, and change scripts/build/plugin.ts.`,
    );
  return text.replace(what, by);
}

/** The pieces as imports: what they are called inside the executable is known to the compiler alone. */
function embeddedModule({ version, target, parts }: Embedded): string {
  const imports: string[] = [];
  const carried = (path: string) => {
    const name = `piece_${imports.length}`;
    imports.push(`import ${name} from ${JSON.stringify(path)} with { type: 'file' };`);
    return name;
  };
  const lists = Object.entries(parts).map(([part, files]) => {
    const rows = files.map(
      ({ name, bytes, sha256, pieces }) =>
        `{ name: ${JSON.stringify(name)}, bytes: ${bytes}, sha256: '${sha256}', pieces: [${pieces.map(carried).join(', ')}] }`,
    );
    return `${part}: [${rows.join(', ')}]`;
  });
  return `${imports.join('\n')}
export const EMBEDDED = { version: ${JSON.stringify(version)}, target: ${JSON.stringify(target)}, parts: { ${lists.join(', ')} } };
`;
}
