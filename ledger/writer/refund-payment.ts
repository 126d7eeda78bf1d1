import { formatMicros, parseMicros } from '../core/decimal.ts';
import { topUpCredited } from '../core/event-data.ts';
import { type Approval, SUSPENSE_ACCOUNT } from '../core/money-moves.ts';
import type { OrderPart, PaymentTaken } from '../core/orders.ts';
import {
  isUnderWay,
  type PaymentRefund,
  paymentRefund,
  REFUND_WALLET,
} from '../core/payment-refund.ts';
import { Refusal } from '../core/refusal.ts';
import { formatTime } from '../core/time.ts';
import { effectsOf } from '../core/wallet-effects.ts';
import { readStored } from './apply-event.ts';
import {
  accountOf,
  anyAccountOf,
  type CommandContext,
  type CommandResult,
  houseAccount,
} from './commands.ts';
import { creditTo } from './credit-top-up.ts';
import type { Documents } from './documents.ts';
import type { ReadAccountEvents } from './issue-statement.ts';
import { payRefund, postAdjustment, postReversal } from './move-money.ts';
import type { AccountState } from './site-state.ts';
import { paymentId, positiveParts, readPayment, sumOf } from './take-payment.ts';

export interface RefundPayment {
  readonly provider: string;
  readonly payment: string;
  /** The wallets that it is taken from, each by its part of the amount. */
  readonly parts: readonly OrderPart[];
  readonly reason: string;
  readonly approval: Approval;
  /** Our number of it, never used before. */
  readonly refund: string;
}
export interface SettleRefund {
  readonly refund: string;
  readonly state: 'waiting' | 'paid' | 'failed';
  /** The provider's number of it. */
  readonly id?: string | undefined;
  /** What the provider said when it refused. */
  readonly said?: string | undefined;
}

/** The one wallet of the suspense account. */
const SUSPENSE_WALLET = 'suspense';
/** Numbers of providers. */
const ANY_ID = /^[\x21-\x7e]{1,128}$/;

type Context = CommandContext & { readonly documents: Documents };

/**
 * Decides that a provider gives money of a payment back: its wallets lose it to the wallet `refund`, and
 * the intent is durable before anybody asks the provider. Refuses `payment-unknown`, `refund-too-large`
 * beyond what is left of the payment and was not undone in its credits, `balance-too-low`, `bad-wallet`.
 */
export function refundPayment(
  context: Context,
  command: RefundPayment,
  readEvents: ReadAccountEvents,
): CommandResult {
  const { appender, documents, group } = context;
  const { refund, approval, reason } = command;
  const taken = documents.find('payment', paymentId(command), readPayment);
  if (taken === undefined) throw new Refusal('payment-unknown', 'There is no such payment.');
  const parts = positiveParts(command.parts);
  const account = accountOf(group.state, taken.account);
  const amount = sumOf(parts);
  const gone = refundedOf(taken) + undoneOf(account, taken, readEvents);
  const left = parseMicros(taken.amount) - gone;
  if (amount > left) throw tooLarge(amount, left);
  hold(context, account.account, parts, -1n, { reason, order: approval.asked, reference: refund });
  putRefunded(context, taken, refundedOf(taken) + amount);
  const doc = readRefund({
    ...{ refund, provider: taken.provider, payment: taken.payment, order: taken.order },
    ...{ account: account.account, parts, amount: formatMicros(amount), paid: taken.amount },
    ...{ currency: taken.currency, reason, approval, state: 'asked' },
    askedAt: formatTime(appender.now()),
  });
  documents.put('refund', refund, doc);
  return { ...doc };
}

/**
 * Writes down what a provider says of a refund, and does what follows, once: paid, the log has
 * `refund.paid`; refused, or come back after it was paid, the money is in its wallets again (in suspense
 * where the account was closed meanwhile), and the refund is an exception with a name. The same once more changes nothing. Refuses `refund-unknown`,
 * and `refund-ended` for a payout of what was refused before.
 */
export function settleRefund(
  context: Context,
  command: SettleRefund,
  readEvents: ReadAccountEvents,
): CommandResult {
  const { documents } = context;
  const doc = documents.find('refund', command.refund, readRefund);
  if (doc === undefined) throw new Refusal('refund-unknown', 'There is no such refund.');
  const settled = settledBy(context, doc, command, readEvents);
  if (settled === undefined) return { ...doc, replayed: true };
  documents.put('refund', doc.refund, settled);
  return { ...settled };
}

/** Refuses `bad-wallet`: the wallet of refunds under way is moved by nothing else. */
export function refuseRefundWallet(wallets: readonly string[]): void {
  if (!wallets.includes(REFUND_WALLET)) return;
  const message = 'The wallet refund holds what a provider is giving back. Name another one.';
  throw new Refusal('bad-wallet', message, { wallet: REFUND_WALLET });
}

/**
 * Refuses `reversal-refused` for what refunds stand on: a credit whose payment is given back in part, and
 * the moves of a refund itself.
 */
export function refuseUndoing(
  { documents, group }: Context,
  command: { readonly account: string; readonly of: number },
  readEvents: ReadAccountEvents,
): void {
  const account = accountOf(group.state, command.account);
  const [text] = command.of < account.n ? readEvents(account, command.of) : [];
  if (text === undefined) return;
  const { type, data, n } = readStored(text);
  const isOfRefund = effectsOf(type, data).some(({ wallet }) => wallet === REFUND_WALLET);
  if (!isOfRefund && (type !== 'topup.credited' || !isRefunded(documents, data))) return;
  const message = `A refund stands on event ${n}: it cannot be undone. Post an adjustment.`;
  throw new Refusal('reversal-refused', message, { n, type });
}

function settledBy(
  context: Context,
  doc: PaymentRefund,
  { state, id, said }: SettleRefund,
  readEvents: ReadAccountEvents,
): PaymentRefund | undefined {
  const known = { ...doc, ...(id === undefined || !ANY_ID.test(id) ? {} : { id }) };
  if (state === 'waiting') return doc.state === 'asked' ? { ...known, state } : undefined;
  const endedAt = formatTime(context.appender.now());
  const told = said === undefined ? {} : { said: shownText(said) };
  if (state === 'failed') {
    if (isUnderWay(doc)) {
      release(context, doc);
      return readRefund({
        ...{ ...known, ...told, endedAt },
        ...{ state: 'declined', problem: 'refund-declined' },
      });
    }
    if (doc.state !== 'paid' || doc.n === undefined) return undefined;
    takeBack(context, doc, doc.n, readEvents);
    return readRefund({
      ...{ ...known, ...told, endedAt },
      ...{ state: 'returned', problem: 'refund-returned' },
    });
  }
  if (doc.state === 'paid') return undefined;
  if (!isUnderWay(doc)) {
    const message = 'This refund had ended without a payout. Look at the provider’s books.';
    throw new Refusal('refund-ended', message, { refund: doc.refund });
  }
  return { ...known, n: payOut(context, doc, readEvents), endedAt, state };
}

function payOut(context: Context, doc: PaymentRefund, readEvents: ReadAccountEvents): number {
  const { account, amount, provider, reason, approval, refund } = doc;
  const { n } = accountOf(context.group.state, account);
  payRefund(
    context,
    {
      ...{ account, wallet: REFUND_WALLET, amount, method: provider, reason, approval },
      ...{ reference: refund, book: `transit:${provider}` },
    },
    readEvents,
  );
  return n;
}

/**
 * A refund that was paid, `n`, has come back: to its wallets, or, where the account has ended meanwhile and takes
 * nothing any more, to the suspense account, until people decide.
 */
function takeBack(
  context: Context,
  doc: PaymentRefund,
  n: number,
  readEvents: ReadAccountEvents,
): void {
  const { account, approval, amount, provider, refund } = doc;
  if (anyAccountOf(context.group.state, account).closedAt === undefined) {
    postReversal(context, { account, of: n, reason: 'refund-returned', approval }, readEvents);
    release(context, doc);
    return;
  }
  creditTo(context, houseAccount(context, SUSPENSE_ACCOUNT), {
    ...{ wallet: SUSPENSE_WALLET, amount, method: provider, reference: refund },
    book: `transit:${provider}`,
  });
}

/** Gives what was held back to the wallets that it came from, and the payment may be given back anew. */
function release(context: Context, doc: PaymentRefund): void {
  const { account, parts, approval, refund } = doc;
  const reason = 'refund-declined';
  hold(context, account, parts, 1n, { reason, order: approval.asked, reference: refund });
  const taken = context.documents.find('payment', paymentId(doc), readPayment);
  if (taken !== undefined) {
    putRefunded(context, taken, refundedOf(taken) - parseMicros(doc.amount));
  }
}

/** Moves the parts out of their wallets into that of refunds (`sign` -1), or back. */
function hold(
  context: Context,
  account: string,
  parts: readonly OrderPart[],
  sign: 1n | -1n,
  why: { readonly reason: string; readonly order: string; readonly reference: string },
): void {
  const moves = parts.map(({ wallet, amount }) => {
    return { wallet, amount: formatMicros(sign * parseMicros(amount)) };
  });
  const held = { wallet: REFUND_WALLET, amount: formatMicros(-sign * sumOf(parts)) };
  postAdjustment(context, { account, kind: 'transfer', moves: [...moves, held], ...why });
}

function putRefunded({ documents }: Context, taken: PaymentTaken, micros: bigint): void {
  documents.put('payment', paymentId(taken), { ...taken, refunded: formatMicros(micros) });
}

function refundedOf({ refunded = '0.000000' }: PaymentTaken): bigint {
  return parseMicros(refunded);
}

/** What was undone of a payment's credits, such as by a charge-back, or given back of them by hand. */
function undoneOf(
  account: AccountState,
  { credits }: PaymentTaken,
  readEvents: ReadAccountEvents,
): bigint {
  return credits.reduce((sum, n) => {
    const settled = account.settled.get(n);
    if (settled === undefined) return sum;
    // Zero stands for a credit that was undone whole.
    if (settled !== 0n) return sum + settled;
    const [text] = readEvents(account, n);
    const credit = text === undefined ? undefined : topUpCredited(readStored(text).data, '/data');
    return sum + parseMicros(credit?.amount ?? '0.000000');
  }, 0n);
}

function isRefunded(documents: Documents, data: unknown): boolean {
  const { method: provider = '', reference: payment = '' } = topUpCredited(data, '/data');
  const taken = documents.find('payment', paymentId({ provider, payment }), readPayment);
  return taken !== undefined && refundedOf(taken) > 0n;
}

function tooLarge(amount: bigint, left: bigint): Refusal {
  const rest = formatMicros(left);
  return new Refusal('refund-too-large', `At most ${rest} can be given back.`, {
    amount: formatMicros(amount),
    left: rest,
  });
}

/** What a provider said, as far as it can be shown in a line. */
function shownText(said: string): string {
  return said.replace(/[^\x20-\x7e\u4e00-\u9fff]/g, ' ').slice(0, 256) || '-';
}

function readRefund(value: unknown): PaymentRefund {
  return paymentRefund(value, '');
}
