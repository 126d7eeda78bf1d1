import type { MeterInstalled } from '../../ledger/core/event-data.ts';
import { timeOfUseTariff } from '../samples/tariffs.ts';
import { Forger } from '../support/forge.ts';
import { REGISTER } from '../support/forged-device.ts';

/** The tenant whose bill is attacked, and a neighbour on the same log and bridge. */
export const TENANT = 'acc-1';
export const NEIGHBOUR = 'acc-2';

/** One step of what happens on the site, with all its consequences. */
export type Step = (f: Forger) => void;
export type Story = ReadonlyMap<StepName, Step>;

export function bindingOf(meter: string, changes: Partial<MeterInstalled> = {}): MeterInstalled {
  return {
    ...{ meter, serial: `S-${meter}`, bridge: 'br-1', register: REGISTER, unit: 'kWh' },
    ...{ wallet: 'electricity', ct: '10', pt: '1', tariff: 'office', modulus: '1000000.00' },
    ...changes,
  };
}

/** Peak 08:00 to 22:00 on workdays; dearer from 20 kWh a month on; a monthly fee. */
export function officeTariff(changes: Parameters<typeof timeOfUseTariff>[0] = {}) {
  return timeOfUseTariff({
    ...{ id: 'office', name: 'Office', validFrom: '2026-07-31T16:00:00.000Z' },
    rounding: { mode: 'half-up', scale: 4 },
    tiers: [{ tier: 't1', upTo: '20.000000' }, { tier: 't2' }],
    prices: [
      { period: 'valley', tier: 't1', price: '0.300001' },
      { period: 'valley', tier: 't2', price: '0.350007' },
      { period: 'peak', tier: 't1', price: '0.900003' },
      { period: 'peak', tier: 't2', price: '0.950009' },
    ],
    fees: [{ fee: 'service', amount: '3.000000', per: 'month', proration: 'daily' }],
    ...changes,
  });
}

/** Reads a meter and takes the record into billing. */
export function poll(at: string, value?: string, meter = 'm-1', account = TENANT): Step {
  return (f) => {
    const record = f.device.read(meter, at, value);
    if (value !== undefined && f.account(account).events.length > 0) f.use(meter, record);
  };
}

/** The honest fee of September. */
export function serviceFee(f: Forger) {
  const [version] = f.book.versions('office');
  if (version === undefined) throw new Error('the tariff is published first');
  const tariff = { ...version.ref };
  return { fee: 'service', tariff, days: 30, of: 30, amount: '3.000000', wallet: 'electricity' };
}

const steps = {
  enrol: (f) => f.enrol('2026-08-01T01:00:00.000Z'),
  tariff: (f) => f.publish('2026-07-30T02:00:00.000Z', officeTariff()),
  open: (f) => f.write(TENANT, 'account.opened', '2026-08-28T01:00:00.000Z', { currency: 'CNY' }),
  install: (f) => f.install(TENANT, '2026-08-28T02:00:00.000Z', bindingOf('m-1')),
  'open-neighbour': (f) =>
    f.write(NEIGHBOUR, 'account.opened', '2026-08-28T03:00:00.000Z', { currency: 'CNY' }),
  'install-neighbour': (f) => f.install(NEIGHBOUR, '2026-08-28T04:00:00.000Z', bindingOf('m-2')),
  'august-top-up': (f) => f.topUp(TENANT, '2026-08-29T01:00:00.000Z', '50.000000'),
  'august-start': poll('2026-08-30T00:00:00.000Z', '100.00'),
  'neighbour-start': poll('2026-08-30T00:00:00.000Z', '500.00', 'm-2', NEIGHBOUR),
  'august-use': poll('2026-08-31T12:00:00.000Z', '101.20'),
  /** Paid in September, before the bill of August was issued. */
  'early-top-up': (f) => f.topUp(TENANT, '2026-08-31T17:00:00.000Z', '40.000000'),
  /** Reaches from August into September. */
  'border-use': poll('2026-09-01T01:00:00.000Z', '101.85'),
  'august-bill': (f) => f.bill(TENANT, '2026-09-01T02:00:00.000Z', '2026-08'),
  'top-up': (f) => f.topUp(TENANT, '2026-09-02T02:00:00.000Z', '60.000000'),
  'use-1': poll('2026-09-03T02:00:00.000Z', '102.35'),
  'failed-poll': poll('2026-09-04T02:00:00.000Z'),
  'use-2': poll('2026-09-05T14:30:00.000Z', '102.95'),
  'neighbour-use': poll('2026-09-06T02:00:00.000Z', '507.00', 'm-2', NEIGHBOUR),
  'use-3': poll('2026-09-12T02:00:00.000Z', '104.35'),
  'use-4': poll('2026-09-30T16:00:00.000Z', '105.10'),
  fee: (f) => f.fee(TENANT, '2026-09-30T16:00:00.000Z', serviceFee(f)),
  bill: (f) => f.bill(TENANT, '2026-09-30T16:05:00.000Z', '2026-09'),
  after: (f) => f.topUp(NEIGHBOUR, '2026-09-30T17:00:00.000Z', '10.000000'),
} satisfies Record<string, Step>;

export type StepName = keyof typeof steps;

/** What happens, with some steps replaced; `undefined` leaves one out. */
export function tell(twist: { readonly [K in StepName]?: Step | undefined } = {}): Forger {
  return tellTo(new Forger(), twist);
}

/** As `tell`, on a log of another name or key. */
export function tellTo(f: Forger, twist: Parameters<typeof tell>[0] = {}): Forger {
  for (const step of Object.values({ ...steps, ...twist })) step?.(f);
  return f;
}

/** Honest steps, to be done inside a twisted one. */
export const honest: Readonly<Record<StepName, Step>> = steps;

/** Several steps in the place of one. */
export function all(...parts: readonly Step[]): Step {
  return (f) => {
    for (const part of parts) part(f);
  };
}
