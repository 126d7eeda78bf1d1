import { feeCharged, type TariffRef } from '../core/event-data.ts';
import { monthlyFee } from '../core/fees.ts';
import { parseTime } from '../core/time.ts';
import { zoneOf } from '../core/zone.ts';
import {
  accountOf,
  type CommandContext,
  type CommandResult,
  periodParts,
  refuseUnfinished,
} from './commands.ts';
import type { AccountState, MeterState, SiteState } from './site-state.ts';
import { takeFromWallet } from './take-from-wallet.ts';

/** A flat fee of a month that is not charged yet. */
export interface DueFee {
  readonly key: string;
  readonly fee: string;
  readonly tariff: TariffRef;
  readonly days: number;
  readonly of: number;
  readonly wallet: string;
  readonly amountMicros: bigint;
}

/** Charges the monthly fees of every tariff that the account's meters are on; once per month each. */
export function chargeFees(
  context: CommandContext,
  command: { readonly account: string; readonly period: string },
): CommandResult {
  const { state } = context.group;
  const account = accountOf(state, command.account);
  const { period } = command;
  const endMs = zoneOf(state.zone).nextMonthStart(monthStart(state, period));
  refuseUnfinished(context, endMs, period);
  const due = dueFees(state, account, period);
  const fees = due.map((fee) => postFee(context, account, fee, period, endMs));
  return { account: account.account, period, fees };
}

/** Fees of the month that are not charged yet, tariff by tariff and version by version. */
export function dueFees(state: SiteState, account: AccountState, period: string): DueFee[] {
  const startMs = monthStart(state, period);
  const endMs = zoneOf(state.zone).nextMonthStart(startMs);
  const due: DueFee[] = [];
  for (const [tariff, meters] of metersByTariff(state, account)) {
    const installedMs = Math.min(...meters.map(({ installedAt }) => parseTime(installedAt)));
    for (const version of state.tariffs.versions(tariff)) {
      const fromMs = Math.max(startMs, installedMs, version.fromMs);
      const toMs = Math.min(endMs, version.toMs);
      if (fromMs >= toMs) continue;
      for (const fee of version.tariff.fees) {
        const key = `${period}/${tariff}/${version.ref.version}/${fee.fee}`;
        if (account.fees.has(key)) continue;
        const monthly = monthlyFee(version.tariff, fee, period, fromMs, toMs);
        const wallet = meters[0]?.binding?.wallet ?? version.tariff.utility;
        due.push({ key, fee: fee.fee, tariff: version.ref, wallet, ...monthly });
      }
    }
  }
  return due;
}

export function postFee(
  context: CommandContext,
  account: AccountState,
  due: DueFee,
  month: string,
  endMs: number,
): CommandResult {
  const { key, amountMicros, fee, tariff, days, of, wallet } = due;
  const taken = { type: 'fee.charged', wallet, amountMicros, month, atMs: endMs } as const;
  const { amount, n, leaf } = takeFromWallet(context, account, taken, (money) => {
    const data = { fee, tariff: { ...tariff }, days, of, wallet, ...money };
    feeCharged(data, '/data');
    return data;
  });
  account.fees.add(key);
  return { fee, amount, wallet, n, leaf };
}

export function monthStart(state: SiteState, period: string): number {
  return zoneOf(state.zone).startOfMonth(...periodParts(period));
}

function metersByTariff(state: SiteState, account: AccountState): Map<string, MeterState[]> {
  const byTariff = new Map<string, MeterState[]>();
  for (const { key } of account.facts) {
    const meter = state.meters.get(key);
    if (meter?.binding === undefined || meter.account !== account.account) continue;
    const list = byTariff.get(meter.binding.tariff) ?? [];
    list.push(meter);
    byTariff.set(meter.binding.tariff, list);
  }
  return byTariff;
}
