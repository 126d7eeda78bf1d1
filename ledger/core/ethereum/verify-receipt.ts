import { equalBytes, fromHex, hex, u64be, utf8 } from '../bytes.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { Refusal, type RefusalParams } from '../refusal.ts';
import type { Failure } from '../verification.ts';
import { type Account, readAccount, readWord } from './account.ts';
import { type BlockHeader, readBlockHeader } from './block-header.ts';
import { originSlots, originWords, recordSlot, rootSlot } from './contract-state.ts';
import type { EthereumNetwork } from './network.ts';
import type { EthereumReceipt } from './receipt.ts';
import { ProofNodes } from './trie.ts';
import { unreadable } from './unreadable.ts';

/** What the contract holds about a checkpoint, in the state after one block. */
export interface EthereumAnchor extends Checkpoint {
  readonly ok: true;
  readonly blockNumber: number;
  /** `0x` and lowercase hex, as explorers and nodes name a block. */
  readonly blockHash: string;
  /** Time of the block in which the checkpoint was anchored, as the contract took it down. */
  readonly blockTimeMs: number;
  /** Time of the block whose state is shown. */
  readonly headerTimeMs: number;
  /**
   * Whether the block is one that the verifier knows, or leads to one. If not, whoever made the receipt
   * may have made the block too: a node that is trusted, or a person, has to look up `blockHash`.
   */
  readonly trust: 'pinned' | 'block not pinned';
}

/** `params.part` names what failed: `receipt`, `headers/<i>`, `account` or `storage`. */
export interface EthereumFailure extends Failure {
  readonly params: RefusalParams;
}

/**
 * Whether a receipt shows that a contract has anchored this root (docs/formats.md, section 21).
 * Codes: `ethereum-format`, `ethereum-chain`, `ethereum-contract`, `ethereum-parent`, `ethereum-proof`,
 * `ethereum-code`, `ethereum-origin`, `ethereum-absent`, `ethereum-record`, `ethereum-root`.
 */
export function verifyEthereumReceipt(
  receipt: EthereumReceipt,
  anchored: Checkpoint,
  network: EthereumNetwork,
): EthereumAnchor | EthereumFailure {
  let part = 'receipt';
  const enter = (name: string): void => {
    part = name;
  };
  try {
    return checkReceipt(receipt, anchored, network, enter);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // Other refusals are those of the readers of texts.
    const code = error.code.startsWith('ethereum-') ? error.code : unreadable().code;
    return { ok: false, code, detail: error.message, params: { ...error.params, part } };
  }
}

function checkReceipt(
  receipt: EthereumReceipt,
  anchored: Checkpoint,
  network: EthereumNetwork,
  enter: (part: string) => void,
): EthereumAnchor {
  checkPlace(receipt, network);
  const headers: BlockHeader[] = [];
  for (const [i, bytes] of receipt.headers.entries()) {
    enter(`headers/${i}`);
    headers.push(readHeader(bytes, headers.at(-1)));
  }
  const [block] = headers;
  if (block === undefined) throw unreadable();
  enter('account');
  const accountNodes = new ProofNodes(receipt.account);
  const address = fromHex(network.contract.slice(2));
  const account = readAccount(block.stateRoot, address, accountNodes.nodeOf);
  const { storageRoot } = checkCode(account, network);
  accountNodes.end();
  enter('storage');
  const storageNodes = new ProofNodes(receipt.storage);
  const wordAt: WordAt = (slot) => readWord(storageRoot, slot, storageNodes.nodeOf);
  checkOrigin(wordAt, anchored);
  const blockTimeMs = readRecord(wordAt, anchored, block);
  checkRoot(wordAt, anchored);
  storageNodes.end();
  const isKnown = ({ hash }: BlockHeader) => network.blocks.some((one) => equalBytes(one, hash));
  return {
    ok: true,
    ...anchored,
    blockNumber: block.number,
    blockHash: `0x${hex(block.hash)}`,
    blockTimeMs,
    headerTimeMs: block.timeMs,
    trust: headers.some(isKnown) ? 'pinned' : 'block not pinned',
  };
}

type WordAt = (slot: Uint8Array) => Uint8Array;

/** No header names its chain: the number says where `blockHash` is to be looked up, and no more. */
function checkPlace(receipt: EthereumReceipt, { chainId, contract }: EthereumNetwork): void {
  if (receipt.chainId !== chainId) {
    throw new Refusal(
      'ethereum-chain',
      `The receipt is of chain ${receipt.chainId}, not of ${chainId}.`,
      { found: receipt.chainId, expected: chainId },
    );
  }
  if (receipt.contract !== contract) {
    throw new Refusal(
      'ethereum-contract',
      `The receipt is of the contract at ${receipt.contract}, not at ${contract}.`,
      { found: receipt.contract, expected: contract },
    );
  }
}

/** Each header but the first follows the one before it. */
function readHeader(bytes: Uint8Array, before: BlockHeader | undefined): BlockHeader {
  const header = readBlockHeader(bytes);
  if (before === undefined) return header;
  const isNext = header.number === before.number + 1;
  if (isNext && equalBytes(header.parentHash, before.hash)) return header;
  throw new Refusal(
    'ethereum-parent',
    `Block ${header.number} is not the one after block ${before.number} of the receipt.`,
    { found: header.number, before: before.number },
  );
}

/** Other code may have written anything. */
function checkCode(account: Account | undefined, { contract, codeHash }: EthereumNetwork): Account {
  if (account !== undefined && equalBytes(account.codeHash, codeHash)) return account;
  throw new Refusal('ethereum-code', `At ${contract} is no contract with the code that is known.`, {
    found: account === undefined ? 'none' : hex(account.codeHash),
    expected: hex(codeHash),
  });
}

function checkOrigin(wordAt: WordAt, { origin }: Checkpoint): void {
  const words = originWords(origin);
  const slots = originSlots(utf8(origin).length);
  if (slots.every((slot, i) => equalBytes(wordAt(slot), words[i] ?? slot))) return;
  throw new Refusal('ethereum-origin', `The contract anchors another log than ${origin}.`, {
    expected: origin,
  });
}

/** When the checkpoint was anchored, by the record that the contract writes beside each root. */
function readRecord(wordAt: WordAt, { size }: Checkpoint, block: BlockHeader): number {
  const record = wordAt(recordSlot(size));
  if (record.every((byte) => byte === 0)) {
    throw new Refusal(
      'ethereum-absent',
      `In block ${block.number} the contract has no anchor of size ${size}.`,
      { size, block: block.number },
    );
  }
  const before = numberIn(record.subarray(8, 16));
  const blockTimeMs = numberIn(record.subarray(16, 24)) * 1000;
  const isOurs = equalBytes(record.subarray(0, 8), u64be(0)) && before < size;
  const isOfSize = equalBytes(record.subarray(24), u64be(size));
  if (isOurs && isOfSize && blockTimeMs <= block.timeMs) return blockTimeMs;
  throw new Refusal(
    'ethereum-record',
    `What the contract holds beside the root of size ${size} is none of its records.`,
    { size, found: hex(record) },
  );
}

/** Exact up to 2^53, and larger beyond. */
function numberIn(word: Uint8Array): number {
  return word.reduce((sum, byte) => sum * 256 + byte, 0);
}

function checkRoot(wordAt: WordAt, { size, root }: Checkpoint): void {
  const found = wordAt(rootSlot(size));
  if (equalBytes(found, root)) return;
  throw new Refusal('ethereum-root', `Another root is anchored for size ${size}.`, {
    found: hex(found),
    expected: hex(root),
  });
}
