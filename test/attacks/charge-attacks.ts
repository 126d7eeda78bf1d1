import type { TariffV2 } from '../../ledger/core/charges/tariff-v2.ts';
import { formatMicros, parseMicros } from '../../ledger/core/decimal.ts';
import { unmeteredTariff } from '../samples/tariffs-v2.ts';
import type { ForgedCharge } from '../support/forge.ts';
import { type Attack, editList } from './attack.ts';
import {
  base,
  charged,
  closing,
  honestDue,
  honestShare,
  honestStay,
  type Lies,
  MONTH_END,
  pool,
  TARIFFS,
} from './charges-story.ts';
import { all, honest, NEIGHBOUR, type Step, TENANT } from './story.ts';

type Lie = (due: ForgedCharge) => ForgedCharge;
const DIFFERS = [5, 'charge-differs'] as const;

const dearer: Lie = (due) => ({
  ...due,
  amount: formatMicros(parseMicros(due.amount) + 10_000_000n),
});
/** Line and amount alike, so that the event fits to itself. */
const told =
  (changes: object, more = '10.000000'): Lie =>
  (due) => {
    const amount = formatMicros(parseMicros(due.amount) + parseMicros(more));
    return { ...due, amount, line: { ...due.line, ...changes, amount } };
  };
const says =
  (changes: object): Lie =>
  (due) => ({ ...due, line: { ...due.line, ...changes } });
const lying = (lies: Lies) => ({ fee: closing(lies) });
const lyingBeside = (name: string, lie: Lie) => lying({ [name]: lie });
/** Publishes a next version, from September on, which the charges do not follow. */
const followed =
  (tariff: Partial<TariffV2>): Step =>
  (f) => {
    base.tariff?.(f);
    const from = { validFrom: '2026-08-31T16:00:00.000Z' };
    f.publish('2026-07-31T02:00:00.000Z', unmeteredTariff({ ...tariff, ...from }));
  };

export const demandAttacks: readonly Attack[] = [
  charged('amount of a demand charge', DIFFERS, lyingBeside('demand', dearer)),
  charged('price of a demand charge', DIFFERS, lyingBeside('demand', told({ price: '47.000000' }))),
  charged('power that no window had', DIFFERS, lyingBeside('demand', told({ peak: '9.000000' }))),
  charged(
    'contract that was not agreed',
    DIFFERS,
    lyingBeside('demand', told({ contract: '3.000000' })),
  ),
  charged('windows said to be complete', DIFFERS, lyingBeside('demand', says({ complete: 719 }))),
  charged(
    'demand of more days than the month has',
    DIFFERS,
    lyingBeside('demand', told({ days: 31 })),
  ),
  charged(
    'demand by what was measured',
    DIFFERS,
    lyingBeside('demand', says({ basis: 'measured' })),
  ),
  charged('demand charged twice', DIFFERS, {
    fee: closing({}, (f) => f.post(TENANT, MONTH_END, honestDue(f, 'office', 'demand'))),
  }),
  charged('demand charged again by another name', DIFFERS, {
    fee: closing({}, (f) => {
      f.post(TENANT, MONTH_END, { ...honestDue(f, 'office', 'demand'), name: 'power' });
    }),
  }),
  charged('capacity beside demand', DIFFERS, {
    fee: closing({}, (f) => {
      const terms = { quantities: { 'capacity-kva': '5.000000' }, basis: 'capacity' } as const;
      f.post(TENANT, MONTH_END, honestDue(f, 'office', 'capacity', terms));
    }),
  }),
];

export const quantityFeeAttacks: readonly Attack[] = [
  charged('amount of a fee by area', DIFFERS, lyingBeside('upkeep', dearer)),
  charged('price of a fee by area', DIFFERS, lyingBeside('upkeep', told({ price: '28.600000' }))),
  charged(
    'area that was not agreed',
    DIFFERS,
    lyingBeside('upkeep', told({ quantity: '120.000000' })),
  ),
  charged('fee by another term', DIFFERS, lyingBeside('upkeep', says({ term: 'contract-kw' }))),
  charged('fee by area of a day too many', DIFFERS, lyingBeside('upkeep', told({ days: 31 }))),
  charged('fee by area twice', DIFFERS, {
    fee: closing({}, (f) => f.post(TENANT, MONTH_END, honestDue(f, 'area', 'upkeep'))),
  }),
  charged('fee by area of the month before', [5, 'period-differs'], {
    'top-up': all(honest['top-up'], (f) => {
      const due = honestDue(f, 'area', 'upkeep');
      f.post(TENANT, '2026-08-31T16:00:00.000Z', due, { period: '2026-10' });
    }),
  }),
  charged('fee by area of August as late', DIFFERS, {
    'top-up': all(honest['top-up'], (f) => {
      const due = honestDue(f, 'area', 'upkeep');
      f.post(TENANT, '2026-08-31T16:00:00.000Z', due, { period: '2026-09' });
    }),
  }),
  charged(
    'fee that no tariff has',
    DIFFERS,
    lyingBeside('upkeep', (due) => ({ ...due, name: 'lobby' })),
  ),
  charged('property fee out of the wallet for electricity', [5, 'charge-unknown'], {
    ...lyingBeside('upkeep', (due) => ({ ...due, wallet: 'electricity' })),
  }),
  charged('fee by area of a tariff that is not in the file', [5, 'charge-unknown'], {}, (parts) =>
    editList<{ event: string }>(parts, 'site', (site) =>
      site.filter(({ event }) => !event.includes('"id":"area"')),
    ),
  ),
];

export const minimumAttacks: readonly Attack[] = [
  charged('amount of a minimum', DIFFERS, lyingBeside('minimum', dearer)),
  charged('higher minimum', DIFFERS, lyingBeside('minimum', told({ minimum: '510.000000' }))),
  charged(
    'charges left out of a minimum',
    DIFFERS,
    lyingBeside('minimum', told({ charged: '0.000000' })),
  ),
  charged('minimum by a quantity', DIFFERS, lyingBeside('minimum', says({ quantity: '1.000000' }))),
  charged('minimum of days too many', DIFFERS, lyingBeside('minimum', says({ days: 31 }))),
  charged('minimum before the use that reaches it', DIFFERS, {
    'top-up': all(honest['top-up'], (f) =>
      f.post(TENANT, MONTH_END, honestDue(f, 'office', 'minimum')),
    ),
    fee: closing({}, undefined, ['minimum']),
  }),
  charged('minimum twice', DIFFERS, {
    fee: closing({}, (f) => f.post(TENANT, MONTH_END, honestDue(f, 'office', 'minimum'))),
  }),
  charged('minimum charged again by another name', DIFFERS, {
    fee: all(closing({}, undefined, ['vat']), (f) => {
      const due = honestDue(f, 'office', 'minimum');
      f.post(TENANT, MONTH_END, { ...due, name: 'minimum-2' });
      f.post(TENANT, MONTH_END, honestDue(f, 'office', 'vat'));
    }),
  }),
];

export const taxAttacks: readonly Attack[] = [
  charged('amount of a tax', DIFFERS, lyingBeside('vat', dearer)),
  charged('higher tax', DIFFERS, lyingBeside('vat', told({ percent: '16' }))),
  charged('tax on more than was charged', DIFFERS, lyingBeside('vat', told({ net: '190.000000' }))),
  charged('tax inside told as on top', DIFFERS, lyingBeside('vat', says({ mode: 'inside' }))),
  charged(
    'other tax',
    DIFFERS,
    lyingBeside('vat', (due) => ({ ...due, name: 'gst' })),
  ),
  charged('tax under a tariff without one', DIFFERS, {
    fee: closing({}, (f) => {
      const { ref, wallet } = honestDue(f, 'area', 'upkeep');
      f.post(TENANT, MONTH_END, { ...honestDue(f, 'office', 'vat'), ref, wallet });
    }),
  }),
  charged('tax twice', DIFFERS, {
    fee: closing({}, (f) => f.post(TENANT, MONTH_END, honestDue(f, 'office', 'vat'))),
  }),
];

export const parkingAttacks: readonly Attack[] = [
  charged('amount of a stay', DIFFERS, lyingBeside('parking', dearer)),
  charged('price of a stay', DIFFERS, lyingBeside('parking', told({ price: '6.000000' }))),
  charged(
    'stay that ended later',
    DIFFERS,
    lyingBeside('parking', says({ to: '2026-09-20T10:30:00.000Z' })),
  ),
  charged(
    'stay with fewer free minutes',
    DIFFERS,
    lyingBeside('parking', says({ freeMinutes: 0 })),
  ),
  charged('cap of a day left out', DIFFERS, lyingBeside('parking', told({ cap: '90.000000' }))),
  charged('cap of a day begun anew', DIFFERS, {
    fee: closing({}, (f) => {
      const leave = '2026-09-20T15:30:00.000Z';
      f.post(TENANT, leave, honestStay(f, '2026-09-20T11:00:00.000Z', leave));
    }),
  }),
  charged('stay by a version that a later one had ended', DIFFERS, {
    tariff: followed({
      ...{ ...TARIFFS.parking, version: 2 },
      parking: { blockMinutes: 60, price: '1.000000', freeMinutes: 15, free: 'whole-stay' },
    }),
  }),
  charged('stay of an account that is on no tariff for it', DIFFERS, {
    open: all(honest.open, (f) => {
      const terms = { quantities: { area: '100.000000', 'contract-kw': '2.000000' } };
      const set = { from: '2026-08', terms: { ...terms, basis: 'contract' as const } };
      f.agree(TENANT, '2026-08-28T01:30:00.000Z', { ...set, tariffs: ['area', 'common'] });
    }),
  }),
  charged(
    'stay that cannot be read',
    [5, 'bad-shape', { 6: 'statement-differs' }],
    lyingBeside('parking', says({ days: 3 })),
  ),
];

export const shareAttacks: readonly Attack[] = [
  charged('amount of a share', DIFFERS, lyingBeside('lift', told({}, '1.000000'))),
  charged('share of a larger pool than the one on record', DIFFERS, {
    ...lyingBeside('lift', told({ poolAmount: '400.000000' })),
  }),
  charged(
    'share by a larger area',
    DIFFERS,
    lyingBeside('lift', told({ numerator: '120.000000' })),
  ),
  charged(
    'share of fewer than there are',
    DIFFERS,
    lyingBeside('lift', told({ denominator: '150.000000' })),
  ),
  charged('share at a higher price', DIFFERS, lyingBeside('lift', says({ price: '0.800000' }))),
  charged(
    'line loss said to be common use',
    DIFFERS,
    lyingBeside('loss', says({ kind: 'common-area' })),
  ),
  charged('line loss by more use than was metered', DIFFERS, {
    ...lyingBeside('loss', told({ numerator: '90.000000' })),
  }),
  charged('share charged twice', DIFFERS, {
    fee: closing({}, (f) => f.post(TENANT, MONTH_END, honestShare(f, 'lift'))),
  }),
  charged('share without a pool', [5, 'pool-missing'], {
    fee: closing({}, undefined, ['pool lift']),
  }),
  charged('pool told by a neighbour', [5, 'pool-missing'], {
    fee: closing({}, (f) => pool(f, honestShare(f, 'lift'), {}, NEIGHBOUR), ['pool lift']),
  }),
  charged('pool that its quantity and price do not make', DIFFERS, {
    fee: closing(
      { lift: told({ poolAmount: '500.000000' }, '0.000000') },
      (f) => pool(f, honestShare(f, 'lift'), { poolAmount: '500.000000' }),
      ['pool lift'],
    ),
  }),
  charged('shares by a version that a later one had ended', [5, 'charge-unknown'], {
    tariff: followed({ ...TARIFFS.common, version: 2, name: 'Later' }),
  }),
  charged('share that the tariff does not have', [5, 'charge-unknown'], {
    ...lyingBeside('lift', (due) => ({ ...due, name: 'roof' })),
  }),
];

const LARGER = { quantities: { area: '1000.000000', 'contract-kw': '2.000000' } };
const backdated: Step = (f) => {
  const terms = { ...LARGER, basis: 'contract' as const };
  const set = { from: '2026-09', terms, tariffs: ['area', 'common', 'parking'] };
  f.agree(TENANT, '2026-08-31T15:59:00.000Z', set);
};

/** Terms logged after what they are for, with an `at` from before. */
export const backdatedTermsAttacks: readonly Attack[] = [
  charged('terms dated back behind the use that they are for', [5, 'terms-late'], {
    fee: all(backdated, (f) => {
      closing({}, undefined, ['upkeep', 'lift', 'loss', 'minimum', 'vat'])(f);
      f.post(TENANT, MONTH_END, honestDue(f, 'area', 'upkeep', { ...LARGER, basis: 'contract' }));
    }),
  }),
  charged('terms dated back behind the bill before their month', [5, 'terms-late'], {
    ...{ 'border-use': undefined, 'early-top-up': undefined },
    'top-up': all(backdated, honest['top-up']),
    fee: closing({}, undefined, ['upkeep', 'lift', 'loss', 'minimum', 'vat']),
  }),
  charged('terms dated back behind a stay of their month', [5, 'terms-late'], {
    'border-use': undefined,
    'early-top-up': (f) => {
      const leave = '2026-09-01T00:30:00.000Z';
      f.post(TENANT, leave, honestStay(f, '2026-08-31T23:30:00.000Z', leave));
      backdated(f);
    },
    fee: closing({}, undefined, ['upkeep', 'lift', 'loss', 'minimum', 'vat']),
  }),
];
