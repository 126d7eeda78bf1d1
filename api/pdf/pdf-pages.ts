import PDFDocument from 'pdfkit';
import type { PdfFonts } from './pdf-fonts.ts';

/** Points to a millimetre. */
export const MM = 72 / 25.4;
const WIDTH = 210 * MM;
const HEIGHT = 297 * MM;
export const MARGIN = 18 * MM;
export const INNER_WIDTH = WIDTH - 2 * MARGIN;
const BOTTOM = HEIGHT - MARGIN;
const LINE = 1.35;
const BLACK = '#000000';
const GREY = '#555555';

export interface Column {
  readonly title: string;
  /** Share of the width. */
  readonly share: number;
  readonly align?: 'left' | 'right';
}

export interface AttachedFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** A4 pages that are written from top to bottom, black on white, in glyphs that are all there. */
export class PdfPages {
  y = MARGIN;
  readonly #fonts: PdfFonts;
  readonly #doc: PDFKit.PDFDocument;
  readonly #chunks: Buffer[] = [];
  readonly #ended: Promise<void>;
  readonly #known = new Set<string>();

  constructor(fonts: PdfFonts, about: { readonly title: string; readonly atMs: number }) {
    this.#fonts = fonts;
    this.#doc = new PDFDocument({
      ...{ size: 'A4', margin: 0, lang: 'zh-CN', displayTitle: true, bufferPages: true },
      info: { Title: about.title, Producer: 'Billproof', CreationDate: new Date(about.atMs) },
    });
    this.#doc.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    this.#ended = new Promise((resolve, reject) => {
      this.#doc.on('end', resolve);
      this.#doc.on('error', reject);
    });
  }

  /** A paragraph over the whole width, or the part of it that is asked for. */
  text(text: string, size = 9, at: { x?: number; width?: number; grey?: boolean } = {}): void {
    const { x = MARGIN, width = INNER_WIDTH, grey = false } = at;
    for (const line of this.#wrapped(text, size, width)) {
      this.room(size * LINE);
      this.#draw(line, x, this.y, size, grey);
      this.y += size * LINE;
    }
  }

  heading(text: string): void {
    this.room(60);
    this.y += 10;
    this.text(text, 11);
    this.y += 2;
  }

  /** Rows under a heading that is repeated on each page; no row is split. */
  table(columns: readonly Column[], rows: readonly (readonly string[])[], size = 8): void {
    const whole = columns.reduce((sum, { share }) => sum + share, 0);
    const places = columns.map(({ share, align = 'left' }) => {
      return { width: (INNER_WIDTH * share) / whole, align };
    });
    const head = columns.map(({ title }) => title);
    this.room(size * LINE * 4);
    this.#row(places, head, size, true);
    for (const row of rows) {
      if (this.#isBelow(this.#heightOf(places, row, size))) {
        this.#nextPage();
        this.#row(places, head, size, true);
      }
      this.#row(places, row, size, false);
    }
  }

  /** Dark modules of a QR code at the place, `side` wide without its quiet zone. */
  modules(code: readonly (readonly boolean[])[], x: number, y: number, side: number): void {
    const module = side / code.length;
    this.#doc.fillColor(BLACK);
    for (const [row, cells] of code.entries()) {
      for (const [column, dark] of cells.entries()) {
        if (dark) this.#doc.rect(x + column * module, y + row * module, module, module);
      }
    }
    this.#doc.fill();
  }

  /** Makes sure that so much fits under what is written. */
  room(height: number): void {
    if (this.#isBelow(height)) this.#nextPage();
  }

  attach({ name, type, bytes }: AttachedFile): void {
    // ISO 32000-2, 7.11.3: the data that the page was made from; the types do not know it yet.
    const options = { name, type, relationship: 'Data' };
    this.#doc.file(bytes, options);
  }

  async finish(foot: string): Promise<Uint8Array<ArrayBuffer>> {
    const { count } = this.#doc.bufferedPageRange();
    for (let page = 0; page < count; page += 1) {
      this.#doc.switchToPage(page);
      this.#draw(`${foot} · ${page + 1}/${count}`, MARGIN, BOTTOM + 4 * MM, 7, true);
    }
    this.#doc.end();
    await this.#ended;
    return new Uint8Array(Buffer.concat(this.#chunks));
  }

  #row(
    places: readonly { readonly width: number; readonly align: 'left' | 'right' }[],
    cells: readonly string[],
    size: number,
    isHead: boolean,
  ): void {
    const height = this.#heightOf(places, cells, size);
    let x = MARGIN;
    for (const [i, { width, align }] of places.entries()) {
      for (const [j, line] of this.#wrapped(cells[i] ?? '', size, width - 4).entries()) {
        const left = align === 'left' ? x : x + width - 4 - this.#widthOf(line, size);
        this.#draw(line, left, this.y + j * size * LINE, size, isHead);
      }
      x += width;
    }
    this.y += height;
    this.#doc
      .moveTo(MARGIN, this.y - 1)
      .lineTo(MARGIN + INNER_WIDTH, this.y - 1)
      .lineWidth(isHead ? 0.8 : 0.2)
      .strokeColor(isHead ? BLACK : GREY)
      .stroke();
    this.y += 2;
  }

  #heightOf(
    places: readonly { readonly width: number }[],
    cells: readonly string[],
    size: number,
  ): number {
    const lines = places.map(({ width }, i) => {
      return this.#wrapped(cells[i] ?? '', size, width - 4).length;
    });
    return Math.max(1, ...lines) * size * LINE + 2;
  }

  #isBelow(height: number): boolean {
    return this.y + height > BOTTOM;
  }

  #nextPage(): void {
    this.#doc.addPage();
    this.y = MARGIN;
  }

  /** Breaks at spaces and between Chinese characters, and inside a word that is wider than its place. */
  #wrapped(text: string, size: number, width: number): string[] {
    const lines: string[] = [];
    let line = '';
    for (const word of text.match(WORDS) ?? []) {
      if (this.#widthOf(line + word.trimEnd(), size) <= width) {
        line += word;
        continue;
      }
      if (line !== '') lines.push(line.trimEnd());
      line = '';
      for (const character of word) {
        if (line !== '' && this.#widthOf(line + character, size) > width) {
          lines.push(line);
          line = '';
        }
        line += character;
      }
    }
    return [...lines, line.trimEnd()];
  }

  #widthOf(text: string, size: number): number {
    return this.#fonts.runs(text).reduce((sum, { font, text: part }) => {
      return sum + this.#with(font, size).widthOfString(part);
    }, 0);
  }

  #draw(text: string, x: number, y: number, size: number, grey: boolean): void {
    let at = x;
    for (const { font, text: part } of this.#fonts.runs(text)) {
      const doc = this.#with(font, size).fillColor(grey ? GREY : BLACK);
      doc.text(part, at, y, { lineBreak: false });
      at += doc.widthOfString(part);
    }
  }

  #with({ name, bytes, family }: ReturnType<PdfFonts['runs']>[number]['font'], size: number) {
    if (!this.#known.has(name)) {
      this.#known.add(name);
      if (family === undefined) this.#doc.registerFont(name, bytes);
      else this.#doc.registerFont(name, bytes, family);
    }
    return this.#doc.font(name).fontSize(size);
  }
}

const WORDS =
  /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef][，。、：；）]*|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+\s*|\s+/gu;
