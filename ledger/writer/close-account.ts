import { accountClosed } from '../core/account-end.ts';
import { formatMicros } from '../core/decimal.ts';
import { SUSPENSE_ACCOUNT } from '../core/money-moves.ts';
import { Refusal } from '../core/refusal.ts';
import { formatTime } from '../core/time.ts';
import { accountOf, type CommandContext, type CommandResult } from './commands.ts';
import { refuseAgainstTerms } from './wallet-terms.ts';

export interface CloseAccount {
  readonly account: string;
  readonly reason: string;
}

/**
 * Ends an account for good: no charge, no money and no meter after it, only the bill that is due. Refuses
 * `account-closed`, `account-has-meters`, `account-has-money` while any wallet is not zero or a deposit is kept,
 * `terms-broken` while it owes a debt that was put aside or emergency credit.
 */
export function closeAccount(context: CommandContext, command: CloseAccount): CommandResult {
  const { appender, group } = context;
  const account = accountOf(group.state, command.account);
  const { account: id } = account;
  if (id === SUSPENSE_ACCOUNT) {
    throw new Refusal('account-unknown', 'That is no tenant’s account.', { account: id });
  }
  const data = accountClosed({ reason: command.reason }, '');
  for (const meter of group.state.meters.values()) {
    if (meter.binding === undefined || meter.account !== id) continue;
    throw new Refusal('account-has-meters', `Remove meter ${meter.meter} from ${id} first.`, {
      ...{ account: id, meter: meter.meter },
    });
  }
  for (const [wallet, micros] of account.wallets) {
    if (micros === 0n) continue;
    const balance = formatMicros(micros);
    throw new Refusal(
      'account-has-money',
      `Wallet ${wallet} of ${id} has ${balance}: pay it back, carry it over, or collect it first.`,
      { account: id, wallet, balance },
    );
  }
  for (const [deposit, { left }] of account.deposits.held) {
    if (left === 0n) continue;
    const balance = formatMicros(left);
    throw new Refusal(
      'account-has-money',
      `Deposit ${deposit} of ${id}: return ${balance} first.`,
      {
        ...{ account: id, wallet: deposit, balance },
      },
    );
  }
  const { n } = account;
  const nowMs = appender.now();
  const ended = { type: 'account.closed', at: formatTime(nowMs), data };
  refuseAgainstTerms(group.state, account, ended);
  const leaf = appender.append(group, account, 'account.closed', { ...data }, nowMs);
  account.closedAt = formatTime(nowMs);
  // Of the months that have events but no bill: those are still to be issued.
  return { account: id, n, leaf, statements: [...account.periodStarts.keys()].sort() };
}
