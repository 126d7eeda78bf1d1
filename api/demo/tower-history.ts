import { assert } from '../../ledger/core/assert.ts';
import { DAY_MS, formatTime, HOUR_MS, MINUTE_MS } from '../../ledger/core/time.ts';
import { zoneOf } from '../../ledger/core/zone.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Bridge } from '../../meter-bridge/bridge.ts';
import { replayHistory } from '../../meter-bridge/history.ts';
import type { Simulator } from '../../meter-bridge/simulator/simulator.ts';
import { finishedMonths, MonthlyBilling } from './billing.ts';
import { enrolOnce } from './bridge-enrolment.ts';
import { type BridgeSetting, deliver, openHistoryBridge } from './building.ts';
import type { FrontDesk } from './front-desk.ts';
import type { TowerPlan } from './plan.ts';
import { stopped } from './stopped.ts';
import { towerTariffs } from './tariffs.ts';
import { payFirst, payWhoRunsLow } from './top-ups.ts';
import { TENANTS, TOWER, type TowerMeter } from './tower.ts';

/** When the front desk opens: payments are taken and bills are made. */
const DESK_OPENS_MINUTE = 10 * 60;

export interface TowerHistory {
  readonly plan: TowerPlan;
  readonly ledger: Ledger;
  readonly desk: FrontDesk;
  readonly setting: BridgeSetting;
  /** Ends the walk between two stretches; the next start goes on from there. */
  readonly stop: AbortSignal;
  readonly tell: (line: string) => void;
}

/** Instants at which history pauses: the first, each opening of the desk, the last. */
export function historyStops({ startMs, endMs }: TowerPlan): number[] {
  const zone = zoneOf(TOWER.zone);
  const { year, month, day } = zone.localParts(startMs);
  const stops = [startMs];
  for (let after = 0; ; after += 1) {
    const opensMs = zone.instantOf(year, month, day + after, DESK_OPENS_MINUTE);
    if (opensMs >= endMs) return [...stops, endMs];
    stops.push(opensMs);
  }
}

/** Before the first reading: tariffs, the bridge's key, accounts, meters. Steps done are not repeated. */
export async function settleTower(history: TowerHistory): Promise<void> {
  const { plan, ledger, desk, setting } = history;
  const { startMs } = plan;
  // What prices tomorrow's use is published today, and the ledger refuses anything else.
  const eveMs = startMs - DAY_MS / 2;
  await ledger.setClock(eveMs);
  for (const tariff of towerTariffs(formatTime(startMs))) {
    await desk.post('/v1/tariffs', `tariff-${tariff.id}`, { tariff });
  }
  const { url, data, meters } = setting;
  await enrolOnce(desk, { url, bridge: TOWER.bridge, data }, eveMs);
  for (const { account, name } of TENANTS.slice(0, plan.tenants)) {
    await desk.post('/v1/accounts', `account-${account}`, { account, name });
  }
  await ledger.setClock(startMs);
  for (const meter of meters) {
    await desk.post('/v1/bindings', `binding-${meter.meter}`, bindingOf(meter));
  }
}

/**
 * Lives through the history: at each stop everything up to it has been read over Modbus, signed, sent,
 * rated and posted; then the desk opens. A stretch is one batch, so after a crash the ledger has all
 * of it or nothing. Answers the number of readings taken now.
 */
export async function liveThrough(history: TowerHistory): Promise<number> {
  const { plan, ledger, desk, setting, stop, tell } = history;
  const { meters, simulator } = setting;
  const bridge = openHistoryBridge(setting, plan.startMs);
  try {
    await deliver(bridge);
    const accounts = [...new Set(meters.map(({ account }) => account))];
    const billing = await MonthlyBilling.open(desk, accounts);
    const quarterly = meters.find(({ wallet }) => wallet === 'electricity');
    assert(quarterly !== undefined, 'every tenant has an electricity meter');
    const doneMs = (await desk.lastReadingMs(quarterly.meter)) ?? -1;
    let records = 0;
    let fromMs = plan.startMs;
    for (const toMs of historyStops(plan)) {
      if (stop.aborted) throw stopped();
      await ledger.setClock(Math.max(toMs, Math.min(toMs + HOUR_MS / 2, plan.endMs)));
      if (doneMs < toMs) records += await readStretch(bridge, simulator, fromMs, toMs);
      fromMs = toMs + 1;
      // The desk's day is over before the next stretch is read: where that is done, so is the day.
      if (doneMs > toMs) continue;
      if (toMs === plan.startMs) await payFirst(desk, meters, toMs);
      else if (isDeskOpen(toMs) && toMs + 15 * MINUTE_MS <= plan.endMs) {
        await payWhoRunsLow(desk, meters, toMs);
      }
      if (isDeskOpen(toMs) || toMs === plan.endMs) {
        const months = finishedMonths(TOWER.zone, plan.startMs, toMs);
        const issued = await billing.bill(months);
        if (issued > 0) tell(`  ${issued} bills of ${months.at(-1)} issued`);
      }
    }
    return records;
  } finally {
    await bridge.stop();
    simulator.setTime(null);
  }
}

async function readStretch(
  bridge: Bridge,
  simulator: Simulator,
  fromMs: number,
  toMs: number,
): Promise<number> {
  const { setTime } = simulator;
  const records = await replayHistory({ bridge, fromMs, toMs, setTime });
  await deliver(bridge);
  return records;
}

function isDeskOpen(ms: number): boolean {
  return zoneOf(TOWER.zone).localParts(ms).minuteOfDay === DESK_OPENS_MINUTE;
}

export function bindingOf(meter: TowerMeter) {
  const { account, meter: id, serial, register, measure, wallet, tariff, modulus } = meter;
  return {
    ...{ account, meter: id, serial: String(serial), bridge: TOWER.bridge, register },
    ...{ unit: measure, wallet, tariff, ct: '1', pt: '1', ...(modulus && { modulus }) },
    // More than ten times the mean is a fault to look at.
    maxPerHour: `${10 * (Number(meter.perHour.split('.')[0]) + 1)}.000000`,
  };
}
