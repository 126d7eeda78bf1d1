import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { accessStoreContract } from '../../test/ports/access-store-contract.ts';
import { SqliteAccessStore } from './sqlite-access-store.ts';

accessStoreContract('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-access-'));
  return {
    open: () => new SqliteAccessStore(join(folder, 'data', 'access.db')),
    remove: () => rmSync(folder, { recursive: true }),
  };
});

it('is a file that its owner alone may read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-access-'));
  const path = join(folder, 'access.db');
  await new SqliteAccessStore(path).close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  rmSync(folder, { recursive: true });
});
