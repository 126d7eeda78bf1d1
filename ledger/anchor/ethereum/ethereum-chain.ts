import { computeAddress, getBytes, hexlify, keccak256, type SigningKey } from 'ethers';
import { checkpointDigest } from '../../../contracts/interface/checkpoint-digest.ts';
import { assert } from '../../core/assert.ts';
import { equalBytes, fromHex, hex } from '../../core/bytes.ts';
import type { Checkpoint } from '../../core/checkpoint.ts';
import { type EthereumNetwork, LOCAL_CHAINS } from '../../core/ethereum/network.ts';
import type { EthereumReceipt } from '../../core/ethereum/receipt.ts';
import { formatEthereumReceipt } from '../../core/ethereum/receipt.ts';
import { verifyEthereumReceipt } from '../../core/ethereum/verify-receipt.ts';
import { Refusal } from '../../core/refusal.ts';
import {
  type AnchorChain,
  type AnchorOutcome,
  type AnchorReceipt,
  type AnchorTask,
  ChainUnavailable,
  type PreparedAnchor,
} from '../chain.ts';
import { AnchorContract } from './anchor-contract.ts';
import { quantity, readCall, signCall } from './anchor-transaction.ts';
import { type BlockName, collectEthereumReceipt } from './collect-receipt.ts';
import type { EthereumConnection, Finality } from './connection.ts';
import type { RpcCall } from './json-rpc.ts';
import { memberOf, NodeError, NodeLink } from './node-link.ts';
import { accountKey, gatherQuorum } from './signer-quorum.ts';

const DEFAULT_FINALITY: Finality = 'finalized';
/** 100 gwei: for some 150,000 units of gas an anchor. */
const DEFAULT_MAX_FEE = 100_000_000_000n;
const WAIT_MS = { first: 100, longest: 4_000 } as const;
/** Nodes show what they have taken; after that it is sent again rather than waited for. */
const UNHEARD_MS = 1_000;

/** A contract on a chain of Ethereum's kind, through any node of it. */
export class EthereumChain implements AnchorChain {
  readonly kind = 'ethereum';
  readonly name: string;
  /** What a reader checks its receipts against. */
  readonly trusted: { readonly kind: 'ethereum'; readonly network: EthereumNetwork };
  readonly #connection: EthereumConnection;
  readonly #sender: SigningKey;
  readonly #link: NodeLink;
  readonly #call: RpcCall;
  readonly #contract: AnchorContract;
  #origin: string | undefined;

  /** Refusals `ethereum-rpc`, `ethereum-key`. */
  constructor(connection: EthereumConnection) {
    const { network, rpc, finality, deadlineMs } = connection;
    const { chainId, contract } = network;
    assert(/^0x[0-9a-f]{40}$/.test(contract), 'an address is in lower case');
    assert(typeof finality !== 'number' || finality >= 1, 'a block that counts is there');
    this.name = `ethereum/${chainId}/${contract}`;
    this.trusted = { kind: 'ethereum', network };
    this.#connection = connection;
    this.#sender = accountKey(connection.senderKey);
    this.#link = new NodeLink(rpc, deadlineMs);
    this.#call = this.#link.call;
    this.#contract = new AnchorContract(this.#call, contract);
  }

  async head(origin: string): Promise<Checkpoint | undefined> {
    await this.#requirePlace(origin);
    return await this.#contract.latest(blockName(await this.#countedBlock()), origin);
  }

  async prepare(task: AnchorTask): Promise<PreparedAnchor> {
    const { checkpoint, note, head, proof } = task;
    await this.#requirePlace(checkpoint.origin);
    const newest = await this.#contract.latest('latest', checkpoint.origin);
    requireGrowth(newest, task);
    const { network, signers, maxFeePerGas = DEFAULT_MAX_FEE } = this.#connection;
    const { chainId, contract } = network;
    const place = { chainId: BigInt(chainId), address: fromHex(contract.slice(2)) };
    const digest = checkpointDigest(place, checkpoint);
    const request = { digest, chainId, contract, note, head, proof };
    const threshold = await this.#contract.threshold('latest');
    const signatures = await gatherQuorum(signers, threshold, request);
    const data = this.#contract.submission(checkpoint, proof, signatures);
    const sender = this.#sender;
    await this.#contract.try(computeAddress(sender), data);
    const paid = { chainId, contract, data, sender, maxFeePerGas };
    const prepared = await signCall(this.#call, paid);
    this.#checkPrepared(prepared, checkpoint);
    return prepared;
  }

  async submit({ bytes }: PreparedAnchor): Promise<void> {
    try {
      await this.#call('eth_sendRawTransaction', [hexlify(bytes)]);
    } catch (error) {
      if (!(error instanceof NodeError) || !IS_THERE.test(error.message)) throw error;
    }
  }

  async outcome(prepared: PreparedAnchor, patienceMs: number): Promise<AnchorOutcome> {
    const sinceMs = performance.now();
    for (let waitMs: number = WAIT_MS.first; ; waitMs = Math.min(2 * waitMs, WAIT_MS.longest)) {
      const outcome = await this.#lookUp(prepared);
      const { state } = outcome;
      const limitMs = state === 'unknown' ? Math.min(patienceMs, UNHEARD_MS) : patienceMs;
      const leftMs = sinceMs + limitMs - performance.now();
      if (state === 'anchored' || state === 'void' || leftMs <= 0) return outcome;
      await this.#link.wait(Math.min(waitMs, leftMs));
    }
  }

  async receipt(checkpoint: Checkpoint): Promise<AnchorReceipt> {
    await this.#requirePlace(checkpoint.origin);
    const { network } = this.#connection;
    const { chainId, contract } = network;
    const receipt = await this.#collect(checkpoint.size);
    const found = verifyEthereumReceipt(receipt, checkpoint, network);
    if (!found.ok) throw new Refusal(found.code, found.detail, found.params);
    return {
      receipt: formatEthereumReceipt(receipt),
      network: LOCAL_CHAINS.has(chainId) ? 'development' : 'real',
      atMs: found.blockTimeMs,
      place: { chainId, contract, blockTime: found.blockTimeMs / 1000 },
    };
  }

  close(): void {
    this.#link.close();
  }

  async #collect(size: number): Promise<EthereumReceipt> {
    try {
      const block = blockName(await this.#countedBlock());
      return await collectEthereumReceipt(this.#call, this.#connection.network, size, block);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code === 'ethereum-node') throw new ChainUnavailable(error.message);
      if (error.code !== 'ethereum-absent') throw error;
      throw new Refusal('anchor-missing', error.message, error.params);
    }
  }

  /** Looks once whether the node is of our chain, and the contract is the one that is known, for this log. */
  async #requirePlace(origin: string): Promise<void> {
    this.#origin ??= await this.#anchoredLog();
    if (this.#origin === origin) return;
    throw new Refusal('anchor-other-log', `The contract anchors the log ${this.#origin}.`, {
      found: this.#origin,
      expected: origin,
    });
  }

  async #anchoredLog(): Promise<string> {
    const { chainId, contract, codeHash } = this.#connection.network;
    const found = Number(quantity(await this.#call('eth_chainId', [])));
    if (found !== chainId) {
      const words = `The node is of chain ${found}, not of ${chainId}.`;
      throw new Refusal('ethereum-chain', words, { found, expected: chainId });
    }
    const code = await this.#call('eth_getCode', [contract, 'latest']);
    const isKnown = typeof code === 'string' && /^0x(?:[0-9a-f]{2})+$/i.test(code);
    const origin = isKnown ? await this.#contract.origin('latest') : undefined;
    if (isKnown && origin !== undefined && equalBytes(getBytes(keccak256(code)), codeHash))
      return origin;
    const params = { found: isKnown ? keccak256(code).slice(2) : 'none', expected: hex(codeHash) };
    const words = `At ${contract} is no contract with the code that is known.`;
    throw new Refusal('ethereum-code', words, params);
  }

  /** Number of the newest block that counts. */
  async #countedBlock(): Promise<number> {
    const { finality = DEFAULT_FINALITY } = this.#connection;
    const tag = finality === 'finalized' ? finality : 'latest';
    const block = await this.#call('eth_getBlockByNumber', [tag, false]);
    if (block === null) throw new ChainUnavailable('The chain has no final block yet.');
    const number = Number(quantity(memberOf(block, 'number')));
    return typeof finality === 'number' ? Math.max(0, number + 1 - finality) : number;
  }

  async #lookUp(prepared: PreparedAnchor): Promise<AnchorOutcome> {
    const { sender, nonce } = readCall(prepared);
    const counted = await this.#countedBlock();
    const mined = await this.#minedOutcome(prepared, counted);
    if (mined !== undefined) return mined;
    const [used, usedForGood] = [
      await this.#transactionCount(sender, 'latest'),
      await this.#transactionCount(sender, blockName(counted)),
    ];
    if (used > nonce) {
      // A block may have come between the answers.
      const late = await this.#minedOutcome(prepared, counted);
      if (late !== undefined) return late;
      return usedForGood > nonce ? REPLACED : WAITING;
    }
    const known = await this.#call('eth_getTransactionByHash', [prepared.id]);
    return known === null ? UNKNOWN : WAITING;
  }

  /** What the block has made of a transaction that one has taken. */
  async #minedOutcome({ id }: PreparedAnchor, counted: number): Promise<AnchorOutcome | undefined> {
    const receipt = await this.#call('eth_getTransactionReceipt', [id]);
    if (receipt === null) return undefined;
    if (quantity(memberOf(receipt, 'blockNumber')) > counted) return WAITING;
    return quantity(memberOf(receipt, 'status')) === 1n ? ANCHORED : REVERTED;
  }

  async #transactionCount(sender: string, block: BlockName): Promise<number> {
    return Number(quantity(await this.#call('eth_getTransactionCount', [sender, block])));
  }

  /** We have made it ourselves; what goes out is looked at all the same. */
  #checkPrepared(prepared: PreparedAnchor, { size, root }: Checkpoint): void {
    const { chainId, contract } = this.#connection.network;
    const call = readCall(prepared);
    const anchored = this.#contract.anchoredBy(call.data);
    assert(call.chainId === chainId && call.contract === contract, 'it goes to the contract');
    assert(anchored?.size === size && equalBytes(anchored.root, root), 'it anchors what was asked');
  }
}

const ANCHORED: AnchorOutcome = { state: 'anchored' };
const WAITING: AnchorOutcome = { state: 'waiting' };
const UNKNOWN: AnchorOutcome = { state: 'unknown' };
const REVERTED: AnchorOutcome = { state: 'void', why: 'the contract refused it' };
const REPLACED: AnchorOutcome = { state: 'void', why: 'another of the account took its place' };

/** How nodes say that they have a transaction, or that a block has its number already. */
const IS_THERE =
  /already[ _]?(?:known|imported|exists)|known transaction|nonce[^,.;]*too low|old ?nonce/i;

function blockName(number: number): BlockName {
  return `0x${number.toString(16)}`;
}

/**
 * Refuses what the contract would, under the codes of `chaincode/anchor-contract.ts`. `newest` is that of
 * the last block, which may not count yet: whoever has put it there, we wait until it does.
 */
function requireGrowth(newest: Checkpoint | undefined, { checkpoint, head }: AnchorTask): void {
  const [size, last] = [newest?.size ?? 0, head?.size ?? 0];
  if (size !== last) {
    throw new ChainUnavailable(`The chain holds ${size} events in its last block, not ${last}.`);
  }
  if (checkpoint.size === 0) {
    throw new Refusal('anchor-empty-tree', 'The empty tree says nothing; wait for the first leaf.');
  }
  if (newest === undefined || checkpoint.size > size) return;
  const anchored = `Size ${size} is anchored`;
  if (checkpoint.size < size) {
    throw new Refusal('anchor-not-growing', `${anchored}; a smaller tree cannot follow it.`);
  }
  if (equalBytes(checkpoint.root, newest.root)) {
    throw new Refusal('anchor-known', `${anchored} already.`);
  }
  throw new Refusal('anchor-fork', `${anchored} with another root: the log shows two histories.`);
}
