import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { enrolBridge } from '../../meter-bridge/identity.ts';
import { parseSimulation } from '../../meter-bridge/simulator/simulation-file.ts';
import { startSimulator } from '../../meter-bridge/simulator/simulator.ts';
import { Receiver } from '../../meter-bridge/test/receiver.ts';
import { startBridgeProcess } from './bridge-process.ts';

const ROUNDS = Number(process.env['BRIDGE_CRASH_ROUNDS'] ?? 12);
const SEED = Number(process.env['BRIDGE_CRASH_SEED'] ?? Date.now() % 1_000_000);
const UNITS = [1, 2, 3, 4];

it(`loses, doubles and renumbers nothing in ${ROUNDS} kills, seed ${SEED}`, async () => {
  const random = randomFrom(SEED);
  const simulator = await startSimulator({
    ...parseSimulation({
      origin: '2026-09-01T00:00:00.000Z',
      meters: UNITS.map((unit) => ({
        unit,
        profile: 'pulse-water',
        serial: 1000 + unit,
        pattern: 'flat',
        perHour: '3600',
      })),
    }),
    clock: Date.now,
  });
  const receiver = new Receiver();
  const url = await receiver.listen();
  const dir = mkdtempSync(join(tmpdir(), 'bridge-crash-'));
  try {
    const data = join(dir, 'data');
    const nowMs = Date.now();
    await enrolBridge({ url, bridge: 'br-1', token: receiver.token, dataDir: data, nowMs });
    const file = join(dir, 'bridge.json');
    writeFileSync(
      file,
      JSON.stringify({
        bridge: 'br-1',
        url,
        data,
        retry: { firstMs: 1, maxMs: 20 },
        outbox: { compactBytes: 20_000 },
        links: [{ link: 'bus', host: simulator.host, port: simulator.port, inFlight: 4 }],
        meters: UNITS.map((unit) => ({
          meter: `m-${unit}`,
          link: 'bus',
          unit,
          profile: 'pulse-water',
          serial: String(1000 + unit),
        })),
      }),
    );
    for (let round = 0; round < ROUNDS; round++) {
      // Every other answer is lost in some rounds, so that what was sent is sent again.
      if (round % 3 === 0) receiver.faults.push('drop-answer', 'drop-request', 'drop-answer');
      const bridge = startBridgeProcess(file);
      await bridge.reached(4 + Math.floor(random() * 40));
      await new Promise((resolve) => setTimeout(resolve, random() * 20));
      await bridge.kill();
      expect(bridge.errors()).toBe('');
    }
    const last = startBridgeProcess(file);
    await last.reached(4);
    expect([await last.stop(), last.errors()]).toEqual([0, '']);
    const drain = startBridgeProcess(file);
    const held = receiver.recordsOf('m-1').length;
    while (receiver.recordsOf('m-1').length <= held) await drain.reached(drain.polled() + 1);
    await drain.kill();
    expect(receiver.conflicts).toEqual([]);
    for (const unit of UNITS) {
      const records = receiver.recordsOf(`m-${unit}`);
      expect(records.map(({ reading }) => [reading.epoch, reading.seq])).toEqual(
        records.map((_, seq) => [0, seq]),
      );
      expect(records.length).toBeGreaterThan(ROUNDS);
    }
  } finally {
    await receiver.close();
    await simulator.close();
    rmSync(dir, { recursive: true });
  }
}, 600_000);

/** A linear congruential generator (Numerical Recipes): enough to choose moments. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
