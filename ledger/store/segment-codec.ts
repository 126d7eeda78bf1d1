import { constants, zstdCompressSync } from 'node:zlib';
import { assert } from '../core/assert.ts';
import type { Segment, StoredBatch } from './port.ts';
import { unpackFrame } from './unpack-frame.ts';

/**
 * Events of a segment at most, when a group is cut, and records after which it takes no further batch.
 * One event or record costs the unpacking of its segment, and longer ones compress no better.
 */
export const SEGMENT_EVENTS = 256;
export const SEGMENT_RECORDS = 256;

/** Cuts a group into segments that hold the same events and batches in the same order. */
export function cutSegments(group: Segment): Segment[] {
  const { commitments, events, batches } = group;
  const segments: Segment[] = [];
  let { firstLeaf, firstRecord } = group;
  let begin = 0;
  let held: StoredBatch[] = [];
  let records = 0;
  const cutAt = (end: number) => {
    segments.push({
      ...{ firstLeaf, firstRecord, batches: held },
      commitments: commitments.subarray(begin * 32, end * 32),
      events: events.slice(begin, end),
    });
    firstLeaf += end - begin;
    firstRecord += records;
    begin = end;
    held = [];
    records = 0;
  };
  const cutBefore = (end: number) => {
    while (end - begin > SEGMENT_EVENTS) cutAt(begin + SEGMENT_EVENTS);
  };
  for (const { jws, records: texts, eventsBefore } of batches) {
    cutBefore(eventsBefore);
    if (records >= SEGMENT_RECORDS) cutAt(eventsBefore);
    held.push({ jws, records: texts, eventsBefore: eventsBefore - begin });
    records += texts.length;
  }
  cutBefore(events.length);
  if (events.length > begin || held.length > 0) cutAt(events.length);
  return segments;
}

/** Joins segments that follow each other. */
export function joinSegments(segments: readonly Segment[]): Segment {
  const [first] = segments;
  assert(first !== undefined, 'there is something to join');
  const events: string[] = [];
  const batches: StoredBatch[] = [];
  for (const segment of segments) {
    for (const { jws, records, eventsBefore } of segment.batches) {
      batches.push({ jws, records, eventsBefore: eventsBefore + events.length });
    }
    for (const event of segment.events) events.push(event);
  }
  const commitments = Buffer.concat(segments.map((segment) => segment.commitments));
  return { ...first, commitments, events, batches };
}

/** A segment as the bytes of its texts: an event a line, batches as `encodeBatches` lays them out. */
export interface SegmentText extends Omit<Segment, 'events' | 'batches'> {
  readonly events: Buffer;
  readonly batches: Buffer;
}

export function toSegment({ events, batches, ...place }: SegmentText): Segment {
  return { ...place, events: textLines(events), batches: batchesOf(batches) };
}

export function toSegmentText({ events, batches, ...place }: Segment): SegmentText {
  return {
    ...place,
    events: Buffer.from(textBytes(events)),
    batches: Buffer.from(batchBytes(batches)),
  };
}

/** What of a segment lies at or behind a place where a segment once began. */
export function segmentFrom(segment: Segment, leaf: number, record: number): Segment {
  const { firstLeaf, commitments, events } = segment;
  const skipped = leaf - firstLeaf;
  let { firstRecord } = segment;
  const batches: StoredBatch[] = [];
  for (const { jws, records, eventsBefore } of segment.batches) {
    if (firstRecord >= record) batches.push({ jws, records, eventsBefore: eventsBefore - skipped });
    firstRecord += records.length;
  }
  return {
    ...{ firstLeaf: leaf, firstRecord: record, batches },
    commitments: commitments.subarray(skipped * 32),
    events: events.slice(skipped),
  };
}

/** Packs texts of one line each: zstd over the lines. */
export function encodeTexts(texts: readonly string[]): Uint8Array {
  return pack(textBytes(texts));
}

function textBytes(texts: readonly string[]): Uint8Array {
  lines.clear();
  for (const text of texts) {
    assertLine(text);
    lines.add(text);
  }
  return lines.bytes(1);
}

/** Refuses `store-damaged` what is no zstd frame. */
export function decodeTexts(bytes: Uint8Array): string[] {
  return textLines(unpackFrame(bytes));
}

function textLines(text: Buffer): string[] {
  return text.length === 0 ? [] : text.toString().split('\n');
}

/** Packs batches: a line of the events before and the JWS, the records, an empty line. */
export function encodeBatches(batches: readonly StoredBatch[]): Uint8Array {
  return pack(batchBytes(batches));
}

function batchBytes(batches: readonly StoredBatch[]): Uint8Array {
  lines.clear();
  for (const { jws, records, eventsBefore } of batches) {
    assertLine(jws);
    assert(records.length > 0, 'a batch has a record');
    lines.add(`${eventsBefore} ${jws}`);
    for (const record of records) {
      assertLine(record);
      lines.add(record);
    }
    lines.add('');
  }
  return lines.bytes();
}

export function decodeBatches(bytes: Uint8Array): StoredBatch[] {
  return batchesOf(unpackFrame(bytes));
}

function batchesOf(text: Buffer): StoredBatch[] {
  const batches: StoredBatch[] = [];
  let jws = '';
  let eventsBefore = 0;
  let records: string[] = [];
  for (const line of textLines(text)) {
    if (jws === '') {
      const space = line.indexOf(' ');
      eventsBefore = Number(line.slice(0, Math.max(0, space)));
      jws = line.slice(space + 1);
    } else if (line === '') {
      batches.push({ jws, records, eventsBefore });
      jws = '';
      records = [];
    } else {
      records.push(line);
    }
  }
  return batches;
}

/** Packs rising safe integers: LEB128 of each one's distance from the one before. */
export function encodeAscending(numbers: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  let before = 0;
  for (const number of numbers) {
    assert(Number.isSafeInteger(number) && number >= before, 'the numbers rise');
    let rest = number - before;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
    bytes.push(rest);
    before = number;
  }
  return Uint8Array.from(bytes);
}

export function decodeAscending(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let before = 0;
  let distance = 0;
  let unit = 1;
  for (const byte of bytes) {
    distance += (byte & 0x7f) * unit;
    unit *= 0x80;
    if (byte >= 0x80) continue;
    before += distance;
    numbers.push(before);
    distance = 0;
    unit = 1;
  }
  return numbers;
}

// Higher levels and dictionaries gain a few per cent and cost a multiple (docs/performance.md).
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

const KEPT_BYTES = 4 * 1024 * 1024;

/**
 * Lines as bytes, each written once into a buffer that stays. To join them into a text first costs ten
 * times as much (docs/performance.md): the text is copied again to become bytes.
 */
class LineBuffer {
  #buffer = Buffer.allocUnsafe(1024 * 1024);
  #length = 0;

  clear(): void {
    this.#length = 0;
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = Buffer.allocUnsafe(KEPT_BYTES);
  }

  add(line: string): void {
    // A UTF-16 code unit has at most three bytes of UTF-8.
    const room = this.#length + line.length * 3 + 1;
    if (room > this.#buffer.length) this.#grow(room);
    this.#length += this.#buffer.write(line, this.#length);
    this.#buffer[this.#length] = LINE_FEED;
    this.#length += 1;
  }

  /** Everything since `clear`, without the last bytes; valid until the next call of another method. */
  bytes(without = 0): Uint8Array {
    return this.#buffer.subarray(0, Math.max(0, this.#length - without));
  }

  #grow(room: number): void {
    const larger = Buffer.allocUnsafe(room * 2);
    larger.set(this.bytes());
    this.#buffer = larger;
  }
}

const LINE_FEED = 10;
const lines = new LineBuffer();

function pack(bytes: Uint8Array): Uint8Array {
  return bytes.length === 0 ? new Uint8Array(0) : zstdCompressSync(bytes, FASTEST);
}

function assertLine(text: string): void {
  assert(text !== '' && !text.includes('\n'), 'a stored text is one line');
}
