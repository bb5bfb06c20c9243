// What the build has to name by hand is all there.
import { basename, dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENTRY_POINTS } from '../scripts/build/entry-points.ts';
import { fileName, TARGETS } from '../scripts/build/targets.ts';
import { readTree } from './support/arrows.ts';

const root = join(import.meta.dirname, '..');

describe('the build', () => {
  it('names every file that runs in a thread', () => {
    const threads = [...readTree(root, ['src'])].flatMap(([path, text]) =>
      [...text.matchAll(/new URL\('(\.\/[^']+\.ts)', import\.meta\.url\)/g)]
        .map(([, file]) => normalize(join(dirname(path), file!)))
        .filter((file) => basename(file) !== 'x.ts'),
    );
    expect(threads.length).toBeGreaterThan(3);
    expect([...ENTRY_POINTS].sort()).toEqual(['src/main.ts', ...new Set(threads)].sort());
  });

  it('gives them names that differ: inside the executable they lie in one folder', () => {
    expect(new Set(ENTRY_POINTS.map((path) => basename(path))).size).toBe(ENTRY_POINTS.length);
  });

  it('gives every executable a name of its own', () => {
    const names = TARGETS.flatMap((target) => [fileName(target, false), fileName(target, true)]);
    expect(new Set(names).size).toBe(2 * TARGETS.length);
    expect(names).toContain('engram-windows-x64-lite.exe');
  });
});
