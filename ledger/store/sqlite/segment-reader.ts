import type { Database, Statement } from 'better-sqlite3';
import { assert } from '../../core/assert.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Segment, StoredBatch } from '../port.ts';
import {
  decodeBatches,
  decodeTexts,
  type SegmentText,
  segmentFrom,
  toSegment,
  toSegmentText,
} from '../segment-codec.ts';
import { unpackFrame } from '../unpack-frame.ts';

interface Place {
  readonly firstLeaf: number;
  readonly firstRecord: number;
  readonly leafCount: number;
  readonly recordCount: number;
}
interface Row extends Place {
  readonly commitments: Buffer;
  readonly events: Buffer;
  readonly batches: Buffer;
}
type At = [site: string, position: number];

const PLACE = `first_leaf AS firstLeaf, first_record AS firstRecord, leaf_count AS leafCount,
  record_count AS recordCount`;
const OF_LEAF = `FROM segments WHERE site = ? AND first_leaf <= ? AND leaf_count > 0
  ORDER BY first_leaf DESC, first_record DESC LIMIT 1`;
const OF_RECORD = `FROM segments WHERE site = ? AND first_record <= ? AND record_count > 0
  ORDER BY first_record DESC LIMIT 1`;
/** Unpacked segments kept: an account's month touches each of them many times in a row. */
const KEPT_SEGMENTS = 64;

/** Reads the log out of its segments. A segment is unpacked once for as long as it stays in use. */
export class SegmentReader {
  readonly #end: Statement<[string], Place>;
  readonly #covering: Statement<[string, number, number], Row>;
  readonly #leafPlace: Statement<At, Place>;
  readonly #recordPlace: Statement<At, Place>;
  readonly #leafRow: Statement<At, Pick<Row, 'events'> & Place>;
  readonly #recordRow: Statement<At, Pick<Row, 'batches'> & Place>;
  readonly #commitmentRow: Statement<At, Pick<Row, 'commitments'> & Place>;
  readonly #events = new Map<string, Events>();
  readonly #batches = new Map<string, Batches>();

  constructor(db: Database) {
    this.#end = db.prepare(
      `SELECT ${PLACE} FROM segments WHERE site = ?
       ORDER BY first_leaf DESC, first_record DESC LIMIT 1`,
    );
    this.#covering = db.prepare(
      `SELECT ${PLACE}, commitments, events, batches FROM segments
       WHERE site = ? AND (first_leaf, first_record) <= (?, ?)
       ORDER BY first_leaf DESC, first_record DESC LIMIT 1`,
    );
    this.#leafPlace = db.prepare(`SELECT ${PLACE} ${OF_LEAF}`);
    this.#recordPlace = db.prepare(`SELECT ${PLACE} ${OF_RECORD}`);
    this.#leafRow = db.prepare(`SELECT ${PLACE}, events ${OF_LEAF}`);
    this.#recordRow = db.prepare(`SELECT ${PLACE}, batches ${OF_RECORD}`);
    this.#commitmentRow = db.prepare(`SELECT ${PLACE}, commitments ${OF_LEAF}`);
  }

  size(site: string): { leaves: number; records: number } {
    const last = this.#end.get(site);
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
      const row = this.#covering.get(site, leaf, record);
      const end = row === undefined ? { leaves: 0, records: 0 } : endOf(row);
      if (end.leaves < leaf || end.records < record) throw missing(Math.max(leaf, record));
      if (row === undefined || (end.leaves === leaf && end.records === record)) {
        const size = this.size(site);
        if (size.leaves === leaf && size.records === record) return;
        // Either the log has just grown, and the next look finds it, or a segment is gone.
        if (grown) throw missing(leaf);
        grown = true;
        continue;
      }
      grown = false;
      const { firstLeaf, firstRecord, commitments } = row;
      const events = unpackFrame(row.events);
      const batches = unpackFrame(row.batches);
      const whole = { firstLeaf, firstRecord, commitments, events, batches };
      const isAll = firstLeaf === leaf && firstRecord === record;
      yield isAll ? whole : toSegmentText(segmentFrom(toSegment(whole), leaf, record));
      [leaf, record] = [end.leaves, end.records];
    }
  }

  commitments(site: string, from: number, to: number): Uint8Array {
    const out = new Uint8Array((to - from) * 32);
    for (let at = from; at < to; ) {
      const { firstLeaf, leafCount, commitments } = holding(
        this.#commitmentRow,
        site,
        at,
        leavesOf,
      );
      const skip = at - firstLeaf;
      const take = Math.min(to, firstLeaf + leafCount) - at;
      out.set(commitments.subarray(skip * 32, (skip + take) * 32), (at - from) * 32);
      at += take;
    }
    return out;
  }

  *readEvents(site: string, leaves: Iterable<number>): Generator<string> {
    let first = 0;
    let events: readonly string[] = [];
    for (const leaf of leaves) {
      if (leaf < first || leaf >= first + events.length) {
        ({ first, events } = this.#eventsAround(site, leaf));
      }
      const text = events[leaf - first];
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
    const { first, batches } = this.#batchesAround(site, record);
    let firstRecord = first;
    for (const { jws, records } of batches) {
      if (record < firstRecord + records.length) return { jws, records, firstRecord };
      firstRecord += records.length;
    }
    throw missing(record);
  }

  /** The place is asked for alone first: what is kept needs no blob. */
  #eventsAround(site: string, leaf: number): Events {
    const place = holding(this.#leafPlace, site, leaf, leavesOf);
    const known = recall(this.#events, keyOf(site, leavesOf(place)));
    if (known !== undefined) return known;
    const row = holding(this.#leafRow, site, leaf, leavesOf);
    const found = { first: row.firstLeaf, events: decodeTexts(row.events) };
    remember(this.#events, keyOf(site, leavesOf(row)), found);
    return found;
  }

  #batchesAround(site: string, record: number): Batches {
    const place = holding(this.#recordPlace, site, record, recordsOf);
    const known = recall(this.#batches, keyOf(site, recordsOf(place)));
    if (known !== undefined) return known;
    const row = holding(this.#recordRow, site, record, recordsOf);
    const found = { first: row.firstRecord, batches: decodeBatches(row.batches) };
    remember(this.#batches, keyOf(site, recordsOf(row)), found);
    return found;
  }
}

interface Events {
  readonly first: number;
  readonly events: readonly string[];
}
interface Batches {
  readonly first: number;
  readonly batches: readonly StoredBatch[];
}

function endOf(place: Place): { leaves: number; records: number } {
  return {
    leaves: place.firstLeaf + place.leafCount,
    records: place.firstRecord + place.recordCount,
  };
}

type Extent = (place: Place) => readonly [first: number, count: number];
const leavesOf: Extent = ({ firstLeaf, leafCount }) => [firstLeaf, leafCount];
const recordsOf: Extent = ({ firstRecord, recordCount }) => [firstRecord, recordCount];

/** The segment that holds a leaf or a record. Refuses `store-damaged` when none does. */
function holding<T extends Place>(
  statement: Statement<At, T>,
  site: string,
  position: number,
  extent: Extent,
): T {
  const row = statement.get(site, position);
  if (row === undefined) throw missing(position);
  const [first, count] = extent(row);
  if (position >= first + count) throw missing(position);
  return row;
}

function missing(position: number): Refusal {
  return new Refusal(
    'store-damaged',
    `Event or record ${position} is not in the store; run billproof fsck.`,
    { position },
  );
}

/** What lies at a place never changes, so a segment is known by its place. */
function keyOf(site: string, [first, count]: readonly [number, number]): string {
  return `${site}/${first}/${count}`;
}

/** A map in the order of use, the oldest first. */
function recall<T>(cache: Map<string, T>, key: string): T | undefined {
  const known = cache.get(key);
  if (known !== undefined) remember(cache, key, known);
  return known;
}

function remember<T>(cache: Map<string, T>, key: string, value: T): void {
  cache.delete(key);
  cache.set(key, value);
  const [oldest] = cache.keys();
  if (cache.size > KEPT_SEGMENTS && oldest !== undefined) cache.delete(oldest);
}
