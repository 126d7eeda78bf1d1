const decoder = new TextDecoder('gbk');

/** Every character that GBK has two bytes for. The platform decodes GBK and does not encode it. */
const CODES = new Map<string, number>();
for (let lead = 0x81; lead <= 0xfe; lead += 1) {
  for (let trail = 0x40; trail <= 0xfe; trail += 1) {
    const character = decoder.decode(Uint8Array.of(lead, trail));
    const isOne = character.length === 1 && !character.includes('\ufffd');
    if (isOne && !CODES.has(character)) CODES.set(character, lead * 256 + trail);
  }
}

export function gbk(text: string): Buffer {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.charCodeAt(0);
    const pair = CODES.get(character);
    if (code < 0x80) bytes.push(code);
    else if (pair === undefined) throw new Error(`${character} is not in GBK`);
    else bytes.push(pair >> 8, pair & 0xff);
  }
  return Buffer.from(bytes);
}
