import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AnchorStore } from '../../ledger/anchor/anchor-store.ts';
import { anchorStorePath } from '../../ledger/anchor/anchoring.ts';
import { SqliteAnchorStore } from '../../ledger/anchor/sqlite-anchor-store.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { StoreReader } from '../../ledger/store/port.ts';
import { SqliteReader } from '../../ledger/store/sqlite/sqlite-reader.ts';

/** Where `billproof anchor` reads the log and its anchors, beside a running service. */
export interface AnchorSource {
  /** Refuses `data-missing`. */
  openStore(): StoreReader;
  /** Refuses `anchors-missing`. */
  openAnchors(): AnchorStore;
}

/** The files of a data folder. */
export function anchorFiles(dataDir: string): AnchorSource {
  return {
    openStore() {
      const path = join(dataDir, 'ledger.db');
      if (existsSync(path)) return new SqliteReader(path);
      throw new Refusal('data-missing', `There is no ledger in ${dataDir}.`, { path });
    },
    openAnchors() {
      const path = anchorStorePath(dataDir);
      if (existsSync(path)) return new SqliteAnchorStore(path);
      throw new Refusal(
        'anchors-missing',
        `Nothing was ever anchored in ${dataDir}. Set BILLPROOF_FABRIC or BILLPROOF_ETHEREUM for the service, or name another --data.`,
        { path },
      );
    },
  };
}

/** A database in PostgreSQL, by its URL. Its clients are loaded only here. */
export async function anchorDatabase(url: string): Promise<AnchorSource> {
  const { PostgresReader } = await import('../../ledger/store/postgres/postgres-reader.ts');
  const { PostgresAnchorStore } = await import('../../ledger/anchor/postgres-anchor-store.ts');
  return {
    openStore: () => new PostgresReader({ url }),
    openAnchors: () => new PostgresAnchorStore({ url }),
  };
}
