import type { SettlementRow } from '../settlement-row.ts';
import type { FixedLine } from './fixed-lines.ts';
import { wrongMerchant } from './settlement-refusals.ts';
import { nearestYearMs } from './time-text.ts';

/**
 * Widths, and what each field holds, by "全渠道平台接入接口规范 第3部分 文件接口", sections 6.1 (ZM) and 6.2
 * (ZME). That document is given to merchants only; the fields of ZM were read in two public programs of
 * merchants that list it field by field: `com.unionpay.config.UnionField` in lyonliyang/demo (all names
 * and widths) and `UnionpayTxt` of the composer package Lyenrowe/BillParser (types of fields 5 to 42).
 */
export const ZM_WIDTHS: readonly number[] = [
  ...[3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21],
  ...[15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 32, 98],
];
export const ZME_WIDTHS: readonly number[] = [
  ...[3, 11, 11, 6, 10, 19, 12, 4, 2, 2, 6, 10, 4, 12, 13, 13, 15, 15, 1, 12, 2, 135],
];

const CURRENCY = 'CNY';
const FEN = 10_000n;

export interface UnionPayAbout {
  readonly merchant: string;
  /** The beginning of the day of settlement: the year of a time is the one nearest to it. */
  readonly dayMs: number;
}

/** Fields of ZM that are read. */
const ZM = {
  sentAt: 5,
  amount: 7,
  queryId: 10,
  orderId: 12,
  fee: 16,
  settled: 17,
  txnType: 20,
  originalQueryId: 27,
  merchant: 28,
  originalOrderId: 41,
  /** Its first 13 bytes are 清算金额, the amount that is settled, where a discount makes it another. */
  reserved: 42,
} as const;

/** `txnType` of the interface: what it does to the merchant's money. */
const KINDS: Readonly<Record<string, 'payment' | 'refund'>> = {
  // Consumption, and completion of a pre-authorisation.
  '01': 'payment',
  '03': 'payment',
  // Refund, and the cancellations of 01 and 03.
  '04': 'refund',
  '31': 'refund',
  '33': 'refund',
};

/** A transaction. A `D` before an amount is taken from the merchant, a `C` is given. */
export function readTransactionRow(line: FixedLine, about: UnionPayAbout): SettlementRow {
  const merchant = line.text(ZM.merchant);
  if (merchant !== about.merchant) throw wrongMerchant(merchant, about.merchant);
  const type = line.text(ZM.txnType);
  const kind = KINDS[type];
  if (kind === undefined) throw line.bad(ZM.txnType, 'unknown-value');
  const isRefund = kind === 'refund';
  const amount = line.fen(ZM.amount);
  const ordered = isRefund ? -amount : amount;
  const feeToUs = line.signedFen(ZM.fee) ?? 0n;
  const principal = principalOf(line) ?? ordered;
  const settled = line.signedFen(ZM.settled);
  if (settled !== undefined && settled !== principal + feeToUs) {
    throw line.bad(ZM.settled, 'does-not-add-up');
  }
  const order = line.id(ZM.orderId);
  const originalOrder = line.optional(ZM.originalOrderId);
  return {
    ...{ kind, row: line.number, id: line.id(ZM.queryId) },
    order: isRefund ? originalOrder : order,
    refund: isRefund ? order : undefined,
    payment: isRefund ? line.optional(ZM.originalQueryId) : undefined,
    gross: { minor: principal, currency: CURRENCY },
    ordered: principal === ordered ? undefined : ordered,
    feeTenThousandths: -feeToUs * FEN,
    atMs: timeOf(line, ZM.sentAt, about),
    state: type === '31' || type === '33' ? type : undefined,
  };
}

function principalOf(line: FixedLine): bigint | undefined {
  return /^[CD]\d{12}/.test(line.text(ZM.reserved)) ? line.signedFen(ZM.reserved) : undefined;
}

function timeOf(line: FixedLine, field: number, { dayMs }: UnionPayAbout): number {
  const ms = nearestYearMs(line.text(field), dayMs);
  if (Number.isNaN(ms)) throw line.bad(field, 'not-a-time');
  return ms;
}

/**
 * Fields of ZME that are read. No public list of its names was found: 1 to 9 are as in ZM, and 15 and 16
 * have the width and place of ZM's fee and settled amount; a value there that is no `C` or `D` and twelve
 * digits is refused, never guessed.
 */
const ZME = { code: 1, acquirer: 2, sender: 3, trace: 4, sentAt: 5, fee: 15, settled: 16 } as const;

/** A correction. What names it in UnionPay's network is the institutions, the trace and the time. */
export function readErrorRow(line: FixedLine, about: UnionPayAbout): SettlementRow {
  const feeToUs = line.signedFen(ZME.fee) ?? 0n;
  const settled = line.signedFen(ZME.settled);
  if (settled === undefined) throw line.bad(ZME.settled, 'empty');
  const { acquirer, sender, trace, sentAt } = ZME;
  return {
    kind: 'adjustment',
    row: line.number,
    id: [acquirer, sender, trace, sentAt].map((field) => line.text(field)).join('-'),
    gross: { minor: settled - feeToUs, currency: CURRENCY },
    feeTenThousandths: -feeToUs * FEN,
    atMs: timeOf(line, sentAt, about),
    state: line.id(ZME.code),
  };
}
