import { hex } from '../../ledger/core/bytes.ts';
import { launch } from '../e2e/browser.ts';
import { bundleScript } from '../e2e/bundle-script.ts';
import { ANCHORED, SampleChannel, versionOf } from '../support/fabric-network.ts';
import { median, report } from './figure.ts';

const ROUNDS = 15;

/** `verify-receipt`: a Fabric receipt with its statement of validity in Chromium, 14 signatures. */
export async function verifyReceipt(): Promise<void> {
  const sample = new SampleChannel();
  const validity = sample.statement(versionOf(6, 0));
  const given = JSON.stringify({
    block: hex(sample.receipt().block),
    config: hex(sample.genesis),
    validity: hex(validity),
    root: hex(ANCHORED.root),
    pinned: hex(sample.network().pinned),
  });
  const { origin, size } = ANCHORED;
  const { channel, chaincode, endorsement } = sample.network();
  const script = await bundleCheck();
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: script });
    const times = await page.evaluate<number[]>(`(() => {
      const given = ${given};
      const [block, config, validity, root, pinned] =
        ['block', 'config', 'validity', 'root', 'pinned'].map((name) => fromHex(given[name]));
      const named = { channel: '${channel}', chaincode: '${chaincode}' };
      return Array.from({ length: ${ROUNDS} }, () => {
        const startedMs = performance.now();
        const verdict = verifyFabricReceipt(
          { ...named, block, index: 0, config: [config], validity },
          { origin: '${origin}', size: ${size}, root },
          { ...named, endorsement: ${JSON.stringify(endorsement)}, pinned },
        );
        if (verdict.validity !== 'proven') throw new Error('the receipt does not verify');
        return performance.now() - startedMs;
      });
    })()`);
    const note = `Chromium, portable cryptography, 14 signatures, the first check ${Math.round(times[0] ?? 0)} ms, median of ${ROUNDS}`;
    report({ bench: 'verify-receipt', value: median(times), unit: 'ms', n: 1, note });
  } finally {
    await browser.close();
  }
}

async function bundleCheck(): Promise<string> {
  return await bundleScript(
    `import { verifyFabricReceipt } from './ledger/core/fabric/verify-receipt.ts';
        import { fromHex } from './ledger/core/bytes.ts';
        Object.assign(globalThis, { verifyFabricReceipt, fromHex });`,
    new URL('../..', import.meta.url),
    { minify: true },
  );
}
