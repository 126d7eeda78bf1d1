import { Refusal } from '../../ledger/core/refusal.ts';
import { chinaMidnight, dayAfter } from '../china-time.ts';
import type { ProviderName } from '../provider.ts';
import type { ExpectedSettlement } from '../settlement/read-settlement.ts';

const DAY_MS = 86_400_000;
export const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;

/** When a day of a provider's calendar begins and ends: Stripe's is UTC, the others' is China's. */
export function spanOfDay(source: ProviderName, day: string): { fromMs: number; toMs: number } {
  const fromMs = source === 'stripe' ? Date.parse(`${day}T00:00:00Z`) : chinaMidnight(day);
  if (!DAY.test(day) || Number.isNaN(fromMs)) throw noDay(day);
  const [again] = new Date(source === 'stripe' ? fromMs : fromMs + DAY_MS / 3)
    .toISOString()
    .split('T');
  if (again !== day) throw noDay(day);
  return { fromMs, toMs: source === 'stripe' ? fromMs + DAY_MS : chinaMidnight(dayAfter(day)) };
}

/** What a provider's file of a day should be; `merchant` is ours as the provider's files name us. */
export function expectedOf(
  source: ProviderName,
  day: string,
  merchant: string,
): ExpectedSettlement {
  switch (source) {
    case 'alipay':
      return { format: 'alipay-bill', merchant, day };
    case 'wechat':
      return { format: 'wechat-trade-bill', merchant };
    case 'unionpay':
      return { format: 'unionpay-zm', merchant, day };
    case 'stripe':
      return { format: 'stripe-transactions' };
  }
}

function noDay(day: string): Refusal {
  const message = 'Write the day as YYYY-MM-DD, such as 2026-09-01.';
  return new Refusal('bad-date', message, { date: day.slice(0, 16) });
}
