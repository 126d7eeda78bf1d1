import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  base64,
  base64url,
  concat,
  equalBytes,
  fromBase64,
  fromBase64url,
  fromHex,
  fromUtf8,
  hex,
  isWellFormed,
  u64be,
  utf8,
  utf8ToHash,
} from './bytes.ts';
import { Refusal } from './refusal.ts';

const someBytes = fc.uint8Array({ maxLength: 100 });

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('UTF-8', () => {
  it('keeps every well-formed text, a byte order mark included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(fromUtf8(utf8(text))).toBe(text);
      }),
    );
    expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });

  it('refuses half a character and bytes that are no UTF-8', () => {
    expect(codeOf(() => utf8('a\ud800'))).toBe('lone-surrogate');
    expect(codeOf(() => fromUtf8(Uint8Array.of(0xc0, 0x80)))).toBe('bad-utf8');
  });
});

describe('isWellFormed', () => {
  const native = String.prototype.isWellFormed;
  const texts = ['', 'a', '峰', '😀', 'a\ud83d', '\ude00b', '\ude00\ud83d', '😀\ud83d😀'];
  const answers = [true, true, true, true, false, false, false, false];

  it('tells half a surrogate pair', () => {
    expect(texts.map(isWellFormed)).toEqual(answers);
  });

  it('tells the same where the native method is missing', () => {
    Reflect.deleteProperty(String.prototype, 'isWellFormed');
    try {
      expect(texts.map(isWellFormed)).toEqual(answers);
    } finally {
      Object.defineProperty(String.prototype, 'isWellFormed', {
        ...{ value: native, configurable: true, writable: true },
      });
    }
  });
});

describe('hex', () => {
  it('gives back the bytes it was made of', () => {
    expect(hex(Uint8Array.of(0, 1, 0xab, 0xff))).toBe('0001abff');
    fc.assert(
      fc.property(someBytes, (bytes) => {
        expect(fromHex(hex(bytes))).toEqual(bytes);
      }),
    );
  });

  it.each(['0', 'AB', '0x', 'g0', ' 00', '0é', '０0'])('refuses %j', (text) => {
    expect(codeOf(() => fromHex(text))).toBe('bad-hex');
  });
});

describe('base64', () => {
  it('writes the vectors of RFC 4648 section 10', () => {
    const texts = ['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map((t) => base64(utf8(t)));
    const wanted = ['', 'Zg==', 'Zm8=', 'Zm9v', 'Zm9vYg==', 'Zm9vYmE=', 'Zm9vYmFy'];
    expect(texts).toEqual(wanted);
  });

  it('agrees with the host and gives back the bytes, in both alphabets', () => {
    fc.assert(
      fc.property(someBytes, (bytes) => {
        expect(base64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect(base64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
        expect(fromBase64(base64(bytes))).toEqual(bytes);
        expect(fromBase64url(base64url(bytes))).toEqual(bytes);
      }),
    );
  });

  it.each(['Zg', 'Zg=', 'Zh==', 'Zm9=', '====', 'Z===', 'Zg==Zg==', 'Zm-_', 'Zm9v\n', ' Zm9v'])(
    'refuses %j, which is not the one spelling',
    (text) => expect(codeOf(() => fromBase64(text))).toBe('bad-base64'),
  );

  it.each(['Zg==', 'Zh', 'Zm9', 'Z', 'A', 'AAAAA', 'Zm+/', 'Zg\n'])(
    'refuses %j as base64url',
    (text) => {
      expect(codeOf(() => fromBase64url(text))).toBe('bad-base64');
    },
  );

  it('has one spelling: a text that is accepted is written back the same', () => {
    const text = fc.string({ unit: fc.constantFrom(...'AQgwZ9+/=-_'), maxLength: 9 });
    fc.assert(
      fc.property(text, (spelling) => {
        let bytes: Uint8Array;
        try {
          bytes = fromBase64(spelling);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          return;
        }
        expect(base64(bytes)).toBe(spelling);
      }),
    );
  });
});

describe('other bytes', () => {
  it('joins parts in order', () => {
    expect(concat(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(
      Uint8Array.of(1, 2, 3),
    );
  });

  it('writes 64-bit numbers big endian up to the largest safe integer, and nothing else', () => {
    expect(hex(u64be(0))).toBe('0000000000000000');
    expect(hex(u64be(2 ** 32 + 5))).toBe('0000000100000005');
    expect(hex(u64be(Number.MAX_SAFE_INTEGER))).toBe('001fffffffffffff');
    for (const bad of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expect(() => u64be(bad)).toThrow('u64be takes a safe integer');
    }
  });

  it('compares by value and by length', () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
  });
});

describe('bytes to hash', () => {
  it('are those of the head and the text, however long', () => {
    fc.assert(
      fc.property(someBytes, someBytes, fc.string({ unit: 'binary' }), (one, two, text) => {
        expect(utf8ToHash(text, one, two)).toEqual(concat(one, two, utf8(text)));
        expect(utf8ToHash(text)).toEqual(utf8(text));
      }),
    );
    const long = '\u20ac'.repeat(20_000);
    expect(equalBytes(utf8ToHash(long, utf8('a')), utf8(`a${long}`))).toBe(true);
  });

  it('are none of half a character', () => {
    const error = expect.objectContaining({ code: 'lone-surrogate' });
    expect(() => utf8ToHash('a\ud800')).toThrow(error);
  });
});
