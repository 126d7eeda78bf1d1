import { chinaDigits, fromChinaDigits } from '../china-time.ts';
import type { MinorAmount, ProviderPayment } from '../provider.ts';
import type { Fields } from './message-signature.ts';

/** 156 is CNY (ISO 4217); UnionPay's gateway for merchants in China takes nothing else. */
const CURRENCY_CODE = '156';

/** `00` and `A6` (done, with a flaw that concerns UnionPay alone) are success. */
export function isDone(code: string | undefined): boolean {
  return code === '00' || code === 'A6';
}

/** Timed out, not known yet, taken on: ask later. */
export function isPending(code: string | undefined): boolean {
  return code === '03' || code === '04' || code === '05';
}

/** No such transaction. */
export function isMissing(code: string | undefined): boolean {
  return code === '34';
}

/** The payment that a query or a notification is about; undefined where a field is missing or wrong. */
export function readPayment(fields: Fields): ProviderPayment | undefined {
  const { queryId: id = '', orderId: order = '', txnTime = '', traceTime = '' } = fields;
  const amount = readAmount(fields);
  const paidMs = traceMs(traceTime, txnTime);
  if (id === '' || order === '') return undefined;
  if (amount === undefined || paidMs === undefined) return undefined;
  return { id, order, amount, paidMs };
}

export function readAmount({ txnAmt = '', currencyCode }: Fields): MinorAmount | undefined {
  if (!/^\d{1,12}$/.test(txnAmt) || currencyCode !== CURRENCY_CODE) return undefined;
  return { minor: BigInt(txnAmt), currency: 'CNY' };
}

/** `traceTime` (MMDDhhmmss in China) has no year: it is the first such time from the order on. */
function traceMs(traceTime: string, txnTime: string): number | undefined {
  const orderedMs = fromChinaDigits(txnTime);
  if (orderedMs === undefined || !/^\d{10}$/.test(traceTime)) return undefined;
  const year = Number(chinaDigits(orderedMs).slice(0, 4));
  // Our clock and theirs may differ by minutes, so a little before is not next year.
  const earliest = orderedMs - 24 * 3_600_000;
  return [year - 1, year, year + 1]
    .map((candidate) => fromChinaDigits(`${candidate}${traceTime}`))
    .find((ms) => ms !== undefined && ms >= earliest);
}
