import type { SqlRow, SqlValue, Statement } from './bridge-messages.ts';
import { PostgresPool } from './pool.ts';
import type { PostgresOptions } from './postgres-reader.ts';

/** Tables of a store of its own in the ledger's database, made when they are first asked for. */
export class OwnTables {
  readonly #pool: PostgresPool;
  readonly #making: readonly Statement[];
  #made: Promise<unknown> | undefined;

  /** `lock` is this store's own number, so that two processes that start at once do not make them at once. */
  constructor(options: PostgresOptions, lock: number, tables: readonly string[]) {
    this.#pool = new PostgresPool(options);
    const locking = { text: `SELECT pg_advisory_xact_lock(${lock})` };
    this.#making = [locking, ...tables.map((text) => ({ text }))];
  }

  async rows(text: string, ...values: SqlValue[]): Promise<readonly SqlRow[]> {
    await this.#make();
    return await this.#pool.rows(text, ...values);
  }

  async write(statements: readonly Statement[]): Promise<readonly (readonly SqlRow[])[]> {
    await this.#make();
    return await this.#pool.write(statements);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  /** By whoever comes first; an attempt that failed is forgotten. */
  async #make(): Promise<void> {
    this.#made ??= this.#pool.write(this.#making);
    try {
      await this.#made;
    } catch (error) {
      this.#made = undefined;
      throw error;
    }
  }
}
