import * as z from 'zod';
import type { ProviderDouble } from '../../payments/doubles/double.ts';
import type { PaymentProvider } from '../../payments/provider.ts';
import type { FrontDesk } from './front-desk.ts';

/** By then every provider has made its file of today. */
const FILES_AFTER_MS = 48 * 3_600_000;
const DAY = z.looseObject({
  ...{ matched: z.int(), exceptions: z.int(), unexplained: z.string(), remaining: z.string() },
});
const EXCEPTIONS = z.looseObject({
  data: z.array(z.looseObject({ bucket: z.string(), suggestion: z.string() })),
});

/** A provider's adapter and the stand-in that it speaks to. */
export interface Pair {
  readonly provider: PaymentProvider;
  readonly double: ProviderDouble;
  readonly name: 'alipay' | 'wechat' | 'unionpay' | 'stripe';
}

/**
 * Holds today against each provider's own file. Alipay's has a payment that nobody was told of, and that of
 * WeChat Pay another amount, as happens; days without an exception are closed. A line for the screen each.
 */
export async function reconcileToday(
  pairs: readonly Pair[],
  desk: FrontDesk,
  clock: { aheadMs: number },
): Promise<string[]> {
  const lines: string[] = [];
  const todayMs = Date.now();
  clock.aheadMs = FILES_AFTER_MS;
  try {
    for (const { name, double } of pairs) {
      const day = double.dayOf(todayMs);
      if (name === 'alipay') double.inject({ kind: 'bill-row-extra' });
      if (name === 'wechat') double.inject({ kind: 'bill-amount-differs' });
      lines.push(await reconcile(desk, name, day));
      double.heal();
    }
  } finally {
    clock.aheadMs = 0;
  }
  return lines;
}

async function reconcile(desk: FrontDesk, source: string, day: string): Promise<string> {
  const path = `/v1/reconciliations/${source}/${day}`;
  const asked = { source, day };
  const found = DAY.parse(await desk.post('/v1/reconciliations', `reconcile-${source}`, asked));
  const { matched, exceptions, remaining } = found;
  const start = `  ${source} of ${day}: ${matched} matched, ${exceptions} to look at`;
  if (exceptions === 0) {
    await desk.post(`${path}/close`, `close-${source}`, {});
    return `${start}, closed (${path})`;
  }
  const { data } = EXCEPTIONS.parse(await desk.get(`${path}/exceptions`));
  const said = data.map(({ bucket, suggestion }) => `${bucket}, suggested: ${suggestion}`);
  return `${start}, ${remaining} unexplained (${said.join('; ')}; ${path}/exceptions)`;
}
