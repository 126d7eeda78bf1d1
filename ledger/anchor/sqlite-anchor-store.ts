import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { storeError } from '../store/store-errors.ts';
import type { Anchor, AnchorPlace, AnchorStore, PendingAnchor } from './anchor-store.ts';
import { packReceipt } from './pack-receipt.ts';
import { ANCHOR_COLUMNS, SqliteAnchorReader } from './sqlite-anchor-reader.ts';

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

/** In a SQLite file beside the ledger's own, so that neither waits for the other. One process writes. */
export class SqliteAnchorStore implements AnchorStore {
  readonly #db: Database.Database;
  readonly #reader: SqliteAnchorReader;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.#db = new Database(path);
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = FULL');
    this.#db.pragma('busy_timeout = 5000');
    this.#db.exec(TABLES);
    this.#reader = new SqliteAnchorReader(this.#db);
  }

  async pending({ site, chain }: AnchorPlace): Promise<PendingAnchor | undefined> {
    const sql = 'SELECT size, note, id, bytes FROM outbox WHERE site = ? AND chain = ?';
    return this.#all<PendingAnchor>(sql, site, chain)[0];
  }

  async keep({ site, chain }: AnchorPlace, pending: PendingAnchor): Promise<boolean> {
    const { size, note, id, bytes } = pending;
    return this.#write(() => {
      this.#run('INSERT OR IGNORE INTO outbox VALUES (?, ?, ?, ?, ?, ?)', [
        ...[site, chain, size, note, id, bytes],
      ]);
      const sql = 'SELECT id FROM outbox WHERE site = ? AND chain = ?';
      return this.#all<{ id: string }>(sql, site, chain)[0]?.id === id;
    });
  }

  async drop({ site, chain }: AnchorPlace, id: string): Promise<void> {
    const sql = 'DELETE FROM outbox WHERE site = ? AND chain = ? AND id = ?';
    this.#write(() => this.#run(sql, [site, chain, id]));
  }

  async record({ site, chain }: AnchorPlace, anchor: Anchor, receipt: string): Promise<void> {
    const { size, note, kind, network, atMs, place } = anchor;
    const { bytes, parts } = packReceipt(receipt);
    this.#write(() => {
      this.#run('DELETE FROM outbox WHERE site = ? AND chain = ? AND size <= ?', [
        ...[site, chain, size],
      ]);
      for (const part of parts) this.#run('INSERT OR IGNORE INTO parts VALUES (?, ?)', part);
      this.#run(
        `INSERT OR IGNORE INTO anchors (site, chain, size, note, kind, network, at_ms, place, receipt)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [site, chain, size, note, kind, network, atMs, place, bytes],
      );
    });
  }

  async unconfirmed({ site, chain }: AnchorPlace): Promise<Anchor[]> {
    const sql = `SELECT ${ANCHOR_COLUMNS} FROM anchors WHERE site = ? AND chain = ? AND told = 0 ORDER BY size`;
    return this.#all<Anchor>(sql, site, chain);
  }

  async confirm({ site, chain }: AnchorPlace, size: number): Promise<void> {
    const sql = 'UPDATE anchors SET told = 1 WHERE site = ? AND chain = ? AND size = ?';
    this.#write(() => this.#run(sql, [site, chain, size]));
  }

  async newest(place: AnchorPlace): Promise<Anchor | undefined> {
    return (await this.list(place, Number.MAX_SAFE_INTEGER, 1))[0];
  }

  async covering(place: AnchorPlace, size: number): Promise<Anchor | undefined> {
    return this.#reader.covering(place, size);
  }

  async list({ site, chain }: AnchorPlace, below: number, limit: number): Promise<Anchor[]> {
    const sql = `SELECT ${ANCHOR_COLUMNS} FROM anchors WHERE site = ? AND chain = ? AND size < ?
       ORDER BY size DESC LIMIT ?`;
    return this.#all<Anchor>(sql, site, chain, below, limit);
  }

  async receipt(place: AnchorPlace, size: number): Promise<string> {
    return this.#reader.receipt(place, size);
  }

  async setAside(site: string, name: string): Promise<void> {
    this.#write(() => {
      for (const table of ['outbox', 'anchors', 'followed']) {
        this.#run(`UPDATE ${table} SET site = ? WHERE site = ?`, [name, site]);
      }
    });
  }

  async places(): Promise<AnchorPlace[]> {
    const sql = `SELECT site, chain FROM anchors UNION SELECT site, chain FROM outbox
       UNION SELECT site, chain FROM followed ORDER BY 1, 2`;
    return this.#all<AnchorPlace>(sql);
  }

  async follow(site: string, chains: readonly string[]): Promise<void> {
    this.#write(() => {
      this.#run('DELETE FROM followed WHERE site = ?', [site]);
      for (const chain of chains) this.#run('INSERT INTO followed VALUES (?, ?)', [site, chain]);
    });
  }

  async followed(): Promise<AnchorPlace[]> {
    return this.#all<AnchorPlace>('SELECT site, chain FROM followed ORDER BY 1, 2');
  }

  async askForRound(): Promise<void> {
    this.#write(() => {
      this.#run('INSERT INTO asked SELECT coalesce(max(n), 0) + 1 FROM asked', []);
      this.#run('DELETE FROM asked WHERE n < (SELECT max(n) FROM asked)', []);
    });
  }

  async askedRounds(): Promise<number> {
    return this.#all<{ n: number }>('SELECT coalesce(max(n), 0) AS n FROM asked')[0]?.n ?? 0;
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #all<T>(sql: string, ...values: unknown[]): T[] {
    try {
      return this.#db.prepare<unknown[], T>(sql).all(...values);
    } catch (error) {
      throw storeError(error);
    }
  }

  #run(sql: string, values: readonly unknown[]): void {
    this.#db.prepare(sql).run(...values);
  }

  #write<T>(write: () => T): T {
    try {
      return this.#db.transaction(write).immediate();
    } catch (error) {
      throw storeError(error);
    }
  }
}
