import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { tariffV2, unmeteredTariff } from '../../test/samples/tariffs-v2.ts';
import { SampleLedger, SITE, sampleTariff } from '../../test/support/sample-ledger.ts';
import type { TariffV2 } from '../core/charges/tariff-v2.ts';
import { parseTime } from '../core/time.ts';
import { type Verdict, verifyBundle } from '../core/verdict.ts';
import { fsck } from '../fsck.ts';

const FROM = { validFrom: '2026-07-31T16:00:00.000Z' };
const HALF_UP = { mode: 'half-up', scale: 2 } as const;
const TARIFFS: readonly TariffV2[] = [
  tariffV2({
    ...{
      ...FROM,
      id: 'power',
      window: 'month',
      minimum: { amount: '900.000000', proration: 'daily' },
    },
    fees: [{ fee: 'meter', amount: '3.100000', per: 'month', proration: 'daily' }],
    demand: {
      ...{ price: '42.000000', windowMinutes: 60, contract: 'contract-kw', proration: 'daily' },
      ...{ freePercent: '105', overMultiple: '2' },
    },
    tax: { tax: 'vat', percent: '13', mode: 'on-top', rounding: HALF_UP },
  }),
  unmeteredTariff({
    ...{ ...FROM, id: 'property', utility: 'property', unit: 'm2' },
    quantityFees: [
      { fee: 'upkeep', price: '28.500000', term: 'area', unit: 'm2', proration: 'daily' },
      { fee: 'cooling', price: '12.000000', term: 'cooled', unit: 'm2', proration: 'none' },
    ],
    tax: { tax: 'vat', percent: '6', mode: 'inside', rounding: HALF_UP },
  }),
  unmeteredTariff({
    ...{ ...FROM, id: 'common', utility: 'electricity' },
    shares: [
      {
        ...{ share: 'lift', kind: 'common-area', key: 'area', pool: 'quantity' },
        price: '0.735686',
      },
      { share: 'loss', kind: 'line-loss', key: 'metered', pool: 'amount' },
      { share: 'hall', kind: 'common-area', key: 'equal', pool: 'amount' },
    ],
  }),
  unmeteredTariff({
    ...{ ...FROM, id: 'parking', utility: 'parking', unit: 'h' },
    parking: {
      ...{ blockMinutes: 60, price: '5.000000', freeMinutes: 15, free: 'whole-stay' },
      dailyCap: '40.000000',
    },
  }),
];

describe('the charges of format 2', () => {
  let sample: SampleLedger;
  const at = (time: string) => sample.ledger.setClock(parseTime(time));
  const run = (command: object) =>
    sample.ledger.execute({ site: SITE, ...command } as Parameters<
      SampleLedger['ledger']['execute']
    >[0]);
  const read = (time: string, ...values: readonly string[]) =>
    sample.send(
      values.map((value, i) => sample.device.record({ meter: `m-${i + 1}`, at: time, value })),
    );
  const stay = (from: string, to: string) =>
    run({ do: 'record-stay', account: 'a-1', tariff: 'parking', from, to });
  const share = (name: string, pool: string, month = '2026-08') =>
    run({ do: 'share-pool', tariff: 'common', share: name, month, pool });
  const verdicts = new Map<string, Verdict>();

  async function bill(account: string, period: string) {
    const { id, left } = await run({ do: 'issue-statement', account, period });
    const verdict = verifyBundle(await sample.ledger.bundle(SITE, String(id)), {});
    const failed = verdict.layers.flatMap((layer) =>
      layer.status === 'failed' ? layer.findings : [],
    );
    expect([failed, verdict.overall]).toEqual([[], 'verified']);
    verdicts.set(`${account} ${period}`, verdict);
    const { posted = [], fees, wallets } = verdict.bill?.statement ?? { fees: [], wallets: [] };
    return {
      left,
      posted: posted.map(({ charge, name, wallet, amount }) => [charge, name, wallet, amount]),
      fees: fees.map(({ fee, amount }) => [fee, amount]),
      wallets: wallets.map(({ wallet, charges }) => [wallet, charges]),
    };
  }

  beforeAll(async () => {
    sample = await SampleLedger.make();
    for (const tariff of TARIFFS) await run({ do: 'publish-tariff', tariff });
    for (const [i, area] of ['100.000000', '33.330000'].entries()) {
      const account = `a-${i + 1}`;
      await run({ do: 'open-account', account });
      const quantities = { area, 'contract-kw': '10.000000' };
      const tariffs = ['property', 'common', 'parking'];
      await run({
        do: 'set-terms',
        account,
        from: '2026-08',
        terms: { quantities, basis: 'contract' },
        tariffs,
      });
      await sample.meter(account, `m-${i + 1}`, 'power');
    }
    await at('2026-08-20T00:00:00.000Z');
    await read('2026-07-31T16:00:00.000Z', '100.00', '100.00');
    await read('2026-07-31T17:00:00.000Z', '112.00', '100.00');
    await read('2026-08-01T00:00:00.000Z', '120.00', '100.00');
  });
  afterAll(() => sample.remove());

  it('charges each stay when it ends, up to the cap of a day', async () => {
    const charged = [
      await stay('2026-08-02T01:00:00.000Z', '2026-08-02T01:14:00.000Z'),
      await stay('2026-08-02T02:00:00.000Z', '2026-08-02T08:30:00.000Z'),
      await stay('2026-08-02T09:00:00.000Z', '2026-08-02T12:00:00.000Z'),
    ];
    expect(charged.map(({ amount }) => amount)).toEqual(['0.000000', '35.000000', '5.000000']);
    const never = stay('2026-09-02T01:00:00.000Z', '2026-09-02T01:14:00.000Z');
    await expect(never).rejects.toMatchObject({ code: 'time-in-future' });
    const other = {
      do: 'record-stay',
      account: 'a-1',
      tariff: 'property',
      from: '2026-08-02T01:00:00.000Z',
    };
    await expect(run({ ...other, to: '2026-08-02T02:00:00.000Z' })).rejects.toMatchObject({
      code: 'tariff-unknown',
    });
  });

  it('shares a pool among all who are on its tariff, once, and to the last cent', async () => {
    await at('2026-08-31T16:10:00.000Z');
    await read('2026-08-31T16:00:00.000Z', '130.00', '145.00');
    await expect(share('stairs', '1.000000')).rejects.toMatchObject({ code: 'share-unknown' });
    await expect(share('hall', '1.001000')).rejects.toMatchObject({ code: 'pool-step' });
    await expect(share('hall', '1.00', '2026-09')).rejects.toMatchObject({
      code: 'period-not-ended',
    });
    const told = [
      await share('lift', '1000.000000'),
      await share('loss', '33.330000'),
      await share('hall', '7.010000'),
    ].map(({ accounts, poolAmount }) => [accounts, poolAmount]);
    expect(told).toEqual([
      [2, '735.690000'],
      [2, '33.330000'],
      [2, '7.010000'],
    ]);
    await expect(share('hall', '7.010000')).rejects.toMatchObject({ code: 'pool-shared' });
  });

  it('closes a bill with fees, power, minimum and tax, each verified', async () => {
    expect(await bill('a-1', '2026-08')).toEqual({
      left: [{ charge: 'fee', name: 'cooling', tariff: 'property/1', code: 'term-missing' }],
      posted: [
        ['parking', 'parking', 'parking', '0.000000'],
        ['parking', 'parking', 'parking', '35.000000'],
        ['parking', 'parking', 'parking', '5.000000'],
        ['share', 'lift', 'electricity', '551.780000'],
        ['share', 'loss', 'electricity', '13.330000'],
        ['share', 'hall', 'electricity', '3.510000'],
        ['demand', 'demand', 'electricity', '546.000000'],
        ['fee', 'upkeep', 'property', '2850.000000'],
        ['minimum', 'minimum', 'electricity', '335.900000'],
        ['tax', 'vat', 'electricity', '117.000000'],
        ['tax', 'vat', 'property', '0.000000'],
      ],
      fees: [['meter', '3.100000']],
      wallets: [
        ['electricity', '1585.620000'],
        ['parking', '40.000000'],
        ['property', '2850.000000'],
      ],
    });
    const { posted, wallets } = await bill('a-2', '2026-08');
    expect(posted.map(([, name, , amount]) => `${name} ${amount}`)).toEqual([
      ...['lift 183.910000', 'loss 20.000000', 'hall 3.500000', 'demand 420.000000'],
      ...['upkeep 949.910000', 'minimum 454.400000', 'vat 117.000000', 'vat 0.000000'],
    ]);
    expect(wallets).toEqual([
      ['electricity', '1224.410000'],
      ['property', '949.910000'],
    ]);
    await expect(share('hall', '1.000000')).rejects.toMatchObject({ code: 'pool-shared' });
  });

  it('counts only the days of a meter that came or went, and goes on after a restart', async () => {
    await run({ do: 'remove-meter', account: 'a-2', meter: 'm-2' });
    await run({
      ...{ do: 'set-terms', account: 'a-2', from: '2026-09' },
      ...{ terms: { quantities: {} }, tariffs: ['parking'] },
    }).catch((error: unknown) => expect(error).toMatchObject({ code: 'terms-late' }));
    await sample.reopen();
    await at('2026-10-01T00:00:00.000Z');
    await stay('2026-08-30T01:00:00.000Z', '2026-08-30T05:00:00.000Z');
    const { posted } = await bill('a-1', '2026-09');
    expect(posted.map(([, name, , amount]) => `${name} ${amount}`)).toEqual([
      ...['parking 20.000000', 'demand 420.000000', 'upkeep 2850.000000'],
      ...['minimum 476.900000', 'vat 117.000000', 'vat 0.000000'],
    ]);
    const second = await bill('a-2', '2026-09');
    expect(second.posted.map(([, name, , amount]) => `${name} ${amount}`)).toEqual([
      ...['demand 14.000000', 'upkeep 949.910000', 'minimum 16.000000', 'vat 3.900000'],
      'vat 0.000000',
    ]);
    const { dataDir } = sample.options;
    for (const deep of [false, true]) {
      expect((await fsck({ dataDir: dataDir ?? '', deep })).findings).toEqual([]);
    }
  });
});

describe('a tariff of format 1 that goes on as one of format 2', () => {
  const SEPTEMBER = '2026-08-31T16:00:00.000Z';
  const format2 = {
    ...{ ...sampleTariff(2, SEPTEMBER), v: 2 },
    minimum: { amount: '900.000000', proration: 'daily' },
    quantityFees: [
      { fee: 'upkeep', price: '3.000000', term: 'area', unit: 'm2', proration: 'daily' },
    ],
  };

  it.each(['running', 'reopened'])('charges its minimum and fees, %s', async (how) => {
    const sample = await SampleLedger.make();
    onTestFinished(() => sample.remove());
    const at = (time: string) => sample.ledger.setClock(parseTime(time));
    const read = (time: string, value: string) =>
      sample.send([sample.device.record({ meter: 'm-1', at: time, value })]);
    await sample.account('a-1', 'm-1');
    const reopen = async () => {
      if (how === 'reopened') await sample.reopen();
      await at('2026-07-31T15:00:00.000Z');
    };
    await reopen();
    await sample.ledger.execute({ do: 'publish-tariff', site: SITE, tariff: format2 });
    const terms = { from: '2026-08', terms: { quantities: { area: '100.000000' } } };
    await sample.ledger.execute({ do: 'set-terms', site: SITE, account: 'a-1', ...terms });
    await reopen();
    await at('2026-08-31T16:10:00.000Z');
    await read(SEPTEMBER, '100.00');
    await at('2026-09-30T17:00:00.000Z');
    await read('2026-09-30T15:00:00.000Z', '200.00');
    const months = ['2026-08', '2026-09'].map(async (period) => {
      const id = await sample.statement('a-1', period);
      const { overall, bill } = verifyBundle(await sample.ledger.bundle(SITE, id), {});
      expect(overall).toBe('verified');
      const { posted = [], charges } = bill?.statement ?? {};
      return [charges, ...posted.map(({ name, amount }) => `${name} ${amount}`)];
    });
    expect(await Promise.all(months)).toEqual([
      ['0.000000'],
      ['900.000000', 'upkeep 300.000000', 'minimum 501.943687'],
    ]);
    const { dataDir } = sample.options;
    expect((await fsck({ dataDir, deep: true })).findings).toEqual([]);
  });
});
