// Makes a fresh clone runnable with only some Node >= 18 and npm: fetches Node 24 where the machine
// has an older one, installs the locked packages WITH it (an old Node silently leaves out native
// packages that want a newer one), and links it as node_modules/.bin/node, which npm puts first in
// the PATH of its scripts. A stamp makes every later run a no-op. Prints to stderr only.
//
// The scripts in package.json start with `exec`, so that no shell stands between npm and the program:
// npm passes SIGTERM to the shell alone, which would leave the program running. Windows has no such
// word and no such signals, so there it is a command file that does nothing more.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { realpathOf, runNpm, SetupProblem } from './run-npm.mjs';
import {
  isRecentEnough,
  nodeVersion,
  packedNode,
  packedProgram,
  root,
  runtimeFolder,
} from './runtime.mjs';
import { withLock } from './setup-lock.mjs';

const modules = join(root, 'node_modules');
const stampFile = join(modules, '.billproof-stamp');
const lockFile = join(runtimeFolder, 'setup.lock');
const windows = process.platform === 'win32';

const packed = packedNode();
const program = packed === undefined ? undefined : packedProgram(packed.name);
// Run through node_modules/.bin/node this is the fetched Node already: it must be linked again
// after an install, which empties node_modules.
const own = isRecentEnough() && realpathSync(process.execPath) !== realpathOf(program);
const stamp = installStamp();
try {
  if (!isInstalled()) {
    // `npm start` and `npm test` may be the first at the same time: one installs, the other waits.
    withLock(lockFile, () => {
      if (!isInstalled()) install();
    });
  }
} catch (problem) {
  if (!(problem instanceof SetupProblem)) throw problem;
  say(problem.message);
  process.exitCode = 1;
}

function isInstalled() {
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) return false;
  return own || (program !== undefined && existsSync(program));
}

function install() {
  if (!own) fetchNode();
  const node = own || program === undefined ? process.execPath : program;
  say('installing the locked packages (once)');
  runNpm(node, ['ci', '--include=dev'], root);
  if (!own) linkIntoBin('node', node);
  linkIntoBin('billproof', join(root, 'bin', 'billproof.mjs'));
  if (windows) writeFileSync(join(modules, '.bin', 'exec.cmd'), '@%*\r\n');
  writeFileSync(stampFile, stamp);
  say('ready');
}

/** What is installed follows from the lock file and the Node that installs; nothing else. */
function installStamp() {
  const lock = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  const node = own ? process.versions.node : nodeVersion;
  return `${lock.digest('hex')} node ${node} ${process.platform}-${process.arch}\n`;
}

function fetchNode() {
  if (packed === undefined || program === undefined) {
    throw new SetupProblem(
      `Node ${process.versions.node} is too old and no packed Node exists for ` +
        `${process.platform}-${process.arch}. Install Node 24 or newer and run this again.`,
    );
  }
  if (fetchedVersion(program) === nodeVersion) return;
  say(`fetching Node ${nodeVersion} (this machine has ${process.versions.node})`);
  mkdirSync(runtimeFolder, { recursive: true });
  const folder = mkdtempSync(join(runtimeFolder, 'fetch-'));
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify(fetchManifest(packed.name)));
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(fetchLock(packed)));
    runNpm(process.execPath, ['ci', '--prefix', folder], folder);
    const fetched = join(folder, 'node_modules', packed.name);
    const trial = spawnSync(join(fetched, 'bin', basename(program)), ['--version']);
    if (trial.status !== 0) {
      throw new SetupProblem(
        'The fetched Node does not run on this system. Install Node 24 or newer yourself.',
      );
    }
    rmSync(dirname(dirname(program)), { recursive: true, force: true });
    renameSync(fetched, dirname(dirname(program)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The version that lies in .runtime, which an older state of the clone may have fetched.
 * @param {string} program
 * @returns {unknown}
 */
function fetchedVersion(program) {
  const manifest = join(dirname(dirname(program)), 'package.json');
  if (!existsSync(program) || !existsSync(manifest)) return undefined;
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

/** @param {string} name */
function fetchManifest(name) {
  return {
    name: 'runtime',
    version: '0.0.0',
    private: true,
    dependencies: { [name]: nodeVersion },
  };
}

/**
 * A lock file for one package: npm refuses an archive with any other hash.
 * @param {{ name: string, integrity: string }} wanted
 */
function fetchLock({ name, integrity }) {
  const manifest = fetchManifest(name);
  const packages = {
    '': manifest,
    [`node_modules/${name}`]: { version: nodeVersion, integrity },
  };
  return { name: manifest.name, version: manifest.version, lockfileVersion: 3, packages };
}

/**
 * Puts a program under a name into node_modules/.bin.
 * @param {string} name
 * @param {string} target
 */
function linkIntoBin(name, target) {
  const bin = join(modules, '.bin');
  mkdirSync(bin, { recursive: true });
  const link = join(bin, name);
  const from = relative(bin, target);
  if (windows) {
    const start = target.endsWith('.mjs') ? `@node "%~dp0\\${from}" %*` : `@"%~dp0\\${from}" %*`;
    writeFileSync(`${link}.cmd`, `${start}\r\n`);
    return;
  }
  rmSync(link, { force: true });
  symlinkSync(from, link);
}

/** @param {string} text */
function say(text) {
  process.stderr.write(`billproof: ${text}\n`);
}
