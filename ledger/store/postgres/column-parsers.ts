const BOOL = 16;
const BYTEA = 17;
const INTEGERS: ReadonlySet<number> = new Set([20, 21, 23, 26]);

/** Text form of a column as a value; everything that is not named here stays text. */
export function parserOf(type: number) {
  if (type === BYTEA) return bytesOf;
  if (INTEGERS.has(type)) return Number;
  if (type === BOOL) return (text: string) => text === 't';
  return (text: string) => text;
}

/** Bytes in a buffer of their own, which can be handed over. */
function bytesOf(text: string): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow((text.length - 2) / 2);
  bytes.write(text.slice(2), 'hex');
  return bytes;
}
