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
  readonly approval: Approval;
  readonly reference?: string | undefined;
}

/**
 * Posts between books of the house, such as a provider's fee or a payout: no tenant's wallet is touched. Two
 * people decide (`approval-missing`). Refuses `entry-refused` for books that are not of the house, for one
 * named twice, and for postings that do not add up to zero.
 */
export function postEntry(context: CommandContext, command: PostEntry): CommandResult {
  const { appender, group } = context;
  const { approval, reason, reference } = command;
  refuseAlone(approval);
  const { currency } = group.state;
  const postings = command.postings.map(({ book, amount }) => {
    return { account: book, amount: formatMicros(parseMicros(amount)), currency };
  });
  if (!isEntry(postings)) {
    const message = 'An entry is between books of the house, each named once, and adds up to zero.';
    throw new Refusal('entry-refused', message);
  }
  // No tenant's chain: it has entries and closings, and no wallet.
  const account = houseAccount(context, BOOKS_ACCOUNT);
  const data = {
    ...{ kind: 'entry', moves: [], reason, postings, approval: { ...approval } },
    period: openPeriod(account, zoneOf(group.state.zone).monthOf(appender.now())),
    ...(reference === undefined ? {} : { reference }),
  };
  adjustmentPosted(data, '/data');
  const { n, leaf, period } = appendMove(context, account, 'adjustment.posted', data, data);
  return { account: BOOKS_ACCOUNT, n, leaf, period };
}
