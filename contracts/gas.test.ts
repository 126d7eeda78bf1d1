import { readFileSync } from 'node:fs';
import { hexlify, ZeroAddress } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inclusionProof } from '../ledger/core/merkle-proofs.ts';
import { AnchoredLog } from './anchored-log.ts';
import { sampleSigners } from './sample-signers.ts';
import { sparseEntry, sparseTree } from './sparse-tree.ts';
import { anchorInterface, artifact, openTestChain, type TestChain } from './test-chain.ts';

// Gas is counted, not measured: it is the same on every machine, so it may be asserted.
const MILLION = 2 ** 20;
const LIMIT = 150_000;
const MARKS = [0, 1, MILLION - 2, MILLION - 1, MILLION, 2 ** 30 - 1];

let chain: TestChain;
beforeAll(async () => {
  chain = await openTestChain();
});
afterAll(() => chain.close());

/** Gas of an anchor that is at least the third, as nearly all are. */
async function gasOfAnchor(signers: number, from: number, to: number): Promise<number> {
  const log = await AnchoredLog.deploy(chain, sparseTree(MARKS), sampleSigners(signers));
  if (from > 0) await log.anchor(1, from);
  const sent = await log.submit(log.submission(from, to));
  if (!sent.ok) throw new Error(sent.error);
  return Number(sent.gasUsed);
}

async function gasOfCall(transaction: Readonly<Record<string, unknown>>): Promise<number> {
  return Number(await chain.request('eth_estimateGas', [transaction]));
}

async function gasOfDeployment(signers: number): Promise<number> {
  const addresses = sampleSigners(signers).map(({ address }) => address);
  const args = [AnchoredLog.origin, addresses, signers, ZeroAddress];
  const data = artifact.bytecode + anchorInterface.encodeDeploy(args).slice(2);
  return gasOfCall({ from: chain.accounts[0], data });
}

async function gasOfInclusion(): Promise<number> {
  const log = await AnchoredLog.deploy(chain, sparseTree(MARKS), sampleSigners(1));
  await log.anchor(MILLION);
  const proof = inclusionProof(1, MILLION, log.read).map((hash) => hexlify(hash));
  const args = [hexlify(sparseEntry(1, MARKS)), 1, MILLION, proof];
  const data = anchorInterface.encodeFunctionData('verifyInclusion', args);
  return gasOfCall({ to: log.contract.address, data });
}

describe('gas', () => {
  it('of an anchor with the longest proof at 2^20 stays below the limit', async () => {
    const used = await gasOfAnchor(3, MILLION - 1, MILLION);
    expect([used, used <= LIMIT]).toEqual([used, true]);
  });

  it('is what the table in docs/evm-anchor.md says', async () => {
    const rows: [string, number][] = [
      ['deployment, 3 signers', await gasOfDeployment(3)],
      ['first anchor, 1 signature', await gasOfAnchor(1, 0, MILLION)],
      ['first anchor, 3 signatures', await gasOfAnchor(3, 0, MILLION)],
      ['2^20 - 1 to 2^20, 1 signature', await gasOfAnchor(1, MILLION - 1, MILLION)],
      ['2^20 - 1 to 2^20, 3 signatures', await gasOfAnchor(3, MILLION - 1, MILLION)],
      ['2^20 - 1 to 2^20, 5 signatures', await gasOfAnchor(5, MILLION - 1, MILLION)],
      ['2^19 to 2^20, 3 signatures', await gasOfAnchor(3, MILLION / 2, MILLION)],
      ['2^30 - 1 to 2^30, 3 signatures', await gasOfAnchor(3, 2 ** 30 - 1, 2 ** 30)],
      ['`verifyInclusion` at 2^20, as a transaction', await gasOfInclusion()],
    ];
    // To the thousand: signatures differ in how many of their bytes are zero.
    const round = (gas: number) => Math.round(gas / 1000) * 1000;
    const lines = rows.map(([what, gas]) => `| ${what} | ${round(gas).toLocaleString('en-US')} |`);
    const document = readFileSync(new URL('../docs/evm-anchor.md', import.meta.url), 'utf8');
    const table = document.split('\n').filter((line) => /^\| .* \| [\d,]+ \|$/.test(line));
    expect(lines).toEqual(table);
  });
});
