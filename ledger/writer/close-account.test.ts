import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleLedger, SITE } from '../../test/support/sample-ledger.ts';
import { verifyBundle } from '../core/verdict.ts';
import { fsck } from '../fsck.ts';
import { nativePrimitives } from '../native-primitives.ts';
import type { Command } from './messages.ts';

type Act = Command extends infer C ? (C extends Command ? Omit<C, 'site'> : never) : never;

let sample: SampleLedger;
const run = async (act: Act) => await sample.ledger.execute({ site: SITE, ...act });
const close = async (account = 'a-1') => {
  return await run({ do: 'close-account', account, reason: 'lease-ended' });
};

beforeEach(async () => {
  sample = await SampleLedger.make();
  await sample.account('a-1', 'm-1');
  await sample.ledger.setClock(Date.parse('2026-07-31T16:00:00.000Z'));
});
afterEach(async () => {
  await sample.ledger.close();
  const { findings } = await fsck({ dataDir: sample.options.dataDir, threads: 1, deep: true });
  rmSync(sample.dir, { recursive: true, force: true });
  expect(findings).toEqual([]);
});

async function payBack(amount: string): Promise<void> {
  const what = { account: 'a-1', wallet: 'electricity', amount, method: 'cash', reason: 'end' };
  const asked = await run({ do: 'ask-approval', act: 'pay-refund', what, by: 'desk-1' });
  const approval = String(asked['approval']);
  await run({ do: 'decide-approval', approval, by: 'head-2', agree: true });
}

describe('closing an account', () => {
  it('waits until no meter and no money is left', async () => {
    await expect(close()).rejects.toMatchObject({
      ...{ code: 'account-has-meters', params: { account: 'a-1', meter: 'm-1' } },
    });
    await run({ do: 'remove-meter', account: 'a-1', meter: 'm-1' });
    await sample.topUp('a-1', '20.000000');
    await expect(close()).rejects.toMatchObject({
      code: 'account-has-money',
      params: { account: 'a-1', wallet: 'electricity', balance: '20.000000' },
    });
    await payBack('20.000000');
    expect(await close()).toMatchObject({ account: 'a-1', n: 5, statements: ['2026-08'] });
    await expect(close()).rejects.toMatchObject({ code: 'account-closed' });
    for (const account of ['nobody', 'site', 'suspense']) {
      await expect(close(account)).rejects.toMatchObject({ code: 'account-unknown' });
    }
  });

  it('ends all business, also after a restart, but for the last bill, which verifies', async () => {
    await sample.topUp('a-1', '100.000000');
    await sample.readings(['m-1'], '2026-07-31T16:00:00.000Z', 20);
    await sample.ledger.setClock(Date.parse('2026-08-01T02:00:00.000Z'));
    await run({ do: 'remove-meter', account: 'a-1', meter: 'm-1' });
    const view = await sample.ledger.account(SITE, 'a-1');
    await payBack(view?.wallets[0]?.balance ?? '');
    await close();
    await sample.reopen();
    await sample.ledger.setClock(Date.parse('2026-08-31T17:00:00.000Z'));
    expect(await sample.ledger.account(SITE, 'a-1')).toMatchObject({
      ...{ closedAt: '2026-08-01T02:00:00.000Z', meters: [] },
      wallets: [{ wallet: 'electricity', balance: '0.000000' }],
    });
    const refused = { code: 'account-closed' };
    await expect(sample.topUp('a-1', '1.000000')).rejects.toMatchObject(refused);
    await expect(sample.meter('a-1', 'm-2')).rejects.toMatchObject(refused);
    const fees = run({ do: 'charge-fees', account: 'a-1', period: '2026-08' });
    await expect(fees).rejects.toMatchObject(refused);
    // The meter goes on being read: to nobody's charge.
    await sample.readings(['m-1'], '2026-08-01T03:00:00.000Z', 4, 25, 120);
    const id = await sample.statement('a-1', '2026-08');
    const bundle = await sample.ledger.bundle(SITE, id);
    const { overall } = verifyBundle(bundle, { primitives: nativePrimitives() });
    expect(overall).toBe('verified');
    expect(bundle).toContain('\\"type\\":\\"account.closed\\"');
    await sample.ledger.setClock(Date.parse('2026-09-30T17:00:00.000Z'));
    await expect(sample.statement('a-1', '2026-09')).rejects.toMatchObject(refused);
  });

  it('sends what is paid later for an order of before to suspense', async () => {
    await run({ do: 'remove-meter', account: 'a-1', meter: 'm-1' });
    const parts = [{ wallet: 'electricity', amount: '5.000000' }];
    const order = { order: 'ORDER001', account: 'a-1', provider: 'stripe', way: 'card' };
    const expiresAt = '2026-08-02T00:00:00.000Z';
    await run({ do: 'open-order', ...order, parts, expiresAt });
    await close();
    const paid = { payment: 'p-1', amount: '5.000000', currency: 'CNY', paidAt: expiresAt };
    const told = await run({
      ...{ do: 'take-payment', provider: 'stripe', order: 'ORDER001' },
      ...paid,
    });
    expect(told).toMatchObject({ state: 'suspense', reason: 'account-closed' });
  });
});

describe('replacing a meter', () => {
  const by = {
    ...{ meter: 'm-2', serial: 'S-m-2', bridge: 'br-1', register: '1-0:1.8.0', unit: 'kWh' },
    ...{ wallet: 'electricity', ct: '1', pt: '1', tariff: 'office' },
  };
  const replace = async (closing: string, change: object = {}) => {
    const facts = { account: 'a-1', meter: 'm-1', by: { ...by, ...change } };
    return await run({ do: 'replace-meter', ...facts, closing, opening: '3.00', reason: 'worn' });
  };

  it('charges the old one up to its last signed reading, the new one from its first', async () => {
    await sample.topUp('a-1', '100.000000');
    await sample.readings(['m-1'], '2026-07-31T16:00:00.000Z', 5);
    await sample.ledger.setClock(Date.parse('2026-08-01T02:00:00.000Z'));
    const done = await replace('101.50');
    expect(done).toMatchObject({ meter: 'm-2', replaced: 'm-1', unbilled: '0.500000' });
    await sample.readings(['m-1'], '2026-08-01T02:15:00.000Z', 2, 25, 150);
    await sample.readings(['m-2'], '2026-08-01T02:15:00.000Z', 3, 50, 3);
    await sample.ledger.setClock(Date.parse('2026-08-31T17:00:00.000Z'));
    const id = await sample.statement('a-1', '2026-08');
    const statement = Object((await sample.ledger.statement(SITE, id))?.statement);
    const used = statement.meters.map((one: { meter: string; quantity: string }) => {
      return [one.meter, one.quantity];
    });
    expect(used).toEqual([
      ['m-1', '1.000000'],
      ['m-2', '1.000000'],
    ]);
    const bundle = await sample.ledger.bundle(SITE, id);
    expect(verifyBundle(bundle, { primitives: nativePrimitives() }).overall).toBe('verified');
  });

  it('changes nothing where the displays or the new meter do not fit', async () => {
    await sample.readings(['m-1'], '2026-07-31T16:00:00.000Z', 5);
    await sample.account('a-2', 'm-3');
    const before = await sample.ledger.account(SITE, 'a-1');
    await expect(replace('100.50')).rejects.toMatchObject({ code: 'closing-too-low' });
    await expect(replace('102.00', { meter: 'm-3' })).rejects.toMatchObject({
      code: 'meter-bound',
    });
    await expect(replace('102.00', { tariff: 'none' })).rejects.toMatchObject({
      code: 'tariff-unknown',
    });
    await expect(replace('many')).rejects.toMatchObject({ code: 'bad-shape' });
    expect(await sample.ledger.account(SITE, 'a-1')).toEqual(before);
    // The same number with another device in it is another meter, too.
    expect(await replace('102.00', { meter: 'm-1', serial: 'S-new' })).toMatchObject({
      ...{ meter: 'm-1', replaced: 'm-1' },
    });
  });
});
