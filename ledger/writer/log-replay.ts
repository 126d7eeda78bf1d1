import { leafHash } from '../core/merkle.ts';
import { Refusal } from '../core/refusal.ts';
import type { Segment, StoredBatch } from '../store/port.ts';
import { applyEvent, applyRecord, type ParsedEvent, readStored, recordOf } from './apply-event.ts';
import { sha256Bytes } from './fast-hash.ts';
import type { SiteState } from './site-state.ts';

/**
 * Moves a state by stored segments in the order in which they were made: each record of a batch, then
 * the events about it, since whether the next record is in doubt depends on them. A segment may end
 * between a record and its events, so the rest of a batch waits for the next one.
 */
export class LogReplay {
  readonly #state: SiteState;
  #records: readonly string[] = [];
  #firstRecord = 0;
  #taken = 0;
  #wanted = new Set<string>();
  /** Hash of the record taken last, if it was new. */
  #about: string | undefined;

  constructor(state: SiteState) {
    this.#state = state;
  }

  /** Refuses `store-damaged` what does not follow, and events without their record. */
  apply(segment: Segment): void {
    const state = this.#state;
    if (segment.firstLeaf !== state.size || segment.firstRecord !== state.records) {
      throw new Refusal(
        'store-damaged',
        'The stored segments do not follow each other; run fsck.',
        {
          found: segment.firstLeaf,
          expected: state.size,
        },
      );
    }
    let done = 0;
    for (const batch of segment.batches) {
      for (; done < batch.eventsBefore; done += 1) this.#applyEvent(segment, done);
      this.finish();
      this.#begin(batch);
    }
    for (; done < segment.events.length; done += 1) this.#applyEvent(segment, done);
  }

  /** Takes the records that no event is about. */
  finish(): void {
    while (this.#taken < this.#records.length) this.#takeRecord();
    this.#about = undefined;
  }

  #begin({ records }: StoredBatch): void {
    this.#records = records;
    this.#firstRecord = this.#state.records;
    this.#taken = 0;
    this.#wanted = new Set();
    this.#state.records += records.length;
  }

  #takeRecord(): void {
    const text = this.#records[this.#taken] ?? '';
    this.#about = applyRecord(this.#state, text, this.#firstRecord + this.#taken, this.#wanted);
    this.#taken += 1;
  }

  #applyEvent(segment: Segment, at: number): void {
    const text = segment.events[at] ?? '';
    const parsed = readStored(text);
    this.#takeUpTo(parsed, recordOf(parsed));
    const entry = segment.commitments.subarray(at * 32, at * 32 + 32);
    const commitment = Buffer.from(entry).toString('hex');
    applyEvent(this.#state, { text, commitment, leaf: this.#state.size }, parsed);
    this.#state.tree.append(leafHash(entry, sha256Bytes));
  }

  #takeUpTo({ account, n }: ParsedEvent, record: string | undefined): void {
    if (record === undefined) {
      this.finish();
      return;
    }
    while (this.#about !== record && this.#taken < this.#records.length) this.#takeRecord();
    if (this.#about === record) return;
    throw new Refusal(
      'store-damaged',
      `Event ${n} of ${account} is about no record here; run fsck.`,
      {
        account,
        n,
      },
    );
  }
}
