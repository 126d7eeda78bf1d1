import { hex } from '../../ledger/core/bytes.ts';
import { CompactRange } from '../../ledger/core/compact-range.ts';
import { leafHash } from '../../ledger/core/merkle.ts';
import { parseReading, type Reading } from '../../ledger/core/reading.ts';
import type { SqliteReader } from '../../ledger/store/sqlite/sqlite-reader.ts';
import { sha256Bytes } from '../../ledger/writer/fast-hash.ts';
import { SITE } from './world.ts';

export interface DurableEvent {
  readonly type: string;
  readonly account: string;
  readonly n: number;
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}
export interface DurableRecord {
  readonly text: string;
  readonly reading: Reading;
}

/** What is on the database's disk, read from the log alone and told again in the plainest way. */
export class DurableLog {
  readonly events: DurableEvent[] = [];
  /** Each meter's records in the order of its chain; a new epoch goes on behind the old one. */
  readonly chains = new Map<string, DurableRecord[]>();
  readonly #byPlace = new Map<string, string>();
  readonly #tree = new CompactRange(sha256Bytes);
  #records = 0;

  get size(): number {
    return this.events.length;
  }

  root(): string {
    return hex(this.#tree.root());
  }

  /** Takes in what was committed since the last call. */
  refresh(reader: SqliteReader): void {
    if (reader.sites().length === 0) return;
    const { leaves, records } = reader.size(SITE);
    if (leaves === this.size && records === this.#records) return;
    for (const segment of reader.segments(SITE, this.size, this.#records)) {
      for (const [i, text] of segment.events.entries()) {
        this.events.push(JSON.parse(text));
        const entry = segment.commitments.subarray(32 * i, 32 * i + 32);
        this.#tree.append(leafHash(entry, sha256Bytes));
      }
      for (const batch of segment.batches) {
        for (const text of batch.records) this.#take(text);
        this.#records += batch.records.length;
      }
    }
  }

  /** The record at a place of a meter's chain. */
  recordAt({ meter, epoch, seq }: Reading): string | undefined {
    return this.#byPlace.get(`${meter}/${epoch}/${seq}`);
  }

  /** The epoch that a meter's chain has come to. */
  epochOf(meter: string): number {
    return this.chains.get(meter)?.at(-1)?.reading.epoch ?? -1;
  }

  /** A batch may bring again what is known, and what comes too early: neither goes on with a chain. */
  #take(text: string): void {
    const reading = parseReading(text);
    const { meter, epoch, seq } = reading;
    const chain = this.chains.get(meter) ?? [];
    this.chains.set(meter, chain);
    const last = chain.at(-1)?.reading;
    const isNew = last === undefined || epoch > last.epoch;
    const goesOn = isNew ? seq === 0 : epoch === last.epoch && seq === last.seq + 1;
    if (!goesOn) return;
    chain.push({ text, reading });
    this.#byPlace.set(`${meter}/${epoch}/${seq}`, text);
  }
}
