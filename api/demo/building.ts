import { join } from 'node:path';
import { Refusal } from '../../ledger/core/refusal.ts';
import { formatTime, MINUTE_MS } from '../../ledger/core/time.ts';
import { zoneOf } from '../../ledger/core/zone.ts';
import { type Bridge, type BridgeLog, openBridge } from '../../meter-bridge/bridge.ts';
import type { BridgeClock } from '../../meter-bridge/bridge-clock.ts';
import { parseConfig } from '../../meter-bridge/config.ts';
import { parseSimulation } from '../../meter-bridge/simulator/simulation-file.ts';
import { type Simulator, startSimulator } from '../../meter-bridge/simulator/simulator.ts';
import type { TowerPlan } from './plan.ts';
import { TOWER, type TowerMeter } from './tower.ts';

/** The tower's meters behind one Modbus TCP gateway, following the real time. */
export async function startBuilding(
  plan: TowerPlan,
  meters: readonly TowerMeter[],
): Promise<Simulator> {
  const simulation = parseSimulation({
    origin: formatTime(plan.startMs),
    seed: 2026,
    offsetMinutes: zoneOf(TOWER.zone).offsetAt(plan.startMs) / MINUTE_MS,
    meters: meters.map(({ unit, profile, serial, pattern, perHour, startsAt }) => {
      return { unit, profile, serial, pattern, perHour, start: startsAt };
    }),
  });
  return await startSimulator({ ...simulation, clock: Date.now });
}

export interface BridgeSetting {
  readonly url: string;
  readonly data: string;
  readonly meters: readonly TowerMeter[];
  readonly simulator: Simulator;
  readonly log: BridgeLog;
}

/** Folder of the bridge's key, identity and outbox. */
export function bridgeFolder(data: string): string {
  return join(data, 'bridge');
}

/** The bridge on the simulator's clock, for history: a batch takes what one stretch brings. */
export function openHistoryBridge(setting: BridgeSetting, fromMs: number): Bridge {
  const { simulator } = setting;
  return open(setting, 'history', {
    nowMs: simulator.wallMs,
    uptimeMs: () => simulator.nowMs() - fromMs,
  });
}

/** The same bridge on the machine's clock. */
export function openLiveBridge(setting: BridgeSetting): Bridge {
  return open(setting, 'live');
}

/** Refuses `history-stuck` when the ledger does not take what was read. */
export async function deliver(bridge: Bridge): Promise<void> {
  if (await bridge.delivered(DELIVERY_MS)) return;
  throw new Refusal(
    'history-stuck',
    'The ledger does not take the readings of the history. Start anew with --fresh.',
  );
}

/** Longest wait for the ledger to take a stretch of history. */
const DELIVERY_MS = 60_000;

function open(setting: BridgeSetting, pace: 'history' | 'live', clock?: BridgeClock): Bridge {
  const { url, data, meters, simulator, log } = setting;
  const config = parseConfig(
    {
      ...{ bridge: TOWER.bridge, url, data: bridgeFolder(data) },
      // The machine's own clock is the only one there is: the demonstration vouches for it.
      ...{ clock: 'S', source: 'simulation', batchRecords: 5_000 },
      retry: { firstMs: 100, maxMs: 5_000 },
      links: [{ link: 'riser', host: simulator.host, port: simulator.port, inFlight: 64 }],
      meters: meters.map(({ meter, unit, profile, serial, everyMs }) => {
        return {
          meter,
          link: 'riser',
          unit,
          profile,
          serial: String(serial),
          everyMs: everyMs[pace],
        };
      }),
    },
    data,
  );
  return openBridge({ config, log, clock });
}
