import type { SettlementRow } from '../settlement-row.ts';
import { JsonTexts } from './json-texts.ts';
import { type SettlementParser, SettlementSums } from './settlement-parser.ts';
import { badRow, type FieldFault, truncated, unknownFormat } from './settlement-refusals.ts';
import { STRIPE_FEE_SCALE, stripeKind, stripeState } from './stripe-rows.ts';

const FORMAT = 'stripe-transactions';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Stripe's balance transactions as its API lists them (`GET /v1/balance_transactions`, with `payout` for
 * those of one payout): the pages one after the other, white space between them. Amounts are in minor
 * units of their currency, so no currency needs a rule. The last page says `has_more: false`; a file
 * without it is cut off. Objects of a transaction may be expanded (`data.source`).
 */
export class StripePages implements SettlementParser {
  readonly sums = new SettlementSums();
  readonly #payout: string | undefined;
  readonly #texts = new JsonTexts(FORMAT, (page) => {
    this.#readPage(page);
  });
  #rows: SettlementRow[] = [];
  #hasMore: boolean | undefined;

  constructor({ payout }: { readonly payout?: string }) {
    this.#payout = payout;
  }

  begin(): boolean {
    return true;
  }

  take(bytes: Buffer, rows: SettlementRow[]): void {
    this.#rows = rows;
    this.#texts.push(bytes);
  }

  endFile(): void {
    this.#texts.end();
  }

  finish(): readonly string[] {
    if (this.#hasMore !== false) throw truncated('its last page says that there are more');
    return ['has_more'];
  }

  #readPage(page: unknown): void {
    if (this.#hasMore === false) throw unknownFormat(FORMAT, 'a page follows the last one');
    if (!isFields(page) || page['object'] !== 'list' || !Array.isArray(page['data'])) {
      throw unknownFormat(FORMAT, 'a page is no list');
    }
    const hasMore = page['has_more'];
    if (typeof hasMore !== 'boolean') throw unknownFormat(FORMAT, 'a page has no has_more');
    this.#hasMore = hasMore;
    for (const item of page['data']) this.#readTransaction(item);
  }

  #readTransaction(item: unknown): void {
    const number = this.sums.rows + 1;
    const isTransaction = isFields(item) && item['object'] === 'balance_transaction';
    if (!isTransaction) throw badRow(number, 'object', 'unknown-value');
    const entry = new Transaction(item, number);
    const category = entry.text('reporting_category');
    const minor = entry.integer('amount');
    const fee = entry.integer('fee');
    if (minor - fee !== entry.integer('net')) throw badRow(number, 'net', 'does-not-add-up');
    const kind = stripeKind(category);
    const source = entry.source();
    const row: SettlementRow = {
      ...{ kind, row: number, id: source.id ?? entry.text('id') },
      order: source.order,
      refund: source.refund,
      payment: kind === 'refund' ? source.payment : undefined,
      gross: { minor, currency: entry.currency() },
      feeTenThousandths: fee * STRIPE_FEE_SCALE,
      atMs: Number(entry.integer('created')) * 1000,
      state: stripeState(category),
      payout: kind === 'payout' ? source.id : (entry.optional('payout') ?? this.#payout),
    };
    this.sums.add(row);
    this.#rows.push(row);
  }
}

/** One balance transaction, member by member. */
class Transaction {
  readonly #fields: Fields;
  readonly #number: number;

  constructor(fields: Fields, number: number) {
    this.#fields = fields;
    this.#number = number;
  }

  text(name: string): string {
    const value = this.#fields[name];
    if (typeof value === 'string' && value !== '') return value;
    throw this.#bad(name, value === undefined || value === '' ? 'empty' : 'unknown-value');
  }

  optional(name: string): string | undefined {
    const value = this.#fields[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  /** Exact: what JavaScript cannot hold exactly is refused. */
  integer(name: string): bigint {
    const value = this.#fields[name];
    if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
    throw this.#bad(name, typeof value === 'number' ? 'too-long' : 'not-an-amount');
  }

  currency(): string {
    const currency = this.text('currency');
    if (/^[a-z]{3}$/.test(currency)) return currency.toUpperCase();
    throw this.#bad('currency', 'unknown-value');
  }

  /** `source` is a number (`ch_…`, `re_…`, `po_…`), or the object itself where it was expanded. */
  source(): Source {
    const source = this.#fields['source'];
    if (source === null || source === undefined) return {};
    if (typeof source === 'string') return { id: source };
    if (!isFields(source)) throw this.#bad('source', 'unknown-value');
    const metadata = isFields(source['metadata']) ? source['metadata'] : {};
    return {
      id: textOf(source['id']),
      payment: textOf(source['charge']) ?? textOf(source['payment_intent']),
      order: textOf(metadata['order']),
      refund: textOf(metadata['refund']),
    };
  }

  #bad(name: string, why: FieldFault) {
    return badRow(this.#number, name, why);
  }
}

interface Source {
  readonly id?: string | undefined;
  readonly payment?: string | undefined;
  readonly order?: string | undefined;
  readonly refund?: string | undefined;
}

function textOf(value: unknown): string | undefined {
  if (isFields(value)) return textOf(value['id']);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
