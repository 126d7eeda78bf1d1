import { formatMicros, parseMicros } from '../core/decimal.ts';
import { type Approval, adjustmentPosted, BOOKS_ACCOUNT, isEntry } from '../core/money-moves.ts';
import { Refusal } from '../core/refusal.ts';
import { formatTime } from '../core/time.ts';
import { zoneOf } from '../core/zone.ts';
import type { CommandContext, CommandResult } from './commands.ts';
import type { AccountState } from './site-state.ts';

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
  if (approval.asked === approval.approved) {
    const message = 'Two people decide this: one asks, and another one agrees.';
    throw new Refusal('approval-missing', message);
  }
  const { currency } = group.state;
  const postings = command.postings.map(({ book, amount }) => {
    return { account: book, amount: formatMicros(parseMicros(amount)), currency };
  });
  if (!isEntry(postings)) {
    const message = 'An entry is between books of the house, each named once, and adds up to zero.';
    throw new Refusal('entry-refused', message);
  }
  const account = booksAccount(context);
  const data = {
    ...{ kind: 'entry', moves: [], reason, postings, approval: { ...approval } },
    period: zoneOf(group.state.zone).monthOf(appender.now()),
    ...(reference === undefined ? {} : { reference }),
  };
  adjustmentPosted(data, '/data');
  const { n } = account;
  const leaf = appender.append(group, account, 'adjustment.posted', data);
  for (const { account: book, amount } of postings) group.state.post(book, parseMicros(amount));
  if (!account.periodStarts.has(data.period)) account.periodStarts.set(data.period, n);
  return { account: BOOKS_ACCOUNT, n, leaf, period: data.period };
}

/** The chain that entries are in: no tenant's, without wallets; opened with its first entry. */
function booksAccount({ appender, group }: CommandContext): AccountState {
  const { state } = group;
  const known = state.accounts.get(BOOKS_ACCOUNT);
  if (known !== undefined) return known;
  const nowMs = appender.now();
  const account = state.newAccount(BOOKS_ACCOUNT, formatTime(nowMs));
  const data = { currency: state.currency, zone: state.zone };
  appender.append(group, account, 'account.opened', data, nowMs);
  group.directory.push({ kind: 'account', id: BOOKS_ACCOUNT, doc: '{}' });
  return account;
}
