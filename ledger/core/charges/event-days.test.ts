import { describe, expect, it } from 'vitest';
import { dayPlan, MONTHS } from '../../../test/samples/tariffs.ts';
import { tariffV2 } from '../../../test/samples/tariffs-v2.ts';
import { DAY_KINDS } from '../day-kinds.ts';
import { rateInterval } from '../rating.ts';
import { HOUR_MS, parseTime } from '../time.ts';
import { compileEnergy } from './energy.ts';
import { admitEventDay, type EventDay, parseEventDay } from './event-days.ts';
import { NO_TERMS } from './terms.ts';

/** Guangdong: sharp from 11 to 12 and 15 to 17 on summer days of at least 35 degrees. */
const guangdong = tariffV2({
  id: 'gd',
  calendar: [{ date: '2026-08-02', as: 'holiday' }],
  seasons: [
    {
      season: 'summer',
      months: [7, 8, 9],
      days: [
        dayPlan(DAY_KINDS, '00:00 peak 24:00'),
        {
          on: ['event'],
          spans: dayPlan([], '00:00 peak 11:00 sharp 12:00 peak 15:00 sharp 17:00 peak 24:00')
            .spans,
        },
      ],
    },
    {
      season: 'rest',
      months: MONTHS.filter((month) => month < 7 || month > 9),
      days: [dayPlan(DAY_KINDS, '00:00 peak 24:00')],
    },
  ],
  prices: [
    { period: 'peak', tier: 'all', price: '1.000000' },
    { period: 'sharp', tier: 'all', price: '1.250000' },
  ],
});

const fact: EventDay = {
  tariff: 'gd',
  date: '2026-08-03',
  as: 'event',
  evidence: { source: 'Guangdong 气象台', text: '最高气温 36 ℃', hash: 'c'.repeat(64) },
};
const MIDNIGHT = parseTime('2026-08-02T16:00:00.000Z');

function sharpHours(date: string, events: readonly string[]): bigint {
  const fromMs = parseTime(`${date}T00:00:00.000Z`) - 8 * HOUR_MS;
  const { lines } = rateInterval({
    tariff: compileEnergy(guangdong, NO_TERMS, events),
    ...{ fromMs, toMs: fromMs + 24 * HOUR_MS, quantityMicros: 24n, usedMicros: 0n },
    billedMicros: () => 0n,
  });
  return lines.find(({ period }) => period === 'sharp')?.qty ?? 0n;
}

describe('an event day', () => {
  it('has the plan of event days, on a holiday too, and no other day has it', () => {
    expect(sharpHours('2026-08-03', [])).toBe(0n);
    expect(sharpHours('2026-08-03', ['2026-08-03'])).toBe(3n);
    expect(sharpHours('2026-08-02', ['2026-08-02', '2026-08-03'])).toBe(3n);
    expect(sharpHours('2026-08-04', ['2026-08-03'])).toBe(0n);
  });

  it('is logged with its evidence before it begins on the local clock', () => {
    expect(parseEventDay(JSON.parse(JSON.stringify(fact)))).toEqual(fact);
    expect(admitEventDay(guangdong, fact, MIDNIGHT - 1, [])).toBeUndefined();
    for (const lateMs of [MIDNIGHT, MIDNIGHT + HOUR_MS]) {
      expect(() => admitEventDay(guangdong, fact, lateMs, [])).toThrow(
        expect.objectContaining({
          code: 'event-day-late',
          params: { date: '2026-08-03', zone: 'Asia/Shanghai' },
        }),
      );
    }
  });

  it('is one once, of a tariff that plans for it', () => {
    const refusal = (code: string) => expect.objectContaining({ code });
    const admit = (changes: Partial<EventDay>, known: readonly string[] = []) =>
      admitEventDay(guangdong, { ...fact, ...changes }, 0, known);
    expect(() => admit({}, ['2026-08-03'])).toThrow(refusal('event-day-twice'));
    expect(() => admit({ date: '2026-10-03' })).toThrow(refusal('event-day-unplanned'));
    expect(() => admit({ tariff: 'other' })).toThrow(refusal('event-day-unplanned'));
    expect(() => compileEnergy(guangdong, NO_TERMS, ['2026-10-03'])).toThrow(
      refusal('event-day-unplanned'),
    );
  });

  it.each([
    ['without evidence', { evidence: undefined }, 'bad-shape'],
    ['of another kind', { as: 'holiday' }, 'bad-shape'],
    ['that does not exist', { date: '2026-02-30' }, 'bad-date'],
  ])('%s is refused', (_, changes, code) => {
    const value = JSON.parse(JSON.stringify({ ...fact, ...changes }));
    expect(() => parseEventDay(value)).toThrow(expect.objectContaining({ code }));
  });
});
