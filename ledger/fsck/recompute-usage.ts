import type { LedgerEvent } from '../core/event.ts';
import { type UsageDeducted, usageDeducted } from '../core/event-data.ts';
import { Refusal } from '../core/refusal.ts';
import { parseTime } from '../core/time.ts';
import { type BilledSpan, chargeSpan, consumption, planInterval } from '../core/usage.ts';
import { usageEventText } from '../core/usage-event.ts';
import type { AccountState, MeterState, SiteState } from '../writer/site-state.ts';

/**
 * Rates a deduction anew from where the meter stood and the record it was charged for, and compares
 * the event's text to the byte. Answers what is wrong, if anything. Moves the meter's progress.
 */
export function recomputeUsage(
  state: SiteState,
  account: AccountState,
  event: LedgerEvent,
  text: string,
): string | undefined {
  const data = usageDeducted(event.data, '/data');
  const meter = state.meters.get(data.meter);
  if (meter?.binding === undefined) return 'its meter is not installed.';
  const { last, lastSeen } = meter;
  if (last?.hash !== data.from.hash && last?.hash !== data.to.hash) {
    return 'it does not start where its meter stood.';
  }
  if (
    lastSeen?.hash !== data.to.hash ||
    lastSeen.value !== data.to.value ||
    lastSeen.at !== data.to.at
  ) {
    return 'it ends with another record than the one before it.';
  }
  try {
    return text === rated(state, account, meter, event, data)
      ? undefined
      : 'it is rated otherwise.';
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

function rated(
  state: SiteState,
  account: AccountState,
  meter: MeterState,
  event: LedgerEvent,
  data: UsageDeducted,
): string {
  const { binding, progress } = meter;
  if (binding === undefined) return '';
  const { from, to } = data;
  const [fromMs, toMs] = [parseTime(from.at), parseTime(to.at)];
  const { quantityMicros, rollover } = consumption(binding, from.value, to.value);
  const interval = { fromMs, toMs, quantityMicros };
  const spans = planInterval(state.tariffs, binding.tariff, interval, account.terms.of);
  const span = spans.find((part) => part.toMs === parseTime(event.at)) ?? missingSpan();
  const period = span.month < account.firstOpen ? account.firstOpen : span.month;
  const charge = chargeSpan({ ...progress, billed: new Map(progress.billed) }, span, period);
  const { n, prev, id } = event;
  return usageEventText({
    ...{ log: state.origin, account: account.account, n, prev, id, currency: account.currency },
    ...{ binding, from, to, rollover, span, partial: spans.length > 1, period, charge },
    balanceMicros: (account.wallets.get(binding.wallet) ?? 0n) - charge.amountMicros,
  });
}

function missingSpan(): BilledSpan {
  throw new Refusal('interval-mismatch', 'it charges no part of its interval.');
}
