import { TextDecoder } from 'node:util';

/**
 * Writes GBK, which the platform only reads: its decoder is turned around once. What GBK has no
 * character for becomes a question mark.
 */
export function gbkBytes(text: string): Uint8Array {
  table ??= readTable();
  const bytes: number[] = [];
  for (const character of text) bytes.push(...(table.get(character) ?? [0x3f]));
  return Uint8Array.from(bytes);
}

let table: ReadonlyMap<string, readonly number[]> | undefined;

function readTable(): ReadonlyMap<string, readonly number[]> {
  const decoder = new TextDecoder('gbk', { fatal: true });
  const found = new Map<string, readonly number[]>();
  for (let byte = 0; byte < 0x80; byte += 1) found.set(String.fromCharCode(byte), [byte]);
  for (let lead = 0x81; lead < 0xff; lead += 1) {
    for (let trail = 0x40; trail < 0xff; trail += 1) {
      if (trail === 0x7f) continue;
      const character = decodeOne(decoder, [lead, trail]);
      if (character !== undefined && !found.has(character)) found.set(character, [lead, trail]);
    }
  }
  return found;
}

function decodeOne(decoder: TextDecoder, bytes: readonly number[]): string | undefined {
  try {
    return decoder.decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}
