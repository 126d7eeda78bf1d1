import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ZeroAddress } from 'ethers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fromHex, hex, u64be } from '../ledger/core/bytes.ts';
import {
  originSlots,
  originWords,
  recordSlot,
  rootSlot,
} from '../ledger/core/ethereum/contract-state.ts';
import { keccak256 } from '../ledger/core/ethereum/keccak256.ts';
import { EMPTY_ROOT } from '../ledger/core/merkle.ts';
import { AnchoredLog } from './anchored-log.ts';
import { anchorCode, anchorCodeHash, isAnchorCreation } from './interface/anchor-code.ts';
import { sampleSigners } from './sample-signers.ts';
import {
  anchorContract,
  anchorInterface,
  artifact,
  openTestChain,
  type TestChain,
} from './test-chain.ts';

let chain: TestChain;
beforeAll(async () => {
  chain = await openTestChain();
});
afterAll(() => chain.close());

it.each([
  AnchoredLog.origin,
  'another.example/log/with-a-name-that-takes-several-words-of-storage',
])('the code of the contract of %s is computed without the chain', async (origin) => {
  const signers = sampleSigners(1);
  const log = await AnchoredLog.deploy(chain, () => EMPTY_ROOT, signers, undefined, origin);
  const code = await chain.request('eth_getCode', [log.contract.address, 'latest']);
  expect(`0x${hex(anchorCode(origin, artifact))}`).toBe(code);
  const onChain = fromHex(String(code).slice(2));
  expect(anchorCodeHash(origin, artifact)).toBe(hex(keccak256(onChain)));
});

it('is not the same for two logs', () => {
  expect(anchorCodeHash('a', artifact)).not.toBe(anchorCodeHash('b', artifact));
});

it('is told by a command', () => {
  const command = fileURLToPath(new URL('code-hash.ts', import.meta.url));
  const told = execFileSync(process.execPath, [command, AnchoredLog.origin], { encoding: 'utf8' });
  expect(told).toBe(`${anchorCodeHash(AnchoredLog.origin, artifact)}\n`);
  expect(() => execFileSync(process.execPath, [command], { stdio: 'ignore' })).toThrow();
});

/** Creation code that stores what it likes and then leaves the contract's own code behind. */
function forgedCreation(origin: string, size: number, root: Uint8Array): string {
  const record = `${'0'.repeat(47)}1${hex(u64be(size)).padStart(16, '0')}`;
  const words: [Uint8Array | undefined, string][] = [
    [originSlots(origin.length)[0], originWords(origin).map(hex).join('')],
    [rootSlot(size), hex(root)],
    [recordSlot(size), record],
  ];
  // PUSH32 word, PUSH32 slot, SSTORE.
  const stores = words.map(([slot = root, word]) => `7f${word}7f${hex(slot)}55`).join('');
  const code = hex(anchorCode(origin, artifact));
  const length = (code.length / 2).toString(16).padStart(4, '0');
  const start = (stores.length / 2 + 11).toString(16).padStart(4, '0');
  // PUSH2 length, DUP1, PUSH2 start, PUSH0, CODECOPY, PUSH0, RETURN.
  return `0x${stores}61${length}8061${start}5f395ff3${code}`;
}

it('does not show what the constructor did: the transaction that made the contract does', async () => {
  const root = new Uint8Array(32).fill(7);
  const from = chain.accounts[0];
  const made = async (data: string) => {
    const hash = await chain.request('eth_sendTransaction', [{ from, data }]);
    const receipt = Object(await chain.request('eth_getTransactionReceipt', [hash]));
    const { input } = Object(await chain.request('eth_getTransactionByHash', [hash]));
    return { address: String(receipt.contractAddress), input: String(input) };
  };
  const forged = await made(forgedCreation(AnchoredLog.origin, 9, root));
  const code = fromHex(
    String(await chain.request('eth_getCode', [forged.address, 'latest'])).slice(2),
  );
  expect(hex(keccak256(code))).toBe(anchorCodeHash(AnchoredLog.origin, artifact));
  const anchor = await anchorContract(chain, forged.address).read('anchorAt', [9n]);
  expect(anchor).toEqual({ ok: true, values: [[`0x${hex(root)}`, 9n, 1n, 0n]] });
  expect(isAnchorCreation(forged.input, artifact)).toBe(false);
  const args = anchorInterface.encodeDeploy([AnchoredLog.origin, [from], 1, ZeroAddress]);
  const honest = await made(artifact.bytecode + args.slice(2));
  expect(isAnchorCreation(honest.input, artifact)).toBe(true);
});
