import { expect, test } from 'vitest';
import { spanOfDay } from './settlement-day.ts';

test('a day is that of the provider’s own calendar', () => {
  expect(spanOfDay('wechat', '2026-09-01')).toEqual({
    ...{ fromMs: Date.UTC(2026, 7, 31, 16), toMs: Date.UTC(2026, 8, 1, 16) },
  });
  expect(spanOfDay('stripe', '2026-09-01')).toEqual({
    ...{ fromMs: Date.UTC(2026, 8, 1), toMs: Date.UTC(2026, 8, 2) },
  });
});

test.each(['2026-02-30', '2026-9-1', '2026-13-01', '20260901', ''])('%s is none', (day) => {
  for (const source of ['wechat', 'stripe'] as const) {
    expect(() => spanOfDay(source, day)).toThrow(expect.objectContaining({ code: 'bad-date' }));
  }
});
