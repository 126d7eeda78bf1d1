import { dirname } from 'node:path';
import type { Files, OpenFile } from '../../meter-bridge/files.ts';
import type { Life } from './life.ts';
import type { Random } from './random.ts';

/** What may go wrong with a disk; all off, it is a good one. */
export interface DiskFaults {
  /** Chance that the power fails at one call. */
  cut: number;
  /** No byte more. */
  isFull: boolean;
  /** A sync of the outbox says that it was done and was not. */
  lies: boolean;
}

type Change = { readonly at: number; readonly bytes: Buffer } | { readonly length: number };

/** A file's bytes as programs see them, and what of them a power cut cannot take away. */
interface Inode {
  seen: Buffer;
  safe: Buffer;
  /** Since the last sync, in order. */
  changes: Change[];
}

const SECTOR = 512;

/** A disk of a machine: it outlives processes, and what was synced outlives a power cut. */
export class SimulatedDisk {
  readonly faults: DiskFaults = { cut: 0, isFull: false, lies: false };
  readonly #random: Random;
  #names = new Map<string, Inode>();
  #safeNames = new Map<string, Inode>();
  /** Whether a sync was ever only pretended: then the last records before a power cut may be gone. */
  hasLied = false;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The file system as one run of a process has it. */
  files(life: Life): Files {
    const step = (isWrite: boolean): void => {
      life.mustLive();
      if (isWrite && this.#random.chance(this.faults.cut)) life.cut('power');
    };
    return {
      makeFolder: () => undefined,
      exists: (path) => this.#names.has(path),
      read: (path) => Buffer.from(this.#inode(path).seen),
      open: (path, flags) => {
        step(flags === 'w+');
        if (flags === 'w+') this.#begin(path);
        return this.#openFile(path, this.#inode(path), step);
      },
      rename: (from, to) => {
        step(true);
        this.#names.set(to, this.#inode(from));
        this.#names.delete(from);
        step(true);
      },
      syncFolder: (folder) => {
        step(true);
        for (const [path, inode] of this.#names) {
          if (dirname(path) === folder) this.#safeNames.set(path, inode);
        }
        for (const path of this.#safeNames.keys()) {
          if (!this.#names.has(path)) this.#safeNames.delete(path);
        }
        step(true);
      },
    };
  }

  /** Of what was not synced any part may be there afterwards, also a part of one write. */
  cutPower(): void {
    for (const [path, inode] of this.#names) {
      const isSafe = this.#safeNames.get(path) === inode;
      if (!isSafe && this.#random.chance(0.5)) this.#safeNames.set(path, inode);
    }
    this.#names = new Map();
    for (const [path, inode] of this.#safeNames) {
      let bytes = inode.safe;
      for (const change of inode.changes) {
        if (this.#random.chance(0.6)) bytes = applied(bytes, this.#torn(change));
      }
      this.#names.set(path, { seen: bytes, safe: bytes, changes: [] });
    }
    this.#safeNames = new Map(this.#names);
  }

  #torn(change: Change): Change {
    if ('length' in change || this.#random.chance(0.5)) return change;
    const sectors = Math.floor(change.bytes.length / SECTOR);
    const end = this.#random.chance(0.5)
      ? SECTOR * this.#random.int(0, sectors + 1)
      : this.#random.int(0, change.bytes.length);
    return { at: change.at, bytes: change.bytes.subarray(0, end) };
  }

  #begin(path: string): void {
    const known = this.#names.get(path);
    if (known === undefined) {
      this.#names.set(path, { seen: Buffer.alloc(0), safe: Buffer.alloc(0), changes: [] });
    } else {
      change(known, { length: 0 });
    }
  }

  #openFile(path: string, inode: Inode, step: (isWrite: boolean) => void): OpenFile {
    return {
      readAt: (bytes, position) => {
        step(false);
        return inode.seen.copy(bytes, 0, position);
      },
      writeAt: (bytes, position) => {
        step(true);
        if (this.faults.isFull && position + bytes.length > inode.seen.length) {
          const room = this.#random.int(0, bytes.length);
          change(inode, { at: position, bytes: Buffer.from(bytes.subarray(0, room)) });
          throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        }
        change(inode, { at: position, bytes: Buffer.from(bytes) });
        step(true);
      },
      truncate: (length) => {
        step(true);
        change(inode, { length });
      },
      sync: () => {
        step(true);
        if (this.faults.lies && path.includes('outbox.log')) {
          this.hasLied = true;
          return;
        }
        inode.safe = inode.seen;
        inode.changes = [];
        // Journalling file systems keep the name of a new file with its bytes.
        if (this.#names.get(path) === inode && !this.#safeNames.has(path)) {
          this.#safeNames.set(path, inode);
        }
        step(true);
      },
      close: () => undefined,
    };
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode !== undefined) return inode;
    throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
  }
}

function change(inode: Inode, step: Change): void {
  inode.seen = applied(inode.seen, step);
  inode.changes.push(step);
}

function applied(bytes: Buffer, step: Change): Buffer {
  if ('length' in step) return bytes.subarray(0, step.length);
  const end = Math.max(bytes.length, step.at + step.bytes.length);
  const next = Buffer.alloc(end);
  bytes.copy(next);
  step.bytes.copy(next, step.at);
  return next;
}
