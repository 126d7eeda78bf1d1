import { parseMicros } from '../decimal.ts';
import { SITE_ACCOUNT } from '../event.ts';
import { statementIssued } from '../event-data.ts';
import { adjustmentPosted, type PastEvent } from '../money-moves.ts';
import {
  gridBillRecorded,
  isFairPart,
  isSettledRight,
  type PassThroughSettled,
  passThroughPolicy,
  passThroughSettled,
} from '../pass-through.ts';
import type { Case, Opened } from './case.ts';
import { dataOf } from './check-readings.ts';
import type { Walk } from './replay-charges.ts';

/**
 * A surplus that goes back (layer 6): the grid's bills and the policy that the settled period names give what was
 * due, and the account's part is in proportion to what its own statement of that period charged.
 */
export function judgeSurplus(walk: Walk, entry: Opened, pointer: string, i: number): void {
  if (entry.event.type !== 'adjustment.posted') return;
  const { kind, moves, share } = adjustmentPosted(dataOf(entry.text), '/data');
  if (share === undefined) return;
  const { opened, layers } = walk;
  const [move, more] = moves;
  const told = settledIn(opened, share.settled);
  const billed = statementOf(opened, share.statement);
  if (told === undefined || billed === undefined) {
    const { n } = told === undefined ? share.settled : share.statement;
    layers.fail(6, 'past-event-missing', { n }, pointer);
    return;
  }
  const wallet = billed.wallets.find((line) => line.wallet === told.wallet);
  const isItsOwn =
    kind === 'surplus' &&
    more === undefined &&
    move?.wallet === told.wallet &&
    billed.period === told.period &&
    isFairPart(parseMicros(move.amount), parseMicros(wallet?.charges ?? '0.000000'), told);
  const again = opened.openings.slice(0, i).some(({ text }) => text.includes(share.settled.hash));
  if (isItsOwn && !again && isRight(opened, told)) return;
  const params = { period: told.period, amount: move?.amount ?? '0.000000' };
  layers.fail(6, 'surplus-differs', params, pointer);
}

function isRight(opened: Case, told: PassThroughSettled): boolean {
  const policy = siteFact(opened, told.policy, 'policy.published');
  const bills = told.bills.map((bill) => siteFact(opened, bill, 'gridbill.recorded'));
  if (bills.includes(undefined) || policy === undefined) return false;
  return isSettledRight({
    told,
    policy: passThroughPolicy(policy, '/data'),
    bills: bills.map((bill) => gridBillRecorded(bill, '/data')),
  });
}

function settledIn(opened: Case, place: PastEvent): PassThroughSettled | undefined {
  const data = siteFact(opened, place, 'passthrough.settled');
  return data === undefined ? undefined : passThroughSettled(data, '/data');
}

function siteFact({ facts }: Case, { n, hash }: PastEvent, type: string): unknown {
  return facts.find(
    ({ event, commitment }) =>
      commitment === hash && event.n === n && event.account === SITE_ACCOUNT && event.type === type,
  )?.event.data;
}

/** A statement of this account, opened here or proven beside. */
function statementOf({ openings, facts, statementEvent }: Case, { n, hash }: PastEvent) {
  const { account } = statementEvent;
  const own = openings.find(({ commitment }) => commitment === hash);
  const fact = facts.find(({ event, commitment }) => {
    return commitment === hash && event.account === account;
  });
  const event = own?.event ?? fact?.event;
  if (event?.n !== n || event.type !== 'statement.issued') return undefined;
  return statementIssued(own === undefined ? fact?.event.data : dataOf(own.text), '/data');
}
