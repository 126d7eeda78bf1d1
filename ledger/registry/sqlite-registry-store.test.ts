import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { registryStoreContract } from '../../test/ports/registry-store-contract.ts';
import { SqliteRegistryStore } from './sqlite-registry-store.ts';

registryStoreContract('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-registry-'));
  return {
    open: () => new SqliteRegistryStore(join(folder, 'data', 'registry.db')),
    remove: () => rmSync(folder, { recursive: true }),
  };
});

it('is a file that its owner alone may read, and no file has a key that was erased', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-registry-'));
  const path = join(folder, 'registry.db');
  const store = new SqliteRegistryStore(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const secret = Buffer.from('SECRET-KEY-OF-A-TENANT');
  await store.keepKeys('tower', [{ subject: 't-1', wrapped: secret }]);
  const has = () =>
    readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(secret));
  expect(has()).toBe(true);
  await store.eraseKey('tower', 't-1');
  expect(has()).toBe(false);
  await store.close();
  rmSync(folder, { recursive: true });
});
