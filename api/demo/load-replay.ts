import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Refusal } from '../../ledger/core/refusal.ts';
import { DAY_MS, formatTime } from '../../ledger/core/time.ts';
import { zoneOf } from '../../ledger/core/zone.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { type Bridge, type BridgeLog, openBridge } from '../../meter-bridge/bridge.ts';
import { parseConfig } from '../../meter-bridge/config.ts';
import { shippedProfile } from '../../meter-bridge/device-profile.ts';
import { replayHistory } from '../../meter-bridge/history.ts';
import { inspectLoad, REPLAY_PROFILE } from '../../meter-bridge/replay-load.ts';
import { recordedLoad } from '../../meter-bridge/simulator/load-csv.ts';
import { type Simulator, startSimulator } from '../../meter-bridge/simulator/simulator.ts';
import { finishedMonths, MonthlyBilling } from './billing.ts';
import { enrolOnce } from './bridge-enrolment.ts';
import { bridgeFolder, deliver } from './building.ts';
import type { FrontDesk } from './front-desk.ts';
import type { LoadOption } from './options.ts';
import type { LoadPlan } from './plan.ts';
import { stopped } from './stopped.ts';
import { loadTariff } from './tariffs.ts';

/** The site, account and meter behind which a recorded load is billed. */
export const LOAD_SITE = { site: 'building', currency: 'USD', bridge: 'replay-building' } as const;
export const LOAD_ACCOUNT = { account: 'B7QK-2D9T', name: 'Recorded building' } as const;
const METER = 'E-01';
const SERIAL = 13_080_001;
/** Slots read in one go and signed in one batch. */
const STRETCH_SLOTS = 500;

export interface LoadReplay {
  readonly load: LoadOption;
  readonly ledger: Ledger;
  readonly desk: FrontDesk;
  readonly url: string;
  readonly data: string;
  readonly log: BridgeLog;
  /** Ends the replay between two stretches; the next start goes on from there. */
  readonly stop: AbortSignal;
}

/** Plan of a first start over this file. Refuses `bad-load`. */
export function loadPlan(load: LoadOption): LoadPlan {
  const { unit, zone } = load;
  return { v: 1, kind: 'load', done: false, file: hashOf(load.file), unit, zone };
}

/** Refuses `other-demonstration` where the folder holds another load than the one asked for. */
export function refuseOtherLoad(plan: LoadPlan, load: LoadOption): void {
  const { unit, zone } = load;
  if (plan.unit === unit && plan.zone === zone && plan.file === hashOf(load.file)) return;
  throw new Refusal(
    'other-demonstration',
    'The data folder holds another recorded load. Start anew with --fresh, or give --data DIR.',
  );
}

/** What was read of the file. */
export interface LoadReport {
  readonly records: number;
  readonly presentSlots: number;
  readonly slots: number;
}

/**
 * Bills the file from its first row to the end of its last month: a real Modbus read at every row's
 * time, signed, sent and rated; then a statement for each calendar month.
 */
export async function billLoad(replay: LoadReplay): Promise<LoadReport> {
  const { load, ledger, desk } = replay;
  const { firstMs, endMs, slotMs, presentSlots, slots, recorded } = inspectLoad({
    ...{ file: load.file, unit: load.unit, tz: load.zone },
  });
  await settle(replay, firstMs);
  const simulator = await startSimulator({
    meters: [
      {
        ...{ unit: 1, profile: shippedProfile(REPLAY_PROFILE), serial: SERIAL, startMicros: 0n },
        load: recordedLoad(recorded),
      },
    ],
    clock: () => firstMs,
  });
  const bridge = openReplayBridge(replay, simulator, { firstMs, slotMs });
  try {
    await deliver(bridge);
    // Every row is one poll and one record, failed ones too: the count tells where to go on.
    let fromMs = firstMs + (await desk.recordCount(METER)) * slotMs;
    for (; fromMs <= endMs; fromMs += STRETCH_SLOTS * slotMs) {
      if (replay.stop.aborted) throw stopped();
      const toMs = Math.min(fromMs + (STRETCH_SLOTS - 1) * slotMs, endMs);
      await ledger.setClock(toMs);
      const { setTime } = simulator;
      await replayHistory({ bridge, fromMs, toMs, phaseMs: firstMs % slotMs, setTime });
      await deliver(bridge);
    }
  } finally {
    await bridge.stop();
    await simulator.close();
  }
  const billsMs = zoneOf(load.zone).nextMonthStart(endMs - 1);
  await ledger.setClock(billsMs + DAY_MS / 2);
  const billing = await MonthlyBilling.open(desk, [LOAD_ACCOUNT.account]);
  await billing.bill(finishedMonths(load.zone, firstMs, billsMs));
  return { records: (endMs - firstMs) / slotMs + 1, presentSlots, slots };
}

async function settle({ load, ledger, desk, url, data }: LoadReplay, firstMs: number) {
  const eveMs = firstMs - DAY_MS / 2;
  await ledger.setClock(eveMs);
  const tariff = loadTariff(load.zone, formatTime(firstMs));
  await desk.post('/v1/tariffs', `tariff-${tariff.id}`, { tariff });
  await enrolOnce(desk, { url, bridge: LOAD_SITE.bridge, data }, eveMs);
  const { account, name } = LOAD_ACCOUNT;
  await desk.post('/v1/accounts', `account-${account}`, { account, name });
  await ledger.setClock(firstMs);
  await desk.post('/v1/bindings', `binding-${METER}`, {
    ...{ account, meter: METER, serial: String(SERIAL), bridge: LOAD_SITE.bridge },
    ...{ register: '1-0:1.8.0', unit: 'kWh', wallet: 'electricity', ct: '1', pt: '1' },
    tariff: tariff.id,
  });
  await desk.post('/v1/top-ups', `top-up-${account}`, {
    ...{ account, wallet: 'electricity', amount: '3000.000000', method: 'transfer' },
    reference: 'deposit',
  });
}

function openReplayBridge(
  { url, data, log }: LoadReplay,
  simulator: Simulator,
  { firstMs, slotMs }: { readonly firstMs: number; readonly slotMs: number },
): Bridge {
  const config = parseConfig(
    {
      ...{ bridge: LOAD_SITE.bridge, url, data: bridgeFolder(data) },
      ...{ clock: 'S', source: 'replay', batchRecords: STRETCH_SLOTS },
      links: [{ link: 'file', host: simulator.host, port: simulator.port }],
      meters: [
        {
          ...{ meter: METER, link: 'file', unit: 1, profile: REPLAY_PROFILE },
          ...{ serial: String(SERIAL), everyMs: slotMs },
        },
      ],
    },
    data,
  );
  const clock = { nowMs: simulator.nowMs, uptimeMs: () => simulator.nowMs() - firstMs };
  return openBridge({ config, log, clock });
}

function hashOf(file: string): string {
  if (!existsSync(file)) {
    throw new Refusal('bad-load', `The load file cannot be read: ${file}.`, { line: 0 });
  }
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
