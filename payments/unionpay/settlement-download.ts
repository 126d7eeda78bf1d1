import { chinaMidnight, dayAfter } from '../china-time.ts';
import { ProviderUnavailable, type SettlementFile } from '../provider.ts';
import type { UnionPayLink } from './unionpay-link.ts';

const HOUR_MS = 3_600_000;

/** Files of a settlement day are there from 9 o'clock of the next one. */
export function unionPayFileReadyMs(day: string): number {
  return chinaMidnight(dayAfter(day)) + 9 * HOUR_MS;
}

/**
 * `PaymentProvider.settlementFile`: `fileContent` as it came, base64 of a zlib-deflated ZIP. There is no
 * hash apart from it, since the signature of the answer covers it.
 */
export async function fetchUnionPayFile(
  link: UnionPayLink,
  day: string,
  nowMs: number,
): Promise<SettlementFile | undefined> {
  const answer = nowMs < unionPayFileReadyMs(day) ? undefined : await link.file(day);
  if (answer === undefined) return undefined;
  const { respCode = '', fileContent = '' } = answer;
  // No file is all that UnionPay says of a day without transactions.
  if (respCode === '98') return { bytes: new Uint8Array(), rows: false };
  if (respCode !== '00' || fileContent === '') {
    throw new ProviderUnavailable(`no settlement file: respCode ${respCode}`);
  }
  return { bytes: new TextEncoder().encode(fileContent), rows: true };
}
