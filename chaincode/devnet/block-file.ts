import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sha256 } from './signing.ts';

interface Place {
  readonly offset: number;
  readonly length: number;
}

/**
 * Blocks one after another in one file that only grows. A frame is the length (u32be), the first
 * eight bytes of the SHA-256 of the block, and the block. What a power cut has left behind the last
 * whole frame was never told to anybody, and is cut off.
 */
export class BlockFile {
  readonly #file: FileHandle;
  readonly #places: Place[] = [];
  #end = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<BlockFile> {
    const blocks = new BlockFile(await openOrCreate(path));
    try {
      await blocks.#findFrames();
      return blocks;
    } catch (error) {
      await blocks.close();
      throw error;
    }
  }

  get count(): number {
    return this.#places.length;
  }

  /** Resolves once the block is on the disk. One call at a time. */
  async append(block: Uint8Array): Promise<void> {
    const frame = Buffer.concat([headOf(block), block]);
    await this.#file.write(frame, 0, frame.length, this.#end);
    await this.#file.datasync();
    this.#places.push({ offset: this.#end + HEAD_BYTES, length: block.length });
    this.#end += frame.length;
  }

  /** The bytes of a block, or undefined where the chain is not so high. */
  async read(number: number): Promise<Buffer | undefined> {
    const place = this.#places[number];
    if (place === undefined) return undefined;
    const block = Buffer.alloc(place.length);
    await this.#file.read(block, 0, place.length, place.offset);
    return block;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #findFrames(): Promise<void> {
    const { size } = await this.#file.stat();
    for (;;) {
      const frame = await this.#frameAt(this.#end, size);
      if (frame === undefined) break;
      if (!frame.isWhole) {
        // Only the last frame can be torn; before another one it is damage, which hides nothing.
        const next = await this.#frameAt(frame.end, size);
        if (!next?.isWhole) break;
        throw new Error(`Block ${this.count} of the file is damaged; restore the folder.`);
      }
      this.#places.push(frame.place);
      this.#end = frame.end;
    }
    if (this.#end < size) await this.#file.truncate(this.#end);
  }

  /** Undefined where the file ends before the frame does. */
  async #frameAt(
    start: number,
    size: number,
  ): Promise<{ place: Place; end: number; isWhole: boolean } | undefined> {
    const offset = start + HEAD_BYTES;
    if (offset > size) return undefined;
    const head = Buffer.alloc(HEAD_BYTES);
    await this.#file.read(head, 0, HEAD_BYTES, start);
    const length = head.readUInt32BE(0);
    if (offset + length > size) return undefined;
    const block = Buffer.alloc(length);
    await this.#file.read(block, 0, length, offset);
    const isWhole = headOf(block).equals(head);
    return { place: { offset, length }, end: offset + length, isWhole };
  }
}

const SUM_BYTES = 8;
const HEAD_BYTES = 4 + SUM_BYTES;

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch {
    const file = await open(path, 'wx+');
    // The file's name has to be on the disk too before anybody relies on what is inside.
    const folder = await open(dirname(path), 'r');
    await folder.sync();
    await folder.close();
    return file;
  }
}

function headOf(block: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(block.length);
  return Buffer.concat([length, sha256(block).subarray(0, SUM_BYTES)]);
}
