import { crc32, deflateRawSync } from 'node:zlib';

/** A file for a ZIP file; its name as bytes, so that it may be GBK. */
export interface ZipInput {
  readonly name: Uint8Array;
  readonly content: Uint8Array;
}

/** The same, deflated already. */
export interface PackedInput {
  readonly name: Uint8Array;
  readonly packed: Uint8Array;
  readonly crc: number;
  readonly size: number;
}

export function writeZip(files: readonly ZipInput[]): Buffer {
  return writePackedZip(
    files.map(({ name, content }) => {
      const packed = deflateRawSync(content);
      return { name, packed, crc: crc32(content), size: content.length };
    }),
  );
}

/** A ZIP file (APPNOTE 6.3, sections 4.3.7, 4.3.12, 4.3.16) without any of what is optional. */
export function writePackedZip(files: readonly PackedInput[]): Buffer {
  const locals: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, packed, crc, size } of files) {
    const about = Buffer.concat([
      ...[u16(20), u16(0), u16(8), u16(0), u16(0x5d22), u32(crc)],
      ...[u32(packed.length), u32(size), u16(name.length), u16(0)],
    ]);
    directory.push(Buffer.from('PK\x01\x02'), u16(20), about, u16(0), u16(0), u16(0));
    directory.push(u32(0), u32(offset), name);
    locals.push(Buffer.from('PK\x03\x04'), about, name, packed);
    offset += 4 + about.length + name.length + packed.length;
  }
  const list = Buffer.concat(directory);
  const count = u16(files.length);
  const end = [Buffer.from('PK\x05\x06'), u16(0), u16(0), count, count, u32(list.length)];
  return Buffer.concat([...locals, list, ...end, u32(offset), u16(0)]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
