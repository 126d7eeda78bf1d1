import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KeyWrap } from './account-keys.ts';
import { hex } from './core/bytes.ts';

const kek = randomBytes(32);
const wrap = new KeyWrap(kek);
const key = randomBytes(32);
const row = ['tower-a', 'a-1', 2026] as const;

describe('a wrapped key', () => {
  it('opens for its own row under its own key-encryption key', () => {
    expect(hex(new KeyWrap(kek).unwrap(...row, wrap.wrap(...row, key)))).toBe(hex(key));
  });

  it('shows nothing of the key and is another text each time', () => {
    const [one, two] = [wrap.wrap(...row, key), wrap.wrap(...row, key)];
    expect(hex(one)).not.toContain(hex(key));
    expect(hex(one)).not.toBe(hex(two));
    expect(one.length).toBe(12 + 32 + 16);
  });

  it.each([
    { what: 'site', site: 'tower-b', account: 'a-1', year: 2026 },
    { what: 'account', site: 'tower-a', account: 'a-2', year: 2026 },
    { what: 'year', site: 'tower-a', account: 'a-1', year: 2027 },
    { what: 'border between site and account', site: 'tower-aa', account: '-1', year: 2026 },
  ])('does not open in the row of another $what', ({ site, account, year }) => {
    const wrapped = wrap.wrap(...row, key);
    expect(() => wrap.unwrap(site, account, year, wrapped)).toThrow(
      expect.objectContaining({ code: 'kek-wrong' }),
    );
  });

  it('does not open under another key-encryption key, and says which one was given', () => {
    const other = new KeyWrap(randomBytes(32));
    expect(() => other.unwrap(...row, wrap.wrap(...row, key))).toThrow(
      expect.objectContaining({ code: 'kek-wrong', params: { kek: other.id } }),
    );
    expect(other.id).toMatch(/^[0-9a-f]{16}$/);
    expect(other.id).not.toBe(wrap.id);
  });

  it('does not open with any byte changed, nor cut or lengthened', () => {
    const wrapped = wrap.wrap(...row, key);
    const changed = Array.from(wrapped, (byte, i) => {
      const copy = Uint8Array.from(wrapped);
      copy[i] = byte ^ 1;
      return copy;
    });
    const cut = Array.from(wrapped, (_, i) => wrapped.subarray(0, i));
    for (const wrong of [...changed, ...cut, Buffer.concat([wrapped, Buffer.alloc(1)])]) {
      expect(() => wrap.unwrap(...row, wrong)).toThrow(
        expect.objectContaining({ code: 'kek-wrong' }),
      );
    }
  });
});

it('keeps the keys of the site itself in the clear, since they are public', () => {
  const wrapped = wrap.wrap('tower-a', 'site', 2026, key);
  expect(hex(new KeyWrap(randomBytes(32)).unwrap('tower-a', 'site', 2026, wrapped))).toBe(hex(key));
});

it('refuses a key-encryption key that has not 32 bytes', () => {
  for (const length of [0, 16, 31, 33]) {
    expect(() => new KeyWrap(randomBytes(length))).toThrow(
      expect.objectContaining({ code: 'kek-length' }),
    );
  }
});
