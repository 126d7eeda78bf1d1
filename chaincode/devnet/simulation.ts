import { ledger } from '@hyperledger/fabric-protos';
import type { StateEntry, StateValue, Version, WorldState } from './world-state.ts';

/**
 * One execution of a chaincode: reads see committed values only, never those of the same execution;
 * what was read and what would be written is kept for the endorsement.
 */
export class Simulation {
  readonly #state: WorldState;
  readonly #reads = new Map<string, Version | undefined>();
  readonly #ranges: { start: string; end: string; entries: StateEntry[] }[] = [];
  readonly #writes = new Map<string, Buffer | undefined>();

  constructor(state: WorldState) {
    this.#state = state;
  }

  get(key: string): StateValue | undefined {
    const found = this.#state.get(key);
    this.#reads.set(key, found?.version);
    return found;
  }

  range(start: string, end: string): StateEntry[] {
    const entries = this.#state.range(start, end);
    this.#ranges.push({ start, end, entries });
    return entries;
  }

  put(key: string, value: Buffer): void {
    this.#writes.set(key, value);
  }

  delete(key: string): void {
    this.#writes.set(key, undefined);
  }

  /** Changes every written value, as a peer that lies would. */
  falsifyWrites(falsify: (value: Buffer) => Buffer): void {
    for (const [key, value] of this.#writes) {
      if (value !== undefined) this.#writes.set(key, falsify(value));
    }
  }

  /** Makes all reads out of date, as those of a peer that is behind. */
  outdateReads(): void {
    for (const key of this.#reads.keys()) this.#reads.set(key, { block: 0, transaction: 0 });
  }

  /**
   * The read and write sets as peers sign them: sorted by the bytes of the keys, and behind the
   * reading of the chaincode's definition, which this network has none of.
   */
  results(chaincode: string): Uint8Array {
    const definition = new ledger.rwset.kvrwset.KVRWSet();
    definition.setReadsList([readOf(`namespaces/fields/${chaincode}/Sequence`, undefined)]);
    const own = new ledger.rwset.kvrwset.KVRWSet();
    own.setReadsList(sortedByKey(this.#reads).map(([key, version]) => readOf(key, version)));
    own.setRangeQueriesInfoList(this.#ranges.map(rangeOf));
    own.setWritesList(sortedByKey(this.#writes).map(([key, value]) => writeOf(key, value)));
    const results = new ledger.rwset.TxReadWriteSet();
    results.setNsRwsetList([
      inNamespace(LIFECYCLE_NAMESPACE, definition),
      inNamespace(chaincode, own),
    ]);
    return results.serializeBinary();
  }
}

export const LIFECYCLE_NAMESPACE = '_lifecycle';

type KeyValueSet = ledger.rwset.kvrwset.KVRWSet;

function inNamespace(name: string, set: KeyValueSet): ledger.rwset.NsReadWriteSet {
  const made = new ledger.rwset.NsReadWriteSet();
  made.setNamespace(name);
  made.setRwset(set.serializeBinary());
  return made;
}

function sortedByKey<Value>(entries: ReadonlyMap<string, Value>): [string, Value][] {
  return [...entries].sort(([a], [b]) => Buffer.from(a).compare(Buffer.from(b)));
}

function readOf(key: string, version: Version | undefined): ledger.rwset.kvrwset.KVRead {
  const read = new ledger.rwset.kvrwset.KVRead();
  read.setKey(key);
  if (version !== undefined) {
    const written = new ledger.rwset.kvrwset.Version();
    written.setBlockNum(version.block);
    written.setTxNum(version.transaction);
    read.setVersion(written);
  }
  return read;
}

function writeOf(key: string, value: Buffer | undefined): ledger.rwset.kvrwset.KVWrite {
  const write = new ledger.rwset.kvrwset.KVWrite();
  write.setKey(key);
  if (value === undefined) write.setIsDelete(true);
  else write.setValue(value);
  return write;
}

function rangeOf(range: {
  readonly start: string;
  readonly end: string;
  readonly entries: readonly StateEntry[];
}): ledger.rwset.kvrwset.RangeQueryInfo {
  const reads = new ledger.rwset.kvrwset.QueryReads();
  reads.setKvReadsList(range.entries.map(({ key, version }) => readOf(key, version)));
  const info = new ledger.rwset.kvrwset.RangeQueryInfo();
  info.setStartKey(range.start);
  info.setEndKey(range.end);
  info.setItrExhausted(true);
  info.setRawReads(reads);
  return info;
}
