import { equalBytes, hex, utf8 } from '../bytes.ts';
import { type Primitives, portable } from '../primitives.ts';
import { Refusal, type RefusalParams } from '../refusal.ts';
import type { Failure } from '../verification.ts';
import { type AnchoredRoot, anchorKey, anchorValue } from './anchor-state.ts';
import { type Block, consentersOf, readBlock } from './block.ts';
import { type ChannelConfig, readChannelConfig, unusable } from './channel-config.ts';
import {
  checkChannel,
  memberOf,
  otherChaincode,
  readEndorsedTransaction,
} from './endorsed-transaction.ts';
import { isSignedBy } from './membership.ts';
import type { FabricNetwork } from './network.ts';
import { Message } from './protobuf.ts';
import type { FabricReceipt } from './receipt.ts';
import { readHeader } from './transaction-header.ts';
import { unreadable } from './unreadable.ts';

/** What the members of a channel have signed about a checkpoint. */
export interface FabricAnchor extends AnchoredRoot {
  readonly ok: true;
  readonly transactionId: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly index: number;
  /** MSP ids of the organisations that endorsed. */
  readonly endorsers: readonly string[];
  /** Identifiers of the orderers that signed the block, and how many have to. */
  readonly consenters: readonly number[];
  readonly quorum: number;
  /** The time that the creator of the transaction claims; no orderer or peer vouches for it. */
  readonly claimedTimeMs: number;
  /** Without the word of the peers, an ordered and endorsed transaction may have been invalid. */
  readonly validity: 'proven' | 'not proven';
  /** `development`: one machine plays every organisation and says so; nothing is independent. */
  readonly network: 'real' | 'development';
}

/** `params.part` names what failed: `receipt`, `block`, `config/<i>` or `validity`. */
export interface FabricFailure extends Failure {
  readonly params: RefusalParams;
}

/**
 * Whether a receipt shows that a channel has anchored this root (docs/formats.md, section 20).
 * Codes: `fabric-format`, `fabric-pinned-hash`, `fabric-config`, `fabric-data-hash`, `fabric-envelope`,
 * `fabric-quorum`, `fabric-last-config`, `fabric-index`, `fabric-channel`, `fabric-transaction`,
 * `fabric-chaincode`, `fabric-proposal-hash`, `fabric-endorsements`, `fabric-creator`,
 * `fabric-write-set`, `fabric-statement-key`, `fabric-statement-absent`, `fabric-statement-version`.
 */
export function verifyFabricReceipt(
  receipt: FabricReceipt,
  anchored: AnchoredRoot,
  network: FabricNetwork,
  primitives: Primitives = portable,
): FabricAnchor | FabricFailure {
  let part = 'receipt';
  const enter = (name: string): void => {
    part = name;
  };
  try {
    return checkReceipt(receipt, anchored, { network, primitives, enter });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // Other refusals are those of the readers of texts.
    const code = error.code.startsWith('fabric-') ? error.code : unreadable().code;
    return { ok: false, code, detail: error.message, params: { ...error.params, part } };
  }
}

interface Check {
  readonly network: FabricNetwork;
  readonly primitives: Primitives;
  /** Tells which part of the receipt is looked at from now on. */
  readonly enter: (part: string) => void;
}

function checkReceipt(receipt: FabricReceipt, anchored: AnchoredRoot, check: Check): FabricAnchor {
  const { network, primitives, enter } = check;
  checkChannel(receipt, network);
  if (receipt.chaincode !== network.chaincode) throw otherChaincode(network);
  const configs: ChannelConfig[] = [];
  for (const [i, bytes] of receipt.config.entries()) {
    enter(`config/${i}`);
    configs.push(readConfig(bytes, configs.at(-1), check));
  }
  enter('block');
  const config = configs.at(-1);
  if (config === undefined) throw unreadable();
  const block = readBlock(receipt.block, primitives.sha256);
  const consenters = consentersOf(block, config, primitives);
  checkLastConfig(block, config.block);
  for (const { payload } of block.envelopes) checkChannel(readHeader(payload), network);
  const envelope = block.envelopes[receipt.index];
  if (envelope === undefined) {
    const params = { index: receipt.index, count: block.envelopes.length };
    throw new Refusal('fabric-index', 'The block has no transaction at this index.', params);
  }
  const transaction = readEndorsedTransaction(envelope.payload, network, config, primitives);
  const creator = memberOf(transaction.creator, config);
  if (!creator || !isSignedBy(creator.key, envelope.payload, envelope.signature, primitives)) {
    throw new Refusal(
      'fabric-creator',
      'The transaction is not signed by a member of the channel.',
    );
  }
  checkWrite(transaction.state, anchored);
  const { validity } = receipt;
  if (validity !== undefined) {
    enter('validity');
    const statement = new Message(validity, 'bb').bytes(1);
    const { state } = readEndorsedTransaction(statement, network, config, primitives);
    checkVersion(state, anchored, [block.number, receipt.index]);
  }
  return {
    ok: true,
    ...anchored,
    transactionId: transaction.id,
    blockNumber: block.number,
    blockHash: hex(block.hash),
    index: receipt.index,
    endorsers: transaction.endorsers,
    consenters,
    quorum: config.quorum,
    claimedTimeMs: transaction.timeMs,
    validity: validity === undefined ? 'not proven' : 'proven',
    // Once marked, always: an update that takes the mark away was made by that one machine.
    network: configs.some(({ isDevelopment }) => isDevelopment) ? 'development' : 'real',
  };
}

/** The first configuration is the pinned one, any other follows and is signed under the one before it. */
function readConfig(
  bytes: Uint8Array,
  before: ChannelConfig | undefined,
  { network, primitives }: Check,
): ChannelConfig {
  const block = readBlock(bytes, primitives.sha256);
  if (before === undefined) {
    if (!equalBytes(block.hash, network.pinned)) {
      throw new Refusal(
        'fabric-pinned-hash',
        'The receipt starts from another configuration than the one that is trusted.',
        { found: hex(block.hash), expected: hex(network.pinned) },
      );
    }
  } else {
    consentersOf(block, before, primitives);
    checkLastConfig(block, block.number);
  }
  const config = readChannelConfig(block, primitives);
  checkChannel(config, network);
  if (before !== undefined && config.sequence !== before.sequence + 1) throw unusable('sequence');
  return config;
}

/** The orderers sign which configuration they ordered under. */
function checkLastConfig({ lastConfig }: Block, expected: number): void {
  if (lastConfig === expected) return;
  throw new Refusal(
    'fabric-last-config',
    `The block was made under configuration block ${lastConfig}; the receipt comes with ${expected}.`,
    { found: lastConfig, expected },
  );
}

/** `kvrwset.KVWrite` of the root under the key of its checkpoint: one, and not a delete. */
function checkWrite(state: Message, anchored: AnchoredRoot): void {
  const key = anchorKey(anchored);
  const value = utf8(anchorValue(anchored));
  const [write, ...others] = ofKey(state.list(3), 'bnb', key);
  const isDelete = write?.number(2) !== 0;
  if (!write || others.length > 0 || isDelete || !equalBytes(write.bytes(3), value)) {
    throw new Refusal('fabric-write-set', 'The transaction did not write this root.', { key });
  }
}

/** `kvrwset.KVRead` of the same key: last written by this very transaction, which therefore was valid. */
function checkVersion(
  state: Message,
  anchored: AnchoredRoot,
  [block, index]: readonly [block: number, index: number],
): void {
  const key = anchorKey(anchored);
  const [read, ...others] = ofKey(state.list(1), 'bb', key);
  if (read === undefined || others.length > 0) {
    throw new Refusal('fabric-statement-key', 'The statement is about another key.', { key });
  }
  if (read.list(2).length === 0) {
    throw new Refusal(
      'fabric-statement-absent',
      'The peers state that nothing is anchored under this key: the transaction was not valid.',
      { key },
    );
  }
  const version = read.inner(2, 'nn');
  const [foundBlock, foundIndex] = [version.number(1), version.number(2)];
  if (foundBlock === block && foundIndex === index) return;
  throw new Refusal(
    'fabric-statement-version',
    'The peers state that another transaction wrote the key.',
    { key, block: foundBlock, index: foundIndex },
  );
}

function ofKey(list: readonly Uint8Array[], fields: string, key: string): Message[] {
  const wanted = utf8(key);
  return list
    .map((bytes) => new Message(bytes, fields))
    .filter((message) => equalBytes(message.bytes(1), wanted));
}
