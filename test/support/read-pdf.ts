import { createRequire } from 'node:module';
import { inflateSync } from 'node:zlib';

export interface DrawnPdf {
  readonly pages: number;
  /** Texts as they were drawn, one after the other. */
  readonly texts: readonly string[];
  /** Glyphs that are drawn and have no outline, by character. */
  readonly empty: readonly string[];
  /** Filled rectangles: x, y, width, height. */
  readonly rectangles: readonly (readonly number[])[];
}

/** What a PDF of ours shows, read by another way than it was written. */
export function readPdf(bytes: Uint8Array): DrawnPdf {
  const objects = objectsOf(Buffer.from(bytes));
  const fonts = new Map<string, EmbeddedFont>();
  for (const { text } of objects.values()) {
    for (const [, list = ''] of text.matchAll(/\/Font <<([^>]*)>>/g)) {
      for (const [, name = '', id = ''] of list.matchAll(/\/(\w+) (\d+) 0 R/g)) {
        fonts.set(name, fontOf(objects, id));
      }
    }
  }
  const texts: string[] = [];
  const empty = new Set<string>();
  const rectangles: number[][] = [];
  const contents = [...objects.values()].filter(({ text }) => /\/Contents \d/.test(text));
  for (const { text } of contents) {
    const drawn = content(objects, /\/Contents (\d+)/.exec(text)?.[1] ?? '').toString('latin1');
    let font: EmbeddedFont | undefined;
    for (const [whole, name, hexes, rectangle] of drawn.matchAll(DRAWN)) {
      if (name !== undefined) font = fonts.get(name);
      else if (rectangle !== undefined) rectangles.push(whole.split(' ').slice(0, 4).map(Number));
      else if (font !== undefined) texts.push(textIn(hexes ?? '', font, empty));
    }
  }
  return { pages: contents.length, texts, empty: [...empty], rectangles };
}

/** The pixels of a QR code of the rectangles, with its quiet zone; `scale` pixels a module. */
export function bitmapOf(rectangles: DrawnPdf['rectangles'], scale = 4) {
  const side = Math.min(...rectangles.map(([, , width = 0]) => width));
  const [left, top] = [0, 1].map((at) => Math.min(...rectangles.map((one) => one[at] ?? 0)));
  const places = rectangles.map(([x = 0, y = 0]) => [
    Math.round((x - (left ?? 0)) / side),
    Math.round((y - (top ?? 0)) / side),
  ]);
  const size = (Math.max(...places.flat()) + 9) * scale;
  const pixels = new Uint8ClampedArray(size * size * 4).fill(255);
  for (const [x = 0, y = 0] of places) {
    for (let i = 0; i < scale * scale; i += 1) {
      const px = (x + 4) * scale + (i % scale);
      const py = (y + 4) * scale + Math.floor(i / scale);
      pixels.fill(0, (py * size + px) * 4, (py * size + px) * 4 + 3);
    }
  }
  return { pixels, size };
}

const DRAWN = /\/(\w+) [\d.]+ Tf|\[((?:<[0-9a-f]*> ?-?[\d.]* ?)+)\] TJ|(?:[\d.-]+ ){4}(re)\b/g;

interface Part {
  readonly text: string;
  readonly stream: Buffer | undefined;
}
interface EmbeddedFont {
  readonly characters: ReadonlyMap<number, string>;
  readonly hasOutline: (glyph: number) => boolean;
}

function objectsOf(bytes: Buffer): Map<string, Part> {
  const text = bytes.toString('latin1');
  const objects = new Map<string, Part>();
  for (const found of text.matchAll(/(?:^|\n)(\d+) 0 obj\n/g)) {
    const start = found.index + found[0].length;
    const end = text.indexOf('endobj', start);
    const body = text.slice(start, end);
    const at = body.indexOf('stream\n');
    const length = Number(/\/Length (\d+)/.exec(body)?.[1] ?? 0);
    const from = start + at + 'stream\n'.length;
    const stream = at < 0 ? undefined : bytes.subarray(from, from + length);
    const head = at < 0 ? body : body.slice(0, at);
    objects.set(found[1] ?? '', { text: head.replaceAll('\n', ' '), stream });
  }
  return objects;
}

function content(objects: Map<string, Part>, id: string): Buffer {
  const { text = '', stream = Buffer.alloc(0) } = objects.get(id) ?? {};
  return text.includes('/FlateDecode') ? inflateSync(stream) : stream;
}

function fontOf(objects: Map<string, Part>, id: string): EmbeddedFont {
  const { text = '' } = objects.get(id) ?? {};
  const map = content(objects, /\/ToUnicode (\d+)/.exec(text)?.[1] ?? '').toString('latin1');
  const characters = new Map<number, string>();
  for (const [, first = '', list = ''] of map.matchAll(/<(\w+)> <\w+> \[([^\]]*)\]/g)) {
    for (const [i, [, hex = '']] of [...list.matchAll(/<([\w ]*)>/g)].entries()) {
      const character = Buffer.from(hex.replaceAll(' ', ''), 'hex').swap16().toString('utf16le');
      characters.set(Number.parseInt(first, 16) + i, character);
    }
  }
  const descendant = /\/DescendantFonts \[(\d+)/.exec(text)?.[1] ?? '';
  const descriptor = /\/FontDescriptor (\d+)/.exec(objects.get(descendant)?.text ?? '')?.[1] ?? '';
  const file = /\/FontFile[23] (\d+)/.exec(objects.get(descriptor)?.text ?? '')?.[1] ?? '';
  const font = createRequire(import.meta.url)('fontkit').create(content(objects, file));
  const hasOutline = (glyph: number) => font.getGlyph(glyph).path.commands.length > 0;
  return { characters, hasOutline };
}

function textIn(hexes: string, font: EmbeddedFont, empty: Set<string>): string {
  let text = '';
  for (const [, hex = ''] of hexes.matchAll(/<([0-9a-f]*)>/g)) {
    for (const [digits] of hex.matchAll(/.{4}/g)) {
      const glyph = Number.parseInt(digits, 16);
      const character = font.characters.get(glyph) ?? '\ufffd';
      if (character.trim() !== '' && (glyph === 0 || !font.hasOutline(glyph))) empty.add(character);
      text += character;
    }
  }
  return text;
}
