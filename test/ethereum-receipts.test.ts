import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BlockName,
  collectEthereumReceipt,
} from '../ledger/anchor/ethereum/collect-receipt.ts';
import { encodeHeader } from '../ledger/anchor/ethereum/encode-header.ts';
import { equalBytes, fromHex } from '../ledger/core/bytes.ts';
import { keccak256 } from '../ledger/core/ethereum/keccak256.ts';
import { readEthereumReceipt } from '../ledger/core/ethereum/receipt.ts';
import { verifyEthereumReceipt } from '../ledger/core/ethereum/verify-receipt.ts';
import { openAnchoredChain } from './support/anchored-chain.ts';
import { damageOf } from './support/damage.ts';
import { chainVectors, forgedVectors, type Given } from './support/ethereum-vectors.ts';
import {
  type EthereumVectors,
  judgeEthereumCase,
  judgeVariants,
} from './support/judge-ethereum-case.ts';

// For verifiers in other languages: receipts, what is known beforehand, and what is said of them.
const folder = new URL('vectors/ethereum/', import.meta.url);
const names = ['one-block', 'long-name', 'forged-state'] as const;

function readVectors(name: string): EthereumVectors {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
}

/** The contract with three anchors; the first one, as the block after the last has it. */
async function oneBlock(): Promise<EthereumVectors> {
  const origin = 'ledger.example/log/site-1';
  const given = await collected(origin, [7, 13, 300], { size: 7, block: 'latest', later: 0 });
  return chainVectors('The contract on a chain of its own: the first of three anchors.', given, {
    blockNumber: 4,
    blockHash: '0x9e3e95b0968243e4a1b6ccb1a5f06cf8069856a937291b7a3892a0e54b7af70d',
    blockTimeMs: Date.parse('2026-09-01T00:00:24Z'),
    headerTimeMs: Date.parse('2026-09-01T00:00:48Z'),
    trust: 'pinned',
  });
}

/** A name that takes four slots, many anchors and accounts, and a known block two blocks later. */
async function longName(): Promise<EthereumVectors> {
  const origin = 'ledger.example/log/the-tower-at-the-end-of-the-long-street/site-1';
  const sizes = Array.from({ length: 60 }, (_, i) => 5 * i + 3);
  const given = await collected(origin, sizes, { size: 203, block: '0x12c', later: 2 });
  return chainVectors('A name of four slots, 60 anchors, and two headers after the first.', given, {
    blockNumber: 300,
    blockHash: '0x574c6b125fa3486af591b4b688c70de22888530a784cd20e1478abd76cba1bed',
    blockTimeMs: Date.parse('2026-09-01T00:08:24Z'),
    headerTimeMs: Date.parse('2026-09-01T01:00:00Z'),
    trust: 'pinned',
  });
}

interface Wanted {
  readonly size: number;
  readonly block: BlockName;
  readonly later: number;
}

async function collected(
  origin: string,
  sizes: readonly number[],
  { size, block, later }: Wanted,
): Promise<Given> {
  const { chain, network, checkpoint, mine } = await openAnchoredChain(origin, sizes);
  try {
    if (later > 0) await mine(300);
    const receipt = await collectEthereumReceipt(chain.request, network, size, block);
    const headers = [...receipt.headers];
    for (let i = 1; i <= later; i += 1) {
      const name = `0x${(Number(block) + i).toString(16)}`;
      headers.push(encodeHeader(await chain.request('eth_getBlockByNumber', [name, false])));
    }
    const known = keccak256(headers.at(-1) ?? new Uint8Array(0));
    return {
      network: { ...network, blocks: [known] },
      anchored: checkpoint(size),
      receipt: { ...receipt, headers },
    };
  } finally {
    await chain.close();
  }
}

describe('receipts of a public chain', () => {
  it('are the files that this code makes', async () => {
    const made = [await oneBlock(), await longName(), forgedVectors()];
    for (const [i, name] of names.entries()) {
      const text = `${JSON.stringify(made[i], undefined, 1)}\n`;
      const file = new URL(`${name}.json`, folder);
      if (process.env['UPDATE_VECTORS'] === '1') writeFileSync(file, text);
      expect(readFileSync(file, 'utf8') === text, name).toBe(true);
    }
  });

  it.each(names)('are judged as the file says: %s', (name) => {
    const vectors = readVectors(name);
    const { anchored } = vectors.case;
    expect(judgeEthereumCase(vectors.case)).toEqual({
      ...{ ok: true, ...anchored, root: fromHex(anchored.root) },
      ...vectors.expected,
    });
    const said = judgeVariants(vectors).map((words, i) => `${vectors.variants[i]?.name}: ${words}`);
    expect(said).toEqual(vectors.variants.map((one) => `${one.name}: ${one.expected}`));
  });

  it.each(names)('are refused with any damage: %s', (name) => {
    const { case: given } = readVectors(name);
    const receipt = readEthereumReceipt(given.receipt, '');
    const checkpoint = { ...given.anchored, root: fromHex(given.anchored.root) };
    const network = {
      ...given.network,
      codeHash: fromHex(given.network.codeHash),
      blocks: given.network.blocks.map((hash) => fromHex(hash)),
    };
    const parts = (['headers', 'account', 'storage'] as const).flatMap((part) =>
      receipt[part].map((bytes, index) => ({ part, index, bytes })),
    );
    const damaged = fc
      .constantFrom(...parts)
      .chain(({ part, index, bytes }) =>
        damageOf(bytes).map((changed) => ({ part, index, bytes, changed })),
      );
    fc.assert(
      fc.property(damaged, ({ part, index, bytes, changed }) => {
        const list = receipt[part].with(index, changed);
        const damagedReceipt = { ...receipt, [part]: list };
        const verdict = verifyEthereumReceipt(damagedReceipt, checkpoint, network);
        const other = { ...checkpoint, root: keccak256(changed) };
        expect(verifyEthereumReceipt(damagedReceipt, other, network)).toMatchObject({
          ok: false,
        });
        if (!verdict.ok) expect(verdict.code).toMatch(/^ethereum-/);
        else expect(equalBytes(changed, bytes) || verdict.trust === 'block not pinned').toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});
