import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { assert } from '../core/assert.ts';
import { storeError } from '../store/store-errors.ts';
import type { Anchor, AnchorPlace, AnchorStore, PendingAnchor } from './anchor-store.ts';

const TABLES = `
  CREATE TABLE IF NOT EXISTS outbox (site TEXT NOT NULL, chain TEXT NOT NULL, size INTEGER NOT NULL,
    note TEXT NOT NULL, id TEXT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (site, chain)) STRICT;
  CREATE TABLE IF NOT EXISTS anchors (site TEXT NOT NULL, chain TEXT NOT NULL, size INTEGER NOT NULL,
    note TEXT NOT NULL, kind TEXT NOT NULL, network TEXT NOT NULL, at_ms INTEGER NOT NULL,
    place TEXT NOT NULL, receipt BLOB NOT NULL, told INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (site, chain, size)) STRICT;
  CREATE INDEX IF NOT EXISTS untold ON anchors (site, chain, size) WHERE told = 0;
  CREATE TABLE IF NOT EXISTS parts (hash TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS followed (site TEXT NOT NULL, chain TEXT NOT NULL,
    PRIMARY KEY (site, chain)) STRICT;
  CREATE TABLE IF NOT EXISTS asked (n INTEGER PRIMARY KEY) STRICT;`;
const COLUMNS = 'size, note, kind, network, at_ms AS atMs, place';

/** In a SQLite file beside the ledger's own, so that neither waits for the other. */
export class SqliteAnchorStore implements AnchorStore {
  readonly #db: Database.Database;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.#db = new Database(path);
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = FULL');
    this.#db.pragma('busy_timeout = 5000');
    this.#db.exec(TABLES);
  }

  pending({ site, chain }: AnchorPlace): PendingAnchor | undefined {
    const sql = 'SELECT size, note, id, bytes FROM outbox WHERE site = ? AND chain = ?';
    return this.#db.prepare<[string, string], PendingAnchor>(sql).get(site, chain);
  }

  keep({ site, chain }: AnchorPlace, { size, note, id, bytes }: PendingAnchor): void {
    this.#write(() => {
      const sql = 'INSERT OR IGNORE INTO outbox VALUES (?, ?, ?, ?, ?, ?)';
      const { changes } = this.#db.prepare(sql).run(site, chain, size, note, id, bytes);
      assert(changes === 1, 'one transaction of a place is pending at a time');
    });
  }

  drop(place: AnchorPlace): void {
    this.#write(() => this.#forget(place));
  }

  record(place: AnchorPlace, anchor: Anchor, receipt: string): void {
    const { site, chain } = place;
    const { size, note, kind, network, atMs, place: told } = anchor;
    this.#write(() => {
      this.#forget(place);
      const sql = `INSERT OR IGNORE INTO anchors (site, chain, size, note, kind, network, at_ms, place, receipt)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
      const bytes = this.#pack(receipt);
      this.#db.prepare(sql).run(site, chain, size, note, kind, network, atMs, told, bytes);
    });
  }

  unconfirmed({ site, chain }: AnchorPlace): Anchor[] {
    const sql = `SELECT ${COLUMNS} FROM anchors WHERE site = ? AND chain = ? AND told = 0 ORDER BY size`;
    return this.#db.prepare<unknown[], Anchor>(sql).all(site, chain);
  }

  confirm({ site, chain }: AnchorPlace, size: number): void {
    const sql = 'UPDATE anchors SET told = 1 WHERE site = ? AND chain = ? AND size = ?';
    this.#write(() => this.#db.prepare(sql).run(site, chain, size));
  }

  newest(place: AnchorPlace): Anchor | undefined {
    return this.list(place, Number.MAX_SAFE_INTEGER, 1)[0];
  }

  covering({ site, chain }: AnchorPlace, size: number): Anchor | undefined {
    const sql = `SELECT ${COLUMNS} FROM anchors WHERE site = ? AND chain = ? AND size >= ? ORDER BY size LIMIT 1`;
    return this.#db.prepare<unknown[], Anchor>(sql).get(site, chain, size);
  }

  list({ site, chain }: AnchorPlace, below: number, limit: number): Anchor[] {
    const sql = `SELECT ${COLUMNS} FROM anchors WHERE site = ? AND chain = ? AND size < ?
       ORDER BY size DESC LIMIT ?`;
    return this.#db.prepare<unknown[], Anchor>(sql).all(site, chain, below, limit);
  }

  receipt({ site, chain }: AnchorPlace, size: number): string {
    const sql = 'SELECT receipt FROM anchors WHERE site = ? AND chain = ? AND size = ?';
    const row = this.#db.prepare<unknown[], { receipt: Buffer }>(sql).get(site, chain, size);
    assert(row !== undefined, 'a receipt is asked for by an anchor that is there');
    return this.#unpack(row.receipt);
  }

  setAside(site: string, name: string): void {
    this.#write(() => {
      for (const table of ['outbox', 'anchors', 'followed']) {
        this.#db.prepare(`UPDATE ${table} SET site = ? WHERE site = ?`).run(name, site);
      }
    });
  }

  places(): AnchorPlace[] {
    const sql = `SELECT site, chain FROM anchors UNION SELECT site, chain FROM outbox
       UNION SELECT site, chain FROM followed ORDER BY 1, 2`;
    return this.#db.prepare<[], AnchorPlace>(sql).all();
  }

  follow(places: readonly AnchorPlace[]): void {
    this.#write(() => {
      this.#db.prepare('DELETE FROM followed').run();
      const insert = this.#db.prepare('INSERT INTO followed VALUES (?, ?)');
      for (const { site, chain } of places) insert.run(site, chain);
    });
  }

  followed(): AnchorPlace[] {
    const sql = 'SELECT site, chain FROM followed ORDER BY 1, 2';
    return this.#db.prepare<[], AnchorPlace>(sql).all();
  }

  askForRound(): void {
    this.#write(() => this.#db.prepare('INSERT OR IGNORE INTO asked VALUES (1)').run());
  }

  takeAskedRound(): boolean {
    const asked = this.#db.prepare('SELECT 1 FROM asked').get();
    if (asked === undefined) return false;
    this.#write(() => this.#db.prepare('DELETE FROM asked').run());
    return true;
  }

  close(): void {
    this.#db.close();
  }

  #forget({ site, chain }: AnchorPlace): void {
    this.#db.prepare('DELETE FROM outbox WHERE site = ? AND chain = ?').run(site, chain);
  }

  /** Long texts of a receipt repeat from one to the next (a channel's configuration): kept once. */
  #pack(receipt: string): Buffer {
    const shared = receipt.replace(LONG_TEXT, (_, text: string) => {
      const hash = createHash('sha256').update(text).digest('hex');
      const bytes = deflateRawSync(text);
      this.#db.prepare('INSERT OR IGNORE INTO parts VALUES (?, ?)').run(hash, bytes);
      return `"#${hash}"`;
    });
    return deflateRawSync(shared);
  }

  #unpack(packed: Buffer): string {
    const sql = 'SELECT bytes FROM parts WHERE hash = ?';
    const part = this.#db.prepare<[string], { bytes: Buffer }>(sql);
    return inflateRawSync(packed)
      .toString()
      .replace(PART, (_, hash: string) => {
        const row = part.get(hash);
        assert(row !== undefined, 'a part is kept as long as the receipts that name it');
        return `"${inflateRawSync(row.bytes).toString()}"`;
      });
  }

  #write(write: () => unknown): void {
    try {
      this.#db.transaction(write).immediate();
    } catch (error) {
      throw storeError(error);
    }
  }
}

/** Base64 has no quotes, backslashes or number signs, so such a text is a whole member, and no part. */
const LONG_TEXT = /"([A-Za-z0-9+/=]{12000,})"/g;
const PART = /"#([0-9a-f]{64})"/g;
