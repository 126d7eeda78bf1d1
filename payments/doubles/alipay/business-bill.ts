import { chinaText } from '../../china-time.ts';
import type { DayRows } from '../day-rows.ts';
import type { HeldPayment, HeldRefund } from '../double.ts';
import { gbkBytes } from '../gbk.ts';
import { zipOf } from '../zip-writer.ts';

/** Hundredths of a per cent. */
export const FEE_RATE = 60n;

const DETAIL_COLUMNS =
  '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,' +
  '订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,' +
  '券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注';
const SUMMARY_COLUMNS =
  '门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,商家优惠（元）,' +
  '卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）';

/** The business bill of a day: a ZIP of its details and their summary, both GBK with CRLF. */
export function businessBill(
  merchant: string,
  day: string,
  rows: DayRows,
  titleOf: (order: string) => string,
): Uint8Array {
  const name = `${merchant}0156_${day.replaceAll('-', '')}`;
  return zipOf([
    { name: gbkBytes(`${name}_业务明细.csv`), content: detail(merchant, day, rows, titleOf) },
    { name: gbkBytes(`${name}_业务明细(汇总).csv`), content: summary(merchant, day, rows) },
  ]);
}

function detail(
  merchant: string,
  day: string,
  { payments, refunds }: DayRows,
  titleOf: (order: string) => string,
): Uint8Array {
  const dated = [
    ...payments.map((held) => ({ atMs: held.paidMs, row: paymentRow(held, titleOf) })),
    ...refunds.map((held) => ({ atMs: held.askedMs, row: refundRow(held, titleOf) })),
  ];
  const rows = dated.sort((one, other) => other.atMs - one.atMs).map(({ row }) => row);
  const [paid, back] = [total(payments), total(refunds)];
  return lines([
    '#支付宝业务明细查询',
    ...about(merchant, day),
    `#${'-'.repeat(41)}业务明细列表${'-'.repeat(40)}`,
    ...[DETAIL_COLUMNS, ...rows],
    `#${'-'.repeat(39)}业务明细列表结束${'-'.repeat(38)}`,
    `#交易合计：${payments.length}笔，商家实收共${yuan(paid)}元，商家优惠共0.00元`,
    `#退款合计：${refunds.length}笔，商家实收退款共${yuan(-back)}元，商家优惠退款共0.00元`,
    `#导出时间：[${dayText(day, 1)} 05:46:49]`,
  ]);
}

function summary(merchant: string, day: string, { payments, refunds }: DayRows): Uint8Array {
  const received = total(payments) - total(refunds);
  const fees = feeFen(refunds) - feeFen(payments);
  const values = [
    ...['合计\t', '\t', String(payments.length), String(refunds.length)],
    ...[yuan(received), yuan(received), '0.00', '0.00', '0.00', yuan(fees), '0.00'],
    yuan(received + fees),
  ];
  return lines([
    '#支付宝业务汇总查询',
    ...about(merchant, day),
    `#${'-'.repeat(41)}业务汇总列表${'-'.repeat(40)}`,
    ...[SUMMARY_COLUMNS, values.join(',')],
    `#${'-'.repeat(39)}业务汇总列表结束${'-'.repeat(38)}`,
    `#导出时间：[${dayText(day, 1)} 05:46:49]`,
  ]);
}

function about(merchant: string, day: string): string[] {
  const [from, to] = [dayText(day), dayText(day, 1)];
  return [`#账号：[${merchant}0156]`, `#起始日期：[${from} 00:00:00]   终止日期：[${to} 00:00:00]`];
}

function paymentRow(held: HeldPayment, titleOf: (order: string) => string): string {
  const fee = -held.feeTenThousandths / 10_000n;
  const { id, order, amount, paidMs } = held;
  return row({ id, order, type: '交易', title: titleOf(order), fen: amount.minor, fee, paidMs });
}

/** Alipay has no number of its own for a refund, but its trade's. */
function refundRow(held: HeldRefund, titleOf: (order: string) => string): string {
  const { payment: id, order, refund, amount, askedMs: paidMs } = held;
  const fee = held.feeTenThousandths / 10_000n;
  const title = titleOf(order);
  return row({ id, order, type: '退款', title, fen: -amount.minor, fee, paidMs, refund });
}

interface BilledRow {
  readonly id: string;
  readonly order: string;
  readonly type: '交易' | '退款';
  readonly title: string;
  readonly fen: bigint;
  /** Negative where it is taken. */
  readonly fee: bigint;
  readonly paidMs: number;
  readonly refund?: string;
}

function row({ id, order, type, title, fen, fee, paidMs, refund = '' }: BilledRow): string {
  const time = chinaText(paidMs);
  const money = yuan(fen);
  return [
    ...[`${id}\t`, `${order}\t`, `${type}\t`, quoted(title), time, time],
    ...['\t', '\t', '\t', '\t', '*演示(138****0000)\t', money, money],
    ...['0.00', '0.00', '0.00', '0.00', '0.00', '', '0.00\t', '0.00'],
    ...[`${refund}\t`, yuan(fee), '0.00', ''],
  ].join(',');
}

function quoted(title: string): string {
  return /[",\r\n]/.test(title) ? `"${title.replaceAll('"', '""')}"` : title;
}

function lines(texts: readonly string[]): Uint8Array {
  return gbkBytes(texts.map((text) => `${text}\r\n`).join(''));
}

/** `2026年09月01日`, or so many days later. */
function dayText(day: string, later = 0): string {
  const at = new Date(Date.parse(`${day}T00:00:00Z`) + later * 86_400_000);
  return at.toISOString().slice(0, 10).replace('-', '年').replace('-', '月').concat('日');
}

function total(rows: readonly (HeldPayment | HeldRefund)[]): bigint {
  return rows.reduce((sum, { amount }) => sum + amount.minor, 0n);
}

function feeFen(rows: readonly (HeldPayment | HeldRefund)[]): bigint {
  return rows.reduce((sum, { feeTenThousandths }) => sum + feeTenThousandths, 0n) / 10_000n;
}

function yuan(fen: bigint): string {
  const digits = String(fen < 0n ? -fen : fen).padStart(3, '0');
  return `${fen < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
