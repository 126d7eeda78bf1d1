import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { Refusal } from '../../ledger/core/refusal.ts';
import { tooLarge, truncated, unknownFormat } from './settlement-refusals.ts';
import { MOST_CONTENT_BYTES } from './unpacked-bytes.ts';

export interface FileInside {
  readonly name: string;
  readonly content: AsyncIterable<Buffer>;
}

/** A ZIP file has its directory at its end, so it is kept whole, as it came: packed. */
const MOST_PACKED_BYTES = 512 * 2 ** 20;
const MOST_FILES = 16;
/** Names are marked as UTF-8 by this bit; without it they are GBK here. */
const UTF8_NAME = 0x800;
const ZIP_START = Buffer.from('PK', 'latin1');

/**
 * The files in a ZIP file, one after the other, each as a stream. Sizes and checksums are compared with
 * the directory: refuses `settlement-truncated` where they differ or the file is cut off.
 */
export async function* zipFiles(
  bytes: AsyncIterable<Uint8Array>,
  format: string,
): AsyncGenerator<FileInside> {
  const packed = await collect(bytes, format);
  try {
    const zip = await fromRandomAccessReaderPromise(packed, packed.size, {
      ...{ lazyEntries: true, decodeStrings: false, validateEntrySizes: true, autoClose: false },
    });
    let files = 0;
    for await (const entry of zip.eachEntry()) {
      files += 1;
      if (files > MOST_FILES) throw tooLarge('the number of files in it', MOST_FILES);
      if (entry.uncompressedSize > MOST_CONTENT_BYTES) {
        throw tooLarge('its content', MOST_CONTENT_BYTES);
      }
      if (entry.isEncrypted()) throw unknownFormat(format, 'it is encrypted');
      yield { name: nameOf(entry), content: checked(zip, entry) };
    }
  } catch (error) {
    throw asRefusal(error);
  }
}

/** Whatever the reader of ZIP files complains of, the file is not as it was made. */
function asRefusal(error: unknown): unknown {
  return error instanceof Error && !(error instanceof Refusal) ? truncated('ZIP') : error;
}

function nameOf({ fileNameRaw, generalPurposeBitFlag }: Entry): string {
  const encoding = (generalPurposeBitFlag & UTF8_NAME) === 0 ? 'gbk' : 'utf-8';
  return new TextDecoder(encoding).decode(fileNameRaw);
}

/** Opened when it is asked for: a file of no concern is not unpacked. */
async function* checked(zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  let sum = 0;
  let stream: Readable | undefined;
  try {
    stream = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream) {
      const part: Buffer = chunk;
      sum = crc32(part, sum);
      yield part;
    }
  } catch (error) {
    throw asRefusal(error);
  } finally {
    stream?.destroy();
  }
  if (sum !== entry.crc32) throw truncated('ZIP checksum');
}

/** Chunks as they came, read anywhere without putting them together. */
class PackedFile extends RandomAccessReader {
  size = 0;
  readonly #chunks: Uint8Array[] = [];
  readonly #starts: number[] = [];

  append(chunk: Uint8Array): void {
    this.#starts.push(this.size);
    this.#chunks.push(chunk);
    this.size += chunk.length;
  }

  startsWith(start: Uint8Array): boolean {
    const head = Buffer.concat([...this.#parts(0, Math.min(this.size, start.length))]);
    return head.equals(start);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#parts(start, end), { objectMode: false });
  }

  *#parts(start: number, end: number): Generator<Uint8Array> {
    let index = this.#indexOf(start);
    for (let at = start; at < end; index += 1) {
      const chunk = this.#chunks[index];
      const chunkStart = this.#starts[index];
      if (chunk === undefined || chunkStart === undefined) return;
      const part = chunk.subarray(at - chunkStart, Math.min(chunk.length, end - chunkStart));
      at += part.length;
      if (part.length > 0) yield part;
    }
  }

  #indexOf(position: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

async function collect(bytes: AsyncIterable<Uint8Array>, format: string): Promise<PackedFile> {
  const packed = new PackedFile();
  for await (const chunk of bytes) {
    // Kept for long, so never a part of a buffer that its owner fills again.
    if (chunk.length > 0) packed.append(Uint8Array.from(chunk));
    if (packed.size > MOST_PACKED_BYTES) throw tooLarge('the packed file', MOST_PACKED_BYTES);
  }
  if (packed.size === 0) throw truncated('nothing came');
  if (!packed.startsWith(ZIP_START.subarray(0, Math.min(2, packed.size)))) {
    throw unknownFormat(format, 'it is no ZIP file');
  }
  return packed;
}
