import { booksClosed } from '../core/books-closing.ts';
import { isOfDrawer } from '../core/cash-shift.ts';
import type { LedgerEvent } from '../core/event.ts';
import { type Approval, adjustmentPosted, BOOKS_ACCOUNT, isEntry } from '../core/money-moves.ts';

/**
 * What is wrong with an event as an entry or a closing of the books: these stand in the chain of the books and
 * nowhere else, and nothing else stands there; they move no wallet and add up to zero.
 */
export function entryFault({ type, account, data }: LedgerEvent): string | undefined {
  const isOfBooks = account === BOOKS_ACCOUNT;
  if (type === 'account.opened') return undefined;
  if (type === 'books.closed') {
    if (!isOfBooks) return 'A closing stands in an account’s chain.';
    return isDecidedByTwo(booksClosed(data, '/data').approval)
      ? undefined
      : 'A closing was decided by one person.';
  }
  if (type !== 'adjustment.posted') {
    return isOfBooks ? `The books have a ${type}.` : undefined;
  }
  const posted = adjustmentPosted(data, '/data');
  const { kind, moves, postings, approval } = posted;
  if (!isOfBooks) return kind === 'entry' ? 'An entry stands in an account’s chain.' : undefined;
  if (kind !== 'entry') return `The books have an adjustment of kind ${kind}.`;
  if (moves.length > 0) return 'An entry moves a wallet.';
  if (!isDecidedByTwo(approval) && !isOfDrawer(posted)) {
    return 'An entry was decided by one person.';
  }
  return isEntry(postings) ? undefined : 'An entry is not between books of the house, or not zero.';
}

function isDecidedByTwo(approval: Approval | undefined): boolean {
  return approval !== undefined && approval.asked !== approval.approved;
}
