import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '.runtime/**', 'data/**', '**/dist/**'],
    // Processes, not threads: native modules and the ledger's own workers live in the tests.
    pool: 'forks',
    // More than a small machine has: much of the time a test waits for a process or a disk.
    maxWorkers: 3,
    // Only what hangs is ended: a machine that does much else at the same time is slow, not wrong.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
