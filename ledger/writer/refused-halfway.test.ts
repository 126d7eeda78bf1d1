import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleLedger, SITE } from '../../test/support/sample-ledger.ts';
import { fsck } from '../fsck.ts';
import type { Command } from './messages.ts';

type Act = Command extends infer C ? (C extends Command ? Omit<C, 'site'> : never) : never;

describe('a command that is refused', () => {
  let sample: SampleLedger;
  const run = async (act: Act) => await sample.ledger.execute({ site: SITE, ...act });

  beforeEach(async () => {
    sample = await SampleLedger.make();
    await sample.account('a-1', 'm-1');
  });
  afterEach(async () => {
    await sample.ledger.close();
    const { findings } = await fsck({ dataDir: sample.options.dataDir, threads: 1, deep: true });
    rmSync(sample.dir, { recursive: true, force: true });
    expect(findings).toEqual([]);
  });

  const money = () => sample.ledger.balances(SITE);
  async function agreed(act: string, what: object) {
    const asked = await run({ do: 'ask-approval', act, what, by: 'desk-1' });
    const approval = String(asked['approval']);
    return await run({ do: 'decide-approval', approval, by: 'head-2', agree: true });
  }

  it('at the desk for its second part has not credited its first', async () => {
    const terms = { account: 'a-1', wallet: 'water', overdraft: '0.000000', most: '100.000000' };
    await agreed('agree-wallet', terms);
    const { shift } = await run({
      do: 'open-shift',
      ...{ desk: 'lobby', float: '0.000000', by: 'c-1' },
    });
    const before = await money();
    const cash = { shift: String(shift), account: 'a-1', method: 'cash', by: 'c-1' };
    const parts = [
      { wallet: 'electricity', amount: '50.000000' },
      { wallet: 'water', amount: '150.000000' },
    ];
    await expect(run({ do: 'take-at-desk', ...cash, parts })).rejects.toMatchObject({
      code: 'hoarding-maximum',
    });
    expect(await money()).toEqual(before);
  });

  it('for how a payment in suspense is shared leaves it there, for the next decision', async () => {
    const payment = { provider: 'alipay', payment: 'P-1' };
    const amount = '100.000000';
    const facts = { ...payment, order: 'NOBODY1', amount, currency: 'CNY' };
    await run({ do: 'take-payment', ...facts, paidAt: '2026-07-31T15:00:00.000Z' });
    const before = await money();
    const twice = [
      { wallet: 'electricity', amount: '60.000000' },
      { wallet: 'electricity', amount: '40.000000' },
    ];
    const given = { ...payment, account: 'a-1' };
    await expect(agreed('resolve-suspense', { ...given, parts: twice })).rejects.toMatchObject({
      code: 'bad-order',
    });
    expect(await money()).toEqual(before);
    await agreed('resolve-suspense', { ...given, parts: [{ wallet: 'electricity', amount }] });
    expect(await money()).toContainEqual(
      expect.objectContaining({ book: 'prepaid:a-1:electricity', balance: '-100.000000' }),
    );
  });

  it('for one wallet too many can still be billed', async () => {
    const to = (wallet: string) =>
      run({
        do: 'transfer-between-wallets',
        ...{ account: 'a-1', order: 'a-1', reason: 'asked' },
        moves: [
          { wallet: 'electricity', amount: '-0.000001' },
          { wallet, amount: '0.000001' },
        ],
      });
    await sample.topUp('a-1', '1.000000');
    const names = Array.from({ length: 23 }, (_, i) => `w-${String.fromCharCode(97 + i)}`);
    for (const name of names) await to(name);
    await expect(to('one-more')).rejects.toMatchObject({ code: 'wallets-full' });
  });

  it('is not what becomes of a payment whose order has no number', async () => {
    const facts = { provider: 'alipay', payment: 'P-2', order: '', amount: '7.000000' };
    const told = { ...facts, currency: 'CNY', paidAt: '2026-07-31T15:00:00.000Z' };
    expect(await run({ do: 'take-payment', ...told })).toMatchObject({ state: 'suspense' });
    expect(await run({ do: 'take-payment', ...told })).toMatchObject({ replayed: true });
    expect(await money()).toContainEqual(
      expect.objectContaining({ book: 'prepaid:suspense:suspense', balance: '-7.000000' }),
    );
  });
});
