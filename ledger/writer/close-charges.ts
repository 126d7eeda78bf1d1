import type { Charge } from '../core/charges/charge.ts';
import {
  closingCharges,
  type DueName,
  dueCharge,
  onTariffFrom,
} from '../core/charges/due-charge.ts';
import { activeDays } from '../core/fees.ts';
import { Refusal } from '../core/refusal.ts';
import type { StatementSums } from '../core/statement.ts';
import type { TariffVersion } from '../core/tariff-book.ts';
import { zoneOf } from '../core/zone.ts';
import { dueFees, monthStart, postFee } from './charge-fees.ts';
import type { CommandContext } from './commands.ts';
import { type PostedCharge, postCharge } from './post-charge.ts';
import type { AccountState, SiteState } from './site-state.ts';

/** A charge that could not be computed, and so is not charged. */
export interface LeftOut extends DueName {
  readonly tariff: string;
  readonly code: string;
}

/**
 * Posts what a month costs under format 2 beside use, as its bill closes: flat fees that are due, fees by
 * quantity, power, the rest up to a minimum, tax. `sums` has the bill so far and is added to. What
 * cannot be computed, for want of a term, is left out and named: it favours the tenant, and no
 * missing number keeps a bill from being issued.
 */
export function closeCharges(
  context: CommandContext,
  account: AccountState,
  period: string,
  sums: StatementSums,
): LeftOut[] {
  const { state } = context.group;
  const zone = zoneOf(state.zone);
  const endMs = zone.nextMonthStart(monthStart(state, period));
  // Nothing is charged to an account that has ended.
  if (account.closedAt !== undefined) return [];
  const active = activeVersions(state, account, period, sums);
  if (active.length === 0) return [];
  for (const due of dueFees(state, account, period)) {
    const { fee, tariff, days, of, wallet } = due;
    if (active.every(({ version }) => version.ref.id !== tariff.id)) continue;
    const { n, amount } = postFee(context, account, due, period, endMs);
    sums.range.money(Number(n), period);
    sums.addFee({ fee, tariff, days, of, amount: String(amount), wallet });
  }
  const left: LeftOut[] = [];
  for (const kinds of [['fee', 'demand'], ['minimum'], ['tax']]) {
    for (const { version, days, of } of active) {
      const { tariff, ref } = version;
      if (tariff.v !== 2) continue;
      for (const name of closingCharges(tariff)) {
        if (!kinds.includes(name.charge) || (days === 0 && name.charge !== 'tax')) continue;
        const terms = account.terms.of(period);
        const facts = { ref, tariff, zone, terms, period, sums: sums.bill, days, of };
        try {
          const due = dueCharge(name, facts);
          if (due === undefined || isNothing(name, due)) continue;
          const posted = postCharge(
            context,
            account,
            { ...name, ...due, ref, tariff },
            period,
            endMs,
          );
          addPosted(sums, posted, version, period);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          left.push({ ...name, tariff: `${ref.id}/${ref.version}`, code: error.code });
        }
      }
    }
  }
  return left;
}

function addPosted(
  sums: StatementSums,
  { n, charge, name, amount, wallet }: PostedCharge,
  { ref }: TariffVersion,
  period: string,
): void {
  sums.range.money(n, period);
  sums.addPosted({ n, charge, name, tariff: ref, amount, wallet }, true);
}

/** A minimum that is reached is no line; nor is a tax on nothing. */
function isNothing({ charge }: DueName, { amountMicros, line }: Charge<object>): boolean {
  if (charge === 'minimum') return amountMicros === 0n;
  return charge === 'tax' && 'net' in line && 'gross' in line && line.net === line.gross;
}

interface Active {
  readonly version: TariffVersion;
  readonly days: number;
  readonly of: number;
}

/** Versions of format 2 that the account is on in a month, or that charge something on this bill. */
function activeVersions(
  state: SiteState,
  account: AccountState,
  period: string,
  sums: StatementSums,
): Active[] {
  const zone = zoneOf(state.zone);
  const startMs = monthStart(state, period);
  const endMs = zone.nextMonthStart(startMs);
  const ids = new Set([
    ...account.onTariffs.keys(),
    ...(account.terms.in(period)?.tariffs ?? []),
    ...sums.bill.refs.map(({ id }) => id),
  ]);
  const named = new Set(sums.bill.refs.map(({ id, version }) => `${id}/${version}`));
  return [...ids].sort().flatMap((id) => {
    const metered = account.onTariffs.get(id);
    const agreedMs = onTariffFrom(account.terms, id, period, startMs);
    const fromMs = Math.min(metered?.fromMs ?? endMs, agreedMs ?? endMs);
    const toMs = agreedMs === undefined ? (metered?.toMs ?? endMs) : endMs;
    return state.tariffs.versions(id).flatMap((version) => {
      if (version.tariff.v !== 2) return [];
      const from = Math.max(startMs, fromMs, version.fromMs);
      const to = Math.min(endMs, toMs, version.toMs);
      const { days, of } = activeDays(zone, period, from, to);
      const isNamed = named.has(`${id}/${version.ref.version}`);
      return days > 0 || isNamed ? [{ version, days, of }] : [];
    });
  });
}
