/*
 * Keccak-256 as Ethereum has it: the permutation of FIPS 202, whose names it keeps, with the padding of
 * the contest (0x01) instead of the standard's (0x06). A receipt is some dozens of short messages: on
 * `bigint` it is slow, and a fraction of the size.
 */

const RATE_BYTES = 136;

/** The hash of the bytes, 32 bytes. */
export function keccak256(message: Uint8Array): Uint8Array {
  const blocks = pad(message);
  const A = new BigUint64Array(25);
  for (let start = 0; start < blocks.byteLength; start += RATE_BYTES) {
    for (let i = 0; 8 * i < RATE_BYTES; i++) {
      A[i] = at(A, i) ^ blocks.getBigUint64(start + 8 * i, true);
    }
    for (const constant of ROUND_CONSTANTS) permute(A, constant);
  }
  const hash = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i++) hash.setBigUint64(8 * i, at(A, i), true);
  return new Uint8Array(hash.buffer);
}

function pad(message: Uint8Array): DataView {
  const blockCount = Math.floor(message.length / RATE_BYTES) + 1;
  const bytes = new Uint8Array(blockCount * RATE_BYTES);
  bytes.set(message);
  bytes[message.length] = 0x01;
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) | 0x80;
  return new DataView(bytes.buffer);
}

/** One round (3.2) on the lanes A[x + 5 y]. */
function permute(A: BigUint64Array, constant: bigint): void {
  // Theta.
  const C = FIVE.map((x) => FIVE.reduce((sum, y) => sum ^ at(A, x + 5 * y), 0n));
  for (let i = 0; i < 25; i++) {
    A[i] = at(A, i) ^ (C[(i + 4) % 5] ?? 0n) ^ rotate(C[(i + 1) % 5] ?? 0n, 1);
  }
  // Rho and pi: each lane turned, and put where the next one was.
  let [x, y, lane] = [1, 0, at(A, 1)];
  for (let t = 1; t < 25; t++) {
    [x, y] = [y, (2 * x + 3 * y) % 5];
    const next = at(A, x + 5 * y);
    A[x + 5 * y] = rotate(lane, (t * (t + 1)) / 2);
    lane = next;
  }
  // Chi.
  for (let row = 0; row < 25; row += 5) {
    const B = A.slice(row, row + 5);
    for (const i of FIVE) A[row + i] = at(B, i) ^ (~at(B, (i + 1) % 5) & at(B, (i + 2) % 5));
  }
  // Iota.
  A[0] = at(A, 0) ^ constant;
}

const FIVE = [0, 1, 2, 3, 4];

/** 3.2.5, whose shift register over x^8 + x^6 + x^5 + x^4 + 1 gives a bit each. */
const ROUND_CONSTANTS = makeRoundConstants();

function makeRoundConstants(): readonly bigint[] {
  let register = 1;
  return Array.from({ length: 24 }, () => {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if ((register & 1) === 1) constant |= 1n << BigInt(2 ** j - 1);
      register = (register << 1) ^ ((register >> 7) * 0x171);
    }
    return constant;
  });
}

function at(lanes: BigUint64Array, index: number): bigint {
  return lanes[index] ?? 0n;
}

/** To the left; what goes beyond 64 bits is cut off where it is stored. */
function rotate(lane: bigint, count: number): bigint {
  const n = BigInt(count % 64);
  return BigInt.asUintN(64, (lane << n) | (lane >> (64n - n)));
}
