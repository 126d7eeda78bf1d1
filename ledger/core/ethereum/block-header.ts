import { keccak256 } from './keccak256.ts';
import { digitsOf, numberOf, type RlpItem, readRlpList, stringOf } from './rlp.ts';
import { unreadable } from './unreadable.ts';

/** What counts of the header of a block (Yellow Paper, 4.4). */
export interface BlockHeader {
  /** Keccak-256 of the header, by which the block is named. */
  readonly hash: Uint8Array;
  readonly parentHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly number: number;
  readonly timeMs: number;
}

/**
 * Reads the header of a block of any fork. Those after the first one have put new fields at the end, which
 * may be any strings: the hash covers them, and nothing here depends on them. Refusal `ethereum-format`.
 */
export function readBlockHeader(bytes: Uint8Array): BlockHeader {
  const items = readRlpList(bytes);
  if (items.length < FIRST_FIELDS.length) throw unreadable();
  for (const [i, item] of items.entries()) checkField(item, FIRST_FIELDS[i]);
  const timeS = numberOf(stringOf(items[11]));
  if (timeS >= YEAR_10000_S) throw unreadable();
  return {
    hash: keccak256(bytes),
    parentHash: stringOf(items[0]),
    stateRoot: stringOf(items[3]),
    number: numberOf(stringOf(items[8])),
    timeMs: timeS * 1000,
  };
}

export const YEAR_10000_S = 253_402_300_800;

const INTEGER = 'integer';
/** Sizes in bytes: parent, uncles, beneficiary, roots of state, transactions and receipts, bloom, … */
const FIRST_FIELDS = [
  ...[32, 32, 20, 32, 32, 32, 256],
  // … difficulty, number, gas limit, gas used, time, extra data, mix hash, nonce.
  ...[INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, undefined, 32, 8],
] as const;

function checkField(item: RlpItem, size: (typeof FIRST_FIELDS)[number]): void {
  if (size === INTEGER) digitsOf(item, 32);
  else stringOf(item, size);
}
