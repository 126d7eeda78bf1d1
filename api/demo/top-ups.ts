import { formatMicros, MICROS, parseMicros } from '../../ledger/core/decimal.ts';
import { formatDate, formatTime, MINUTE_MS } from '../../ledger/core/time.ts';
import { zoneOf } from '../../ledger/core/zone.ts';
import type { FrontDesk } from './front-desk.ts';
import { TENANTS, TOWER, type TowerMeter } from './tower.ts';

/** Roughly what a unit costs, in yuan: only to decide how much somebody pays in. */
const ROUGH_PRICE: Readonly<Record<string, bigint>> = {
  electricity: 750_000n,
  water: 5_500_000n,
  cooling: 420_000n,
  gas: 4_550_000n,
};
/** People pay in for three weeks, once it would not last over a long weekend. */
const DAYS_PAID = 21n;
const DAYS_LEFT = 5n;

/** The first payment into every wallet, when the tenants move in. */
export async function payFirst(
  desk: FrontDesk,
  meters: readonly TowerMeter[],
  atMs: number,
): Promise<number> {
  for (const meter of meters) await pay(desk, meter, atMs);
  return meters.length;
}

/** Working day at the desk: whoever's wallet runs low pays in. Answers how many did. */
export async function payWhoRunsLow(
  desk: FrontDesk,
  meters: readonly TowerMeter[],
  openMs: number,
): Promise<number> {
  if (zoneOf(TOWER.zone).localParts(openMs).weekday > 5) return 0;
  const balances = await desk.walletBalances();
  let paid = 0;
  for (const meter of meters) {
    const balance = parseMicros(balances.get(`${meter.account}:${meter.wallet}`) ?? '0.000000');
    if (balance >= dailyMicros(meter) * DAYS_LEFT) continue;
    // One after the other, within a quarter of an hour.
    await pay(desk, meter, openMs + (paid % 14) * MINUTE_MS);
    paid += 1;
  }
  return paid;
}

async function pay(desk: FrontDesk, meter: TowerMeter, atMs: number): Promise<void> {
  const { account, wallet } = meter;
  const { year, month, day } = zoneOf(TOWER.zone).localParts(atMs);
  const date = formatDate(year, month, day);
  const method = TENANTS.find((tenant) => tenant.account === account)?.pays ?? 'cash';
  await desk.post('/v1/top-ups', `top-up-${account}-${wallet}-${date}`, {
    ...{ account, wallet, amount: amountOf(meter), method, at: formatTime(atMs) },
    reference: `desk-${date}-${meter.meter}`,
  });
}

/** Whole hundreds of yuan; small wallets by fifties. */
function amountOf(meter: TowerMeter): string {
  const wanted = dailyMicros(meter) * DAYS_PAID;
  const note = (wanted < 300n * MICROS ? 50n : 100n) * MICROS;
  return formatMicros(((wanted + note - 1n) / note) * note);
}

function dailyMicros({ perHour, wallet }: TowerMeter): bigint {
  const [whole = '0', fraction = ''] = perHour.split('.');
  const perDay = parseMicros(`${whole}.${fraction.padEnd(6, '0')}`) * 24n;
  return (perDay * (ROUGH_PRICE[wallet] ?? MICROS)) / MICROS;
}
