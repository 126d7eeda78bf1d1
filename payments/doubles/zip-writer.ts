import { crc32, deflateRawSync } from 'node:zlib';

export interface ZippedFile {
  /** Bytes, since bills name their files in GBK. */
  readonly name: Uint8Array;
  readonly content: Uint8Array;
}

/** A ZIP archive (APPNOTE 6.3) of deflated files, with the same bytes for the same files. */
export function zipOf(files: readonly ZippedFile[]): Uint8Array {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const packed = deflateRawSync(content);
    // Version 2.0, no flags, deflate, midnight of the first of January 1980.
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(8, 4);
    shared.writeUInt16LE(0x21, 8);
    shared.writeUInt32LE(crc32(content), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(content.length, 18);
    shared.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), shared, name, packed]);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(offset, 10);
    const maker = Buffer.from([20, 0]);
    central.push(Buffer.concat([Buffer.from('PK\u0001\u0002'), maker, shared, entry, name]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\u0005\u0006'), end]);
}
