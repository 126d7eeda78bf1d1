import { readdirSync, readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EthereumVectors } from '../support/judge-ethereum-case.ts';
import { launch, PATIENCE_MS } from './browser.ts';
import { bundleScript } from './bundle-script.ts';

const folder = new URL('../vectors/ethereum/', import.meta.url);

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(async () => browser?.close());

it('receipts of a public chain are judged in Chromium as the files say', async () => {
  const files = readdirSync(folder).map(
    (name): EthereumVectors => JSON.parse(readFileSync(new URL(name, folder), 'utf8')),
  );
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.addScriptTag({ content: await bundledJudge() });
  const said = await page.evaluate<unknown>(`judge(${JSON.stringify(files)})`);
  expect(files).toHaveLength(3);
  expect(said).toEqual(
    files.map(({ case: { anchored }, expected, variants }) => [
      { ok: true, ...anchored, ...expected },
      ...variants.map((one) => one.expected),
    ]),
  );
});

/** The judge that runs in Node, bundled as the verification page is. */
async function bundledJudge(): Promise<string> {
  return await bundleScript(
    `import { hex } from '../../ledger/core/bytes.ts';
        import { judgeEthereumCase, judgeVariants } from './judge-ethereum-case.ts';
        globalThis.judge = (files) => files.map((file) => {
          const verdict = judgeEthereumCase(file.case);
          return [{ ...verdict, root: hex(verdict.root) }, ...judgeVariants(file)];
        });`,
    new URL('../support', import.meta.url),
  );
}
