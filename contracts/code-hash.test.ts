import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fromHex, hex } from '../ledger/core/bytes.ts';
import { keccak256 } from '../ledger/core/ethereum/keccak256.ts';
import { EMPTY_ROOT } from '../ledger/core/merkle.ts';
import { AnchoredLog } from './anchored-log.ts';
import { anchorCode, anchorCodeHash } from './interface/anchor-code.ts';
import { sampleSigners } from './sample-signers.ts';
import { artifact, openTestChain, type TestChain } from './test-chain.ts';

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
