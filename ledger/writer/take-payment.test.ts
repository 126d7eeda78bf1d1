import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleLedger, SITE } from '../../test/support/sample-ledger.ts';
import { parseTime } from '../core/time.ts';
import { verifyBundle } from '../core/verdict.ts';
import { fsck } from '../fsck.ts';
import { nativePrimitives } from '../native-primitives.ts';
import type { Command } from './messages.ts';

type Act = Command extends infer C ? (C extends Command ? Omit<C, 'site'> : never) : never;

describe('money on its way in', () => {
  let sample: SampleLedger;
  const run = async (act: Act) => await sample.ledger.execute({ site: SITE, ...act });

  const ORDER = 'Q7Z1A2B3';
  const order = {
    do: 'open-order',
    ...{ order: ORDER, account: 'a-1', provider: 'alipay', way: 'page' },
    parts: [
      { wallet: 'electricity', amount: '80.000000' },
      { wallet: 'water', amount: '20.500000' },
    ],
    expiresAt: '2026-07-31T16:00:00.000Z',
  } as const;
  const payment = {
    do: 'take-payment',
    ...{ provider: 'alipay', payment: '2026073122001', order: ORDER },
    ...{ amount: '100.500000', currency: 'CNY', paidAt: '2026-07-31T15:10:00.000Z' },
  } as const;

  beforeEach(async () => {
    sample = await SampleLedger.make();
    await sample.account('a-1', 'm-1');
    await sample.account('a-2', 'm-2');
  });
  afterEach(async () => {
    await sample.ledger.close();
    const { findings } = await fsck({ dataDir: sample.options.dataDir, threads: 1, deep: true });
    rmSync(sample.dir, { recursive: true, force: true });
    expect(findings).toEqual([]);
  });

  async function wallets(account: string) {
    const view = await sample.ledger.account(SITE, account);
    return Object.fromEntries((view?.wallets ?? []).map((w) => [w.wallet, w.balance]));
  }

  it('goes to the wallets that the payer was shown, and to the provider’s book', async () => {
    expect(await run(order)).toMatchObject({ state: 'open', amount: '100.500000' });
    expect(await run(payment)).toMatchObject({
      state: 'credited',
      account: 'a-1',
      replayed: false,
    });
    expect(await wallets('a-1')).toEqual({ electricity: '80.000000', water: '20.500000' });
    expect(await sample.ledger.balances(SITE)).toContainEqual({
      ...{ book: 'transit:alipay', currency: 'CNY', balance: '100.500000' },
    });
  });

  it('is credited once, however often and however fast it is told', async () => {
    await run(order);
    const told = await Promise.all(Array.from({ length: 100 }, () => run(payment)));
    expect(told.filter(({ replayed }) => replayed === false)).toHaveLength(1);
    await sample.reopen();
    expect(await run(payment)).toMatchObject({ replayed: true, credits: [2, 3] });
    expect(await wallets('a-1')).toEqual({ electricity: '80.000000', water: '20.500000' });
  });

  it('is credited also after its order was closed: the money has come', async () => {
    await run(order);
    expect(await run({ do: 'close-order', order: ORDER })).toMatchObject({ state: 'closed' });
    expect(await run(payment)).toMatchObject({ state: 'credited' });
    expect(await run({ do: 'close-order', order: ORDER })).toMatchObject({ state: 'paid' });
  });

  it.each([
    ['order-unknown', { order: 'NOBODY1' }],
    ['order-unknown', { order: '不是订单' }],
    ['order-unknown', { provider: 'wechat' }],
    ['amount-differs', { amount: '100.510000' }],
    ['amount-differs', { currency: 'USD' }],
  ])('waits in suspense for %s, and is nobody’s yet (%o)', async (reason, change) => {
    await run(order);
    expect(await run({ ...payment, ...change })).toMatchObject({ state: 'suspense', reason });
    expect(await wallets('a-1')).toEqual({});
    const amount = { ...payment, ...change }.amount;
    expect(await wallets('suspense')).toEqual({ suspense: amount });
  });

  it('waits in suspense when its order was paid before', async () => {
    await run(order);
    await run(payment);
    expect(await run({ ...payment, payment: 'second' })).toMatchObject({
      ...{ state: 'suspense', reason: 'order-paid-already' },
    });
    expect(await wallets('a-1')).toEqual({ electricity: '80.000000', water: '20.500000' });
  });

  it('is refused when it comes again with another order or amount', async () => {
    await run(order);
    await run(payment);
    for (const change of [{ amount: '1.000000' }, { order: 'ANOTHER1' }, { currency: 'USD' }]) {
      await expect(run({ ...payment, ...change })).rejects.toMatchObject({
        code: 'payment-differs',
      });
    }
  });

  it('has an account of its own, which nobody opens or pays into', async () => {
    const open = () => run({ do: 'open-account', account: 'suspense' });
    await expect(open()).rejects.toMatchObject({ code: 'bad-account-id' });
    await run({ ...payment, order: 'NOBODY1' });
    await expect(open()).rejects.toMatchObject({ code: 'bad-account-id' });
    const into = run({ ...order, account: 'suspense' });
    await expect(into).rejects.toMatchObject({ code: 'bad-order' });
  });

  it('leaves suspense when two people say whose it is', async () => {
    await run({ ...payment, order: 'NOBODY1' });
    const what = {
      ...{ provider: 'alipay', payment: '2026073122001', account: 'a-2' },
      parts: [{ wallet: 'electricity', amount: '100.500000' }],
    };
    const { approval = '' }: { approval?: string } = await run({
      do: 'ask-approval',
      ...{ act: 'resolve-suspense', what, by: 'desk-1' },
    });
    const decide = (by: string) => run({ do: 'decide-approval', approval, by, agree: true });
    await expect(decide('desk-1')).rejects.toMatchObject({ code: 'approval-missing' });
    expect(await decide('head-2')).toMatchObject({ state: 'done' });
    await expect(decide('head-2')).rejects.toMatchObject({ code: 'approval-decided' });
    expect(await wallets('a-2')).toEqual({ electricity: '100.500000' });
    expect(await wallets('suspense')).toEqual({ suspense: '0.000000' });
  });

  it('refuses to share suspense money other than whole', async () => {
    await run({ ...payment, order: 'NOBODY1' });
    const what = {
      ...{ provider: 'alipay', payment: '2026073122001', account: 'a-2' },
      parts: [{ wallet: 'electricity', amount: '100.490000' }],
    };
    const { approval = '' }: { approval?: string } = await run({
      do: 'ask-approval',
      ...{ act: 'resolve-suspense', what, by: 'desk-1' },
    });
    await expect(
      run({ do: 'decide-approval', approval, by: 'head-2', agree: true }),
    ).rejects.toMatchObject({ code: 'parts-differ' });
    // It waits on: nothing of it was done.
    expect(
      await run({ do: 'decide-approval', approval, by: 'head-2', agree: false }),
    ).toMatchObject({ state: 'refused' });
  });

  describe('going back', () => {
    const refund = { account: 'a-1', wallet: 'electricity', method: 'cash', reason: 'asked' };

    async function agreed(act: string, what: object) {
      const { approval = '' }: { approval?: string } = await run({
        do: 'ask-approval',
        ...{ act, what, by: 'desk-1' },
      });
      return await run({ do: 'decide-approval', approval, by: 'head-2', agree: true });
    }

    beforeEach(async () => {
      await run(order);
      await run(payment);
    });

    it('is shown on the bill, and the bill verifies', async () => {
      await agreed('pay-refund', { ...refund, amount: '30.000000', of: 2 });
      await agreed('post-reversal', { account: 'a-1', of: 3, reason: 'wrong-wallet' });
      await agreed('post-adjustment', {
        ...{ account: 'a-1', kind: 'goodwill', reason: 'opening-week' },
        moves: [{ wallet: 'water', amount: '5.000000' }],
      });
      await run({
        do: 'transfer-between-wallets',
        ...{ account: 'a-1', order: 'a-1', reason: 'asked' },
        moves: [
          { wallet: 'electricity', amount: '-8.000000' },
          { wallet: 'gas', amount: '8.000000' },
        ],
      });
      expect(await wallets('a-1')).toEqual({
        ...{ electricity: '42.000000', gas: '8.000000', water: '5.000000' },
      });
      await sample.ledger.setClock(parseTime('2026-08-01T00:00:00.000Z'));
      const id = await sample.statement('a-1', '2026-07');
      const text = await sample.ledger.bundle(SITE, id, {});
      const verdict = verifyBundle(text, { primitives: nativePrimitives() });
      expect(verdict.layers.filter(({ status }) => status === 'failed')).toEqual([]);
      expect(verdict.bill?.statement).toMatchObject({
        ...{ credits: '100.500000', moved: '-45.500000', closing: '55.000000' },
      });
      expect(verdict.bill?.statement.moves).toHaveLength(5);
    });

    it('is proven also where the payment was on an earlier bill', async () => {
      await sample.ledger.setClock(parseTime('2026-08-01T00:00:00.000Z'));
      await sample.statement('a-1', '2026-07');
      await agreed('pay-refund', { ...refund, amount: '80.000000', of: 2 });
      await sample.ledger.setClock(parseTime('2026-09-01T00:00:00.000Z'));
      const id = await sample.statement('a-1', '2026-08');
      const text = await sample.ledger.bundle(SITE, id, {});
      const verdict = verifyBundle(text, { primitives: nativePrimitives() });
      expect(verdict.layers.filter(({ status }) => status === 'failed')).toEqual([]);
    });

    it.each([
      ['beyond the balance', 'pay-refund', { ...refund, amount: '80.000001' }, 'refund-too-large'],
      [
        'beyond the payment',
        'pay-refund',
        { ...refund, wallet: 'water', amount: '20.500001', of: 3 },
        'refund-too-large',
      ],
      [
        'into another wallet than it came from',
        'pay-refund',
        { ...refund, wallet: 'water', amount: '1.000000', of: 2 },
        'refund-too-large',
      ],
      ['of nothing', 'pay-refund', { ...refund, amount: '0.000000' }, 'amount-not-positive'],
      [
        'of what never was',
        'post-reversal',
        { account: 'a-1', of: 99, reason: 'x' },
        'past-event-unknown',
      ],
      ['of a meter', 'post-reversal', { account: 'a-1', of: 1, reason: 'x' }, 'reversal-refused'],
      [
        'as a gift that takes',
        'post-adjustment',
        {
          ...{ account: 'a-1', kind: 'goodwill', reason: 'x' },
          moves: [{ wallet: 'water', amount: '-1.000000' }],
        },
        'adjustment-refused',
      ],
    ])('is refused %s, and changes nothing', async (_, act, what, code) => {
      const before = await sample.ledger.account(SITE, 'a-1');
      await expect(agreed(act, what)).rejects.toMatchObject({ code });
      expect(await sample.ledger.account(SITE, 'a-1')).toEqual(before);
    });

    it('comes once: what was undone is not undone or given back again', async () => {
      await agreed('post-reversal', { account: 'a-1', of: 2, reason: 'cheque-bounced' });
      await sample.reopen();
      await expect(
        agreed('post-reversal', { account: 'a-1', of: 2, reason: 'cheque-bounced' }),
      ).rejects.toMatchObject({ code: 'reversal-refused' });
      await run({ ...order, order: 'NEXT0001' });
      await run({ ...payment, order: 'NEXT0001', payment: 'next' });
      await expect(
        agreed('pay-refund', { ...refund, amount: '1.000000', of: 2 }),
      ).rejects.toMatchObject({ code: 'refund-too-large' });
    });

    it('asks for an act that exists, in its own shape', async () => {
      const ask = (act: string, what: object) =>
        run({ do: 'ask-approval', act, what, by: 'desk-1' });
      await expect(ask('print-money', {})).rejects.toMatchObject({ code: 'approval-act-unknown' });
      await expect(ask('pay-refund', { ...refund, amount: 1 })).rejects.toMatchObject({
        code: 'bad-shape',
      });
      await expect(
        ask('post-adjustment', { account: 'a-1', kind: 'transfer', moves: [], reason: 'x' }),
      ).rejects.toMatchObject({ code: 'bad-shape' });
    });
  });
});
