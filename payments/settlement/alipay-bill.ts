import type { SettlementRow } from '../settlement-row.ts';
import { AlipaySummary } from './alipay-summary.ts';
import { parseMinorText } from './amount-text.ts';
import { ByteRecords } from './byte-records.ts';
import { Heading } from './heading.ts';
import type { RecordFields } from './record-fields.ts';
import { type SettlementParser, SettlementSums } from './settlement-parser.ts';
import {
  compareTotal,
  truncated,
  unknownFormat,
  wrongDay,
  wrongMerchant,
} from './settlement-refusals.ts';

const FORMAT = 'alipay-bill';
const CURRENCY = 'CNY';
const HASH = 0x23;
const FEN_DIGITS = 2;
/** Yuan as ten-thousandths of a fen. */
const FEE_DIGITS = 6;
/** An account is its owner's number (PID, 2088…) and these four digits. */
const ACCOUNT_END = '0156';

/** What the rows of the detail file add up to, and what its last lines say of them. */
export interface AlipayCounts {
  payments: number;
  refunds: number;
  /** 商家实收 of payments and of refunds, in fen. */
  paid: bigint;
  refunded: bigint;
  /** 订单金额, the same. */
  ordered: bigint;
  orderedBack: bigint;
  /** 服务费 as it stands there: negative where it is taken. */
  fees: bigint;
}

/**
 * Alipay's business bill ("业务明细", bill type `trade`): a ZIP file of two CSV files in GBK, the detail
 * and its summary. Lines that begin with `#` say whose the bill is, of which day, and what it adds up to.
 */
export class AlipayBill implements SettlementParser {
  readonly sums = new SettlementSums();
  readonly #expected: { readonly merchant: string; readonly day?: string };
  readonly #records = new ByteRecords({ encoding: 'gbk', quotes: true }, (record) => {
    this.#read(record);
  });
  readonly #counts: AlipayCounts = {
    ...{ payments: 0, refunds: 0, paid: 0n, refunded: 0n, ordered: 0n, orderedBack: 0n, fees: 0n },
  };
  #summary: AlipaySummary | undefined;
  #isSummary = false;
  #hasDetail = false;
  #rows: SettlementRow[] = [];
  #columns: Columns | undefined;
  #titled = false;
  #ended = false;
  readonly #told = new Set<string>();

  constructor(expected: { readonly merchant: string; readonly day?: string }) {
    this.#expected = expected;
  }

  begin(name: string): boolean {
    if (!name.toLowerCase().endsWith('.csv')) return false;
    this.#isSummary = name.includes('汇总');
    const again = this.#isSummary ? this.#summary !== undefined : this.#hasDetail;
    if (again) throw unknownFormat(FORMAT, 'it has more than one detail and one summary');
    if (this.#isSummary) this.#summary = new AlipaySummary();
    else this.#hasDetail = true;
    return true;
  }

  take(bytes: Buffer, rows: SettlementRow[]): void {
    this.#rows = rows;
    if (this.#isSummary) this.#summary?.take(bytes);
    else this.#records.push(bytes);
  }

  endFile(rows: SettlementRow[]): void {
    this.#rows = rows;
    if (this.#isSummary) this.#summary?.end();
    else this.#records.end();
  }

  finish(): readonly string[] {
    if (!this.#hasDetail) throw unknownFormat(FORMAT, 'it has no detail file');
    if (this.#summary === undefined) throw unknownFormat(FORMAT, 'it has no summary file');
    for (const needed of ['账号', '起始日期', '交易合计', '退款合计']) {
      if (!this.#told.has(needed)) throw truncated(`the detail has no line #${needed}`);
    }
    return ['交易合计', '退款合计', ...this.#summary.compare(this.#counts)];
  }

  #read(record: RecordFields): void {
    if (record.isBlank) return;
    if (record.firstByte === HASH) this.#readComment(record.whole());
    else if (!this.#titled) throw unknownFormat(FORMAT, 'the detail does not begin with its title');
    else if (this.#columns === undefined) this.#readHeading(record);
    else if (this.#ended) throw record.bad(0, 'unknown-value');
    else this.#readRow(record, this.#columns);
  }

  #readComment(line: string): void {
    if (!this.#titled) {
      if (!line.startsWith('#支付宝业务明细查询')) {
        throw unknownFormat(FORMAT, 'the detail does not begin with its title');
      }
      this.#titled = true;
    }
    if (line.includes('列表结束')) this.#ended = true;
    const [, told = '', rest = ''] = /^#+([^：:\s]+)[：:](.*)$/u.exec(line) ?? [];
    this.#told.add(told);
    if (told === '账号') this.#checkAccount(rest);
    if (told === '起始日期') this.#checkDay(rest);
    const { payments, paid, refunds, refunded } = this.#counts;
    if (told === '交易合计') compareEnd(told, rest, payments, paid);
    if (told === '退款合计') compareEnd(told, rest, refunds, refunded);
  }

  #checkAccount(rest: string): void {
    const found = /^\[(\d+)\]/.exec(rest)?.[1] ?? '';
    const { merchant } = this.#expected;
    if (found !== merchant && found !== merchant + ACCOUNT_END)
      throw wrongMerchant(found, merchant);
  }

  #checkDay(rest: string): void {
    const [, year, month, date] = /^\[(\d{4})年(\d{2})月(\d{2})日/u.exec(rest) ?? [];
    const found = `${year}-${month}-${date}`;
    const { day } = this.#expected;
    if (day !== undefined && found !== day) throw wrongDay(found, day);
  }

  #readHeading(record: RecordFields): void {
    const heading = new Heading(FORMAT, record.all());
    record.names = heading.names;
    this.#columns = columnsOf(heading);
  }

  #readRow(record: RecordFields, columns: Columns): void {
    record.number += 1;
    if (record.count !== record.names.length) throw record.bad(0, 'wrong-columns');
    const type = record.text(columns.type);
    const kind = type === '交易' ? 'payment' : type === '退款' ? 'refund' : 'adjustment';
    const minor = record.minor(columns.received, FEN_DIGITS);
    const isAgainstKind = kind === 'payment' ? minor < 0n : kind === 'refund' && minor > 0n;
    if (isAgainstKind) throw record.bad(columns.received, 'does-not-add-up');
    const ordered = record.minor(columns.ordered, FEN_DIGITS);
    const serviceFee = record.minor(columns.fee, FEE_DIGITS);
    const shared = columns.shared < 0 ? 0n : record.minor(columns.shared, FEE_DIGITS);
    this.#count(kind, minor, ordered, serviceFee);
    const id = record.id(columns.id);
    const row: SettlementRow = {
      ...{ kind, row: record.number, id },
      order: record.optionalId(columns.order),
      refund: kind === 'refund' ? record.id(columns.refund) : undefined,
      payment: kind === 'refund' ? id : undefined,
      gross: { minor, currency: CURRENCY },
      ordered: ordered === minor ? undefined : ordered,
      // Both are negative where they are taken from us.
      feeTenThousandths: -(serviceFee + shared),
      atMs: record.time(columns.time, 'china'),
      state: kind === 'adjustment' ? type : undefined,
    };
    this.sums.add(row);
    this.#rows.push(row);
  }

  #count(kind: SettlementRow['kind'], minor: bigint, ordered: bigint, fee: bigint): void {
    const counts = this.#counts;
    counts.fees += fee;
    if (kind === 'payment') {
      counts.payments += 1;
      counts.paid += minor;
      counts.ordered += ordered;
    } else if (kind === 'refund') {
      counts.refunds += 1;
      counts.refunded += minor;
      counts.orderedBack += ordered;
    }
  }
}

type Columns = ReturnType<typeof columnsOf>;

function columnsOf(heading: Heading) {
  return {
    id: heading.need('支付宝交易号'),
    order: heading.need('商户订单号'),
    type: heading.need('业务类型'),
    time: heading.need('完成时间'),
    ordered: heading.need('订单金额（元）'),
    received: heading.need('商家实收（元）'),
    refund: heading.need('退款批次号/请求号'),
    fee: heading.need('服务费（元）'),
    shared: heading.find('分润（元）'),
  };
}

/** `6笔，商家实收共0.06元，商家优惠共0.00元`; of refunds `4笔，商家实收退款共-0.04元，…`. */
function compareEnd(told: string, rest: string, count: number, minor: bigint): void {
  const [, pieces, amount] = /^(\d+)笔，商家实收(?:退款)?共(-?[\d.]+)元/u.exec(rest) ?? [];
  if (pieces === undefined || amount === undefined) throw truncated(`the line #${told}`);
  const stated = parseMinorText(amount, FEN_DIGITS);
  if (typeof stated === 'string') throw truncated(`the line #${told}`);
  compareTotal(`${told}（笔）`, Number(pieces), count);
  compareTotal(told, stated, minor);
}
