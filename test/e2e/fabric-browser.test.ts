import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readFabricCases } from '../support/fabric-cases.ts';
import { describeFixture } from '../support/fixtures.ts';
import { launch } from './browser.ts';

/** The judge that runs in Node, bundled as the verification page is. */
async function bundledJudge(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { inWordsOfManifest, judgeFabricCase } from './judge-fabric-case.ts';
        globalThis.judge = (cases) => cases.map((one) => inWordsOfManifest(judgeFabricCase(one)));`,
      resolveDir: fileURLToPath(new URL('../support', import.meta.url)),
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
  });
  return outputFiles[0]?.text ?? '';
}

describeFixture('recorded blocks of a Fabric network, in Chromium', 'fabric-blocks/', (folder) => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
  }, 60_000);
  afterAll(async () => browser?.close());

  it('are judged as the manifest says, with nothing but JavaScript', async () => {
    const page = await browser.newPage();
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
