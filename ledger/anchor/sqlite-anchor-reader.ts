import Database from 'better-sqlite3';
import { assert } from '../core/assert.ts';
import type { Anchor, AnchorPlace } from './anchor-store.ts';
import { partsOf, unpackReceipt } from './pack-receipt.ts';

/** Columns of an anchor under its names. */
export const ANCHOR_COLUMNS = 'size, note, kind, network, at_ms AS atMs, place';

/** What bills need of the file of `SqliteAnchorStore`, for a caller that may not wait for promises. */
export class SqliteAnchorReader {
  readonly #db: Database.Database;

  constructor(db: Database.Database) {
    this.#db = db;
  }

  /** Over a connection of its own to a file that is there. */
  static open(path: string): SqliteAnchorReader {
    return new SqliteAnchorReader(new Database(path, { readonly: true }));
  }

  /** As `AnchorStore.covering`. */
  covering({ site, chain }: AnchorPlace, size: number): Anchor | undefined {
    const sql = `SELECT ${ANCHOR_COLUMNS} FROM anchors WHERE site = ? AND chain = ? AND size >= ?
       ORDER BY size LIMIT 1`;
    return this.#db.prepare<unknown[], Anchor>(sql).get(site, chain, size);
  }

  /** As `AnchorStore.receipt`. */
  receipt({ site, chain }: AnchorPlace, size: number): string {
    const sql = 'SELECT receipt FROM anchors WHERE site = ? AND chain = ? AND size = ?';
    const row = this.#db.prepare<unknown[], { receipt: Buffer }>(sql).get(site, chain, size);
    assert(row !== undefined, 'a receipt is asked for by an anchor that is there');
    const part = this.#db.prepare<[string], { bytes: Buffer }>(
      'SELECT bytes FROM parts WHERE hash = ?',
    );
    const parts = new Map<string, Uint8Array>();
    for (const hash of partsOf(row.receipt)) {
      const found = part.get(hash);
      if (found !== undefined) parts.set(hash, found.bytes);
    }
    return unpackReceipt(row.receipt, parts);
  }

  close(): void {
    this.#db.close();
  }
}
