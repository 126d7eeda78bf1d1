import type { MinorAmount } from '../provider.ts';
import { type HeldPayment, type HeldRefund, NotPayable, type ProviderBooks } from './double.ts';

/** An order as it was opened, with what the provider's own protocol adds to it. */
export interface OpenedOrder<Detail> {
  readonly order: string;
  readonly amount: MinorAmount;
  readonly expiresMs: number;
  readonly detail: Detail;
}

export interface KeptOrder<Detail> extends OpenedOrder<Detail> {
  state: 'open' | 'paid' | 'closed';
  payment?: HeldPayment;
}

export interface AskedRefund {
  readonly refund: string;
  readonly order: string;
  readonly minor: bigint;
  readonly atMs: number;
}

/** In ten-thousandths of a minor unit: what is taken of a payment, or given back with a refund. */
export type FeeOf = (minor: bigint, of: 'payment' | 'refund') => bigint;

/**
 * What a provider keeps, whatever its protocol: an order is paid once, a refund number is used once, and
 * never more is given back than was paid. Who speaks the protocol turns a `why` into its own words.
 */
export class OrderBook<Detail> {
  readonly #orders = new Map<string, KeptOrder<Detail>>();
  readonly #payments: HeldPayment[] = [];
  readonly #refunds = new Map<string, HeldRefund>();
  readonly #feeOf: FeeOf;

  constructor(feeOf: FeeOf) {
    this.#feeOf = feeOf;
  }

  find(order: string): KeptOrder<Detail> | undefined {
    return this.#orders.get(order);
  }

  findPayment(id: string): HeldPayment | undefined {
    return this.#payments.find((payment) => payment.id === id);
  }

  findRefund(refund: string): HeldRefund | undefined {
    return this.#refunds.get(refund);
  }

  /** The order that is kept under its number, which may be another than the one given. */
  open(opened: OpenedOrder<Detail>): KeptOrder<Detail> {
    const known = this.#orders.get(opened.order);
    if (known !== undefined) return known;
    const kept: KeptOrder<Detail> = { ...opened, state: 'open' };
    this.#orders.set(opened.order, kept);
    return kept;
  }

  close(order: string): void {
    const kept = this.#orders.get(order);
    if (kept?.state === 'open') kept.state = 'closed';
  }

  /** `crossed`: the money is taken although the order was closed. */
  pay(order: string, id: string, nowMs: number, crossed: boolean): HeldPayment {
    const kept = this.#orders.get(order);
    if (kept === undefined) throw new NotPayable(`there is no order ${order}`);
    if (kept.state === 'paid') throw new NotPayable(`${order} is paid`);
    if (!crossed && kept.state === 'closed') throw new NotPayable(`${order} is closed`);
    if (!crossed && nowMs >= kept.expiresMs) throw new NotPayable(`${order} has expired`);
    const payment = {
      id,
      order,
      amount: kept.amount,
      feeTenThousandths: this.#feeOf(kept.amount.minor, 'payment'),
      paidMs: nowMs,
    };
    kept.state = 'paid';
    kept.payment = payment;
    this.#payments.push(payment);
    return payment;
  }

  /** What can still be given back of an order. */
  left(order: string): bigint {
    const paid = this.#orders.get(order)?.payment?.amount.minor ?? 0n;
    return [...this.#refunds.values()]
      .filter((refund) => refund.order === order && refund.state !== 'failed')
      .reduce((left, refund) => left - refund.amount.minor, paid);
  }

  /** A refund that waits, if as much is left. The same number gives the same refund. */
  refund(asked: AskedRefund, id: string): HeldRefund | 'unpaid' | 'too-much' | 'differs' {
    const known = this.#refunds.get(asked.refund);
    if (known !== undefined) {
      const same = known.order === asked.order && known.amount.minor === asked.minor;
      return same ? known : 'differs';
    }
    const payment = this.#orders.get(asked.order)?.payment;
    if (payment === undefined) return 'unpaid';
    if (asked.minor <= 0n || asked.minor > this.left(asked.order)) return 'too-much';
    const refund: HeldRefund = {
      id,
      refund: asked.refund,
      order: asked.order,
      payment: payment.id,
      amount: { minor: asked.minor, currency: payment.amount.currency },
      feeTenThousandths: this.#feeOf(asked.minor, 'refund'),
      state: 'waiting',
      askedMs: asked.atMs,
    };
    this.#refunds.set(refund.refund, refund);
    return refund;
  }

  decide(refund: string, state: 'paid' | 'failed'): HeldRefund {
    const known = this.#refunds.get(refund);
    if (known === undefined) throw new Error(`there is no refund ${refund}`);
    const decided = { ...known, state };
    this.#refunds.set(refund, decided);
    return decided;
  }

  books(): ProviderBooks {
    return { payments: [...this.#payments], refunds: [...this.#refunds.values()] };
  }
}
