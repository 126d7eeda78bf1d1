import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { formatTime, parseTime } from '../ledger/core/time.ts';
import { replayHistory } from './history.ts';
import type { Scenario } from './simulator/scenario.ts';
import { makeBuilding, PROFILES, QUARTER, START } from './test/building.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function building(scenarios: readonly Scenario[] = []) {
  const made = await makeBuilding(scenarios);
  closers.push(made.close);
  return made;
}

describe('from register to ledger', () => {
  it('delivers every reading of every shipped model, chained and signed', async () => {
    const { simulator, receiver, open } = await building();
    const bridge = open();
    const { setTime } = simulator;
    const toMs = START + 8 * QUARTER;
    const records = await replayHistory({ bridge, fromMs: START, toMs, setTime });
    expect(records).toBe(9 * PROFILES.length);
    expect(await bridge.delivered(60_000)).toBe(true);
    for (const [i, name] of PROFILES.entries()) {
      const list = receiver.recordsOf(`m-${i + 1}`);
      expect(list.map(({ reading }) => reading.at)).toEqual(
        Array.from({ length: 9 }, (_, n) => formatTime(START + n * QUARTER)),
      );
      for (const { reading } of list) expect([name, reading.status]).toEqual([name, 'good']);
      const serial = receiver.recordsOf(`m-${i + 1}`).at(-1)?.reading.serial;
      expect(serial).toBe(String(1000 + i));
    }
    const values = receiver.recordsOf('m-1').map((r) => r.reading.registers?.['1-0:1.8.0']?.value);
    expect(values).toEqual([
      '100.00',
      '100.37',
      '100.67',
      '101.04',
      '101.53',
      '101.85',
      '102.21',
      '102.55',
      '102.91',
    ]);
    expect(receiver.conflicts).toEqual([]);
    expect(bridge.status().heldBatches).toBe(0);
  });
});

/** Records of a meter over the first hours, polled every quarter. */
async function story(scenarios: readonly Scenario[], meter: string, polls: number) {
  const { simulator, receiver, open, log } = await building(scenarios);
  const bridge = open();
  const { setTime } = simulator;
  const toMs = START + (polls - 1) * QUARTER;
  await replayHistory({ bridge, fromMs: START, toMs, setTime });
  expect(await bridge.delivered(60_000)).toBe(true);
  return { records: receiver.recordsOf(meter).map(({ reading }) => reading), log };
}

describe('what happens to a meter is told, never smoothed over', () => {
  it('a rollover is arithmetic: the value starts again and stays good', async () => {
    const atMs = START + 2 * QUARTER;
    const { records } = await story([{ kind: 'rollover', unit: 1, atMs }], 'm-1', 5);
    expect(records.map(({ status }) => status)).toEqual(Array(5).fill('good'));
    const values = records.map((r) => r.registers?.['1-0:1.8.0']?.value ?? '');
    expect(values[1]).toMatch(/^999999\.\d\d$/);
    expect(values[2]).toBe('0.00');
    expect(values[4]).toMatch(/^[01]\.\d\d$/);
  });

  it('a register that falls without a modulus is a reset: one record without a value', async () => {
    const atMs = START + 2 * QUARTER;
    const { records } = await story([{ kind: 'reset', unit: 4, atMs }], 'm-4', 5);
    expect(records.map(({ status, registers, raw }) => [status, !!registers, !!raw])).toEqual([
      ['good', true, true],
      ['good', true, true],
      ['reset', false, false],
      ['good', true, true],
      ['good', true, true],
    ]);
  });

  it('a fall from the middle of a declared range is a reset too', async () => {
    const atMs = START + QUARTER;
    const { records } = await story([{ kind: 'reset', unit: 5, atMs }], 'm-5', 3);
    expect(records.map(({ status }) => status)).toEqual(['good', 'reset', 'good']);
  });

  it('another serial number is an exchange, and the new meter goes on under its own', async () => {
    const exchange: Scenario = { kind: 'exchange', unit: 5, atMs: START + 2 * QUARTER, serial: 77 };
    const { records } = await story([exchange], 'm-5', 4);
    expect(records.map(({ status, serial }) => [status, serial])).toEqual([
      ['good', '1004'],
      ['good', '1004'],
      ['exchanged', '77'],
      ['good', '77'],
    ]);
  });

  it('an outage is a failed poll each time; what flowed meanwhile is read afterwards', async () => {
    const outage: Scenario = {
      kind: 'outage',
      unit: 1,
      fromMs: START + QUARTER,
      toMs: START + 3 * QUARTER,
      how: 'gateway',
    };
    const { records } = await story([outage], 'm-1', 4);
    const { records: undisturbed } = await story([], 'm-1', 4);
    expect(records.map(({ status, registers }) => [status, registers])).toEqual([
      ['good', undisturbed[0]?.registers],
      ['timeout', undefined],
      ['timeout', undefined],
      ['good', undisturbed[3]?.registers],
    ]);
  });

  it('a step of the wall clock is logged, and the time after it is marked unknown', async () => {
    const step: Scenario = { kind: 'clock-step', atMs: START + 2 * QUARTER, byMs: -3_600_000 };
    const { records, log } = await story([step], 'm-1', 4);
    expect(records.map(({ at, clock, uptimeMs }) => [at, clock, uptimeMs])).toEqual([
      [formatTime(START), 'S', 0],
      [formatTime(START + QUARTER), 'S', QUARTER],
      [formatTime(START + 2 * QUARTER - 3_600_000), 'U', 2 * QUARTER],
      [formatTime(START + 3 * QUARTER - 3_600_000), 'S', 3 * QUARTER],
    ]);
    expect(log.map(({ event }) => event)).toEqual(['clock-stepped']);
  });
});

describe('a bridge that is stopped and started', () => {
  it('goes on with the next number and still notices a reset meanwhile', async () => {
    const reset: Scenario = { kind: 'reset', unit: 4, atMs: START + 3 * QUARTER };
    const { simulator, receiver, open } = await building([reset]);
    const { setTime } = simulator;
    const first = open();
    await replayHistory({ bridge: first, fromMs: START, toMs: START + 2 * QUARTER, setTime });
    await first.stop();
    const second = open();
    const [fromMs, toMs] = [START + 3 * QUARTER, START + 4 * QUARTER];
    await replayHistory({ bridge: second, fromMs, toMs, setTime });
    expect(await second.delivered(60_000)).toBe(true);
    const records = receiver.recordsOf('m-4').map(({ reading }) => reading);
    expect(records.map(({ seq, status }) => [seq, status])).toEqual([
      [0, 'good'],
      [1, 'good'],
      [2, 'good'],
      [3, 'reset'],
      [4, 'good'],
    ]);
  });

  it('delivers what it read while the ledger was away', async () => {
    const { simulator, receiver, open } = await building();
    receiver.faults.push(...Array.from({ length: 1_000 }, () => ({ status: 503 })));
    const bridge = open();
    const toMs = START + 20 * QUARTER;
    await replayHistory({ bridge, fromMs: START, toMs, setTime: simulator.setTime, backlog: 99 });
    await bridge.stop();
    expect(receiver.recordsOf('m-1')).toEqual([]);
    receiver.faults.length = 0;
    expect(await open().delivered(60_000)).toBe(true);
    expect(receiver.recordsOf('m-1')).toHaveLength(21);
  });

  it('is refused on a folder where another one runs, and welcome afterwards', async () => {
    const { open, data } = await building();
    const bridge = open();
    expect(() => open()).toThrow(expect.objectContaining({ code: 'data-in-use' }));
    expect(readFileSync(join(data, 'bridge.pid'), 'utf8')).toBe(String(process.pid));
    await bridge.stop();
    expect(open().status().epoch).toBe(0);
  });
});

describe('a bridge without room', () => {
  it('stops polling and says so, loses nothing, and goes on when there is room', async () => {
    const { simulator, receiver, open, log } = await building();
    receiver.faults.push(...Array.from({ length: 100_000 }, () => ({ status: 503 })));
    const bridge = open({ outbox: { maxBytes: 20_000 } });
    const reports: [number, boolean][] = [];
    for (let i = 0; i < 8; i++) {
      simulator.setTime(START + i * QUARTER);
      const { records, storageFull } = await bridge.cycle();
      reports.push([records, storageFull]);
    }
    const polledBefore = reports.filter(([records]) => records > 0).length;
    expect(reports.at(-1)).toEqual([0, true]);
    expect(bridge.status()).toMatchObject({ storageFull: true, unsealed: PROFILES.length });
    expect(log.filter(({ event }) => event === 'storage-full')).toHaveLength(1);
    receiver.faults.length = 0;
    await bridge.backlogBelow(0);
    expect((await bridge.cycle()).records).toBe(PROFILES.length);
    expect(await bridge.delivered(60_000)).toBe(true);
    expect(receiver.recordsOf('m-3').map(({ reading }) => reading.seq)).toEqual(
      Array.from({ length: polledBefore + 1 }, (_, seq) => seq),
    );
  });
});

describe('the schedule', () => {
  it('polls each meter at whole multiples of its interval until it is stopped', async () => {
    const { receiver, open } = await building();
    const meters = [1, 2].map((n) => ({
      meter: `m-${n}`,
      link: 'bus',
      unit: n,
      profile: PROFILES[n - 1] ?? '',
      serial: String(999 + n),
      everyMs: 100 * n,
    }));
    let [nowMs, looks] = [START + 50, 0];
    const clock = {
      nowMs: () => {
        looks += 1;
        return nowMs;
      },
      uptimeMs: () => nowMs - START,
    };
    const bridge = open({ meters }, clock);
    const timesOf = (meter: string) =>
      receiver.recordsOf(meter).map(({ reading }) => parseTime(reading.at) - START);
    const times = () => meters.map(({ meter }) => timesOf(meter));
    bridge.start();
    // What has passed at each time, as the clock stands still at it.
    for (const [atMs, first, second] of [
      [99, [], []],
      [100, [100], []],
      [199, [100], []],
      [200, [100, 200], [200]],
      [230, [100, 200], [200]],
      // It was busy in between: what was missed is not made up for.
      [510, [100, 200, 510], [200, 510]],
      [600, [100, 200, 510, 600], [200, 510, 600]],
    ] as const) {
      const before = looks;
      nowMs = START + atMs;
      await expect.poll(() => looks - before).toBeGreaterThan(2);
      await expect.poll(times).toEqual([first, second]);
    }
    await bridge.stop();
    nowMs = START + 1_000;
    expect(await open({ meters }, clock).delivered(60_000)).toBe(true);
    expect(times()).toEqual([
      [100, 200, 510, 600],
      [200, 510, 600],
    ]);
  });
});
