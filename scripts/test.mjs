// `npm test`: builds the verification page, runs every test, and says what came of it in one last
// plain line. Arguments after `--` go to the test runner.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, withCompileCache } from './runtime.mjs';
import { countResults, engineCrashes, summaryLine } from './test-report.mjs';

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

/**
 * Runs Node to its end, shows what it writes, and answers its exit code and what it wrote to stderr.
 * @param {string[]} args
 */
async function runNode(args) {
  const env = withCompileCache(process.env);
  /** @type {import('node:child_process').StdioOptions} */
  const stdio = ['inherit', 'inherit', 'pipe'];
  const child = spawn(process.execPath, args, { cwd: root, stdio, env });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    errors += text;
    process.stderr.write(text);
  });
  const [exitCode] = await once(child, 'close');
  return { exitCode, errors };
}

async function runTests() {
  if (existsSync(pageBuild) && (await runNode([pageBuild])).exitCode !== 0) {
    const problems = ['the verification page could not be built; its message is above'];
    return { passed: 0, failed: 1, skipped: 0, problems };
  }
  const { exitCode, errors } = await runNode([
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...process.argv.slice(2),
  ]);
  const report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : undefined;
  const rules = { strict: process.env.CI === 'true', allowedSkips };
  const counts = countResults(report, exitCode, rules);
  if (counts.failed > 0) counts.problems.unshift(...engineCrashes(errors));
  return counts;
}

const counts = await runTests();
rmSync(folder, { recursive: true, force: true });
for (const problem of counts.problems) console.log(problem);
console.log(summaryLine(counts));
process.exitCode = counts.failed === 0 ? 0 : 1;
