import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGES = ['verify.html', 'verify-sw.js', 'log.html'] as const;
/** Of the sources that the pages were built from, and of the pages. */
const STAMP = 'built-from.sha256';

/**
 * The folder with the pages, never older than their sources. Building takes seconds of a processor, so
 * it is done only where a hash over sources and pages is another one than at the last build.
 */
export async function builtPages(root: string = join(import.meta.dirname, '..')): Promise<string> {
  const folder = join(root, 'web', 'dist');
  const sources = hashOfSources(root);
  const stamp = read(join(folder, STAMP));
  if (
    stamp !== undefined &&
    stamp ===
      stampOf(
        sources,
        PAGES.map((page) => read(join(folder, page))),
      )
  ) {
    return folder;
  }
  const { buildVerifyPage } = await import('./build.ts');
  const { buildLogPage } = await import('./build-log.ts');
  const { html, serviceWorker } = await buildVerifyPage(root);
  const texts = [html, serviceWorker, await buildLogPage(root)];
  mkdirSync(folder, { recursive: true });
  for (const [i, page] of PAGES.entries()) replace(join(folder, page), texts[i] ?? '');
  replace(join(folder, STAMP), stampOf(sources, texts));
  return folder;
}

/** Whatever the pages are made of: programs, looks and words, and the locked tools that build them. */
function hashOfSources(root: string): string {
  const hash = createHash('sha256');
  const files = [...filesIn(root, 'web'), ...filesIn(root, 'ledger/core')].sort();
  for (const file of [...files, 'package.json', 'package-lock.json']) {
    hash.update(`${file}\n${sha256(read(join(root, file)) ?? '')}\n`);
  }
  return hash.digest('hex');
}

function filesIn(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return path === 'web/dist' ? [] : filesIn(root, path);
    return entry.name.endsWith('.test.ts') ? [] : [path];
  });
}

function stampOf(sources: string, pages: readonly (string | undefined)[]): string {
  return [sources, ...pages.map((page) => (page === undefined ? 'missing' : sha256(page)))].join(
    '\n',
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Others may build or serve at the same time: they see the old page or the new one, whole. */
function replace(path: string, text: string): void {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}
