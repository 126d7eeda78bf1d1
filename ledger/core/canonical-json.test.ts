import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalize,
  MAX_DEPTH,
  parseCanonical,
  parseCanonicalObject,
  refuseDeepText,
} from './canonical-json.ts';

const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.maxSafeInteger().map((n) => n + 0),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: 'grapheme' }), tie('json'), { maxKeys: 4 }),
  ),
}));

/** Whitespace, key order and escapes as other writers choose them. */
function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

describe('canonical JSON', () => {
  it('reads back what it writes, to the same text', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalize(value);
        expect(canonicalize(parseCanonical(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(value);
      }),
    );
  });

  it('sorts keys by UTF-16 code units, whatever order they come in', () => {
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '10', '2', ''];
    const object = Object.fromEntries(keys.map((key) => [key, true]));
    const text = canonicalize(object);
    const order = [...text.matchAll(/("(?:[^"\\]|\\.)*"):/g)].map(([, key = '']) =>
      JSON.parse(key),
    );
    expect(order).toEqual(['', '\r', '1', '10', '2', '\u0080', '\u20ac', '\ud83d\ude00', '\ufb33']);
    expect(canonicalize(parseCanonical(text))).toBe(text);
  });

  it('keeps a member that is named like a built-in one', () => {
    const text = '{"__proto__":{"a":1},"constructor":"x","toString":true}';
    expect(canonicalize(parseCanonical(text))).toBe(text);
  });

  it.each([
    ['null', null, 'json-type'],
    ['undefined', undefined, 'json-type'],
    ['a member that is undefined', { a: undefined }, 'json-type'],
    ['a hole in a list', [undefined], 'json-type'],
    ['a function', () => 1, 'json-type'],
    ['a bigint', 1n, 'json-type'],
    ['a fraction', 0.5, 'json-number'],
    ['2^53', 2 ** 53, 'json-number'],
    ['minus zero', -0, 'json-number'],
    ['not a number', Number.NaN, 'json-number'],
    ['half a surrogate pair', '\ud800', 'json-lone-surrogate'],
    ['half a pair in a key', { '\udc00': 1 }, 'json-lone-surrogate'],
  ])('does not write %s', (_, value, code) => {
    expect(() => canonicalize(value)).toThrow(expect.objectContaining({ code }));
    expect(() => canonicalize({ deep: [value] })).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    ['a space', '{"a": 1}', 'json-not-canonical'],
    ['a line break at the end', '{"a":1}\n', 'json-not-canonical'],
    ['a byte order mark', '\ufeff{"a":1}', 'json-syntax'],
    ['keys in another order', '{"b":1,"a":2}', 'json-not-canonical'],
    ['a key twice', '{"a":1,"a":1}', 'json-not-canonical'],
    ['an exponent', '{"a":1e2}', 'json-not-canonical'],
    ['a fraction of zero', '{"a":1.0}', 'json-not-canonical'],
    ['a needless escape', '{"a":"\\u0041"}', 'json-not-canonical'],
    ['an escaped slash', '{"a":"\\/"}', 'json-not-canonical'],
    ['an escape in capitals', '{"a":"\\u000F"}', 'json-not-canonical'],
    ['a comma too many', '[1,]', 'json-syntax'],
    ['nothing', '', 'json-syntax'],
    ['two values', '{}{}', 'json-syntax'],
  ])('does not read %s', (_, text, code) => {
    expect(() => parseCanonical(text)).toThrow(expect.objectContaining({ code }));
  });

  it('wants an object where one is due', () => {
    expect(parseCanonicalObject('{}')).toEqual({});
    for (const text of ['[]', '"a"', '1', 'true']) {
      const error = expect.objectContaining({ code: 'json-not-object' });
      expect(() => parseCanonicalObject(text)).toThrow(error);
    }
  });
});

describe('nesting', () => {
  it(`is read and written to ${MAX_DEPTH} levels and refused beyond`, () => {
    const deepest = nested(MAX_DEPTH + 1);
    expect(canonicalize(parseCanonical(deepest))).toBe(deepest);
    const error = expect.objectContaining({ code: 'json-depth' });
    expect(() => parseCanonical(nested(MAX_DEPTH + 2))).toThrow(error);
  });

  it('is judged in the text, before any parser sees it', () => {
    const error = expect.objectContaining({ code: 'json-depth', params: { limit: 8 } });
    expect(() => refuseDeepText(nested(8), 8)).not.toThrow();
    expect(() => refuseDeepText(nested(9), 8)).toThrow(error);
    expect(() => refuseDeepText('[{"a":'.repeat(200_000), 8)).toThrow(error);
  });

  it('does not count brackets inside texts, however they are escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('[', '{', '"', '\\', 'a') }), (inside) => {
        expect(() => refuseDeepText(JSON.stringify([inside]), 1)).not.toThrow();
        expect(() => refuseDeepText(`${JSON.stringify([inside])}[[`, 1)).toThrow();
      }),
    );
  });

  it('of a text that never ends is left to the parser', () => {
    expect(() => refuseDeepText('["[[[[', 1)).not.toThrow();
  });
});
