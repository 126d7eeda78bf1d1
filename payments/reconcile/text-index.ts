const EMPTY = 0;
const FIRST_SLOTS = 1_024;
const CHUNK_BITS = 18;
const CHUNK_BYTES = 1 << CHUNK_BITS;
/** Longer texts are cut: none of those who are counted here may be. */
const LONGEST = 512;

/**
 * Numbers texts from 0 in the order in which they come, each once, and finds them again: exact, without an
 * object a text. Nothing is copied when it grows but the places, so that a million numbers of a provider
 * take little more than their own bytes.
 */
export class TextIndex {
  /** Number of a text + 1 by its hash, open addressing; 0 is a free place. */
  #slots = new Int32Array(FIRST_SLOTS);
  /** All texts as UTF-8; none lies across the end of a chunk. */
  readonly #chunks: Buffer[] = [];
  /** Where the next text goes, counted over all chunks. */
  #end = 0;
  #starts = new Uint32Array(FIRST_SLOTS);
  #lengths = new Uint16Array(FIRST_SLOTS);
  #size = 0;
  readonly #asked = Buffer.allocUnsafe(4 * LONGEST);

  get size(): number {
    return this.#size;
  }

  /** The number of a text, a new one where it was not there. */
  add(text: string): number {
    const length = this.#write(text);
    const place = this.#place(length);
    const known = this.#slots[place] ?? EMPTY;
    if (known !== EMPTY) return known - 1;
    const number = this.#size;
    if (number === this.#starts.length) this.#lengthen();
    const start = this.#room(length);
    this.#asked.copy(this.#chunk(start), start % CHUNK_BYTES, 0, length);
    this.#starts[number] = start;
    this.#lengths[number] = length;
    this.#slots[place] = number + 1;
    this.#size += 1;
    if (this.#size * 2 > this.#slots.length) this.#spread();
    return number;
  }

  /** -1 where it is not there. */
  find(text: string): number {
    return (this.#slots[this.#place(this.#write(text))] ?? EMPTY) - 1;
  }

  text(number: number): string {
    const start = this.#starts[number] ?? 0;
    const from = start % CHUNK_BYTES;
    return this.#chunk(start).toString('utf8', from, from + (this.#lengths[number] ?? 0));
  }

  #write(text: string): number {
    return this.#asked.write(text.slice(0, LONGEST), 'utf8');
  }

  /** Where the text in `#asked` stands, or the free place for it. */
  #place(length: number): number {
    const mask = this.#slots.length - 1;
    let place = hashOf(this.#asked, 0, length) & mask;
    for (;;) {
      const number = (this.#slots[place] ?? EMPTY) - 1;
      if (number < 0 || this.#is(number, length)) return place;
      place = (place + 1) & mask;
    }
  }

  #is(number: number, length: number): boolean {
    if (this.#lengths[number] !== length) return false;
    const start = this.#starts[number] ?? 0;
    const from = start % CHUNK_BYTES;
    return this.#chunk(start).compare(this.#asked, 0, length, from, from + length) === 0;
  }

  #chunk(start: number): Buffer {
    let chunk = this.#chunks[start >>> CHUNK_BITS];
    if (chunk === undefined) {
      chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      this.#chunks.push(chunk);
    }
    return chunk;
  }

  /** Room for so many bytes, in the next chunk where this one has too few left. */
  #room(length: number): number {
    const left = CHUNK_BYTES - (this.#end % CHUNK_BYTES);
    const start = left < length ? this.#end + left : this.#end;
    this.#end = start + length;
    return start;
  }

  #lengthen(): void {
    const length = Math.ceil(this.#starts.length * 1.5);
    const [starts, lengths] = [new Uint32Array(length), new Uint16Array(length)];
    starts.set(this.#starts);
    lengths.set(this.#lengths);
    [this.#starts, this.#lengths] = [starts, lengths];
  }

  #spread(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let number = 0; number < this.#size; number += 1) {
      const start = this.#starts[number] ?? 0;
      const from = start % CHUNK_BYTES;
      const hash = hashOf(this.#chunk(start), from, from + (this.#lengths[number] ?? 0));
      let place = hash & mask;
      while (slots[place] !== EMPTY) place = (place + 1) & mask;
      slots[place] = number + 1;
    }
    this.#slots = slots;
  }
}

/** FNV-1a, stirred once more, since its low bits alone choose the place. */
function hashOf(bytes: Buffer, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
}
