import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  civilFromDays,
  clockMinute,
  clockText,
  DAY_MS,
  daysFromCivil,
  daysInMonth,
  formatDate,
  formatTime,
  parseDate,
  parseTime,
  weekdayOf,
} from './time.ts';

const FIRST = Date.parse('0000-01-01T00:00:00.000Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

describe('times', () => {
  it('agree with the platform over years 0000 to 9999', () => {
    fc.assert(
      fc.property(fc.integer({ min: FIRST, max: LAST }), (ms) => {
        const text = new Date(ms).toISOString();
        expect(formatTime(ms)).toBe(text);
        expect(parseTime(text)).toBe(ms);
      }),
      { numRuns: 2000 },
    );
    for (const ms of [FIRST, LAST, -1, 0]) expect(parseTime(formatTime(ms))).toBe(ms);
  });

  it.each([
    ...['', '2026-09-01', '2026-09-01T00:00:00Z', '2026-09-01T00:00:00.000+00:00'],
    ...['2026-02-29T00:00:00.000Z', '2026-04-31T00:00:00.000Z', '1900-02-29T00:00:00.000Z'],
    ...['2026-00-10T00:00:00.000Z', '2026-13-10T00:00:00.000Z', '2026-01-00T00:00:00.000Z'],
    ...['2026-01-01T24:00:00.000Z', '2026-01-01T23:60:00.000Z', '2016-12-31T23:59:60.000Z'],
    ...['2026-01-01t00:00:00.000Z', '2026-01-01T00:00:00.000z', '2026-01-01 00:00:00.000Z'],
    ...['2026-01-01T00:00:00,000Z', '-026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.00xZ'],
    ...['٢026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z ', '2026/01/01T00:00:00.000Z'],
  ])('refuses %j', (text) => {
    expect(() => parseTime(text)).toThrow(expect.objectContaining({ code: 'bad-time' }));
  });

  it('has no text for a year of five digits', () => {
    expect(() => formatTime(LAST + 1)).toThrow('year 10000');
  });
});

describe('dates', () => {
  it('count the days of every month of four centuries, weekdays in step', () => {
    let days = daysFromCivil(1900, 1, 1);
    for (let year = 1900; year < 2300; year += 1) {
      for (let month = 1; month <= 12; month += 1) {
        for (let day = 1; day <= daysInMonth(year, month); day += 1) {
          if (daysFromCivil(year, month, day) !== days) throw new Error(`${year}-${month}-${day}`);
          const back = civilFromDays(days);
          if (back.year !== year || back.month !== month || back.day !== day) {
            throw new Error(`day ${days}`);
          }
          days += 1;
        }
      }
    }
    expect(days * DAY_MS).toBe(Date.UTC(2300, 0, 1));
    expect([weekdayOf(0), weekdayOf(-4), weekdayOf(-3), weekdayOf(10)]).toEqual([4, 7, 1, 7]);
  });

  it('carry months and days that overflow', () => {
    expect(daysFromCivil(2026, 13, 1)).toBe(daysFromCivil(2027, 1, 1));
    expect(daysFromCivil(2026, 0, 1)).toBe(daysFromCivil(2025, 12, 1));
    expect(daysFromCivil(2026, 2, 29)).toBe(daysFromCivil(2026, 3, 1));
  });

  it('are read strictly', () => {
    expect(parseDate('2024-02-29')).toEqual({ year: 2024, month: 2, day: 29 });
    expect(formatDate(2024, 2, 29)).toBe('2024-02-29');
    for (const text of ['2023-02-29', '2024-2-29', '2024-02-29T', '', '2024/02/29', '20240229']) {
      expect(() => parseDate(text)).toThrow(expect.objectContaining({ code: 'bad-date' }));
    }
  });

  it('have clock times by the minute', () => {
    expect([clockMinute('00:00'), clockMinute('13:30'), clockMinute('24:00')]).toEqual([
      0, 810, 1440,
    ]);
    expect([clockText(0), clockText(810), clockText(1440)]).toEqual(['00:00', '13:30', '24:00']);
  });
});
