import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat, fromHex, u64be, utf8 } from '../../ledger/core/bytes.ts';
import type { Checkpoint } from '../../ledger/core/checkpoint.ts';
import type { EthereumNetwork } from '../../ledger/core/ethereum/network.ts';
import type { EthereumReceipt } from '../../ledger/core/ethereum/receipt.ts';
import { encodeList, encodeString } from '../../ledger/core/ethereum/rlp.ts';
import { sha256 } from '../../ledger/core/primitives.ts';
import { leafNode, pathOf, SampleTrie } from './sample-trie.ts';

export const CONTRACT = `0x${'c0ffee'.repeat(6)}0042`;
export const CODE_HASH = keccak_256(utf8('the code'));
export const CHAIN_ID = 560_048;
/** Blocks of the sample are of this second, and twelve later each. */
export const BLOCK_TIME_S = 1_790_000_000;
export const BLOCK_NUMBER = 300;

export const ANCHORED: Checkpoint = {
  origin: 'ledger.example/log/site-1',
  size: 300,
  root: sha256(utf8('root of 300')),
};

/** What a sample may have otherwise; all else is as the contract would have it. */
export interface SampleChange {
  readonly origin?: string;
  /** Words of the storage by the number of their slots in hex, over those of the contract. */
  readonly storage?: ReadonlyMap<string, Uint8Array>;
  /** RLP values of the storage, which no chain would write. */
  readonly rawStorage?: ReadonlyMap<string, Uint8Array>;
  readonly codeHash?: Uint8Array;
  /** The account as RLP, of the root of its storage; undefined for none. */
  readonly account?: (storageRoot: Uint8Array) => Uint8Array | undefined;
}

/** The slots of the anchor of `ANCHORED`, as 64 digits. */
export const ROOT_SLOT = slotHex(0);
export const RECORD_SLOT = slotHex(1);
export const ORIGIN_SLOT = hexWord(5n);

/**
 * A receipt whose hashes are all right, over whatever state it is asked for: what the rules behind the
 * hashes refuse can be tried with it, and with the real contract's chain cannot.
 */
export function sampleReceipt(change: SampleChange = {}): EthereumReceipt {
  const origin = change.origin ?? ANCHORED.origin;
  const words = new Map([...contractStorage(origin), ...(change.storage ?? [])]);
  const values = [...words]
    .filter(([, word]) => word.some((byte) => byte > 0))
    .map(([slot, word]): [string, Uint8Array] => [slot, encodeString(trimmed(word))]);
  const storage = new SampleTrie(entriesOf(new Map([...values, ...(change.rawStorage ?? [])])));
  const codeHash = change.codeHash ?? CODE_HASH;
  const account = change.account ?? ((root) => accountRlp(root, codeHash));
  const address = CONTRACT.slice(2);
  const accounts = Array.from({ length: 40 }, (_, i): [string, Uint8Array] => [
    `${address.slice(2)}${i + 10}`,
    accountRlp(keccak_256(utf8(`storage ${i}`)), keccak_256(utf8(`code ${i}`))),
  ]);
  const own = account(storage.root);
  if (own !== undefined) accounts.push([address, own]);
  const state = new SampleTrie(entriesOf(new Map(accounts)));
  const fields = headerFields(BLOCK_NUMBER, state.root, new Uint8Array(32).fill(7));
  const slots = [...originSlotsOf(origin), RECORD_SLOT, ROOT_SLOT];
  return {
    chainId: CHAIN_ID,
    contract: CONTRACT,
    headers: [encodeList(fields)],
    account: state.proof(fromHex(address)),
    storage: storage.proof(...slots.map((slot) => fromHex(slot))),
  };
}

/** A receipt over these nodes of a storage, the root first, of the only account of a state. */
export function receiptOverNodes(
  nodes: readonly Uint8Array[],
  account: (storageRoot: Uint8Array) => Uint8Array,
): EthereumReceipt {
  const storageRoot = keccak_256(nodes[0] ?? new Uint8Array(0));
  const node = leafNode(pathOf(fromHex(CONTRACT.slice(2))), account(storageRoot));
  const fields = headerFields(BLOCK_NUMBER, keccak_256(node), new Uint8Array(32).fill(7));
  return {
    ...{ chainId: CHAIN_ID, contract: CONTRACT },
    ...{ headers: [encodeList(fields)], account: [node], storage: nodes },
  };
}

/** A network that knows the block of a receipt's last header. */
export function sampleNetwork({ headers }: EthereumReceipt): EthereumNetwork {
  const last = headers.at(-1) ?? new Uint8Array(0);
  return {
    chainId: CHAIN_ID,
    contract: CONTRACT,
    codeHash: CODE_HASH,
    blocks: [keccak_256(last)],
  };
}

/** The receipt with `count` more headers after its own, each the parent of the next. */
export function withLaterHeaders(receipt: EthereumReceipt, count: number): EthereumReceipt {
  const headers = [...receipt.headers];
  for (let i = 1; i <= count; i += 1) {
    const parent = keccak_256(headers.at(-1) ?? new Uint8Array(0));
    const fields = headerFields(BLOCK_NUMBER + i, new Uint8Array(32).fill(i), parent);
    headers.push(encodeList(fields));
  }
  return { ...receipt, headers };
}

/** A header of Prague, field by field. */
export function headerFields(
  number: number,
  stateRoot: Uint8Array,
  parent: Uint8Array,
): Uint8Array[] {
  const time = BLOCK_TIME_S + 12 * (number - BLOCK_NUMBER);
  const root = new Uint8Array(32).fill(9);
  return [
    ...[parent, root, new Uint8Array(20).fill(8), stateRoot, root, root],
    ...[new Uint8Array(256), integer(0), integer(number), integer(36_000_000), integer(21_000)],
    ...[integer(time), utf8('sample'), root, new Uint8Array(8), integer(1_000_000_007), root],
    ...[integer(0), integer(131_072), root, root],
  ].map(encodeString);
}

/** Digits of an integer, without leading zeros. */
export function integer(n: number): Uint8Array {
  return trimmed(u64be(n));
}

export function accountRlp(storageRoot: Uint8Array, codeHash: Uint8Array): Uint8Array {
  return encodeList([integer(1), integer(0), storageRoot, codeHash].map(encodeString));
}

/** A record of the contract: size, time of the block in seconds, previous size. */
export function record(size: number, timeS: number, previous: number): Uint8Array {
  return concat(new Uint8Array(8), u64be(previous), u64be(timeS), u64be(size));
}

export function hexWord(n: bigint): string {
  return n.toString(16).padStart(64, '0');
}

function contractStorage(origin: string): Map<string, Uint8Array> {
  const name = utf8(origin);
  const words = new Map([
    [hexWord(3n), fromHex(hexWord(0x3_0000_0000_0000_0012_c000_0000_2000_0000_2n))],
    [ROOT_SLOT, ANCHORED.root],
    [RECORD_SLOT, record(ANCHORED.size, BLOCK_TIME_S - 3600, 9)],
  ]);
  for (let size = 1; size < 30; size += 1) {
    words.set(hexWord(BigInt(size) << 100n), record(size, BLOCK_TIME_S - 7200, size - 1));
  }
  const [head = '', ...slots] = originSlotsOf(origin);
  if (slots.length === 0) {
    words.set(head, concat(name, new Uint8Array(31 - name.length), Uint8Array.of(2 * name.length)));
    return words;
  }
  words.set(head, fromHex(hexWord(BigInt(2 * name.length + 1))));
  for (const [i, slot] of slots.entries()) {
    const part = name.subarray(32 * i, 32 * i + 32);
    words.set(slot, concat(part, new Uint8Array(32 - part.length)));
  }
  return words;
}

function originSlotsOf(origin: string): string[] {
  const { length } = utf8(origin);
  if (length < 32) return [ORIGIN_SLOT];
  const first = BigInt(`0x${Buffer.from(keccak_256(fromHex(ORIGIN_SLOT))).toString('hex')}`);
  const count = Math.ceil(length / 32);
  return [ORIGIN_SLOT, ...Array.from({ length: count }, (_, i) => hexWord(first + BigInt(i)))];
}

function slotHex(offset: number): string {
  const key = fromHex(hexWord(BigInt(ANCHORED.size)) + hexWord(4n));
  const first = BigInt(`0x${Buffer.from(keccak_256(key)).toString('hex')}`);
  return hexWord(first + BigInt(offset));
}

function entriesOf(values: ReadonlyMap<string, Uint8Array>) {
  return [...values].map(([key, value]) => ({ key: fromHex(key), value }));
}

function trimmed(word: Uint8Array): Uint8Array {
  const start = word.findIndex((byte) => byte > 0);
  return start < 0 ? new Uint8Array(0) : word.subarray(start);
}
