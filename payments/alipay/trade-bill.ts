import { z } from 'zod';
import { chinaMidnight, dayAfter } from '../china-time.ts';
import { ProviderUnavailable, type SettlementFile } from '../provider.ts';
import type { AlipayLink } from './alipay-link.ts';

const HOUR_MS = 3_600_000;
const MISSING = 'isp.bill_not_exist';

const placeShape = z.object({ bill_download_url: z.url() });

/** The bill of a day is made by 9 o'clock of the next one, "in special cases later". */
export function alipayBillReadyMs(day: string): number {
  return chinaMidnight(dayAfter(day)) + 9 * HOUR_MS;
}

/**
 * `PaymentProvider.settlementFile`: the ZIP as it came. Alipay gives no hash of it; its two files state
 * their sums. A merchant for whom Alipay makes no empty bills has none on a day without trades, in the
 * same words as one that is late: only after another day it is taken to be the former.
 */
export async function fetchAlipayBill(
  link: AlipayLink,
  day: string,
  nowMs: number,
): Promise<SettlementFile | undefined> {
  const readyMs = alipayBillReadyMs(day);
  if (nowMs < readyMs) return undefined;
  const answer = await link.ask('alipay.data.dataservice.bill.downloadurl.query', {
    bill_type: 'trade',
    bill_date: day,
  });
  if (answer.code === MISSING) {
    return nowMs < readyMs + 24 * HOUR_MS ? undefined : { bytes: new Uint8Array(), rows: false };
  }
  const { data: place } = placeShape.safeParse(answer.json);
  if (place === undefined) throw new ProviderUnavailable(`no bill: ${answer.code || 'no place'}`);
  return { bytes: await link.download(place.bill_download_url), rows: true };
}
