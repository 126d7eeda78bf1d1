import { inflateSync } from 'node:zlib';

/** WOFF 1.0: each table of the font on its own, compressed by zlib or stored. */
export function woffToSfnt(woff: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  const tables = Array.from({ length: woff.readUInt16BE(12) }, (_, at) => {
    const entry = 44 + at * 20;
    const [offset, packed] = [woff.readUInt32BE(entry + 4), woff.readUInt32BE(entry + 8)];
    const length = woff.readUInt32BE(entry + 12);
    const bytes = woff.subarray(offset, offset + packed);
    return {
      tag: woff.subarray(entry, entry + 4),
      checksum: woff.readUInt32BE(entry + 16),
      bytes: packed < length ? inflateSync(bytes) : bytes,
    };
  });
  const header = Buffer.alloc(12 + 16 * tables.length);
  woff.copy(header, 0, 4, 8);
  header.writeUInt16BE(tables.length, 4);
  const power = 2 ** Math.floor(Math.log2(tables.length));
  header.writeUInt16BE(power * 16, 6);
  header.writeUInt16BE(Math.log2(power), 8);
  header.writeUInt16BE((tables.length - power) * 16, 10);
  const parts = [header];
  let offset = header.length;
  for (const [at, table] of tables.entries()) {
    table.tag.copy(header, 12 + at * 16);
    header.writeUInt32BE(table.checksum, 16 + at * 16);
    header.writeUInt32BE(offset, 20 + at * 16);
    header.writeUInt32BE(table.bytes.length, 24 + at * 16);
    const padding = Buffer.alloc((4 - (table.bytes.length % 4)) % 4);
    parts.push(table.bytes, padding);
    offset += table.bytes.length + padding.length;
  }
  return Buffer.concat(parts);
}
