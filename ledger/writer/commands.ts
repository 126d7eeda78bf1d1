import type { JsonObject } from '../core/canonical-json.ts';
import { isMetered, parseAnyTariff } from '../core/charges/tariff-v2.ts';
import { formatMicros, parseMicros } from '../core/decimal.ts';
import { SITE_ACCOUNT } from '../core/event.ts';
import {
  anchorConfirmed,
  type MeterInstalled,
  meterInstalled,
  WALLET,
} from '../core/event-data.ts';
import { BOOKS_ACCOUNT, SUSPENSE_ACCOUNT } from '../core/money-moves.ts';
import { Refusal } from '../core/refusal.ts';
import { ID } from '../core/shape.ts';
import { tariffHash } from '../core/tariff-book.ts';
import { formatTime, parseTime } from '../core/time.ts';
import { refuseUnplannedDays } from './declare-event-day.ts';
import { sha256Bytes } from './fast-hash.ts';
import { type EventAppender, type SiteGroup, siteAccount } from './group.ts';
import type { AccountState, MeterState, SiteState } from './site-state.ts';

/** What a command changes is in the group; what it answers goes to the caller after the commit. */
export interface CommandContext {
  readonly appender: EventAppender;
  readonly group: SiteGroup;
}
export type CommandResult = Readonly<Record<string, unknown>>;

export interface OpenAccount {
  readonly account?: string | undefined;
  readonly name?: string | undefined;
}
/** Accounts of the house itself. */
const RESERVED = new Set([SITE_ACCOUNT, BOOKS_ACCOUNT, SUSPENSE_ACCOUNT]);

/** Opens an account under a pseudonym; a display name goes to the directory, never into an event. */
export function openAccount(context: CommandContext, command: OpenAccount): CommandResult {
  const { appender, group } = context;
  const id = command.account ?? `a-${appender.nextId().slice(-12)}`;
  if (!ID.test(id) || RESERVED.has(id)) {
    throw new Refusal(
      'bad-account-id',
      'An account id has 1 to 64 letters, digits, ".", "_" or "-".',
    );
  }
  if (group.state.accounts.has(id)) {
    throw new Refusal('account-exists', `Account ${id} is open already.`, { account: id });
  }
  const { leaf } = startAccount(context, id);
  if (command.name !== undefined) {
    const doc = JSON.stringify({ name: command.name });
    group.directory.push({ kind: 'account', id, doc });
  }
  return { account: id, n: 0, leaf };
}

/** An account of the house itself, opened when it is first needed. */
export function houseAccount(
  context: CommandContext,
  id: typeof BOOKS_ACCOUNT | typeof SUSPENSE_ACCOUNT,
): AccountState {
  const { group } = context;
  const known = group.state.accounts.get(id);
  if (known !== undefined) return known;
  const { account } = startAccount(context, id);
  group.directory.push({ kind: 'account', id, doc: '{}' });
  return account;
}

function startAccount({ appender, group }: CommandContext, id: string) {
  const { state } = group;
  const nowMs = appender.now();
  const account = state.newAccount(id, formatTime(nowMs));
  const data = { currency: state.currency, zone: state.zone };
  return { account, leaf: appender.append(group, account, 'account.opened', data, nowMs) };
}

/** Binds a meter to an account; its next reading is where billing starts. */
export function installMeter(
  context: CommandContext,
  command: MeterInstalled & { readonly account: string },
): CommandResult {
  const { appender, group } = context;
  const { account, binding, meter } = readyToInstall(group.state, command);
  const nowMs = appender.now();
  const { n } = account;
  const leaf = appender.append(group, account, 'meter.installed', { ...binding }, nowMs);
  account.facts.push({ key: binding.meter, n, leaf });
  enterTariff(group.state, account, binding.tariff, nowMs);
  bindMeter(meter, binding, account.account, new Date(nowMs).toISOString());
  return { meter: binding.meter, account: account.account, n, leaf };
}

/** What `installMeter` will do, after every refusal; `instead` is the meter whose place it takes. */
export function readyToInstall(
  state: SiteState,
  command: MeterInstalled & { readonly account: string },
  instead?: string,
) {
  const { account: id, ...rest } = command;
  const account = accountOf(state, id);
  const binding = meterInstalled(JSON.parse(JSON.stringify(rest)), '');
  if (!WALLET.test(binding.wallet)) throw badWallet(binding.wallet);
  const tariff = state.tariffs.versions(binding.tariff).at(-1)?.tariff;
  if (tariff === undefined) {
    throw new Refusal('tariff-unknown', `Publish tariff ${binding.tariff} first.`, {
      tariff: binding.tariff,
    });
  }
  if (tariff.unit !== binding.unit || tariff.currency !== account.currency) {
    throw new Refusal('tariff-unit', 'The tariff has another unit or currency than the meter.', {
      found: `${tariff.unit} ${tariff.currency}`,
      expected: `${binding.unit} ${account.currency}`,
    });
  }
  if (tariff.v === 2) {
    if (tariff.utility !== binding.wallet) throw badWallet(binding.wallet);
    if (!isMetered(tariff)) {
      throw new Refusal('tariff-not-metered', `Tariff ${tariff.id} meters nothing.`, {
        tariff: tariff.id,
      });
    }
  }
  const meter = state.meter(binding.meter);
  if (meter.binding !== undefined && binding.meter !== instead) {
    throw new Refusal(
      'meter-bound',
      `Meter ${binding.meter} is installed already; remove it first.`,
      {
        meter: binding.meter,
      },
    );
  }
  return { account, binding, meter };
}

export function removeMeter(
  context: CommandContext,
  command: { readonly account: string; readonly meter: string },
): CommandResult {
  const { appender, group } = context;
  const account = accountOf(group.state, command.account);
  const meter = boundMeter(group.state, command.meter, command.account);
  const { n } = account;
  const nowMs = appender.now();
  const leaf = appender.append(group, account, 'meter.removed', { meter: command.meter }, nowMs);
  const tariff = meter.binding?.tariff ?? '';
  bindMeter(meter, undefined, '', '');
  leaveTariff(group.state, account, tariff, nowMs);
  return { meter: command.meter, n, leaf };
}

/** A meter of the account is on a tariff from now on; it counts on if one was until now. */
export function enterTariff(state: SiteState, account: AccountState, id: string, ms: number): void {
  if (state.tariffs.versions(id).every(({ tariff }) => tariff.v !== 2)) return;
  const known = account.onTariffs.get(id);
  const goesOn = known?.toMs === undefined || state.localMonth(known.toMs) === state.localMonth(ms);
  account.onTariffs.set(id, { fromMs: known !== undefined && goesOn ? known.fromMs : ms });
}

/**
 * Meters that were installed when a tariff was of format 1 are on it as one of format 2 from its first such
 * version on; it begins later than it is published.
 */
export function enterFormat2(state: SiteState, id: string, ms: number): void {
  const versions = state.tariffs.versions(id);
  const first = versions.findIndex(({ tariff }) => tariff.v === 2);
  if (first < 1 || first < versions.length - 1) return;
  for (const { binding, account } of state.meters.values()) {
    const owner = binding?.tariff === id ? state.accounts.get(account) : undefined;
    if (owner === undefined) continue;
    enterTariff(state, owner, id, ms);
    owner.dirty = true;
  }
}

/** Of the account's meters on a tariff one was taken out: the last one ends its time. */
export function leaveTariff(state: SiteState, account: AccountState, id: string, ms: number): void {
  const known = account.onTariffs.get(id);
  if (known === undefined) return;
  for (const { binding, account: owner } of state.meters.values()) {
    if (binding?.tariff === id && owner === account.account) return;
  }
  account.onTariffs.set(id, { fromMs: known.fromMs, toMs: ms });
}

/** Publishes a tariff version: validated whole, logged before it applies, never edited. */
export function publishTariff(
  context: CommandContext,
  command: { readonly tariff: unknown },
): CommandResult {
  const { appender, group } = context;
  const { state } = group;
  const tariff = parseAnyTariff(command.tariff);
  if (tariff.zone !== state.zone) {
    throw new Refusal(
      'tariff-zone',
      'A tariff is in the time zone of its site: months must agree.',
      {
        found: tariff.zone,
        expected: state.zone,
      },
    );
  }
  if (tariff.currency !== state.currency) {
    throw new Refusal('tariff-unit', 'A tariff is in the currency of its site.', {
      found: tariff.currency,
      expected: state.currency,
    });
  }
  if (tariff.v === 2 && !WALLET.test(tariff.utility)) throw badWallet(tariff.utility);
  if (tariff.v === 2 && tariff.index !== undefined) {
    throw new Refusal('index-unbilled', 'Prices that follow an index are not billed yet.', {
      tariff: tariff.id,
    });
  }
  const nowMs = appender.now();
  if (parseTime(tariff.validFrom) < nowMs) {
    throw new Refusal('tariff-late', 'A tariff must be published before it starts to apply.', {
      published: new Date(nowMs).toISOString(),
      validFrom: tariff.validFrom,
      tariff: tariff.id,
    });
  }
  refuseUnplannedDays(state, tariff);
  const { ref } = state.tariffs.add(tariff);
  const account = siteAccount(state);
  const { n } = account;
  const data: JsonObject = { tariff: JSON.parse(JSON.stringify(tariff)) };
  const leaf = appender.append(group, account, 'tariff.published', data, nowMs);
  state.tariffFacts.push({ key: `${ref.id}/${ref.version}`, n, leaf });
  enterFormat2(state, ref.id, nowMs);
  return { tariff: ref.id, version: ref.version, hash: tariffHash(tariff, sha256Bytes), n, leaf };
}

/** Sets a meter going again after staff have judged its readings: billing restarts at the newest. */
export function releaseReading(
  context: CommandContext,
  command: { readonly meter: string },
): CommandResult {
  const { appender, group } = context;
  const meter = group.state.meters.get(command.meter);
  const account = group.state.accounts.get(meter?.account ?? '');
  if (meter?.heldReading === undefined || account === undefined) {
    throw new Refusal('nothing-held', `Meter ${command.meter} has no reading set aside.`, {
      meter: command.meter,
    });
  }
  const { seq, hash } = meter.heldReading;
  const { n } = account;
  const leaf = appender.append(group, account, 'reading.released', {
    meter: command.meter,
    seq,
    hash,
  });
  meter.last = meter.heldReading;
  meter.held = undefined;
  meter.heldReading = undefined;
  meter.dirty = true;
  return { meter: command.meter, seq, n, leaf };
}

/** Logs that a chain keeps a checkpoint of this log. */
export function confirmAnchor(
  context: CommandContext,
  command: { readonly anchor: JsonObject },
): CommandResult {
  const { appender, group } = context;
  const account = siteAccount(group.state);
  const { size } = anchorConfirmed(command.anchor, '/data');
  const { n } = account;
  const leaf = appender.append(group, account, 'anchor.confirmed', command.anchor);
  return { size, n, leaf };
}

/** An account that takes part in business. Refuses `account-unknown`, `account-closed`. */
export function accountOf(state: SiteState, id: string): AccountState {
  const account = anyAccountOf(state, id);
  if (account.closedAt === undefined) return account;
  throw new Refusal('account-closed', `Account ${id} was closed on ${account.closedAt}.`, {
    ...{ account: id, closedAt: account.closedAt },
  });
}

/** Also one that is closed: to be read, and billed for what it had. */
export function anyAccountOf(state: SiteState, id: string): AccountState {
  const isOurs = id === SITE_ACCOUNT || id === BOOKS_ACCOUNT;
  const account = isOurs ? undefined : state.accounts.get(id);
  if (account === undefined) {
    throw new Refusal('account-unknown', `There is no account ${id.slice(0, 64)}.`, {
      account: id.slice(0, 64),
    });
  }
  return account;
}

/** Refuses `account-unknown`: what waits in suspense is shown on no bill, as nothing of the house is. */
export function refuseUnbilled(id: string): void {
  if (id !== SUSPENSE_ACCOUNT) return;
  throw new Refusal('account-unknown', 'Nobody gets a bill of suspense.', { account: id });
}

/** The bill an event of `month` goes into: its own, or the first that is not closed. */
export function openPeriod(account: AccountState, month: string): string {
  return month < account.firstOpen ? account.firstOpen : month;
}

export function startPeriod(account: AccountState, period: string, n = account.n): void {
  if (!account.periodStarts.has(period)) account.periodStarts.set(period, n);
}

export function periodParts(period: string): [number, number] {
  if (!/^[0-9]{4}-(0[1-9]|1[0-2])$/.test(period)) {
    throw new Refusal('bad-period', 'Write the period as YYYY-MM, such as 2026-09.', {
      period: period.slice(0, 16),
    });
  }
  return [Number(period.slice(0, 4)), Number(period.slice(5))];
}

export function refuseUnfinished(context: CommandContext, endMs: number, period: string): void {
  if (context.appender.now() >= endMs) return;
  throw new Refusal('period-not-ended', `The period ${period} has not ended yet.`, { period });
}

/** Two postings that sum to zero: debit positive, credit negative. */
export function transfer(
  debit: string,
  credit: string,
  amount: string,
  { currency }: AccountState,
) {
  return [
    { account: debit, amount, currency },
    { account: credit, amount: formatMicros(-parseMicros(amount)), currency },
  ];
}

export function bindMeter(
  meter: MeterState,
  binding: MeterInstalled | undefined,
  account: string,
  installedAt: string,
): void {
  meter.binding = binding;
  meter.account = account;
  meter.installedAt = installedAt;
  meter.last = undefined;
  meter.held = undefined;
  meter.heldReading = undefined;
  meter.progress = { period: '', window: '', usedMicros: 0n, billed: new Map() };
  meter.charged = undefined;
  meter.dirty = true;
}

export function boundMeter(state: SiteState, id: string, account: string): MeterState {
  const meter = state.meters.get(id);
  if (meter?.binding === undefined || meter.account !== account) {
    throw new Refusal('meter-unknown', `Account ${account} has no meter ${id.slice(0, 64)}.`, {
      meter: id.slice(0, 64),
    });
  }
  return meter;
}

export function badWallet(wallet: string): Refusal {
  return new Refusal('bad-wallet', 'A wallet is named for its utility, such as electricity.', {
    wallet: wallet.slice(0, 64),
  });
}
