import { equalBytes, fromHex, hex } from '../../core/bytes.ts';
import { readAccount, readWord } from '../../core/ethereum/account.ts';
import { type BlockHeader, readBlockHeader } from '../../core/ethereum/block-header.ts';
import {
  originLength,
  originSlots,
  recordSlot,
  rootSlot,
} from '../../core/ethereum/contract-state.ts';
import { keccak256 } from '../../core/ethereum/keccak256.ts';
import type { EthereumNetwork } from '../../core/ethereum/network.ts';
import {
  type EthereumReceipt,
  formatEthereumReceipt,
  readEthereumReceipt,
} from '../../core/ethereum/receipt.ts';
import type { NodeOf } from '../../core/ethereum/trie.ts';
import { Refusal } from '../../core/refusal.ts';
import { encodeHeader } from './encode-header.ts';
import { badAnswer, isRecord, type RpcCall, readData } from './json-rpc.ts';

/** `finalized`, `latest`, or the number of a block as `0x` hex. */
export type BlockName = 'finalized' | 'latest' | `0x${string}`;

/**
 * Collects from a node what shows which root the contract has anchored for `size`, in the state after one
 * block. The node is believed in nothing but which block is the chain's: whoever checks the receipt has
 * to know that block, or to look it up (docs/formats.md, section 21).
 *
 * What `call` throws is thrown on. Refusals: `ethereum-node` where an answer is not what the method promises,
 * `ethereum-chain`, `ethereum-header` where the block's header has another hash, `ethereum-code` where there is no
 * contract, `ethereum-absent` where this size is not anchored in that block, `ethereum-proof` and
 * `ethereum-format` where the proofs do not hold, `bad-shape` where they are larger than a receipt may be.
 */
export async function collectEthereumReceipt(
  call: RpcCall,
  target: Pick<EthereumNetwork, 'chainId' | 'contract'>,
  size: number,
  block: BlockName,
): Promise<EthereumReceipt> {
  const { chainId, contract } = target;
  await requireChain(call, chainId);
  const header = await askHeader(call, block);
  const { stateRoot, number } = readBlockHeader(header);
  const ask = (slots: readonly Uint8Array[]) => askProof(call, contract, slots, number);
  const [head = new Uint8Array(0)] = originSlots(0);
  const first = await ask([head, recordSlot(size), rootSlot(size)]);
  const accountNodes = new CollectedNodes(first.account);
  const account = readAccount(stateRoot, fromHex(contract.slice(2)), accountNodes.nodeOf);
  if (account === undefined) {
    throw new Refusal('ethereum-code', `At ${contract} is no contract in block ${number}.`);
  }
  const storageNodes = new CollectedNodes(first.storage);
  const wordAt = (slot: Uint8Array) => readWord(account.storageRoot, slot, storageNodes.nodeOf);
  const more = originSlots(originLength(wordAt(head))).slice(1);
  if (more.length > MAX_NAME_SLOTS) {
    throw new Refusal('ethereum-origin', `The contract at ${contract} anchors no log of ours.`);
  }
  if (more.length > 0) storageNodes.add((await ask(more)).storage);
  for (const slot of more) wordAt(slot);
  const record = wordAt(recordSlot(size));
  wordAt(rootSlot(size));
  if (record.every((byte) => byte === 0)) {
    const message = `In block ${number} the contract has no anchor of size ${size}.`;
    throw new Refusal('ethereum-absent', message, { size, block: number });
  }
  const receipt = {
    ...{ chainId, contract, headers: [header] },
    ...{ account: accountNodes.used(), storage: storageNodes.used() },
  };
  return readEthereumReceipt(formatEthereumReceipt(receipt), '');
}

/** A log's name has at most 255 bytes. */
const MAX_NAME_SLOTS = 8;

/** Nodes as a node of the chain hands them out, in any order and with any others among them. */
class CollectedNodes {
  readonly #pool = new Map<string, Uint8Array>();
  readonly #used = new Map<string, Uint8Array>();

  constructor(nodes: readonly Uint8Array[]) {
    this.add(nodes);
  }

  add(nodes: readonly Uint8Array[]): void {
    for (const node of nodes) this.#pool.set(hex(keccak256(node)), node);
  }

  readonly nodeOf: NodeOf = (hash) => {
    const name = hex(hash);
    const node = this.#pool.get(name);
    if (node === undefined) {
      const message = `The proof has no node ${name}: ask again, or another node of the chain.`;
      throw new Refusal('ethereum-proof', message, { node: name });
    }
    this.#used.set(name, node);
    return node;
  };

  /** Those that were asked for, in the order of their first use: the one that a receipt has. */
  used(): readonly Uint8Array[] {
    return [...this.#used.values()];
  }
}

async function requireChain(call: RpcCall, chainId: number): Promise<void> {
  const answer = await call('eth_chainId', []);
  const isNumber = typeof answer === 'string' && /^0x[0-9a-f]{1,16}$/i.test(answer);
  if (!isNumber) throw badAnswer('eth_chainId');
  if (BigInt(answer) === BigInt(chainId)) return;
  const message = `The node is of chain ${BigInt(answer)}, not of ${chainId}.`;
  throw new Refusal('ethereum-chain', message, { found: answer, expected: chainId });
}

async function askHeader(call: RpcCall, block: BlockName): Promise<Uint8Array> {
  const method = 'eth_getBlockByNumber';
  const answer = await call(method, [block, false]);
  if (!isRecord(answer)) throw badAnswer(method);
  const header = encodeHeader(answer);
  const [found, told] = [keccak256(header), readData(answer['hash'], method)];
  if (equalBytes(found, told)) return header;
  throw new Refusal(
    'ethereum-header',
    `The header of block ${hex(told)} has the hash ${hex(found)}: a fork that is not known here?`,
    { found: hex(found), expected: hex(told) },
  );
}

interface AnsweredProof {
  readonly account: readonly Uint8Array[];
  readonly storage: readonly Uint8Array[];
}

/** Only the nodes are taken; what they prove is read from them. */
async function askProof(
  call: RpcCall,
  contract: string,
  slots: readonly Uint8Array[],
  block: BlockHeader['number'],
): Promise<AnsweredProof> {
  const method = 'eth_getProof';
  const names = slots.map((slot) => `0x${hex(slot)}`);
  const answer = await call(method, [contract, names, `0x${block.toString(16)}`]);
  if (!isRecord(answer) || !Array.isArray(answer['storageProof'])) throw badAnswer(method);
  const nodes = (list: unknown): readonly Uint8Array[] => {
    if (!Array.isArray(list)) throw badAnswer(method);
    return list.map((node: unknown) => readData(node, method));
  };
  return {
    account: nodes(answer['accountProof']),
    storage: answer['storageProof'].flatMap((one: unknown) =>
      nodes(isRecord(one) ? one['proof'] : undefined),
    ),
  };
}
