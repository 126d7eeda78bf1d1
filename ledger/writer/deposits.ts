import type { JsonObject } from '../core/canonical-json.ts';
import { formatMicros, parseMicros } from '../core/decimal.ts';
import { depositPostings, depositReturned, depositTaken } from '../core/deposits.ts';
import { type Approval, SUSPENSE_ACCOUNT } from '../core/money-moves.ts';
import { Refusal } from '../core/refusal.ts';
import { ID } from '../core/shape.ts';
import { accountOf, type CommandContext, type CommandResult } from './commands.ts';
import { refuseAlone } from './move-money.ts';
import type { AccountState, SiteState } from './site-state.ts';

export interface TakeDeposit {
  readonly account: string;
  /** Our number of it, never used before in the account. */
  readonly deposit: string;
  readonly amount: string;
  readonly method: string;
  readonly reference?: string | undefined;
}
export interface ReturnDeposit extends TakeDeposit {
  readonly reason: string;
  readonly approval: Approval;
}

/** Takes a deposit at the desk. Refuses `deposit-exists`, `amount-not-positive`, `bad-method`. */
export function takeDeposit(context: CommandContext, command: TakeDeposit): CommandResult {
  const { appender, group } = context;
  const { deposit, amount, method, reference } = command;
  const account = tenantOf(group.state, command.account);
  refuseBadForm(command);
  if (account.deposits.held.has(deposit)) {
    const message = `Deposit ${deposit} was taken before. Give this one another number.`;
    throw new Refusal('deposit-exists', message, { deposit });
  }
  const postings = depositPostings(account, command, parseMicros(amount));
  const nowMs = appender.now();
  const data: JsonObject = {
    ...{ deposit, amount, method, period: group.state.localMonth(nowMs) },
    postings: postings.map((posting) => ({ ...posting })),
    ...(reference === undefined ? {} : { reference }),
  };
  depositTaken(data, '/data');
  const { n } = account;
  const leaf = appender.append(group, account, 'deposit.taken', data, nowMs);
  for (const { account: book, amount: moved } of postings) {
    group.state.post(book, parseMicros(moved));
  }
  return { account: account.account, deposit, amount, left: amount, n, leaf };
}

/**
 * Returns a deposit, whole or in part; two people decide (`approval-missing`). Refuses `deposit-unknown`, and
 * `deposit-too-small` beyond what is left of it.
 */
export function returnDeposit(context: CommandContext, command: ReturnDeposit): CommandResult {
  const { appender, group } = context;
  const { deposit, amount, method, reason, approval, reference } = command;
  const account = tenantOf(group.state, command.account);
  refuseAlone(approval);
  refuseBadForm(command);
  const held = account.deposits.held.get(deposit);
  if (held === undefined) {
    throw new Refusal('deposit-unknown', `There is no deposit ${deposit}.`, { deposit });
  }
  const micros = parseMicros(amount);
  if (micros > held.left) {
    const left = formatMicros(held.left);
    throw new Refusal('deposit-too-small', `${left} of deposit ${deposit} is left.`, {
      ...{ deposit, left },
    });
  }
  const postings = depositPostings(account, command, -micros);
  const nowMs = appender.now();
  const data: JsonObject = {
    ...{ of: { n: held.n, hash: held.hash }, deposit, amount, method, reason },
    period: group.state.localMonth(nowMs),
    ...{ approval: { ...approval }, postings: postings.map((posting) => ({ ...posting })) },
    ...(reference === undefined ? {} : { reference }),
  };
  depositReturned(data, '/data');
  const { n } = account;
  const leaf = appender.append(group, account, 'deposit.returned', data, nowMs);
  for (const { account: book, amount: moved } of postings) {
    group.state.post(book, parseMicros(moved));
  }
  const left = formatMicros(held.left - micros);
  return { account: account.account, deposit, amount, left, n, leaf };
}

function tenantOf(state: SiteState, id: string): AccountState {
  const account = accountOf(state, id);
  if (account.account !== SUSPENSE_ACCOUNT) return account;
  throw new Refusal('account-unknown', 'Nobody leaves a deposit in suspense.', { account: id });
}

function refuseBadForm({ deposit, amount, method }: TakeDeposit): void {
  if (!ID.test(method)) {
    throw new Refusal('bad-method', 'Name the method of payment, such as cash.');
  }
  if (!ID.test(deposit)) {
    throw new Refusal('bad-shape', 'A deposit has a number of 1 to 64 letters and digits.', {
      pointer: '/deposit',
    });
  }
  if (parseMicros(amount) > 0n) return;
  throw new Refusal('amount-not-positive', 'A deposit is more than zero.', { amount });
}
