import { parkingCharge } from '../core/charges/parking.ts';
import { parseMicros } from '../core/decimal.ts';
import { Refusal } from '../core/refusal.ts';
import { parseTime } from '../core/time.ts';
import { zoneOf } from '../core/zone.ts';
import { accountOf, type CommandContext, type CommandResult, openPeriod } from './commands.ts';
import { postCharge } from './post-charge.ts';

export interface RecordStay {
  readonly account: string;
  readonly tariff: string;
  /** When the car came and when it left. */
  readonly from: string;
  readonly to: string;
}

/**
 * Logs a stay of parking with its charge. It is of the month in which it ends, under the version in force
 * then; the cap of a day is shared by the account's stays on one bill. Refuses `tariff-unknown` where
 * the account's terms do not name the tariff or it has no parking, `bad-stay`, `time-in-future`.
 */
export function recordStay(
  context: CommandContext,
  { account: id, tariff, from, to }: RecordStay,
): CommandResult {
  const { state } = context.group;
  const account = accountOf(state, id);
  const [fromMs, toMs] = [parseTime(from), parseTime(to)];
  if (toMs > context.appender.now()) {
    throw new Refusal('time-in-future', 'A stay is recorded when it has ended.', { at: to });
  }
  const zone = zoneOf(state.zone);
  const month = zone.monthOf(toMs - 1);
  const version = state.tariffs.versionAt(tariff, toMs - 1);
  const rule = version?.tariff.v === 2 ? version.tariff.parking : undefined;
  const isAgreed = account.terms.in(month)?.tariffs?.includes(tariff) === true;
  if (version === undefined || rule === undefined || !isAgreed) {
    const message = `Account ${id} is on no tariff ${tariff} with parking in ${month}. Set its terms.`;
    throw new Refusal('tariff-unknown', message, { tariff });
  }
  const period = openPeriod(account, month);
  const key = (date: string) => `${period}/${tariff}/${date}`;
  const chargedOn = (date: string) => account.parking.get(key(date)) ?? 0n;
  const { rounding } = version.tariff;
  const charge = parkingCharge({ rule, rounding, zone, fromMs, toMs, chargedOn });
  const due = { charge: 'parking', name: 'parking', ...version, ...charge } as const;
  const posted = postCharge(context, account, due, month, toMs);
  for (const { date, amount } of charge.line.days) {
    account.parking.set(key(date), chargedOn(date) + parseMicros(amount));
  }
  return { account: id, ...posted };
}
