import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleLedger, SITE, sampleTariff } from '../../test/support/sample-ledger.ts';
import { parseBundle } from '../core/bundle.ts';
import { canonicalize } from '../core/canonical-json.ts';
import { parseTime } from '../core/time.ts';
import { verifyBundle } from '../core/verdict.ts';
import { fsck } from '../fsck.ts';
import type { Command } from './messages.ts';

type Act = Command extends infer C ? (C extends Command ? Omit<C, 'site'> : never) : never;

const wallet = 'electricity';
const period = '2026-08';
const policy = { jurisdiction: 'CN-SH', wallet, limit: 'grid-bill', method: 'average' };
/** Case (a) as published: what three tenants were charged, and what the grid asked. */
const CHARGED = { 'a-1': '587179.890000', 'a-2': '352307.930000', 'a-3': '234871.950000' };

function gridBill(changes: object = {}) {
  const quantity = '1350466.962500';
  const amount = '1080373.570000';
  return {
    ...{ bill: 'grid-2026-08', wallet, period, unit: 'kWh', quantity, amount, other: '0.000000' },
    rows: [{ period: 'all', quantity, own: '0.000000', amount }],
    ...{ evidence: 'ab'.repeat(32), by: 'books-1' },
    ...changes,
  };
}

describe('passing on what the grid billed', () => {
  let sample: SampleLedger;
  const run = async (act: Act) => await sample.ledger.execute({ site: SITE, ...act });
  const at = async (time: string) => await sample.ledger.setClock(parseTime(time));
  const record = (changes: object = {}) => run({ do: 'record-grid-bill', bill: gridBill(changes) });
  const report = () => sample.ledger.money.passThrough(SITE, { wallet, period });
  const settle = () => decide('settle-pass-through', { wallet, period });

  beforeEach(async () => {
    sample = await SampleLedger.make();
    const days = sampleTariff();
    const prices = days.prices.slice(0, 2).map((price) => ({ ...price, price: '1.000000' }));
    const flat = { ...days, id: 'flat', tiers: [{ tier: '1' }], prices, fees: [] };
    await run({ do: 'publish-tariff', tariff: flat });
    for (const account of Object.keys(CHARGED)) {
      await run({ do: 'open-account', account });
      await run({
        ...{ do: 'install-meter', account, meter: `m-${account}`, serial: `S-m-${account}` },
        ...{ bridge: sample.device.bridge, register: '1-0:1.8.0', unit: 'kWh', wallet },
        ...{ ct: '1', pt: '1', tariff: 'flat' },
      });
    }
  });
  afterEach(async () => {
    await sample.ledger.close();
    const { findings } = await fsck({ dataDir: sample.options.dataDir, threads: 1, deep: true });
    rmSync(sample.dir, { recursive: true, force: true });
    expect(findings).toEqual([]);
  });

  async function decide(act: string, what: object, by = 'head-2') {
    const { approval = '' }: { approval?: string } = await run({
      ...{ do: 'ask-approval', act, what, by: 'books-1' },
    });
    const { result } = await run({ do: 'decide-approval', approval, by, agree: true });
    return Object(result);
  }

  /** Each of the three uses electricity in August at 1.00, as much as the published case charged. */
  async function use(published: object | 'none' = policy): Promise<void> {
    if (published !== 'none') await decide('publish-pass-through', { policy: published });
    await at('2026-08-31T17:00:00.000Z');
    const records = Object.entries(CHARGED).flatMap(([account, amount]) =>
      (
        [
          ['2026-08-01T00:00:00.000Z', '0.00'],
          ['2026-08-20T00:00:00.000Z', amount.slice(0, -4)],
        ] as const
      ).map(([time, value]) => sample.device.record({ meter: `m-${account}`, at: time, value })),
    );
    await sample.send(records);
  }

  async function bills(month = period): Promise<string[]> {
    const ids: string[] = [];
    for (const account of Object.keys(CHARGED)) ids.push(await sample.statement(account, month));
    return ids;
  }

  async function verify(statement: string) {
    const verdict = verifyBundle(await sample.ledger.bundle(SITE, statement), {});
    const failed = verdict.layers.filter(({ status }) => status === 'failed');
    expect([verdict.overall, failed]).toEqual(['verified', []]);
    return verdict.bill?.statement;
  }

  const balances = async () => {
    const held: string[] = [];
    for (const account of Object.keys(CHARGED)) {
      const view = await sample.ledger.account(SITE, account);
      held.push(view?.wallets[0]?.balance ?? '');
    }
    return held;
  };

  it('is shown, and what is above goes back in proportion, case (a) to the last digit', async () => {
    await use();
    await record();
    await bills();
    const { settled, ...shown } = await report();
    expect([settled, shown]).toEqual([
      undefined,
      {
        ...{ wallet, period, accounts: 3, open: 0, averagePrice: '0.800000' },
        ...{ charges: '1174359.770000', corrected: '0.000000', bills: [gridBill()] },
        methods: [
          { method: 'average', due: '1080373.570000', surplus: '93986.200000' },
          { method: 'by-period', due: '1080373.570000', surplus: '93986.200000' },
        ],
        policy: expect.objectContaining(policy),
      },
    ]);
    const before = await balances();
    expect(await settle()).toMatchObject({ surplus: '93986.200000', accounts: 3 });
    expect(before).toEqual(['-587179.890000', '-352307.930000', '-234871.950000']);
    expect(await balances()).toEqual(['-540186.789600', '-324112.070080', '-216074.710320']);
    await sample.reopen();
    await at('2026-08-31T18:00:00.000Z');
    expect(await report()).toMatchObject({ settled: { surplus: '93986.200000', accounts: 3 } });
    await expect(settle()).rejects.toMatchObject({ code: 'pass-through-settled' });
    await expect(record({ bill: 'late' })).rejects.toMatchObject({ code: 'pass-through-settled' });
    await at('2026-09-30T17:00:00.000Z');
    const [first = ''] = await bills('2026-09');
    expect((await verify(first))?.moves).toEqual([
      expect.objectContaining({ reason: 'grid-bill-2026-08', amount: '46993.100400' }),
    ]);
    // Each fact that the part leans on is needed.
    const bundle = parseBundle(await sample.ledger.bundle(SITE, first));
    for (const type of ['passthrough.settled', 'gridbill.recorded', 'policy.published']) {
      const site = bundle.site.filter(({ event }) => !event.includes(`"type":"${type}"`));
      expect(site.length).toBe(bundle.site.length - 1);
      const verdict = verifyBundle(canonicalize({ ...bundle, site }), {});
      const [finding] = verdict.layers[5]?.findings ?? [];
      expect(finding?.code).toBe(
        type === 'passthrough.settled' ? 'past-event-missing' : 'surplus-differs',
      );
    }
  });

  it('takes what was corrected of the period off the surplus', async () => {
    await decide('publish-pass-through', { policy });
    await at('2026-08-25T00:00:00.000Z');
    await decide('post-adjustment', {
      ...{ account: 'a-1', kind: 'correction', reason: 'price' },
      moves: [{ wallet, amount: '986.200000' }],
    });
    await use('none');
    await record();
    await bills();
    expect(await report()).toMatchObject({ corrected: '986.200000' });
    expect(await settle()).toMatchObject({ surplus: '93000.000000', accounts: 3 });
  });

  it('returns nothing where the bill is not exceeded, and says so in the log', async () => {
    await use();
    const amount = '1174359.770000';
    await record({ amount, rows: [{ ...gridBill().rows[0], amount }] });
    await bills();
    expect(await settle()).toMatchObject({ surplus: '0.000000', accounts: 0 });
    expect(await report()).toMatchObject({ settled: { surplus: '0.000000' } });
  });

  it('waits for the bill of the grid and for those of all tenants', async () => {
    await use();
    await expect(settle()).rejects.toMatchObject({ code: 'grid-bill-missing' });
    await record();
    await expect(settle()).rejects.toMatchObject({
      ...{ code: 'statements-missing', params: { account: 'a-1', left: 3 } },
    });
    expect(await report()).toMatchObject({ open: 3, charges: '0.000000' });
    await bills();
    await settle();
  });

  it('waits for the bill of an account without events, and not for that of a later one', async () => {
    await run({ do: 'open-account', account: 'a-4' });
    await use();
    await run({ do: 'open-account', account: 'a-5' });
    await record();
    await bills();
    await expect(settle()).rejects.toMatchObject({
      ...{ code: 'statements-missing', params: { account: 'a-4', left: 1 } },
    });
    expect(await report()).toMatchObject({ open: 1, accounts: 3 });
    await sample.statement('a-4', period);
    expect(await settle()).toMatchObject({ surplus: '93986.200000', accounts: 3 });
  });

  it('is switched off by the policy, and returns nothing from before there was one', async () => {
    await use({ ...policy, limit: 'none' });
    await record();
    await bills();
    expect(await report()).toMatchObject({ methods: [{ surplus: '93986.200000' }, {}] });
    await expect(settle()).rejects.toMatchObject({ code: 'pass-through-off' });
    await decide('publish-pass-through', { policy });
    await settle();
  });

  it('compares nothing from before the first policy', async () => {
    await use('none');
    await record();
    await decide('publish-pass-through', { policy });
    await bills();
    await expect(settle()).rejects.toMatchObject({ code: 'pass-through-off' });
  });

  it('takes a bill once, whole, and settles by two people', async () => {
    await use();
    await record();
    await expect(record()).rejects.toMatchObject({ code: 'grid-bill-exists' });
    await expect(record({ bill: 'b', other: '1.000000' })).rejects.toMatchObject({
      code: 'grid-bill-differs',
    });
    await bills();
    await expect(
      decide('settle-pass-through', { wallet, period }, 'books-1'),
    ).rejects.toMatchObject({ code: 'approval-missing' });
  });
});
