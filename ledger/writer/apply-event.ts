import { booksClosed } from '../core/books-closing.ts';
import { chargePosted, poolShared } from '../core/charges/charge-posted.ts';
import { parseEventDay } from '../core/charges/event-days.ts';
import { parkingLine } from '../core/charges/parking.ts';
import { parseAnyTariff } from '../core/charges/tariff-v2.ts';
import { termsSet } from '../core/charges/terms-course.ts';
import { parseMicros } from '../core/decimal.ts';
import { depositReturned, depositTaken } from '../core/deposits.ts';
import type { EventType } from '../core/event.ts';
import {
  accountOpened,
  feeCharged,
  keyEnrolled,
  meterInstalled,
  meterRemoved,
  type Posting,
  readingHeld,
  readingReleased,
  statementIssued,
  topUpCredited,
  type UsageDeducted,
  usageDeducted,
} from '../core/event-data.ts';
import { LASTING, reasonToHold } from '../core/hold-rules.ts';
import { parseReading, type Reading, ZERO_HASH } from '../core/reading.ts';
import { reconciliationCompleted } from '../core/reconciliation.ts';
import { Refusal } from '../core/refusal.ts';
import { parseTime } from '../core/time.ts';
import { effectsOf } from '../core/wallet-effects.ts';
import { zoneOf } from '../core/zone.ts';
import { applyClosing } from './closed-books.ts';
import { bindMeter, enterFormat2, enterTariff, leaveTariff } from './commands.ts';
import { sha256Hex } from './fast-hash.ts';
import { followEvent } from './follow-event.ts';
import { closePeriod } from './issue-statement.ts';
import type { AccountState, MeterState, SiteState } from './site-state.ts';

const FRESH_CHAIN = { seq: -1, hash: ZERO_HASH };

/** A stored event with what the log knows about it besides its text. */
export interface StoredEvent {
  readonly text: string;
  readonly commitment: string;
  readonly leaf: number;
}

/** The members of an event that move the state; `data` is read by type. */
export interface ParsedEvent {
  readonly type: EventType;
  readonly log: string;
  readonly account: string;
  readonly n: number;
  readonly at: string;
  readonly data: unknown;
}

/** Reads one of the writer's own texts, whose form the commitment vouches for. */
export function readStored(text: string): ParsedEvent {
  const parsed: ParsedEvent = JSON.parse(text);
  return parsed;
}

/** Hash of the record that a charge or a held reading is about. */
export function recordOf({ type, data }: ParsedEvent): string | undefined {
  if (type === 'usage.deducted') return usageDeducted(data, '/data').to.hash;
  if (type !== 'reading.held') return undefined;
  const { reason, hash } = readingHeld(data, '/data');
  return reason === 'equivocation' ? undefined : hash;
}

/**
 * Moves the state by one stored event, as the writer did when it wrote it. Start-up replays the tail
 * beyond the last projection with this, and `fsck` the whole log from nothing.
 */
export function applyEvent(
  state: SiteState,
  event: StoredEvent,
  parsed: ParsedEvent = readStored(event.text),
): void {
  const { n } = parsed;
  const account = state.accounts.get(parsed.account) ?? openedAccount(state, parsed);
  if (account.n !== n) {
    throw new Refusal(
      'store-damaged',
      `Event ${n} of ${account.account} is out of order; run fsck.`,
      {
        account: account.account,
        n,
      },
    );
  }
  applyData(state, account, parsed, event.leaf);
  followEvent(state, account, { ...parsed, hash: event.commitment });
  account.n = n + 1;
  account.prev = event.commitment;
  account.dirty = true;
  account.freshLeaves.push(event.leaf);
}

/**
 * Moves a meter's chain by one stored record, as `acceptBatch` did; answers its hash if the record was
 * new there. A batch is stored whole, so it may hold records that were known, or that came too early:
 * `wanted` gathers the meters of the latter for one batch.
 */
export function applyRecord(
  state: SiteState,
  text: string,
  recordIndex: number,
  wanted: Set<string>,
): string | undefined {
  const reading = parseReading(text);
  const meter = state.meter(reading.meter);
  if (reading.epoch < meter.epoch) return undefined;
  const last = reading.epoch > meter.epoch ? FRESH_CHAIN : meter;
  if (reading.seq <= last.seq) return undefined;
  if (reading.seq !== last.seq + 1 || wanted.has(meter.meter)) {
    wanted.add(meter.meter);
    return undefined;
  }
  if (reading.prev !== last.hash) {
    throw new Refusal(
      'store-damaged',
      `The records of meter ${meter.meter} are no chain; run fsck.`,
      {
        meter: meter.meter,
        seq: reading.seq,
      },
    );
  }
  meter.bridge = reading.bridge;
  meter.epoch = reading.epoch;
  meter.seq = reading.seq;
  meter.hash = sha256Hex(text);
  meter.dirty = true;
  meter.freshRecords.push(recordIndex);
  seeValue(meter, reading);
  return meter.hash;
}

/** A first reading without doubt is where billing starts; it makes no event. */
function seeValue(meter: MeterState, reading: Reading): void {
  const register = meter.binding === undefined ? '' : meter.binding.register;
  const value = reading.registers?.[register]?.value;
  if (value === undefined || meter.binding === undefined) return;
  const { seq, at } = reading;
  const here = { seq, at, value, hash: meter.hash, atMs: parseTime(at) };
  meter.lastSeen = here;
  if (meter.last !== undefined || reasonToHold(meter, reading) !== undefined) return;
  meter.last = here;
  meter.heldReading = undefined;
}

function openedAccount(state: SiteState, parsed: ParsedEvent): AccountState {
  const { currency } = accountOpened(parsed.data, '/data');
  return state.newAccount(parsed.account, parsed.at, currency);
}

function applyData(
  state: SiteState,
  account: AccountState,
  parsed: ParsedEvent,
  leaf: number,
): void {
  const { data, n, at } = parsed;
  switch (parsed.type) {
    case 'usage.deducted':
      applyUsage(state, account, usageDeducted(data, '/data'), n, leaf);
      return;
    case 'topup.credited': {
      const { wallet, balance, period, postings } = topUpCredited(data, '/data');
      account.wallets.set(wallet, parseMicros(balance));
      postAll(state, postings);
      startPeriodAt(account, period, n);
      return;
    }
    case 'fee.charged': {
      const { wallet, balance, period, postings, tariff, fee } = feeCharged(data, '/data');
      account.wallets.set(wallet, parseMicros(balance));
      postAll(state, postings);
      startPeriodAt(account, period, n);
      account.fees.add(`${feeMonth(state, at)}/${tariff.id}/${tariff.version}/${fee}`);
      return;
    }
    case 'charge.posted':
      applyCharge(state, account, data, n);
      return;
    case 'refund.paid':
    case 'reversal.posted':
    case 'adjustment.posted':
      applyMove(state, account, parsed);
      return;
    case 'statement.issued': {
      const statement = statementIssued(data, '/data');
      closePeriod(account, statement.period);
      account.lastStatement = { n, leaf, data: statement };
      return;
    }
    case 'meter.installed':
    case 'meter.removed':
      applyMeter(state, account, parsed, leaf);
      return;
    case 'terms.set': {
      const set = termsSet(data, '/data');
      account.terms.add(set, parseTime(at), zoneOf(state.zone));
      account.facts.push({ key: `terms/${set.version}`, n, leaf });
      return;
    }
    case 'books.closed':
      applyClosing(state, booksClosed(data, '/data').period);
      return;
    case 'reconciliation.completed':
      // It moves nothing; its order is in the chain, its numbers are documents.
      reconciliationCompleted(data, '/data');
      return;
    case 'account.closed':
      account.closedAt = at;
      return;
    default:
      applySiteFact(state, parsed, leaf);
  }
}

/** A meter comes to the account, or goes. */
function applyMeter(
  state: SiteState,
  account: AccountState,
  { type, data, n, at }: ParsedEvent,
  leaf: number,
): void {
  if (type === 'meter.installed') {
    const binding = meterInstalled(data, '/data');
    account.facts.push({ key: binding.meter, n, leaf });
    enterTariff(state, account, binding.tariff, parseTime(at));
    bindMeter(state.meter(binding.meter), binding, account.account, at);
    return;
  }
  const meter = state.meter(meterRemoved(data, '/data').meter);
  const tariff = meter.binding?.tariff ?? '';
  bindMeter(meter, undefined, '', '');
  leaveTariff(state, account, tariff, parseTime(at));
}

function applyCharge(state: SiteState, account: AccountState, data: unknown, n: number): void {
  const { charge, wallet, balance, period, postings, tariff, line } = chargePosted(data, '/data');
  account.wallets.set(wallet, parseMicros(balance));
  postAll(state, postings);
  startPeriodAt(account, period, n);
  if (charge !== 'parking') return;
  for (const { date, amount } of parkingLine(line, '/data/line').days) {
    const key = `${period}/${tariff.id}/${date}`;
    account.parking.set(key, (account.parking.get(key) ?? 0n) + parseMicros(amount));
  }
}

function applyMove(state: SiteState, account: AccountState, { type, data, n }: ParsedEvent): void {
  const parts: {
    readonly period: string;
    readonly postings: readonly Posting[];
    readonly amount?: string;
    readonly of?: { readonly n: number };
  } = Object(data);
  for (const { wallet, balance } of effectsOf(type, data)) {
    account.wallets.set(wallet, parseMicros(balance));
  }
  postAll(state, parts.postings);
  startPeriodAt(account, parts.period, n);
  if (parts.of === undefined) return;
  const given = type === 'refund.paid' ? parseMicros(parts.amount ?? '') : 0n;
  account.settled.set(parts.of.n, (account.settled.get(parts.of.n) ?? 0n) + given);
}

/** A fact of the site that prices depend on; false for any other. */
export function applyRule(state: SiteState, parsed: ParsedEvent, leaf: number): boolean {
  const { type, data, n, at } = parsed;
  if (type === 'tariff.published') {
    const { tariff }: { tariff?: unknown } = Object(data);
    const { ref } = state.tariffs.add(parseAnyTariff(tariff));
    state.tariffFacts.push({ key: `${ref.id}/${ref.version}`, n, leaf });
    return true;
  }
  if (type === 'pool.shared') {
    const { tariff, share, month } = poolShared(data, '/data');
    state.ruleFacts.push({ key: `pool/${tariff.id}/${share}/${month}`, n, leaf });
    return true;
  }
  if (type !== 'event-day.declared') return false;
  const fact = parseEventDay(data, '/data');
  state.tariffs.addEventDay(fact, parseTime(at));
  state.ruleFacts.push({ key: `${fact.tariff}/${fact.date}`, n, leaf });
  return true;
}

function applySiteFact(state: SiteState, parsed: ParsedEvent, leaf: number): void {
  const { type, data, n } = parsed;
  if (applyRule(state, parsed, leaf)) {
    const { tariff }: { tariff?: unknown } = Object(data);
    if (type !== 'tariff.published') return;
    enterFormat2(state, parseAnyTariff(tariff).id, parseTime(parsed.at));
    return;
  }
  if (type === 'deposit.taken') postAll(state, depositTaken(data, '/data').postings);
  if (type === 'deposit.returned') postAll(state, depositReturned(data, '/data').postings);
  if (type === 'device.key-enrolled') {
    const { bridge: id, epoch, thumbprint, jwk } = keyEnrolled(data, '/data');
    const bridge = state.bridge(id);
    bridge.tokenHash = '';
    bridge.epoch = epoch;
    bridge.keys.push({ kid: thumbprint, epoch, x: jwk.x, y: jwk.y, leaf, n });
    bridge.dirty = true;
  } else if (type === 'log.succeeded') {
    state.origin = parsed.log;
  } else if (type === 'reading.held') {
    applyHeld(state, data);
  } else if (type === 'reading.released') {
    const { meter: id } = readingReleased(data, '/data');
    const meter = state.meter(id);
    meter.last = meter.heldReading;
    meter.held = undefined;
    meter.heldReading = undefined;
    meter.dirty = true;
  }
}

function applyHeld(state: SiteState, data: unknown): void {
  const { meter: id, reason, hash, value } = readingHeld(data, '/data');
  if (reason === 'equivocation') return;
  const meter = state.meter(id);
  if (LASTING.has(reason)) meter.held = reason;
  if (value !== undefined && meter.lastSeen?.hash === hash) meter.heldReading = meter.lastSeen;
  meter.dirty = true;
}

function applyUsage(
  state: SiteState,
  account: AccountState,
  data: UsageDeducted,
  n: number,
  leaf: number,
): void {
  account.wallets.set(data.wallet, parseMicros(data.balance));
  postAll(state, data.postings);
  startPeriodAt(account, data.period, n);
  const meter = state.meter(data.meter);
  meter.last = { ...data.to, atMs: parseTime(data.to.at) };
  meter.heldReading = undefined;
  meter.dirty = true;
  const { progress } = meter;
  const { id, version } = data.tariff;
  if (progress.period !== data.period) progress.billed = new Map();
  progress.period = data.period;
  const found = state.tariffs.versions(id).find(({ ref }) => ref.version === version);
  progress.window = found?.tariff.window === 'year' ? data.period.slice(0, 4) : data.period;
  progress.usedMicros = parseMicros(data.used) + parseMicros(data.quantity);
  for (const { period, tier, before, qty } of data.lines) {
    const key = `${id}/${version}/${period}/${tier}`;
    progress.billed.set(key, parseMicros(before) + parseMicros(qty));
  }
  const use = `${data.period}/${id}/${version}`;
  if (!account.firstUses.has(use)) {
    account.firstUses.set(use, { key: `${id}/${version}`, n, leaf });
  }
}

/** A fee takes effect at the end of its month; the month before that instant is its own. */
function feeMonth(state: SiteState, at: string): string {
  return state.localMonth(parseTime(at) - 1);
}

function startPeriodAt(account: AccountState, period: string, n: number): void {
  if (!account.periodStarts.has(period)) account.periodStarts.set(period, n);
}

function postAll(state: SiteState, postings: readonly Posting[]): void {
  for (const { account, amount } of postings) state.post(account, parseMicros(amount));
}
