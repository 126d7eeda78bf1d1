import { common, type peer } from '@hyperledger/fabric-protos';
import { blockHash, envelopesOf, headerOf, setValidationFlags, validationFlags } from './block.ts';
import type { BlockFile } from './block-file.ts';
import { type OpenTransaction, openTransaction } from './transaction.ts';
import {
  applyWrites,
  checkReads,
  checkSignatures,
  type Rules,
  TxValidationCode,
  type ValidationCode,
} from './validation.ts';
import { WorldState } from './world-state.ts';

/** Where a transaction stands first, and what became of it. */
export interface CommittedTransaction {
  readonly block: number;
  readonly index: number;
  readonly code: number;
}

/** Events of the valid transactions of one block, in their order. */
export interface BlockEvents {
  readonly block: number;
  readonly events: readonly peer.ChaincodeEvent[];
}

/**
 * The blocks on the disk and what follows from them. The state is never stored: it is made by going
 * through the blocks, at the start exactly as in operation.
 */
export class Chain {
  readonly state = new WorldState();
  readonly #file: BlockFile;
  readonly #rules: Rules;
  readonly #transactions = new Map<string, CommittedTransaction>();
  readonly #events: BlockEvents[] = [];
  readonly #listeners = new Set<() => void>();
  #last = new common.BlockHeader();

  private constructor(file: BlockFile, rules: Rules) {
    this.#file = file;
    this.#rules = rules;
  }

  /** Refuses the blocks of a network with another genesis block. */
  static async open(file: BlockFile, genesis: common.Block, rules: Rules): Promise<Chain> {
    const chain = new Chain(file, rules);
    if (file.count === 0) await file.append(genesis.serializeBinary());
    for (let number = 0; number < file.count; number += 1) {
      const block = await chain.block(number);
      if (block === undefined) break;
      const isNext =
        number === 0
          ? blockHash(headerOf(block)).equals(blockHash(headerOf(genesis)))
          : blockHash(chain.last).equals(headerOf(block).getPreviousHash_asU8());
      if (!isNext) throw new Error(`Block ${number} in this folder belongs to another network.`);
      chain.#take(block, [...validationFlags(block)]);
    }
    return chain;
  }

  get height(): number {
    return this.#file.count;
  }

  /** The header of the newest block. */
  get last(): common.BlockHeader {
    return this.#last;
  }

  async block(number: number): Promise<common.Block | undefined> {
    const bytes = await this.#file.read(number);
    return bytes && common.Block.deserializeBinary(bytes);
  }

  find(txId: string): CommittedTransaction | undefined {
    return this.#transactions.get(txId);
  }

  /** Events of the blocks from `number` on, oldest first. */
  eventsFrom(number: number): readonly BlockEvents[] {
    return this.#events.filter(({ block }) => block >= number);
  }

  /** Calls after each new block; answers how to stop that. */
  onBlock(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Judges a sealed block and writes it down. It counts once it is on the disk. One call at a time.
   */
  async append(block: common.Block): Promise<void> {
    setValidationFlags(block, this.#judge(block));
    await this.#file.append(block.serializeBinary());
    this.#take(block, [...validationFlags(block)]);
    for (const listener of this.#listeners) listener();
  }

  #judge(block: common.Block): ValidationCode[] {
    const seen = new Set<string>();
    // What an earlier transaction of this block writes is a conflict for a later one that read it.
    const written = new Set<string>();
    return envelopesOf(block).map((envelope) => {
      const transaction = openTransaction(envelope);
      const code = checkSignatures(transaction, this.#rules);
      if (transaction === undefined || code !== TxValidationCode.VALID) return code;
      if (seen.has(transaction.txId) || this.#transactions.has(transaction.txId)) {
        return TxValidationCode.DUPLICATE_TXID;
      }
      seen.add(transaction.txId);
      return this.#judgeReads(transaction, written);
    });
  }

  #judgeReads(transaction: OpenTransaction, written: Set<string>): ValidationCode {
    const { chaincode } = this.#rules;
    const code = checkReads(transaction, chaincode, this.state);
    if (code !== TxValidationCode.VALID) return code;
    const set = transaction.sets.get(chaincode);
    if (set?.getReadsList().some((read) => written.has(read.getKey()))) {
      return TxValidationCode.MVCC_READ_CONFLICT;
    }
    for (const write of set?.getWritesList() ?? []) written.add(write.getKey());
    return code;
  }

  #take(block: common.Block, codes: readonly number[]): void {
    const number = headerOf(block).getNumber();
    const events: peer.ChaincodeEvent[] = [];
    for (const [index, envelope] of envelopesOf(block).entries()) {
      const transaction = openTransaction(envelope);
      if (transaction === undefined) continue;
      const code = codes[index] ?? TxValidationCode.NOT_VALIDATED;
      if (!this.#transactions.has(transaction.txId)) {
        this.#transactions.set(transaction.txId, { block: number, index, code });
      }
      if (code !== TxValidationCode.VALID) continue;
      const version = { block: number, transaction: index };
      applyWrites(transaction, this.#rules.chaincode, this.state, version);
      if (transaction.event !== undefined) events.push(transaction.event);
    }
    if (events.length > 0) this.#events.push({ block: number, events });
    this.#last = headerOf(block);
  }
}
