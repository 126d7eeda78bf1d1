import { gzipSync } from 'node:zlib';

/** A file in an archive. */
export interface ArchiveFile {
  readonly name: string;
  readonly content: Buffer;
}

/**
 * A ustar archive (POSIX.1-1988) in gzip (RFC 1952), whose bytes depend on names and contents only: the
 * identifier of a chaincode package is their hash. Stored, not compressed, so that no version of zlib
 * matters.
 */
export function archive(files: readonly ArchiveFile[]): Buffer {
  const blocks = files.flatMap(({ name, content }) => [
    header(name, content.length),
    content,
    Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK),
  ]);
  const zipped = gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]), { level: 0 });
  zipped[GZIP_SYSTEM] = UNKNOWN_SYSTEM;
  return zipped;
}

const BLOCK = 512;
const NAME_BYTES = 100;
const GZIP_SYSTEM = 9;
const UNKNOWN_SYSTEM = 255;

function header(name: string, size: number): Buffer {
  if (!/^[\w.-]+$/.test(name) || name.length >= NAME_BYTES) {
    throw new Error(`${name} is no name for this archive`);
  }
  const block = Buffer.alloc(BLOCK);
  const put = (text: string, offset: number) => block.write(text, offset, 'latin1');
  put(name, 0);
  put('0000644\0', 100);
  put(octal(0, 7), 108);
  put(octal(0, 7), 116);
  put(octal(size, 11), 124);
  put(octal(0, 11), 136);
  put(' '.repeat(8), 148);
  put('0', 156);
  put('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${octal(sum, 6)} `, 148);
  return block;
}

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, '0')}\0`;
}
