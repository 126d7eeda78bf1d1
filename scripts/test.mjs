// `npm test`: builds the verification page, runs every test, and says what came of it in one last
// plain line. Arguments after `--` go to the test runner.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './runtime.mjs';
import { countResults, summaryLine } from './test-report.mjs';

const inNoPackage =
  'they are published as an archive and as images, in no package that an installation could bring';

/**
 * Full names of tests that may be skipped where CI=true, each with its reason.
 * @type {ReadonlyMap<string, string>}
 */
const allowedSkips = new Map([
  ['a network of Fabric: needs the programs of Fabric (FABRIC_BIN)', inNoPackage],
  ['anchors on Fabric: needs the programs of Fabric (FABRIC_BIN)', inNoPackage],
  ['litewitness: needs its program (LITEWITNESS)', 'it is built from its source, in no package'],
]);

const pageBuild = join(root, 'web', 'build.ts');
const folder = mkdtempSync(join(tmpdir(), 'billproof-test-'));
const reportFile = join(folder, 'report.json');

/** @param {string[]} args */
function runNode(args) {
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status;
}

function runTests() {
  if (existsSync(pageBuild) && runNode([pageBuild]) !== 0) {
    const problems = ['the verification page could not be built; its message is above'];
    return { passed: 0, failed: 1, skipped: 0, problems };
  }
  const exitCode = runNode([
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...process.argv.slice(2),
  ]);
  const report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : undefined;
  return countResults(report, exitCode, { strict: process.env.CI === 'true', allowedSkips });
}

const counts = runTests();
rmSync(folder, { recursive: true, force: true });
for (const problem of counts.problems) console.log(problem);
console.log(summaryLine(counts));
process.exitCode = counts.failed === 0 ? 0 : 1;
