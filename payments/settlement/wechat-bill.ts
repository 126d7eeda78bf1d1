import type { SettlementRow } from '../settlement-row.ts';
import { ByteRecords } from './byte-records.ts';
import { Heading } from './heading.ts';
import type { RecordFields } from './record-fields.ts';
import { type SettlementParser, SettlementSums } from './settlement-parser.ts';
import { compareTotal, truncated, unknownFormat, wrongMerchant } from './settlement-refusals.ts';

const FORMAT = 'wechat-trade-bill';
const CURRENCY = 'CNY';
/** Amounts are of yuan with two decimals, fees with five: fen, and ten-thousandths of a fen. */
const FEN_DIGITS = 2;
const FEE_DIGITS = 6;

/** The figures of the summary, by their names there, in the order of `Counted`. */
const SUMMARY = [
  '总交易单数',
  '应结订单总金额',
  '退款总金额',
  '充值券退款总金额',
  '手续费总金额',
  '订单总金额',
  '申请退款总金额',
] as const;

/**
 * WeChat Pay's trade bill (v3, "交易账单"), kinds ALL, SUCCESS and REFUND: a plain heading, rows whose
 * values stand behind back-ticks, and two lines of summary, all of it in UTF-8 with a byte order mark.
 */
export class WeChatBill implements SettlementParser {
  readonly sums = new SettlementSums();
  readonly #merchant: string;
  readonly #records = new ByteRecords({ encoding: 'utf-8', ticks: true }, (record) => {
    this.#read(record);
  });
  #rows: SettlementRow[] = [];
  #columns: Columns | undefined;
  #summary: readonly number[] | undefined;
  #isWhole = false;
  readonly #counted = { settled: 0n, refunds: 0n, vouchers: 0n, fees: 0n, orders: 0n, asked: 0n };

  constructor({ merchant }: { readonly merchant: string }) {
    this.#merchant = merchant;
  }

  begin(): boolean {
    return true;
  }

  take(bytes: Buffer, rows: SettlementRow[]): void {
    this.#rows = rows;
    this.#records.push(bytes);
  }

  endFile(rows: SettlementRow[]): void {
    this.#rows = rows;
    this.#records.end();
  }

  finish(): readonly string[] {
    if (!this.#isWhole) throw truncated('it has no summary at its end');
    return SUMMARY;
  }

  #read(record: RecordFields): void {
    if (record.isBlank) return;
    if (this.#columns === undefined) this.#readHeading(record);
    else if (this.#isWhole) throw unknownFormat(FORMAT, 'it goes on after its summary');
    else if (!record.isTicked) this.#readSummaryHeading(record);
    else if (this.#summary === undefined) this.#readRow(record, this.#columns);
    else this.#compare(record, this.#summary);
  }

  #readHeading(record: RecordFields): void {
    const heading = new Heading(FORMAT, record.all());
    record.names = heading.names;
    this.#records.columns = record.count;
    this.#columns = columnsOf(heading);
  }

  #readRow(record: RecordFields, columns: Columns): void {
    record.number += 1;
    if (record.count !== record.names.length) throw record.bad(0, 'wrong-columns');
    const merchant = record.text(columns.merchant);
    if (merchant !== this.#merchant) throw wrongMerchant(merchant, this.#merchant);
    if (record.text(columns.currency) !== CURRENCY) {
      throw record.bad(columns.currency, 'unknown-value');
    }
    const row = this.#rowOf(record, columns);
    this.sums.add(row);
    this.#rows.push(row);
  }

  #rowOf(record: RecordFields, columns: Columns): SettlementRow {
    const settled = record.minor(columns.settled, FEN_DIGITS);
    const ordered = record.minor(columns.ordered, FEN_DIGITS);
    const fee = record.minor(columns.fee, FEE_DIGITS);
    const counted = this.#counted;
    counted.settled += settled;
    counted.orders += ordered;
    counted.fees += fee;
    const state = record.text(columns.state);
    const isRefund = state === 'REFUND' || state === 'REVOKED';
    if (!isRefund && state !== 'SUCCESS') throw record.bad(columns.state, 'unknown-value');
    const order = record.id(columns.order);
    const paymentId = record.id(columns.id);
    const atMs = record.time(columns.time, 'china');
    const row = { row: record.number, order, feeTenThousandths: fee, atMs };
    if (settled < 0n) throw record.bad(columns.settled, 'does-not-add-up');
    if (!isRefund) {
      const gross = { minor: settled, currency: CURRENCY };
      const asked = ordered === settled ? undefined : ordered;
      return { kind: 'payment', id: paymentId, gross, ordered: asked, ...row };
    }
    const refunded = record.minor(columns.refunded, FEN_DIGITS);
    if (refunded < 0n) throw record.bad(columns.refunded, 'does-not-add-up');
    const asked = columns.asked < 0 ? refunded : record.minor(columns.asked, FEN_DIGITS);
    counted.refunds += refunded;
    counted.asked += asked;
    if (columns.vouchers >= 0) counted.vouchers += record.minor(columns.vouchers, FEN_DIGITS);
    return {
      ...{ kind: 'refund', id: record.id(columns.refundId), payment: paymentId, ...row },
      refund: record.id(columns.refund),
      gross: { minor: -refunded, currency: CURRENCY },
      ordered: asked === refunded ? undefined : -asked,
      state: refundState(state, record.text(columns.refundState)),
    };
  }

  #readSummaryHeading(record: RecordFields): void {
    const heading = new Heading(FORMAT, record.all());
    this.#summary = SUMMARY.map((name) => heading.need(name));
    record.names = heading.names;
    this.#records.columns = record.count;
  }

  #compare(record: RecordFields, summary: readonly number[]): void {
    if (record.count !== record.names.length) throw truncated('its summary is not whole');
    const { settled, refunds, vouchers, fees, orders, asked } = this.#counted;
    const counted = [BigInt(this.sums.rows), settled, refunds, vouchers, fees, orders, asked];
    for (const [index, name] of SUMMARY.entries()) {
      const digits = index === 0 ? 0 : name === '手续费总金额' ? FEE_DIGITS : FEN_DIGITS;
      const column = summary[index] ?? -1;
      if (record.text(column) === '') throw truncated('its summary is not whole');
      compareTotal(name, record.minor(column, digits), counted[index] ?? 0n);
    }
    this.#isWhole = true;
  }
}

type Columns = ReturnType<typeof columnsOf>;

/** Bills of payments alone (SUCCESS) lack the columns of refunds, and such a row would be refused. */
function columnsOf(heading: Heading) {
  return {
    time: heading.need('交易时间'),
    merchant: heading.need('商户号'),
    id: heading.need('微信订单号'),
    order: heading.need('商户订单号'),
    state: heading.need('交易状态'),
    currency: heading.need('货币种类'),
    settled: heading.need('应结订单金额'),
    ordered: heading.need('订单金额'),
    fee: heading.need('手续费'),
    refundId: heading.find('微信退款单号'),
    refund: heading.find('商户退款单号'),
    refunded: heading.find('退款金额'),
    vouchers: heading.find('充值券退款金额'),
    asked: heading.find('申请退款金额'),
    refundState: heading.find('退款状态'),
  };
}

/** A refund of the bill is one that was accepted; what became of it may be known by then or not. */
function refundState(trade: string, refund: string): string | undefined {
  if (refund !== 'SUCCESS' && refund !== '') return refund;
  return trade === 'REVOKED' ? trade : undefined;
}
