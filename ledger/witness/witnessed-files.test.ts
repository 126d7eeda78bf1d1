import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { noteOf, witnessedStoreContract } from '../../test/ports/witnessed-store-contract.ts';
import { readWitnessed, WitnessedFiles, witnessedPath } from './witnessed-files.ts';

function makePlace() {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-witnessed-'));
  return {
    ...{ folder, open: () => new WitnessedFiles(folder) },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

witnessedStoreContract('Files', makePlace);

it('takes a damaged note for none, and writes over it', async () => {
  const { folder, open, remove } = makePlace();
  const store = open();
  writeFileSync(witnessedPath(folder, 'tower'), 'no note');
  expect(readWitnessed(folder, 'tower')).toBeUndefined();
  const note = noteOf(3);
  await store.putLast('tower', { size: 3, note });
  expect(await store.last('tower')).toBe(note);
  expect(readWitnessed(folder, 'tower')?.size).toBe(3);
  await store.close();
  remove();
});

it('says that a note could not be written, and holds nothing back for it', async () => {
  const { folder, open, remove } = makePlace();
  const store = open();
  mkdirSync(`${witnessedPath(folder, 'tower')}.new`);
  await expect(store.putLast('tower', { size: 3, note: noteOf(3) })).rejects.toThrow('EISDIR');
  await store.putLast('yard', { size: 3, note: noteOf(3) });
  expect(await store.last('yard')).toBe(noteOf(3));
  await store.close();
  remove();
});
