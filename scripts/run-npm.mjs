// npm, run by a chosen Node without any install scripts.
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';

/** What the person at the machine can mend; the message says how. */
export class SetupProblem extends Error {}

/**
 * Where a path leads, or undefined where nothing is.
 * @param {string | undefined} path
 */
export function realpathOf(path) {
  return path !== undefined && existsSync(path) ? realpathSync(path) : undefined;
}

/**
 * @param {string} node the program that runs npm
 * @param {string[]} args
 * @param {string} cwd
 */
export function runNpm(node, args, cwd) {
  const npm = findNpm();
  const path = `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`;
  const env = { ...process.env, PATH: path, ...modulePathFor(npm) };
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const done = spawnSync(node, [npm, ...args, ...quiet], { cwd, env, stdio: ['ignore', 2, 2] });
  if (done.status !== 0) {
    throw new SetupProblem(
      'npm did not succeed; its message is above. Once that is mended, run the same command again.',
    );
  }
}

/**
 * Debian keeps npm's own packages beside npm, where only Debian's Node looks for them.
 * @param {string} npm
 */
function modulePathFor(npm) {
  const home = dirname(dirname(dirname(npm)));
  return basename(home) === 'node_modules' ? {} : { NODE_PATH: home };
}

/** npm's own entry file, so that a chosen Node can run it. */
function findNpm() {
  const running = process.env.npm_execpath;
  if (running !== undefined && basename(running) === 'npm-cli.js') return realpathSync(running);
  const beside = dirname(process.execPath);
  const folders = [beside, ...(process.env.PATH ?? '').split(delimiter)];
  const candidates = folders.flatMap((folder) => [
    join(folder, 'npm'),
    join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(folder, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ]);
  for (const candidate of candidates) {
    const real = realpathOf(candidate);
    if (real !== undefined && basename(real) === 'npm-cli.js') return real;
  }
  throw new SetupProblem(
    'npm was not found. Install npm, or run this as `npm start` or `npm test`.',
  );
}
