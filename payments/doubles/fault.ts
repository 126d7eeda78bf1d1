import { assert } from '../../ledger/core/assert.ts';

/**
 * What providers of payments have been seen to do. A fault of a notification or an answer concerns the
 * next one, once (or `times`); a fault of a bill concerns every file made from then on, until `heal`.
 * Every parameter has a default, so that a test can go through `FAULT_KINDS`.
 */
export type Fault =
  | NotificationFault
  | AnswerFault
  | BillFault
  /** The payer's money is taken although the order was closed: the two crossed. */
  | { readonly kind: 'pay-after-close' }
  /** From now on another key signs, one that the provider has announced. */
  | { readonly kind: 'key-rotated' }
  /** The next payment is given back in so many parts, by hand, in the provider's own console. */
  | { readonly kind: 'partial-refunds'; readonly parts?: number }
  /** The next refund is taken on and then fails. */
  | { readonly kind: 'refund-fails' }
  /** The next order is refused for a reason of the provider's own. */
  | { readonly kind: 'open-refused' };

export type NotificationFault =
  /** Sent so many times at once. */
  | { readonly kind: 'notify-duplicate'; readonly copies?: number }
  /** Never sent: only the query and the bill know. */
  | { readonly kind: 'notify-lost' }
  /** A payment's notification is held back until that of its refund has been sent. */
  | { readonly kind: 'notify-refund-first' }
  /** Signed well, of another amount: one minor unit less, unless told otherwise. */
  | { readonly kind: 'notify-wrong-amount'; readonly minor?: bigint }
  | { readonly kind: 'notify-wrong-merchant' }
  | { readonly kind: 'notify-wrong-application' }
  /** Signed well, and not what the documentation says. */
  | { readonly kind: 'notify-garbled' }
  /** Sent with a signature that is six minutes old. */
  | { readonly kind: 'notify-stale' }
  | { readonly kind: 'notify-unsigned' }
  | { readonly kind: 'notify-bad-signature' }
  /** Signed with a key that the provider never announced, and that it names. */
  | { readonly kind: 'notify-unknown-key' }
  /** A byte of the body changed after it was signed. */
  | { readonly kind: 'notify-tampered-body' }
  /** Signed well over a content whose own tag is wrong. */
  | { readonly kind: 'notify-bad-tag' };

export type AnswerFault =
  /** HTTP 503 so many times, nothing done. */
  | { readonly kind: 'answer-5xx'; readonly times?: number }
  /** No answer at all; nothing done. */
  | { readonly kind: 'answer-silent'; readonly times?: number }
  /** Done, and the connection breaks before the answer. */
  | { readonly kind: 'answer-lost'; readonly times?: number }
  /** HTTP 200 with a page of somebody in between. */
  | { readonly kind: 'answer-garbage'; readonly times?: number }
  /** The provider's answer, with a signature that is not its own. */
  | { readonly kind: 'answer-bad-signature'; readonly times?: number };

export type BillFault =
  /** The first payment of the day is not in the file. */
  | { readonly kind: 'bill-row-missing' }
  /** One more payment than there was, of an order that nobody knows. */
  | { readonly kind: 'bill-row-extra' }
  /** The first payment of the day is in the next day's file instead. */
  | { readonly kind: 'bill-row-across-midnight' }
  /** The first payment of the day is one minor unit larger in the file. */
  | { readonly kind: 'bill-amount-differs' }
  /** Each fee is rounded to the minor unit, half up. */
  | { readonly kind: 'bill-fee-rounded' }
  /** The second half of the file is missing. */
  | { readonly kind: 'bill-truncated' }
  /** The hash that the provider gives is of another file. */
  | { readonly kind: 'bill-hash-differs' }
  /** The provider says that nothing happened on the day. */
  | { readonly kind: 'bill-empty' };

export type FaultKind = Fault['kind'];

/** The whole menu, in the order above, each fault with its defaults. */
export const FAULT_MENU = [
  { kind: 'notify-duplicate' },
  { kind: 'notify-lost' },
  { kind: 'notify-refund-first' },
  { kind: 'notify-wrong-amount' },
  { kind: 'notify-wrong-merchant' },
  { kind: 'notify-wrong-application' },
  { kind: 'notify-garbled' },
  { kind: 'notify-stale' },
  { kind: 'notify-unsigned' },
  { kind: 'notify-bad-signature' },
  { kind: 'notify-unknown-key' },
  { kind: 'notify-tampered-body' },
  { kind: 'notify-bad-tag' },
  { kind: 'answer-5xx' },
  { kind: 'answer-silent' },
  { kind: 'answer-lost' },
  { kind: 'answer-garbage' },
  { kind: 'answer-bad-signature' },
  { kind: 'bill-row-missing' },
  { kind: 'bill-row-extra' },
  { kind: 'bill-row-across-midnight' },
  { kind: 'bill-amount-differs' },
  { kind: 'bill-fee-rounded' },
  { kind: 'bill-truncated' },
  { kind: 'bill-hash-differs' },
  { kind: 'bill-empty' },
  { kind: 'pay-after-close' },
  { kind: 'key-rotated' },
  { kind: 'partial-refunds' },
  { kind: 'refund-fails' },
  { kind: 'open-refused' },
] as const satisfies readonly Fault[];

export const FAULT_KINDS: readonly FaultKind[] = FAULT_MENU.map(({ kind }) => kind);

/** A kind that the menu lacks does not compile here. */
type Listed = (typeof FAULT_MENU)[number]['kind'];
const everyKindIsListed: FaultKind extends Listed ? true : false = true;

/** A fault with its defaults. */
export function faultOf(kind: FaultKind): Fault {
  const fault = FAULT_MENU.find((one) => one.kind === kind);
  assert(fault !== undefined && everyKindIsListed, `${kind} is not on the menu`);
  return fault;
}

/** A fault of what a notification says or how it is signed, not of whether and when it is sent. */
export type ContentFault = Exclude<
  NotificationFault,
  { readonly kind: 'notify-duplicate' | 'notify-lost' | 'notify-refund-first' }
>;

export type NotificationFaultKind = NotificationFault['kind'];
export type AnswerFaultKind = AnswerFault['kind'];
export type BillFaultKind = BillFault['kind'];

/** The faults that a test has injected and that nothing has suffered yet. */
export class PendingFaults {
  readonly #waiting: Fault[] = [];
  readonly #bills = new Set<BillFaultKind>();

  add(fault: Fault): void {
    if (isOfBills(fault)) this.#bills.add(fault.kind);
    else for (let time = 0; time < timesOf(fault); time += 1) this.#waiting.push(fault);
  }

  /** The first waiting fault of a kind, which is then over. */
  take<Kind extends FaultKind>(kind: Kind): Extract<Fault, { readonly kind: Kind }> | undefined {
    const at = this.#waiting.findIndex((fault) => isOfKind(fault, kind));
    const fault = this.#waiting[at];
    if (fault === undefined || !isOfKind(fault, kind)) return undefined;
    this.#waiting.splice(at, 1);
    return fault;
  }

  /** The first waiting fault of an answer, which is then over. */
  takeAnswerFault(): AnswerFault | undefined {
    const fault = this.#waiting.find(isOfAnswers);
    return fault === undefined ? undefined : this.take(fault.kind);
  }

  /** The first waiting fault of what a notification says or how it is signed, which is then over. */
  takeContentFault(): ContentFault | undefined {
    const fault = this.#waiting.filter(isOfNotifications).find(isOfContent);
    return fault === undefined ? undefined : this.take(fault.kind);
  }

  bill(kind: BillFaultKind): boolean {
    return this.#bills.has(kind);
  }

  heal(): void {
    this.#waiting.length = 0;
    this.#bills.clear();
  }
}

function timesOf(fault: Fault): number {
  return isOfAnswers(fault) ? (fault.times ?? 1) : 1;
}

function isOfContent(fault: NotificationFault): fault is ContentFault {
  return !['notify-duplicate', 'notify-lost', 'notify-refund-first'].includes(fault.kind);
}

function isOfKind<Kind extends FaultKind>(
  fault: Fault,
  kind: Kind,
): fault is Extract<Fault, { readonly kind: Kind }> {
  return fault.kind === kind;
}

function isOfBills(fault: Fault): fault is BillFault {
  return fault.kind.startsWith('bill-');
}

function isOfAnswers(fault: Fault): fault is AnswerFault {
  return fault.kind.startsWith('answer-');
}

function isOfNotifications(fault: Fault): fault is NotificationFault {
  return fault.kind.startsWith('notify-');
}
