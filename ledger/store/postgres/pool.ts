import { DatabaseError, Pool, type PoolClient, types } from 'pg';
import { storeError } from '../store-errors.ts';
import type { SqlRow, SqlValue, Statement } from './bridge-messages.ts';
import { DEADLINE_MS, type PostgresOptions, unreachable } from './postgres-reader.ts';

/** Connections of one process for what stands beside the logs: none of it is in a hurry. */
const CONNECTIONS = 4;
const INT8 = 20;

/**
 * Connections for callers that may wait for promises: what chains and witnesses keep. The log itself is
 * written over one connection that has an owner (`bridge.ts`); here any machine may write at any time, so
 * each statement has to be right whatever others do meanwhile.
 *
 * Every wait ends by the deadline, as `StoreUnavailable`. A connection on which something failed is not
 * used again; the next call has another one.
 */
export class PostgresPool {
  readonly #pool: Pool;

  /** Opens nothing yet: the first call does, and says so when there is no database. */
  constructor({ url, deadlineMs = DEADLINE_MS }: PostgresOptions) {
    this.#pool = new Pool({
      connectionString: url,
      max: CONNECTIONS,
      application_name: 'billproof-sides',
      keepAlive: true,
      connectionTimeoutMillis: deadlineMs,
      query_timeout: deadlineMs,
      statement_timeout: deadlineMs,
      lock_timeout: deadlineMs,
      // What a lost connection holds on to is free before the next call has to give up waiting for it.
      idle_in_transaction_session_timeout: Math.ceil(deadlineMs / 2),
      types: { getTypeParser: parserOf },
      allowExitOnIdle: true,
    });
    // A connection that ends while nothing is asked, or between two statements: the next one says so.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => void client.on('error', () => undefined));
  }

  /** Rows of one statement that only reads; once more over a new connection when the one at hand is gone. */
  async rows(text: string, ...values: SqlValue[]): Promise<readonly SqlRow[]> {
    const read = async () => (await this.#pool.query<SqlRow>(text, values)).rows;
    try {
      return await read().catch((error: unknown) => {
        if (!isLost(error)) throw error;
        return read();
      });
    } catch (error) {
      throw sqlErrorOf(error);
    }
  }

  /**
   * Runs statements in order in one transaction, on disk when it resolves; the rows of each. After
   * `StoreUnavailable` all of it or nothing may be there.
   */
  async write(statements: readonly Statement[]): Promise<readonly (readonly SqlRow[])[]> {
    try {
      return await this.#transaction(async (client) => {
        const results: (readonly SqlRow[])[] = [];
        for (const { text, values = [] } of statements) {
          results.push((await client.query<SqlRow>(text, [...values])).rows);
        }
        return results;
      });
    } catch (error) {
      throw sqlErrorOf(error);
    }
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN; SET LOCAL synchronous_commit = on');
      const result = await work(client);
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      // The server takes back what was not committed as soon as the connection is gone.
      client.release(true);
      throw error;
    }
  }
}

/** SQLSTATE classes 08 and 57P, 25P03 (it was silent for too long), 53300 before it begins; or no answer. */
function isLost(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return false;
  if (!(error instanceof DatabaseError)) return true;
  return /^(?:08|25P03|57P0[1-5]|53300)/.test(error.code ?? '');
}

function sqlErrorOf(error: unknown): Error {
  return isLost(error) ? unreachable(error) : storeError(error);
}

/** `bigint` as a safe integer, as everywhere in the store. */
function parserOf(type: number, format?: 'text' | 'binary') {
  if (type === INT8) return Number;
  return format === 'binary' ? types.getTypeParser(type, format) : types.getTypeParser(type);
}
