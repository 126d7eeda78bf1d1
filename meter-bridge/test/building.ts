import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBridge } from '../bridge.ts';
import { type BridgeConfigInput, parseConfig } from '../config.ts';
import { shippedProfile } from '../device-profile.ts';
import { enrolBridge } from '../identity.ts';
import { DAY_PATTERNS, shapedLoad } from '../simulator/load-shape.ts';
import type { Scenario } from '../simulator/scenario.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { Receiver } from './receiver.ts';

export const START = Date.UTC(2026, 8, 1);
export const QUARTER = 900_000;
/** One meter of each, at units 1 to 8, named m-1 to m-8. */
export const PROFILES = [
  'acrel-dtsd1352',
  'eastron-sdm630',
  'chint-dtsu666',
  'hiking-dds238',
  'pulse-water',
  'pulse-gas',
  'btu-cooling',
  'replayed-load',
];

/** A gateway that answers, however long the machine takes. */
const BUS = { link: 'bus', inFlight: 8, timeoutMs: 10_000 };

/** A seeded load behind one meter of each shipped model, and a strict receiver. */
export async function makeBuilding(scenarios: readonly Scenario[] = []) {
  const cleanups: (() => Promise<void> | void)[] = [];
  const log: { event: string; [field: string]: unknown }[] = [];
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
  const note = (fields: object) => log.push({ event: '', ...fields });
  const simulator = await startSimulator({ meters, scenarios, clock: () => START });
  cleanups.push(() => simulator.close());
  const receiver = new Receiver();
  const url = await receiver.listen();
  cleanups.push(() => receiver.close());
  const data = mkdtempSync(join(tmpdir(), 'bridge-'));
  cleanups.push(() => rmSync(data, { recursive: true }));
  await enrolBridge({ url, bridge: 'br-1', token: receiver.token, dataDir: data, nowMs: START });
  const ownClock = {
    nowMs: () => simulator.wallMs(),
    uptimeMs: () => simulator.nowMs() - START,
  };
  const open = (change: Partial<BridgeConfigInput> = {}, clock = ownClock) => {
    const config = parseConfig(
      {
        bridge: 'br-1',
        url,
        data,
        clock: 'S',
        retry: { firstMs: 1, maxMs: 20 },
        links: [{ ...BUS, host: simulator.host, port: simulator.port }],
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
    const bridge = openBridge({
      config,
      log: { info: () => undefined, warn: note, error: note },
      clock,
      random: () => 0.5,
    });
    const stop = () => bridge.stop();
    cleanups.push(stop);
    return bridge;
  };
  const close = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  return { simulator, receiver, open, data, url, log, close };
}
