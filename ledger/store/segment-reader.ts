import { assert } from '../core/assert.ts';
import { Refusal } from '../core/refusal.ts';
import type { Segment, StoredBatch } from './port.ts';
import {
  decodeBatches,
  decodeTexts,
  type SegmentText,
  segmentFrom,
  toSegment,
  toSegmentText,
} from './segment-codec.ts';
import { unpackFrame } from './unpack-frame.ts';

/** Where a stored segment stands. */
export interface SegmentPlace {
  readonly firstLeaf: number;
  readonly firstRecord: number;
  readonly leafCount: number;
  readonly recordCount: number;
}

/** The packed parts of a stored segment. */
export interface SegmentParts {
  readonly commitments: Uint8Array;
  readonly events: Uint8Array;
  readonly batches: Uint8Array;
}

/** How a database finds its rows of segments. */
export interface SegmentRows {
  /** The place of the last segment of a site. */
  last(site: string): SegmentPlace | undefined;
  /**
   * The last segment that begins at or before a place, and, as far as the database likes, those that
   * follow it, all of one moment.
   */
  covering(site: string, leaf: number, record: number): readonly (SegmentPlace & SegmentParts)[];
  /** The last segment with events that begins at or before a leaf. */
  ofLeaf(site: string, leaf: number): (SegmentPlace & Pick<SegmentParts, 'events'>) | undefined;
  /** The last segment with records that begins at or before a record. */
  ofRecord(
    site: string,
    record: number,
  ): (SegmentPlace & Pick<SegmentParts, 'batches'>) | undefined;
  /** Segments with events that meet the leaves `[from, to)`, in order. */
  commitments(
    site: string,
    from: number,
    to: number,
  ): Iterable<SegmentPlace & Pick<SegmentParts, 'commitments'>>;
}

/** Unpacked segments kept: an account's month touches each of them many times in a row. */
const KEPT_SEGMENTS = 64;

/**
 * Reads the log out of its segments, whatever database holds them. A segment is unpacked once for as
 * long as it stays in use; what lies at a place never changes, so it is true also after it was joined.
 */
export class SegmentReader {
  readonly #rows: SegmentRows;
  readonly #events = new KeptSegments<string>();
  readonly #batches = new KeptSegments<StoredBatch>();

  constructor(rows: SegmentRows) {
    this.#rows = rows;
  }

  size(site: string): { leaves: number; records: number } {
    const last = this.#rows.last(site);
    return last === undefined ? { leaves: 0, records: 0 } : endOf(last);
  }

  *walk(site: string, fromLeaf: number, fromRecord: number): Generator<Segment> {
    for (const text of this.walkTexts(site, fromLeaf, fromRecord)) yield toSegment(text);
  }

  /** Segments may be joined between two steps, so each step finds anew what holds the next place. */
  *walkTexts(site: string, fromLeaf: number, fromRecord: number): Generator<SegmentText> {
    let [leaf, record] = [fromLeaf, fromRecord];
    let grown = false;
    for (;;) {
      let moved = false;
      for (const row of this.#rows.covering(site, leaf, record)) {
        const end = endOf(row);
        const begins = row.firstLeaf <= leaf && row.firstRecord <= record;
        if (!begins || end.leaves < leaf || end.records < record) {
          throw missing(Math.max(leaf, record));
        }
        if (end.leaves === leaf && end.records === record) continue;
        moved = true;
        yield textFrom(row, leaf, record);
        [leaf, record] = [end.leaves, end.records];
      }
      if (moved) {
        grown = false;
        continue;
      }
      const size = this.size(site);
      if (size.leaves === leaf && size.records === record) return;
      // Either the log has just grown, and the next look finds it, or a segment is gone.
      if (grown || size.leaves < leaf || size.records < record) throw missing(leaf);
      grown = true;
    }
  }

  commitments(site: string, from: number, to: number): Uint8Array {
    const out = new Uint8Array((to - from) * 32);
    let at = from;
    for (const { firstLeaf, leafCount, commitments } of this.#rows.commitments(site, from, to)) {
      const skip = at - firstLeaf;
      if (skip < 0 || skip >= leafCount) throw missing(at);
      const take = Math.min(to - at, leafCount - skip);
      out.set(commitments.subarray(skip * 32, (skip + take) * 32), (at - from) * 32);
      at += take;
    }
    if (at < to) throw missing(at);
    return out;
  }

  *readEvents(site: string, leaves: Iterable<number>): Generator<string> {
    for (const leaf of leaves) {
      const { first, items } = this.#events.holding(site, leaf) ?? this.#eventsAround(site, leaf);
      const text = items[leaf - first];
      assert(text !== undefined, `event ${leaf} is in its segment`);
      yield text;
    }
  }

  *readRecords(site: string, indexes: Iterable<number>): Generator<string> {
    let first = 0;
    let records: readonly string[] = [];
    for (const index of indexes) {
      if (index < first || index >= first + records.length) {
        ({ firstRecord: first, records } = this.batchOf(site, index));
      }
      const text = records[index - first];
      assert(text !== undefined, `record ${index} is in its batch`);
      yield text;
    }
  }

  batchOf(site: string, record: number) {
    const { first, items } =
      this.#batches.holding(site, record) ?? this.#batchesAround(site, record);
    let firstRecord = first;
    for (const { jws, records } of items) {
      if (record < firstRecord + records.length) return { jws, records, firstRecord };
      firstRecord += records.length;
    }
    throw missing(record);
  }

  #eventsAround(site: string, leaf: number): Kept<string> {
    const row = this.#rows.ofLeaf(site, leaf);
    if (row === undefined || leaf >= endOf(row).leaves) throw missing(leaf);
    const { firstLeaf: first, leafCount: count } = row;
    return this.#events.keep(site, { first, count, items: decodeTexts(row.events) });
  }

  #batchesAround(site: string, record: number): Kept<StoredBatch> {
    const row = this.#rows.ofRecord(site, record);
    if (row === undefined || record >= endOf(row).records) throw missing(record);
    const { firstRecord: first, recordCount: count } = row;
    return this.#batches.keep(site, { first, count, items: decodeBatches(row.batches) });
  }
}

/** What a segment holds of the numbers `[first, first + count)`. */
interface Kept<T> {
  readonly first: number;
  readonly count: number;
  readonly items: readonly T[];
}

/** The segments that were used last, by the numbers in them. */
class KeptSegments<T> {
  readonly #bySite = new Map<string, Kept<T>[]>();

  holding(site: string, position: number): Kept<T> | undefined {
    const list = this.#bySite.get(site) ?? [];
    const at = list.findIndex(({ first, count }) => position >= first && position < first + count);
    const found = list[at];
    if (found === undefined || at === 0) return found;
    // In the order of use, the newest first: what is read in a row is found at once.
    list.splice(at, 1);
    list.unshift(found);
    return found;
  }

  keep(site: string, segment: Kept<T>): Kept<T> {
    const list = this.#bySite.get(site) ?? [];
    list.unshift(segment);
    list.length = Math.min(list.length, KEPT_SEGMENTS);
    this.#bySite.set(site, list);
    return segment;
  }
}

/** Where a segment ends, in leaves and records. */
export function endOf(place: SegmentPlace): { leaves: number; records: number } {
  return {
    leaves: place.firstLeaf + place.leafCount,
    records: place.firstRecord + place.recordCount,
  };
}

function textFrom(row: SegmentPlace & SegmentParts, leaf: number, record: number): SegmentText {
  const { firstLeaf, firstRecord, commitments } = row;
  const events = unpackFrame(row.events);
  const batches = unpackFrame(row.batches);
  const whole = { firstLeaf, firstRecord, commitments, events, batches };
  if (firstLeaf === leaf && firstRecord === record) return whole;
  return toSegmentText(segmentFrom(toSegment(whole), leaf, record));
}

function missing(position: number): Refusal {
  return new Refusal(
    'store-damaged',
    `Event or record ${position} is not in the store; run billproof fsck.`,
    { position },
  );
}
