import type { Database, Statement } from 'better-sqlite3';
import type { SegmentParts, SegmentPlace, SegmentRows } from '../segment-reader.ts';

type At = [site: string, position: number];
type CommitmentRow = SegmentPlace & Pick<SegmentParts, 'commitments'>;

const PLACE = `first_leaf AS firstLeaf, first_record AS firstRecord, leaf_count AS leafCount,
  record_count AS recordCount`;
const OF_LEAF = `FROM segments WHERE site = ? AND first_leaf <= ? AND leaf_count > 0
  ORDER BY first_leaf DESC, first_record DESC LIMIT 1`;
const OF_RECORD = `FROM segments WHERE site = ? AND first_record <= ? AND record_count > 0
  ORDER BY first_record DESC LIMIT 1`;

/** Finds segments in SQLite, where asking once more costs nothing. */
export class SqliteSegmentRows implements SegmentRows {
  readonly #last: Statement<[string], SegmentPlace>;
  readonly #covering: Statement<[string, number, number], SegmentPlace & SegmentParts>;
  readonly #ofLeaf: Statement<At, SegmentPlace & Pick<SegmentParts, 'events'>>;
  readonly #ofRecord: Statement<At, SegmentPlace & Pick<SegmentParts, 'batches'>>;
  readonly #commitments: Statement<At, CommitmentRow>;

  constructor(db: Database) {
    this.#last = db.prepare(
      `SELECT ${PLACE} FROM segments WHERE site = ?
       ORDER BY first_leaf DESC, first_record DESC LIMIT 1`,
    );
    this.#covering = db.prepare(
      `SELECT ${PLACE}, commitments, events, batches FROM segments
       WHERE site = ? AND (first_leaf, first_record) <= (?, ?)
       ORDER BY first_leaf DESC, first_record DESC LIMIT 1`,
    );
    this.#ofLeaf = db.prepare(`SELECT ${PLACE}, events ${OF_LEAF}`);
    this.#ofRecord = db.prepare(`SELECT ${PLACE}, batches ${OF_RECORD}`);
    this.#commitments = db.prepare(`SELECT ${PLACE}, commitments ${OF_LEAF}`);
  }

  last(site: string) {
    return this.#last.get(site);
  }

  covering(site: string, leaf: number, record: number) {
    return this.#covering.all(site, leaf, record);
  }

  ofLeaf(site: string, leaf: number) {
    return this.#ofLeaf.get(site, leaf);
  }

  ofRecord(site: string, record: number) {
    return this.#ofRecord.get(site, record);
  }

  *commitments(site: string, from: number, to: number): Generator<CommitmentRow> {
    for (let at = from; at < to; ) {
      const row = this.#commitments.get(site, at);
      const end = row === undefined ? at : row.firstLeaf + row.leafCount;
      if (row === undefined || end <= at) return;
      yield row;
      at = end;
    }
  }
}
