import type { JsonObject } from '../core/canonical-json.ts';
import { DESK_METHODS } from '../core/cash-shift.ts';
import { formatMicros, parseMicros } from '../core/decimal.ts';
import { type Posting, topUpCredited } from '../core/event-data.ts';
import {
  type AdjustmentKind,
  type AdjustmentPosted,
  type Approval,
  adjustmentPosted,
  adjustmentPostings,
  isOfKind,
  isOrdered,
  type MoneyMove,
  oppositeOf,
  REVERSIBLE,
  refundPaid,
  reversalPosted,
} from '../core/money-moves.ts';
import { Refusal } from '../core/refusal.ts';
import { formatTime } from '../core/time.ts';
import { effectsOf } from '../core/wallet-effects.ts';
import { zoneOf } from '../core/zone.ts';
import { type ParsedEvent, readStored } from './apply-event.ts';
import {
  accountOf,
  type CommandContext,
  type CommandResult,
  openPeriod,
  startPeriod,
} from './commands.ts';
import type { ReadAccountEvents } from './issue-statement.ts';
import type { AccountState, SiteState } from './site-state.ts';
import { refuseAgainstTerms } from './wallet-terms.ts';

export interface PayRefund {
  readonly account: string;
  readonly wallet: string;
  readonly amount: string;
  /** How it is paid out; a provider's name for a refund that the provider makes. */
  readonly method: string;
  readonly reason: string;
  readonly approval: Approval;
  /** Number of the account's event that credited what is given back. */
  readonly of?: number | undefined;
  readonly reference?: string | undefined;
  /** The book that it is paid from; by the method unless given (`bookOf`). */
  readonly book?: string | undefined;
}
export interface PostReversal {
  readonly account: string;
  /** Number of the account's event that is undone. */
  readonly of: number;
  readonly reason: string;
  readonly approval: Approval;
}
export interface PostAdjustment {
  readonly account: string;
  readonly kind: AdjustmentKind;
  /** The tenant's gain in each wallet; negative where it takes. */
  readonly moves: readonly { readonly wallet: string; readonly amount: string }[];
  readonly reason: string;
  readonly approval?: Approval | undefined;
  readonly order?: string | undefined;
  readonly reference?: string | undefined;
  /** Of a surplus: the settled period, and the account's statement of it. */
  readonly share?: AdjustmentPosted['share'];
}

/**
 * Pays money of a wallet back. Refuses `refund-too-large` beyond the balance, or beyond what is left of
 * the top-up that is named, `approval-missing` where one person did both, `past-event-unknown`.
 */
export function payRefund(
  context: CommandContext,
  command: PayRefund,
  readEvents: ReadAccountEvents,
): CommandResult {
  const account = accountOf(context.group.state, command.account);
  const { wallet, amount, method, reason, approval, reference } = command;
  refuseAlone(approval);
  const micros = parseMicros(amount);
  if (micros <= 0n) {
    throw new Refusal('amount-not-positive', 'A refund pays more than zero.', { amount });
  }
  const balance = (account.wallets.get(wallet) ?? 0n) - micros;
  if (balance < 0n) throw tooLarge(amount, balance + micros);
  const of = command.of === undefined ? undefined : past(account, command.of, readEvents);
  if (of !== undefined) refuseBeyondTopUp(account, of.parsed, wallet, micros);
  const nowMs = context.appender.now();
  const data: JsonObject = {
    ...{ amount, wallet, balance: formatMicros(balance), method, reason },
    approval: { ...approval },
    period: periodAt(context, account, nowMs),
    ...(of === undefined ? {} : { of: of.ref }),
    ...(reference === undefined ? {} : { reference }),
    postings: [
      post(`prepaid:${account.account}:${wallet}`, micros, account),
      post(command.book ?? bookOf(context.group.state, method), -micros, account),
    ],
  };
  const { postings, period } = refundPaid(data, '/data');
  const paid = appendMove(context, account, 'refund.paid', data, {
    ...{ postings, period, nowMs },
  });
  if (of !== undefined) settle(account, of.ref.n, micros);
  return paid;
}

/**
 * Undoes a top-up, fee, refund or adjustment of the account, whole and once. Refuses `reversal-refused` for
 * any other event and for what was undone or given back before, `approval-missing`, `past-event-unknown`.
 */
export function postReversal(
  context: CommandContext,
  command: PostReversal,
  readEvents: ReadAccountEvents,
): CommandResult {
  const account = accountOf(context.group.state, command.account);
  refuseAlone(command.approval);
  const { ref, parsed } = past(account, command.of, readEvents);
  const undone = REVERSIBLE.includes(parsed.type) ? effectsOf(parsed.type, parsed.data) : [];
  if (undone.length === 0 || account.settled.has(ref.n)) {
    throw new Refusal(
      'reversal-refused',
      `Event ${ref.n} (${parsed.type}) cannot be undone, or was already. Post an adjustment.`,
      { n: ref.n, type: parsed.type },
    );
  }
  const moves = undone.map(({ wallet, micros }) => movedTo(account, wallet, -micros));
  const { postings: before }: { postings?: readonly Posting[] } = Object(parsed.data);
  const nowMs = context.appender.now();
  const data: JsonObject = {
    ...{ of: ref, moves, reason: command.reason },
    approval: { ...command.approval },
    period: periodAt(context, account, nowMs),
    postings: oppositeOf(before ?? []),
  };
  const { postings, period } = reversalPosted(data, '/data');
  const posted = appendMove(context, account, 'reversal.posted', data, {
    ...{ postings, period, nowMs },
  });
  settle(account, ref.n, 0n);
  return posted;
}

/**
 * Moves money by a decision (`ADJUSTMENT_KINDS`). A transfer is the tenant's order and takes only what is
 * there (`balance-too-low`); every other kind needs two people (`approval-missing`). Refuses
 * `adjustment-refused` for moves that are not of the kind: nothing moved, a wallet twice, a transfer
 * that does not add up to zero, a gift that takes.
 */
export function postAdjustment(context: CommandContext, command: PostAdjustment): CommandResult {
  const account = accountOf(context.group.state, command.account);
  const { kind, reason, approval, order, reference, share } = command;
  if (!isOrdered(kind)) refuseAlone(approval);
  else if (order === undefined) throw alone('This needs the tenant’s own order.');
  const amounts = command.moves.map(({ wallet, amount }) => ({
    wallet,
    micros: parseMicros(amount),
  }));
  refuseOtherKind(kind, amounts);
  const moves = amounts.map(({ wallet, micros }) => movedTo(account, wallet, micros));
  if (kind === 'transfer') refuseUncovered(moves);
  const nowMs = context.appender.now();
  const data: JsonObject = {
    ...{ kind, moves, reason },
    period: periodAt(context, account, nowMs),
    ...(isOrdered(kind) || approval === undefined ? {} : { approval: { ...approval } }),
    ...(isOrdered(kind) && order !== undefined ? { order } : {}),
    ...(reference === undefined ? {} : { reference }),
    ...(share === undefined
      ? {}
      : { share: { settled: { ...share.settled }, statement: { ...share.statement } } }),
    postings: adjustmentPostings(account, kind, amounts),
  };
  const { postings, period } = adjustmentPosted(data, '/data');
  return appendMove(context, account, 'adjustment.posted', data, {
    ...{ postings, period, nowMs },
  });
}

/**
 * Writes what is decided: the event, of the moment that its period is of, the balances that it leaves, the
 * books. Refuses `terms-broken` before anything is changed.
 */
export function appendMove(
  { appender, group }: CommandContext,
  account: AccountState,
  type: 'refund.paid' | 'reversal.posted' | 'adjustment.posted',
  data: JsonObject,
  { postings, period, nowMs }: Decided,
): CommandResult {
  const { n } = account;
  const event = { type, at: formatTime(nowMs), data };
  refuseAgainstTerms(group.state, account, event);
  const leaf = appender.append(group, account, type, data, nowMs);
  const balances: Record<string, string> = {};
  for (const { wallet, balance } of effectsOf(type, data)) {
    account.wallets.set(wallet, parseMicros(balance));
    balances[wallet] = balance;
  }
  for (const { account: book, amount } of postings) group.state.post(book, parseMicros(amount));
  startPeriod(account, period, n);
  return { account: account.account, n, leaf, period, balances };
}

interface Decided {
  readonly postings: readonly Posting[];
  readonly period: string;
  readonly nowMs: number;
}

interface Past {
  readonly ref: { readonly n: number; readonly hash: string };
  readonly parsed: ParsedEvent;
}

/** An earlier event of the account with its commitment, which the next event names. */
function past(account: AccountState, n: number, readEvents: ReadAccountEvents): Past {
  const [text, next] = n < account.n ? readEvents(account, n) : [];
  if (text === undefined) {
    const message = `Account ${account.account} has no event ${n}.`;
    throw new Refusal('past-event-unknown', message, { account: account.account, n });
  }
  const { prev = account.prev }: { prev?: string } = next === undefined ? {} : JSON.parse(next);
  return { ref: { n, hash: prev }, parsed: readStored(text) };
}

/** What is left of a top-up when others of its refunds were paid. */
function refuseBeyondTopUp(
  account: AccountState,
  { type, data, n }: ParsedEvent,
  wallet: string,
  micros: bigint,
): void {
  const topUp = type === 'topup.credited' ? topUpCredited(data, '/data') : undefined;
  const settled = account.settled.get(n) ?? 0n;
  const isUndone = account.settled.has(n) && settled === 0n;
  const left = topUp?.wallet !== wallet || isUndone ? 0n : parseMicros(topUp.amount) - settled;
  if (micros > left) throw tooLarge(formatMicros(micros), left);
}

/** Zero stands for an event that was undone whole. */
function settle(account: AccountState, n: number, micros: bigint): void {
  account.settled.set(n, (account.settled.get(n) ?? 0n) + micros);
}

/** Refuses `approval-missing` where one person both asked and agreed. */
export function refuseAlone(approval: Approval | undefined): void {
  if (approval !== undefined && approval.asked !== approval.approved) return;
  throw alone('Two people decide this: one asks, and another one agrees.');
}

function alone(message: string): Refusal {
  return new Refusal('approval-missing', message);
}

function tooLarge(amount: string, left: bigint): Refusal {
  const rest = formatMicros(left);
  return new Refusal('refund-too-large', `At most ${rest} can be given back.`, {
    amount,
    left: rest,
  });
}

function refuseOtherKind(kind: AdjustmentKind, moves: Parameters<typeof isOfKind>[1]): void {
  if (isOfKind(kind, moves)) return;
  const message = `These moves are no ${kind}: see docs/formats.md, "Event data".`;
  throw new Refusal('adjustment-refused', message, { kind });
}

function refuseUncovered(moves: readonly MoneyMove[]): void {
  for (const { wallet, amount, balance } of moves) {
    if (parseMicros(amount) > 0n || parseMicros(balance) >= 0n) continue;
    const left = formatMicros(parseMicros(balance) - parseMicros(amount));
    const message = `Wallet ${wallet} holds ${left}; a transfer takes only what is there.`;
    throw new Refusal('balance-too-low', message, { wallet, left });
  }
}

function movedTo(account: AccountState, wallet: string, micros: bigint): MoneyMove {
  const balance = formatMicros((account.wallets.get(wallet) ?? 0n) + micros);
  return { wallet, amount: formatMicros(micros), balance };
}

/**
 * Where money of a method is: with its provider, if the site has taken payments by one of that name, else at
 * the desk.
 */
function bookOf({ books }: SiteState, method: string): string {
  const transit = `transit:${method}`;
  const isOfDesk = DESK_METHODS.some((one) => one === method);
  return isOfDesk || !books.has(transit) ? `cash:${method}` : transit;
}

function post(book: string, micros: bigint, { currency }: AccountState): Posting {
  return { account: book, amount: formatMicros(micros), currency };
}

/** The bill that shows what happens now, by one look at the clock: the event has the same moment. */
function periodAt({ group }: CommandContext, account: AccountState, nowMs: number): string {
  return openPeriod(account, zoneOf(group.state.zone).monthOf(nowMs));
}
