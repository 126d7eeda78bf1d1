import { formatMicros, parseMicros } from '../decimal.ts';
import type { Posting } from '../event-data.ts';
import type { Walk } from './replay-charges.ts';

/**
 * Double entry of a top-up or a fee: two postings that sum to zero, the wallet's own one and that of
 * the other side, which is cash or revenue and never the wallet of somebody else.
 */
export function checkPostings(
  walk: Pick<Walk, 'opened' | 'layers'>,
  data: { readonly wallet: string; readonly amount: string; readonly postings: readonly Posting[] },
  pointer: string,
  kind: 'credit' | 'charge',
): void {
  const { wallet, postings } = data;
  const { statementEvent, statement } = walk.opened;
  const micros = kind === 'charge' ? parseMicros(data.amount) : -parseMicros(data.amount);
  const sum = postings.reduce((all, { amount }) => all + parseMicros(amount), 0n);
  if (sum !== 0n) {
    walk.layers.fail(6, 'postings-unbalanced', { sum: formatMicros(sum) }, pointer);
    return;
  }
  const book = `prepaid:${statementEvent.account}:${wallet}`;
  const own = postings.filter(({ account }) => account === book);
  const others = postings.filter(({ account }) =>
    kind === 'charge'
      ? account === `revenue:${wallet}`
      : /^(cash|transit|clearing)(:|$)/.test(account),
  );
  const currency = postings.every((posting) => posting.currency === statement.currency);
  const whole = own.length === 1 && others.length === 1 && postings.length === 2;
  if (whole && currency && own[0]?.amount === formatMicros(micros)) return;
  walk.layers.fail(6, 'postings-differ', { wallet, expected: formatMicros(micros) }, pointer);
}
