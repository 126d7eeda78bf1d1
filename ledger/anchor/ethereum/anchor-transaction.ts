import { computeAddress, getBytes, hexlify, type SigningKey, Transaction } from 'ethers';
import { assert } from '../../core/assert.ts';
import { Refusal } from '../../core/refusal.ts';
import { ChainUnavailable, type PreparedAnchor } from '../chain.ts';
import type { RpcCall } from './json-rpc.ts';
import { memberOf, NodeError } from './node-link.ts';

/** A call of the contract, and who pays how much for it at most. */
export interface PaidCall {
  readonly chainId: number;
  readonly contract: string;
  readonly data: string;
  readonly sender: SigningKey;
  readonly maxFeePerGas: bigint;
}

/** What a transaction of ours says of itself. */
export interface SentCall {
  readonly chainId: number;
  readonly contract: string;
  readonly data: string;
  readonly sender: string;
  readonly nonce: number;
}

/** Where a node gives no advice, in wei. */
const USUAL_TIP = 1_000_000_000n;

/**
 * Signs an EIP-1559 transaction. It offers all that it may cost, and pays what its block asks for; so it
 * waits only while the chain asks for more. Its number is the next after the last that a block has
 * taken: should one of ours still be on its way, only one of the two has an effect, and none waits for
 * another. Refusals: `anchor-funds`, `anchor-refused`.
 */
export async function signCall(call: RpcCall, paid: PaidCall): Promise<PreparedAnchor> {
  const { chainId, contract, data, sender, maxFeePerGas } = paid;
  const from = computeAddress(sender);
  const gasLimit = await gasOf(call, { from, to: contract, data });
  const maxPriorityFeePerGas = await tipOf(call, maxFeePerGas);
  await requireFunds(call, from, gasLimit * maxFeePerGas);
  const nonce = Number(quantity(await call('eth_getTransactionCount', [from, 'latest'])));
  const fees = { gasLimit, maxFeePerGas, maxPriorityFeePerGas };
  const unsigned = { type: 2, chainId, to: contract, data, nonce, value: 0n, ...fees };
  const transaction = Transaction.from(unsigned);
  transaction.signature = sender.sign(transaction.unsignedHash);
  return { id: transaction.hash ?? '', bytes: getBytes(transaction.serialized) };
}

/** Reads what was signed; asserts that it is named by its hash. */
export function readCall({ id, bytes }: PreparedAnchor): SentCall {
  const { hash, chainId, to, data, from, nonce } = Transaction.from(hexlify(bytes));
  assert(hash === id && to !== null && from !== null, 'a kept transaction is one of ours');
  return { chainId: Number(chainId), contract: to.toLowerCase(), data, sender: from, nonce };
}

/** A number as JSON-RPC writes it. */
export function quantity(answer: unknown): bigint {
  if (typeof answer === 'string' && /^0x[0-9a-f]{1,64}$/i.test(answer)) return BigInt(answer);
  throw new ChainUnavailable('The node gave something else than a number.');
}

/** More than the node reckons with: what is not used is not paid for. */
async function gasOf(call: RpcCall, what: Readonly<Record<string, string>>): Promise<bigint> {
  try {
    return (quantity(await call('eth_estimateGas', [what])) * 5n) / 4n;
  } catch (error) {
    if (!(error instanceof NodeError) || error.reverted === undefined) throw error;
    throw new Refusal('anchor-refused', error.message);
  }
}

/** What the producers of blocks are offered on top, as far as the limit leaves room for it. */
async function tipOf(call: RpcCall, maxFeePerGas: bigint): Promise<bigint> {
  const block = await call('eth_getBlockByNumber', ['latest', false]);
  const base = quantity(memberOf(block, 'baseFeePerGas'));
  if (base >= maxFeePerGas) {
    const words = `The chain asks for ${base} wei a unit of gas, and ${maxFeePerGas} is our limit`;
    throw new ChainUnavailable(`${words}: the anchor waits until it asks for less.`);
  }
  const tip = await usualTip(call);
  return tip < maxFeePerGas - base ? tip : maxFeePerGas - base;
}

async function usualTip(call: RpcCall): Promise<bigint> {
  try {
    return quantity(await call('eth_maxPriorityFeePerGas', []));
  } catch (error) {
    if (error instanceof NodeError) return USUAL_TIP;
    throw error;
  }
}

async function requireFunds(call: RpcCall, from: string, cost: bigint): Promise<void> {
  const balance = quantity(await call('eth_getBalance', [from, 'latest']));
  if (balance >= cost) return;
  throw new Refusal('anchor-funds', `${from} has ${balance} wei and may need ${cost}: pay it in.`, {
    account: from,
    balance: String(balance),
    cost: String(cost),
  });
}
