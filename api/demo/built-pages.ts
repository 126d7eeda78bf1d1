import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../../ledger/write-durably.ts';
import { buildVerifyPage } from '../../web/build.ts';
import { buildLogPage } from '../../web/build-log.ts';

/** Builds the pages from their sources, so that they are never older than the program. */
export async function refreshPages(): Promise<void> {
  const folder = join(import.meta.dirname, '..', '..', 'web', 'dist');
  const { html, serviceWorker } = await buildVerifyPage();
  mkdirSync(folder, { recursive: true });
  writeChanged(join(folder, 'verify.html'), html);
  writeChanged(join(folder, 'verify-sw.js'), serviceWorker);
  writeChanged(join(folder, 'log.html'), await buildLogPage());
}

function writeChanged(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  writeDurably(path, text);
}
