import type { Zone } from '../../ledger/core/zone.ts';
import type { SettlementRow } from '../settlement-row.ts';
import type { AmountForm } from './amount-text.ts';
import { ByteRecords, type TextEncoding } from './byte-records.ts';
import { currencyDigits } from './currency-digits.ts';
import { Heading } from './heading.ts';
import type { RecordFields } from './record-fields.ts';
import { type SettlementParser, SettlementSums } from './settlement-parser.ts';
import { compareTotal, truncated } from './settlement-refusals.ts';
import { bankZone, type DateForm, startOfDayIn } from './time-text.ts';

const FORMAT = 'bank-csv';

/** How one bank writes its statements: every bank has its own way, so it is declared, never guessed. */
export interface BankColumns {
  readonly encoding: TextEncoding;
  readonly separator: ',' | ';' | 'tab';
  /** ISO 4217: the account's, or that of a column. */
  readonly currency: string;
  readonly date: string;
  readonly dateForm: DateForm;
  /** Whose midnight a date means; China's without. */
  readonly zone?: string;
  /** The one signed column, or the two of unsigned ones. */
  readonly amounts:
    | { readonly signed: string }
    | { readonly credit: string; readonly debit: string };
  readonly decimal: '.' | ',';
  /** What parts thousands, if anything does. */
  readonly thousands?: ',' | '.' | ' ' | "'";
  readonly reference?: string;
  readonly text?: string;
  readonly counterParty?: string;
  /** The balance after each row: then every row is checked by the one before it. */
  readonly balance?: { readonly column: string; readonly order: 'oldest-first' | 'newest-first' };
  /** Lines above the heading. */
  readonly linesBefore?: number;
}

/** A bank's statement as CSV, by its declared columns. It does not say where it ends: see `size`. */
export class BankCsv implements SettlementParser {
  readonly sums = new SettlementSums();
  readonly #columns: BankColumns;
  readonly #records: ByteRecords;
  readonly #digits: number;
  readonly #form: AmountForm;
  readonly #zone: Zone;
  #rows: SettlementRow[] = [];
  #before: number;
  #at: Positions | undefined;
  #balance: { readonly after: bigint; readonly amount: bigint } | undefined;

  constructor(columns: BankColumns) {
    this.#columns = columns;
    this.#digits = currencyDigits(columns.currency);
    this.#zone = bankZone(columns.zone);
    this.#before = columns.linesBefore ?? 0;
    this.#form = {
      point: columns.decimal.charCodeAt(0),
      thousands: columns.thousands?.charCodeAt(0) ?? 0,
    };
    const separator = columns.separator === 'tab' ? 0x09 : columns.separator.charCodeAt(0);
    const form = { encoding: columns.encoding, separator, quotes: true };
    this.#records = new ByteRecords(form, (record) => {
      this.#read(record);
    });
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
    if (this.#at === undefined) throw truncated('it has no heading');
    const balance = this.#columns.balance?.column;
    return balance === undefined ? [] : [balance];
  }

  #read(record: RecordFields): void {
    if (this.#before > 0) {
      this.#before -= 1;
      return;
    }
    if (record.isBlank) return;
    if (this.#at === undefined) {
      const heading = new Heading(FORMAT, record.all());
      record.names = heading.names;
      this.#at = positionsOf(heading, this.#columns);
    } else {
      this.#readRow(record, this.#at);
    }
  }

  #readRow(record: RecordFields, at: Positions): void {
    record.number += 1;
    if (record.count !== record.names.length) throw record.bad(0, 'wrong-columns');
    const minor = this.#amount(record, at);
    if (at.balance >= 0) this.#checkBalance(record, at.balance, minor);
    const row: SettlementRow = {
      ...{ kind: minor < 0n ? 'debit' : 'credit', row: record.number },
      id: record.optionalId(at.reference) ?? '',
      gross: { minor, currency: this.#columns.currency },
      feeTenThousandths: 0n,
      atMs: startOfDayIn(this.#zone, record.time(at.date, this.#columns.dateForm)),
      text: record.optional(at.text),
      counterParty: record.optional(at.counterParty),
    };
    this.sums.add(row);
    this.#rows.push(row);
  }

  /** Of two columns one is filled and the other empty or zero. */
  #amount(record: RecordFields, { signed, credit, debit }: Positions): bigint {
    const digits = this.#digits;
    const form = this.#form;
    if (signed >= 0) return record.minor(signed, digits, form);
    const given = record.isEmpty(credit) ? 0n : record.minor(credit, digits, form);
    const taken = record.isEmpty(debit) ? 0n : record.minor(debit, digits, form);
    if (record.isEmpty(credit) && record.isEmpty(debit)) throw record.bad(credit, 'empty');
    if (given < 0n) throw record.bad(credit, 'not-an-amount');
    if (given !== 0n && taken !== 0n) throw record.bad(debit, 'does-not-add-up');
    // Some banks write what is taken with a minus, others without.
    return taken === 0n ? given : taken < 0n ? taken : -taken;
  }

  #checkBalance(record: RecordFields, column: number, amount: bigint): void {
    const after = record.minor(column, this.#digits, this.#form);
    const last = this.#balance;
    this.#balance = { after, amount };
    if (last === undefined) return;
    const isOldestFirst = this.#columns.balance?.order === 'oldest-first';
    const stated = isOldestFirst ? after : last.after;
    const counted = isOldestFirst ? last.after + amount : after + last.amount;
    compareTotal(`${record.names[column] ?? ''} (${record.number})`, stated, counted);
  }
}

type Positions = ReturnType<typeof positionsOf>;

function positionsOf(heading: Heading, columns: BankColumns) {
  const need = (name: string | undefined) => (name === undefined ? -1 : heading.need(name));
  const { amounts } = columns;
  const two = 'credit' in amounts ? amounts : undefined;
  return {
    date: need(columns.date),
    signed: 'signed' in amounts ? need(amounts.signed) : -1,
    credit: need(two?.credit),
    debit: need(two?.debit),
    reference: need(columns.reference),
    text: need(columns.text),
    counterParty: need(columns.counterParty),
    balance: need(columns.balance?.column),
  };
}
