import { HOUR_MS, MINUTE_MS } from '../../ledger/core/time.ts';
import type { Bridge } from '../../meter-bridge/bridge.ts';
import { finishedMonths, MonthlyBilling } from './billing.ts';
import { type BridgeSetting, deliver, openLiveBridge } from './building.ts';
import type { OpenDemo } from './open-demo.ts';
import type { TowerPlan } from './plan.ts';
import { TOWER } from './tower.ts';

/** A month is billed once every meter has been read after its end. */
const AFTER_MONTH_MS = 10 * MINUTE_MS;

export interface LiveTower {
  stop(): Promise<void>;
}

/**
 * Reads every meter now, then electricity each minute and the others each five, and bills months as
 * they end. `onBilled` is told after bills were issued.
 */
export async function startLive(
  demo: OpenDemo,
  plan: TowerPlan,
  setting: BridgeSetting,
  onBilled: () => Promise<unknown>,
): Promise<LiveTower> {
  const bridge = openLiveBridge(setting);
  const accounts = [...new Set(setting.meters.map(({ account }) => account))];
  const billing = await MonthlyBilling.open(demo.desk, accounts);
  const billMonths = async () => {
    const months = finishedMonths(TOWER.zone, plan.startMs, Date.now() - AFTER_MONTH_MS);
    return await billing.bill(months);
  };
  await firstReadings(bridge);
  await billMonths();
  bridge.start();
  let billed: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    billed = billMonths()
      .then(async (count) => (count > 0 ? await onBilled() : undefined))
      .catch((error: unknown) => demo.log.error({ err: error }, 'the month could not be billed'));
  }, HOUR_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await billed;
      await bridge.stop();
    },
  };
}

/** The bridge was off for a while: what it left unsent goes first, then one reading of every meter. */
async function firstReadings(bridge: Bridge): Promise<void> {
  await deliver(bridge);
  await bridge.cycle();
  await deliver(bridge);
}
