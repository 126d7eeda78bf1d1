import { compileEnergy } from '../../ledger/core/charges/energy.ts';
import type { TariffV2 } from '../../ledger/core/charges/tariff-v2.ts';
import { json } from '../support/forge.ts';
import { type Attack, editList } from './attack.ts';
import { EVENT_DAY, FIRST_TERMS, hot, hotTariff, QUOTA } from './format-2-story.ts';
import { all, honest, NEIGHBOUR, type Step, TENANT } from './story.ts';

const DECLARED = '2026-09-02T03:00:00.000Z';
const declared = (lie: Parameters<Parameters<Step>[0]['declare']>[2]): { 'top-up': Step } => ({
  'top-up': all(honest['top-up'], (f) => f.declare(DECLARED, EVENT_DAY, lie)),
});
const billedOnly: { 'top-up': Step } = {
  'top-up': all(honest['top-up'], (f) => {
    f.declare(DECLARED, EVENT_DAY);
    f.rules.pop();
  }),
};
const agreed = (lie: Parameters<Parameters<Step>[0]['agree']>[3]): { open: Step } => ({
  open: all(honest.open, (f) => f.agree(TENANT, FIRST_TERMS, AUGUST, lie)),
});
const AUGUST = { from: '2026-08', terms: QUOTA };
const larger = { quantities: { quota: '90.000000', persons: '9.000000' } };

/** Uses at the border of the months, as another tariff would charge them. */
function chargedBy(other: TariffV2): Step {
  const energy = compileEnergy(other, QUOTA, [EVENT_DAY.date]);
  return (f) => {
    const record = f.device.read('m-1', '2026-09-01T01:00:00.000Z', '101.85');
    f.use('m-1', record, { span: (span) => ({ ...span, energy }) });
  };
}

/** Days that are dear without having been declared, or declared when it was too late. */
export const eventDayAttacks: readonly Attack[] = [
  hot('event day declared after it began', [5, 'event-day-late'], {
    'top-up': all(honest['top-up'], (f) => f.declare('2026-09-04T16:00:00.000Z', EVENT_DAY)),
  }),
  hot('event day logged after its use and dated back', [5, 'event-day-late'], {
    'top-up': billedOnly['top-up'],
    fee: all(honest.fee, (f) => {
      f.rules.push(f.write('site', 'event-day.declared', DECLARED, json(EVENT_DAY)));
    }),
  }),
  hot('event prices on a day that nobody declared', [5, 'line-quantity-differs'], billedOnly),
  hot('usual prices on a declared event day', [5, 'line-quantity-differs'], {
    'top-up': all(honest['top-up'], (f) => {
      f.rules.push(f.write('site', 'event-day.declared', DECLARED, json(EVENT_DAY)));
    }),
  }),
  hot('event day in a season without a plan for it', [5, 'event-day-unplanned'], {
    ...declared({ date: '2026-10-05' }),
  }),
  hot('event day declared twice', [5, 'event-day-twice'], {
    'top-up': all(declared({})['top-up'], (f) => {
      f.rules.push(f.write('site', 'event-day.declared', DECLARED, json(EVENT_DAY)));
    }),
  }),
  hot('event day without its evidence', [5, 'bad-shape'], declared({ evidence: {} })),
  hot('event day of another tariff', [5, 'no-tariff'], declared({ tariff: 'other' })),
  hot('event day told by a neighbour', [5, 'line-quantity-differs'], {
    'top-up': all(billedOnly['top-up'], (f) => {
      f.rules.push(f.write(NEIGHBOUR, 'event-day.declared', DECLARED, json(EVENT_DAY)));
    }),
  }),
];

/** Quotas and allowances that were not agreed, or not in time. */
export const termsAttacks: readonly Attack[] = [
  hot('quota smaller than the one that was agreed', [5, 'line-quantity-differs'], {
    ...agreed({ terms: json(larger) }),
  }),
  hot('terms for a month that had begun', [5, 'terms-late'], {
    'top-up': all(honest['top-up'], declared({})['top-up'], (f) =>
      f.agree(TENANT, '2026-09-02T04:00:00.000Z', { from: '2026-09', terms: QUOTA }),
    ),
  }),
  hot('terms dated back by their number', [5, 'terms-version'], {
    'top-up': all(honest['top-up'], declared({})['top-up'], (f) =>
      f.agree(
        TENANT,
        '2026-09-02T04:00:00.000Z',
        { from: '2026-10', terms: QUOTA },
        { version: 1 },
      ),
    ),
  }),
  hot('terms left out of the file', [5, 'term-missing'], {}, (parts) =>
    editList<{ event: string }>(parts, 'site', (site) =>
      site.filter(({ event }) => !event.includes('"type":"terms.set"')),
    ),
  ),
  hot('first terms logged after the use that they are for', [5, 'term-missing'], {
    open: all(honest.open, (f) => {
      f.account(TENANT).terms.all.push({ ...AUGUST, version: 1, atMs: 0 });
    }),
    'use-4': all(honest['use-4'], (f) => {
      const data = { version: 1, from: '2026-09', terms: json(QUOTA) };
      f.write(TENANT, 'terms.set', '2026-09-30T15:00:00.000Z', data);
    }),
  }),
  hot('terms of a neighbour', [5, 'meter-other-account'], {
    fee: all(honest.fee, (f) => {
      f.rules.push(...f.account(NEIGHBOUR).events.filter(({ type }) => type === 'terms.set'));
    }),
  }),
  hot('terms without the persons that an allowance asks for', [5, 'term-missing'], {
    ...agreed({ terms: { quantities: { quota: '20.000000' } } }),
  }),
  hot('free allowance left out of the bill', [5, 'line-period-differs'], {
    'border-use': chargedBy(withoutAllowance()),
  }),
  hot('quota billed by another percentage', [5, 'line-quantity-differs'], {
    'border-use': chargedBy(
      hotTariff({ tiers: [{ tier: 'quota', upToPercent: '6' }, { tier: 'above' }] }),
    ),
  }),
];

function withoutAllowance() {
  const { allowance: _, ...rest } = hotTariff();
  return rest;
}
