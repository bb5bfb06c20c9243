import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'threads',
    maxWorkers: 2,
    include: ['test/**/*.test.ts', 'src/**/*.test.ts'],
    globalSetup: ['test/support/temp-root.ts', 'test/support/postgres-server.ts'],
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
});
