import { sha256Hex, sha256Latin1 } from '../writer/fast-hash.ts';
import { NO_TEXT, type TextBlock } from './text-block.ts';
import { ID, literal, TextCursor, TIME } from './text-cursor.ts';
import { rootOfLevel } from './tree-hash.ts';

const AT = literal('{"at":"');
const BRIDGE = literal('","bridge":"');
const CLOCK = literal('","clock":"');
const EPOCH = literal('","epoch":');
const METER = literal(',"meter":"');
const PREV = literal('","prev":"');
const SEQ = literal('"seq":');
const [QUOTE, Q] = [34, 113];

/** Head and number of one reading record: what its place in a meter's chain depends on. */
export class RecordText extends TextCursor {
  bridgeAt = 0;
  bridgeEnd = 0;
  epoch = 0;
  meterAt = 0;
  meterEnd = 0;
  prevAt = 0;
  #seq: number | undefined;

  read(block: TextBlock, from: number, to: number): boolean {
    this.start(block, from, to);
    this.#seq = undefined;
    if (!this.skip(AT) || !this.exactly(24, TIME) || !this.skip(BRIDGE)) return false;
    this.bridgeAt = this.at;
    if (!this.some(ID)) return false;
    this.bridgeEnd = this.at;
    if (!this.skip(CLOCK) || !this.pass(1) || !this.skip(EPOCH) || !this.integer()) return false;
    this.epoch = this.value;
    if (!this.skip(METER)) return false;
    this.meterAt = this.at;
    if (!this.some(ID)) return false;
    this.meterEnd = this.at;
    this.prevAt = this.at + PREV.bytes.length;
    return this.skip(PREV) && this.pass(64) && this.byte(QUOTE);
  }

  meter(): string {
    return this.block.text(this.meterAt, this.meterEnd);
  }

  /** The record's number, which stands near its end; -1 without one. */
  seq(): number {
    this.#seq ??= this.#findSeq();
    return this.#seq;
  }

  #findSeq(): number {
    for (let at = this.end - SEQ.bytes.length; at > this.prevAt; at -= 1) {
      if (this.block.bytes[at + 3] !== Q) continue;
      this.at = at;
      if (this.skip(SEQ)) return this.integer() ? this.value : -1;
    }
    return -1;
  }
}

const text = new RecordText();
const NEW_LINE = 10;

/**
 * The records of one batch where they stand in their block, with what the events about them need: hashes,
 * places, and the root that the batch was signed over. It is read into again for each batch.
 */
export class RecordBlock {
  block = NO_TEXT;
  count = 0;
  /** Number of the first record in the log. */
  first = 0;
  /** SHA-256 of each record, hex. */
  readonly hashes: string[] = [];
  readonly #froms: number[] = [];
  readonly #tos: number[] = [];
  #leaves = Buffer.alloc(512 * 32);

  /**
   * Reads records, a line each, up to an empty line; answers where that begins, or -1 when the block
   * ends before it.
   */
  read(block: TextBlock, at: number, first: number): number {
    const { bytes } = block;
    this.block = block;
    this.first = first;
    this.count = 0;
    for (let from = at; from < bytes.length; ) {
      const to = block.lineEnd(from);
      if (to === from) return from;
      this.#add(from, to);
      from = to + 1;
    }
    this.count = 0;
    return -1;
  }

  #add(from: number, to: number): void {
    const { bytes } = this.block;
    const i = this.count;
    this.#froms[i] = from;
    this.#tos[i] = to;
    this.hashes[i] = sha256Hex(bytes.subarray(from, to));
    if ((i + 1) * 32 > this.#leaves.length) {
      this.#leaves = Buffer.concat([this.#leaves, Buffer.alloc(this.#leaves.length)]);
    }
    // A leaf of the batch's tree is hashed with a zero in front (RFC 6962 2.1): it stands in for the
    // line break before the record, which saves copying the record.
    bytes[from - 1] = 0;
    this.#leaves.write(sha256Latin1(bytes.subarray(from - 1, to)), i * 32, 'latin1');
    bytes[from - 1] = NEW_LINE;
    this.count = i + 1;
  }

  /** RFC 6962 root over the records, hex. */
  root(): string {
    return rootOfLevel(this.#leaves, this.count);
  }

  /** Reads the head of every record; false when one is none, or of another bridge or epoch. */
  areOf(bridge: string, epoch: number): boolean {
    let same = true;
    for (let i = 0; i < this.count; i += 1) {
      same = this.#isOf(i, bridge, epoch) && same;
    }
    return same;
  }

  #isOf(i: number, bridge: string, epoch: number): boolean {
    const head = this.head(i);
    if (head === undefined) return false;
    return head.epoch === epoch && this.block.isText(head.bridgeAt, head.bridgeEnd, bridge);
  }

  /** The head of a record, valid until the next call. */
  head(i: number): RecordText | undefined {
    return text.read(this.block, this.#froms[i] ?? 0, this.#tos[i] ?? 0) ? text : undefined;
  }

  text(i: number): string {
    return this.block.bytes.toString('utf8', this.#froms[i], this.#tos[i]);
  }
}
