// Loaded before the program: it then stores every text as it stores one that is too long for a fingerprint. What the
// near-duplicate check costs is the difference; the program itself has no switch for it, and nobody should want one.
import { plugin } from 'bun';
import { BenchError } from './options.ts';

const DECLARED = 'export function fingerprintOf(';

plugin({
  name: 'without-fingerprints',
  setup(build) {
    build.onLoad({ filter: /[\\/]algo[\\/]simhash\.ts$/ }, async ({ path }) => {
      const source = await Bun.file(path).text();
      if (!source.includes(DECLARED)) throw new BenchError(`${path} no longer has "${DECLARED}": adapt the baseline.`);
      const contents = source.replace(DECLARED, 'export const fingerprintOf = () => null;\nexport function unused(');
      return { contents, loader: 'ts' };
    });
  },
});
