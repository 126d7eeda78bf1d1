import type { HeldPayment, HeldRefund } from '../double.ts';
import type { DoubleCore } from '../double-core.ts';
import type { DoubleAnswer, DoubleRequest } from '../double-server.ts';
import type { KeptOrder } from '../order-book.ts';
import { nothingToPay, payAndReturn, payerPage } from '../payer-page.ts';
import type { StripeKeys } from './stripe-account.ts';
import {
  chargeObject,
  refundObject,
  type StripeDetail,
  type StripeObject,
  sessionObject,
} from './stripe-objects.ts';
import {
  type Complaint,
  type Parameters,
  pageOf,
  parametersOf,
  readOpening,
} from './stripe-requests.ts';

export interface StripeApiSettings {
  readonly core: DoubleCore<StripeDetail>;
  readonly keys: StripeKeys;
  readonly nowMs: () => number;
  readonly url: () => string;
  /** Told when a session was expired by hand. */
  readonly expired: (order: string) => void;
  /** Balance transactions of a day of UTC, newest first. */
  readonly transactions: (day: string, expanded: boolean) => readonly StripeObject[];
}

interface Said {
  readonly status: number;
  readonly json: StripeObject;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What was answered to a request that had a key of its own. */
interface Kept {
  readonly asked: string;
  readonly said: Said;
}

const PAGE = '/c/pay/';
const DAY_S = 86_400;

/** The routes of Stripe's API that a merchant with Checkout needs; nothing goes on without the key. */
export class StripeApi {
  readonly #settings: StripeApiSettings;
  readonly #kept = new Map<string, Kept>();
  readonly #orders = new Map<string, string>();
  readonly #refundMetadata = new Map<string, Readonly<Record<string, string>>>();

  constructor(settings: StripeApiSettings) {
    this.#settings = settings;
  }

  answer(request: DoubleRequest): DoubleAnswer {
    const { pathname } = new URL(request.target, 'http://127.0.0.1');
    if (pathname.startsWith(PAGE)) return this.#page(request.method, pathname);
    const { status, json, headers } = this.#once(request, pathname);
    return {
      status,
      headers: { 'content-type': 'application/json', 'request-id': 'req_standin', ...headers },
      body: JSON.stringify(json),
    };
  }

  orderOfPage(url: string): string | undefined {
    return this.#orders.get(new URL(url).pathname.slice(PAGE.length));
  }

  charge(held: HeldPayment, minor?: bigint): StripeObject {
    const { paymentMetadata } = this.#settings.core.book.find(held.order)?.detail ?? {
      paymentMetadata: { order: held.order },
    };
    return chargeObject(held, paymentMetadata, minor);
  }

  refund(held: HeldRefund, minor?: bigint): StripeObject {
    return refundObject(held, this.#refundMetadata.get(held.refund) ?? {}, minor);
  }

  session(kept: KeptOrder<StripeDetail>): StripeObject {
    const { url, nowMs } = this.#settings;
    return sessionObject(kept, `${url()}${PAGE}${kept.detail.id}`, nowMs());
  }

  #page(method: string, pathname: string): DoubleAnswer {
    const { core } = this.#settings;
    const kept = core.book.find(this.#orders.get(pathname.slice(PAGE.length)) ?? '');
    if (kept === undefined) return nothingToPay();
    const { order, amount, detail } = kept;
    if (method === 'POST') return payAndReturn(() => core.pay(order), detail.successUrl);
    return payerPage({ provider: 'Stripe', order, amount, action: pathname, fields: {} });
  }

  /** The answer to the first request of a key is the answer to all of them. */
  #once(request: DoubleRequest, pathname: string): Said {
    if (!this.#settings.keys.isMerchants(request.headers['authorization'])) {
      return failure(401, { message: 'Invalid API Key provided' });
    }
    const key = request.method === 'POST' ? request.headers['idempotency-key'] : undefined;
    if (key === undefined) return this.#say(request, pathname);
    const asked = `${pathname} ${new TextDecoder().decode(request.body)}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.asked !== asked) {
      const message = 'Keys for idempotent requests can only be used with the same parameters';
      return failure(400, { message }, 'idempotency_error');
    }
    if (kept !== undefined) {
      return { ...kept.said, headers: { 'idempotent-replayed': 'true' } };
    }
    const said = this.#say(request, pathname);
    this.#kept.set(key, { asked, said });
    return said;
  }

  #say(request: DoubleRequest, pathname: string): Said {
    const asked = parametersOf(request);
    const [, , ...path] = pathname.split('/');
    const route = `${request.method} ${path.join('/').replace(/cs_test_\w+/, ':id')}`;
    if (route === 'POST checkout/sessions') return this.#create(asked);
    if (route === 'GET checkout/sessions') return this.#list(asked);
    if (route === 'GET checkout/sessions/:id') return this.#retrieve(path[2], asked);
    if (route === 'POST checkout/sessions/:id/expire') return this.#expire(path[2]);
    if (route === 'POST refunds') return this.#refundOf(asked);
    if (route === 'GET refunds') return this.#refundsOf(asked);
    if (route === 'GET balance_transactions') return this.#balance(asked);
    return failure(404, { message: `Unrecognized request URL (${pathname})` });
  }

  #create(asked: Parameters): Said {
    const { core, nowMs } = this.#settings;
    const opening = readOpening(asked, nowMs());
    if ('message' in opening) return failure(400, opening);
    if (core.faults.take('open-refused') !== undefined) {
      const message = 'Your account has not been activated and can only make test charges.';
      return failure(400, { message, code: 'testmode_charges_only' });
    }
    // Stripe would make a second session for the same order; only the key keeps it from doing so.
    if (core.book.find(opening.order) !== undefined) {
      return failure(400, { message: 'the stand-in has one session for each order' });
    }
    const kept = core.book.open(opening);
    this.#orders.set(opening.detail.id, kept.order);
    return { status: 200, json: collapsed(this.session(kept)) };
  }

  #list(asked: Parameters): Said {
    const { book } = this.#settings.core;
    const from = Number(asked.get('created[gte]') ?? 0);
    const to = Number(asked.get('created[lte]') ?? Number.MAX_SAFE_INTEGER);
    const sessions = [...this.#orders.values()]
      .map((order) => book.find(order))
      .filter((kept) => kept !== undefined)
      .map((kept) => this.session(kept))
      .filter(({ created }) => Number(created) >= from && Number(created) <= to)
      .reverse();
    const isExpanded = asked.get('expand') === 'data.payment_intent.latest_charge';
    const shown = isExpanded ? sessions : sessions.map(collapsed);
    return { status: 200, json: pageOf(shown, asked, '/v1/checkout/sessions') };
  }

  #retrieve(id: string | undefined, asked: Parameters): Said {
    const kept = this.#keptOf(id);
    if (kept === undefined) return missing('checkout session', id);
    const session = this.session(kept);
    const isExpanded = asked.get('expand') === 'payment_intent.latest_charge';
    return { status: 200, json: isExpanded ? session : collapsed(session) };
  }

  #expire(id: string | undefined): Said {
    const { core, expired } = this.#settings;
    const kept = this.#keptOf(id);
    if (kept === undefined) return missing('checkout session', id);
    if (this.session(kept)['status'] !== 'open') {
      return failure(400, { message: 'Only Checkout Sessions with a status in ["open"] expire.' });
    }
    core.book.close(kept.order);
    expired(kept.order);
    return { status: 200, json: collapsed(this.session(kept)) };
  }

  #refundOf(asked: Parameters): Said {
    const { core, nowMs } = this.#settings;
    const held = core.book.findPayment(asked.get('charge') ?? '');
    if (held === undefined) return missing('charge', asked.get('charge'));
    const refund = asked.get('metadata[refund]') ?? '';
    const minor = asked.get('amount') ?? '';
    if (!/^[1-9]\d{0,7}$/.test(minor) || refund === '') {
      return failure(400, { message: 'Invalid integer', code: 'parameter_invalid_integer' });
    }
    const order = asked.get('metadata[order]') ?? '';
    this.#refundMetadata.set(refund, { order, refund });
    const given = { refund, order: held.order, minor: BigInt(minor), atMs: nowMs() };
    const taken = core.refund(given);
    if (typeof taken !== 'string') return { status: 200, json: this.refund(taken) };
    if (core.book.left(held.order) === 0n) {
      const message = `Charge ${held.id} has already been refunded.`;
      return failure(400, { message, code: 'charge_already_refunded' });
    }
    return failure(400, { message: 'Refund amount is greater than unrefunded amount on charge' });
  }

  #refundsOf(asked: Parameters): Said {
    const { book } = this.#settings.core;
    const charge = asked.get('charge') ?? '';
    if (book.findPayment(charge) === undefined) return missing('charge', charge);
    const refunds = book
      .books()
      .refunds.filter(({ payment }) => payment === charge)
      .map((held) => this.refund(held))
      .reverse();
    return { status: 200, json: pageOf(refunds, asked, '/v1/refunds') };
  }

  /** Stripe lists any span of time; here it is a whole day of UTC, which has the faults of bills. */
  #balance(asked: Parameters): Said {
    const from = Number(asked.get('created[gte]'));
    const to = Number(asked.get('created[lt]'));
    if (!Number.isSafeInteger(from) || from % DAY_S !== 0 || to !== from + DAY_S) {
      return failure(400, { message: 'the stand-in lists whole days of UTC' });
    }
    const day = new Date(from * 1_000).toISOString().slice(0, 10);
    const transactions = this.#settings.transactions(day, asked.get('expand') === 'data.source');
    return { status: 200, json: pageOf(transactions, asked, '/v1/balance_transactions') };
  }

  #keptOf(id = ''): KeptOrder<StripeDetail> | undefined {
    return this.#settings.core.book.find(this.#orders.get(id) ?? '');
  }
}

/** As Stripe shows a session to who asks for no more: other objects by their numbers. */
function collapsed(session: StripeObject): StripeObject {
  const { id } = Object(session['payment_intent']);
  return { ...session, payment_intent: id ?? null };
}

function missing(what: string, id: string | undefined): Said {
  return failure(404, { message: `No such ${what}: '${id ?? ''}'`, code: 'resource_missing' });
}

function failure(
  status: number,
  { message, code }: Complaint,
  type = 'invalid_request_error',
): Said {
  return { status, json: { error: { type, message, ...(code === undefined ? {} : { code }) } } };
}
