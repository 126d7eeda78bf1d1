import type { Database, Statement } from 'better-sqlite3';
import type { JoinableRows, SegmentRow } from '../compact-segments.ts';
import type { SegmentPlace } from '../segment-reader.ts';

const PLACE = `first_leaf AS firstLeaf, leaf_count AS leafCount, first_record AS firstRecord,
  record_count AS recordCount`;
const AT = 'WHERE site = ? AND first_leaf = ? AND first_record = ?';

/** Joins rows of segments in SQLite. */
export class SqliteJoinableRows implements JoinableRows {
  readonly #db: Database;
  readonly #places: Statement<unknown[], SegmentPlace>;
  readonly #row: Statement<[string, number, number], SegmentRow>;
  readonly #remove: Statement<[string, number, number]>;
  readonly #insert: Statement<unknown[]>;

  constructor(db: Database) {
    this.#db = db;
    this.#places = db.prepare(
      `SELECT ${PLACE} FROM segments
       WHERE site = ? AND first_leaf >= ? AND first_record >= ?
         AND first_leaf + leaf_count <= ? AND first_record + record_count <= ?
       ORDER BY first_leaf, first_record LIMIT ?`,
    );
    this.#row = db.prepare(`SELECT ${PLACE}, commitments, events, batches FROM segments ${AT}`);
    this.#remove = db.prepare(`DELETE FROM segments ${AT}`);
    this.#insert = db.prepare('INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  }

  places(site: string, from: Mark, to: Mark, limit: number) {
    return this.#places.all(site, from.leaf, from.record, to.leaf, to.record, limit);
  }

  read(site: string, places: readonly SegmentPlace[]): SegmentRow[] {
    return places.flatMap(({ firstLeaf, firstRecord }) =>
      this.#row.all(site, firstLeaf, firstRecord),
    );
  }

  replace(site: string, places: readonly SegmentPlace[], by: SegmentRow): void {
    this.#db
      .transaction(() => {
        for (const { firstLeaf, firstRecord } of places) {
          this.#remove.run(site, firstLeaf, firstRecord);
        }
        this.#insert.run(
          ...[site, by.firstLeaf, by.firstRecord, by.leafCount, by.recordCount],
          ...[by.commitments, by.events, by.batches],
        );
      })
      .immediate();
  }
}

interface Mark {
  readonly leaf: number;
  readonly record: number;
}
