import type { Database, Statement } from 'better-sqlite3';
import { assert } from '../../core/assert.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Segment, StoredBatch } from '../port.ts';
import { decodeBatches, decodeTexts } from '../segment-codec.ts';

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
  readonly #next: Statement<[string, number, number], Row>;
  readonly #leafPlace: Statement<At, Place>;
  readonly #recordPlace: Statement<At, Place>;
  readonly #leafRow: Statement<At, Pick<Row, 'events'> & Place>;
  readonly #recordRow: Statement<At, Pick<Row, 'batches'> & Place>;
  readonly #commitmentRow: Statement<At, Pick<Row, 'commitments'> & Place>;
  readonly #events = new Map<string, string[]>();
  readonly #batches = new Map<string, StoredBatch[]>();

  constructor(db: Database) {
    this.#end = db.prepare(
      `SELECT ${PLACE} FROM segments WHERE site = ?
       ORDER BY first_leaf DESC, first_record DESC LIMIT 1`,
    );
    this.#next = db.prepare(
      `SELECT ${PLACE}, commitments, events, batches FROM segments
       WHERE site = ? AND first_leaf >= ? AND first_record >= ?
       ORDER BY first_leaf, first_record LIMIT 1`,
    );
    this.#leafPlace = db.prepare(`SELECT ${PLACE} ${OF_LEAF}`);
    this.#recordPlace = db.prepare(`SELECT ${PLACE} ${OF_RECORD}`);
    this.#leafRow = db.prepare(`SELECT ${PLACE}, events ${OF_LEAF}`);
    this.#recordRow = db.prepare(`SELECT ${PLACE}, batches ${OF_RECORD}`);
    this.#commitmentRow = db.prepare(`SELECT ${PLACE}, commitments ${OF_LEAF}`);
  }

  size(site: string): { leaves: number; records: number } {
    const last = this.#end.get(site);
    if (last === undefined) return { leaves: 0, records: 0 };
    return {
      leaves: last.firstLeaf + last.leafCount,
      records: last.firstRecord + last.recordCount,
    };
  }

  *walk(site: string, fromLeaf: number, fromRecord: number): Generator<Segment> {
    let [leaf, record] = [fromLeaf, fromRecord];
    for (;;) {
      const row = this.#next.get(site, leaf, record);
      if (row === undefined) return;
      const { firstLeaf, firstRecord, commitments } = row;
      const events = decodeTexts(row.events);
      yield { firstLeaf, firstRecord, commitments, events, batches: decodeBatches(row.batches) };
      leaf = firstLeaf + row.leafCount;
      record = firstRecord + row.recordCount;
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
        const place = holding(this.#leafPlace, site, leaf, leavesOf);
        first = place.firstLeaf;
        events = keep(this.#events, `${site}/${first}/${place.leafCount}`, () =>
          decodeTexts(holding(this.#leafRow, site, leaf, leavesOf).events),
        );
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
    const place = holding(this.#recordPlace, site, record, recordsOf);
    const key = `${site}/${place.firstRecord}/${place.recordCount}`;
    const batches = keep(this.#batches, key, () =>
      decodeBatches(holding(this.#recordRow, site, record, recordsOf).batches),
    );
    let { firstRecord } = place;
    for (const { jws, records } of batches) {
      if (record < firstRecord + records.length) return { jws, records, firstRecord };
      firstRecord += records.length;
    }
    throw missing(record);
  }
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

/** A small least-recently-used cache. */
function keep<T>(cache: Map<string, T>, key: string, make: () => T): T {
  const known = cache.get(key) ?? make();
  cache.delete(key);
  cache.set(key, known);
  const [oldest] = cache.keys();
  if (cache.size > KEPT_SEGMENTS && oldest !== undefined) cache.delete(oldest);
  return known;
}
