import { gzipSync } from 'node:zlib';
import { chinaText } from '../../china-time.ts';
import type { DayRows } from '../day-rows.ts';
import type { HeldPayment, HeldRefund } from '../double.ts';

/** What the bill says of an order besides its money. */
export interface BilledOrder {
  readonly title: string;
  readonly tradeType: string;
  readonly payer: string;
}

export interface BillAccount {
  readonly merchant: string;
  readonly application: string;
}

const COLUMNS =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,' +
  '货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,' +
  '商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注';
const TOTALS =
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额';

/** Hundredths of a per cent. */
export const FEE_RATE = 60n;
const RATE_TEXT = '0.60%';

/** The trade bill of a day before it is packed: UTF-8 with a byte order mark, CRLF, back-ticks. */
export function tradeBillText(
  account: BillAccount,
  { payments, refunds }: DayRows,
  about: (order: string) => BilledOrder,
): Uint8Array {
  const dated = [
    ...payments.map((held) => ({ atMs: held.paidMs, row: paymentRow(account, held, about) })),
    ...refunds.map((held) => ({ atMs: held.askedMs, row: refundRow(account, held, about) })),
  ];
  // Newest first, as WeChat lists them.
  const rows = dated.sort((one, other) => other.atMs - one.atMs).map(({ row }) => ticked(row));
  const lines = [COLUMNS, ...rows, TOTALS, ticked(totals(payments, refunds))];
  return Buffer.from(`\uFEFF${lines.join('\r\n')}\r\n`);
}

export function packedBill(text: Uint8Array): Uint8Array {
  return gzipSync(text);
}

function paymentRow(
  account: BillAccount,
  held: HeldPayment,
  about: (order: string) => BilledOrder,
): string[] {
  const { title, tradeType, payer } = about(held.order);
  const whole = yuan(held.amount.minor);
  return [
    ...[chinaText(held.paidMs), account.application, account.merchant, '0', ''],
    ...[held.id, held.order, payer, tradeType, 'SUCCESS', 'OTHERS', held.amount.currency],
    ...[whole, '0.00', '0', '0', '0.00', '0.00', '', '', title, ''],
    ...[feeYuan(held.feeTenThousandths), RATE_TEXT, whole, '0.00', ''],
  ];
}

function refundRow(
  account: BillAccount,
  held: HeldRefund,
  about: (order: string) => BilledOrder,
): string[] {
  const { title, tradeType, payer } = about(held.order);
  const back = yuan(held.amount.minor);
  return [
    ...[chinaText(held.askedMs), account.application, account.merchant, '0', ''],
    ...[held.payment, held.order, payer, tradeType, 'REFUND', 'OTHERS', held.amount.currency],
    ...['0.00', '0.00', held.id, held.refund, back, '0.00', 'ORIGINAL', 'SUCCESS', title, ''],
    ...[feeYuan(-held.feeTenThousandths), RATE_TEXT, '0.00', back, ''],
  ];
}

function totals(payments: readonly HeldPayment[], refunds: readonly HeldRefund[]): string[] {
  const paid = yuan(sum(payments.map(({ amount }) => amount.minor)));
  const back = yuan(sum(refunds.map(({ amount }) => amount.minor)));
  const taken = sum(payments.map(({ feeTenThousandths }) => feeTenThousandths));
  const given = sum(refunds.map(({ feeTenThousandths }) => feeTenThousandths));
  const count = String(payments.length + refunds.length);
  return [count, paid, back, '0.00', feeYuan(taken - given), paid, back];
}

function ticked(values: readonly string[]): string {
  return values.map((value) => `\`${value}`).join(',');
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

/** Fen as yuan with two decimals. */
function yuan(fen: bigint): string {
  return decimal(fen, 2);
}

/** Yuan with five decimals: thousandths of a fen. */
function feeYuan(tenThousandths: bigint): string {
  return decimal(tenThousandths / 10n, 5);
}

function decimal(units: bigint, places: number): string {
  const digits = String(units < 0n ? -units : units).padStart(places + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
