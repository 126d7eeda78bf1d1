import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readFabricCases } from '../support/fabric-cases.ts';
import { describeFixture } from '../support/fixtures.ts';
import { launch, PATIENCE_MS } from './browser.ts';
import { bundleScript } from './bundle-script.ts';

/** The judge that runs in Node, bundled as the verification page is. */
async function bundledJudge(): Promise<string> {
  return await bundleScript(
    `import { inWordsOfManifest, judgeFabricCase } from './judge-fabric-case.ts';
        globalThis.judge = (cases) => cases.map((one) => inWordsOfManifest(judgeFabricCase(one)));`,
    new URL('../support', import.meta.url),
  );
}

describeFixture('recorded blocks of a Fabric network, in Chromium', 'fabric-blocks/', (folder) => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => browser?.close());

  it('are judged as the manifest says, with nothing but JavaScript', async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.addScriptTag({ content: await bundledJudge() });
    const cases = readFabricCases(folder);
    const said = await page.evaluate<string[]>(`judge(${JSON.stringify(cases)})`);
    const wrong = cases.filter(({ expected }, i) => {
      const allowed = expected.ok ? [`${expected.validity} ${expected.txId}`] : expected.codes;
      return !allowed.includes(said[i] ?? '');
    });
    expect(said).toHaveLength(52);
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });
});
