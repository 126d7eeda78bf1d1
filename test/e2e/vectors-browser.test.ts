import { readdirSync, readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeFixture } from '../support/fixtures.ts';
import { readMerkleVectors } from '../support/merkle-vector-files.ts';
import { MERKLE_FOLDERS } from '../support/merkle-vectors.ts';
import { launch, PATIENCE_MS } from './browser.ts';
import { bundleScript } from './bundle-script.ts';

/** The comparison that runs in Node, bundled as the verification page is. */
async function bundledComparison(): Promise<string> {
  return await bundleScript(
    `import { compareFormats, compareJcsFiles } from './format-vectors.ts';
        import { acceptsProof } from './merkle-vectors.ts';
        const told = ({ mismatches, count }) => ({ mismatches, count });
        globalThis.formats = (vectors) => told(compareFormats(vectors));
        globalThis.jcs = (files) => told(compareJcsFiles(files));
        globalThis.proofs = (vectors) => vectors.map(acceptsProof);`,
    new URL('../support', import.meta.url),
  );
}

describeFixture('the vectors, in Chromium', 'vectors/', (fixtures) => {
  const read = (path: string) => readFileSync(new URL(path, fixtures), 'utf8');
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => browser?.close());

  it('agree with the very code that ran in Node', async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.addScriptTag({ content: await bundledComparison() });
    const formats = read('billproof/formats.json');
    expect(await page.evaluate(`formats(${formats})`)).toEqual({ mismatches: [], count: 140 });
    const files = readdirSync(new URL('jcs/testdata/input/', fixtures)).map((name) => ({
      name,
      input: read(`jcs/testdata/input/${name}`),
      output: read(`jcs/testdata/output/${name}`),
    }));
    expect(await page.evaluate(`jcs(${JSON.stringify(files)})`)).toEqual({
      mismatches: [],
      count: 12,
    });
  });

  it.each(MERKLE_FOLDERS)(
    'of transparency-dev/merkle, $folder, are judged as they say',
    async ({ folder, count }) => {
      const page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      await page.addScriptTag({ content: await bundledComparison() });
      const testdata = new URL('transparency-dev-merkle/testdata/', fixtures);
      const vectors = readMerkleVectors(testdata, folder);
      expect(vectors).toHaveLength(count);
      const accepted = await page.evaluate(`proofs(${JSON.stringify(vectors)})`);
      expect(accepted).toEqual(vectors.map(({ wantErr }) => !wantErr));
    },
  );
});
