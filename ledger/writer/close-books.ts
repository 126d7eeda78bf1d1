import { booksClosed } from '../core/books-closing.ts';
import { type Approval, BOOKS_ACCOUNT } from '../core/money-moves.ts';
import { applyClosing, closingFault } from './closed-books.ts';
import { type CommandContext, type CommandResult, houseAccount } from './commands.ts';
import { refuseAlone } from './move-money.ts';

export interface CloseBooks {
  readonly period: string;
  readonly approval: Approval;
}

/**
 * Closes the general ledger of a month, and with it all before. Each tenant's bill of it must have been issued:
 * so whatever comes later goes into a later bill, and into a later month of the books. Two people decide
 * (`approval-missing`). Refuses `period-not-ended`, `books-closed`, `bills-open`.
 */
export function closeBooks(context: CommandContext, command: CloseBooks): CommandResult {
  const { appender, group } = context;
  const { period, approval } = command;
  refuseAlone(approval);
  const nowMs = appender.now();
  const fault = closingFault(group.state, period, nowMs);
  if (fault !== undefined) throw fault;
  const account = houseAccount(context, BOOKS_ACCOUNT);
  const data = { period, approval: { ...approval } };
  booksClosed(data, '/data');
  const { n } = account;
  const leaf = appender.append(group, account, 'books.closed', data, nowMs);
  applyClosing(group.state, period);
  return { account: BOOKS_ACCOUNT, n, leaf, period };
}
