import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalize } from './canonical-json.ts';
import { parseReading, READING_STATUSES, type Reading, readingText, ZERO_HASH } from './reading.ts';

const GOOD: Reading = {
  v: 1,
  bridge: 'br-1',
  epoch: 1,
  meter: 'm-0012',
  serial: '20241103',
  seq: 0,
  at: '2026-09-01T00:00:00.000Z',
  clock: 'S',
  uptimeMs: 0,
  status: 'good',
  registers: { '1-0:1.8.0': { unit: 'kWh', value: '100.00' } },
  raw: '000000002710',
  ratio: { ct: '1', pt: '1' },
  prev: ZERO_HASH,
};
const { registers: _, raw: __, ...BARE } = GOOD;

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const value = fc
  .stringMatching(/^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?$/)
  .filter((text) => !/^-0(\.0+)?$/.test(text));
const register = fc.record({ unit: fc.stringMatching(/^[A-Za-z0-9/%]{1,8}$/), value });
const ratio = fc.integer({ min: 1, max: 999_999 }).map(String);
const registers = fc.dictionary(fc.stringMatching(/^[0-9A-Za-z:.*-]{1,32}$/), register, {
  minKeys: 1,
  maxKeys: 16,
});
const base = fc.record({
  v: fc.constant<1>(1),
  bridge: id,
  epoch: fc.maxSafeNat(),
  meter: id,
  serial: fc.stringMatching(/^[A-Za-z0-9._/-]{0,32}$/),
  seq: fc.maxSafeNat(),
  at: fc.constant('2026-09-01T00:00:00.000Z'),
  clock: fc.constantFrom<Reading['clock']>('S', 'I', 'U'),
  uptimeMs: fc.maxSafeNat(),
  ratio: fc.record({ ct: ratio, pt: ratio }),
  prev: fc.stringMatching(/^[0-9a-f]{64}$/),
});
const relay = fc.record({
  command: id,
  commanded: fc.stringMatching(/^[a-z-]{1,32}$/),
  readBack: fc.stringMatching(/^[a-z-]{1,32}$/),
  powerW: fc.maxSafeInteger().map((n) => n + 0),
});
const reading: fc.Arbitrary<Reading> = fc
  .tuple(base, fc.constantFrom(...READING_STATUSES), registers, fc.option(relay))
  .map(([rest, status, found, outcome]) => ({
    ...rest,
    status,
    ...(status === 'good' || status === 'substitute' ? { registers: found, raw: '00ff' } : {}),
    ...(outcome === null ? {} : { relay: outcome }),
  }));

describe('a reading record', () => {
  it('is read from its canonical text, whatever it holds', () => {
    fc.assert(
      fc.property(reading, (record) => {
        const text = readingText(record);
        expect(text).toBe(canonicalize(record));
        expect(parseReading(text)).toEqual(record);
      }),
    );
  });

  it('is refused in every other spelling of the same value', () => {
    const text = readingText(GOOD);
    const others = [
      text.replace(',', ', '),
      `${text}\n`,
      `\ufeff${text}`,
      text.replace('"seq":0', '"seq":0.0'),
      text.replace('"seq":0', '"seq":00'),
      text.replace('"seq":0', '"seq":-0'),
      text.replace('"seq":0', '"seq":0,"seq":0'),
      text.replace('"v":1', '"v":1,"w":1'),
      text.replace('"br-1"', '"br\\u002d1"'),
      text.replace(/"at":"[^"]*",(.*)\}$/, '$1,"at":"2026-09-01T00:00:00.000Z"}'),
    ];
    for (const other of others) {
      expect(() => parseReading(other)).toThrow(expect.objectContaining({ code: 'bad-reading' }));
    }
  });

  it.each([
    ['another version', { v: 2 }],
    ['minus zero', { registers: { a: { unit: 'kWh', value: '-0.00' } } }],
    ['an exponent', { registers: { a: { unit: 'kWh', value: '1e3' } } }],
    ['ten decimals', { registers: { a: { unit: 'kWh', value: '0.0000000001' } } }],
    [
      'sixteen digits before the point',
      { registers: { a: { unit: 'kWh', value: '1'.repeat(16) } } },
    ],
    ['no registers', { registers: {} }],
    ['a unit that is no ASCII', { registers: { a: { unit: 'm³', value: '1' } } }],
    ['a ratio of zero', { ratio: { ct: '0', pt: '1' } }],
    ['a fraction as ratio', { ratio: { ct: '1.5', pt: '1' } }],
    ['half a byte', { raw: '0' }],
    ['an unknown clock', { clock: 'X' }],
    ['an unknown status', { status: 'fine' }],
    ['a sequence beyond the safe integers', { seq: '9007199254740993' }],
    ['a status without a value but registers', { status: 'timeout', raw: undefined }],
    ['a member of its own', { note: 'x' }],
  ])('with %s is refused', (_name, change) => {
    const text = JSON.stringify(sorted({ ...GOOD, ...change })).replace(/"(9007\d+)"/, '$1');
    expect(() => parseReading(text)).toThrow(expect.objectContaining({ code: 'bad-reading' }));
  });

  it('has registers exactly where its status carries a value', () => {
    for (const status of READING_STATUSES) {
      const valued = status === 'good' || status === 'substitute';
      const [right, wrong] = valued ? [GOOD, BARE] : [BARE, GOOD];
      expect(parseReading(readingText({ ...right, status })).status).toBe(status);
      expect(() => readingText({ ...wrong, status })).toThrow(
        expect.objectContaining({ code: 'bad-reading' }),
      );
    }
  });

  it('names each register once, in order', () => {
    const one = '"a":{"unit":"kWh","value":"1"}';
    for (const list of [`${one},${one}`, `"b":{"unit":"kWh","value":"1"},${one}`]) {
      const text = readingText(GOOD).replace(/"registers":\{.*?\}\}/, `"registers":{${list}}`);
      expect(() => parseReading(text)).toThrow(
        expect.objectContaining({ params: { detail: 'registers must be sorted and named once' } }),
      );
    }
  });

  it('says what is wrong with a text that is none', () => {
    const details = ['not json', '{"b":1,"a":1}', '[]', '{"hello":"x"}'].map((text) => {
      try {
        return parseReading(text);
      } catch (error) {
        return error instanceof Error ? error.message : error;
      }
    });
    expect(details).toEqual([
      'This is not JSON text; send canonical JSON (RFC 8785).',
      'The JSON text is not in its canonical form (RFC 8785).',
      'The JSON text must be an object.',
      'This is not a reading record of version 1 (it has: hello).',
    ]);
  });

  it('is judged in linear time, however it tries to hold the parser up', () => {
    // Had each of five million symbols to be looked at for each other, the test would outlast its limit.
    const long = readingText(GOOD).replace('0000', '0'.repeat(5_000_000));
    expect(() => parseReading(long)).toThrow();
    expect(() => parseReading('{'.repeat(5_000_000))).toThrow();
  });
});

/** RFC 8785 order, for texts that `canonicalize` itself would refuse. */
function sorted(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
