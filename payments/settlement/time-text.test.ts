import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATE_FORMS, nearestYearMs, type TimeForm, timeMs } from './time-text.ts';

function read(text: string, form: TimeForm): number {
  const bytes = Buffer.from(`xx${text}yy`);
  return timeMs(bytes, 2, bytes.length - 2, form);
}

const instants = fc.integer({ min: 0, max: Date.parse('2199-12-31T23:59:59Z') / 1000 });

describe('a time', () => {
  it('of China is eight hours ahead of UTC', () => {
    fc.assert(
      fc.property(instants, (second) => {
        const text = new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ');
        expect(read(text, 'utc')).toBe(second * 1000);
        if (second >= 86_400) expect(read(text, 'china')).toBe(second * 1000 - 8 * 3_600_000);
      }),
    );
  });

  it.each(DATE_FORMS)('of the form %s is the beginning of its day', (form) => {
    const text = form.replace('YYYY', '2028').replace('MM', '02').replace('DD', '29');
    expect(read(text, form)).toBe(Date.parse('2028-02-29T00:00:00Z'));
    expect(read(text.replace('2028', '2027'), form)).toBeNaN();
    expect(read(text.replace('02', '13'), form)).toBeNaN();
    expect(read(`${text} `, form)).toBeNaN();
    expect(read(text.replace('8', '８'), form)).toBeNaN();
  });

  it.each([
    '2026-09-31 00:00:00',
    '2026-09-01 24:00:00',
    '2026-09-01 12:60:00',
    '2026-09-01 12:00:60',
    '2026-09-01T12:00:00',
    '2026/09/01 12:00:00',
    '2026-09-01 12:00',
    '2026-9-1 12:00:00',
    '46266',
    '',
  ])('%s is none', (text) => {
    expect(read(text, 'china')).toBeNaN();
  });
});

describe('a time without a year', () => {
  const day = (text: string) => Date.parse(`${text}T00:00:00+08:00`);
  const iso = (ms: number) => new Date(ms).toISOString();

  it('is of the year that is nearest to the day', () => {
    expect(iso(nearestYearMs('1231233001', day('2026-01-01')))).toBe('2025-12-31T15:30:01.000Z');
    expect(iso(nearestYearMs('0101003001', day('2025-12-31')))).toBe('2025-12-31T16:30:01.000Z');
    expect(iso(nearestYearMs('0615120000', day('2026-09-01')))).toBe('2026-06-15T04:00:00.000Z');
  });

  it('is of a leap year on 29 February, and no time in years without one', () => {
    expect(iso(nearestYearMs('0229120000', day('2028-03-01')))).toBe('2028-02-29T04:00:00.000Z');
    expect(nearestYearMs('0229120000', day('2026-03-01'))).toBeNaN();
  });

  it('is none where it is not ten digits that exist', () => {
    const bad = [
      '',
      '12312330',
      '1331233001',
      '1231243001',
      '1231236001',
      '１231233001',
      '0100000000',
    ];
    expect(bad.map((text) => nearestYearMs(text, day('2026-01-01')))).toEqual(
      bad.map(() => Number.NaN),
    );
  });
});
