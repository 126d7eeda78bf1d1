import { describe, expect, it } from 'vitest';
import { flatTariff } from '../../test/samples/tariffs.ts';
import { hex, utf8 } from './bytes.ts';
import { canonicalize } from './canonical-json.ts';
import { sha256 } from './primitives.ts';
import { TariffBook, tariffHash } from './tariff-book.ts';
import { parseTime } from './time.ts';

const first = flatTariff({ id: 't', validFrom: '2026-01-01T00:00:00.000Z' });
const second = { ...first, version: 2, validFrom: '2026-07-01T00:00:00.000Z' };

describe('the tariff book', () => {
  it('knows the version in force just after an instant', () => {
    const book = new TariffBook();
    book.add(first);
    expect(book.versionAt('t', parseTime('2026-07-01T00:00:00.000Z'))?.ref.version).toBe(1);
    book.add(second);
    const at = (text: string) => book.versionAt('t', parseTime(text))?.ref.version;
    expect([
      at('2025-12-31T23:59:59.999Z'),
      at('2026-01-01T00:00:00.000Z'),
      at('2026-06-30T23:59:59.999Z'),
      at('2026-07-01T00:00:00.000Z'),
      at('2030-01-01T00:00:00.000Z'),
    ]).toEqual([undefined, 1, 1, 2, 2]);
    expect(book.versions('t').map(({ toMs }) => toMs)).toEqual([
      parseTime('2026-07-01T00:00:00.000Z'),
      Number.POSITIVE_INFINITY,
    ]);
    expect([book.has('t'), book.has('u'), book.versionAt('u', 0)]).toEqual([
      true,
      false,
      undefined,
    ]);
  });

  it('leaves a hole where a version ended before the next began', () => {
    const book = new TariffBook();
    book.add({ ...first, validTo: '2026-03-01T00:00:00.000Z' });
    book.add(second);
    expect(book.versionAt('t', parseTime('2026-03-01T00:00:00.000Z'))).toBeUndefined();
    expect(book.versionAt('t', parseTime('2026-02-28T23:59:59.999Z'))?.ref.version).toBe(1);
  });

  it('never edits, skips or reorders, and stays as it was when it refuses', () => {
    const book = new TariffBook();
    book.add(first);
    const refused = [
      ['tariff-version-exists', first],
      ['tariff-version-exists', { ...second, version: 3 }],
      ['tariff-version-order', { ...second, validFrom: first.validFrom }],
      ['price-missing', { ...second, prices: [] }],
    ] as const;
    for (const [code, tariff] of refused) {
      expect(() => book.add(tariff)).toThrow(expect.objectContaining({ code }));
    }
    expect(book.versions('t').map(({ ref, toMs }) => [ref.version, toMs])).toEqual([
      [1, Number.POSITIVE_INFINITY],
    ]);
  });

  it('names a version by the hash of its canonical bytes', () => {
    const expected = hex(sha256(utf8(canonicalize(first))));
    expect(tariffHash(first)).toBe(expected);
    expect(new TariffBook().add(first).ref).toEqual({ id: 't', version: 1, hash: expected });
  });
});
