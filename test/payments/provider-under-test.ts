import { afterAll, beforeAll } from 'vitest';
import type { HeldPayment, ProviderDouble } from '../../payments/doubles/double.ts';
import type {
  Notification,
  PaymentOrder,
  PaymentProvider,
  PaymentStart,
  RefundOrder,
  RefundState,
} from '../../payments/provider.ts';
import { type NotifiedDesk, openDesk } from './notified-desk.ts';

/** What the suite gives to a pair. */
export interface PairSettings {
  /** Both read the time here. */
  readonly nowMs: () => number;
  /** The adapter's address for notifications. */
  readonly notifyUrl: string;
  /** After so long without an answer the adapter gives up. */
  readonly timeoutMs: number;
  /** See `DoubleSettings.hurry`. */
  readonly hurry: number;
}

/** An adapter, and a double that it talks to. */
export interface ProviderPair {
  readonly provider: PaymentProvider;
  readonly double: ProviderDouble;
  /** The smallest and the largest amount of one payment in `provider.currencies[0]`. */
  readonly least: bigint;
  readonly most: bigint;
  /**
   * Whether the provider can be told to end an order, or ends it only when it expires, so that
   * somebody with an open page may still pay until then.
   */
  readonly closing: 'at-once' | 'at-expiry';
  /** Orders that live shorter are open at the provider for as long all the same. */
  readonly shortestMs?: number;
  /**
   * What the provider's notification of a refund says that was asked for through it: all of it, or all
   * but what was given back.
   */
  readonly refundNotices: 'whole' | 'without-amount';
}

export type StartPair = (settings: PairSettings) => Promise<ProviderPair>;

/** A Tuesday, 10 in the morning in China. */
export const STARTED_MS = Date.UTC(2026, 8, 1, 2, 0, 0);
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
/** Long enough for a busy machine, short enough to wait for. */
export const TIMEOUT_MS = 1_500;

/** One pair for a file of tests, a clock that it moves, and orders that are always new. */
export class Counter {
  nowMs = STARTED_MS;
  #numbers = 0;
  #pair: ProviderPair | undefined;
  #desk: NotifiedDesk | undefined;
  #start: StartPair | undefined;

  get pair(): ProviderPair {
    if (this.#pair === undefined) throw new Error('the pair has not started');
    return this.#pair;
  }

  get provider(): PaymentProvider {
    return this.pair.provider;
  }

  get double(): ProviderDouble {
    return this.pair.double;
  }

  get desk(): NotifiedDesk {
    if (this.#desk === undefined) throw new Error('the desk has not opened');
    return this.#desk;
  }

  get currency(): string {
    return this.provider.currencies[0] ?? '';
  }

  async start(start: StartPair): Promise<void> {
    this.#start = start;
    this.#desk = await openDesk();
    this.#pair = await start(this.#settings());
    this.desk.listenWith(this.provider, () => this.nowMs);
  }

  /** The adapter of another pair, whose double has stopped. */
  async deserted(): Promise<PaymentProvider> {
    if (this.#start === undefined) throw new Error('the pair has not started');
    const { provider, double } = await this.#start(this.#settings());
    await double.stop();
    return provider;
  }

  async stop(): Promise<void> {
    await this.double.stop();
    await this.desk.stop();
  }

  /** A new order; in doubt of 50.00, in the first way, open for half an hour. */
  order(changes: Partial<PaymentOrder> & { readonly minor?: bigint } = {}): PaymentOrder {
    const { minor = 5_000n, ...others } = changes;
    return {
      order: this.number('ORD'),
      amount: { minor, currency: this.currency },
      title: 'Prepaid energy, 502 Room / 电费充值',
      way: this.provider.ways[0] ?? '',
      openedMs: this.nowMs,
      expiresMs: this.nowMs + 30 * MINUTE_MS,
      returnUrl: 'https://portal.example/back',
      payer: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
      payerAddress: '203.0.113.7',
      ...others,
    };
  }

  /** Never the same; seconds apart, since some providers number orders by their time too. */
  number(prefix: string): string {
    this.#numbers += 1;
    this.nowMs += 1_000;
    return `${prefix}${String(this.#numbers).padStart(10, '0')}`;
  }

  async opened(changes: Partial<PaymentOrder> & { readonly minor?: bigint } = {}): Promise<{
    readonly order: PaymentOrder;
    readonly start: PaymentStart;
  }> {
    const order = this.order(changes);
    return { order, start: await this.provider.open(order) };
  }

  /** An order that is paid, after all notifications of it were delivered. */
  async paid(changes: Partial<PaymentOrder> & { readonly minor?: bigint } = {}): Promise<{
    readonly order: PaymentOrder;
    readonly held: HeldPayment;
  }> {
    const { order, start } = await this.opened(changes);
    const held = await this.double.pay(start);
    await this.double.quiet();
    return { order, held };
  }

  refundOf(order: PaymentOrder, held: HeldPayment, minor: bigint): RefundOrder {
    return {
      refund: this.number('RFD'),
      order: order.order,
      payment: held.id,
      paid: held.amount,
      amount: { minor, currency: held.amount.currency },
      reason: 'moved out',
      askedMs: this.nowMs,
    };
  }

  /** Asks until the provider has decided; a refund takes its time at all of them. */
  async decided(refund: RefundOrder): Promise<RefundState> {
    for (;;) {
      const state = await this.provider.refundState(refund);
      if (state.state !== 'waiting') return state;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** What was heard after so many, oldest first: what was read, or the code of its refusal. */
  heardSince(mark: number): (Notification | string)[] {
    return this.desk.heard.slice(mark).map(({ read }) => read);
  }

  #settings(): PairSettings {
    return {
      nowMs: () => this.nowMs,
      notifyUrl: this.desk.url,
      timeoutMs: TIMEOUT_MS,
      hurry: 50_000,
    };
  }
}

export function useCounter(start: StartPair): Counter {
  const counter = new Counter();
  beforeAll(async () => {
    await counter.start(start);
  });
  afterAll(async () => {
    await counter.stop();
  });
  return counter;
}
