import { expect, test } from 'vitest';
import {
  chinaDay,
  chinaDigits,
  chinaMidnight,
  chinaRfc3339,
  chinaText,
  dayAfter,
  dayBefore,
  fromChinaDigits,
} from './china-time.ts';

const lateMs = Date.UTC(2026, 11, 31, 16, 0, 1);

test('China is eight hours ahead', () => {
  expect(chinaDay(lateMs)).toBe('2027-01-01');
  expect(chinaText(lateMs)).toBe('2027-01-01 00:00:01');
  expect(chinaDigits(lateMs)).toBe('20270101000001');
  expect(chinaRfc3339(lateMs)).toBe('2027-01-01T00:00:01+08:00');
  expect(chinaMidnight('2027-01-01')).toBe(lateMs - 1_000);
});

test('days follow one another over months and years', () => {
  expect(dayAfter('2026-12-31')).toBe('2027-01-01');
  expect(dayBefore('2028-03-01')).toBe('2028-02-29');
});

test('digits are read as they were written, and nothing else is', () => {
  expect(fromChinaDigits('20270101000001')).toBe(lateMs);
  for (const wrong of ['', '2027010100000', '20270101000060', '20270230000000', '20271301000000']) {
    expect(fromChinaDigits(wrong)).toBeUndefined();
  }
});
