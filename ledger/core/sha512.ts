import { SHA_INITIAL, SHA_ROUND } from './sha-constants.ts';

/*
 * SHA-512 (FIPS 180-4) for the few short messages that Ed25519 signs. On `bigint` it is slow, and
 * reads as the standard does, whose names it keeps.
 */

const BLOCK_BYTES = 128;

/** The hash of the bytes, 64 bytes. */
export function sha512(message: Uint8Array): Uint8Array {
  const blocks = pad(message);
  const H = BigUint64Array.from(SHA_INITIAL);
  for (let start = 0; start < blocks.byteLength; start += BLOCK_BYTES) {
    const W = messageSchedule(blocks, start);
    let [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n, g = 0n, h = 0n] = H;
    SHA_ROUND.forEach((k, t) => {
      const choice = (e & f) ^ (~e & g);
      const majority = (a & b) ^ (a & c) ^ (b & c);
      const t1 = h + (rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n)) + choice + k + at(W, t);
      const t2 = (rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n)) + majority;
      [h, g, f, e, d, c, b, a] = [g, f, e, word(d + t1), c, b, a, word(t1 + t2)];
    });
    [a, b, c, d, e, f, g, h].forEach((value, i) => {
      H[i] = at(H, i) + value;
    });
  }
  const hash = new DataView(new ArrayBuffer(64));
  H.forEach((value, i) => {
    hash.setBigUint64(8 * i, value);
  });
  return new Uint8Array(hash.buffer);
}

/** 5.1.2: a bit 1, zeros, and in the last 16 bytes of a block the length in bits. */
function pad(message: Uint8Array): DataView {
  const blockCount = Math.ceil((message.length + 17) / BLOCK_BYTES);
  const bytes = new Uint8Array(blockCount * BLOCK_BYTES);
  bytes.set(message);
  bytes[message.length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setBigUint64(bytes.length - 8, 8n * BigInt(message.length));
  return view;
}

/** 6.4.2, step 1. What is stored in such an array is reduced to 64 bits. */
function messageSchedule(blocks: DataView, start: number): BigUint64Array {
  const W = new BigUint64Array(SHA_ROUND.length);
  for (let t = 0; t < 16; t++) W[t] = blocks.getBigUint64(start + 8 * t);
  for (let t = 16; t < SHA_ROUND.length; t++) {
    const [early, late] = [at(W, t - 15), at(W, t - 2)];
    const s0 = rotate(early, 1n) ^ rotate(early, 8n) ^ (early >> 7n);
    const s1 = rotate(late, 19n) ^ rotate(late, 61n) ^ (late >> 6n);
    W[t] = s1 + at(W, t - 7) + s0 + at(W, t - 16);
  }
  return W;
}

function at(words: BigUint64Array, index: number): bigint {
  return words[index] ?? 0n;
}

function rotate(value: bigint, bits: bigint): bigint {
  return (value >> bits) | word(value << (64n - bits));
}

function word(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
