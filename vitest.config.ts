import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'threads',
    maxWorkers: 2,
    include: ['test/**/*.test.ts', 'src/**/*.test.ts'],
    // On the built executable: npm run test:binary. With clients of others: npm run test:clients.
    exclude: ['test/binary/**', 'test/clients/**', '**/node_modules/**'],
    globalSetup: ['test/support/temp-root.ts', 'test/support/postgres-server.ts'],
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
});
