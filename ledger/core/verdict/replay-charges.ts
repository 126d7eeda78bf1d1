import { canonicalize } from '../canonical-json.ts';
import { termsSet } from '../charges/terms-course.ts';
import { parseMicros } from '../decimal.ts';
import { accountOpened, feeCharged, topUpCredited } from '../event-data.ts';
import { isMove } from '../money-moves.ts';
import { StatementSums } from '../statement.ts';
import { parseTime } from '../time.ts';
import type { Progress } from '../verdict.ts';
import { effectsOf } from '../wallet-effects.ts';
import { zoneOf } from '../zone.ts';
import { AccountEnd } from './account-end.ts';
import { BillPeriods } from './bill-periods.ts';
import { type BillSetup, checkTariffOrder, checkTerms, setUpBill } from './bill-setup.ts';
import type { Case, Opened } from './case.ts';
import { DepositReplay } from './check-deposits.ts';
import { FeeReplay } from './check-fees.ts';
import { dataOf } from './check-readings.ts';
import { judgeSurplus } from './check-surplus.ts';
import { judgeTerms } from './check-terms.ts';
import type { Dated } from './dates.ts';
import type { LayerBook } from './layers.ts';
import { MeterCourse } from './meter-course.ts';
import { checkPostings } from './postings.ts';
import { MoveReplay } from './replay-moves.ts';
import { PostedReplay } from './replay-posted.ts';
import { UsageReplay } from './replay-usage.ts';
import { TermsOrder } from './terms-order.ts';
import { checkClosing, moveWallets, openingBalances } from './wallets.ts';

/** Everything that the walk over the opened events carries along. */
export interface Walk {
  readonly opened: Case;
  readonly layers: LayerBook;
  readonly setup: BillSetup;
  readonly meters: MeterCourse;
  readonly periods: BillPeriods;
  readonly termsOrder: TermsOrder;
  readonly fees: FeeReplay;
  readonly moves: MoveReplay;
  readonly posted: PostedReplay;
  readonly deposits: DepositReplay;
  readonly balances: Map<string, bigint>;
  /** What events of later bills, inside the range, did to each wallet. */
  readonly later: Map<string, bigint>;
  readonly sums: StatementSums;
}

/** Without the replays, which are made of it. */
export type BaseWalk = Omit<Walk, 'fees' | 'moves' | 'posted'>;

const EVENTS_A_STEP = 200;

/**
 * Layers 5 and 6: goes through the account's events as the ledger did, computes each charge again
 * from readings and tariff, follows every balance, and adds up the bill, which must be the one issued.
 */
export function* replayCharges(
  opened: Case,
  dates: readonly Dated[],
  layers: LayerBook,
): Generator<Progress, void> {
  const { period, from, to, zone, currency, first } = opened.statement;
  const setup = setUpBill(opened, layers);
  const base = {
    ...{ opened, layers, setup },
    meters: new MeterCourse(opened, setup, layers),
    periods: new BillPeriods(opened),
    termsOrder: new TermsOrder(opened, zoneOf(zone)),
    deposits: new DepositReplay(),
    balances: openingBalances(opened),
    later: new Map<string, bigint>(),
    sums: new StatementSums({
      ...{ period, from, to, zone, currency, first },
      previous: opened.previous?.statement,
    }),
  };
  const replays = { fees: new FeeReplay(base), moves: new MoveReplay(base) };
  const walk: Walk = { ...base, ...replays, posted: new PostedReplay(base) };
  checkRange(walk);
  const usage = new UsageReplay(walk);
  const end = new AccountEnd(walk);
  const total = opened.openings.length;
  for (const [i, entry] of opened.openings.entries()) {
    if (i % EVENTS_A_STEP === 0) yield { layer: 5, done: i, total };
    const pointer = `/openings/${i}`;
    end.pass(entry, pointer);
    base.termsOrder.pass(entry);
    if (entry.event.type === 'usage.deducted') usage.replay(entry, pointer, i);
    else replayOther(walk, entry, pointer, i);
  }
  walk.meters.finish();
  walk.posted.finish();
  const order = checkTariffOrder(opened, walk.setup, dates, layers);
  if (usage.failed) return;
  compareStatement(walk);
  checkClosing(walk);
  conclude(walk, usage.count);
  if (!layers.failed(5)) layers.add(5, order.status, order.finding);
}

function replayOther(walk: Walk, entry: Opened, pointer: string, i: number): void {
  const { layers, sums, meters } = walk;
  const { type, n, at } = entry.event;
  const isRead = layers.guard(6, () => {
    judgeTerms(walk, entry, pointer);
    judgeSurplus(walk, entry, pointer, i);
    walk.deposits.judge(walk, entry, pointer);
  });
  // What cannot be read is said once.
  if (!isRead) return;
  if (type === 'account.transferred') {
    layers.fail(6, 'event-unsupported', { type }, pointer);
  } else if (isMove(type)) {
    layers.guard(6, () => walk.moves.replay(type, entry, pointer, i));
  } else if (type === 'topup.credited') {
    layers.guard(6, () => replayTopUp(walk, entry, pointer, i));
  } else if (type === 'fee.charged') {
    layers.guard(5, () => replayFee(walk, entry, pointer, i));
  } else if (type === 'charge.posted') {
    layers.guard(5, () => walk.posted.replay(entry, i, pointer));
  } else if (type === 'statement.issued') {
    const after = walk.opened.previous?.at ?? -1;
    const isLast = i === walk.opened.openings.length - 1;
    if (i > after && !isLast) layers.fail(6, 'statement-order', {}, pointer);
  } else if (type === 'account.opened') {
    layers.guard(6, () => checkOpened(walk, entry, pointer));
  } else if (type === 'terms.set') {
    layers.guard(5, () => replayTerms(walk, entry, pointer, i));
  } else if (type === 'meter.installed') {
    layers.guard(5, () => meters.installed(dataOf(entry.text), at, pointer));
  } else if (type === 'meter.removed') {
    layers.guard(5, () => sums.range.restarted(meters.removed(dataOf(entry.text))));
  } else if (type === 'reading.released') {
    layers.guard(4, () => sums.range.restarted(meters.released(dataOf(entry.text), pointer)));
  } else if (type === 'reading.held') {
    layers.guard(4, () => {
      const { meter, reason } = meters.held(dataOf(entry.text), pointer);
      sums.range.held(n, meter, reason);
    });
  }
}

/** From here on the events of the chain are held against these terms. */
function replayTerms(walk: Walk, { event, text }: Opened, pointer: string, i: number): void {
  const { setup, opened, layers, termsOrder } = walk;
  const set = termsSet(dataOf(text), '/data');
  const { from } = set;
  if (termsOrder.isLate(set, i)) layers.fail(5, 'terms-late', { from }, pointer);
  setup.terms.add(set, parseTime(event.at), zoneOf(opened.statement.zone));
}

function replayTopUp(walk: Walk, entry: Opened, pointer: string, i: number): void {
  const { layers, opened, sums, periods } = walk;
  const data = topUpCredited(dataOf(entry.text), '/data');
  const { at, n } = entry.event;
  const { period, amount } = data;
  const micros = parseMicros(amount);
  if (data.split === undefined) checkPostings(walk, data, pointer, 'credit');
  if (micros <= 0n) layers.fail(6, 'amount-not-positive', {}, pointer);
  const expected = periods.expected(i, at, period, 'moment');
  if (period !== expected)
    layers.fail(6, 'period-differs', { n, found: period, expected }, pointer);
  sums.range.money(n, period);
  moveWallets(walk, effectsOf('topup.credited', data), pointer);
  if (period === opened.statement.period) sums.addTopUp(n, data);
}

function replayFee(walk: Walk, entry: Opened, pointer: string, i: number): void {
  const { layers, sums, periods } = walk;
  const { at, n } = entry.event;
  const data = feeCharged(dataOf(entry.text), '/data');
  const expected = periods.expected(i, at, data.period, 'end');
  if (data.period !== expected) {
    layers.fail(5, 'period-differs', { n, found: data.period, expected }, pointer);
  }
  sums.range.money(n, data.period);
  walk.fees.replay(entry, i, pointer);
  moveWallets(walk, effectsOf('fee.charged', data), pointer);
}

function checkOpened({ layers, opened }: Walk, { event, text }: Opened, pointer: string): void {
  const terms = accountOpened(dataOf(text), '/data');
  checkTerms(opened, layers, 6, terms, pointer);
  if (event.n > 0) layers.fail(6, 'currency-differs', { found: terms.currency }, pointer);
}

/** The range must begin where the bill before left off: at it, or at the first event it left over. */
function checkRange({ opened, layers, periods }: Walk): void {
  const { first, period, from, to } = opened.statement;
  const { previous, statementEvent } = opened;
  const start = opened.openings[0]?.event.n ?? 0;
  const issued = opened.openings[previous?.at ?? 0]?.event.n ?? 0;
  const expected = previous === undefined ? 0 : (previous.statement.open ?? issued);
  if (start !== first || (previous !== undefined && first !== expected)) {
    layers.fail(6, 'range-differs', { found: start, expected }, '/openings');
  }
  if (previous === undefined && start !== 0) {
    layers.fail(6, 'opening-missing', { first: start }, '/openings');
  }
  if (previous !== undefined) {
    checkTerms(opened, layers, 6, previous.statement, `/openings/${previous.at}`);
  }
  if (previous !== undefined && previous.statement.period >= period) {
    layers.fail(6, 'statement-order', { found: previous.statement.period }, '/openings');
  }
  if (!periods.areBounds(from, to) || parseTime(statementEvent.at) < parseTime(to)) {
    layers.fail(6, 'period-bounds', { period, from, to }, '/openings');
  }
}

/** The issued statement must be, to the byte, the one that the events add up to. */
function compareStatement(walk: Walk): void {
  const expected = canonicalize(walk.sums.issue());
  const found = canonicalize(walk.opened.statement);
  if (expected === found) return;
  const difference = firstDifference(JSON.parse(expected), JSON.parse(found), '');
  walk.layers.fail(6, 'statement-differs', difference, '/openings');
}

function firstDifference(
  expected: unknown,
  found: unknown,
  pointer: string,
): { pointer: string; expected: string; found: string } {
  if (typeof expected === 'object' && typeof found === 'object' && expected && found) {
    const right: Record<string, unknown> = { ...found };
    const left: Record<string, unknown> = { ...expected };
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      if (JSON.stringify(left[key]) === JSON.stringify(right[key])) continue;
      return firstDifference(left[key], right[key], `${pointer}/${key}`);
    }
  }
  const show = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 120);
  return { pointer, expected: show(expected), found: show(found) };
}

function conclude(walk: Walk, usageCount: number): void {
  const { layers, opened } = walk;
  const { lines, opening, credits, charges, closing } = opened.statement;
  if (!layers.failed(5)) {
    const versions = new Set(lines.map(({ tariff }) => tariff.hash)).size;
    const params = { lines: lines.length, events: usageCount, versions };
    layers.add(5, 'verified', { code: 'tariff-ok', params });
  }
  if (!layers.failed(6)) {
    layers.add(6, 'verified', { code: 'money-ok', params: { opening, credits, charges, closing } });
  }
}
