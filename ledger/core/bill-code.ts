/** Crockford's base32: no I, L, O, U. A symbol's place is its value, an element of GF(32). */
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 12;

/**
 * The code under the QR of a paper bill, for whoever has to type it: 55 random bits and a check symbol,
 * as `XXXX-XXXX-XXXX`. `random` = 7 bytes or more.
 */
export function billCode(random: Uint8Array): string {
  let bits = 0n;
  for (const byte of random.subarray(0, 7)) bits = (bits << 8n) | BigInt(byte);
  const values = Array.from({ length: LENGTH - 1 }, (_, i) =>
    Number((bits >> BigInt(5 * i)) & 31n),
  );
  const symbols = [...values, checkOf(values)].map((value) => SYMBOLS[value] ?? '').join('');
  return symbols.replace(/(.{4})(?=.)/g, '$1-');
}

/**
 * The twelve symbols that somebody meant: case, spaces and hyphens do not matter, O is 0, I and L are 1.
 * `undefined` when it is no code: any one symbol mistyped, or any two exchanged, are noticed.
 */
export function readBillCode(typed: string): string | undefined {
  const symbols = typed
    .toUpperCase()
    .replace(/[\s-]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  const values = [...symbols].map((symbol) => SYMBOLS.indexOf(symbol));
  if (values.length !== LENGTH || values.includes(-1)) return undefined;
  return checkOf(values.slice(0, -1)) === values.at(-1) ? symbols : undefined;
}

/**
 * The symbol that makes the sum of x^i times symbol i zero in GF(32), counted from the check symbol. The
 * weights differ and none is zero, so no single mistake and no exchange leaves the sum as it was.
 */
function checkOf(values: readonly number[]): number {
  return values.reduce((sum, value) => timesX(sum ^ value), 0);
}

/** Multiplication by x in GF(2)[x] / (x^5 + x^2 + 1), in which x has order 31. */
function timesX(value: number): number {
  return (value << 1) ^ (value > 15 ? 0b100101 : 0);
}
