import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Bun reads `with { type: 'text' }` by itself; Vite drops the attribute and would run or empty such files. */
const TEXT_FILE = /\/docs-page\/[\w.-]+\.(?:css|js)$/;
const textImports = {
  name: 'text-imports',
  enforce: 'pre' as const,
  resolveId(source: string, importer: string | undefined) {
    const path = importer === undefined ? '' : join(dirname(importer), source);
    return TEXT_FILE.test(path) ? `\0${path}.text` : null;
  },
  load(id: string) {
    const path = id.slice(1, -'.text'.length);
    return TEXT_FILE.test(path) && id.endsWith('.text') ? `export default ${JSON.stringify(readFileSync(path, 'utf8'))}` : null;
  },
};

export default defineConfig({
  plugins: [textImports],
  test: {
    pool: 'threads',
    maxWorkers: 2,
    include: ['test/**/*.test.ts', 'src/**/*.test.ts'],
    globalSetup: ['test/support/temp-root.ts', 'test/support/postgres-server.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
