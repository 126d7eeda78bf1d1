import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, parseTime } from './time.ts';
import { zoneOf } from './zone.ts';

const ZONES = [
  ...['America/Los_Angeles', 'Asia/Shanghai', 'America/St_Johns', 'Australia/Lord_Howe'],
  ...['Africa/Casablanca', 'Antarctica/Troll', 'America/Havana', 'Pacific/Apia', 'UTC'],
];

function hoursOfDays(name: string, year: number, month: number, first: number, days: number) {
  const zone = zoneOf(name);
  return Array.from({ length: days }, (_, i) => {
    const startMs = zone.startOfDay(year, month, first + i);
    return (zone.startOfDay(year, month, first + i + 1) - startMs) / HOUR_MS;
  });
}

describe('local time', () => {
  it.each(ZONES)('agrees with the platform in %s', (name) => {
    const zone = zoneOf(name);
    const platform = new Intl.DateTimeFormat('sv-SE', {
      timeZone: name,
      dateStyle: 'short',
      timeStyle: 'short',
    });
    const seconds = fc.integer({ min: 0, max: 2_200_000_000 });
    fc.assert(
      fc.property(seconds, (second) => {
        const { year, month, day, minuteOfDay } = zone.localParts(second * 1000);
        const pad = (n: number) => String(n).padStart(2, '0');
        const clock = `${pad(Math.floor(minuteOfDay / 60))}:${pad(minuteOfDay % 60)}`;
        const text = `${year}-${pad(month)}-${pad(day)} ${clock}`;
        expect(text).toBe(platform.format(second * 1000));
      }),
      { numRuns: 300 },
    );
  });

  it.each(ZONES)('has days and months in %s that follow each other without gap', (name) => {
    const zone = zoneOf(name);
    let startMs = zone.startOfMonth(2005, 1);
    for (let i = 1; i <= 25 * 12; i += 1) {
      const nextMs = zone.startOfMonth(2005, 1 + i);
      expect(zone.nextMonthStart(startMs)).toBe(nextMs);
      expect(zone.nextMonthStart(nextMs - 1)).toBe(nextMs);
      expect(zone.monthOf(nextMs - 1)).toBe(zone.monthOf(startMs));
      expect(zone.monthOf(nextMs)).not.toBe(zone.monthOf(startMs));
      startMs = nextMs;
    }
  });

  it('has days of 23 and 25 hours in Los Angeles, of 24 only in Shanghai', () => {
    expect(hoursOfDays('America/Los_Angeles', 2026, 3, 7, 3)).toEqual([24, 23, 24]);
    expect(hoursOfDays('America/Los_Angeles', 2026, 10, 31, 3)).toEqual([24, 25, 24]);
    expect(new Set(hoursOfDays('Asia/Shanghai', 2026, 1, 1, 365))).toEqual(new Set([24]));
    expect(hoursOfDays('Australia/Lord_Howe', 2026, 4, 5, 1)).toEqual([24.5]);
  });

  it('has an offset of half an hour in St. Johns', () => {
    const zone = zoneOf('America/St_Johns');
    expect(zone.offsetAt(parseTime('2026-01-15T12:00:00.000Z'))).toBe(-3.5 * HOUR_MS);
    expect(zone.offsetAt(parseTime('2026-07-15T12:00:00.000Z'))).toBe(-2.5 * HOUR_MS);
    expect(zone.localParts(parseTime('2026-07-15T02:29:59.999Z'))).toEqual({
      year: 2026,
      month: 7,
      day: 14,
      weekday: 2,
      minuteOfDay: 1439,
    });
  });
});

describe('local times that are skipped or repeated', () => {
  const zone = zoneOf('America/Los_Angeles');

  it('a skipped time begins at the instant of the skip', () => {
    const skip = parseTime('2026-03-08T10:00:00.000Z');
    expect(zone.instantOf(2026, 3, 8, 120)).toBe(skip);
    expect(zone.instantOf(2026, 3, 8, 150)).toBe(skip);
    expect(zone.instantOf(2026, 3, 8, 180)).toBe(skip);
    expect(zone.instantOf(2026, 3, 8, 119)).toBe(skip - 60_000);
  });

  it('a repeated time begins at its first showing', () => {
    expect(zone.instantOf(2026, 11, 1, 90)).toBe(parseTime('2026-11-01T08:30:00.000Z'));
    expect(zone.instantOf(2026, 11, 1, 120)).toBe(parseTime('2026-11-01T10:00:00.000Z'));
  });

  it('a day that does not exist has no length', () => {
    expect(hoursOfDays('Pacific/Apia', 2011, 12, 29, 3)).toEqual([24, 0, 24]);
  });

  it('a midnight that is skipped or repeated starts the day once', () => {
    expect(hoursOfDays('America/Havana', 2026, 3, 7, 3)).toEqual([24, 23, 24]);
    expect(hoursOfDays('America/Havana', 2026, 10, 31, 3)).toEqual([24, 25, 24]);
  });

  it('a month that has begun does not end again when the clock goes back over midnight', () => {
    // 2009-11-01 00:01 became 2009-10-31 23:01 in St. Johns.
    const stJohns = zoneOf('America/St_Johns');
    const again = parseTime('2009-11-01T02:45:00.000Z');
    expect(stJohns.localParts(again)).toMatchObject({ month: 10, day: 31, minuteOfDay: 1395 });
    expect(stJohns.startOfMonth(2009, 11)).toBe(parseTime('2009-11-01T02:30:00.000Z'));
    expect(stJohns.monthOf(again)).toBe('2009-11');
    expect(stJohns.nextMonthStart(again)).toBe(stJohns.startOfMonth(2009, 12));
  });

  it.each(ZONES)('has each instant in the month that its bounds say, in %s', (name) => {
    const zone = zoneOf(name);
    const month = fc.integer({ min: 1, max: 600 });
    const near = fc.tuple(month, fc.integer({ min: -3 * HOUR_MS, max: 3 * HOUR_MS }));
    fc.assert(
      fc.property(fc.array(near, { minLength: 1 }), (instants) => {
        for (const [n, offsetMs] of instants) {
          const ms = zone.startOfMonth(1970, n) + offsetMs;
          const inside = offsetMs < 0 ? n - 1 : n;
          const year = 1970 + Math.floor((inside - 1) / 12);
          const monthText = String(((inside + 11) % 12) + 1).padStart(2, '0');
          expect(zone.monthOf(ms)).toBe(`${year}-${monthText}`);
          expect(zone.nextMonthStart(ms)).toBe(zone.startOfMonth(1970, inside + 1));
        }
      }),
    );
  });
});

describe('zones', () => {
  it.each([
    ...['Mars/Olympus', '', '+08:00', 'Asia/Shanghai ', 'x'.repeat(100), '../etc', 'EST5EDT'],
    ...['asia/shanghai', 'Asia/shanghai', 'ASIA/SHANGHAI', 'Asia/ShangHai', 'Utc', 'A/B/C/D'],
  ])('refuses %j', (name) => {
    expect(() => zoneOf(name)).toThrow(expect.objectContaining({ code: 'unknown-zone' }));
  });

  it.each(['Asia/Kolkata', 'America/Port-au-Prince', 'Etc/GMT-14', 'America/Indiana/Knox', 'UTC'])(
    'knows %s by that name',
    (name) => {
      expect(zoneOf(name).name).toBe(name);
    },
  );

  it('refuses a time that no meter has seen', () => {
    const before1900 = parseTime('1899-12-30T00:00:00.000Z');
    const refusal = expect.objectContaining({ code: 'time-out-of-range' });
    expect(() => zoneOf('UTC').localParts(before1900)).toThrow(refusal);
  });

  it('give the same whatever zone the process runs in', () => {
    const script = `
      const { zoneOf } = await import(${JSON.stringify(new URL('./zone.ts', import.meta.url))});
      const out = [];
      for (const name of ${JSON.stringify(ZONES)}) {
        const zone = zoneOf(name);
        for (let i = 0; i < 40; i += 1) {
          const ms = 1.76e12 + i * 9.7 * ${DAY_MS};
          out.push(zone.offsetAt(ms), zone.monthOf(ms), zone.localParts(ms), zone.nextMonthStart(ms));
        }
      }
      console.log(JSON.stringify(out));`;
    const outputs = ['UTC', 'Asia/Shanghai', 'America/St_Johns'].map((TZ) =>
      execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...process.env, TZ },
        encoding: 'utf8',
      }),
    );
    expect(outputs[0]?.length).toBeGreaterThan(10_000);
    expect(new Set(outputs).size).toBe(1);
  });
});
