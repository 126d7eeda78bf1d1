import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';

/** What the bridge asks of the file system that its memory is on. Errors are those of `node:fs`. */
export interface Files {
  makeFolder(path: string): void;
  exists(path: string): boolean;
  read(path: string): Buffer;
  /** `r+` opens what is there, `w+` begins anew; only the owner may read it. */
  open(path: string, flags: 'r+' | 'w+'): OpenFile;
  /** Takes the place of what is there in one step, which is on disk once the folder is. */
  rename(from: string, to: string): void;
  /** Returns once the names in a folder are on disk. */
  syncFolder(path: string): void;
}

export interface OpenFile {
  /** How many bytes could be read into `bytes`. */
  readAt(bytes: Buffer, position: number): number;
  /** Writes all of them; after an error some of them may be there. */
  writeAt(bytes: Buffer, position: number): void;
  truncate(length: number): void;
  /** Returns once everything that was written is on disk. */
  sync(): void;
  close(): void;
}

export const realFiles: Files = {
  makeFolder: (path) => void mkdirSync(path, { recursive: true, mode: 0o700 }),
  exists: existsSync,
  read: (path) => readFileSync(path),
  open: (path, flags) => openFile(openSync(path, flags, 0o600), flags === 'w+'),
  rename: renameSync,
  syncFolder(path) {
    const folder = openSync(path, 'r');
    fsyncSync(folder);
    closeSync(folder);
  },
};

/** Writes a whole file under a name of its own and puts it in place: old or new, never half. */
export function replaceFile(files: Files, folder: string, path: string, bytes: Buffer): OpenFile {
  const file = files.open(`${path}.new`, 'w+');
  try {
    file.writeAt(bytes, 0);
    file.sync();
  } catch (error) {
    // What is left of it would hold the room that others wait for.
    file.truncate(0);
    file.close();
    throw error;
  }
  files.rename(`${path}.new`, path);
  files.syncFolder(folder);
  return file;
}

/** Whether there was no room. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}

function openFile(handle: number, isNew: boolean): OpenFile {
  return {
    readAt: (bytes, position) => readSync(handle, bytes, 0, bytes.length, position),
    writeAt(bytes, position) {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(handle, bytes, done, bytes.length - done, position + done);
      }
    },
    truncate: (length) => ftruncateSync(handle, length),
    // The length of a new file is what only a full sync is sure to keep.
    sync: () => (isNew ? fsyncSync(handle) : fdatasyncSync(handle)),
    close: () => closeSync(handle),
  };
}
