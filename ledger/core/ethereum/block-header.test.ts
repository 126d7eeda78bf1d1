import { keccak_256 } from '@noble/hashes/sha3.js';
import { describe, expect, it } from 'vitest';
import { headerFields, integer } from '../../../test/support/ethereum-chain.ts';
import { concat, fromHex, hex } from '../bytes.ts';
import { readBlockHeader } from './block-header.ts';
import { encodeList, encodeString } from './rlp.ts';

const refused = expect.objectContaining({ code: 'ethereum-format' });
const stateRoot = new Uint8Array(32).fill(1);
const parent = new Uint8Array(32).fill(2);
const fields = headerFields(300, stateRoot, parent);

/** The header with one field otherwise. */
function withField(index: number, field: Uint8Array): Uint8Array {
  return encodeList(fields.with(index, field));
}

// Block 0 of Ethereum itself, whose hash everybody knows.
const GENESIS = [
  ...['00'.repeat(32), '1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347'],
  ...['00'.repeat(20), 'd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544'],
  '56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
  '56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
  ...['00'.repeat(256), '0400000000', '', '1388', '', ''],
  '11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa',
  ...['00'.repeat(32), '0000000000000042'],
].map((text) => encodeString(fromHex(text)));

describe('the header of a block', () => {
  it("of Ethereum's first block has the hash that everybody knows", () => {
    const header = readBlockHeader(encodeList(GENESIS));
    expect(hex(header.hash)).toBe(
      'd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3',
    );
    expect(header).toMatchObject({ number: 0, timeMs: 0 });
  });

  it('tells its hash, parent, state, number and time', () => {
    const bytes = encodeList(fields);
    expect(readBlockHeader(bytes)).toEqual({
      ...{ hash: keccak_256(bytes), parentHash: parent, stateRoot, number: 300 },
      timeMs: 1_790_000_000_000,
    });
  });

  it.each([15, 16, 17, 20, 21])('is read with the %i fields that some fork has', (count) => {
    expect(readBlockHeader(encodeList(fields.slice(0, count))).number).toBe(300);
  });

  it('may have fields at its end that nobody knows yet', () => {
    const bytes = encodeList([...fields, encodeString(parent), encodeString(integer(7))]);
    expect(readBlockHeader(bytes).hash).toEqual(keccak_256(bytes));
  });

  it.each<[string, Uint8Array]>([
    ['has too few fields', encodeList(fields.slice(0, 14))],
    ['is no list', encodeString(encodeList(fields))],
    ['has bytes behind it', concat(encodeList(fields), Uint8Array.of(0x80))],
    ['has a list at its end', encodeList([...fields, encodeList([])])],
    ['has a list for extra data', withField(12, encodeList([]))],
    ['has a short parent hash', withField(0, encodeString(new Uint8Array(31)))],
    ['has a long uncles hash', withField(1, encodeString(new Uint8Array(33)))],
    ['has a long beneficiary', withField(2, encodeString(new Uint8Array(21)))],
    ['has a short state root', withField(3, encodeString(new Uint8Array(31)))],
    ['has a short root of transactions', withField(4, encodeString(new Uint8Array(0)))],
    ['has a short root of receipts', withField(5, encodeString(new Uint8Array(0)))],
    ['has a short bloom', withField(6, encodeString(new Uint8Array(255)))],
    ['has a difficulty of 33 bytes', withField(7, encodeString(new Uint8Array(33).fill(1)))],
    ['has a number with a leading zero', withField(8, encodeString(fromHex('00012c')))],
    ['has a number beyond 2^53', withField(8, encodeString(fromHex('20000000000000')))],
    ['has a gas limit with a leading zero', withField(9, Uint8Array.of(0))],
    ['has a list for gas', withField(10, encodeList([]))],
    ['has a time with a leading zero', withField(11, encodeString(fromHex('006ab13b80')))],
    ['is of the year 10000', withField(11, encodeString(integer(253_402_300_800)))],
    ['has a short mix hash', withField(13, encodeString(new Uint8Array(31)))],
    ['has a long nonce', withField(14, encodeString(new Uint8Array(9)))],
  ])('is refused when it %s', (_, bytes) => {
    expect(() => readBlockHeader(bytes)).toThrowError(refused);
  });

  it('may be of the last second of the year 9999', () => {
    const bytes = withField(11, encodeString(integer(253_402_300_799)));
    expect(readBlockHeader(bytes).timeMs).toBe(Date.parse('9999-12-31T23:59:59Z'));
  });
});
