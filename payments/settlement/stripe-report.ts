import type { SettlementRow } from '../settlement-row.ts';
import { ByteRecords } from './byte-records.ts';
import { stripeDigits } from './currency-digits.ts';
import { Heading } from './heading.ts';
import type { RecordFields } from './record-fields.ts';
import { type SettlementParser, SettlementSums } from './settlement-parser.ts';
import { truncated } from './settlement-refusals.ts';
import { STRIPE_FEE_SCALE, stripeKind, stripeState } from './stripe-rows.ts';

const FORMAT = 'stripe-report';

/**
 * Stripe's itemized CSV reports: `balance_change_from_activity.itemized`, `payout_reconciliation.itemized`
 * and `ending_balance_reconciliation.itemized`. Amounts are in major units of the row's currency, times
 * in UTC (run the report without a time zone). Columns chosen otherwise than needed are refused by name.
 */
export class StripeReport implements SettlementParser {
  readonly sums = new SettlementSums();
  readonly #records = new ByteRecords({ encoding: 'utf-8', quotes: true }, (record) => {
    this.#read(record);
  });
  #rows: SettlementRow[] = [];
  #columns: Columns | undefined;

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
    if (this.#columns === undefined) throw truncated('it has no heading');
    return [];
  }

  #read(record: RecordFields): void {
    if (record.isBlank) return;
    if (this.#columns === undefined) {
      const heading = new Heading(FORMAT, record.all());
      record.names = heading.names;
      this.#columns = columnsOf(heading);
    } else {
      this.#readRow(record, this.#columns);
    }
  }

  #readRow(record: RecordFields, columns: Columns): void {
    record.number += 1;
    if (record.count !== record.names.length) throw record.bad(0, 'wrong-columns');
    const code = record.text(columns.currency);
    if (!/^[A-Za-z]{3}$/.test(code)) throw record.bad(columns.currency, 'unknown-value');
    const currency = code.toUpperCase();
    const digits = stripeDigits(currency);
    const minor = record.minor(columns.gross, digits);
    const fee = record.minor(columns.fee, digits);
    if (record.minor(columns.net, digits) !== minor - fee) {
      throw record.bad(columns.net, 'does-not-add-up');
    }
    const category = record.id(columns.category);
    const kind = stripeKind(category);
    const source = record.optionalId(columns.source);
    const payment = record.optionalId(columns.charge) ?? record.optionalId(columns.intent);
    const row: SettlementRow = {
      ...{ kind, row: record.number, id: source ?? record.id(columns.id) },
      order: record.optionalId(columns.order),
      payment: kind === 'refund' ? payment : undefined,
      gross: { minor, currency },
      feeTenThousandths: fee * STRIPE_FEE_SCALE,
      atMs: record.time(columns.created, 'utc'),
      state: stripeState(category),
      payout: kind === 'payout' ? source : record.optionalId(columns.payout),
    };
    this.sums.add(row);
    this.#rows.push(row);
  }
}

type Columns = ReturnType<typeof columnsOf>;

function columnsOf(heading: Heading) {
  const utc = heading.find('created_utc');
  return {
    id: heading.need('balance_transaction_id'),
    created: utc >= 0 ? utc : heading.need('created'),
    currency: heading.need('currency'),
    gross: heading.need('gross'),
    fee: heading.need('fee'),
    net: heading.need('net'),
    category: heading.need('reporting_category'),
    source: heading.find('source_id'),
    charge: heading.find('charge_id'),
    intent: heading.find('payment_intent_id'),
    order: heading.find('payment_metadata[order]'),
    payout: heading.find('automatic_payout_id'),
  };
}
