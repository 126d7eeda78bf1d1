import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkpointStoreContract } from '../test/ports/checkpoint-store-contract.ts';
import { SqliteCheckpointStore } from './checkpoint-store.ts';

checkpointStoreContract('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-checkpoints-'));
  return {
    open: () => new SqliteCheckpointStore(join(folder, 'other-disk', 'checkpoints.db')),
    remove: () => rmSync(folder, { recursive: true }),
  };
});
