import { describe, expect, test } from 'vitest';
import { column, dayName, localDay, moneyOf, monthName, timeName } from './figures.ts';

describe('figures are shown as they were rated', () => {
  test.each([
    ['1286.400000', '1,286.40 yuan'],
    ['12.345600', '12.3456 yuan'],
    ['-5.000000', '-5.00 yuan'],
    ['1234567.000001', '1,234,567.000001 yuan'],
  ])('%s', (text, shown) => {
    expect(moneyOf('en', text, 'CNY')).toBe(shown);
  });

  test('a currency without a name goes by its code', () => {
    expect(moneyOf('zh-CN', '3.100000', 'USD')).toBe('3.10 USD');
  });

  test('a column has its points in line and loses no digit', () => {
    expect(column(['1.000000', '2.345000', '10.500000'], 2)).toEqual(['1.000', '2.345', '10.500']);
    expect(column([], 2)).toEqual([]);
  });
});

describe('dates', () => {
  test('are those of the bill, in either language', () => {
    expect(monthName('en', '2026-09')).toBe('September 2026');
    expect(monthName('zh-CN', '2026-09')).toBe('2026 年 9 月');
    expect(dayName('en', '2026-09-02')).toBe('2 Sep');
    expect(dayName('zh-CN', '2026-09-02')).toBe('9 月 2 日');
  });

  test('stand on the clock of the named zone', () => {
    const at = '2026-09-30T16:00:00.000Z';
    expect(timeName('en', at, 'Asia/Shanghai')).toBe('1 Oct 2026, 00:00');
    expect(timeName('zh-CN', at, 'America/St_Johns')).toBe('2026 年 9 月 30 日 13:30');
  });

  test('an interval that ends at midnight belongs to the day before', () => {
    const midnight = Date.parse('2026-09-30T16:00:00.000Z');
    expect(localDay(midnight, 'Asia/Shanghai')).toBe('2026-09-30');
    expect(localDay(midnight + 1, 'Asia/Shanghai')).toBe('2026-10-01');
  });
});
