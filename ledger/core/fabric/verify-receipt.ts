import { equalBytes, hex } from '../bytes.ts';
import { type Primitives, portable } from '../primitives.ts';
import { attempt, Refusal, type RefusalParams } from '../refusal.ts';
import type { Failure } from '../verification.ts';
import { type AnchoredRoot, anchorKey } from './anchor-state.ts';
import { checkWrite, type Version, versionRead } from './anchor-write.ts';
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
 * `fabric-write-set`, `fabric-statement-key`, `fabric-statement-absent`, `fabric-statement-version`,
 * `fabric-effort`.
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
  const effort = new Effort(primitives);
  try {
    return checkReceipt(receipt, anchored, { network, primitives: effort.primitives, enter });
  } catch (refusal) {
    const error = refusal instanceof Refusal && effort.isSpent ? tooMuch() : refusal;
    if (!(error instanceof Refusal)) throw error;
    // Other refusals are those of the readers of texts.
    const code = error.code.startsWith('fabric-') ? error.code : unreadable().code;
    return { ok: false, code, detail: error.message, params: { ...error.params, part } };
  }
}

/**
 * The same by the network of several that the receipt is of: channels of one name are told apart by the block
 * that each is pinned to, so a network that was begun anew, or pinned anew, takes nothing from older receipts.
 * Undefined when none has the names of the receipt.
 */
export function verifyFabricReceiptByAny(
  receipt: FabricReceipt,
  anchored: AnchoredRoot,
  networks: readonly FabricNetwork[],
  primitives: Primitives = portable,
): FabricAnchor | FabricFailure | undefined {
  const { channel, chaincode, config } = receipt;
  const named = networks.filter((one) => one.channel === channel && one.chaincode === chaincode);
  // Read once: a hostile file may name as many networks as its policy has room for.
  const [start] = named.length > 1 ? config : [];
  const first = start && attempt(() => readBlock(start, primitives.sha256));
  const pinned = named.find((one) => first !== undefined && equalBytes(one.pinned, first.hash));
  const network = pinned ?? named[0];
  return network && verifyFabricReceipt(receipt, anchored, network, primitives);
}

/** An honest receipt takes some 20 checks, and 100 after many changes of its channel. */
const MOST_SIGNATURES = 600;

/** What a hostile channel costs is bounded: it could name keys and authorities without end. */
class Effort {
  readonly primitives: Primitives;
  #count = 0;

  constructor(primitives: Primitives) {
    const verifyP256: Primitives['verifyP256'] = (...check) => {
      this.#count += 1;
      return !this.isSpent && primitives.verifyP256(...check);
    };
    this.primitives = { ...primitives, verifyP256 };
  }

  /** From then on nothing verifies any more. */
  get isSpent(): boolean {
    return this.#count > MOST_SIGNATURES;
  }
}

function tooMuch(): Refusal {
  const params = { limit: MOST_SIGNATURES };
  return new Refusal('fabric-effort', `More than ${MOST_SIGNATURES} signatures to check.`, params);
}

export interface Check {
  readonly network: FabricNetwork;
  readonly primitives: Primitives;
  /** Tells which part of the receipt is looked at from now on. */
  readonly enter: (part: string) => void;
}

/**
 * The configurations of a channel from the pinned one on, each judged by the one before it. Refusals
 * `fabric-format`, `fabric-pinned-hash`, `fabric-config`, `fabric-quorum`, `fabric-last-config` and others of a block.
 */
export function readConfigs(blocks: readonly Uint8Array[], check: Check): ChannelConfig[] {
  const configs: ChannelConfig[] = [];
  for (const [i, bytes] of blocks.entries()) {
    check.enter(`config/${i}`);
    configs.push(readConfig(bytes, configs.at(-1), check));
  }
  return configs;
}

function checkReceipt(receipt: FabricReceipt, anchored: AnchoredRoot, check: Check): FabricAnchor {
  const { network, primitives, enter } = check;
  checkChannel(receipt, network);
  if (receipt.chaincode !== network.chaincode) throw otherChaincode(network);
  const configs = readConfigs(receipt.config, check);
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
    checkVersion(versionRead(state, anchored), anchored, [block.number, receipt.index]);
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

/** The version must be that of this very transaction. */
function checkVersion(
  stated: Version,
  anchored: AnchoredRoot,
  [block, index]: readonly [block: number, index: number],
): void {
  if (stated.block === block && stated.index === index) return;
  throw new Refusal(
    'fabric-statement-version',
    'The peers state that another transaction wrote the key.',
    { key: anchorKey(anchored), ...stated },
  );
}
