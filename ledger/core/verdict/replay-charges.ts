import { canonicalize } from '../canonical-json.ts';
import { formatMicros, parseMicros } from '../decimal.ts';
import { type FeeCharged, feeCharged, topUpCredited } from '../event-data.ts';
import { feeAmount, monthlyFee } from '../fees.ts';
import { Refusal } from '../refusal.ts';
import { StatementSums } from '../statement.ts';
import type { TariffFee } from '../tariff.ts';
import type { TariffVersion } from '../tariff-book.ts';
import { parseTime } from '../time.ts';
import type { Progress } from '../verdict.ts';
import { zoneOf } from '../zone.ts';
import { type BillSetup, checkTariffOrder, setUpBill } from './bill-setup.ts';
import type { Case, Opened } from './case.ts';
import { dataOf } from './check-readings.ts';
import type { LayerBook } from './layers.ts';
import { UsageReplay } from './replay-usage.ts';
import { checkClosing, effectOf, moveWallet, openingBalances } from './wallets.ts';

/** Everything that the walk over the opened events carries along. */
export interface Walk {
  readonly opened: Case;
  readonly layers: LayerBook;
  readonly setup: BillSetup;
  readonly balances: Map<string, bigint>;
  /** What events of later bills, inside the range, did to each wallet. */
  readonly later: Map<string, bigint>;
  readonly sums: StatementSums;
  /** Fees met so far, as `month/tariff/version/fee`: each is due once. */
  readonly fees: Set<string>;
}

const EVENTS_A_STEP = 200;

/**
 * Layers 5 and 6: goes through the account's events as the ledger did, computes each charge again
 * from readings and tariff, follows every balance, and adds up the bill, which must be the one issued.
 */
export function* replayCharges(opened: Case, layers: LayerBook): Generator<Progress, void> {
  const { period, from, to, zone, currency, first } = opened.statement;
  const walk: Walk = {
    opened,
    layers,
    setup: setUpBill(opened, layers),
    balances: openingBalances(opened),
    later: new Map(),
    fees: new Set(),
    sums: new StatementSums({
      ...{ period, from, to, zone, currency, first },
      previous: opened.previous?.statement,
    }),
  };
  const usage = new UsageReplay(walk);
  const total = opened.openings.length;
  for (const [i, entry] of opened.openings.entries()) {
    if (i % EVENTS_A_STEP === 0) yield { layer: 5, done: i, total };
    const pointer = `/openings/${i}`;
    if (entry.event.type === 'usage.deducted') usage.replay(entry, pointer);
    else replayOther(walk, entry, pointer, i);
  }
  usage.finish();
  checkTariffOrder(opened, walk.setup, layers);
  checkRange(opened, layers);
  compareStatement(walk);
  checkClosing(walk);
  conclude(walk, usage.count);
}

function replayOther(walk: Walk, entry: Opened, pointer: string, i: number): void {
  const { opened, layers } = walk;
  const { type } = entry.event;
  if (type === 'topup.credited') {
    const data = topUpCredited(dataOf(entry.text), '/data');
    checkPostings(walk, data, -parseMicros(data.amount), pointer);
    if (parseMicros(data.amount) <= 0n) layers.fail(6, 'amount-not-positive', {}, pointer);
  } else if (type === 'fee.charged') {
    checkFee(walk, dataOf(entry.text), entry.event.at, pointer);
  } else if (type === 'statement.issued') {
    const later = i < opened.openings.length - 1 && i !== opened.previous?.at;
    if (later && i > (opened.previous?.at ?? -1)) layers.fail(6, 'statement-order', {}, pointer);
    return;
  } else if (MOVES_MONEY.has(type)) {
    layers.fail(6, 'event-unsupported', { type }, pointer);
    return;
  }
  const effect = effectOf(type, dataOf(entry.text));
  if (effect === undefined) return;
  moveWallet(walk, effect, pointer);
  if (effect.period !== opened.statement.period) return;
  if (type === 'topup.credited') walk.sums.addCredit(effect.wallet, effect.micros);
}

/** Types that move money in ways this version of the verifier does not know: never passed over. */
const MOVES_MONEY = new Set([
  'refund.paid',
  'reversal.posted',
  'adjustment.posted',
  'account.transferred',
]);

function checkFee(walk: Walk, raw: unknown, at: string, pointer: string): void {
  const data = feeCharged(raw, '/data');
  const { layers, setup, opened } = walk;
  const version = setup.book
    .versions(data.tariff.id)
    .find(({ ref }) => ref.version === data.tariff.version && ref.hash === data.tariff.hash);
  const fee = version?.tariff.fees.find(({ fee: name }) => name === data.fee);
  if (data.period === opened.statement.period) {
    if (version === undefined || fee === undefined) {
      layers.fail(5, 'fee-unknown', { fee: data.fee, tariff: data.tariff.id }, pointer);
    } else {
      const due = feeDue(walk, version, fee, data, at);
      const expected = formatMicros(due.amountMicros);
      if (!due.asStated || expected !== data.amount) {
        layers.fail(5, 'fee-differs', { fee: data.fee, found: data.amount, expected }, pointer);
      }
    }
    const { fee: name, tariff, days, of, amount, wallet } = data;
    walk.sums.addFee({ fee: name, tariff, days, of, amount, wallet });
  }
  checkPostings(walk, data, parseMicros(data.amount), pointer);
}

/**
 * What a fee may be at most: once for a month, which ends at the event's time and is not after the
 * bill's, for no more days than the tariff version was in force. When the meter was installed in
 * that month is the ledger's own statement.
 */
function feeDue(
  walk: Walk,
  version: TariffVersion,
  fee: TariffFee,
  data: FeeCharged,
  at: string,
): { amountMicros: bigint; asStated: boolean } {
  const { tariff, zone } = version;
  const endMs = parseTime(at);
  const month = zone.monthOf(endMs - 1);
  const key = `${month}/${tariff.id}/${tariff.version}/${fee.fee}`;
  const most = monthlyFee(tariff, fee, month, version.fromMs, version.toMs);
  const isMonth = zone.nextMonthStart(endMs - 1) === endMs && month <= data.period;
  if (!isMonth || walk.fees.has(key)) return { amountMicros: 0n, asStated: false };
  walk.fees.add(key);
  const days = Math.min(data.days, most.days);
  const asStated = days === data.days && data.of === most.of;
  return { amountMicros: feeAmount(tariff, fee, days, most.of), asStated };
}

/** Double entry: two postings, the wallet's own with `micros`, and they sum to zero. */
function checkPostings(
  walk: Walk,
  data: Pick<ReturnType<typeof topUpCredited>, 'wallet' | 'postings'>,
  micros: bigint,
  pointer: string,
): void {
  const { statementEvent, statement } = walk.opened;
  const book = `prepaid:${statementEvent.account}:${data.wallet}`;
  const sum = data.postings.reduce((all, { amount }) => all + parseMicros(amount), 0n);
  const own = data.postings.filter(({ account }) => account === book);
  const currency = data.postings.every((posting) => posting.currency === statement.currency);
  if (sum !== 0n) {
    walk.layers.fail(6, 'postings-unbalanced', { sum: formatMicros(sum) }, pointer);
  } else if (!currency || own.length !== 1 || own[0]?.amount !== formatMicros(micros)) {
    const params = { wallet: data.wallet, expected: formatMicros(micros) };
    walk.layers.fail(6, 'postings-differ', params, pointer);
  }
}

/** The range must begin where the bill's own first event, or the bill before, stands. */
function checkRange(opened: Case, layers: LayerBook): void {
  const { first, period, from, to, zone } = opened.statement;
  const start = opened.openings[0]?.event.n ?? 0;
  if (start !== first)
    layers.fail(6, 'range-differs', { found: start, expected: first }, '/openings');
  if (opened.previous === undefined && start !== 0) {
    layers.fail(6, 'opening-missing', { first: start }, '/openings');
  }
  if (opened.previous !== undefined && opened.previous.statement.period >= period) {
    layers.fail(6, 'statement-order', { found: opened.previous.statement.period }, '/openings');
  }
  const startMs = parseTime(from);
  const local = zoneOf(zone);
  if (local.monthOf(startMs) !== period || local.nextMonthStart(startMs) !== parseTime(to)) {
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
  if (opened.openings.length === 0) throw new Refusal('statement-missing', 'Nothing was opened.');
}
