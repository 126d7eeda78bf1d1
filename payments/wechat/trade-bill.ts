import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import { chinaMidnight, dayAfter } from '../china-time.ts';
import { ProviderUnavailable, type SettlementFile } from '../provider.ts';
import type { WechatLink } from './wechat-link.ts';

const HOUR_MS = 3_600_000;
/** More than a million rows; what unpacks to more is no bill of ours. */
const LONGEST_BILL = 1_000_000_000;

const placeShape = z.object({
  download_url: z.url(),
  hash_type: z.literal('SHA1'),
  hash_value: z.string().regex(/^[0-9a-fA-F]{40}$/),
});

/** The bill of a day is made after 10 o'clock of the next one (申请交易账单). */
export function tradeBillReadyMs(day: string): number {
  return chinaMidnight(dayAfter(day)) + 10 * HOUR_MS;
}

/** `PaymentProvider.settlementFile`: the gzip as it came, whose content has the hash that was signed. */
export async function fetchTradeBill(
  link: WechatLink,
  day: string,
  nowMs: number,
): Promise<SettlementFile | undefined> {
  // Before that WeChat calls the bill missing, in the same words as one that will never be.
  if (nowMs < tradeBillReadyMs(day)) return undefined;
  const answer = await link.get(`/v3/bill/tradebill?bill_date=${day}&bill_type=ALL&tar_type=GZIP`);
  if (answer.code === 'NO_STATEMENT_EXIST') return { bytes: new Uint8Array(), rows: false };
  if (answer.code === 'STATEMENT_CREATING') return undefined;
  const { data: place } = placeShape.safeParse(answer.json);
  if (place === undefined) throw new ProviderUnavailable(`no bill: ${answer.code || 'no place'}`);
  const bytes = await link.download(place.download_url);
  const found = sha1OfContent(bytes);
  if (found !== place.hash_value.toLowerCase()) {
    throw new Refusal('settlement-hash-differs', 'the bill is not the one that was signed for', {
      day,
      expected: place.hash_value.toLowerCase(),
      found,
    });
  }
  return { bytes, rows: true };
}

/** Hexadecimal; a word instead where the file cannot be unpacked. */
function sha1OfContent(bytes: Uint8Array): string {
  try {
    const content = gunzipSync(bytes, { maxOutputLength: LONGEST_BILL });
    return createHash('sha1').update(content).digest('hex');
  } catch {
    return 'unreadable';
  }
}
