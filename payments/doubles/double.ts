import type { MinorAmount, PaymentStart, ProviderName } from '../provider.ts';
import type { Fault, FaultKind } from './fault.ts';

export interface DoubleSettings {
  /** The double's only clock. */
  readonly nowMs: () => number;
  /** Of 127.0.0.1; 0 is a free one. */
  readonly port: number;
  /** Where notifications go, if neither order nor protocol names an address. */
  readonly notifyUrl: string;
  /** The provider's pauses between notifications are divided by this; 1 is the real thing. */
  readonly hurry: number;
}

/**
 * A provider of payments on 127.0.0.1: speaks the provider's own protocol over HTTP, with keys of its
 * own, keeps orders, payments and refunds in memory, and does on request what the real one does
 * sometimes. What it holds is the truth that a reconciliation is judged by.
 */
export interface ProviderDouble {
  readonly name: ProviderName;
  /** `http://127.0.0.1:<port>`, what the adapter has instead of the provider's address. */
  readonly url: string;
  /** The faults that the provider's protocol allows. */
  readonly faults: readonly FaultKind[];
  /** Why each of the others cannot happen there. */
  readonly lacking: Readonly<Partial<Record<FaultKind, string>>>;

  /**
   * The payer pays what `PaymentProvider.open` started: what a telephone or browser would do with it.
   * Rejects (`NotPayable`) where the provider would take no money: closed, expired, paid already.
   * Notifications are on their way when it resolves.
   */
  pay(start: PaymentStart): Promise<HeldPayment>;
  /** A refund that somebody makes in the provider's console; `minor` of what is left. */
  refundByHand(order: string, minor: bigint): Promise<HeldRefund>;
  /** Throws for a fault of `lacking`. */
  inject(fault: Fault): void;
  /** Takes back every fault that nothing has suffered yet, and those of bills. */
  heal(): void;
  /** The provider's own books, oldest first, whatever notifications and bills say. */
  books(): ProviderBooks;
  /**
   * The settlement file of a day of the provider's calendar in its true format, faults included, as
   * `PaymentProvider.settlementFile` hands it on; undefined for a day that has no file.
   */
  makeSettlement(day: string): Uint8Array | undefined;
  /** The day of the provider's calendar that a time is in. */
  dayOf(ms: number): string;
  /** When the file of a day is made. */
  settlementReadyMs(day: string): number;
  /** Every notification that was sent, oldest first. */
  sent(): readonly SentNotification[];
  /** Resolves when no notification is on its way or will be tried again. */
  quiet(): Promise<void>;
  /** Ends what is on its way and the server. */
  stop(): Promise<void>;
}

export interface ProviderBooks {
  readonly payments: readonly HeldPayment[];
  readonly refunds: readonly HeldRefund[];
}

export interface HeldPayment {
  /** The provider's number. */
  readonly id: string;
  /** Our number of the order. */
  readonly order: string;
  readonly amount: MinorAmount;
  /** In ten-thousandths of a minor unit, taken by the provider. */
  readonly feeTenThousandths: bigint;
  readonly paidMs: number;
}

export interface HeldRefund {
  /** The provider's number. */
  readonly id: string;
  /** Our number; the provider's own where it was made by hand. */
  readonly refund: string;
  readonly order: string;
  readonly payment: string;
  readonly amount: MinorAmount;
  /** In ten-thousandths of a minor unit, given back by the provider. */
  readonly feeTenThousandths: bigint;
  readonly state: 'waiting' | 'paid' | 'failed';
  readonly askedMs: number;
}

export interface SentNotification {
  /** What it tells of. */
  readonly kind: 'payment' | 'refund' | 'closed' | 'other';
  readonly order: string;
  readonly to: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly sentMs: number;
  /** What was answered; 0 where nothing was. */
  readonly status: number;
}

/** The provider takes no money for the order. */
export class NotPayable extends Error {
  readonly code = 'not-payable';
}
