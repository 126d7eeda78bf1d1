import type { JsonObject } from '../core/canonical-json.ts';
import { poolShared } from '../core/charges/charge-posted.ts';
import { type ShareLine, shareCharges, type Weight } from '../core/charges/shares.ts';
import type { ShareRule, TariffV2 } from '../core/charges/tariff-v2.ts';
import { termOf } from '../core/charges/terms.ts';
import { parseMicros } from '../core/decimal.ts';
import { usageDeducted } from '../core/event-data.ts';
import { Refusal } from '../core/refusal.ts';
import { parseTime } from '../core/time.ts';
import { zoneOf } from '../core/zone.ts';
import { readStored } from './apply-event.ts';
import { monthStart } from './charge-fees.ts';
import { type CommandContext, type CommandResult, refuseUnfinished } from './commands.ts';
import { siteAccount } from './group.ts';
import type { ReadAccountEvents } from './issue-statement.ts';
import { postCharge } from './post-charge.ts';
import type { AccountState, SiteState } from './site-state.ts';

export interface SharePool {
  readonly tariff: string;
  readonly share: string;
  /** Local month that has ended. */
  readonly month: string;
  /** What is shared: a quantity or an amount, 6 decimals, as the tariff's rule says. */
  readonly pool: string;
}

/**
 * Shares a month's pool among all open accounts whose terms name the tariff: one fact of the site, with pool and
 * sum of the key, and a charge to each, which together are the pool. Once for each tariff, share and month
 * (`pool-shared`), and before any of those bills is issued (`statement-exists`). Refuses what
 * `shareCharges` refuses, `tariff-unknown`, `share-unknown`, `term-missing`, `period-not-ended`.
 */
export function sharePool(
  context: CommandContext,
  { tariff: id, share, month, pool }: SharePool,
  readEvents: ReadAccountEvents,
): CommandResult {
  const { appender, group } = context;
  const { state } = group;
  const endMs = zoneOf(state.zone).nextMonthStart(monthStart(state, month));
  refuseUnfinished(context, endMs, month);
  const version = state.tariffs.versionAt(id, endMs - 1);
  if (version?.tariff.v !== 2) {
    throw new Refusal('tariff-unknown', `No tariff ${id} of format 2 is in force in ${month}.`, {
      tariff: id,
    });
  }
  const { ref, tariff } = version;
  const rule = tariff.shares?.find((known) => known.share === share);
  if (rule === undefined) {
    throw new Refusal('share-unknown', `Tariff ${id} has no share ${share}.`, { share });
  }
  const key = poolKey(id, share, month);
  if (state.ruleFacts.some((fact) => fact.key === key)) {
    throw new Refusal('pool-shared', `The pool ${share} of ${month} is shared already.`, { share });
  }
  const on = accountsOn(state, id, month);
  const weights = on.map((account) => ({
    account: account.account,
    weight: weightOf(state, tariff, rule, account, month, readEvents),
  }));
  const { rounding } = tariff;
  const charges = shareCharges({ rule, rounding, pool: parseMicros(pool), weights });
  const site = siteAccount(state);
  const { n } = site;
  const { poolAmount, denominator, poolQuantity } = sharedBy(charges);
  const data: JsonObject = {
    ...{ tariff: { ...ref }, share, month, poolAmount, denominator },
    ...(poolQuantity === undefined ? {} : { poolQuantity }),
  };
  poolShared(data, '/data');
  const leaf = appender.append(group, site, 'pool.shared', data);
  state.ruleFacts.push({ key, n, leaf });
  let parts = 0;
  for (const [i, charge] of charges.entries()) {
    const account = on[i];
    if (account === undefined || charge.weight === 0n) continue;
    const due = { charge: 'share', name: share, ref, tariff, ...charge } as const;
    postCharge(context, account, due, month, endMs);
    parts += 1;
  }
  return { tariff: id, share, month, accounts: parts, poolAmount, n, leaf };
}

export function poolKey(tariff: string, share: string, month: string): string {
  return `pool/${tariff}/${share}/${month}`;
}

function sharedBy(charges: readonly { readonly line: ShareLine }[]): ShareLine {
  const [first] = charges;
  if (first !== undefined) return first.line;
  throw new Refusal('share-key-empty', 'Nobody has a part in this key. Give at least one weight.');
}

function accountsOn(state: SiteState, tariff: string, month: string): AccountState[] {
  const on = [...state.accounts.values()]
    .filter(({ closedAt }) => closedAt === undefined)
    .filter(({ terms }) => terms.in(month)?.tariffs?.includes(tariff) === true)
    .sort((a, b) => (a.account < b.account ? -1 : 1));
  const issued = on.find(({ firstOpen }) => month < firstOpen);
  if (issued === undefined) return on;
  const message = `The bill of ${month} of ${issued.account} was issued. Share pools before bills.`;
  throw new Refusal('statement-exists', message, { period: month, account: issued.account });
}

/** What the account has of the key, in micros. */
function weightOf(
  state: SiteState,
  tariff: TariffV2,
  { key }: ShareRule,
  account: AccountState,
  month: string,
  readEvents: ReadAccountEvents,
): Weight['weight'] {
  if (key === 'equal') return 1_000_000n;
  if (key === 'area') return termOf(account.terms.of(month), 'area');
  const zone = zoneOf(state.zone);
  let used = 0n;
  const from = account.periodStarts.get(month) ?? account.n;
  for (const text of readEvents(account, from)) {
    const { type, at, data } = readStored(text);
    if (type !== 'usage.deducted') continue;
    const { period, quantity, wallet, meter } = usageDeducted(data, '/data');
    const isOwn = period === month && zone.monthOf(parseTime(at) - 1) === month;
    const unit = state.meters.get(meter)?.binding?.unit ?? tariff.unit;
    if (isOwn && wallet === tariff.utility && unit === tariff.unit) used += parseMicros(quantity);
  }
  return used > 0n ? used : 0n;
}
