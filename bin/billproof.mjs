#!/usr/bin/env node
// Starts the command line with a Node that can run it, whatever Node the machine has.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { root, usableNode, withCompileCache } from '../scripts/runtime.mjs';

const internalError = 3;
const node = usableNode();
if (node === undefined || !existsSync(join(root, 'node_modules', '.billproof-stamp'))) {
  process.stderr.write('billproof: not set up yet. Run `npm start` or `npm test` here once.\n');
  process.exit(internalError);
}

const child = spawn(node, [join(root, 'api', 'cli', 'main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: withCompileCache(process.env),
});
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT', 'SIGHUP'])) {
  process.on(signal, () => child.kill(signal));
}
stopWithNpx();
child.on('error', (problem) => {
  process.stderr.write(`billproof: ${problem.message}\n`);
  process.exit(internalError);
});
child.on('exit', (code, signal) => {
  // A shell reports death by signal as 128 + its number.
  process.exit(signal === null ? (code ?? internalError) : 128 + constants.signals[signal]);
});

/**
 * npx passes SIGTERM to its shell alone, which dies without a word to us; nothing else ends a shell
 * that waits for its command, so a new parent means that the command was to stop.
 */
function stopWithNpx() {
  if (process.env.npm_lifecycle_event !== 'npx') return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, 250);
  watch.unref();
}
