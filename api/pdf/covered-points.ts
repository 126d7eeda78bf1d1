/** Which code points a font has a glyph for. */
export type Covers = (codePoint: number) => boolean;

/**
 * Reads the character map of a TrueType or OpenType font (`cmap`, formats 4 and 12). Of a collection (TTC) the
 * first font counts: those of Noto CJK have the same characters and draw some of them differently.
 */
export function coveredPoints(font: Buffer): Covers {
  const start = font.toString('latin1', 0, 4) === 'ttcf' ? font.readUInt32BE(12) : 0;
  const cmap = tableAt(font, start, 'cmap');
  if (cmap === undefined) throw new Error('this font has no character map');
  const maps: Covers[] = [];
  for (let i = 0; i < font.readUInt16BE(cmap + 2); i += 1) {
    const platform = font.readUInt16BE(cmap + 4 + i * 8);
    const map = cmap + font.readUInt32BE(cmap + 8 + i * 8);
    const format = font.readUInt16BE(map);
    // Unicode, by its own platform or Windows'.
    if (platform !== 0 && platform !== 3) continue;
    if (format === 12) maps.push(inGroups(font, map));
    else if (format === 4) maps.push(inSegments(font, map));
  }
  return (codePoint) => maps.some((covers) => covers(codePoint));
}

function tableAt(font: Buffer, start: number, tag: string): number | undefined {
  for (let i = 0; i < font.readUInt16BE(start + 4); i += 1) {
    const entry = start + 12 + i * 16;
    if (font.toString('latin1', entry, entry + 4) === tag) return font.readUInt32BE(entry + 8);
  }
  return undefined;
}

function inGroups(font: Buffer, map: number): Covers {
  const count = font.readUInt32BE(map + 12);
  return (codePoint) => {
    for (let i = 0; i < count; i += 1) {
      const group = map + 16 + i * 12;
      if (codePoint > font.readUInt32BE(group + 4)) continue;
      return codePoint >= font.readUInt32BE(group);
    }
    return false;
  };
}

function inSegments(font: Buffer, map: number): Covers {
  const twice = font.readUInt16BE(map + 6);
  const [ends, starts] = [map + 14, map + 16 + twice];
  const [deltas, ranges] = [starts + twice, starts + 2 * twice];
  return (codePoint) => {
    if (codePoint > 0xffff) return false;
    for (let at = 0; at < twice; at += 2) {
      if (codePoint > font.readUInt16BE(ends + at)) continue;
      const first = font.readUInt16BE(starts + at);
      if (codePoint < first) return false;
      const range = font.readUInt16BE(ranges + at);
      const delta = font.readUInt16BE(deltas + at);
      if (range === 0) return ((codePoint + delta) & 0xffff) !== 0;
      const glyph = font.readUInt16BE(ranges + at + range + 2 * (codePoint - first));
      return glyph !== 0;
    }
    return false;
  };
}
