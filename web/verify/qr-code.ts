import { utf8 } from '../../ledger/core/bytes.ts';

/*
 * The QR code (ISO/IEC 18004) of a bill's link, for the printed report. Of all the standard this is the one
 * kind that a link needs: version 9, level M, bytes, mask 0. A library for all of them weighs 6 kB.
 */

/** Modules on a side. */
export const QR_SIZE = 53;
const MOST_BYTES = 180;
/** Table 9: three blocks with 36 data codewords and two with 37, each with 22 for correction. */
const DATA_LENGTHS = [36, 36, 36, 37, 37];
const CORRECTION = 22;
/** Table C.1 for level M and mask 0, and table D.1 for version 9. */
const FORMAT_BITS = 0x5412;
const VERSION_BITS = 0x09a99;

type Matrix = (boolean | undefined)[][];

/** Rows of modules, true is dark. Undefined for a text of more than 180 bytes. */
export function qrCode(text: string): boolean[][] | undefined {
  const bytes = utf8(text);
  if (bytes.length > MOST_BYTES) return undefined;
  const matrix: Matrix = Array.from({ length: QR_SIZE }, () => []);
  drawPatterns(matrix);
  drawInformation(matrix);
  drawCodewords(matrix, codewordsOf(bytes));
  return matrix.map((row) => Array.from(row, (dark) => dark === true));
}

/** 7.4 to 7.6: mode and length before the bytes, padding behind; then the blocks, interleaved. */
function codewordsOf(bytes: Uint8Array): number[] {
  const nibbles = [4, bytes.length >> 4, bytes.length & 15];
  for (const byte of bytes) nibbles.push(byte >> 4, byte & 15);
  nibbles.push(0);
  const total = DATA_LENGTHS.reduce((sum, length) => sum + length, 0);
  const data = Array.from({ length: nibbles.length / 2 }, (_, i) => {
    return ((nibbles[2 * i] ?? 0) << 4) | (nibbles[2 * i + 1] ?? 0);
  });
  for (let pad = 0xec; data.length < total; pad ^= 0xec ^ 0x11) data.push(pad);
  const blocks = DATA_LENGTHS.map((length) => data.splice(0, length));
  return [...interleaved(blocks), ...interleaved(blocks.map(correctionOf))];
}

function interleaved(blocks: readonly number[][]): number[] {
  const longest = Math.max(...blocks.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => blocks.map((block) => block[i]))
    .flat()
    .filter((codeword) => codeword !== undefined);
}

/** Remainder of the block by the generator polynomial of degree 22 (annex A). */
function correctionOf(block: readonly number[]): number[] {
  const generator = [1];
  for (let i = 0, root = 1; i < CORRECTION; i += 1, root = times(root, 2)) {
    generator.push(0);
    for (let j = generator.length - 1; j > 0; j -= 1) {
      generator[j] = (generator[j] ?? 0) ^ times(generator[j - 1] ?? 0, root);
    }
  }
  const rest = [...block, ...Array(CORRECTION).fill(0)];
  for (let i = 0; i < block.length; i += 1) {
    const factor = rest[i];
    for (const [j, term] of generator.entries()) rest[i + j] ^= times(term, factor);
  }
  return rest.slice(block.length);
}

/** Product in GF(2)[x] / (x^8 + x^4 + x^3 + x^2 + 1). */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ (product > 127 ? 0x11d : 0);
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

/** 6.3: finders with their separators, alignment, timing. */
function drawPatterns(matrix: Matrix): void {
  const square = (
    row: number,
    column: number,
    reach: number,
    isDark: (ring: number) => boolean,
  ) => {
    for (let dy = -reach; dy <= reach; dy += 1) {
      for (let dx = -reach; dx <= reach; dx += 1) {
        const inside = row + dy >= 0 && row + dy < QR_SIZE && column + dx < QR_SIZE;
        if (inside && column + dx >= 0) {
          set(matrix, row + dy, column + dx, isDark(Math.max(Math.abs(dx), Math.abs(dy))));
        }
      }
    }
  };
  for (let i = 0; i < QR_SIZE; i += 1) {
    set(matrix, 6, i, i % 2 === 0);
    set(matrix, i, 6, i % 2 === 0);
  }
  for (const [row, column] of ALIGNMENTS) square(row, column, 2, (ring) => ring !== 1);
  for (const [row, column] of FINDERS) square(row, column, 4, (ring) => ring !== 2 && ring !== 4);
}

const FINDERS = [
  [3, 3],
  [3, QR_SIZE - 4],
  [QR_SIZE - 4, 3],
] as const;
/** Annex E for version 9: 6, 26, 46, without the corners. */
const ALIGNMENTS = [
  [6, 26],
  [26, 6],
  [26, 26],
  [26, 46],
  [46, 26],
  [46, 46],
] as const;

/** 7.9 and 7.10: level and mask, and the version, twice each. */
function drawInformation(matrix: Matrix): void {
  for (let i = 0; i < 15; i += 1) {
    const dark = ((FORMAT_BITS >> i) & 1) === 1;
    // Around the first finder the timing pattern is stepped over.
    if (i < 8) set(matrix, i + Number(i > 5), 8, dark);
    else set(matrix, 8, i === 8 ? 7 : 14 - i, dark);
    if (i < 8) set(matrix, 8, QR_SIZE - 1 - i, dark);
    else set(matrix, QR_SIZE - 15 + i, 8, dark);
  }
  set(matrix, QR_SIZE - 8, 8, true);
  for (let i = 0; i < 18; i += 1) {
    const dark = ((VERSION_BITS >> i) & 1) === 1;
    const [near, far] = [Math.floor(i / 3), QR_SIZE - 11 + (i % 3)];
    set(matrix, near, far, dark);
    set(matrix, far, near, dark);
  }
}

/** 7.7.3 and 7.8: in pairs of columns from the right, up and down, under mask 0. */
function drawCodewords(matrix: Matrix, codewords: readonly number[]): void {
  let bit = 0;
  for (let right = QR_SIZE - 1; right > 0; right -= 2) {
    // The vertical timing pattern has a column of its own.
    if (right === 6) right = 5;
    const isUpward = ((right + 1) & 2) === 0;
    for (let step = 0; step < QR_SIZE; step += 1) {
      const row = isUpward ? QR_SIZE - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (matrix[row]?.[column] !== undefined) continue;
        const value = ((codewords[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
        set(matrix, row, column, (value === 1) !== ((row + column) % 2 === 0));
        bit += 1;
      }
    }
  }
}

function set(matrix: Matrix, row: number, column: number, dark: boolean): void {
  const modules = matrix[row];
  if (modules !== undefined) modules[column] = dark;
}
