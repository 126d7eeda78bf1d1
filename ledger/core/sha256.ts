import { SHA_INITIAL, SHA_ROUND } from './sha-constants.ts';

/*
 * Own code where the library has the same, for its speed in a browser: there the library's state, eight
 * members of an object, lies in boxed numbers, and a digest takes three times as long
 * (docs/performance.md). A third of all work on a bill was that. A test holds it against the platform's.
 */

/** SHA-256 (FIPS 180-4) of the bytes: 32 fresh bytes. */
export function digestSha256(data: Uint8Array): Uint8Array {
  state.set(INITIAL);
  const rest = data.length % BLOCK;
  const whole = data.length - rest;
  for (let at = 0; at < whole; at += BLOCK) compress(data, at);
  // 5.1.1: a one bit, zeros, and the length in bits as the last 8 bytes.
  const end = rest < BLOCK - 8 ? BLOCK : 2 * BLOCK;
  for (let i = 0; i < rest; i += 1) tail[i] = byte(data, whole + i);
  tail.fill(0, rest);
  tail[rest] = 0x80;
  tailView.setUint32(end - 8, data.length / 2 ** 29);
  tailView.setUint32(end - 4, data.length * 8);
  for (let at = 0; at < end; at += BLOCK) compress(tail, at);
  const digest = new Uint8Array(32);
  for (let i = 0; i < 32; i += 1) digest[i] = word(state, i >>> 2) >>> (24 - 8 * (i % 4));
  return digest;
}

const BLOCK = 64;
const INITIAL = Int32Array.from(SHA_INITIAL, upperHalf);
const ROUND = Int32Array.from(SHA_ROUND.slice(0, 64), upperHalf);

// Hashing is synchronous and keeps nothing, so one state serves every call.
const state = new Int32Array(8);
const schedule = new Int32Array(64);
const tail = new Uint8Array(2 * BLOCK);
const tailView = new DataView(tail.buffer);

/** 6.2.2, with the names of the standard: one block into `state`. */
function compress(data: Uint8Array, start: number): void {
  const w = schedule;
  for (let t = 0, at = start; t < 16; t += 1, at += 4) {
    w[t] =
      (byte(data, at) << 24) |
      (byte(data, at + 1) << 16) |
      (byte(data, at + 2) << 8) |
      byte(data, at + 3);
  }
  for (let t = 16; t < 64; t += 1) {
    const early = word(w, t - 15);
    const late = word(w, t - 2);
    const sigma0 = rotr(early, 7) ^ rotr(early, 18) ^ (early >>> 3);
    const sigma1 = rotr(late, 17) ^ rotr(late, 19) ^ (late >>> 10);
    w[t] = word(w, t - 16) + sigma0 + word(w, t - 7) + sigma1;
  }
  let a = word(state, 0);
  let b = word(state, 1);
  let c = word(state, 2);
  let d = word(state, 3);
  let e = word(state, 4);
  let f = word(state, 5);
  let g = word(state, 6);
  let h = word(state, 7);
  for (let t = 0; t < 64; t += 1) {
    const sum1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    const t1 = (h + sum1 + ((e & f) ^ (~e & g)) + word(ROUND, t) + word(w, t)) | 0;
    const sum0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
    const t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = word(state, 0) + a;
  state[1] = word(state, 1) + b;
  state[2] = word(state, 2) + c;
  state[3] = word(state, 3) + d;
  state[4] = word(state, 4) + e;
  state[5] = word(state, 5) + f;
  state[6] = word(state, 6) + g;
  state[7] = word(state, 7) + h;
}

/** What is stored in an `Int32Array` is reduced to 32 bits. */
function upperHalf(constant: bigint): number {
  return Number(constant >> 32n);
}

function rotr(x: number, n: number): number {
  return (x >>> n) | (x << (32 - n));
}

function word(words: Int32Array, i: number): number {
  return words[i] ?? 0;
}

function byte(data: Uint8Array, at: number): number {
  return data[at] ?? 0;
}
