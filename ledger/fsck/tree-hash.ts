import { sha256Latin1 } from '../writer/fast-hash.ts';

const pair = Buffer.alloc(65, 1);
const entry = Buffer.alloc(33);

/** Leaf hashes (RFC 6962) of 32-byte entries, joined. */
export function leafHashes(entries: Uint8Array): Buffer {
  const source = Buffer.from(entries.buffer, entries.byteOffset, entries.byteLength);
  const out = Buffer.allocUnsafe(source.length);
  for (let at = 0; at < source.length; at += 32) {
    source.copy(entry, 1, at, at + 32);
    out.write(sha256Latin1(entry), at, 'latin1');
  }
  return out;
}

/** Puts the parents of `width` nodes in front of `level`; `width` is even. */
export function hashPairs(level: Buffer, width: number): void {
  for (let i = 0; i < width / 2; i += 1) {
    level.copy(pair, 1, i * 64, i * 64 + 64);
    level.write(sha256Latin1(pair), i * 32, 'latin1');
  }
}

/** Complete subtrees over fewer than 256 leaf hashes, the largest first. */
export function subtrees(leaves: Buffer): Uint8Array[] {
  const found: Uint8Array[] = [];
  let rest = Buffer.from(leaves);
  for (let width = 128; width >= 1; width /= 2) {
    if (rest.length / 32 < width) continue;
    const part = Buffer.from(rest.subarray(0, width * 32));
    for (let left = width; left > 1; left /= 2) hashPairs(part, left);
    found.push(Uint8Array.from(part.subarray(0, 32)));
    rest = rest.subarray(width * 32);
  }
  return found;
}

/** RFC 6962 root, hex, over the first `count` leaf hashes of `level`, which is overwritten. */
export function rootOfLevel(level: Buffer, count: number): string {
  let width = count;
  while (width > 1) {
    const even = width - (width % 2);
    hashPairs(level, even);
    // RFC 6962 2.1: an odd node at the right border moves up as it is.
    if (width % 2 === 1) level.copy(level, (even / 2) * 32, even * 32, width * 32);
    width = even / 2 + (width % 2);
  }
  return level.toString('hex', 0, 32);
}
