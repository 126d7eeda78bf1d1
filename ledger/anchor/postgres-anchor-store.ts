import { assert } from '../core/assert.ts';
import type { SqlRow, SqlValue } from '../store/postgres/bridge-messages.ts';
import { bytesIn, numberIn, textIn } from '../store/postgres/columns.ts';
import { PostgresPool } from '../store/postgres/pool.ts';
import type { PostgresOptions } from '../store/postgres/postgres-reader.ts';
import { anchorIn } from './anchor-rows.ts';
import type { Anchor, AnchorPlace, AnchorStore, PendingAnchor } from './anchor-store.ts';
import { packReceipt, partsOf, unpackReceipt } from './pack-receipt.ts';

const COLUMNS = 'size, note, kind, network, at_ms AS "atMs", place';
const OF_PLACE = 'site = $1 AND chain = $2';

/**
 * In the database of the ledger, whose store has made the tables, for all machines that anchor its logs.
 * A statement that comes late, of a connection that was given up, changes nothing that came after it.
 */
export class PostgresAnchorStore implements AnchorStore {
  readonly #pool: PostgresPool;

  constructor(options: PostgresOptions) {
    this.#pool = new PostgresPool(options);
  }

  async pending({ site, chain }: AnchorPlace): Promise<PendingAnchor | undefined> {
    const sql = `SELECT size, note, id, bytes FROM pending_anchors WHERE ${OF_PLACE}`;
    const [row] = await this.#pool.rows(sql, site, chain);
    return row && pendingIn(row);
  }

  async keep({ site, chain }: AnchorPlace, pending: PendingAnchor): Promise<boolean> {
    const { size, note, id, bytes } = pending;
    // The update changes nothing: it waits for a rival who has not committed yet, and tells what is there.
    const [rows] = await this.#pool.write([
      {
        text: `INSERT INTO pending_anchors VALUES ($1, $2, $3, $4, $5, $6)
          ON CONFLICT (site, chain) DO UPDATE SET size = pending_anchors.size RETURNING id`,
        values: [site, chain, size, note, id, bytes],
      },
    ]);
    return textIn(rows?.[0] ?? {}, 'id') === id;
  }

  async drop({ site, chain }: AnchorPlace, id: string): Promise<void> {
    const text = `DELETE FROM pending_anchors WHERE ${OF_PLACE} AND id = $3`;
    await this.#pool.write([{ text, values: [site, chain, id] }]);
  }

  async record({ site, chain }: AnchorPlace, anchor: Anchor, receipt: string): Promise<void> {
    const { size, note, kind, network, atMs, place } = anchor;
    const { bytes, parts } = packReceipt(receipt);
    await this.#pool.write([
      {
        text: `DELETE FROM pending_anchors WHERE ${OF_PLACE} AND size <= $3`,
        values: [site, chain, size],
      },
      // In one order, so that no two that record at once wait for each other.
      ...[...parts].sort(byHash).map(([hash, part]) => ({
        text: 'INSERT INTO anchor_parts VALUES ($1, $2) ON CONFLICT DO NOTHING',
        values: [hash, part],
      })),
      {
        text: `INSERT INTO anchors (site, chain, size, note, kind, network, at_ms, place, receipt)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
        values: [site, chain, size, note, kind, network, atMs, place, bytes],
      },
    ]);
  }

  unconfirmed({ site, chain }: AnchorPlace): Promise<Anchor[]> {
    return this.#anchors(`${OF_PLACE} AND NOT told ORDER BY size`, site, chain);
  }

  async confirm({ site, chain }: AnchorPlace, size: number): Promise<void> {
    const text = `UPDATE anchors SET told = true WHERE ${OF_PLACE} AND size = $3`;
    await this.#pool.write([{ text, values: [site, chain, size] }]);
  }

  async newest(place: AnchorPlace): Promise<Anchor | undefined> {
    return (await this.list(place, Number.MAX_SAFE_INTEGER, 1))[0];
  }

  async covering({ site, chain }: AnchorPlace, size: number): Promise<Anchor | undefined> {
    const where = `${OF_PLACE} AND size >= $3 ORDER BY size LIMIT 1`;
    return (await this.#anchors(where, site, chain, size))[0];
  }

  list({ site, chain }: AnchorPlace, below: number, limit: number): Promise<Anchor[]> {
    const where = `${OF_PLACE} AND size < $3 ORDER BY size DESC LIMIT $4`;
    return this.#anchors(where, site, chain, below, limit);
  }

  async receipt({ site, chain }: AnchorPlace, size: number): Promise<string> {
    const sql = `SELECT receipt FROM anchors WHERE ${OF_PLACE} AND size = $3`;
    const [row] = await this.#pool.rows(sql, site, chain, size);
    assert(row !== undefined, 'a receipt is asked for by an anchor that is there');
    const bytes = bytesIn(row, 'receipt');
    const parts = new Map<string, Uint8Array>();
    for (const hash of partsOf(bytes)) {
      const [part] = await this.#pool.rows('SELECT bytes FROM anchor_parts WHERE hash = $1', hash);
      if (part !== undefined) parts.set(hash, bytesIn(part, 'bytes'));
    }
    return unpackReceipt(bytes, parts);
  }

  async setAside(site: string, name: string): Promise<void> {
    const tables = ['pending_anchors', 'anchors', 'followed_chains'];
    await this.#pool.write(
      tables.map((table) => ({
        text: `UPDATE ${table} SET site = $2 WHERE site = $1`,
        values: [site, name],
      })),
    );
  }

  async places(): Promise<AnchorPlace[]> {
    const sql = `SELECT site, chain FROM anchors UNION SELECT site, chain FROM pending_anchors
      UNION SELECT site, chain FROM followed_chains ORDER BY 1, 2`;
    return (await this.#pool.rows(sql)).map(placeIn);
  }

  async follow(site: string, chains: readonly string[]): Promise<void> {
    await this.#pool.write([
      { text: 'DELETE FROM followed_chains WHERE site = $1', values: [site] },
      ...[...chains].sort().map((chain) => ({
        text: 'INSERT INTO followed_chains VALUES ($1, $2) ON CONFLICT DO NOTHING',
        values: [site, chain],
      })),
    ]);
  }

  async followed(): Promise<AnchorPlace[]> {
    const rows = await this.#pool.rows('SELECT site, chain FROM followed_chains ORDER BY 1, 2');
    return rows.map(placeIn);
  }

  async askForRound(): Promise<void> {
    const text = `INSERT INTO asked_rounds VALUES ('*', 1)
      ON CONFLICT (scope) DO UPDATE SET count = asked_rounds.count + 1`;
    await this.#pool.write([{ text }]);
  }

  async askedRounds(): Promise<number> {
    const [row] = await this.#pool.rows(`SELECT count FROM asked_rounds WHERE scope = '*'`);
    return row === undefined ? 0 : numberIn(row, 'count');
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #anchors(where: string, ...values: SqlValue[]): Promise<Anchor[]> {
    const rows = await this.#pool.rows(`SELECT ${COLUMNS} FROM anchors WHERE ${where}`, ...values);
    return rows.map(anchorIn);
  }
}

function pendingIn(row: SqlRow): PendingAnchor {
  const [size, note, id] = [numberIn(row, 'size'), textIn(row, 'note'), textIn(row, 'id')];
  return { size, note, id, bytes: bytesIn(row, 'bytes') };
}

function placeIn(row: SqlRow): AnchorPlace {
  return { site: textIn(row, 'site'), chain: textIn(row, 'chain') };
}

function byHash([a]: readonly [string, Uint8Array], [b]: readonly [string, Uint8Array]): number {
  return a < b ? -1 : 1;
}
