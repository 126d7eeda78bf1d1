import { describe, expect, it } from 'vitest';
import {
  dayPlan,
  flatTariff,
  MONTHS,
  REST_DAYS,
  timeOfUseTariff,
  WORKDAYS,
} from '../../test/samples/tariffs.ts';
import { DAY_KINDS } from './day-kinds.ts';
import type { Tariff } from './tariff.ts';
import { tariffCalendar } from './tariff-calendar.ts';
import { HOUR_MS, parseTime } from './time.ts';
import { zoneOf } from './zone.ts';

/** `period hours` for each stretch of the local days. */
function stretches(tariff: Tariff, [year, month, day]: [number, number, number], days = 1) {
  const calendar = tariffCalendar(tariff);
  const { zone } = calendar;
  return calendar
    .spansBetween(zone.startOfDay(year, month, day), zone.startOfDay(year, month, day + days))
    .map(
      ({ startMs, endMs, period }) => `${calendar.periods[period]} ${(endMs - startMs) / HOUR_MS}`,
    );
}

/** Valley at night, peak from 02:00: every change of the clock falls on a boundary. */
function edgeTariff(zone: string): Tariff {
  return flatTariff({
    zone,
    seasons: [
      {
        season: 'year',
        months: MONTHS,
        days: [dayPlan(DAY_KINDS, '00:00 valley 02:00 peak 02:30 flat 24:00')],
      },
    ],
  });
}

describe('the calendar of a tariff', () => {
  it('joins neighbours of one period, over midnight too', () => {
    const workdays: [number, number, number] = [2026, 9, 14];
    expect(stretches(timeOfUseTariff(), workdays, 2)).toEqual([
      'valley 8',
      'peak 14',
      'valley 10',
      'peak 14',
      'valley 2',
    ]);
    expect(stretches(timeOfUseTariff(), [2026, 9, 12], 2)).toEqual(['valley 48']);
  });

  it('knows holidays and adjusted workdays', () => {
    const tariff = timeOfUseTariff({
      calendar: [
        { date: '2026-10-01', as: 'holiday' },
        { date: '2026-10-10', as: 'fri' },
      ],
    });
    expect(stretches(tariff, [2026, 10, 1])).toEqual(['valley 24']);
    expect(stretches(tariff, [2026, 10, 2])).toEqual(['valley 8', 'peak 14', 'valley 2']);
    expect(stretches(tariff, [2026, 10, 10])).toEqual(['valley 8', 'peak 14', 'valley 2']);
    expect(stretches(tariff, [2026, 10, 11])).toEqual(['valley 24']);
  });

  it('changes seasons at local midnight of the first of a month', () => {
    const seasons = [
      { season: 'warm', months: [7, 8], days: [dayPlan(DAY_KINDS, '00:00 warm 24:00')] },
      {
        season: 'cold',
        months: MONTHS.filter((month) => month !== 7 && month !== 8),
        days: [dayPlan([...WORKDAYS, ...REST_DAYS], '00:00 cold 24:00')],
      },
    ];
    const calendar = tariffCalendar(flatTariff({ seasons }));
    const spans = calendar.spansBetween(
      parseTime('2026-01-01T00:00:00.000Z'),
      parseTime('2026-12-01T00:00:00.000Z'),
    );
    expect(spans.slice(1).map(({ startMs }) => startMs)).toEqual([
      parseTime('2026-06-30T16:00:00.000Z'),
      parseTime('2026-08-31T16:00:00.000Z'),
    ]);
  });

  it('starts a skipped span at the skip: the hours of a 23-hour day add up', () => {
    expect(stretches(edgeTariff('America/Los_Angeles'), [2026, 3, 8])).toEqual([
      'valley 2',
      'flat 21',
    ]);
    expect(stretches(edgeTariff('America/St_Johns'), [2026, 3, 8])).toEqual([
      'valley 2',
      'flat 21',
    ]);
  });

  it('applies a span again where the clock repeats it: 25 hours', () => {
    expect(stretches(edgeTariff('America/Los_Angeles'), [2026, 11, 1])).toEqual([
      'valley 3',
      'peak 0.5',
      'flat 21.5',
    ]);
    // Lord Howe goes back by half an hour, from 02:00 to 01:30.
    expect(stretches(edgeTariff('Australia/Lord_Howe'), [2026, 4, 5])).toEqual([
      'valley 2.5',
      'peak 0.5',
      'flat 21.5',
    ]);
  });

  it('prices each instant of a year once in every zone', () => {
    for (const zone of ['Asia/Shanghai', 'America/St_Johns', 'Africa/Casablanca', 'Pacific/Apia']) {
      const calendar = tariffCalendar(edgeTariff(zone));
      const fromMs = zoneOf(zone).startOfMonth(2026, 1);
      const toMs = zoneOf(zone).startOfMonth(2027, 1);
      const spans = calendar.spansBetween(fromMs, toMs);
      expect(spans[0]?.startMs).toBe(fromMs);
      expect(spans.at(-1)?.endMs).toBe(toMs);
      expect(spans.slice(1).map(({ startMs }) => startMs)).toEqual(
        spans.slice(0, -1).map(({ endMs }) => endMs),
      );
      for (const { startMs, period } of spans) {
        const { minuteOfDay } = zoneOf(zone).localParts(startMs);
        const expected = minuteOfDay < 120 ? 'valley' : minuteOfDay < 150 ? 'peak' : 'flat';
        expect(calendar.periods[period]).toBe(expected);
      }
    }
  });

  it('counts tiers by the local month or year', () => {
    const noon = parseTime('2026-12-31T20:00:00.000Z');
    const month = tariffCalendar(flatTariff()).windowAfter(noon);
    const year = tariffCalendar(flatTariff({ window: 'year' })).windowAfter(noon);
    expect(month).toEqual({
      startMs: parseTime('2026-12-31T16:00:00.000Z'),
      endMs: parseTime('2027-01-31T16:00:00.000Z'),
    });
    expect(year).toEqual({
      startMs: parseTime('2026-12-31T16:00:00.000Z'),
      endMs: parseTime('2027-12-31T16:00:00.000Z'),
    });
  });
});
