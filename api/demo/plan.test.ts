import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../../ledger/core/refusal.ts';
import { DAY_MS, formatTime } from '../../ledger/core/time.ts';
import { zoneOf } from '../../ledger/core/zone.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { finishedMonths } from './billing.ts';
import { clearData, readPlan, towerPlan, writePlan } from './plan.ts';
import { TOWER } from './tower.ts';
import { historyStops } from './tower-history.ts';

const moments = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) });

describe('the history of a tower', () => {
  it('begins with the month before where that is long enough ago', () => {
    const plan = towerPlan(Date.parse('2026-11-23T14:35:10.000Z'), 12);
    expect([plan.startMs, plan.endMs].map(formatTime)).toEqual([
      '2026-09-30T16:00:00.000Z',
      '2026-11-23T14:30:00.000Z',
    ]);
  });

  it('begins in the month before that where the month is young', () => {
    const plan = towerPlan(Date.parse('2026-09-02T03:00:00.000Z'), 12);
    expect(formatTime(plan.startMs)).toBe('2026-07-28T16:00:00.000Z');
    expect(finishedMonths(TOWER.zone, plan.startMs, plan.endMs)).toEqual(['2026-07', '2026-08']);
  });

  it('has at least 35 days from a local midnight, and the whole month before', () => {
    fc.assert(
      fc.property(moments, (nowMs) => {
        const { startMs, endMs } = towerPlan(nowMs, 1);
        const zone = zoneOf(TOWER.zone);
        const { year, month } = zone.localParts(nowMs);
        expect(zone.localParts(startMs).minuteOfDay).toBe(0);
        expect(startMs).toBeLessThanOrEqual(zone.startOfMonth(year, month - 1));
        expect(nowMs - startMs).toBeGreaterThanOrEqual(35 * DAY_MS);
        expect(nowMs - startMs).toBeLessThan(63 * DAY_MS);
        expect(nowMs - endMs).toBeLessThan(DAY_MS / 96);
      }),
    );
  });

  it('pauses once a day, in order, from its first instant to its last', () => {
    fc.assert(
      fc.property(moments, (nowMs) => {
        const plan = towerPlan(nowMs, 1);
        const stops = historyStops(plan);
        expect([stops[0], stops.at(-1)]).toEqual([plan.startMs, plan.endMs]);
        for (const [i, ms] of stops.slice(1).entries()) {
          const stretchMs = ms - (stops[i] ?? 0);
          expect(stretchMs).toBeGreaterThan(0);
          expect(stretchMs).toBeLessThanOrEqual(DAY_MS);
        }
      }),
    );
  });
});

describe('the data folder', () => {
  let data = '';
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'billproof-demo-'));
  });
  afterEach(() => rmSync(data, { recursive: true }));

  const plan = towerPlan(Date.parse('2026-11-23T14:35:10.000Z'), 3);
  const codeOf = async (act: () => unknown) => {
    try {
      await act();
    } catch (error) {
      return error instanceof Refusal ? error.code : error;
    }
    return 'done';
  };

  it('keeps the plan of its first start', () => {
    expect(readPlan(data)).toBeUndefined();
    writePlan(data, plan);
    expect(readPlan(data)).toEqual(plan);
  });

  it('is not taken over from a ledger of somebody else, nor cleared', async () => {
    writeFileSync(join(data, 'ledger.db'), 'theirs');
    expect(await codeOf(() => readPlan(data))).toBe('not-a-demonstration');
    expect(await codeOf(() => clearData({ data }))).toBe('not-a-demonstration');
    expect(readdirSync(data)).toEqual(['ledger.db']);
  });

  it('is refused where the plan cannot be read', async () => {
    writeFileSync(join(data, 'demo-plan.json'), '{"v":2}');
    expect(await codeOf(() => readPlan(data))).toBe('demonstration-unreadable');
  });

  it('loses what the demonstration wrote, and nothing else', async () => {
    writePlan(data, plan);
    mkdirSync(join(data, 'bridge'));
    writeFileSync(join(data, 'mine.txt'), 'mine');
    await clearData({ data });
    expect(readdirSync(data)).toEqual(['mine.txt']);
  });

  it('is not cleared while a ledger writes there', async () => {
    writePlan(data, plan);
    const ledger = await Ledger.open({ dataDir: data });
    expect(await codeOf(() => clearData({ data }))).toBe('data-in-use');
    await ledger.close();
    expect(existsSync(join(data, 'demo-plan.json'))).toBe(true);
  });
});
