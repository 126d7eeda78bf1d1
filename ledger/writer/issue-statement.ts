import type { JsonObject } from '../core/canonical-json.ts';
import { chargePosted } from '../core/charges/charge-posted.ts';
import { formatMicros, parseMicros } from '../core/decimal.ts';
import {
  type FeeCharged,
  feeCharged,
  type MeterInstalled,
  meterInstalled,
  statementIssued,
  type TopUpCredited,
  topUpCredited,
  type UsageDeducted,
  usageDeducted,
} from '../core/event-data.ts';
import { isMove, type MoveType } from '../core/money-moves.ts';
import type { RangeData } from '../core/open-range.ts';
import { Refusal } from '../core/refusal.ts';
import { StatementSums } from '../core/statement.ts';
import { formatTime, parseTime } from '../core/time.ts';
import { effectsOf } from '../core/wallet-effects.ts';
import type { CourseEvent } from '../core/wallet-terms.ts';
import { zoneOf } from '../core/zone.ts';
import { closeCharges } from './close-charges.ts';
import {
  accountOf,
  anyAccountOf,
  type CommandContext,
  type CommandResult,
  periodParts,
  refuseUnfinished,
} from './commands.ts';
import type { AccountState, SiteState } from './site-state.ts';

/** Reads events of an account by `n`, in order; those of the group under way included. */
export type ReadAccountEvents = (account: AccountState, fromN: number) => Iterable<string>;

/** Closes an account's bill of a local month. Refuses `period-not-ended`, `statement-order`. */
export function issueStatement(
  context: CommandContext,
  command: { readonly account: string; readonly period: string },
  readEvents: ReadAccountEvents,
): CommandResult {
  const { appender, group } = context;
  const { state } = group;
  const account = anyAccountOf(state, command.account);
  const { period } = command;
  const zone = zoneOf(state.zone);
  const startMs = zone.startOfMonth(...periodParts(period));
  const endMs = zone.nextMonthStart(startMs);
  refuseUnfinished(context, endMs, period);
  refuseOutOfOrder(account, period);
  // After its last one a closed account has no bill.
  if (!account.periodStarts.has(period)) accountOf(state, command.account);
  const previous = account.lastStatement;
  const first = previous === undefined ? 0 : (previous.data.open ?? previous.n);
  const sums = new StatementSums({
    period,
    from: formatTime(startMs),
    to: formatTime(endMs),
    zone: state.zone,
    currency: account.currency,
    first,
    previous: previous?.data,
  });
  const bindings = new Map<string, MeterInstalled>();
  let at = first;
  for (const text of readEvents(account, first)) {
    addEvent(sums, state, bindings, text, period, at);
    at += 1;
  }
  const left = closeCharges(context, account, period, sums);
  const data = sums.issue();
  const { n } = account;
  const id = appender.nextId();
  const event: JsonObject = JSON.parse(JSON.stringify(data));
  statementIssued(event, '/data');
  const leaf = appender.append(group, account, 'statement.issued', event, appender.now(), id);
  group.statements.push({ id, account: account.account, period, n, leaf });
  account.lastStatement = { n, leaf, data };
  closePeriod(account, period);
  return {
    id,
    account: account.account,
    period,
    n,
    leaf,
    total: data.total,
    closing: data.closing,
    ...(left.length === 0 ? {} : { left }),
  };
}

/** Nothing goes into this bill or an earlier one any more. */
export function closePeriod(account: AccountState, period: string): void {
  account.firstOpen = monthAfter(period);
  for (const month of account.periodStarts.keys()) {
    if (month <= period) account.periodStarts.delete(month);
  }
  for (const key of account.parking.keys()) {
    if (key.slice(0, 7) <= period) account.parking.delete(key);
  }
}

/** The month after, as `2027-01`. */
export function monthAfter(period: string): string {
  const [year, month] = periodParts(period);
  const next = month === 12 ? [year + 1, 1] : [year, month + 1];
  return next.map((part, i) => String(part).padStart(i === 0 ? 4 : 2, '0')).join('-');
}

function refuseOutOfOrder(account: AccountState, period: string): void {
  const earliest = [...account.periodStarts.keys()].sort()[0] ?? period;
  if (period < account.firstOpen) {
    throw new Refusal(
      'statement-exists',
      `The bill of ${period} was issued; corrections go later.`,
      {
        period,
      },
    );
  }
  if (earliest < period) {
    throw new Refusal('statement-order', `Issue the bill of ${earliest} first.`, {
      period,
      next: earliest,
    });
  }
}

function addEvent(
  sums: StatementSums,
  state: SiteState,
  bindings: Map<string, MeterInstalled>,
  text: string,
  period: string,
  n: number,
): void {
  // The writer's own canonical texts: parsed without a second look at their form.
  const event: CourseEvent & { readonly data: RangeData } = JSON.parse(text);
  const isOwn = zoneOf(state.zone).monthOf(parseTime(event.at) - 1) === period;
  sums.range.note(n, event.type, event.data);
  if (event.type !== 'usage.deducted') sums.noteTerms(n, event);
  if (event.type === 'usage.deducted') {
    const data = usageDeducted(event.data, '/data');
    if (data.period === period) addUsage(sums, state, bindings, data, isOwn);
  } else if (event.type === 'topup.credited') {
    const data: TopUpCredited = topUpCredited(event.data, '/data');
    if (data.period === period) sums.addTopUp(n, data);
  } else if (event.type === 'fee.charged') {
    const data: FeeCharged = feeCharged(event.data, '/data');
    const { fee, tariff, days, of, amount, wallet } = data;
    if (data.period === period) sums.addFee({ fee, tariff, days, of, amount, wallet }, isOwn);
  } else if (event.type === 'charge.posted') {
    const data = chargePosted(event.data, '/data');
    const { charge, name, tariff, amount, wallet } = data;
    const posted = { n, charge, name, tariff, amount, wallet };
    if (data.period === period) sums.addPosted(posted, isOwn);
  } else if (isMove(event.type)) {
    addMoves(sums, n, event.type, event.data, period);
  } else if (event.type === 'meter.installed') {
    const data = meterInstalled(event.data, '/data');
    bindings.set(data.meter, data);
  }
}

function addMoves(
  sums: StatementSums,
  n: number,
  type: MoveType,
  data: RangeData,
  period: string,
): void {
  const { reason = '' } = data;
  for (const { wallet, micros, period: shown } of effectsOf(type, data)) {
    if (shown === period) sums.addMove({ n, type, reason, wallet, amount: formatMicros(micros) });
  }
}

function addUsage(
  sums: StatementSums,
  state: SiteState,
  bindings: Map<string, MeterInstalled>,
  data: UsageDeducted,
  isOwn: boolean,
): void {
  const binding = bindings.get(data.meter) ?? state.meters.get(data.meter)?.binding;
  const version = state.tariffs
    .versions(data.tariff.id)
    .find(({ ref }) => ref.version === data.tariff.version);
  if (binding === undefined || version === undefined) {
    throw new Refusal('meter-unknown', `Meter ${data.meter} is no longer known.`, {
      meter: data.meter,
    });
  }
  sums.addUsage({
    binding,
    from: data.from,
    to: data.to,
    tariff: data.tariff,
    window: version.tariff.window,
    quantityMicros: parseMicros(data.quantity),
    usedMicros: parseMicros(data.used),
    amountMicros: parseMicros(data.amount),
    ...(isOwn ? { own: spanOf(data) } : {}),
    lines: data.lines.map((line) => ({
      period: line.period,
      tier: line.tier,
      qty: parseMicros(line.qty),
      price: parseMicros(line.price),
      amount: parseMicros(line.amount),
      before: parseMicros(line.before),
    })),
  });
}

/** The time that a charge is for. */
function spanOf({ span, from, to }: UsageDeducted) {
  return { fromMs: parseTime(span?.from ?? from.at), toMs: parseTime(span?.to ?? to.at) };
}
