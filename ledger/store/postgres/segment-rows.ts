import type { SegmentParts, SegmentPlace, SegmentRows } from '../segment-reader.ts';
import type { SqlRow, Statement } from './bridge-messages.ts';
import { bytesIn, numberIn } from './columns.ts';

const PLACE = `first_leaf AS "firstLeaf", first_record AS "firstRecord",
  leaf_count AS "leafCount", record_count AS "recordCount"`;
/** Rows of one answer: each way to the server costs more than a row. */
const ROWS_AT_ONCE = 16;
const COMMITMENTS_AT_ONCE = 256;

const LAST = `SELECT ${PLACE} FROM segments WHERE site = $1
  ORDER BY first_leaf DESC, first_record DESC LIMIT 1`;
const COVERING = `SELECT ${PLACE}, commitments, events, batches FROM segments
  WHERE site = $1 AND (first_leaf, first_record) >= (
    SELECT first_leaf, first_record FROM segments
    WHERE site = $1 AND (first_leaf, first_record) <= ($2::bigint, $3::bigint)
    ORDER BY first_leaf DESC, first_record DESC LIMIT 1)
  ORDER BY first_leaf, first_record LIMIT ${ROWS_AT_ONCE}`;
const OF_LEAF = `SELECT ${PLACE}, events FROM segments
  WHERE site = $1 AND first_leaf <= $2::bigint AND leaf_count > 0
  ORDER BY first_leaf DESC, first_record DESC LIMIT 1`;
const OF_RECORD = `SELECT ${PLACE}, batches FROM segments
  WHERE site = $1 AND first_record <= $2::bigint AND record_count > 0
  ORDER BY first_record DESC LIMIT 1`;
const COMMITMENTS = `SELECT ${PLACE}, commitments FROM segments
  WHERE site = $1 AND leaf_count > 0 AND first_leaf < $3::bigint AND first_leaf >= coalesce((
    SELECT max(first_leaf) FROM segments
    WHERE site = $1 AND leaf_count > 0 AND first_leaf <= $2::bigint), 0)
  ORDER BY first_leaf LIMIT ${COMMITMENTS_AT_ONCE}`;

type CommitmentRow = SegmentPlace & Pick<SegmentParts, 'commitments'>;

/** Finds segments in PostgreSQL, several an answer. */
export class PostgresSegmentRows implements SegmentRows {
  readonly #read: (statement: Statement) => readonly SqlRow[];

  constructor(read: (statement: Statement) => readonly SqlRow[]) {
    this.#read = read;
  }

  last(site: string): SegmentPlace | undefined {
    const [row] = this.#read({ text: LAST, values: [site] });
    return row && placeIn(row);
  }

  covering(site: string, leaf: number, record: number): (SegmentPlace & SegmentParts)[] {
    return this.#read({ text: COVERING, values: [site, leaf, record] }).map(segmentIn);
  }

  ofLeaf(site: string, leaf: number) {
    const [row] = this.#read({ text: OF_LEAF, values: [site, leaf] });
    return row && { ...placeIn(row), events: bytesIn(row, 'events') };
  }

  ofRecord(site: string, record: number) {
    const [row] = this.#read({ text: OF_RECORD, values: [site, record] });
    return row && { ...placeIn(row), batches: bytesIn(row, 'batches') };
  }

  *commitments(site: string, from: number, to: number): Generator<CommitmentRow> {
    for (let at = from; at < to; ) {
      const before = at;
      for (const row of this.#read({ text: COMMITMENTS, values: [site, at, to] })) {
        const place = placeIn(row);
        at = Math.max(at, place.firstLeaf + place.leafCount);
        yield { ...place, commitments: bytesIn(row, 'commitments') };
      }
      if (at === before) return;
    }
  }
}

export function placeIn(row: SqlRow): SegmentPlace {
  return {
    firstLeaf: numberIn(row, 'firstLeaf'),
    firstRecord: numberIn(row, 'firstRecord'),
    leafCount: numberIn(row, 'leafCount'),
    recordCount: numberIn(row, 'recordCount'),
  };
}

export function segmentIn(row: SqlRow): SegmentPlace & SegmentParts {
  return {
    ...placeIn(row),
    commitments: bytesIn(row, 'commitments'),
    events: bytesIn(row, 'events'),
    batches: bytesIn(row, 'batches'),
  };
}
