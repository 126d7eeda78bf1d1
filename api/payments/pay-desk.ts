import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { type PaymentOrderDoc, paymentOrder } from '../../ledger/core/orders.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { formatTime, parseTime } from '../../ledger/core/time.ts';
import type {
  OrderState,
  PaymentProvider,
  PaymentStart,
  ProviderName,
  ProviderPayment,
} from '../../payments/provider.ts';
import { ProviderUnavailable } from '../../payments/provider.ts';
import { inRounds } from '../in-rounds.ts';
import type { CommandResult, Idempotency } from '../ledger-commands.ts';
import type { LedgerPort } from '../ledger-port.ts';
import { microsOf, minorOf } from './money.ts';
import { orderNumber, ordersFrom, sitesOfOrder } from './order-number.ts';
import { RefundDesk } from './refund-desk.ts';

/** How long an order may be paid. */
const ORDER_MS = 35 * 60_000;
/** Until then a provider may still have taken a payment for an order that has expired. */
const WATCH_MS = 26 * 3_600_000;

export interface OrderAsked {
  readonly site: string;
  readonly account: string;
  readonly provider: string;
  readonly way: string;
  readonly parts: readonly { readonly wallet: string; readonly amount: string }[];
  readonly returnUrl: string;
  readonly payer?: string | undefined;
  readonly payerAddress?: string | undefined;
  readonly idempotency?: Idempotency | undefined;
}

export interface PayDeskOptions {
  readonly ledger: LedgerPort;
  readonly providers: readonly PaymentProvider[];
  /** Takes payments that fit no order of any site. */
  readonly fallbackSite?: string | undefined;
  readonly log: Logger;
  readonly nowMs: () => number;
}

/**
 * Between providers and the ledger. Whatever tells of a payment (a notification, an answer to a question, a
 * settlement file) goes through `take`, and the ledger credits it once. It keeps nothing of its own.
 */
export class PayDesk {
  readonly #options: PayDeskOptions;
  readonly #providers: ReadonlyMap<string, PaymentProvider>;
  /** What goes back by the providers. */
  readonly refunds: RefundDesk;

  constructor(options: PayDeskOptions) {
    this.#options = options;
    this.refunds = new RefundDesk({ ...options, provider: (name) => this.provider(name) });
    this.#providers = new Map(options.providers.map((provider) => [provider.name, provider]));
  }

  get providers(): readonly PaymentProvider[] {
    return this.#options.providers;
  }

  /** Refuses `provider-unknown`. */
  provider(name: string): PaymentProvider {
    const provider = this.#providers.get(name);
    if (provider !== undefined) return provider;
    const names = [...this.#providers.keys()].join(', ') || 'none';
    throw new Refusal('provider-unknown', `Payments come in by: ${names}.`, { providers: names });
  }

  /**
   * Opens an order in the ledger, then at the provider. Where the provider cannot be reached the order
   * stays and expires; nobody has paid anything.
   */
  async open(asked: OrderAsked): Promise<CommandResult & { readonly start?: PaymentStart }> {
    const { ledger, nowMs } = this.#options;
    const { site, account, way, parts, idempotency } = asked;
    const provider = this.provider(asked.provider);
    const openedMs = nowMs();
    const order = orderNumber(site, openedMs, randomBytes(5));
    const expiresAt = formatTime(openedMs + ORDER_MS);
    const doc = await ledger.execute({
      do: 'open-order',
      ...{ site, order, account, provider: provider.name, way, parts, expiresAt },
      ...(idempotency === undefined ? {} : { idempotency }),
    });
    const { replayed: _, ...members } = doc;
    const opened = paymentOrder(members, '');
    if (opened.state !== 'open') return doc;
    const start = await provider.open({
      ...{ order: opened.order, way, returnUrl: asked.returnUrl },
      amount: minorOf(opened.amount, opened.currency),
      title: `Top-up ${account}`,
      openedMs: parseTime(opened.openedAt),
      expiresMs: parseTime(opened.expiresAt),
      ...(asked.payer === undefined ? {} : { payer: asked.payer }),
      ...(asked.payerAddress === undefined ? {} : { payerAddress: asked.payerAddress }),
    });
    return { ...doc, start };
  }

  /**
   * A notification of a payment, its signature verified. One that fits its order is credited; of any other
   * the provider is asked, and its answer counts, not the notification. Refuses `notification-untrue`.
   */
  async told(name: ProviderName, payment: ProviderPayment): Promise<CommandResult> {
    const { ledger } = this.#options;
    const sites = (await ledger.sites()).map(({ site }) => site);
    const [site, ...others] = sitesOfOrder(payment.order, sites);
    if (site !== undefined && others.length === 0) {
      try {
        return await this.#credit(site, name, payment, { unless: 'doubtful' });
      } catch (error) {
        if (!isDoubt(error)) throw error;
      }
    }
    const doc = await this.#orderDoc(payment.order);
    const openedMs = doc === undefined ? payment.paidMs : parseTime(doc.openedAt);
    const asked = await this.provider(name).order({ ...payment, openedMs });
    if (asked.payment?.id === payment.id) return await this.take(name, asked.payment);
    const message = 'The provider does not know of the payment that its notification names.';
    throw new Refusal('notification-untrue', message, { payment: payment.id });
  }

  /** Credits what a provider has taken. Refuses `payment-homeless` where no site can take it. */
  async take(provider: ProviderName, payment: ProviderPayment): Promise<CommandResult> {
    return await this.#credit(await this.#siteOf(payment.order), provider, payment, {});
  }

  /** Asks the provider what became of an order and does what follows from the answer. */
  async look(site: string, doc: PaymentOrderDoc): Promise<OrderState['state']> {
    const { nowMs, ledger } = this.#options;
    const provider = this.provider(doc.provider);
    const order = {
      ...{ order: doc.order, openedMs: parseTime(doc.openedAt) },
      amount: minorOf(doc.amount, doc.currency),
    };
    const { state, payment } = await provider.order(order);
    if (payment !== undefined) await this.take(provider.name, payment);
    if (state === 'paid' || parseTime(doc.expiresAt) > nowMs()) return state;
    if (state === 'open') await provider.close(order);
    // Who does not know the order now has never heard of it, or forgets it: nobody can pay it.
    if (doc.state === 'open') await ledger.execute({ do: 'close-order', site, order: doc.order });
    return 'closed';
  }

  /** Looks after open orders again and again; the answer ends it, and waits for the look under way. */
  watch(everyMs: number): () => Promise<void> {
    if (this.#providers.size === 0) return async () => undefined;
    const { log } = this.#options;
    return inRounds(everyMs, async () => {
      await this.round().catch((error: unknown) => {
        log.error({ err: error }, 'open orders could not be looked after');
      });
      await this.refunds.round().catch((error: unknown) => {
        log.error({ err: error }, 'refunds could not be looked after');
      });
    });
  }

  /** Looks after every order of the last day that is open: for notifications that never come. */
  async round(): Promise<void> {
    const { ledger, log, nowMs } = this.#options;
    for (const { site } of await ledger.sites()) {
      let after = ordersFrom(site, nowMs() - WATCH_MS);
      for (;;) {
        const page = await ledger.documents.page(site, 'order', { after, limit: 200 });
        for (const { doc } of page) {
          const order = paymentOrder(doc, '');
          if (order.state !== 'open') continue;
          await this.look(site, order).catch((error: unknown) => this.#tell(log, order, error));
        }
        const last = page.at(-1);
        if (last === undefined || page.length < 200) break;
        after = last.id;
      }
    }
  }

  #tell(log: Logger, { provider }: PaymentOrderDoc, error: unknown): void {
    if (error instanceof ProviderUnavailable || error instanceof Refusal) {
      log.warn({ provider, code: error.code }, 'an order cannot be looked after');
      return;
    }
    throw error;
  }

  async #credit(
    site: string,
    provider: ProviderName,
    payment: ProviderPayment,
    more: { readonly unless?: 'doubtful' },
  ): Promise<CommandResult> {
    return await this.#options.ledger.execute({
      do: 'take-payment',
      ...{ site, provider, payment: payment.id, order: payment.order, ...more },
      ...{ amount: microsOf(payment.amount), currency: payment.amount.currency },
      paidAt: formatTime(payment.paidMs),
    });
  }

  async #orderDoc(order: string): Promise<PaymentOrderDoc | undefined> {
    const { ledger } = this.#options;
    const doc = await ledger.documents.find(await this.#siteOf(order), 'order', order);
    return doc === undefined ? undefined : paymentOrder(doc, '');
  }

  async #siteOf(order: string): Promise<string> {
    const { ledger, fallbackSite } = this.#options;
    const sites = (await ledger.sites()).map(({ site }) => site);
    for (const site of sitesOfOrder(order, sites)) {
      if ((await ledger.documents.find(site, 'order', order)) !== undefined) return site;
    }
    const [only, ...others] = sites;
    const site = fallbackSite ?? (others.length === 0 ? only : undefined);
    if (site !== undefined) return site;
    const message = 'A payment fits no order. Name the site that takes such payments.';
    throw new Refusal('payment-homeless', message);
  }
}

/** What the ledger will not take on a notification's word: no open order, or what came before. */
function isDoubt(error: unknown): boolean {
  if (!(error instanceof Refusal)) return false;
  return error.code === 'payment-doubtful' || error.code === 'payment-differs';
}
