import { getBytes, hexlify, Interface, type Result } from 'ethers';
import { readAnchorArtifact } from '../../../contracts/interface/anchor-artifact.ts';
import type { Checkpoint } from '../../core/checkpoint.ts';
import { Refusal } from '../../core/refusal.ts';
import { ChainUnavailable } from '../chain.ts';
import type { BlockName } from './collect-receipt.ts';
import type { CheckpointSignature } from './connection.ts';
import type { RpcCall } from './json-rpc.ts';
import { NodeError } from './node-link.ts';

/** Reads one contract and writes the calls to it. */
export class AnchorContract {
  readonly #abi = new Interface(JSON.stringify(readAnchorArtifact().abi));
  readonly #call: RpcCall;
  readonly #address: string;

  constructor(call: RpcCall, address: string) {
    this.#call = call;
    this.#address = address;
  }

  /** The name of the log, undefined where there is no contract. */
  async origin(block: BlockName): Promise<string | undefined> {
    const values = await this.#read('origin', block);
    return values === undefined ? undefined : String(values[0]);
  }

  /** How many must sign. */
  async threshold(block: BlockName): Promise<number> {
    return Number((await this.#read('threshold', block))?.[0] ?? 0);
  }

  /** The newest anchor in the state after a block. */
  async latest(block: BlockName, origin: string): Promise<Checkpoint | undefined> {
    try {
      const anchor: unknown = (await this.#read('latest', block))?.[0];
      if (!Array.isArray(anchor)) return undefined;
      const [root, size] = anchor;
      return { origin, size: Number(size), root: getBytes(String(root)) };
    } catch (error) {
      if (error instanceof Refusal && error.code === 'anchor-unknown') return undefined;
      throw error;
    }
  }

  /** The data of a call of `submit`. */
  submission(
    { size, root }: Checkpoint,
    proof: readonly Uint8Array[],
    signatures: readonly CheckpointSignature[],
  ): string {
    const hashes = proof.map((hash) => hexlify(hash));
    return this.#abi.encodeFunctionData('submit', [size, hexlify(root), hashes, signatures]);
  }

  /** What a call of `submit` anchors, undefined for any other data. */
  anchoredBy(data: string): { readonly size: number; readonly root: Uint8Array } | undefined {
    const call = this.#abi.parseTransaction({ data });
    if (call?.name !== 'submit') return undefined;
    return { size: Number(call.args[0]), root: getBytes(String(call.args[1])) };
  }

  /** Lets the node try a call, for nothing. Refuses what the contract refuses. */
  async try(from: string, data: string): Promise<void> {
    await this.#ask({ from, to: this.#address, data }, 'latest');
  }

  async #read(name: string, block: BlockName): Promise<Result | undefined> {
    const data = this.#abi.encodeFunctionData(name);
    const answer = await this.#ask({ to: this.#address, data }, block);
    if (answer === '0x') return undefined;
    try {
      return this.#abi.decodeFunctionResult(name, answer);
    } catch {
      throw new Refusal('ethereum-code', `What is at ${this.#address} is no anchor of a log.`);
    }
  }

  async #ask(transaction: Readonly<Record<string, string>>, block: BlockName): Promise<string> {
    try {
      const answer = await this.#call('eth_call', [transaction, block]);
      if (typeof answer === 'string') return answer;
    } catch (error) {
      throw error instanceof NodeError ? this.#refusalIn(error) : error;
    }
    throw new ChainUnavailable('The node gave no bytes as the answer of a contract.');
  }

  /** The contract's error under our name for it: `FromRootMismatch` is `from-root-mismatch`. */
  #refusalIn(error: NodeError): Error {
    const { reverted } = error;
    if (reverted === undefined) return error;
    const said = reverted === '0x' ? null : this.#abi.parseError(reverted);
    if (said === null) return new Refusal('anchor-refused', error.message);
    const code = said.name.replaceAll(/(?<=.)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
    const names = said.fragment.inputs.map(({ name }) => name);
    const params = Object.fromEntries(names.map((name, i) => [name, String(said.args[i])]));
    const words = names.map((name) => `${name} ${params[name]}`).join(', ');
    return new Refusal(code, `The contract refuses: ${said.name}(${words}).`, params);
  }
}
