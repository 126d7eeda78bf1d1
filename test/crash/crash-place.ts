import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { fsck } from '../../ledger/fsck.ts';
import { fsckDatabase } from '../../ledger/fsck-database.ts';
import type { LedgerOptions } from '../../ledger/ledger-options.ts';
import { readOrMakeKek } from '../../ledger/log-keys.ts';
import { PostgresReader } from '../../ledger/store/postgres/postgres-reader.ts';
import { SqliteReader } from '../../ledger/store/sqlite/sqlite-reader.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { SITE } from '../support/sample-ledger.ts';

export type StoreName = 'sqlite' | 'postgres';
export const STORES: readonly StoreName[] = ['sqlite', 'postgres'];

/** The stores that CRASH_STORES names, divided by commas; both unless it is given. */
export function chosenStores(): readonly StoreName[] {
  const names = (process.env['CRASH_STORES'] ?? STORES.join()).split(',');
  return STORES.filter((store) => names.includes(store));
}

/** Where a ledger keeps its bytes while its processes are killed: a folder, or a database. */
export class CrashPlace {
  readonly database: LedgerOptions['database'];
  /**
   * How long a process that was started after a kill may take until it answers: in a database it waits
   * until the one before is missed.
   */
  readonly comesUpMs: number;
  readonly #server: PostgresServer | undefined;

  private constructor(server?: PostgresServer) {
    this.#server = server;
    this.comesUpMs = server === undefined ? 200 : 2_500;
    this.database = server && {
      ...{ url: server.makeDatabase(), writes: true },
      listen: { host: '127.0.0.1', port: 0 },
    };
  }

  static async make(store: StoreName): Promise<CrashPlace> {
    return new CrashPlace(store === 'postgres' ? await PostgresServer.start() : undefined);
  }

  /** A checkpoint may be signed and not stored yet: the next start stores it. */
  async expectSound(dataDir: string): Promise<void> {
    const { findings } = await this.fsck(dataDir);
    expect(findings.filter(({ code }) => code !== 'checkpoint-missing')).toEqual([]);
  }

  async expectClean(dataDir: string): Promise<void> {
    expect((await this.fsck(dataDir)).findings).toEqual([]);
  }

  async remove(): Promise<void> {
    await this.#server?.stop();
  }

  /** What a book holds, in micros, after the last process has ended well. */
  expectBalance(dataDir: string, book: string, micros: bigint): void {
    const reader =
      this.database === undefined
        ? new SqliteReader(join(dataDir, 'ledger.db'))
        : new PostgresReader({ url: this.database.url });
    expect(reader.balances(SITE)).toContainEqual({ book, micros });
    reader.close();
  }

  /** Of a copy, since the service's own files must be as its next start finds them. */
  async fsck(dataDir: string) {
    if (this.database !== undefined) {
      const kek = readOrMakeKek(join(dataDir, 'keys'));
      return await fsckDatabase({ url: this.database.url, kek, deep: true, threads: 1 });
    }
    const copy = `${dataDir}-copy`;
    cpSync(dataDir, copy, { recursive: true });
    try {
      return await fsck({ dataDir: copy, threads: 1, deep: true });
    } finally {
      rmSync(copy, { recursive: true });
    }
  }
}
