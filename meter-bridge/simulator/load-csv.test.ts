import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../ledger/core/time.ts';
import { parseLoadCsv, recordedLoad } from './load-csv.ts';

const UTC = { unit: 'kW', tz: 'UTC' } as const;
const MIDNIGHT = Date.UTC(2026, 0, 1);
const QUARTER = HOUR_MS / 4;

function reads(text: string, minutes: readonly number[], unit: 'kW' | 'kWh' = 'kW') {
  const load = recordedLoad(parseLoadCsv(text, { unit, tz: 'UTC' }));
  return minutes.map((minute) => load.at(MIDNIGHT + minute * 60_000));
}

describe('a recorded load', () => {
  const rows = [
    '2026-01-01 00:00:00,4',
    '2026-01-01 00:15:00,8',
    '2026-01-01 00:30:00,nan',
    '2026-01-01 01:00:00,0.001',
  ].join('\n');

  it('advances at the end of each slot by mean power times its length', () => {
    expect(reads(rows, [-1, 0, 14, 15, 30])).toEqual([0n, 0n, 0n, 1_000_000n, 3_000_000n]);
  });

  it('cannot be read inside a hole, only at the instants where it begins and ends', () => {
    expect(reads(rows, [30, 31, 45, 59, 60, 75, 600])).toEqual([
      3_000_000n,
      undefined,
      undefined,
      undefined,
      3_000_000n,
      3_000_250n,
      3_000_250n,
    ]);
  });

  it('takes kWh as the energy of the slot, exactly', () => {
    expect(reads(rows, [15, 30, 75], 'kWh')).toEqual([4_000_000n, 12_000_000n, 12_001_000n]);
  });

  it('may have a header, Windows line ends and offsets in its times', () => {
    const text = 'timestamp,value\r\n2026-01-01T08:00:00+08:00,1\r\n2026-01-01T00:15:00Z,2\r\n';
    const recorded = parseLoadCsv(text, UTC);
    expect([recorded.firstMs, recorded.endMs]).toEqual([MIDNIGHT, MIDNIGHT + 2 * QUARTER]);
  });

  it('places a repeated local hour by the order of its rows', () => {
    const text = [
      '2026-11-01 00:30,1',
      '2026-11-01 01:00,1',
      '2026-11-01 01:30,1',
      '2026-11-01 01:00,1',
      '2026-11-01 01:30,1',
      '2026-11-01 02:00,1',
    ].join('\n');
    const recorded = parseLoadCsv(text, { unit: 'kW', tz: 'America/Los_Angeles' });
    expect([...recorded.slots.keys()]).toEqual(
      [0, 1, 2, 3, 4, 5].map((n) => Date.UTC(2026, 10, 1, 7, 30) + n * 2 * QUARTER),
    );
  });

  it('leaves no hole where local time skips an hour', () => {
    const text = ['2026-03-08 01:00,1', '2026-03-08 01:30,1', '2026-03-08 03:00,1'].join('\n');
    const recorded = parseLoadCsv(text, { unit: 'kW', tz: 'America/Los_Angeles' });
    expect(recorded.endMs - recorded.firstMs).toBe(3 * 2 * QUARTER);
    expect(recorded.slots.size).toBe(3);
  });

  it.each([
    ['a time of no calendar', '2026-13-01 00:00,1\n2026-01-01 00:15,1', 1],
    ['a time that local clocks skip', '2026-03-08 01:30,1\n2026-03-08 02:30,1', 2],
    ['a negative value', '2026-01-01 00:00,-1\n2026-01-01 00:15,1', 1],
    ['an exponent', '2026-01-01 00:00,1e3\n2026-01-01 00:15,1', 1],
    ['too many decimals', '2026-01-01 00:00,1.0000001\n2026-01-01 00:15,1', 1],
    ['a third column', '2026-01-01 00:00,1,2\n2026-01-01 00:15,1', 1],
    ['a repeated row', '2026-01-01 00:00,1\n2026-01-01 00:00,1', 2],
    ['a row that goes back', '2026-01-01 00:15,1\n2026-01-01 00:00,1', 2],
    ['a time between slots', '2026-01-01 00:00,1\n2026-01-01 00:15,1\n2026-01-01 00:37,1', 3],
    ['one row only', '2026-01-01 00:00,1\n', 2],
  ])('is refused for %s, naming the line', (_, text, line) => {
    expect(() => parseLoadCsv(text, { unit: 'kW', tz: 'America/Los_Angeles' })).toThrow(
      expect.objectContaining({ code: 'bad-load', params: expect.objectContaining({ line }) }),
    );
  });

  it('of a real building adds up to the published totals of both months', () => {
    const file = new URL('../../../shared/fixtures/loadshape_kw.csv', import.meta.url);
    const tz = 'America/Los_Angeles';
    const recorded = parseLoadCsv(readFileSync(file, 'utf8'), { unit: 'kW', tz });
    const load = recordedLoad(recorded);
    const september = Date.UTC(2013, 8, 1, 7);
    expect(recorded.firstMs).toBe(Date.UTC(2013, 7, 1, 7));
    expect(recorded.endMs).toBe(Date.UTC(2013, 8, 27, 7));
    const before = (ms: number) => [...recorded.slots.keys()].filter((at) => at < ms).length;
    expect([before(september), recorded.slots.size]).toEqual([2_944, 2_944 + 1_785]);
    expect([load.at(september), load.at(recorded.endMs)]).toEqual([
      5_169_978_750n,
      5_169_978_750n + 3_349_446_750n,
    ]);
  });
});
