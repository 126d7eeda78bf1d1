import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { apiLog } from '../../api/log.ts';
import { type Service, serve } from '../../api/serve.ts';
import { configForTests } from '../../api/test/open-api-for-tests.ts';
import { type Devnet, startDevnet } from '../../chaincode/devnet/devnet.ts';
import { FabricChain } from '../../ledger/anchor/fabric/fabric-chain.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { connectionTo, registerLog } from '../anchor/fabric-networks.ts';
import { ORIGIN, SampleLedger, SITE } from '../support/sample-ledger.ts';
import { LocalWitness, witnessBy } from '../witness/witnessed-ledger.ts';
import { PATIENCE_MS } from './browser.ts';

/** A running service whose log has a witness, and a development network as its chain. */
export class WatchedLog {
  readonly sample: SampleLedger;
  readonly devnet: Devnet;
  readonly service: Service;
  readonly #witness: LocalWitness;
  readonly #folder: string;

  private constructor(
    folder: string,
    sample: SampleLedger,
    parts: { devnet: Devnet; service: Service; witness: LocalWitness },
  ) {
    this.sample = sample;
    this.devnet = parts.devnet;
    this.service = parts.service;
    this.#witness = parts.witness;
    this.#folder = folder;
  }

  static async start(): Promise<WatchedLog> {
    const folder = mkdtempSync(join(tmpdir(), 'billproof-log-page-'));
    const sample = await SampleLedger.make();
    const devnet = await startDevnet({ folder });
    const vkey = sample.ledger.site(SITE)?.vkey ?? '';
    await registerLog(devnet, { origin: ORIGIN, vkey });
    const witness = await new LocalWitness(join(folder, 'witness'), 'auditor', vkey).start();
    witnessBy(sample, [witness.line, `quorum ${witness.name}`]);
    const chain = new FabricChain(connectionTo(devnet), nativePrimitives());
    sample.ledger.startAnchoring({
      chains: [{ chainOf: () => chain, everyMs: 500 }],
      tell: () => undefined,
    });
    await sample.account('acc-1', 'm-1');
    await sample.readings(['m-1'], '2026-07-31T16:00:00.000Z', 4);
    // The second time signs and witnesses the news of the first one's anchors, and anchors nothing.
    for (let rests = 0; rests < 2; ) if (await sample.ledger.anchorNow()) rests += 1;
    const log = apiLog('silent', { write: () => undefined });
    const service = await serve({
      config: configForTests(sample.dir),
      ...{ ledger: sample.ledger, log },
    });
    return new WatchedLog(folder, sample, { devnet, service, witness });
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.#witness.stop();
    await this.devnet.stop();
    for (const folder of [this.sample.dir, this.#folder]) rmSync(folder, { recursive: true });
  }
}

export interface LogReader extends BrowserContextOptions {
  /** Answers in place of the service when it is asked for the figures. */
  readonly status?: unknown;
}

/** Opens the page of a service in a fresh browser profile. */
export async function openLogPage(
  browser: Browser,
  url: string,
  { status, ...options }: LogReader = {},
): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  if (status !== undefined) {
    await page.route('**/log/status.json', (route) => route.fulfill({ json: status }));
  }
  await page.goto(`${url}/log`);
  await page.locator('main:not([data-state=loading])').waitFor();
  return page;
}
