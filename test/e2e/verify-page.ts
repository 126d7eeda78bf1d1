import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { builtPages } from '../../web/built-pages.ts';
import { launch, PATIENCE_MS } from './browser.ts';

export interface Reader extends BrowserContextOptions {
  /** Opens this address instead of the page's file. */
  readonly url?: string;
  /** Runs in the page before its own script. */
  readonly before?: () => void;
}

/** Folders of chosen bills. */
const kept: string[] = [];

/** The built page as a file on disk, a browser, and everything that a test opened. */
export class VerifyPages {
  readonly browser: Browser;
  readonly fileUrl: string;
  readonly #folder: string;

  private constructor(browser: Browser, folder: string) {
    this.browser = browser;
    this.#folder = folder;
    this.fileUrl = pathToFileURL(join(folder, 'verify.html')).href;
  }

  static async start(): Promise<VerifyPages> {
    const folder = mkdtempSync(join(tmpdir(), 'billproof-page-'));
    cpSync(join(await builtPages(), 'verify.html'), join(folder, 'verify.html'));
    return new VerifyPages(await launch(), folder);
  }

  /** A reader's first visit: a fresh browser profile with the page open in it. */
  async open(reader: Reader = {}): Promise<Page> {
    const { url = this.fileUrl, before, ...options } = reader;
    const context = await this.browser.newContext({ locale: 'en-US', ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    if (before !== undefined) await context.addInitScript(before);
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  async stop(): Promise<void> {
    await this.browser.close();
    for (const folder of [this.#folder, ...kept.splice(0)]) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** Chooses files by the page's own input and waits for what comes of them. */
export async function choose(page: Page, ...contents: (string | Buffer)[]): Promise<void> {
  await forgetState(page);
  await hand(page, ...contents);
  await settled(page);
}

/** Chooses files and waits for nothing. */
export async function hand(page: Page, ...contents: (string | Buffer)[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-bills-'));
  // The page may read the file again, to save it; so it stays until the tests end.
  kept.push(folder);
  const files = contents.map((content, i) => {
    const file = join(folder, `bill-${i + 1}.billproof`);
    writeFileSync(file, content);
    return file;
  });
  // From disk, as a person would: bytes handed over by the test would keep the page's thread busy.
  await page.locator('input[type=file]').setInputFiles(files);
}

/** Drops a file on the page, as from a file manager. */
export async function drop(page: Page, content: string): Promise<void> {
  await forgetState(page);
  await page.evaluate((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], 'dropped.billproof'));
    const event = new DragEvent('drop', { dataTransfer: transfer, bubbles: true });
    document.body.dispatchEvent(event);
  }, content);
  await settled(page);
}

/** Waits until the page has judged or given up. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main:not([data-state=empty]):not([data-state=checking])').waitFor();
}

/** So that a verdict that is already there does not end the wait for the next one. */
function forgetState(page: Page): Promise<void> {
  return page.locator('main').evaluate((main) => main.setAttribute('data-state', 'empty'));
}

export function headline(page: Page): Promise<string> {
  return page
    .locator('h1')
    .innerText()
    .then((text) => text.replace(/\s*\n+\s*/g, ' '));
}

/** Answers by step, `1 Yes` to `10 Not yet`. */
export async function answers(page: Page): Promise<string[]> {
  return page.locator('.step .answer').allInnerTexts();
}

export interface Host {
  readonly url: string;
  /** Everything that was asked: method, path with query, and the key that came with it. */
  readonly asked: { readonly path: string; readonly key: string | undefined }[];
  stop(): Promise<void>;
}

/** A host of the page that answers bundle requests as `answer` says. */
export async function host(
  answer: (path: string, response: ServerResponse, request: IncomingMessage) => void,
): Promise<Host> {
  const pages = await builtPages();
  const [html, worker] = ['verify.html', 'verify-sw.js'].map((name) => {
    return readFileSync(join(pages, name));
  });
  const asked: { path: string; key: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const key = request.headers['billproof-key'];
    asked.push({ path, key: typeof key === 'string' ? key : undefined });
    if (path === '/verify') {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(html);
    } else if (path === '/verify-sw.js') {
      response.setHeader('content-type', 'text/javascript').end(worker);
    } else {
      answer(path, response, request);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
