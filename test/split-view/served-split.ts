import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { anchoringOptions } from '../../api/anchor/anchoring-options.ts';
import { apiLog } from '../../api/log.ts';
import { serve } from '../../api/serve.ts';
import { configForTests } from '../../api/test/open-api-for-tests.ts';
import { witnessingOptions } from '../../api/witness/witnessing-options.ts';
import { type Devnet, startDevnet } from '../../chaincode/devnet/devnet.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { parseTrustPolicy } from '../../ledger/core/trust-policy.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { LedgerOptions } from '../../ledger/ledger-options.ts';
import { connectionTo, registerLog } from '../anchor/fabric-networks.ts';
import { ORIGIN, type SampleLedger, SITE } from '../support/sample-ledger.ts';
import { LocalWitness } from '../witness/witnessed-ledger.ts';
import { beginLog, copyData, lastReading, PAID, payAndBill, signedTree } from './two-histories.ts';

/** A service with witnesses and a chain, put together as `billproof serve` does, and what it logs. */
export interface Served {
  readonly ledger: Ledger;
  /** Lines of the log, the oldest first. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly url: string;
  text(path: string): Promise<string>;
  stop(): Promise<void>;
}

/** Level of an error in the log. */
export const ERROR = 50;
/** Both must cosign: the operator's own witness, and the auditor's. */
export const BOTH = ['group both all operator auditor', 'quorum both'];

/**
 * A log that was published honestly, witnessed and anchored, up to the moment when the operator copied
 * its data folder. The honest one went on to a bill that is anchored; the copies stand where they were.
 */
export interface ServedSplit {
  readonly sample: SampleLedger;
  readonly devnet: Devnet;
  readonly auditor: LocalWitness;
  /** The operator's own witness as he has brought it back from a copy; the honest log has the true one. */
  readonly operator: LocalWitness;
  readonly honest: Served;
  /** Pinned by readers: the log, both witnesses, the quorum of both, and the channel. */
  readonly trust: string;
  readonly vkey: string;
  readonly reading: ReturnType<typeof lastReading>;
  /** The tenant's bill in the honest log. */
  readonly bill: string;
  readonly copies: { readonly forked: LedgerOptions; readonly older: LedgerOptions };
  /** Events that both histories share; that the chain holds; that are signed and witnessed. */
  readonly sizes: { readonly common: number; readonly anchored: number; readonly signed: number };
  /** Stops the honest service, and nothing else. */
  stopHonest(): Promise<void>;
  remove(): Promise<void>;
}

/** Serves a ledger with the witnesses of these lines of a policy, and the network. */
export async function serveWith(
  ledger: Ledger,
  folder: string,
  policy: readonly string[],
  devnet: Devnet,
): Promise<Served> {
  const lines: Record<string, unknown>[] = [];
  const log = apiLog('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
  const policies = { forAll: parseTrustPolicy(`${policy.join('\n')}\n`) };
  ledger.startWitnessing(witnessingOptions(policies, 40, log));
  // Beyond the first round, anchors are made when a test asks for them.
  const chains = { fabric: connectionTo(devnet), anchorMs: 3_600_000 };
  const anchoring = await anchoringOptions(chains, log);
  if (anchoring !== undefined) ledger.startAnchoring(anchoring);
  const service = await serve({ config: configForTests(folder), ledger, log });
  return {
    ...{ ledger, lines, url: service.url },
    text: async (path) => await (await fetch(`${service.url}${path}`)).text(),
    stop: () => service.stop(),
  };
}

export async function witnessedSize(ledger: Ledger): Promise<number> {
  const note = await ledger.witnessedCheckpoint(SITE);
  return note === undefined ? 0 : parseCheckpoint(note).size;
}

const PATIENCE = { timeout: 60_000 };

/** Until all news are witnessed, anchored, and told of in the log, which is witnessed in turn. */
async function untilSettled(ledger: Ledger): Promise<void> {
  const isWitnessed = async () => (await witnessedSize(ledger)) === (await signedTree(ledger)).size;
  for (let turns = 0; turns < 3; turns += 1) {
    await vi.waitUntil(() => ledger.anchorNow(), PATIENCE);
    await vi.waitUntil(isWitnessed, PATIENCE);
  }
}

export async function serveSplit(): Promise<ServedSplit> {
  const sample = await beginLog();
  const reading = lastReading(sample);
  const vkey = sample.ledger.site(SITE)?.vkey ?? '';
  const at = (name: string) => join(sample.dir, name);
  mkdirSync(at('network'));
  const devnet = await startDevnet({ folder: at('network') });
  await registerLog(devnet, { origin: ORIGIN, vkey });
  const auditor = await new LocalWitness(at('w'), 'auditor', vkey).start();
  const own = await new LocalWitness(at('w'), 'operator', vkey).start();
  const policy = () => [own.line, auditor.line, ...BOTH];
  const serveHonest = () => serveWith(sample.ledger, sample.options.dataDir, policy(), devnet);
  let honest = await serveHonest();
  await untilSettled(sample.ledger);

  // The night of the copy.
  const common = (await signedTree(sample.ledger)).size;
  await honest.stop();
  await own.stop();
  cpSync(at('w'), at('w-copied'), { recursive: true });
  const copies = { forked: copyData(sample, 'forked'), older: copyData(sample, 'older') };

  await own.start();
  sample.ledger = await Ledger.open(sample.options);
  honest = await serveHonest();
  const bill = await payAndBill(sample.ledger, sample.device.bridge, reading, PAID);
  await untilSettled(sample.ledger);
  const anchored = (await sample.ledger.anchors())[0]?.size ?? 0;
  const signed = (await signedTree(sample.ledger)).size;
  const operator = await new LocalWitness(at('w-copied'), 'operator', vkey).start();
  const trust = sample.ledger.policy(SITE);
  const text = await sample.ledger.bundle(SITE, bill);
  return {
    ...{ sample, devnet, auditor, operator, honest, trust, vkey, reading, copies, bill: text },
    sizes: { common, anchored, signed },
    stopHonest: () => honest.stop(),
    async remove() {
      await honest.stop();
      for (const witness of [auditor, own, operator]) await witness.stop();
      await devnet.stop();
      rmSync(sample.dir, { recursive: true });
    },
  };
}
