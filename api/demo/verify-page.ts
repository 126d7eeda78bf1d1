import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../../ledger/write-durably.ts';
import { buildVerifyPage } from '../../web/build.ts';

/** Builds the verification page from its sources, so that it is never older than the program. */
export async function refreshVerifyPage(): Promise<void> {
  const folder = join(import.meta.dirname, '..', '..', 'web', 'dist');
  const { html, serviceWorker } = await buildVerifyPage();
  mkdirSync(folder, { recursive: true });
  writeChanged(join(folder, 'verify.html'), html);
  writeChanged(join(folder, 'verify-sw.js'), serviceWorker);
}

function writeChanged(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  writeDurably(path, text);
}
