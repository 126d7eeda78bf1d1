import { numberIn, textIn } from '../store/postgres/columns.ts';
import { PostgresPool } from '../store/postgres/pool.ts';
import type { PostgresOptions } from '../store/postgres/postgres-reader.ts';
import { KEEP_EVERY_MS, type WitnessedCheckpoint, type WitnessedStore } from './witnessed-store.ts';

/** In the database of the ledger, whose store has made the tables, for all machines that have its sites. */
export class PostgresWitnessedStore implements WitnessedStore {
  readonly #pool: PostgresPool;
  /** When the newest was kept, as far as this machine knows: it asks no more often than it has to. */
  readonly #keptMs = new Map<string, number>();

  constructor(options: PostgresOptions) {
    this.#pool = new PostgresPool(options);
  }

  async last(site: string): Promise<string | undefined> {
    const [row] = await this.#pool.rows('SELECT note FROM witnessed_last WHERE site = $1', site);
    return row && textIn(row, 'note');
  }

  async putLast(site: string, { size, note }: WitnessedCheckpoint): Promise<void> {
    const text = `INSERT INTO witnessed_last VALUES ($1, $2, $3) ON CONFLICT (site) DO UPDATE
      SET size = excluded.size, note = excluded.note WHERE witnessed_last.size <= excluded.size`;
    await this.#pool.write([{ text, values: [site, size, note] }]);
  }

  async keep(site: string, { size, note }: WitnessedCheckpoint, nowMs: number): Promise<void> {
    if (nowMs - (this.#keptMs.get(site) ?? 0) < KEEP_EVERY_MS) return;
    const [, kept] = await this.#pool.write([
      {
        text: `INSERT INTO witnessed_notes SELECT $1, $2::bigint, $3::bigint, $4
          WHERE NOT EXISTS (SELECT FROM witnessed_notes WHERE site = $1 AND at_ms > $5::bigint)
          ON CONFLICT DO NOTHING`,
        values: [site, size, nowMs, note, nowMs - KEEP_EVERY_MS],
      },
      {
        text: 'SELECT coalesce(max(at_ms), 0) AS ms FROM witnessed_notes WHERE site = $1',
        values: [site],
      },
    ]);
    this.#keptMs.set(site, numberIn(kept?.[0] ?? {}, 'ms'));
  }

  async covering(site: string, size: number): Promise<WitnessedCheckpoint | undefined> {
    const sql = `SELECT size, note FROM witnessed_notes WHERE site = $1 AND size >= $2
      ORDER BY size LIMIT 1`;
    const [row] = await this.#pool.rows(sql, site, size);
    return row && { size: numberIn(row, 'size'), note: textIn(row, 'note') };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
