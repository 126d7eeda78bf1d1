import { isOfDrawer } from '../core/cash-shift.ts';
import { formatMicros, parseMicros } from '../core/decimal.ts';
import { type Approval, adjustmentPosted, BOOKS_ACCOUNT, isEntry } from '../core/money-moves.ts';
import { Refusal } from '../core/refusal.ts';
import { zoneOf } from '../core/zone.ts';
import { type CommandContext, type CommandResult, houseAccount, openPeriod } from './commands.ts';
import { appendMove, refuseAlone } from './move-money.ts';

export interface PostEntry {
  /** Debits positive, credits negative; at least two books, which add up to zero. */
  readonly postings: readonly { readonly book: string; readonly amount: string }[];
  readonly reason: string;
  readonly approval?: Approval | undefined;
  /** A drawer's small difference: the cashier who posts it alone (`isOfDrawer`). */
  readonly order?: string | undefined;
  readonly reference?: string | undefined;
}

/**
 * Posts between books of the house, such as a provider's fee or a payout: no tenant's wallet is touched. Two
 * people decide (`approval-missing`), but for a drawer's small difference. Refuses `entry-refused` for books that are not of the house, for one
 * named twice, and for postings that do not add up to zero.
 */
export function postEntry(context: CommandContext, command: PostEntry): CommandResult {
  const { appender, group } = context;
  const { approval, reason, reference, order } = command;
  const { currency } = group.state;
  const postings = command.postings.map(({ book, amount }) => {
    return { account: book, amount: formatMicros(parseMicros(amount)), currency };
  });
  if (!isEntry(postings)) {
    const message = 'An entry is between books of the house, each named once, and adds up to zero.';
    throw new Refusal('entry-refused', message);
  }
  const nowMs = appender.now();
  const month = zoneOf(group.state.zone).monthOf(nowMs);
  const decided = {
    ...{ kind: 'entry', moves: [], reason, postings },
    ...(approval === undefined ? {} : { approval: { ...approval } }),
    ...(order === undefined ? {} : { order }),
    period: month,
    ...(reference === undefined ? {} : { reference }),
  };
  if (!isOfDrawer(adjustmentPosted(decided, '/data'))) refuseAlone(approval);
  // No tenant's chain: it has entries and closings, and no wallet.
  const account = houseAccount(context, BOOKS_ACCOUNT);
  const data = { ...decided, period: openPeriod(account, month) };
  const { n, leaf, period } = appendMove(context, account, 'adjustment.posted', data, {
    ...data,
    nowMs,
  });
  return { account: BOOKS_ACCOUNT, n, leaf, period };
}
