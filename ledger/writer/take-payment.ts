import { formatMicros, parseMicros } from '../core/decimal.ts';
import { WALLET } from '../core/event-data.ts';
import { type Approval, SUSPENSE_ACCOUNT } from '../core/money-moves.ts';
import {
  ORDER,
  type OrderPart,
  type PaymentOrderDoc,
  type PaymentTaken,
  PROVIDER,
  paymentOrder,
  paymentTaken,
  type SuspenseReason,
} from '../core/orders.ts';
import { REFUND_WALLET } from '../core/payment-refund.ts';
import { Refusal } from '../core/refusal.ts';
import { formatTime, parseTime } from '../core/time.ts';
import {
  accountOf,
  badWallet,
  type CommandContext,
  type CommandResult,
  houseAccount,
} from './commands.ts';
import { creditTo, divide } from './credit-top-up.ts';
import type { Documents } from './documents.ts';
import { postAdjustment } from './move-money.ts';
import type { AccountState } from './site-state.ts';
import { refuseAboveMost } from './wallet-terms.ts';

const SUSPENSE_WALLET = 'suspense';

export interface OpenOrder {
  readonly order: string;
  readonly account: string;
  readonly provider: string;
  readonly way: string;
  readonly parts: readonly OrderPart[];
  readonly expiresAt: string;
}
export interface TakePayment {
  readonly provider: string;
  /** The provider's own number; a payment is credited once by provider and number, whoever tells of it. */
  readonly payment: string;
  readonly order: string;
  readonly amount: string;
  readonly currency: string;
  readonly paidAt: string;
  /** Only somebody's word so far: refused (`payment-doubtful`) where it fits no open order. */
  readonly unless?: 'doubtful' | undefined;
}
export interface ResolveSuspense {
  readonly provider: string;
  readonly payment: string;
  readonly account: string;
  readonly parts: readonly OrderPart[];
  readonly approval: Approval;
}

type Context = CommandContext & { readonly documents: Documents };

/** Remembers what somebody wants to pay. Refuses `bad-order`, `order-exists`, `amount-not-positive`, `hoarding-maximum`. */
export function openOrder(context: Context, command: OpenOrder): CommandResult {
  const { appender, documents } = context;
  const { order, provider, way, parts, expiresAt } = command;
  const account = accountOf(context.group.state, command.account);
  if (account.account === SUSPENSE_ACCOUNT) {
    throw new Refusal('bad-order', 'Nobody pays into suspense. Name a tenant’s account.');
  }
  if (!ORDER.test(order) || !PROVIDER.test(provider)) {
    throw new Refusal('bad-order', 'An order number has 6 to 32 letters and digits.', {});
  }
  if (documents.find('order', order, readOrder) !== undefined) {
    throw new Refusal('order-exists', `There is an order ${order} already.`, { order });
  }
  refuseHoarding(context, account, parts);
  const doc: PaymentOrderDoc = readOrder({
    ...{ order, account: account.account, provider, way, parts: positiveParts(parts) },
    ...{ amount: formatMicros(sumOf(parts)), currency: account.currency, state: 'open' },
    ...{ openedAt: formatTime(appender.now()), expiresAt },
  });
  documents.put('order', order, doc);
  return { ...doc };
}

/**
 * An order is refused before it is paid. What was paid all the same is credited, since the money is there:
 * orders that are open at one time are not added up.
 */
export function refuseHoarding(
  { appender, group }: CommandContext,
  account: AccountState,
  parts: readonly OrderPart[],
): void {
  const at = formatTime(appender.now());
  for (const part of positiveParts(parts)) {
    const { wallet } = part;
    const { parts: divided } = divide(group.state, account, { ...part, book: '' }, at);
    const balance = (account.wallets.get(wallet) ?? 0n) + divided.cutOff + divided.balance;
    refuseAboveMost(account, wallet, balance);
  }
}

/** Marks an order that the provider takes no payment for any more; a paid one stays paid. */
export function closeOrder(context: Context, command: { readonly order: string }): CommandResult {
  const doc = orderOf(context, command.order);
  if (doc.state !== 'open') return { ...doc };
  const closed: PaymentOrderDoc = { ...doc, state: 'closed' };
  context.documents.put('order', doc.order, closed);
  return { ...closed };
}

/**
 * Credits a payment that a provider has taken: to the wallets of its order, or, where it fits none, to
 * the suspense account with the reason. The same payment again changes nothing and is told the same.
 * Refuses `payment-differs` when it comes again with another order or amount, and `payment-doubtful`.
 */
export function takePayment(context: Context, given: TakePayment): CommandResult {
  const { documents } = context;
  // Money is taken whatever number it names; one that cannot be kept is kept as far as it can.
  const command = { ...given, order: given.order.slice(0, 128) || '-' };
  const id = paymentId(command);
  const known = documents.find('payment', id, readPayment);
  if (known !== undefined) return again(known, command);
  if (parseMicros(command.amount) <= 0n) {
    throw new Refusal('amount-not-positive', 'A payment is more than zero.');
  }
  const order = ORDER.test(command.order)
    ? documents.find('order', command.order, readOrder)
    : undefined;
  const reason = reasonForSuspense(order, command) ?? closedReason(context, order);
  if (reason !== undefined && command.unless === 'doubtful') {
    const message = 'This payment fits no open order. Ask the provider whether it is true.';
    throw new Refusal('payment-doubtful', message, { reason });
  }
  const taken =
    order === undefined || reason !== undefined
      ? suspend(context, command, reason ?? 'order-unknown')
      : credit(context, command, order);
  documents.put('payment', id, taken);
  return { ...taken, replayed: false };
}

/**
 * Gives money in suspense to the account that it belongs to. Refuses `payment-unknown`, `payment-resolved`,
 * `parts-differ` when the parts are not the whole payment, and what an adjustment refuses.
 */
export function resolveSuspense(context: Context, command: ResolveSuspense): CommandResult {
  const { documents, group } = context;
  const id = paymentId(command);
  const taken = documents.find('payment', id, readPayment);
  if (taken === undefined) throw new Refusal('payment-unknown', 'There is no such payment.');
  if (taken.state !== 'suspense') {
    throw new Refusal('payment-resolved', 'This payment is not in suspense any more.');
  }
  if (parseMicros(taken.refunded ?? '0.000000') > 0n) {
    throw new Refusal('payment-resolved', 'This payment is being given back, or was.');
  }
  const account = accountOf(group.state, command.account);
  if (account.account === SUSPENSE_ACCOUNT || sumOf(command.parts) !== parseMicros(taken.amount)) {
    const message = `Share the whole ${taken.amount} among the wallets of an account.`;
    throw new Refusal('parts-differ', message, { amount: taken.amount });
  }
  const { approval } = command;
  const parts = positiveParts(command.parts);
  const reference = id;
  postAdjustment(context, {
    ...{ account: SUSPENSE_ACCOUNT, kind: 'suspense', reason: 'owner-found', approval, reference },
    moves: [{ wallet: SUSPENSE_WALLET, amount: formatMicros(-parseMicros(taken.amount)) }],
  });
  const credits = parts.map(({ wallet, amount }) => {
    const { n } = account;
    const funds = fundsOf(taken, wallet, amount);
    creditTo(context, account, { ...funds, book: 'clearing:suspense' });
    return n;
  });
  const resolved: PaymentTaken = {
    ...taken,
    ...{ state: 'resolved', account: account.account, credits },
  };
  documents.put('payment', id, resolved);
  return { ...resolved };
}

function credit(context: Context, command: TakePayment, order: PaymentOrderDoc): PaymentTaken {
  const account = accountOf(context.group.state, order.account);
  const credits = order.parts.map(({ wallet, amount }) => {
    const { n } = account;
    creditTo(context, account, fundsOf(command, wallet, amount));
    return n;
  });
  const paid: PaymentOrderDoc = { ...order, state: 'paid', payment: command.payment };
  context.documents.put('order', order.order, paid);
  return told(context, command, { state: 'credited', account: order.account, credits });
}

function suspend(context: Context, command: TakePayment, reason: SuspenseReason): PaymentTaken {
  const account = houseAccount(context, SUSPENSE_ACCOUNT);
  const { n } = account;
  creditTo(context, account, fundsOf(command, SUSPENSE_WALLET, command.amount));
  const state = { state: 'suspense', account: SUSPENSE_ACCOUNT, credits: [n] } as const;
  return told(context, command, { ...state, reason });
}

function fundsOf(
  { provider, payment }: PaymentTaken | TakePayment,
  wallet: string,
  amount: string,
) {
  return { wallet, amount, method: provider, reference: payment, book: `transit:${provider}` };
}

function told(
  { appender }: Context,
  { provider, payment, order, amount, currency, paidAt }: TakePayment,
  rest: Pick<PaymentTaken, 'state' | 'account' | 'credits' | 'reason'>,
): PaymentTaken {
  const facts = {
    provider,
    payment,
    order,
    amount,
    currency,
    paidAt: formatTime(parseTime(paidAt)),
  };
  return readPayment({ ...facts, takenAt: formatTime(appender.now()), ...rest });
}

function reasonForSuspense(
  order: PaymentOrderDoc | undefined,
  { provider, amount, currency }: TakePayment,
): SuspenseReason | undefined {
  if (order === undefined || order.provider !== provider) return 'order-unknown';
  if (order.amount !== amount || order.currency !== currency) return 'amount-differs';
  return order.state === 'paid' ? 'order-paid-already' : undefined;
}

/** What was ordered before an account was closed is nobody's until people decide. */
function closedReason(
  { group }: Context,
  order: PaymentOrderDoc | undefined,
): SuspenseReason | undefined {
  const account = group.state.accounts.get(order?.account ?? '');
  return account?.closedAt === undefined ? undefined : 'account-closed';
}

function again(known: PaymentTaken, { order, amount, currency }: TakePayment): CommandResult {
  if (known.order === order && known.amount === amount && known.currency === currency) {
    return { ...known, replayed: true };
  }
  const message = 'This payment was taken before with another order or amount. Ask the provider.';
  throw new Refusal('payment-differs', message, { payment: known.payment });
}

export function positiveParts(parts: readonly OrderPart[]): readonly OrderPart[] {
  const wallets = new Set(parts.map(({ wallet }) => wallet));
  if (parts.length === 0 || wallets.size < parts.length) {
    throw new Refusal('bad-order', 'Name each wallet once, and at least one.');
  }
  for (const { wallet, amount } of parts) {
    if (!WALLET.test(wallet)) {
      const message = 'A wallet is named for its utility, such as electricity.';
      throw new Refusal('bad-wallet', message, { wallet: wallet.slice(0, 64) });
    }
    if (wallet === REFUND_WALLET) throw badWallet(wallet);
    if (parseMicros(amount) > 0n) continue;
    throw new Refusal('amount-not-positive', 'Each part is more than zero.', { amount });
  }
  return parts.map(({ wallet, amount }) => ({ wallet, amount }));
}

export function sumOf(parts: readonly OrderPart[]): bigint {
  return parts.reduce((sum, { amount }) => sum + parseMicros(amount), 0n);
}

function orderOf({ documents }: Context, order: string): PaymentOrderDoc {
  const doc = ORDER.test(order) ? documents.find('order', order, readOrder) : undefined;
  if (doc !== undefined) return doc;
  throw new Refusal('order-unknown', `There is no order ${order.slice(0, 32)}.`);
}

export function paymentId({ provider, payment }: { provider: string; payment: string }): string {
  return `${provider}/${payment}`;
}

function readOrder(value: unknown): PaymentOrderDoc {
  return paymentOrder(value, '');
}

export function readPayment(value: unknown): PaymentTaken {
  return paymentTaken(value, '');
}
