import { crc32 } from 'node:zlib';
import type { Files, OpenFile } from './files.ts';

/**
 * The highest batch that was ever durable, kept in a file of its own: whoever finds the outbox
 * shorter than the mark knows that sent records were lost and must not number on. Two slots in
 * different sectors are written in turn, so a torn write leaves the other.
 */
export interface Mark {
  readonly epoch: number;
  /** Batches of the epoch that were durable: the next number to use. */
  readonly batches: number;
}

const SLOT = 32;
const SECTOR = 4096;
const MARKER = 0x42504d31;

export class MarkFile {
  readonly #file: OpenFile;
  #turn: number;

  /** Opens the file or creates it; `mark` is absent when neither slot is whole. */
  static open(
    path: string,
    files: Files,
  ): { readonly file: MarkFile; readonly mark: Mark | undefined } {
    const isNew = !files.exists(path);
    const file = files.open(path, isNew ? 'w+' : 'r+');
    // Room for both slots is taken now, so that a full disk never stops a mark.
    if (isNew) file.writeAt(Buffer.alloc(SECTOR + SLOT), 0);
    const slots = [0, 1].map((i) => readSlot(file, i));
    const latest = slots.reduce((a, b) => ((b?.turn ?? -1) > (a?.turn ?? -1) ? b : a), undefined);
    return { file: new MarkFile(file, (latest?.turn ?? -1) + 1), mark: latest };
  }

  private constructor(file: OpenFile, turn: number) {
    this.#file = file;
    this.#turn = turn;
  }

  /** Returns once the mark is on disk. */
  write(mark: Mark): void {
    const slot = Buffer.alloc(SLOT);
    slot.writeUInt32BE(MARKER, 0);
    slot.writeBigUInt64BE(BigInt(this.#turn), 8);
    slot.writeBigUInt64BE(BigInt(mark.epoch), 16);
    slot.writeBigUInt64BE(BigInt(mark.batches), 24);
    slot.writeUInt32BE(crc32(slot.subarray(8)), 4);
    this.#file.writeAt(slot, (this.#turn % 2) * SECTOR);
    this.#file.sync();
    this.#turn += 1;
  }

  close(): void {
    this.#file.close();
  }
}

function readSlot(file: OpenFile, i: number): (Mark & { readonly turn: number }) | undefined {
  const slot = Buffer.alloc(SLOT);
  if (file.readAt(slot, i * SECTOR) !== SLOT) return undefined;
  if (slot.readUInt32BE(0) !== MARKER || slot.readUInt32BE(4) !== crc32(slot.subarray(8))) {
    return undefined;
  }
  return {
    turn: Number(slot.readBigUInt64BE(8)),
    epoch: Number(slot.readBigUInt64BE(16)),
    batches: Number(slot.readBigUInt64BE(24)),
  };
}
