import { TextDecoder } from 'node:util';
import { SaxesParser } from 'saxes';
import { badXml, truncated } from './settlement-refusals.ts';

const MOST_DEPTH = 64;
/** Between two tags: no text, comment or attribute of a statement is longer. */
const LONGEST_STRETCH = 1 << 20;
const LONGEST_TEXT = 8_192;
const LONGEST_DECLARATION = 256;

/** WHATWG names of the encodings that banks use. */
const ENCODINGS = new Map([
  ['utf-8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['iso-8859-1', 'windows-1252'],
  ['gb2312', 'gbk'],
  ['gbk', 'gbk'],
  ['gb18030', 'gb18030'],
]);

/** A place in the document: the elements below it that are of interest, by their local names. */
export interface XmlPlace {
  /** Path of an element whose text is wanted, such as `Ntry/Amt`; empty for one that is only passed. */
  readonly path: string;
  readonly wantsText: boolean;
  readonly below: Map<string, XmlPlace>;
}

export interface XmlListener {
  /** The first element, with its namespace. */
  root(localName: string, namespace: string): void;
  open(path: string, attributes: Readonly<Record<string, string>>): void;
  close(path: string, text: string): void;
}

/** The places of paths such as `Document/Stmt/Ntry`; those that end in `=` give their text. */
export function placesOf(paths: readonly string[]): XmlPlace {
  const top: XmlPlace = { path: '', wantsText: false, below: new Map() };
  for (const written of paths) {
    const path = written.replace('=', '');
    let place = top;
    let at = '';
    for (const name of path.split('/')) {
      at = at === '' ? name : `${at}/${name}`;
      const wantsText = at === path && written.endsWith('=');
      const known: XmlPlace = place.below.get(name) ?? { path: at, wantsText, below: new Map() };
      place.below.set(name, known);
      place = known;
    }
  }
  return top;
}

/** Where everything lies that is of no interest. */
const ELSEWHERE: XmlPlace = { path: '', wantsText: false, below: new Map() };

/**
 * XML as it comes, by places, in constant memory. There is no document type here and no entity but the
 * five of XML itself, so nothing can be made to grow; depth and lengths are limited.
 */
export class XmlElements {
  readonly #listener: XmlListener;
  readonly #places: XmlPlace;
  readonly #xml = new SaxesParser({ xmlns: false, position: false });
  readonly #open: XmlPlace[] = [];
  #decoder: TextDecoder | undefined;
  #head: Buffer = Buffer.alloc(0);
  #place: XmlPlace;
  #text = '';
  #stretch = 0;
  #isEnding = false;

  constructor(places: XmlPlace, listener: XmlListener) {
    this.#places = places;
    this.#place = places;
    this.#listener = listener;
    const xml = this.#xml;
    xml.on('doctype', () => {
      throw badXml('it has a document type (DOCTYPE)');
    });
    xml.on('error', () => {
      throw this.#isEnding ? truncated('XML') : badXml('it is not well-formed');
    });
    xml.on('opentag', ({ name, attributes }) => this.#opened(name, attributes));
    xml.on('closetag', () => this.#closed());
    xml.on('text', (text) => this.#append(text));
    xml.on('cdata', (text) => this.#append(text));
  }

  push(bytes: Buffer): void {
    if (this.#decoder !== undefined) {
      this.#write(bytes, this.#decoder);
      return;
    }
    this.#head = Buffer.concat([this.#head, bytes]);
    const isWhole = this.#head.includes('?>') || this.#head.length >= LONGEST_DECLARATION;
    if (isWhole) this.#start();
  }

  end(): void {
    if (this.#decoder === undefined) this.#start();
    this.#isEnding = true;
    try {
      this.#xml.write(this.#decoder?.decode() ?? '');
    } catch (error) {
      throw error instanceof TypeError ? truncated('XML') : error;
    }
    this.#xml.close();
  }

  #start(): void {
    const head = this.#head.subarray(0, LONGEST_DECLARATION).toString('latin1');
    const declared = /^(?:ï»¿)?<\?xml[^>]*?\sencoding\s*=\s*["']([\w-]+)["']/.exec(head)?.[1];
    const name = (declared ?? 'utf-8').toLowerCase();
    const label = ENCODINGS.get(name);
    if (label === undefined) throw badXml(`its encoding ${name} is not one of those read`);
    this.#decoder = new TextDecoder(label, { fatal: true });
    const bytes = this.#head;
    this.#head = Buffer.alloc(0);
    this.#write(bytes, this.#decoder);
  }

  #write(bytes: Buffer, decoder: TextDecoder): void {
    let text: string;
    try {
      text = decoder.decode(bytes, { stream: true });
    } catch {
      throw badXml('it has bytes that its encoding does not allow');
    }
    this.#stretch += text.length;
    if (this.#stretch > LONGEST_STRETCH) throw badXml('a text in it is too long');
    this.#xml.write(text);
  }

  #opened(name: string, attributes: Readonly<Record<string, string>>): void {
    this.#stretch = 0;
    const colon = name.indexOf(':');
    const local = colon < 0 ? name : name.slice(colon + 1);
    if (this.#open.length === 0) {
      const namespace = attributes[colon < 0 ? 'xmlns' : `xmlns:${name.slice(0, colon)}`] ?? '';
      this.#listener.root(local, namespace);
    }
    if (this.#open.length === MOST_DEPTH) throw badXml('its elements lie too deep');
    const parent = this.#place;
    this.#open.push(parent);
    this.#place = parent.below.get(local) ?? ELSEWHERE;
    this.#text = '';
    if (this.#place.path !== '') this.#listener.open(this.#place.path, attributes);
  }

  #closed(): void {
    this.#stretch = 0;
    const { path, wantsText } = this.#place;
    if (path !== '') this.#listener.close(path, wantsText ? ownText(this.#text.trim()) : '');
    this.#text = '';
    this.#place = this.#open.pop() ?? this.#places;
  }

  #append(text: string): void {
    if (!this.#place.wantsText) return;
    this.#text += text;
    if (this.#text.length > LONGEST_TEXT) throw badXml('a text in it is too long');
  }
}

/** A part of a longer text keeps all of that alive; rows may be kept for long. */
function ownText(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, 'utf8').toString('utf8');
}
