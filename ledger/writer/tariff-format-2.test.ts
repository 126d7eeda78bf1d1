import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dayPlan, MONTHS } from '../../test/samples/tariffs.ts';
import { tariffV2 } from '../../test/samples/tariffs-v2.ts';
import { SampleLedger, SITE } from '../../test/support/sample-ledger.ts';
import type { TariffV2 } from '../core/charges/tariff-v2.ts';
import { DAY_KINDS } from '../core/day-kinds.ts';
import { parseTime } from '../core/time.ts';
import { verifyBundle } from '../core/verdict.ts';
import { fsck } from '../fsck.ts';

const EVIDENCE = { source: 'Weather office', text: '36 degrees', hash: '9f'.repeat(32) };
/** Flat but for event days, which are dear from noon to 14:00; a quota of the account's own. */
const HOT: Partial<TariffV2> = {
  id: 'hot',
  validFrom: '2026-07-31T16:00:00.000Z',
  tiers: [{ tier: 'quota', upToPercent: '100' }, { tier: 'above' }],
  quota: { term: 'kwh-quota' },
  seasons: [
    {
      season: 'year',
      months: MONTHS,
      days: [
        dayPlan(DAY_KINDS, '00:00 flat 24:00'),
        {
          on: ['event'],
          spans: dayPlan(DAY_KINDS, '00:00 flat 12:00 sharp 14:00 flat 24:00').spans,
        },
      ],
    },
  ],
  prices: [
    { period: 'flat', tier: 'quota', price: '0.500000' },
    { period: 'flat', tier: 'above', price: '0.700000' },
    { period: 'sharp', tier: 'quota', price: '1.500000' },
    { period: 'sharp', tier: 'above', price: '2.000000' },
  ],
};

describe('use under a tariff of format 2', () => {
  let sample: SampleLedger;
  const at = (time: string) => sample.ledger.setClock(parseTime(time));
  const read = (time: string, value: string) =>
    sample.send([sample.device.record({ meter: 'm-1', at: time, value })]);
  const declare = (date: string) =>
    sample.ledger.execute({
      do: 'declare-event-day',
      site: SITE,
      eventDay: { tariff: 'hot', date, as: 'event', evidence: EVIDENCE },
    });
  const agree = (from: string, quota: string) =>
    sample.ledger.execute({
      do: 'set-terms',
      site: SITE,
      account: 'a-1',
      from,
      terms: { quantities: { 'kwh-quota': quota } },
    });

  beforeEach(async () => {
    sample = await SampleLedger.make();
    await sample.ledger.execute({ do: 'publish-tariff', site: SITE, tariff: tariffV2(HOT) });
    await sample.ledger.execute({ do: 'open-account', site: SITE, account: 'a-1' });
    await sample.meter('a-1', 'm-1', 'hot');
  });
  afterEach(() => sample.remove());

  async function checked(statement: string) {
    const text = await sample.ledger.bundle(SITE, statement);
    const { overall, layers, bill } = verifyBundle(text, {});
    const failed = layers.flatMap(({ status, findings }) => (status === 'failed' ? findings : []));
    expect([failed, overall]).toEqual([[], 'verified']);
    return bill?.statement.lines.map(({ period, tier, qty, amount }) => [
      period,
      tier,
      qty,
      amount,
    ]);
  }

  async function soundStore() {
    const { dataDir } = sample.options;
    expect((await fsck({ dataDir: dataDir ?? '', deep: true })).findings).toEqual([]);
  }

  it('is rated by the quota of the month and by the event days that were declared', async () => {
    await agree('2026-07', '10.000000');
    await agree('2026-09', '20.000000');
    await at('2026-07-31T16:00:00.000Z');
    await read('2026-07-31T16:00:00.000Z', '100.00');
    await declare('2026-08-02');
    await at('2026-08-05T00:00:00.000Z');
    await read('2026-08-02T04:00:00.000Z', '104.00');
    await read('2026-08-02T06:00:00.000Z', '112.00');
    await sample.reopen();
    await read('2026-08-31T16:00:00.000Z', '113.00');
    await at('2026-09-03T00:00:00.000Z');
    const august = await sample.statement('a-1', '2026-08');
    expect(await checked(august)).toEqual([
      ['flat', 'above', '1.000000', '0.700000'],
      ['flat', 'quota', '4.000000', '2.000000'],
      ['sharp', 'above', '2.000000', '4.000000'],
      ['sharp', 'quota', '6.000000', '9.000000'],
    ]);
    await declare('2026-09-04');
    await at('2026-10-01T00:00:00.000Z');
    await read('2026-09-04T04:00:00.000Z', '120.00');
    await read('2026-09-04T06:00:00.000Z', '121.00');
    const september = await sample.statement('a-1', '2026-09');
    expect(await checked(september)).toEqual([
      ['flat', 'quota', '7.000000', '3.500000'],
      ['sharp', 'quota', '1.000000', '1.500000'],
    ]);
    await soundStore();
  });

  it('is set aside as long as the terms that it asks for are missing', async () => {
    await at('2026-08-01T00:00:00.000Z');
    await read('2026-08-01T00:00:00.000Z', '100.00');
    await read('2026-08-01T01:00:00.000Z', '101.00');
    const held = await sample.ledger.events(SITE, 'a-1', { limit: 10 });
    expect(held.map(({ text }) => JSON.parse(text).type)).toEqual([
      'account.opened',
      'meter.installed',
      'reading.held',
    ]);
    await agree('2026-08', '10.000000');
    await read('2026-08-01T02:00:00.000Z', '102.00');
    await at('2026-09-01T00:00:00.000Z');
    const lines = await checked(await sample.statement('a-1', '2026-08'));
    expect(lines).toEqual([['flat', 'quota', '2.000000', '1.000000']]);
    await soundStore();
  });

  it('refuses terms and event days that come after the fact', async () => {
    await at('2026-08-10T00:00:00.000Z');
    await agree('2026-08', '10.000000');
    await expect(agree('2026-08', '5.000000')).rejects.toMatchObject({ code: 'terms-late' });
    await expect(declare('2026-08-10')).rejects.toMatchObject({ code: 'event-day-late' });
    await declare('2026-08-12');
    await expect(declare('2026-08-12')).rejects.toMatchObject({ code: 'event-day-twice' });
    await read('2026-08-09T00:00:00.000Z', '100.00');
    await read('2026-08-14T01:00:00.000Z', '101.00');
    await expect(declare('2026-08-13')).rejects.toMatchObject({ code: 'event-day-late' });
    await at('2026-09-02T00:00:00.000Z');
    await sample.statement('a-1', '2026-08');
    await expect(agree('2026-08', '9.000000')).rejects.toMatchObject({ code: 'statement-exists' });
    await soundStore();
  });

  it('refuses terms that a clock set back would put behind what they are for', async () => {
    await at('2026-08-10T00:00:00.000Z');
    await agree('2026-08', '10.000000');
    await at('2026-09-02T00:00:00.000Z');
    await sample.statement('a-1', '2026-08');
    await at('2026-08-31T16:00:00.000Z');
    await expect(agree('2026-09', '9.000000')).rejects.toMatchObject({ code: 'terms-late' });
    await at('2026-10-02T00:00:00.000Z');
    const paid = { account: 'a-1', wallet: 'electricity', amount: '5.000000', method: 'cash' };
    await sample.ledger.execute({ do: 'credit-top-up', site: SITE, ...paid });
    await at('2026-09-20T00:00:00.000Z');
    await expect(agree('2026-10', '9.000000')).rejects.toMatchObject({ code: 'terms-late' });
    await agree('2026-11', '9.000000');
    await soundStore();
  });

  it('refuses a version without a plan for an event day that is declared already', async () => {
    const { seasons: [year] = [], prices } = tariffV2(HOT);
    const [usual] = year?.days ?? [];
    const unplanned = {
      seasons: [{ season: 'year', months: MONTHS, days: usual === undefined ? [] : [usual] }],
      prices: prices.filter(({ period }) => period === 'flat'),
    };
    const publish = (changes: Partial<TariffV2>) =>
      sample.ledger.execute({
        do: 'publish-tariff',
        site: SITE,
        tariff: tariffV2({ ...HOT, ...changes }),
      });
    await at('2026-08-10T00:00:00.000Z');
    await declare('2026-08-25');
    const from = '2026-08-15T16:00:00.000Z';
    const refused = { code: 'event-day-unplanned' };
    await expect(publish({ ...unplanned, version: 2, validFrom: from })).rejects.toMatchObject(
      refused,
    );
    const ends = { version: 2, validFrom: from, validTo: '2026-08-20T16:00:00.000Z' };
    await expect(publish(ends)).rejects.toMatchObject(refused);
    await publish({ version: 2, validFrom: from });
    await publish({ ...unplanned, version: 3, validFrom: '2026-08-25T16:00:00.000Z' });
    await agree('2026-08', '100.000000');
    await at('2026-09-01T00:00:00.000Z');
    await read('2026-07-31T16:00:00.000Z', '100.00');
    await read('2026-08-31T15:00:00.000Z', '131.00');
    const lines = await checked(await sample.statement('a-1', '2026-08'));
    expect(lines?.map(([period]) => period)).toEqual(['flat', 'flat', 'sharp', 'flat']);
    await soundStore();
  });

  it('stands in the wallet of its utility, and meters nothing where nothing is metered', async () => {
    const none = { ...tariffV2({ tiers: [], seasons: [], prices: [] }), id: 'area' };
    const fee = { fee: 'a', price: '1.000000', term: 'area', unit: 'm2', proration: 'none' };
    const tariff = { ...none, validFrom: HOT.validFrom, quantityFees: [fee] };
    await sample.ledger.execute({ do: 'publish-tariff', site: SITE, tariff });
    const refused = sample.meter('a-1', 'm-2', 'area');
    await expect(refused).rejects.toMatchObject({ code: 'tariff-not-metered' });
    const named = { ...tariff, id: 'odd', utility: 'Odd_1' };
    await expect(
      sample.ledger.execute({ do: 'publish-tariff', site: SITE, tariff: named }),
    ).rejects.toMatchObject({ code: 'bad-wallet' });
    await soundStore();
  });
});
