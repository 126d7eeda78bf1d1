import { assert } from '../../ledger/core/assert.ts';
import { Deliveries, type MadeNotification, type Outgoing } from './deliveries.ts';
import type { DoubleSettings, HeldPayment, HeldRefund, ProviderDouble } from './double.ts';
import { type ContentFault, type Fault, PendingFaults } from './fault.ts';
import { type AskedRefund, type FeeOf, OrderBook } from './order-book.ts';

/** What of a provider the core cannot know. */
export interface DoubleHooks {
  /** See `ProviderDouble.lacking`. */
  readonly lacking: ProviderDouble['lacking'];
  readonly feeOf: FeeOf;
  readonly newPaymentId: (order: string) => string;
  /** `payment` is the number of what is given back: some have no other for a refund. */
  readonly newRefundId: (payment: string) => string;
  readonly pausesMs: readonly number[];
  readonly isTaken: (status: number, body: string) => boolean;
  /** Where and what is told of a payment, of a refund; undefined where the provider tells nothing. */
  readonly tellPayment: (held: HeldPayment) => Telling | undefined;
  readonly tellRefund: (held: HeldRefund) => Telling | undefined;
}

export interface Telling {
  readonly to: string;
  /** Made anew for each try, with the fault that this try has. */
  readonly make: (fault: ContentFault | undefined) => MadeNotification;
}

const COPIES = 10;
const PARTS = 3;

/**
 * What all doubles do alike: faults that wait, the book, who pays and gets back, and notifications that
 * are sent, doubled, lost or held back. The protocol is each double's own.
 */
export class DoubleCore<Detail> {
  readonly faults = new PendingFaults();
  readonly book: OrderBook<Detail>;
  readonly deliveries: Deliveries;
  readonly #hooks: DoubleHooks;
  readonly #nowMs: () => number;
  readonly #heldBack = new Map<string, Outgoing>();
  #numbers = 0;

  constructor({ nowMs, hurry }: DoubleSettings, hooks: DoubleHooks) {
    this.#hooks = hooks;
    this.#nowMs = nowMs;
    this.book = new OrderBook(hooks.feeOf);
    const { pausesMs, isTaken } = hooks;
    this.deliveries = new Deliveries({ nowMs, hurry, pausesMs, isTaken });
  }

  inject(fault: Fault): void {
    const why = this.#hooks.lacking[fault.kind];
    assert(why === undefined, `${fault.kind} does not exist here: ${why}`);
    this.faults.add(fault);
  }

  pay(order: string): HeldPayment {
    const crossed = this.faults.take('pay-after-close') !== undefined;
    const held = this.book.pay(order, this.#hooks.newPaymentId(order), this.#nowMs(), crossed);
    const telling = this.#hooks.tellPayment(held);
    if (telling !== undefined) this.#tell('payment', order, telling);
    const partial = this.faults.take('partial-refunds');
    if (partial !== undefined) this.#giveBackInParts(held, partial.parts ?? PARTS);
    return held;
  }

  /** Taken on at once and decided a moment later, as all of them do it. */
  refund(asked: AskedRefund): HeldRefund | 'unpaid' | 'too-much' | 'differs' {
    const known = this.book.findRefund(asked.refund);
    const refund = this.book.refund(asked, this.#newRefundId(asked.order));
    if (known === undefined && typeof refund !== 'string') {
      const state = this.faults.take('refund-fails') === undefined ? 'paid' : 'failed';
      setImmediate(() => this.#decide(refund.refund, state));
    }
    return refund;
  }

  refundByHand(order: string, minor: bigint): HeldRefund {
    this.#numbers += 1;
    const refund = `HAND${String(this.#numbers).padStart(12, '0')}`;
    const asked = { refund, order, minor, atMs: this.#nowMs() };
    const taken = this.book.refund(asked, this.#newRefundId(order));
    assert(typeof taken !== 'string', `nothing is given back by hand: ${String(taken)}`);
    return this.#decide(refund, 'paid');
  }

  #newRefundId(order: string): string {
    return this.#hooks.newRefundId(this.book.find(order)?.payment?.id ?? '');
  }

  #giveBackInParts({ order, amount }: HeldPayment, parts: number): void {
    const part = amount.minor / BigInt(parts + 1);
    for (let made = 0; made < parts && part > 0n; made += 1) this.refundByHand(order, part);
  }

  #decide(refund: string, state: 'paid' | 'failed'): HeldRefund {
    const decided = this.book.decide(refund, state);
    const telling = this.#hooks.tellRefund(decided);
    if (telling !== undefined) this.#tell('refund', decided.order, telling);
    return decided;
  }

  #tell(kind: 'payment' | 'refund', order: string, { to, make }: Telling): void {
    const outgoing = { kind, order, to, make: () => make(this.faults.takeContentFault()) };
    if (kind === 'payment' && this.faults.take('notify-refund-first') !== undefined) {
      this.#heldBack.set(order, outgoing);
      return;
    }
    if (this.faults.take('notify-lost') !== undefined) return;
    const doubled = this.faults.take('notify-duplicate');
    const next = kind === 'refund' ? this.#heldBack.get(order) : undefined;
    if (next !== undefined) this.#heldBack.delete(order);
    const copies = doubled === undefined ? 1 : (doubled.copies ?? COPIES);
    this.deliveries.send({ ...outgoing, next }, copies);
  }
}
