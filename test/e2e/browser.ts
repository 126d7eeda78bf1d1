import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';
import { chineseFontConfig } from './chinese-font.ts';

/** How long a page may take for one thing that is waited for: what hangs ends, a slow machine does not. */
export const PATIENCE_MS = 120_000;

/**
 * A real Chromium without a window, with Chinese glyphs. The sandbox is off because tests also run as
 * root; every other protection (same origin, CSP, mixed content) is as in a tenant's browser.
 */
export async function launch(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromiumPath(),
    timeout: PATIENCE_MS,
    args: [
      '--no-sandbox',
      '--font-render-hinting=none',
      '--disable-gpu',
      '--disable-dev-shm-usage',
    ],
    env: { ...process.env, FONTCONFIG_FILE: chineseFontConfig() },
  });
}

/** Unpacks the browser once per machine, complete or not at all: test processes run side by side. */
async function chromiumPath(): Promise<string> {
  const shared = join(tmpdir(), 'billproof-chromium-153');
  if (existsSync(join(shared, 'chromium'))) return join(shared, 'chromium');
  const work = mkdtempSync(join(tmpdir(), 'billproof-chromium-'));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = work;
  try {
    await chromium.executablePath();
    renameSync(work, shared);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    if (!existsSync(join(shared, 'chromium'))) throw error;
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
  return join(shared, 'chromium');
}
