import { describe, expect, test } from 'vitest';
import { countResults, engineCrashes, summaryLine } from './test-report.mjs';

const lenient = { strict: false, allowedSkips: new Map<string, string>() };
const strict = { ...lenient, strict: true };

function report(...statuses: string[]) {
  const assertionResults = statuses.map((status, index) => {
    const title = `case ${index}`;
    return { status, title, fullName: title };
  });
  const status = statuses.includes('failed') ? 'failed' : 'passed';
  return { testResults: [{ name: 'a.test.ts', status, assertionResults }] };
}

describe('the count of a test run', () => {
  test('says what passed, failed and was skipped', () => {
    const counts = countResults(report('passed', 'failed', 'skipped', 'todo'), 1, lenient);
    expect(counts).toEqual({ passed: 1, failed: 1, skipped: 2, problems: [] });
    expect(summaryLine(counts)).toBe('1 passed, 1 failed, 2 skipped');
  });

  test('leaves skips out of the line where there are none', () => {
    expect(summaryLine(countResults(report('passed'), 0, strict))).toBe('1 passed, 0 failed');
  });

  test('counts a skip without a reason as a failure where it is strict', () => {
    const counts = countResults(report('passed', 'skipped'), 0, strict);
    expect(counts).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
      problems: ['skipped without a reason on the list: case 1'],
    });
  });

  test('allows a skip on the list', () => {
    const allowedSkips = new Map([['case 1', 'needs hardware']]);
    const counts = countResults(report('passed', 'skipped'), 0, { strict: true, allowedSkips });
    expect(counts).toEqual({ passed: 1, failed: 0, skipped: 1, problems: [] });
  });

  test('counts a file that could not be loaded', () => {
    const broken = { name: 'b.test.ts', status: 'failed', message: 'no', assertionResults: [] };
    const counts = countResults({ testResults: [broken] }, 1, lenient);
    expect(counts).toEqual({
      passed: 0,
      failed: 1,
      skipped: 0,
      problems: ['b.test.ts failed outside its tests: no'],
    });
  });

  test('counts an error outside every test', () => {
    expect(countResults(report('passed'), 1, lenient).failed).toBe(1);
  });

  test('fails when no test ran or there is no report', () => {
    expect(countResults({ testResults: [] }, 0, lenient).failed).toBe(1);
    expect(countResults(report('skipped'), 0, lenient).failed).toBe(1);
    expect(countResults(undefined, 0, lenient).failed).toBe(1);
  });
});

describe('what the engine said as it gave up', () => {
  test('is found in all that a run wrote, with its stack', () => {
    const stack = ['# Fatal error in , line 0', '# Check failed: held.', '#', ' 1: 0xe12a'];
    const text = ['(node:1) a warning', '#', ...stack, ''].join('\n');
    expect(engineCrashes(text)).toEqual([`${stack.join('\n')}\n`]);
  });

  test('is nothing where it said nothing', () => {
    expect(engineCrashes('# a heading\nerror: Fatal\n')).toEqual([]);
  });
});
