import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalize,
  isPlain,
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

/** JSON texts as other writers spell them: keys in any order or twice, spaces, needless escapes. */
const { spelled } = fc.letrec<{ spelled: string }>((tie) => {
  const odd = (...texts: string[]) => fc.constantFrom(...texts);
  const string = fc
    .array(
      odd(
        'a',
        'b',
        '1',
        '2',
        '[',
        '\u20ac',
        '\ud83d\ude00',
        '\\"',
        '\\\\',
        '\\n',
        '\\u0041',
        '\\/',
      ),
      {
        maxLength: 3,
      },
    )
    .map((parts) => `"${parts.join('')}"`);
  const space = fc.oneof({ weight: 30, arbitrary: fc.constant('') }, fc.constant(' '));
  const between = fc.tuple(space, space).map(([before, after]) => `${before},${after}`);
  const list = (items: fc.Arbitrary<string>) =>
    fc.tuple(fc.array(items, { maxLength: 3 }), between).map(([all, comma]) => all.join(comma));
  const member = fc.tuple(string, space, tie('spelled')).map(([k, s, v]) => `${k}${s}:${v}`);
  return {
    spelled: fc.oneof(
      { maxDepth: 3 },
      string,
      odd('0', '-0', '7', '-7', '1.0', '1e2', '0.5', 'true', 'false', 'null', '9007199254740991'),
      list(tie('spelled')).map((inside) => `[${inside}]`),
      list(member).map((inside) => `{${inside}}`),
    ),
  };
});

describe('a plain text', () => {
  it('is canonical, whatever it says', () => {
    let plain = 0;
    const check = (text: string) => {
      if (!isPlain(text, MAX_DEPTH)) return;
      plain += 1;
      expect(canonicalize(JSON.parse(text))).toBe(text);
    };
    fc.assert(fc.property(spelled, check), { numRuns: 5000 });
    expect(plain).toBeGreaterThan(500);
  });

  it.each([
    [
      'a bundle of texts',
      '{"a":["{\\"b\\":\\"\\"}","","\\n"],"b":{"a":-10,"b":true},"é":{}}',
      true,
    ],
    ['keys that an object would give in another order', '{"1":0,"10":0,"2":0}', true],
    ['a list of keys', '["b","a","a"]', true],
    ['keys that descend', '{"b":0,"a":0}', false],
    ['a key twice', '{"a":0,"b":{"a":0},"a":0}', false],
    ['a key with an escape', '{"a\\n":0}', false],
    ['an empty key twice', '{"":0,"":0}', false],
    ['a backslash', '["\\\\"]', false],
    ['half a surrogate pair', '["\ud800"]', false],
    ['a text without an end', '["a', false],
    ['a level too many', '[[[]]]', false],
  ])('is or is not %s', (_, text, expected) => {
    expect(isPlain(text, 2)).toBe(expected);
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
