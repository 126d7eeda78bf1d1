import { describe, expect, it } from 'vitest';
import { openForkChain } from '../../../test/support/anchored-chain.ts';
import { hex } from '../../core/bytes.ts';
import { keccak256 } from '../../core/ethereum/keccak256.ts';
import { readRlpList } from '../../core/ethereum/rlp.ts';
import { encodeHeader } from './encode-header.ts';

describe('the header of a block', () => {
  it.each([
    ['arrowGlacier', 16],
    ['merge', 16],
    ['shanghai', 17],
    ['cancun', 20],
    ['prague', 21],
    ['osaka', 21],
  ])('of %s has %i fields and the hash of the block', async (fork, count) => {
    const chain = await openForkChain(fork);
    try {
      for (const name of ['0x0', 'latest']) {
        const block = await chain.request('eth_getBlockByNumber', [name, false]);
        const header = encodeHeader(block);
        expect(`0x${hex(keccak256(header))}`).toBe(Object(block).hash);
        expect(readRlpList(header)).toHaveLength(count);
      }
    } finally {
      await chain.close();
    }
  });
});
