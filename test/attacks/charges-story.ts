import type { Charge } from '../../ledger/core/charges/charge.ts';
import { closingCharges, dueCharge } from '../../ledger/core/charges/due-charge.ts';
import { parkingCharge } from '../../ledger/core/charges/parking.ts';
import { shareCharges } from '../../ledger/core/charges/shares.ts';
import type { TariffV2 } from '../../ledger/core/charges/tariff-v2.ts';
import type { AccountTerms } from '../../ledger/core/charges/terms.ts';
import { formatMicros, parseMicros } from '../../ledger/core/decimal.ts';
import { parseTime } from '../../ledger/core/time.ts';
import { zoneOf } from '../../ledger/core/zone.ts';
import { unmeteredTariff } from '../samples/tariffs-v2.ts';
import { FORGED_ZONE, type ForgedCharge, type Forger, json } from '../support/forge.ts';
import { forged, type Twist } from './attack.ts';
import { all, honest, NEIGHBOUR, officeTariff, type Step, serviceFee, TENANT } from './story.ts';

const PUBLISHED = '2026-07-30T02:00:00.000Z';
const AGREED = '2026-08-28T01:30:00.000Z';
const PERIOD = '2026-09';
export const MONTH_END = '2026-09-30T16:00:00.000Z';
const EXACT = { mode: 'half-up', scale: 2 } as const;
const PLAIN = { validFrom: '2026-07-31T16:00:00.000Z', rounding: EXACT };

/** Two-part electricity with a minimum and tax, an area fee, shares of the house, parking. */
export const TARIFFS: Readonly<Record<string, TariffV2>> = {
  office: {
    ...officeTariff(),
    v: 2,
    demand: {
      ...{ price: '42.000000', windowMinutes: 60, contract: 'contract-kw', proration: 'daily' },
      ...{ freePercent: '105', overMultiple: '2' },
    },
    capacity: { price: '26.300000', term: 'capacity-kva', proration: 'daily' },
    minimum: { amount: '500.000000', proration: 'daily' },
    tax: { tax: 'vat', percent: '13', mode: 'on-top', rounding: EXACT },
  },
  area: unmeteredTariff({
    ...{ ...PLAIN, id: 'area', utility: 'property', unit: 'm2' },
    quantityFees: [
      { fee: 'upkeep', price: '28.500000', term: 'area', unit: 'm2', proration: 'daily' },
    ],
  }),
  common: unmeteredTariff({
    ...{ ...PLAIN, id: 'common' },
    shares: [
      {
        ...{ share: 'lift', kind: 'common-area', key: 'area', pool: 'quantity' },
        price: '0.735686',
      },
      { share: 'loss', kind: 'line-loss', key: 'metered', pool: 'amount' },
    ],
  }),
  parking: unmeteredTariff({
    ...{ ...PLAIN, id: 'parking', utility: 'parking', unit: 'h' },
    parking: {
      ...{ blockMinutes: 60, price: '5.000000', freeMinutes: 15, free: 'whole-stay' },
      dailyCap: '40.000000',
    },
  }),
};
const TERMS = {
  quantities: { area: '100.000000', 'contract-kw': '2.000000', 'capacity-kva': '5.000000' },
  basis: 'contract' as const,
};
const ON = ['area', 'common', 'parking'];

/** What changes a charge before it is posted, by its name. */
export type Lies = Readonly<Record<string, (due: ForgedCharge) => ForgedCharge>>;
export type More = (f: Forger) => void;

const agree =
  (id: string, terms = TERMS): Step =>
  (f) =>
    f.agree(id, AGREED, { from: '2026-08', terms, tariffs: ON });

export const base: Twist = {
  tariff: (f) => {
    for (const tariff of Object.values(TARIFFS)) f.publish(PUBLISHED, tariff);
  },
  open: all(honest.open, agree(TENANT)),
  'open-neighbour': all(honest['open-neighbour'], agree(NEIGHBOUR)),
  fee: closing({}),
};

function refOf(f: Forger, id: string) {
  const [version] = f.book.versions(id);
  if (version?.tariff.v !== 2) throw new Error(`${id} is of format 2`);
  const { ref, tariff, zone } = version;
  return { ref, tariff, zone };
}

/** A charge as the core computes it, from the bill so far. */
export function honestDue(
  f: Forger,
  id: string,
  name: string,
  terms: AccountTerms = TERMS,
): ForgedCharge {
  const { ref, tariff, zone } = refOf(f, id);
  const due = closingCharges(tariff).find((one) => one.name === name);
  if (due === undefined) throw new Error(`${id} has no charge ${name}`);
  const sums = f.sumsOf(TENANT, PERIOD).bill;
  const days = { days: 30, of: 30 };
  const charge = dueCharge(due, { ref, tariff, zone, terms, period: PERIOD, sums, ...days });
  if (charge === undefined) throw new Error(`${name} is not due`);
  return { ...due, ref, wallet: tariff.utility, ...told(charge) };
}

function told({ amountMicros, line }: Charge<object>) {
  return { amount: formatMicros(amountMicros), line };
}

export function honestStay(f: Forger, from: string, to: string, before = 0n): ForgedCharge {
  const { ref, tariff } = refOf(f, 'parking');
  const { parking: rule, rounding } = tariff;
  if (rule === undefined) throw new Error('it has parking');
  const times = { fromMs: parseTime(from), toMs: parseTime(to) };
  const zone = zoneOf(FORGED_ZONE);
  const charge = parkingCharge({ rule, rounding, zone, ...times, chargedOn: () => before });
  return { charge: 'parking', name: 'parking', ref, wallet: tariff.utility, ...told(charge) };
}

/** The tenant's share of a pool of 500, the neighbour having as much area and 70 kWh. */
export function honestShare(f: Forger, name: string): ForgedCharge {
  const { ref, tariff } = refOf(f, 'common');
  const rule = tariff.shares?.find(({ share }) => share === name);
  if (rule === undefined) throw new Error(`there is no share ${name}`);
  const used = f.sumsOf(TENANT, PERIOD).bill.metered('electricity', 'kWh');
  const weights =
    rule.key === 'area'
      ? [TENANT, NEIGHBOUR].map((account) => ({ account, weight: 100_000_000n }))
      : [
          { account: TENANT, weight: used },
          { account: NEIGHBOUR, weight: 70_000_000n },
        ];
  const { rounding } = tariff;
  const [own] = shareCharges({ rule, rounding, pool: parseMicros('500.000000'), weights });
  if (own === undefined) throw new Error('the tenant has a part');
  return { charge: 'share', name, ref, wallet: tariff.utility, ...told(own) };
}

/** Logs the pool that a share is of. */
export function pool(f: Forger, { name, ref, line }: ForgedCharge, lie = {}, account = 'site') {
  const { poolAmount, poolQuantity, denominator }: Record<string, unknown> = Object(line);
  const quantity = poolQuantity === undefined ? {} : { poolQuantity };
  const data = { tariff: ref, share: name, month: PERIOD, poolAmount, denominator, ...quantity };
  f.rules.push(f.write(account, 'pool.shared', MONTH_END, json({ ...data, ...lie })));
}

/** The end of the month: fee, stays, shares, and what closes the bill; lies by the name of the charge. */
export function closing(lies: Lies, more: More = () => undefined, without: readonly string[] = []) {
  return (f: Forger) => {
    const post = (due: ForgedCharge, at = MONTH_END) => {
      if (without.includes(due.name)) return;
      f.post(TENANT, at, lies[due.name]?.(due) ?? due);
    };
    const leave = '2026-09-20T09:30:00.000Z';
    post(honestStay(f, '2026-09-20T02:00:00.000Z', leave), leave);
    f.fee(TENANT, MONTH_END, serviceFee(f));
    for (const name of ['lift', 'loss']) {
      const share = honestShare(f, name);
      if (!without.includes(`pool ${name}`)) pool(f, share);
      post(share);
    }
    post(honestDue(f, 'office', 'demand'));
    post(honestDue(f, 'area', 'upkeep'));
    more(f);
    post(honestDue(f, 'office', 'minimum'));
    post(honestDue(f, 'office', 'vat'));
  };
}

/** A lie about a charge of format 2. */
export function charged(
  name: string,
  expected: Parameters<typeof forged>[2],
  twist: Twist,
  lie?: Parameters<typeof forged>[4],
) {
  return forged('operator', name, expected, { ...base, ...twist }, lie);
}
