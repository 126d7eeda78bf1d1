import type { PaymentStart } from '../../provider.ts';
import { type DayRows, rowsOfDay } from '../day-rows.ts';
import type { MadeNotification } from '../deliveries.ts';
import {
  type DoubleSettings,
  type HeldPayment,
  type HeldRefund,
  NotPayable,
  type ProviderDouble,
} from '../double.ts';
import { DoubleCore } from '../double-core.ts';
import type { DoubleAnswer, DoubleRequest } from '../double-server.ts';
import type { ContentFault } from '../fault.ts';
import { StandIn } from '../stand-in.ts';
import { type Signing, type StripeAccount, StripeKeys } from './stripe-account.ts';
import { StripeApi } from './stripe-api.ts';
import {
  type StripeDetail,
  type StripeObject,
  seconds,
  transactionObject,
} from './stripe-objects.ts';
import { pageOf } from './stripe-requests.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Stripe tries for three days, with pauses that grow; the exact ones are not documented. */
const PAUSES_MS = [
  ...[1, 5, 30].map((minutes) => minutes * MINUTE_MS),
  ...[2, 5, 10, 12, 12, 12, 12].map((hours) => hours * HOUR_MS),
];
const PAGE = 100;

const LACKING: ProviderDouble['lacking'] = {
  'notify-bad-tag': 'nothing in a notification of Stripe is encrypted',
  'answer-bad-signature': 'Stripe signs no answers, the connection vouches for them',
  'bill-fee-rounded': 'fees in the balance of Stripe are whole minor units anyway',
  'bill-truncated': 'a page that is cut off is no JSON and is asked for again',
  'bill-hash-differs': 'Stripe gives no hash of a page',
};

export interface StripeDouble extends ProviderDouble {
  /** What the dashboard gives to the merchant: what the adapter is set up with. */
  readonly account: StripeAccount;
}

export async function startStripeDouble(settings: DoubleSettings): Promise<StripeDouble> {
  const double = new StripeStandIn(settings);
  await double.listen();
  return double;
}

class StripeStandIn extends StandIn<StripeDetail> implements StripeDouble {
  readonly name = 'stripe';
  readonly lacking = LACKING;
  readonly account: StripeAccount;
  readonly #keys = new StripeKeys();
  protected readonly core: DoubleCore<StripeDetail>;
  readonly #api: StripeApi;
  #numbers = 0;

  constructor(settings: DoubleSettings) {
    super(settings);
    this.account = this.#keys.account;
    const to = settings.notifyUrl;
    this.core = new DoubleCore(settings, {
      lacking: LACKING,
      feeOf: (minor, of) => (of === 'payment' ? stripeFee(minor) : 0n),
      newPaymentId: () => this.#number('ch_'),
      newRefundId: () => this.#number('re_'),
      pausesMs: PAUSES_MS,
      isTaken: (status) => status >= 200 && status < 300,
      tellPayment: (held) => ({
        to,
        make: (fault) =>
          this.#notice('charge.succeeded', this.#api.charge(held, lie(held, fault)), fault),
      }),
      tellRefund: (held) => ({
        to,
        make: (fault) =>
          this.#notice(
            held.state === 'failed' ? 'refund.failed' : 'refund.updated',
            this.#api.refund(held, lie(held, fault)),
            fault,
          ),
      }),
    });
    this.#api = new StripeApi({
      core: this.core,
      keys: this.#keys,
      nowMs: settings.nowMs,
      url: () => this.url,
      expired: (order) => this.#tellExpired(order),
      transactions: (day, isExpanded) => this.#transactions(day, isExpanded),
    });
  }

  protected answer(request: DoubleRequest): DoubleAnswer {
    return this.#api.answer(request);
  }

  protected rotateKeys(): void {
    this.#keys.rotate();
  }

  async pay(start: PaymentStart): Promise<HeldPayment> {
    const order = start.kind === 'redirect' ? this.#api.orderOfPage(start.url) : undefined;
    if (order === undefined) throw new NotPayable('nothing was opened with this');
    return this.core.pay(order);
  }

  dayOf(ms: number): string {
    return utcDay(ms);
  }

  settlementReadyMs(day: string): number {
    return Date.parse(`${day}T00:00:00Z`) + DAY_MS + HOUR_MS;
  }

  /** The pages of the list, a line end between them. */
  makeSettlement(day: string): Uint8Array | undefined {
    if (this.settings.nowMs() < this.settlementReadyMs(day)) return undefined;
    const all = this.#transactions(day, true);
    const pages: string[] = [];
    for (let at = 0; at === 0 || at < all.length; at += PAGE) {
      const after = all[at - 1]?.['id'];
      const asked = new Map([['limit', String(PAGE)]]);
      if (after !== undefined) asked.set('starting_after', String(after));
      pages.push(JSON.stringify(pageOf(all, asked, '/v1/balance_transactions')));
    }
    return new TextEncoder().encode(pages.join('\n'));
  }

  #transactions(day: string, isExpanded: boolean): readonly StripeObject[] {
    const { book, faults } = this.core;
    const calendar = { dayOf: utcDay, dayBefore: utcDayBefore };
    const { payments, refunds }: DayRows = rowsOfDay(book.books(), day, faults, calendar);
    const dated = [
      ...payments.map((held) => {
        const gross = { ...held.amount, atMs: held.paidMs };
        const source = isExpanded ? this.#api.charge(held) : undefined;
        return { atMs: held.paidMs, row: transactionObject(held, gross, 'charge', source) };
      }),
      ...refunds.map((held) => {
        const { minor, currency } = held.amount;
        const gross = { minor: -minor, currency, atMs: held.askedMs };
        const source = isExpanded ? this.#api.refund(held) : undefined;
        return { atMs: held.askedMs, row: transactionObject(held, gross, 'refund', source) };
      }),
    ];
    return dated.sort((one, other) => other.atMs - one.atMs).map(({ row }) => row);
  }

  #tellExpired(order: string): void {
    const kept = this.core.book.find(order);
    if (kept === undefined) return;
    const session = this.#api.session(kept);
    const make = () => this.#notice('checkout.session.expired', session, undefined);
    const to = this.settings.notifyUrl;
    this.core.deliveries.send({ kind: 'closed', order, to, make });
  }

  #notice(type: string, object: StripeObject, fault: ContentFault | undefined): MadeNotification {
    const nowMs = this.settings.nowMs();
    const event = {
      id: this.#number('evt_'),
      object: 'event',
      ...(fault?.kind === 'notify-wrong-merchant' ? { account: 'acct_1SomebodyElse000' } : {}),
      api_version: '2026-10-28.endive',
      created: seconds(nowMs),
      data: { object: fault?.kind === 'notify-garbled' ? { greeting: 'hello' } : object },
      livemode: fault?.kind === 'notify-wrong-application',
      pending_webhooks: 1,
      type,
    };
    const body = Buffer.from(JSON.stringify(event, null, 2));
    const atMs = nowMs - (fault?.kind === 'notify-stale' ? 6 * MINUTE_MS : 0);
    const headers = this.#keys.signed(body, atMs, howSigned(fault));
    // A letter of the event's number, which is JSON before and after.
    if (fault?.kind === 'notify-tampered-body') body[12] = body[12] === 0x61 ? 0x62 : 0x61;
    return { headers: { ...headers, 'content-type': 'application/json; charset=utf-8' }, body };
  }

  #number(prefix: string): string {
    this.#numbers += 1;
    return `${prefix}${String(this.#numbers).padStart(24, '0')}`;
  }
}

/** 2.9 per cent and thirty of the minor unit, rounded half up: the fee of a card at its list price. */
function stripeFee(minor: bigint): bigint {
  return ((minor * 29n + 500n) / 1_000n + 30n) * 10_000n;
}

function utcDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function utcDayBefore(day: string): string {
  return utcDay(Date.parse(`${day}T00:00:00Z`) - DAY_MS);
}

function lie(
  { amount }: HeldPayment | HeldRefund,
  fault: ContentFault | undefined,
): bigint | undefined {
  return fault?.kind === 'notify-wrong-amount' ? (fault.minor ?? amount.minor - 1n) : undefined;
}

function howSigned(fault: ContentFault | undefined): Signing {
  if (fault?.kind === 'notify-unsigned') return 'unsigned';
  if (fault?.kind === 'notify-bad-signature') return 'wrong';
  return fault?.kind === 'notify-unknown-key' ? 'foreign' : 'well';
}
