import type { Logger } from 'pino';
import { isUnderWay, type PaymentRefund, paymentRefund } from '../../ledger/core/payment-refund.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { parseTime } from '../../ledger/core/time.ts';
import {
  type PaymentProvider,
  ProviderUnavailable,
  type RefundOrder,
  type RefundState,
} from '../../payments/provider.ts';
import type { LedgerPort } from '../ledger-port.ts';
import { minorOf } from './money.ts';
import { sitesOfOrder } from './order-number.ts';

/** Refunds that nobody knows the end of are looked after for so long; banks take weeks, not months. */
const WATCH_MS = 90 * 86_400_000;
/** One that waits at a bank is asked about less and less often: from twenty seconds to an hour. */
const FIRST_PAUSE_MS = 20_000;
const LONGEST_PAUSE_MS = 3_600_000;
const PAGE = 200;

export interface RefundDeskOptions {
  readonly ledger: LedgerPort;
  readonly log: Logger;
  readonly nowMs: () => number;
  readonly provider: (name: string) => PaymentProvider;
}

/**
 * Sends refunds that two people have agreed to, and finds out what becomes of them. The ledger has the
 * intent before anything is sent, under the number that the provider is told: sent again after a lost
 * answer or a killed process it is the same refund. It keeps nothing of its own but when to ask next.
 */
export class RefundDesk {
  readonly #options: RefundDeskOptions;
  readonly #pauses = new Map<string, { readonly untilMs: number; readonly pauseMs: number }>();

  constructor(options: RefundDeskOptions) {
    this.#options = options;
  }

  /**
   * Sends a refund, or asks what became of it, and does what follows. Answers it as it is then. Refuses
   * `refund-unknown`; throws `ProviderUnavailable` where nothing is known.
   */
  async look(site: string, refund: string): Promise<PaymentRefund> {
    const { ledger } = this.#options;
    const doc = await this.find(site, refund);
    // Asked of a paid one too: a bank can send the money back.
    if (!isUnderWay(doc) && doc.state !== 'paid') return doc;
    const told = await this.#ask(doc);
    if (told === undefined) return doc;
    await ledger.execute({ do: 'settle-refund', site, refund, ...told });
    return await this.find(site, refund);
  }

  /** As `look`, where nobody waits for the answer: what cannot be known now is asked for again. */
  async push(site: string, refund: string): Promise<void> {
    try {
      const { state } = await this.look(site, refund);
      if (state !== 'asked' && state !== 'waiting') this.#pauses.delete(refund);
    } catch (error) {
      if (!(error instanceof ProviderUnavailable) && !(error instanceof Refusal)) throw error;
      this.#options.log.warn({ refund, code: error.code }, 'a refund cannot be looked after');
    }
  }

  /** A notification of a refund, its signature verified: what it says is asked for before it counts. */
  async told(order: string, refund: string): Promise<void> {
    const { ledger } = this.#options;
    const sites = (await ledger.sites()).map(({ site }) => site);
    // Of a payment that fits no order every site is asked; a refund made by hand is of none.
    const likely = sitesOfOrder(order, sites);
    for (const site of [...likely, ...sites.filter((one) => !likely.includes(one))]) {
      if ((await ledger.documents.find(site, 'refund', refund)) === undefined) continue;
      await this.push(site, refund);
      return;
    }
  }

  /** Looks after every refund that is under way: what was never sent, and what nobody told us of. */
  async round(): Promise<void> {
    const { ledger, nowMs } = this.#options;
    const from = Math.max(0, nowMs() - WATCH_MS);
    for (const { site } of await ledger.sites()) {
      // Numbers of refunds sort by time, as the ids of their approvals do.
      let after = from.toString(16).padStart(12, '0');
      for (;;) {
        const page = await ledger.documents.page(site, 'refund', { after, limit: PAGE });
        for (const { doc } of page) await this.#lookIfDue(site, paymentRefund(doc, ''));
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) break;
        after = last.id;
      }
    }
  }

  /** Refuses `refund-unknown`. */
  async find(site: string, refund: string): Promise<PaymentRefund> {
    const doc = await this.#options.ledger.documents.find(site, 'refund', refund);
    if (doc !== undefined) return paymentRefund(doc, '');
    throw new Refusal('refund-unknown', `There is no refund ${refund}.`, { refund });
  }

  async #lookIfDue(site: string, doc: PaymentRefund): Promise<void> {
    const { refund } = doc;
    if (!isUnderWay(doc)) return;
    const nowMs = this.#options.nowMs();
    const { untilMs = 0, pauseMs = FIRST_PAUSE_MS / 2 } = this.#pauses.get(refund) ?? {};
    if (nowMs < untilMs) return;
    const next = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    this.#pauses.set(refund, { untilMs: nowMs + next, pauseMs: next });
    await this.push(site, refund);
  }

  /** What the provider says now; undefined: that nothing has changed. */
  async #ask(doc: PaymentRefund): Promise<Told | undefined> {
    const provider = this.#options.provider(doc.provider);
    try {
      const order = orderOf(doc);
      const known = doc.state === 'asked' ? undefined : await provider.refundState(order);
      // What the provider does not know (yet) is sent, with the same number.
      const isToSend = known === undefined || (known.state === 'unknown' && doc.state !== 'paid');
      return toldBy(isToSend ? await provider.refund(order) : known);
    } catch (error) {
      if (!(error instanceof Refusal) || doc.state === 'paid') throw error;
      const { code, params = {} } = error;
      return { state: 'failed', said: [code, ...Object.values(params).map(String)].join(' ') };
    }
  }
}

interface Told {
  readonly state: 'waiting' | 'paid' | 'failed';
  readonly id?: string;
  readonly said?: string;
}

function toldBy({ state, id }: RefundState): Told | undefined {
  if (state === 'unknown') return undefined;
  return { state, ...(id === undefined ? {} : { id }) };
}

/** Refuses `too-many-decimals` for what no provider can pay. */
function orderOf(doc: PaymentRefund): RefundOrder {
  const { refund, order, payment, reason, currency } = doc;
  return {
    ...{ refund, order, payment, reason },
    paid: minorOf(doc.paid, currency),
    amount: minorOf(doc.amount, currency),
    askedMs: parseTime(doc.askedAt),
  };
}
