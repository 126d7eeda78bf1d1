import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file as the rules see it: `path` from the repository's root, with `/`. */
export interface RepositoryFile {
  readonly path: string;
  readonly text: string;
}

/** A broken rule; `line` counts from 1. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly advice: string;
}

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const generated = new Set(['.git', '.runtime', 'node_modules', 'data', 'dist', 'coverage']);

/** What belongs to the repository; without git (an unpacked archive) all that is not generated. */
export function listFiles(): string[] {
  try {
    const listed = execFileSync('git', ['ls-files', '-z'], { cwd: root, stdio: 'pipe' });
    const paths = listed.toString().split('\0');
    return paths.filter((path) => path !== '' && existsSync(join(root, path)));
  } catch {
    return walk(root);
  }
}

export function readRepositoryFile(path: string): RepositoryFile {
  return { path, text: readFileSync(join(root, path), 'utf8') };
}

export function sizeOf(path: string): number {
  return statSync(join(root, path)).size;
}

/** Whether a path is made by a build or a run, and so may be named without being there. */
export function isGenerated(path: string): boolean {
  return path.split('/').some((part) => generated.has(part));
}

export function isCode(path: string): boolean {
  return /\.(ts|mjs|sol)$/.test(path);
}

export function isTest(path: string): boolean {
  return path.startsWith('test/') || /\.test\.ts$/.test(path);
}

/** `path:line what to do`, one string per finding. */
export function describeFindings(findings: readonly Finding[]): string[] {
  return findings.map(({ path, line, advice }) => `${path}:${line} ${advice}`);
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (generated.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [relative(root, path).split(sep).join('/')];
  });
}
