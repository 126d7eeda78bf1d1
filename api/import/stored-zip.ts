import { crc32 } from 'node:zlib';

/** A part of a workbook, as it was looked at. */
export interface Part {
  readonly name: string;
  readonly content: Buffer;
}

/** A ZIP file of these parts and nothing else, uncompressed (APPNOTE 6.3, 4.3.7, 4.3.12, 4.3.16). */
export function storedZip(parts: readonly Part[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of parts) {
    const path = Buffer.from(name);
    // Version 2.0, names in UTF-8, stored, no time, 1 January 1980.
    const about = [u16(20), u16(0x800), u16(0), u16(0), u16(0x21), u32(crc32(content))];
    about.push(u32(content.length), u32(content.length), u16(path.length), u16(0));
    const head = Buffer.concat([Buffer.from('PK\x03\x04'), ...about, path]);
    files.push(head, content);
    directory.push(Buffer.from('PK\x01\x02'), u16(20), ...about, u16(0), u16(0), u16(0));
    directory.push(u32(0), u32(offset), path);
    offset += head.length + content.length;
  }
  const listed = Buffer.concat(directory);
  const end = [Buffer.from('PK\x05\x06'), u16(0), u16(0), u16(parts.length), u16(parts.length)];
  return Buffer.concat([...files, listed, ...end, u32(listed.length), u32(offset), u16(0)]);
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
