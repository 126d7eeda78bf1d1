import type { RatedLine } from '../../ledger/core/rating.ts';
import type { ChargeLie, Forger } from '../support/forge.ts';
import { json } from '../support/forge.ts';
import { type Attack, editList, forged } from './attack.ts';
import {
  all,
  bindingOf,
  honest,
  NEIGHBOUR,
  officeTariff,
  poll,
  type Step,
  serviceFee,
  TENANT,
} from './story.ts';

const USE_1 = ['2026-09-03T02:00:00.000Z', '102.35'] as const;
const USE_3 = ['2026-09-12T02:00:00.000Z', '104.35'] as const;
const lying =
  (lie: ChargeLie, [at, value]: readonly [string, string] = USE_1): Step =>
  (f) =>
    f.use('m-1', f.device.read('m-1', at, value), lie);

/** A lie in the first line of a charge, with everything that follows from it. */
const inLine = (
  change: (line: RatedLine) => Partial<RatedLine>,
  at: readonly [string, string] = USE_1,
): Step =>
  lying(
    {
      charge: (charge) =>
        withLines(
          charge,
          charge.lines.map((line, i) => (i === 0 ? { ...line, ...change(line) } : line)),
        ),
    },
    at,
  );

type Charge = Parameters<NonNullable<ChargeLie['charge']>>[0];
function withLines(charge: Charge, lines: readonly RatedLine[]): Charge {
  return { ...charge, lines, amountMicros: lines.reduce((sum, { amount }) => sum + amount, 0n) };
}

/** A later version that is cheaper, published in time. */
const cheaper = (f: Forger) => f.publish('2026-09-01T00:00:00.000Z', secondVersion());
const secondVersion = () =>
  officeTariff({
    version: 2,
    validFrom: '2026-09-10T00:00:00.000Z',
    prices: officeTariff().prices.map((price) => ({ ...price, price: '0.200000' })),
  });
const dearer = officeTariff({
  prices: officeTariff().prices.map((price) => ({ ...price, price: '1.500000' })),
});
/** So dear, and then so far below zero, that a balance on the way has 16 digits and no line has. */
const swinging = () =>
  officeTariff({
    tiers: [
      { tier: 't1', upTo: '1000.000000' },
      { tier: 't2', upTo: '2000.000000' },
      { tier: 't3' },
    ],
    prices: ['valley', 'peak'].flatMap((period) => [
      { period, tier: 't1', price: '900000000000.000000' },
      { period, tier: 't2', price: '900000000000.000000' },
      { period, tier: 't3', price: '-900000000000.000000' },
    ]),
  });
const published = (tariff: unknown): { tariff: Step } => ({
  tariff: (f) => f.publish('2026-07-30T02:00:00.000Z', officeTariff(), tariff),
});
const fee = (change: Partial<ReturnType<typeof serviceFee>>, at = '2026-09-30T16:00:00.000Z') => ({
  fee: (f: Forger) => f.fee(TENANT, at, { ...serviceFee(f), ...change }),
});
const rebound =
  (changes: Parameters<typeof bindingOf>[1]): Step =>
  (f) => {
    f.write(TENANT, 'meter.installed', '2026-09-30T16:01:00.000Z', json(bindingOf('m-1', changes)));
  };

/** Wrong prices, lines and fees by an operator who makes everything else fit. */
export const tariffAttacks: readonly Attack[] = [
  forged('operator', 'price of a line', [5, 'rate-differs'], {
    'use-1': inLine(() => ({ price: 990_003n })),
  }),
  forged('operator', 'amount of a line', [5, 'line-amount-differs'], {
    'use-1': inLine(({ amount }) => ({ amount: amount + 1_000_000n })),
  }),
  forged('operator', 'rounding of a line', [5, 'line-amount-differs'], {
    'use-1': inLine(({ amount }) => ({ amount: amount + 100n })),
  }),
  forged('operator', 'quantity of a line', [5, 'line-quantity-differs'], {
    'use-1': inLine(({ qty }) => ({ qty: qty + 1_000_000n })),
  }),
  forged('operator', 'valley billed as peak', [5, 'line-period-differs'], {
    'use-1': inLine(({ period }) => ({ period: period === 'peak' ? 'valley' : 'peak' })),
  }),
  forged('operator', 'tier of a line', [5, 'line-period-differs'], {
    'use-1': inLine(() => ({ tier: 't2' })),
  }),
  forged('operator', 'use before a line', [5, 'line-before-differs'], {
    'use-3': inLine(({ before }) => ({ before: before + 10n }), USE_3),
  }),
  forged('operator', 'line too many', [5, 'lines-differ'], {
    'use-1': lying({
      charge: (charge) => withLines(charge, [...charge.lines, ...charge.lines.slice(0, 1)]),
    }),
  }),
  forged('operator', 'line too few', [5, 'lines-differ'], {
    'use-1': lying({ charge: (charge) => withLines(charge, charge.lines.slice(0, -1)) }),
  }),
  forged('operator', 'amount beside its lines', [5, 'amount-differs'], {
    'use-1': lying({
      charge: (charge) => ({ ...charge, amountMicros: charge.amountMicros + 1_000_000n }),
    }),
  }),
  forged('operator', 'use so far in the tiers', [5, 'used-differs'], {
    'use-1': lying({
      charge: (charge) => ({ ...charge, usedMicros: charge.usedMicros + 30_000_000n }),
    }),
  }),
  forged('operator', 'quantity of a charge', [5, 'quantity-differs'], {
    'use-1': lying({
      span: (span) => ({ ...span, quantityMicros: span.quantityMicros + 5_000_000n }),
    }),
  }),
  forged('operator', 'reading in a charge', [5, 'interval-mismatch'], {
    'use-1': lying({ event: (event) => ({ ...event, to: { ...event.to, value: '102.36' } }) }),
  }),
  forged('operator', 'time in a charge', [5, 'interval-mismatch'], {
    'use-1': lying({
      event: (event) => ({ ...event, to: { ...event.to, at: '2026-09-03T03:00:00.000Z' } }),
    }),
  }),
  forged('operator', 'ratio in a charge', [5, 'ratio-differs'], {
    'use-1': lying({ event: (event) => ({ ...event, binding: bindingOf('m-1', { ct: '11' }) }) }),
  }),
  forged('operator', 'register in a charge', [5, 'register-differs'], {
    'use-1': lying({
      event: (event) => ({ ...event, binding: bindingOf('m-1', { register: '1-0:2.8.0' }) }),
    }),
  }),
  forged('operator', 'wallet of a charge', [6, 'wallet-differs'], {
    'use-1': lying({
      event: (event) => ({ ...event, binding: bindingOf('m-1', { wallet: 'water' }) }),
    }),
  }),
  forged('operator', 'rollover that was none', [5, 'rollover-differs'], {
    'use-1': lying({ event: (event) => ({ ...event, rollover: true }) }),
  }),
  forged('operator', 'time at which a charge took effect', [5, 'event-differs'], {
    'use-1': lying({ text: (text) => text.replace('"at":"2026-09-03T02', '"at":"2026-09-03T03') }),
  }),
  forged('operator', 'unknown member in a charge', [5, 'bad-shape', { 6: 'balance-differs' }], {
    'use-1': lying({ text: (text) => text.replace('"wallet":', '"vip":true,"wallet":') }),
  }),
  forged('operator', 'older version than the one in force', [5, 'tariff-differs'], {
    'top-up': all(honest['top-up'], cheaper),
    'use-4': lying({ span: (span) => ({ ...span, version: versionOne(span.version) }) }, [
      '2026-09-30T16:00:00.000Z',
      '105.10',
    ]),
  }),
  forged('operator', 'tariff dated after it applied', [5, 'tariff-late'], {
    tariff: (f) => f.publish('2026-08-15T02:00:00.000Z', officeTariff()),
  }),
  forged('operator', 'tariff logged after its first use and dated back', [5, 'tariff-late'], {
    tariff: (f) => void f.book.add(officeTariff()),
    fee: all(honest.fee, (f) => {
      const data = { tariff: json(officeTariff()) };
      f.tariffs.set(
        'office/1',
        f.write('site', 'tariff.published', '2026-07-30T02:00:00.000Z', data),
      );
    }),
  }),
  forged('operator', 'tariff edited after it was published', [5, 'tariff-differs'], {
    tariff: (f) => f.publish('2026-07-30T02:00:00.000Z', dearer, officeTariff()),
  }),
  forged(
    'operator',
    'tariff that is not in the log',
    [7, 'fact-inclusion-failed', { 5: 'tariff-differs' }],
    {},
    (parts) =>
      editList<{ event: string }>(parts, 'site', (site) =>
        site.map((fact) =>
          fact.event.includes('tariff.published')
            ? { ...fact, event: fact.event.replace('"Office"', '"Offices"') }
            : fact,
        ),
      ),
  ),
  forged('operator', 'tariff left out', [5, 'no-tariff'], {}, (parts) =>
    editList<{ event: string }>(parts, 'site', (site) =>
      site.filter(({ event }) => !event.includes('tariff.published')),
    ),
  ),
  forged('operator', "tariff published in a tenant's account", [5, 'no-tariff'], {
    tariff: (f) => {
      const { ref } = f.book.add(officeTariff());
      const data = { tariff: json(officeTariff()) };
      f.tariffs.set(
        `office/${ref.version}`,
        f.write(NEIGHBOUR, 'tariff.published', '2026-07-30T02:00:00.000Z', data),
      );
    },
    'open-neighbour': undefined,
  }),
  forged('operator', 'one version twice', [5, 'tariff-version-exists'], {
    'open-neighbour': all(honest['open-neighbour'], (f) => {
      f.tariffs.set(
        'again',
        f.write('site', 'tariff.published', '2026-07-30T02:00:00.000Z', { tariff: json(dearer) }),
      );
    }),
  }),
  forged(
    'operator',
    'unknown member in a tariff',
    [5, 'bad-tariff'],
    published({ ...officeTariff(), vip: true }),
  ),
  forged('operator', 'unknown member beside a tariff', [5, 'bad-shape'], {
    tariff: (f) => {
      f.book.add(officeTariff());
      const data = { tariff: json(officeTariff()), note: 'x' };
      f.tariffs.set(
        'office/1',
        f.write('site', 'tariff.published', '2026-07-30T02:00:00.000Z', data),
      );
    },
  }),
  forged('operator', 'tariff with an hour without a price', [5, 'tariff-gap'], published(gapped())),
  forged(
    'operator',
    'tariff with a name that turns the text around',
    [5, 'bad-tariff'],
    published({ ...officeTariff(), name: 'Off\u202eice' }),
  ),
  forged(
    'operator',
    'tariff with an id that only looks the same',
    [5, 'bad-tariff'],
    published({ ...officeTariff(), id: '\u043effice' }),
  ),
  forged('operator', 'tariff by another unit', [5, 'unit-differs'], {
    tariff: (f) => f.publish('2026-07-30T02:00:00.000Z', officeTariff({ unit: 'MWh' })),
  }),
  forged('operator', 'tariff in another currency', [5, 'currency-differs'], {
    tariff: (f) => f.publish('2026-07-30T02:00:00.000Z', officeTariff({ currency: 'USD' })),
  }),
  forged('operator', 'tariff in another time zone', [5, 'zone-differs'], {
    tariff: (f) => f.publish('2026-07-30T02:00:00.000Z', officeTariff({ zone: 'Asia/Tokyo' })),
  }),
  forged('operator', 'fee of a tariff that no meter of the account is on', [5, 'fee-differs'], {
    tariff: all(honest.tariff, (f) =>
      f.publish('2026-07-30T02:00:00.000Z', { ...dearer, id: 'vip' }),
    ),
    fee: (f) => {
      const [vip] = f.book.versions('vip');
      const tariff = { ...serviceFee(f).tariff, ...vip?.ref };
      f.fee(TENANT, '2026-09-30T16:00:00.000Z', { ...serviceFee(f), tariff });
    },
  }),
  forged('operator', 'balance that no event can say', [5, 'bad-shape', { 6: 'balance-differs' }], {
    tariff: (f) => f.publish('2026-07-30T02:00:00.000Z', swinging()),
    'use-1': poll('2026-09-03T02:00:00.000Z', '191.85'),
    'use-2': poll('2026-09-05T14:30:00.000Z', '281.85'),
    'use-3': poll('2026-09-12T02:00:00.000Z', '371.85'),
    'use-4': poll('2026-09-30T16:00:00.000Z', '421.85'),
  }),
  forged('operator', 'place of the first use left out', [5, 'tariff-order-missing'], {}, (parts) =>
    editList<{ event: string }>(parts, 'site', (site) =>
      site.filter(({ event }) => !event.includes('usage.deducted')),
    ),
  ),
  forged('operator', 'meter put on a dearer tariff after its use', [5, 'meter-installed-twice'], {
    tariff: all(honest.tariff, (f) =>
      f.publish('2026-07-30T02:00:00.000Z', { ...dearer, id: 'vip' }),
    ),
    bill: all(rebound({ tariff: 'vip' }), honest.bill),
  }),
  forged('operator', 'ratio raised after the use', [5, 'meter-installed-twice'], {
    bill: all(rebound({ ct: '20' }), honest.bill),
  }),
  forged('operator', 'charge of a meter that was taken out', [5, 'meter-unknown'], {
    'failed-poll': all(
      honest['failed-poll'],
      (f) => void f.write(TENANT, 'meter.removed', '2026-09-04T03:00:00.000Z', { meter: 'm-1' }),
    ),
  }),
  forged(
    'operator',
    "neighbour's meter among the facts",
    [5, 'meter-other-account'],
    {},
    (parts, f) =>
      editList(parts, 'site', (site) => [
        ...site,
        ...f
          .account(NEIGHBOUR)
          .events.filter(({ type }) => type === 'meter.installed')
          .map((event) => f.proven(event)),
      ]),
  ),
  forged('operator', 'meter of nobody', [5, 'meter-unknown'], {}, (parts) =>
    editList<{ event: string }>(parts, 'site', (site) =>
      site.filter(({ event }) => !event.includes('meter.installed')),
    ),
  ),
  forged('operator', 'use moved to a later bill with dearer tiers', [5, 'period-differs'], {
    'border-use': lyingLate(),
  }),
  forged('operator', 'use hidden on a bill that never comes', [5, 'period-differs'], {
    'use-4': lying({ period: '2099-12' }, ['2026-09-30T16:00:00.000Z', '105.10']),
  }),
  forged('operator', 'fee too high', [5, 'fee-differs'], fee({ amount: '9.000000' })),
  forged('operator', 'fee twice', [5, 'fee-differs'], { fee: all(honest.fee, honest.fee) }),
  forged('operator', 'fee of a month that was billed before', [5, 'fee-differs'], {
    'august-top-up': all(honest['august-top-up'], (f) =>
      f.fee(TENANT, '2026-08-31T16:00:00.000Z', {
        ...serviceFee(f),
        days: 4,
        of: 31,
        amount: '0.387100',
      }),
    ),
    fee: all(honest.fee, (f) =>
      f.fee(
        TENANT,
        '2026-08-31T16:00:00.000Z',
        { ...serviceFee(f), days: 4, of: 31, amount: '0.387100' },
        { period: '2026-09' },
      ),
    ),
  }),
  forged('operator', 'fee of a month long ago', [5, 'fee-differs'], {
    fee: all(honest.fee, (f) =>
      f.fee(
        TENANT,
        '2026-07-31T16:00:00.000Z',
        { ...serviceFee(f), days: 1, of: 31, amount: '0.096800' },
        { period: '2026-09' },
      ),
    ),
  }),
  forged('operator', 'fee of the next month', [5, 'period-differs'], {
    fee: all(honest.fee, (f) =>
      f.fee(
        TENANT,
        '2026-10-31T16:00:00.000Z',
        { ...serviceFee(f), of: 31, days: 31 },
        { period: '2026-09' },
      ),
    ),
  }),
  forged(
    'operator',
    'fee for more days than there are',
    [5, 'fee-differs'],
    fee({ days: 31, of: 31 }),
  ),
  forged('operator', 'fee for days before the meter was there', [5, 'fee-differs'], {
    'august-bill': all(
      (f) => f.fee(TENANT, '2026-08-31T16:00:00.000Z', { ...serviceFee(f), days: 31, of: 31 }),
      honest['august-bill'],
    ),
    install: (f) => f.install(TENANT, '2026-08-28T02:00:00.000Z', bindingOf('m-1')),
    fee: (f) => f.fee(TENANT, '2026-09-30T16:00:00.000Z', { ...serviceFee(f), days: 60, of: 60 }),
  }),
  forged('operator', 'fee that no tariff has', [5, 'fee-unknown'], fee({ fee: 'vip' })),
  forged(
    'operator',
    'fee that ends in the middle of a month',
    [5, 'fee-differs'],
    fee({}, '2026-09-15T16:00:00.000Z'),
  ),
];

function versionOne(version: Parameters<NonNullable<ChargeLie['span']>>[0]['version']) {
  return { ...version, ref: { ...version.ref, version: 1 } };
}

function lyingLate(): Step {
  return lying({ period: '2026-09' }, ['2026-09-01T01:00:00.000Z', '101.85']);
}

function gapped() {
  const tariff = officeTariff();
  const [season] = tariff.seasons;
  const days = season?.days.map((day) => ({ ...day, spans: day.spans.slice(0, -1) }));
  return { ...tariff, seasons: [{ ...season, days }] };
}
