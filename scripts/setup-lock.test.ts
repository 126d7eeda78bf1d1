import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withLock } from './setup-lock.mjs';

const module = fileURLToPath(new URL('./setup-lock.mjs', import.meta.url));
let folder = '';
let lock = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'setup-lock-'));
  lock = join(folder, 'deep', 'setup.lock');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the lock of the set-up', () => {
  test('is held during the work and gone after it', () => {
    let heldBy = '';
    withLock(lock, () => {
      heldBy = readFileSync(lock, 'utf8');
    });
    expect({ heldBy, left: existsSync(lock) }).toEqual({ heldBy: `${process.pid}`, left: false });
  });

  test('is gone after work that failed', () => {
    const fail = () => {
      throw new Error('no network');
    };
    expect(() => withLock(lock, fail)).toThrow('no network');
    expect(existsSync(lock)).toBe(false);
  });

  test('keeps processes apart', async () => {
    const journal = join(folder, 'journal');
    const program = `
      import { appendFileSync } from 'node:fs';
      import { withLock } from ${JSON.stringify(module)};
      withLock(${JSON.stringify(lock)}, () => {
        appendFileSync(${JSON.stringify(journal)}, 'in ');
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
        appendFileSync(${JSON.stringify(journal)}, 'out ');
      });`;
    const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    await Promise.all([run(), run(), run()]);
    expect(readFileSync(journal, 'utf8')).toBe('in out in out in out ');
  });

  test('is taken over from a process that died', () => {
    withLock(lock, () => undefined);
    const dead = spawnSync(process.execPath, ['--version']).pid;
    writeFileSync(lock, `${dead}`);
    expect(ran()).toBe(true);
  });

  test('is taken over when it is older than any set-up, whoever has that number now', () => {
    withLock(lock, () => undefined);
    writeFileSync(lock, `${process.pid}`);
    const longAgo = new Date('2020-01-01T00:00:00Z');
    utimesSync(lock, longAgo, longAgo);
    expect(ran()).toBe(true);
  });
});

function ran(): boolean {
  let done = false;
  withLock(lock, () => {
    done = true;
  });
  return done;
}
