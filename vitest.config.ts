import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes a minute and more, the longest first: begun last, one would run while nobody else does. */
const LONG = [
  'test/e2e/demo.test.ts',
  'test/crash/api-crash.test.ts',
  'test/books/books.test.ts',
  'test/recovery/moving.test.ts',
  'test/crash/anchor-crash.test.ts',
  'test/e2e/verify-links.test.ts',
  'test/cluster/processes.test.ts',
  'test/faults/postgres-outage.test.ts',
  'test/simulation/simulation.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = LONG.findIndex((path) => moduleId.endsWith(`/${path}`));
      return found < 0 ? LONG.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '.runtime/**', 'data/**', '**/dist/**'],
    // Processes, not threads: native modules and the ledger's own workers live in the tests.
    pool: 'forks',
    // More than a small machine has: much of the time a test waits for a process or a disk.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Only what hangs is ended: a machine that does much else at the same time is slow, not wrong.
    // So no test sets less than this for itself, and none waits less long for a condition.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
  },
});
