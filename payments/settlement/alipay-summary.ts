import type { AlipayCounts } from './alipay-bill.ts';
import { ByteRecords } from './byte-records.ts';
import { Heading } from './heading.ts';
import type { RecordFields } from './record-fields.ts';
import { compareTotal, truncated, unknownFormat } from './settlement-refusals.ts';

const FORMAT = 'alipay-bill';
const HASH = 0x23;
const FEN_DIGITS = 2;
const FEE_DIGITS = 6;

/** The last row of the summary file, 合计, over all shops. */
interface Stated {
  readonly payments: number;
  readonly refunds: number;
  readonly ordered: bigint;
  readonly received: bigint;
  readonly fees: bigint;
}

/** The summary of Alipay's bill ("业务明细(汇总)"): a row for each shop and one for all, 合计. */
export class AlipaySummary {
  readonly #records = new ByteRecords({ encoding: 'gbk', quotes: true }, (record) => {
    this.#read(record);
  });
  #columns: Columns | undefined;
  #stated: Stated | undefined;
  #titled = false;
  #ended = false;

  take(bytes: Buffer): void {
    this.#records.push(bytes);
  }

  end(): void {
    this.#records.end();
  }

  /** Holds it against the rows of the detail; the names of what was compared. */
  compare(counts: AlipayCounts): readonly string[] {
    const stated = this.#stated;
    if (stated === undefined || !this.#ended) throw truncated('the summary has no row 合计');
    compareTotal('交易订单总笔数', stated.payments, counts.payments);
    compareTotal('退款订单总笔数', stated.refunds, counts.refunds);
    compareEither('订单金额（元）', stated.ordered, counts.ordered, counts.orderedBack);
    compareEither('商家实收（元）', stated.received, counts.paid, counts.refunded);
    compareTotal('服务费（元）', stated.fees, counts.fees);
    return ['交易订单总笔数', '退款订单总笔数', '订单金额（元）', '商家实收（元）', '服务费（元）'];
  }

  #read(record: RecordFields): void {
    if (record.isBlank) return;
    if (record.firstByte === HASH) {
      const line = record.whole();
      if (!this.#titled && !line.startsWith('#支付宝业务汇总查询')) {
        throw unknownFormat(FORMAT, 'the summary does not begin with its title');
      }
      this.#titled = true;
      if (line.includes('列表结束')) this.#ended = true;
    } else if (this.#columns === undefined) {
      const heading = new Heading(FORMAT, record.all());
      record.names = heading.names;
      this.#columns = columnsOf(heading);
    } else {
      this.#readShop(record, this.#columns);
    }
  }

  #readShop(record: RecordFields, columns: Columns): void {
    record.number += 1;
    if (record.text(0) !== '合计') return;
    if (record.count !== record.names.length) throw record.bad(0, 'wrong-columns');
    this.#stated = {
      payments: record.count32(columns.payments),
      refunds: record.count32(columns.refunds),
      ordered: record.minor(columns.ordered, FEN_DIGITS),
      received: record.minor(columns.received, FEN_DIGITS),
      fees: record.minor(columns.fees, FEE_DIGITS),
    };
  }
}

type Columns = ReturnType<typeof columnsOf>;

function columnsOf(heading: Heading) {
  return {
    payments: heading.need('交易订单总笔数'),
    refunds: heading.need('退款订单总笔数'),
    ordered: heading.need('订单金额（元）'),
    received: heading.need('商家实收（元）'),
    fees: heading.need('服务费（元）'),
  };
}

/**
 * Public descriptions differ on whether the summary's amounts have refunds taken off already, so either
 * is taken; a bill whose rows are missing or changed agrees with neither.
 */
function compareEither(figure: string, stated: bigint, paid: bigint, refunded: bigint): void {
  if (stated !== paid) compareTotal(figure, stated, paid + refunded);
}
