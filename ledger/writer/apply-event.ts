import { parseMicros } from '../core/decimal.ts';
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
import type { EventType } from '../core/event.ts';
import { parseReading } from '../core/reading.ts';
import { Refusal } from '../core/refusal.ts';
import { parseTariff } from '../core/tariff.ts';
import { parseTime } from '../core/time.ts';
import { bindMeter } from './commands.ts';
import { sha256Hex } from './fast-hash.ts';
import { LASTING, reasonToHold } from './hold-rules.ts';
import { closePeriod } from './issue-statement.ts';
import type { AccountState, SiteState } from './site-state.ts';

/** A stored event with what the log knows about it besides its text. */
export interface StoredEvent {
  readonly text: string;
  readonly commitment: string;
  readonly leaf: number;
}

interface Parsed {
  readonly type: EventType;
  readonly account: string;
  readonly n: number;
  readonly at: string;
  readonly data: unknown;
}

/**
 * Moves the state by one stored event, as the writer did when it wrote it. Start-up replays the tail
 * beyond the last projection with this, and `fsck` the whole log from nothing.
 */
export function applyEvent(state: SiteState, event: StoredEvent): void {
  const parsed: Parsed = JSON.parse(event.text);
  const { n } = parsed;
  const account =
    state.accounts.get(parsed.account) ?? openedAccount(state, parsed);
  if (account.n !== n) {
    throw new Refusal('store-damaged', `Event ${n} of ${account.account} is out of order; run fsck.`, {
      account: account.account,
      n,
    });
  }
  applyData(state, account, parsed, event.leaf);
  account.n = n + 1;
  account.prev = event.commitment;
  account.dirty = true;
  const leaves = state.newLeaves.get(account.account);
  if (leaves === undefined) state.newLeaves.set(account.account, [{ n, leaf: event.leaf }]);
  else leaves.push({ n, leaf: event.leaf });
}

/** Moves a meter's chain by one stored record, as `acceptBatch` did before it wrote any event. */
export function applyRecord(state: SiteState, text: string, recordIndex: number): void {
  const reading = parseReading(text);
  const meter = state.meter(reading.meter);
  if (reading.epoch < meter.epoch) return;
  if (reading.epoch === meter.epoch && reading.seq <= meter.seq) return;
  meter.bridge = reading.bridge;
  meter.epoch = reading.epoch;
  meter.seq = reading.seq;
  meter.hash = sha256Hex(text);
  meter.dirty = true;
  const index = state.newRecords.get(meter.meter);
  if (index === undefined) state.newRecords.set(meter.meter, [recordIndex]);
  else index.push(recordIndex);
  const register = meter.binding === undefined ? '' : meter.binding.register;
  const value = reading.registers?.[register]?.value;
  if (value === undefined || meter.binding === undefined) return;
  const ref = { seq: reading.seq, at: reading.at, value, hash: meter.hash };
  const here = { ...ref, atMs: parseTime(reading.at) };
  const doubt = reasonToHold(meter, reading);
  if (doubt === undefined && meter.last === undefined) meter.last = here;
  meter.lastSeen = here;
}

function openedAccount(state: SiteState, parsed: Parsed): AccountState {
  const { currency } = accountOpened(parsed.data, '/data');
  return state.newAccount(parsed.account, parsed.at, currency);
}

function applyData(state: SiteState, account: AccountState, parsed: Parsed, leaf: number): void {
  const { data, n, at } = parsed;
  switch (parsed.type) {
    case 'usage.deducted':
      applyUsage(state, account, usageDeducted(data, '/data'), n, leaf);
      return;
    case 'topup.credited': {
      const { wallet, balance, period, postings } = topUpCredited(data, '/data');
      account.wallets.set(wallet, parseMicros(balance ?? ''));
      postAll(state, postings);
      startPeriodAt(account, period ?? '', n);
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
    case 'statement.issued': {
      const statement = statementIssued(data, '/data');
      closePeriod(account, statement.period);
      account.lastStatement = { n, leaf, data: statement };
      return;
    }
    case 'meter.installed': {
      const binding = meterInstalled(data, '/data');
      account.facts.push({ key: binding.meter, n, leaf });
      bindMeter(state.meter(binding.meter), binding, account.account, at);
      return;
    }
    case 'meter.removed':
      bindMeter(state.meter(meterRemoved(data, '/data').meter), undefined, '', '');
      return;
    default:
      applySiteFact(state, parsed, leaf);
  }
}

function applySiteFact(state: SiteState, { type, data, n }: Parsed, leaf: number): void {
  if (type === 'tariff.published') {
    const { tariff }: { tariff?: unknown } = Object(data);
    const { ref } = state.tariffs.add(parseTariff(tariff));
    state.tariffFacts.push({ key: `${ref.id}/${ref.version}`, n, leaf });
  } else if (type === 'device.key-enrolled') {
    const { bridge: id, epoch, thumbprint, jwk } = keyEnrolled(data, '/data');
    const bridge = state.bridge(id);
    bridge.tokenHash = '';
    bridge.epoch = epoch;
    bridge.keys.push({ kid: thumbprint, epoch, x: jwk.x, y: jwk.y, leaf, n });
    bridge.dirty = true;
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
