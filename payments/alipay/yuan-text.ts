/** Alipay writes yuan with two decimals. */
export function yuanText(fen: bigint): string {
  const digits = String(fen).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** In fen; up to two decimals, none of them needed. Undefined for anything else. */
export function readYuan(text: string): bigint | undefined {
  const parts = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(text);
  if (parts === null) return undefined;
  const [, whole = '', decimals = ''] = parts;
  return BigInt(whole) * 100n + BigInt(decimals.padEnd(2, '0'));
}
