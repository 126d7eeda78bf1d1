import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk in memory that is full as soon as a test says so. Only an account that may mount can have one. */
export class SmallDisk {
  readonly folder = mkdtempSync(join(tmpdir(), 'billproof-small-disk-'));
  readonly #size: string;

  /** `size` as `mount` takes it, such as `64m`. */
  constructor(size: string) {
    this.#size = size;
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', this.folder]);
    chmodSync(this.folder, 0o755);
  }

  /** Takes all room that nobody uses at this moment. */
  fill(): void {
    const { blocks, bfree, bsize } = statfsSync(this.folder);
    // Somebody may write in between, and then there is a little room more.
    this.#resize(`${(blocks - bfree) * bsize}`);
  }

  free(): void {
    if (!this.#resize(this.#size)) throw new Error('a disk takes back its size');
  }

  remove(): void {
    spawnSync('umount', ['-l', this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #resize(size: string): boolean {
    return spawnSync('mount', ['-o', `remount,size=${size}`, this.folder]).status === 0;
  }
}

export function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-mount-'));
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]).status === 0;
  if (isMounted) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return isMounted;
}
