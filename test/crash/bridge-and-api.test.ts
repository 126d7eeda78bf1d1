import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Ledger } from '../../ledger/ledger.ts';
import { enrolBridge } from '../../meter-bridge/identity.ts';
import { parseSimulation } from '../../meter-bridge/simulator/simulation-file.ts';
import { startSimulator } from '../../meter-bridge/simulator/simulator.ts';
import { freePort } from '../support/free-port.ts';
import { SampleLedger, SITE, sampleTariff } from '../support/sample-ledger.ts';
import { loadServiceProcess } from './api-process.ts';
import { type BridgeProcess, startBridgeProcess } from './bridge-process.ts';
import { CrashPlace, chosenStores, type StoreName } from './crash-place.ts';

/** In a database a round takes seconds: the next process waits until the killed one is missed. */
const DEFAULT_ROUNDS: Readonly<Record<StoreName, number>> = { sqlite: 20, postgres: 2 };
const UNITS = [1, 2, 3, 4];
const DAY_MS = 24 * 3_600_000;

it.each(chosenStores())(
  'bills every reading of a bridge once while both are killed, on %s',
  {
    timeout: 300_000 + Number(process.env['PAIR_CRASH_ROUNDS'] ?? 20) * 20_000,
  },
  async (store) => {
    const rounds = Number(process.env['PAIR_CRASH_ROUNDS'] ?? DEFAULT_ROUNDS[store]);
    const dir = mkdtempSync(join(tmpdir(), 'billproof-pair-'));
    const place = await CrashPlace.make(store);
    const sample = await SampleLedger.make(undefined, place.database);
    const { dataDir, database } = sample.options;
    const simulator = await startSimulator({ ...simulation(), clock: Date.now });
    // The service must come back where the bridge knows it.
    const port = await freePort();
    const config = join(dir, 'bridge.json');
    writeFileSync(config, JSON.stringify(bridgeConfig(dir, port, simulator)));
    let next = loadServiceProcess();
    let bridge: BridgeProcess | undefined;
    const serve = async () => {
      const service = next.open({ dataDir, database, nowMs: Date.now(), port });
      next = loadServiceProcess();
      await service.ready;
      return service;
    };
    try {
      const token = await setUp(sample);
      let service = await serve();
      const url = `http://127.0.0.1:${port}`;
      await enrolBridge({
        url,
        bridge: 'br-w',
        token,
        dataDir: join(dir, 'data'),
        nowMs: Date.now(),
      });
      bridge = startBridgeProcess(config);
      for (let round = 0; round < rounds; round += 1) {
        await sleep(place.comesUpMs - 100 + Math.random() * 300);
        await service.kill();
        if (round % 4 === 3) {
          await bridge.kill();
          bridge = startBridgeProcess(config);
        }
        expect(service.errors()).toBe('');
        service = await serve();
      }
      // No more than 50 batches wait to be sent, so most of these come in, however slow the machine is.
      await bridge.reached(bridge.polled() + UNITS.length * (rounds + 60));
      expect(await bridge.stop()).toBe(0);
      bridge = undefined;
      expect(await service.stop()).toBe(0);
      await expectBilledOnce(sample, place, rounds);
    } finally {
      await bridge?.kill();
      await next.discard();
      await simulator.close();
      await place.remove();
      rmSync(dir, { recursive: true });
      rmSync(sample.dir, { recursive: true, force: true });
    }
  },
);

/** A water tariff, an account with the meters, and a bridge that awaits its key. */
async function setUp(sample: SampleLedger): Promise<string> {
  const { ledger } = sample;
  const yesterdayMs = Date.now() - DAY_MS;
  await ledger.setClock(yesterdayMs);
  const water = { id: 'water', utility: 'water', unit: 'm3', name: 'Water' };
  const tariff = { ...sampleTariff(1, new Date(yesterdayMs + 3_600_000).toISOString()), ...water };
  await ledger.execute({ do: 'publish-tariff', site: SITE, tariff });
  await ledger.execute({ do: 'open-account', site: SITE, account: 'a-1' });
  for (const unit of UNITS) {
    await ledger.execute({
      ...{ do: 'install-meter', site: SITE, account: 'a-1', meter: `w-${unit}` },
      ...{ serial: String(1000 + unit), bridge: 'br-w', register: '8-0:1.0.0', unit: 'm3' },
      ...{ wallet: 'water', ct: '1', pt: '1', tariff: 'water' },
    });
  }
  const { token } = await ledger.execute({ do: 'create-bridge', site: SITE, bridge: 'br-w' });
  await ledger.close();
  return String(token);
}

async function expectBilledOnce(
  sample: SampleLedger,
  place: CrashPlace,
  rounds: number,
): Promise<void> {
  await place.expectClean(sample.options.dataDir);
  const ledger = await Ledger.open(sample.options);
  const events = await ledger.events(SITE, 'a-1', { limit: 1_000_000 });
  const held = events.filter(({ text }) => text.includes('"type":"reading.held"'));
  expect(held.map(({ text }) => /"reason":"[^"]*"/.exec(text)?.[0])).toEqual([]);
  expect(await ledger.evidence(SITE, { limit: 9 })).toEqual([]);
  for (const unit of UNITS) {
    const meter = Object(await ledger.meter(SITE, `w-${unit}`));
    const charges = events.filter(({ text }) => text.includes(`"meter":"w-${unit}","period"`));
    expect(meter).toMatchObject({ epoch: 0, last: { seq: meter.seq } });
    expect(charges).toHaveLength(meter.seq);
    expect(meter.seq).toBeGreaterThan(rounds);
  }
  await ledger.close();
}

function simulation() {
  const meters = UNITS.map((unit) => ({
    ...{ unit, profile: 'pulse-water', serial: 1000 + unit },
    ...{ pattern: 'flat', perHour: '36' },
  }));
  return parseSimulation({ origin: new Date(Date.now() - DAY_MS).toISOString(), meters });
}

function bridgeConfig(dir: string, port: number, simulator: { host: string; port: number }) {
  return {
    ...{ bridge: 'br-w', url: `http://127.0.0.1:${port}`, data: join(dir, 'data') },
    clock: 'S',
    retry: { firstMs: 5, maxMs: 50 },
    outbox: { compactBytes: 20_000 },
    links: [{ link: 'bus', host: simulator.host, port: simulator.port, inFlight: 4 }],
    meters: UNITS.map((unit) => ({
      ...{ meter: `w-${unit}`, link: 'bus', unit, profile: 'pulse-water' },
      serial: String(1000 + unit),
    })),
  };
}
