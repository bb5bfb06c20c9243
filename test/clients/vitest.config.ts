import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = join(import.meta.dirname, '../..');

/** Clients of others, installed here by npm run test:clients. */
export default defineConfig({
  root,
  test: {
    pool: 'threads',
    maxWorkers: 2,
    include: ['test/clients/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    globalSetup: ['test/support/temp-root.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
