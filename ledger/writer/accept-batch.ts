import { assert } from '../core/assert.ts';
import type { JsonObject } from '../core/canonical-json.ts';
import type { RegisterRef } from '../core/event-data.ts';
import { LASTING, reasonToHold, refuseJump } from '../core/hold-rules.ts';
import { Refusal } from '../core/refusal.ts';
import { formatTime } from '../core/time.ts';
import { type BilledSpan, chargeSpan, consumption, planInterval } from '../core/usage.ts';
import { usageEventText } from '../core/usage-event.ts';
import { startPeriod } from './commands.ts';
import { type EventAppender, type SiteGroup, siteAccount } from './group.ts';
import type {
  AccountState,
  BridgeState,
  ChargeContext,
  MeterState,
  SiteState,
} from './site-state.ts';
import { answerOf, type Fresh, type StoredHash, sortRecords } from './sort-records.ts';

/** A batch whose signature, root and count have been verified, on its way to the writer. */
export interface VerifiedBatch {
  readonly site: string;
  readonly bridge: string;
  readonly epoch: number;
  readonly root: string;
  readonly jws: string;
  readonly records: readonly string[];
  /** SHA-256 of each record, hex, joined. */
  readonly hashes: string;
}

export interface BatchAnswer {
  readonly accepted: Record<string, number>;
  readonly known: number;
  readonly wanted: Record<string, number>;
}

/**
 * Takes a verified batch into a group: sorts its records into known, wanted and new, then stores,
 * rates and posts the new ones. All or nothing: every refusal comes before the first change, except
 * that an equivocation is itself recorded (`equivocation`). Refuses `reading-other-bridge`,
 * `reading-other-epoch`, `reading-chain-broken`, `bad-reading`, `bad-time`.
 */
export function acceptBatch(
  appender: EventAppender,
  group: SiteGroup,
  batch: VerifiedBatch,
  storedHash: StoredHash,
): BatchAnswer | Refusal {
  const { state } = group;
  const bridge = state.bridges.get(batch.bridge);
  assert(bridge !== undefined, 'the batch was verified by a key of this bridge');
  const sorted = sortRecords(state, batch, storedHash);
  if (sorted.conflict !== undefined) return recordConflict(appender, group, batch, sorted.conflict);
  if (sorted.oldEpoch > 0 && !bridge.recentRoots.has(batch.root)) {
    keepOldEpoch(appender, group, batch);
    rememberRoot(bridge, batch.root);
  }
  if (sorted.fresh.length > 0) {
    const firstRecord = state.records;
    state.records += batch.records.length;
    group.batches.push({
      jws: batch.jws,
      records: batch.records,
      eventsBefore: group.events.length,
    });
    rememberRoot(bridge, batch.root);
    for (const fresh of sorted.fresh) {
      takeRecord(appender, group, batch, fresh, firstRecord + fresh.at);
    }
  }
  return answerOf(sorted);
}

function rememberRoot(bridge: BridgeState, root: string): void {
  bridge.recentRoots.add(root);
  if (bridge.recentRoots.size <= 64) return;
  for (const oldest of bridge.recentRoots) {
    bridge.recentRoots.delete(oldest);
    return;
  }
}

/** A batch that comes after its epoch has ended is kept word for word, and bills nothing. */
function keepOldEpoch(appender: EventAppender, group: SiteGroup, batch: VerifiedBatch): void {
  const doc = JSON.stringify({ jws: batch.jws, records: batch.records });
  const at = formatTime(appender.now());
  group.evidence.push({ id: appender.nextId(), kind: 'old-epoch', at, doc });
}

/** Two records at one place: both are kept as evidence, and the site's chain says that it happened. */
function recordConflict(
  appender: EventAppender,
  group: SiteGroup,
  batch: VerifiedBatch,
  conflict: Omit<Fresh, 'atMs'>,
): Refusal {
  const { meter, reading, hash, at } = conflict;
  const { seq } = reading;
  const id = appender.nextId();
  const doc = { meter: meter.meter, seq, hash, record: batch.records[at] ?? '', jws: batch.jws };
  group.evidence.push({
    id,
    kind: 'equivocation',
    at: formatTime(appender.now()),
    doc: JSON.stringify(doc),
  });
  const data = { meter: meter.meter, seq, reason: 'equivocation', hash };
  appender.append(group, siteAccount(group.state), 'reading.held', data);
  return new Refusal(
    'equivocation',
    `The bridge signed two different records ${seq} of meter ${meter.meter}; both are kept.`,
    { meter: meter.meter, seq },
  );
}

function takeRecord(
  appender: EventAppender,
  group: SiteGroup,
  batch: VerifiedBatch,
  fresh: Fresh,
  recordIndex: number,
): void {
  const { meter, reading, hash } = fresh;
  meter.bridge = batch.bridge;
  meter.epoch = reading.epoch;
  meter.seq = reading.seq;
  meter.hash = hash;
  meter.dirty = true;
  meter.freshRecords.push(recordIndex);
  const account = group.state.accounts.get(meter.account);
  if (meter.binding === undefined || account === undefined) return;
  const doubt = reasonToHold(meter, reading);
  if (doubt === 'no-value') return;
  if (doubt !== undefined) hold(appender, group, account, fresh, doubt);
  else billReading(appender, group, account, fresh);
}

function hold(
  appender: EventAppender,
  group: SiteGroup,
  account: AccountState,
  fresh: Fresh,
  reason: string,
): void {
  const { meter, reading, hash, atMs } = fresh;
  if (LASTING.has(reason)) meter.held = reason;
  const value = reading.registers?.[meter.binding?.register ?? '']?.value;
  if (value !== undefined) {
    const { seq, at } = reading;
    meter.heldReading = { seq, at, value, hash, atMs };
  }
  const data: JsonObject = { meter: meter.meter, seq: reading.seq, reason, hash };
  appender.append(
    group,
    account,
    'reading.held',
    value === undefined ? data : { ...data, value },
    atMs,
  );
}

/** Charges the interval that this reading ends; the first reading of a meter only starts one. */
function billReading(
  appender: EventAppender,
  group: SiteGroup,
  account: AccountState,
  fresh: Fresh,
): void {
  const { meter, reading, hash, atMs } = fresh;
  const { binding, last } = meter;
  assert(binding !== undefined, 'only bound meters are billed');
  const value = reading.registers?.[binding.register]?.value ?? '';
  // The time as a text of its own: `reading.at` is a part of the record, and would keep all of it.
  const to = { seq: reading.seq, at: formatTime(atMs), value, hash, atMs };
  if (last === undefined) {
    meter.last = to;
    meter.heldReading = undefined;
    return;
  }
  let spans: BilledSpan[];
  let rollover: boolean;
  try {
    const used = consumption(binding, last.value, value);
    refuseJump(binding.maxPerHour, used.quantityMicros, atMs - last.atMs);
    const interval = { fromMs: last.atMs, toMs: atMs, quantityMicros: used.quantityMicros };
    spans = planInterval(group.state.tariffs, binding.tariff, interval, account.terms.of);
    rollover = used.rollover;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    hold(appender, group, account, fresh, error.code);
    return;
  }
  for (const span of spans) {
    chargeUsage(appender, group, account, meter, {
      from: last,
      to,
      span,
      partial: spans.length > 1,
      rollover,
    });
  }
  meter.last = to;
  // What was set aside before is covered by this charge: to start again from there would charge twice.
  meter.heldReading = undefined;
}

interface Use {
  readonly from: RegisterRef;
  readonly to: RegisterRef;
  readonly span: BilledSpan;
  readonly partial: boolean;
  readonly rollover: boolean;
}

function chargeUsage(
  appender: EventAppender,
  group: SiteGroup,
  account: AccountState,
  meter: MeterState,
  use: Use,
): void {
  const { state } = group;
  const { binding } = meter;
  assert(binding !== undefined, 'only bound meters are billed');
  const { span } = use;
  const period = span.month < account.firstOpen ? account.firstOpen : span.month;
  const charge = chargeSpan(meter.progress, span, period);
  const balanceMicros = (account.wallets.get(binding.wallet) ?? 0n) - charge.amountMicros;
  account.wallets.set(binding.wallet, balanceMicros);
  const known = meter.charged;
  const isFirst = known === undefined || known.period !== period || known.version !== span.version;
  const context = isFirst ? contextOf(state, account, meter, binding.wallet, period, span) : known;
  context.prepaid.post(charge.amountMicros);
  context.revenue.post(-charge.amountMicros);
  if (isFirst) startPeriod(account, period);
  const { n, prev } = account;
  const text = usageEventText({
    log: state.origin,
    account: account.account,
    n,
    prev,
    id: appender.nextId(),
    currency: account.currency,
    binding,
    ...use,
    period,
    charge,
    balanceMicros,
  });
  const leaf = appender.appendText(group, account, text, formatTime(span.toMs), true);
  if (isFirst) noteFirstUse(account, period, span, { n, leaf });
}

function contextOf(
  state: SiteState,
  account: AccountState,
  meter: MeterState,
  wallet: string,
  period: string,
  { version }: BilledSpan,
): ChargeContext {
  const prepaid = state.book(`prepaid:${account.account}:${wallet}`);
  const context = { prepaid, revenue: state.book(`revenue:${wallet}`), period, version };
  meter.charged = context;
  return context;
}

/** A bill has to prove where each tariff version was first used in it. */
function noteFirstUse(
  account: AccountState,
  period: string,
  { version: { ref } }: BilledSpan,
  place: { readonly n: number; readonly leaf: number },
): void {
  const key = `${ref.id}/${ref.version}`;
  const use = `${period}/${key}`;
  if (!account.firstUses.has(use)) account.firstUses.set(use, { key, ...place });
}
