import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { storeContract } from '../../../test/ports/store-contract.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { SqliteStore } from './sqlite-store.ts';

storeContract('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-store-'));
  const file = join(folder, 'ledger.db');
  return {
    open: () => new SqliteStore(file),
    openReader: () => new SqliteReader(file),
    freePath: () => join(folder, 'copy.db'),
    openFile: (path) => new SqliteReader(path),
    remove: () => rmSync(folder, { recursive: true }),
  };
});
