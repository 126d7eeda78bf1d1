import { assert } from '../../ledger/core/assert.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import {
  type OrderState,
  type PaymentOrder,
  type PaymentProvider,
  type PaymentStart,
  ProviderUnavailable,
  type RefundOrder,
  type RefundState,
} from '../provider.ts';
import { fetchBalancePages } from './balance-pages.ts';
import { stripeRange } from './stripe-amounts.ts';
import { StripeLink } from './stripe-link.ts';
import { readStripeNotification, stripeAnswer } from './stripe-notification.ts';
import { readRefund, readSession, type Session, stateOf } from './stripe-records.ts';
import type { StripeSettings } from './stripe-settings.ts';

const MINUTE_S = 60;
/** A session is made within this time of `openedMs`, or not at all: there it is found again. */
const OPENING_S = 2 * MINUTE_S;
/** How far our clock and Stripe's may be apart for a session to be found. */
const APART_S = 5 * MINUTE_S;
/** Stripe keeps a session open for at least half an hour from when it made it, and for a day at most. */
const SHORTEST_S = 30 * MINUTE_S + OPENING_S + MINUTE_S;
const LONGEST_S = 24 * 3_600;

/** Shorter orders stay open at Stripe until then, unless they are closed. */
export const STRIPE_SHORTEST_MS = SHORTEST_S * 1_000;

const EXPANDED = 'payment_intent.latest_charge';

type NamedOrder = Pick<PaymentOrder, 'order' | 'openedMs' | 'amount'>;

/**
 * Stripe Checkout: the payer goes to a page of Stripe's. Search at Stripe lags, lists do not, but a list
 * cannot be asked for a number of ours: so a session is made shortly after `openedMs` or never, and is
 * found in the list of those few minutes. The charge is the payment, since settlement rows name it.
 */
export class StripeProvider implements PaymentProvider {
  readonly name = 'stripe';
  readonly ways = ['checkout'];
  readonly currencies: readonly string[];
  readonly merchant: string;
  readonly #settings: StripeSettings;
  readonly #link: StripeLink;

  constructor(settings: StripeSettings) {
    for (const currency of settings.currencies) {
      assert(stripeRange(currency) !== undefined, `Stripe counts ${currency} otherwise than we do`);
    }
    this.currencies = settings.currencies;
    this.merchant = settings.account;
    this.#settings = settings;
    this.#link = new StripeLink(settings);
  }

  async open(order: PaymentOrder): Promise<PaymentStart> {
    this.#check(order);
    const { openedMs, expiresMs } = order;
    const nowMs = this.#settings.nowMs();
    if (expiresMs <= nowMs) throw closedAlready(order.order);
    const isLate = nowMs > openedMs + OPENING_S * 1_000;
    const session = isLate ? await this.#find(order) : await this.#make(order);
    const state = session === undefined ? undefined : this.#stateOf(order.order, session);
    if (state?.state === 'paid') throw paidAlready(order.order);
    if (session?.status !== 'open') throw closedAlready(order.order);
    if (session.url == null) throw new ProviderUnavailable('a session has no address');
    return { kind: 'redirect', url: session.url };
  }

  async order(order: NamedOrder): Promise<OrderState> {
    const session = await this.#find(order);
    if (session === undefined) return { order: order.order, state: 'unknown' };
    return this.#stateOf(order.order, session);
  }

  async close(order: NamedOrder): Promise<void> {
    const session = await this.#find(order);
    if (session?.status === 'open') {
      const answer = await this.#link.ask((client) => client.checkout.sessions.expire(session.id));
      if (answer.ok) return;
    }
    const { state } = await this.order(order);
    if (state === 'paid') throw paidAlready(order.order);
    // Somebody has paid in a way that takes days, or is about to: nothing ends it but the bank.
    if (state === 'open') throw new ProviderUnavailable('not closed: a payment is under way');
  }

  /** Looks first: after a day Stripe forgets the key that makes asking twice harmless. */
  async refund(refund: RefundOrder): Promise<RefundState> {
    const known = await this.refundState(refund);
    if (known.state !== 'unknown') return sameAmount(known, refund);
    const { refund: number, order, payment, amount } = refund;
    const answer = await this.#link.ask((client) =>
      client.refunds.create(
        {
          charge: payment,
          amount: Number(amount.minor),
          metadata: { order, refund: number },
        },
        { idempotencyKey: `billproof-refund-${number}` },
      ),
    );
    if (!answer.ok) throw refundRefused(answer.code, answer.message);
    const record = readRefund(answer.json);
    if (record?.refund !== number) throw new ProviderUnavailable('an answer is no such refund');
    return sameAmount({ refund: number, ...record.state }, refund);
  }

  /** Among all refunds of the payment, by the number that we have put on it. */
  async refundState({ refund, payment: charge }: RefundOrder): Promise<RefundState> {
    const found = await this.#link.search(
      (client, page) => client.refunds.list({ charge, ...page }),
      (item) => {
        const record = readRefund(item);
        if (record === undefined) throw new ProviderUnavailable('a refund is not readable');
        return record.refund === refund ? record.state : undefined;
      },
      'resource_missing',
    );
    return found === undefined ? { refund, state: 'unknown' } : { refund, ...found };
  }

  readNotification: PaymentProvider['readNotification'] = async (raw, nowMs) =>
    readStripeNotification(this.#settings, raw, nowMs);

  answer: PaymentProvider['answer'] = stripeAnswer;

  settlementFile: PaymentProvider['settlementFile'] = (day) =>
    fetchBalancePages(this.#settings, day);

  #check({ amount, way }: PaymentOrder): void {
    const { minor, currency } = amount;
    const range = this.currencies.includes(currency) ? stripeRange(currency) : undefined;
    if (range === undefined) {
      throw new Refusal('currency-not-taken', 'choose a currency that is set up', { currency });
    }
    if (minor < range.least || minor > range.most || minor % range.step !== 0n) {
      throw new Refusal('amount-out-of-range', 'choose another amount', { minor: String(minor) });
    }
    if (!this.ways.includes(way)) {
      throw new Refusal('way-unknown', 'choose the way of Stripe', { way });
    }
  }

  /** Asked again, Stripe answers as it did the first time: then what became of it is asked for. */
  async #make(order: PaymentOrder): Promise<Session> {
    const { order: number, amount, title, returnUrl } = order;
    const answer = await this.#link.ask((client) =>
      client.checkout.sessions.create(
        {
          mode: 'payment',
          line_items: [
            {
              quantity: 1,
              price_data: {
                currency: amount.currency.toLowerCase(),
                unit_amount: Number(amount.minor),
                product_data: { name: title },
              },
            },
          ],
          client_reference_id: number,
          metadata: { order: number },
          // Copied to the charge, where notifications and settlement rows find it.
          payment_intent_data: { metadata: { order: number } },
          success_url: returnUrl,
          cancel_url: returnUrl,
          expires_at: expiresAt(order),
        },
        { idempotencyKey: `billproof-order-${number}` },
      ),
    );
    if (!answer.ok) throw refused(answer.code, answer.message, amount.minor);
    const made = sessionOf(answer.json, number);
    if (!answer.replayed) return made;
    const again = await this.#link.ask((client) =>
      client.checkout.sessions.retrieve(made.id, { expand: [EXPANDED] }),
    );
    if (!again.ok) throw new ProviderUnavailable(`no session: ${again.code}`);
    return sessionOf(again.json, number);
  }

  async #find({ order, openedMs }: NamedOrder): Promise<Session | undefined> {
    const openedAt = Math.floor(openedMs / 1_000);
    const created = { gte: openedAt - APART_S, lte: openedAt + OPENING_S + APART_S };
    return this.#link.search(
      (client, page) =>
        client.checkout.sessions.list({ created, expand: [`data.${EXPANDED}`], ...page }),
      (item) => {
        // The account's other sessions may be of any kind.
        if (Object(item).client_reference_id !== order) return undefined;
        return sessionOf(item, order);
      },
    );
  }

  #stateOf(order: string, session: Session): OrderState {
    const state = stateOf(order, session);
    if (state === undefined) throw new ProviderUnavailable('a paid session has no charge');
    return state;
  }
}

/** The same for an order whenever it is asked, since a repeated request has to be the same one. */
function expiresAt({ openedMs, expiresMs }: PaymentOrder): number {
  const openedAt = Math.floor(openedMs / 1_000);
  const wanted = Math.ceil(expiresMs / 1_000);
  return Math.min(Math.max(wanted, openedAt + SHORTEST_S), openedAt + LONGEST_S);
}

function sessionOf(json: unknown, order: string): Session {
  const session = readSession(json);
  if (session?.client_reference_id === order) return session;
  throw new ProviderUnavailable('an answer is no session of the order');
}

function sameAmount(state: RefundState, { amount }: RefundOrder): RefundState {
  if (state.amount?.minor === amount.minor) return state;
  throw refundRefused('AMOUNT', 'the number is that of a refund of another amount');
}

function paidAlready(order: string): Refusal {
  return new Refusal('order-paid', 'the order is paid', { order });
}

function closedAlready(order: string): Refusal {
  return new Refusal('order-closed', 'the order has ended: open a new one', { order });
}

function refused(code: string, message: string, minor: bigint): Refusal {
  if (code === 'amount_too_small' || code === 'amount_too_large') {
    return new Refusal('amount-out-of-range', 'choose another amount', { minor: String(minor) });
  }
  return new Refusal('payment-refused', 'Stripe refuses the order', { code, message });
}

function refundRefused(code: string, message: string): Refusal {
  return new Refusal('refund-refused', 'Stripe refuses the refund', { code, message });
}
