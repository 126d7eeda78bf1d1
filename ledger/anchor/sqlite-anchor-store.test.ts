import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anchorStoreContract } from '../../test/ports/anchor-store-contract.ts';
import { SqliteAnchorStore } from './sqlite-anchor-store.ts';

anchorStoreContract('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-anchors-'));
  return {
    open: () => new SqliteAnchorStore(join(folder, 'anchors', 'anchors.db')),
    remove: () => rmSync(folder, { recursive: true }),
  };
});
