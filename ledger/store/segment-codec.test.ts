import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SampleLog } from '../../test/ports/sample-log.ts';
import {
  cutSegments,
  decodeAscending,
  decodeBatches,
  decodeTexts,
  encodeAscending,
  encodeBatches,
  encodeTexts,
  SEGMENT_EVENTS,
} from './segment-codec.ts';

const line = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((text) => !text.includes('\n'));
const batch = fc.record({
  jws: fc.base64String({ minLength: 4, maxLength: 20 }),
  records: fc.array(line, { minLength: 1, maxLength: 5 }),
  eventsBefore: fc.nat({ max: 10_000 }),
});

describe('packed texts', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(line), (texts) => {
        expect(decodeTexts(encodeTexts(texts))).toEqual(texts);
      }),
    );
  });

  it('come back when they are longer than any before, and after some that were refused', () => {
    for (const length of [10, 400_000, 3_000_000]) {
      const texts = ['一'.repeat(length), 'a'.repeat(length), 'é'];
      expect(() => encodeTexts([...texts, ''])).toThrow('a stored text is one line');
      expect(decodeTexts(encodeTexts(texts))).toEqual(texts);
    }
  });

  it('are not packed when a line break or an empty text would move the others', () => {
    for (const text of ['', 'two\nlines', '\n']) {
      expect(() => encodeTexts(['one', text])).toThrow('a stored text is one line');
    }
  });

  it('are refused when their bytes are no zstd frame', () => {
    const bytes = encodeTexts(['one', 'two']);
    for (const broken of [randomBytes(20), bytes.subarray(0, bytes.length - 3)]) {
      expect(() => decodeTexts(broken)).toThrow('A stored segment cannot be unpacked');
    }
  });
});

describe('packed batches', () => {
  it('come back with their records and their place among the events', () => {
    fc.assert(
      fc.property(fc.array(batch), (batches) => {
        expect(decodeBatches(encodeBatches(batches))).toEqual(batches);
      }),
    );
  });

  it('are not packed when a record or a signature is more than a line', () => {
    const good = { jws: 'e30.e30.c2ln', records: ['{}'], eventsBefore: 0 };
    for (const wrong of [{ jws: 'a\nb' }, { jws: '' }, { records: ['{}', ''] }, { records: [] }]) {
      expect(() => encodeBatches([{ ...good, ...wrong }])).toThrow('assertion failed');
    }
  });
});

describe('packed rising numbers', () => {
  it('come back, up to the largest safe integer', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat()), (numbers) => {
        const rising = numbers.sort((a, b) => a - b);
        expect(decodeAscending(encodeAscending(rising))).toEqual(rising);
      }),
    );
    const largest = [0, 127, 128, Number.MAX_SAFE_INTEGER];
    expect(decodeAscending(encodeAscending(largest))).toEqual(largest);
  });

  it('take one byte for a distance below 128', () => {
    expect(encodeAscending([5, 5, 132])).toEqual(Uint8Array.of(5, 0, 127));
    expect(encodeAscending([300])).toEqual(Uint8Array.of(0xac, 0x02));
  });

  it('are not packed when they fall, or are no safe integers', () => {
    for (const wrong of [[2, 1], [-1], [0.5], [2 ** 53]]) {
      expect(() => encodeAscending(wrong)).toThrow('the numbers rise');
    }
  });
});

describe('a cut group', () => {
  const shapes = fc.record({
    lead: fc.nat({ max: 600 }),
    batches: fc.array(
      fc.record({ records: fc.integer({ min: 1, max: 300 }), events: fc.nat({ max: 700 }) }),
      { maxLength: 6 },
    ),
  });

  it('holds the same events and batches, each batch before the same event', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const log = new SampleLog('tower-a');
        log.grow({ lead: 3, batches: [{ records: 2, events: 2 }] });
        const group = log.grow(shape);
        const segments = cutSegments(group);
        const places = segments.flatMap(({ firstLeaf, batches }) =>
          batches.map(({ jws, eventsBefore }) => ({ jws, leaf: firstLeaf + eventsBefore })),
        );
        expect(segments.flatMap(({ events }) => events)).toEqual(group.events);
        expect(Buffer.concat(segments.map(({ commitments }) => commitments))).toEqual(
          group.commitments,
        );
        expect(places).toEqual(
          group.batches.map(({ jws, eventsBefore }) => ({
            ...{ jws, leaf: group.firstLeaf + eventsBefore },
          })),
        );
        let [leaf, record] = [group.firstLeaf, group.firstRecord];
        for (const { firstLeaf, firstRecord, events, batches } of segments) {
          expect({ firstLeaf, firstRecord }).toEqual({ firstLeaf: leaf, firstRecord: record });
          expect(events.length).toBeLessThanOrEqual(SEGMENT_EVENTS);
          expect(events.length + batches.length).toBeGreaterThan(0);
          leaf += events.length;
          record += batches.reduce((sum, { records }) => sum + records.length, 0);
        }
      }),
    );
  });

  it('is nothing when the group is only side rows', () => {
    expect(cutSegments(new SampleLog('tower-a').grow({ lead: 0, batches: [] }))).toEqual([]);
  });
});
