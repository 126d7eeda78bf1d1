// What a test run came to, from the runner's own report.

/**
 * @typedef {{ status: string, title: string, fullName: string, failureMessages?: string[] | null }} Result
 * @typedef {{ name: string, status: string, message?: string, assertionResults: Result[] }} FileResult
 * @typedef {{ testResults: FileResult[] }} Report vitest's JSON report, the parts used
 * @typedef {{ passed: number, failed: number, skipped: number, problems: string[] }} Counts
 */

/**
 * Counts a run. A file that could not be loaded, an error outside every test, a run of no tests
 * and (in strict mode) a skip without a reason each count as one failure.
 * @param {Report | undefined} report undefined when the runner wrote none
 * @param {number | null} exitCode the runner's
 * @param {{ strict: boolean, allowedSkips: ReadonlyMap<string, string> }} rules full names of
 *   tests that may be skipped, with the reason
 * @returns {Counts}
 */
export function countResults(report, exitCode, { strict, allowedSkips }) {
  /** @type {Counts} */
  const counts = { passed: 0, failed: 0, skipped: 0, problems: [] };
  for (const file of report?.testResults ?? []) {
    let failedHere = 0;
    for (const result of file.assertionResults) {
      if (result.status === 'passed') counts.passed += 1;
      else if (result.status === 'failed') failedHere += 1;
      else if (strict && !allowedSkips.has(result.fullName)) {
        failedHere += 1;
        counts.problems.push(`skipped without a reason on the list: ${result.fullName}`);
      } else counts.skipped += 1;
    }
    if (file.status === 'failed' && failedHere === 0) {
      failedHere = 1;
      counts.problems.push(`${file.name} failed outside its tests: ${file.message ?? ''}`);
    }
    counts.failed += failedHere;
  }
  if (counts.failed === 0 && exitCode !== 0) {
    counts.failed = 1;
    counts.problems.push(`the test runner ended with code ${exitCode}; its message is above`);
  }
  if (counts.passed + counts.failed === 0) {
    counts.failed = 1;
    counts.problems.push('no test ran');
  }
  return counts;
}

/**
 * What the engine itself printed as it gave up (its failed check or its lack of memory, and the stack):
 * the runner says no more of such a process than its signal.
 * @param {string} text what the run wrote to stderr
 * @returns {string[]}
 */
export function engineCrashes(text) {
  return text.match(/^# Fatal .*\n(?:.*\n?){0,40}/gm) ?? [];
}

/**
 * The last line of a run: `N passed, N failed[, N skipped]`.
 * @param {Counts} counts
 */
export function summaryLine({ passed, failed, skipped }) {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}
