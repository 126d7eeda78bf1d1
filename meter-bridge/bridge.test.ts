import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { formatTime } from '../ledger/core/time.ts';
import { openBridge } from './bridge.ts';
import { type BridgeConfigInput, parseConfig } from './config.ts';
import { shippedProfile } from './device-profile.ts';
import { replayHistory } from './history.ts';
import { enrolBridge } from './identity.ts';
import { DAY_PATTERNS, shapedLoad } from './simulator/load-shape.ts';
import type { Scenario } from './simulator/scenario.ts';
import { startSimulator } from './simulator/simulator.ts';
import { Receiver } from './test/receiver.ts';

const START = Date.UTC(2026, 8, 1);
const QUARTER = 900_000;
const PROFILES = [
  'acrel-dtsd1352',
  'eastron-sdm630',
  'chint-dtsu666',
  'hiking-dds238',
  'pulse-water',
  'pulse-gas',
  'btu-cooling',
  'replayed-load',
];
const SILENT_LOG = { info: () => undefined, warn: () => undefined, error: () => undefined };

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A flat load of 4 units an hour behind one meter of each shipped model, and a strict receiver. */
async function building(scenarios: readonly Scenario[] = []) {
  const meters = PROFILES.map((name, i) => ({
    unit: i + 1,
    profile: shippedProfile(name),
    serial: 1000 + i,
    startMicros: 100_000_000n,
    load: shapedLoad({
      seed: 7 + i,
      pattern: DAY_PATTERNS.home,
      microsPerHour: 4_000_000n,
      originMs: START,
      offsetMs: 0,
    }),
  }));
  const simulator = await startSimulator({ meters, scenarios, clock: () => START });
  cleanups.push(() => simulator.close());
  const receiver = new Receiver();
  const url = await receiver.listen();
  cleanups.push(() => receiver.close());
  const data = mkdtempSync(join(tmpdir(), 'bridge-'));
  cleanups.push(() => rmSync(data, { recursive: true }));
  await enrolBridge({ url, bridge: 'br-1', token: receiver.token, dataDir: data, nowMs: START });
  const open = (change: Partial<BridgeConfigInput> = {}) => {
    const config = parseConfig(
      {
        bridge: 'br-1',
        url,
        data,
        clock: 'S',
        retry: { firstMs: 1, maxMs: 20 },
        links: [
          { link: 'bus', host: simulator.host, port: simulator.port, inFlight: 8, timeoutMs: 200 },
        ],
        meters: PROFILES.map((profile, i) => ({
          meter: `m-${i + 1}`,
          link: 'bus',
          unit: i + 1,
          profile,
          serial: String(1000 + i),
          everyMs: QUARTER,
        })),
        ...change,
      },
      '.',
    );
    const clock = {
      nowMs: simulator.wallMs,
      uptimeMs: () => simulator.nowMs() - START,
    };
    const bridge = openBridge({ config, log: SILENT_LOG, clock, random: () => 0.5 });
    cleanups.push(() => bridge.stop());
    return bridge;
  };
  return { simulator, receiver, open, data, url };
}

describe('from register to ledger', () => {
  it('delivers every reading of every shipped model, chained and signed', async () => {
    const { simulator, receiver, open } = await building();
    const bridge = open();
    const { setTime } = simulator;
    const toMs = START + 8 * QUARTER;
    const records = await replayHistory({ bridge, fromMs: START, toMs, setTime });
    expect(records).toBe(9 * PROFILES.length);
    expect(await bridge.delivered(5_000)).toBe(true);
    for (const [i, name] of PROFILES.entries()) {
      const list = receiver.recordsOf(`m-${i + 1}`);
      expect(list.map(({ reading }) => reading.at)).toEqual(
        Array.from({ length: 9 }, (_, n) => formatTime(START + n * QUARTER)),
      );
      for (const { reading } of list) expect([name, reading.status]).toEqual([name, 'good']);
      const serial = receiver.recordsOf(`m-${i + 1}`).at(-1)?.reading.serial;
      expect(serial).toBe(String(1000 + i));
    }
    expect(
      receiver.recordsOf('m-1').map(({ reading }) => reading.registers),
    ).toMatchInlineSnapshot(`
      [
        {
          "1-0:1.8.0": {
            "unit": "kWh",
            "value": "100.00",
          },
        },
        {
          "1-0:1.8.0": {
            "unit": "kWh",
            "value": "100.37",
          },
        },
        {
          "1-0:1.8.0": {
            "unit": "kWh",
            "value": "100.67",
          },
        },
        {
          "1-0:1.8.0": {
            "unit": "kWh",
            "value": "101.04",
          },
        },
        {
          "1-0:1.8.0": {
            "unit": "kWh",
            "value": "101.53",
          },
        },
        {
          "1-0:1.8.0": {
            "unit": "kWh",
            "value": "101.85",
          },
        },
        {
          "1-0:1.8.0": {
            "unit": "kWh",
            "value": "102.21",
          },
        },
        {
          "1-0:1.8.0": {
            "unit": "kWh",
            "value": "102.55",
          },
        },
        {
          "1-0:1.8.0": {
            "unit": "kWh",
            "value": "102.91",
          },
        },
      ]
    `);
    expect(receiver.conflicts).toEqual([]);
    expect(bridge.status().heldBatches).toBe(0);
  });
});
