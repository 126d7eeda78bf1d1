import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Refusal } from '../../ledger/core/refusal.ts';
import { type Covers, coveredPoints } from './covered-points.ts';
import { woffToSfnt } from './woff-font.ts';

/** A font that a document can take in, under a name of its own. */
export interface PdfFont {
  readonly name: string;
  readonly bytes: Buffer;
  /** Name of the font in a collection. */
  readonly family: string | undefined;
}

/** A stretch of a text that one font draws. */
export interface FontRun {
  readonly font: PdfFont;
  readonly text: string;
}

/**
 * Fonts for what is printed. A PDF shows an empty box for a character that its font lacks, and says nothing;
 * so each code point is looked up, and what no font has is refused by name (`glyph-missing`).
 *
 * Without a file of the operator's the fonts are those of an npm package, the same on every machine: one with
 * the characters of GB 2312 and Latin, and a hundred small ones for rare characters, opened when they are needed.
 */
export class PdfFonts {
  readonly #first: PdfFont;
  readonly #covers: Covers;
  readonly #rare: readonly RareFont[];

  private constructor(first: PdfFont, rare: readonly RareFont[]) {
    this.#first = first;
    this.#covers = coveredPoints(first.bytes);
    this.#rare = rare;
  }

  /** `file` is a TTF, OTF or TTC; of the last `#name` says which font (`…/NotoSansCJK-Regular.ttc#NotoSansCJKsc-Regular`). */
  static open(file: string | undefined): PdfFonts {
    if (file === undefined) return new PdfFonts(packaged('chinese-simplified'), rareFonts());
    const [path = '', family] = file.split('#');
    return new PdfFonts({ name: 'chosen', bytes: readFileSync(path), family }, []);
  }

  /** The text in stretches of one font each. Refuses `glyph-missing`. */
  runs(text: string): FontRun[] {
    const runs: { font: PdfFont; text: string }[] = [];
    for (const character of text) {
      const font = this.#fontOf(character);
      const last = runs.at(-1);
      if (last?.font === font) last.text += character;
      else runs.push({ font, text: character });
    }
    return runs;
  }

  #fontOf(character: string): PdfFont {
    const codePoint = character.codePointAt(0) ?? 0;
    if (this.#covers(codePoint)) return this.#first;
    for (const rare of this.#rare) {
      const font = rare.fontFor(codePoint);
      if (font !== undefined) return font;
    }
    const shown = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
    const message = `The font has no glyph for ${shown}. Name another font (BILLPROOF_PDF_FONT).`;
    throw new Refusal('glyph-missing', message, { character: shown });
  }
}

/** Opened when they are first needed: it takes a tenth of a second and some megabytes. */
export function keptFonts(file: string | undefined): () => PdfFonts {
  let fonts: PdfFonts | undefined;
  return () => {
    fonts ??= PdfFonts.open(file);
    return fonts;
  };
}

/** A font of the package with the few characters of its ranges. */
class RareFont {
  readonly #file: string;
  readonly #ranges: readonly (readonly [from: number, to: number])[];
  #opened: { readonly font: PdfFont; readonly covers: Covers } | undefined;

  constructor(file: string, ranges: string) {
    this.#file = file;
    this.#ranges = ranges.split(',').map((range) => {
      const [from = '', to = from] = range.replace('U+', '').split('-');
      return [Number.parseInt(from, 16), Number.parseInt(to, 16)];
    });
  }

  fontFor(codePoint: number): PdfFont | undefined {
    if (!this.#ranges.some(([from, to]) => codePoint >= from && codePoint <= to)) return undefined;
    if (this.#opened === undefined) {
      const font = packaged(this.#file);
      this.#opened = { font, covers: coveredPoints(font.bytes) };
    }
    return this.#opened.covers(codePoint) ? this.#opened.font : undefined;
  }
}

function rareFonts(): RareFont[] {
  const ranges: Record<string, string> = JSON.parse(
    readFileSync(join(folder(), 'unicode.json'), 'utf8'),
  );
  return Object.entries(ranges).map(([name, list]) => {
    return new RareFont(name.replace(/^\[(\d+)\]$/, '$1'), list);
  });
}

function packaged(part: string): PdfFont {
  const file = join(folder(), 'files', `noto-sans-sc-${part}-400-normal.woff`);
  return { name: `noto-${part}`, bytes: woffToSfnt(readFileSync(file)), family: undefined };
}

function folder(): string {
  return dirname(createRequire(import.meta.url).resolve('@fontsource/noto-sans-sc/package.json'));
}
