import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleLedger, SITE } from '../../test/support/sample-ledger.ts';
import { parseTime } from '../core/time.ts';
import { verifyBundle } from '../core/verdict.ts';
import { fsck } from '../fsck.ts';
import { nativePrimitives } from '../native-primitives.ts';
import type { Command } from './messages.ts';

type Act = Command extends infer C ? (C extends Command ? Omit<C, 'site'> : never) : never;

describe('a refund that a provider makes', () => {
  let sample: SampleLedger;
  const run = async (act: Act) => await sample.ledger.execute({ site: SITE, ...act });
  const payment = {
    do: 'take-payment',
    ...{ provider: 'alipay', payment: '2026073122001', order: 'Q7Z1A2B3' },
    ...{ amount: '100.500000', currency: 'CNY', paidAt: '2026-07-31T15:10:00.000Z' },
  } as const;
  const of = { provider: 'alipay', payment: payment.payment, reason: 'moved-out' };
  const FIVE = [{ wallet: 'electricity', amount: '5.000000' }];

  beforeEach(async () => {
    sample = await SampleLedger.make();
    await sample.account('a-1', 'm-1');
    await run({
      do: 'open-order',
      ...{ order: payment.order, account: 'a-1', provider: 'alipay', way: 'page' },
      parts: [
        { wallet: 'electricity', amount: '80.000000' },
        { wallet: 'water', amount: '20.500000' },
      ],
      expiresAt: '2026-07-31T16:00:00.000Z',
    });
    await run(payment);
  });
  afterEach(async () => {
    await sample.ledger.close();
    const { findings } = await fsck({ dataDir: sample.options.dataDir, threads: 1, deep: true });
    rmSync(sample.dir, { recursive: true, force: true });
    expect(findings).toEqual([]);
  });

  async function agreed(act: string, what: object) {
    const asked = await run({ do: 'ask-approval', act, what, by: 'desk-1' });
    const approval = String(asked['approval']);
    const { result } = await run({ do: 'decide-approval', approval, by: 'head-2', agree: true });
    return Object(result);
  }
  async function refunded(parts: readonly { wallet: string; amount: string }[]): Promise<string> {
    const { refund } = await agreed('refund-payment', { ...of, parts });
    return String(refund);
  }
  async function wallets(account = 'a-1') {
    const view = await sample.ledger.account(SITE, account);
    return Object.fromEntries((view?.wallets ?? []).map((w) => [w.wallet, w.balance]));
  }
  async function payouts(account = 'a-1'): Promise<number> {
    const events = await sample.ledger.events(SITE, account, { limit: 1_000 });
    return events.filter(({ text }) => text.includes('"type":"refund.paid"')).length;
  }

  it('is held out of its wallets, paid once, and the bill verifies', async () => {
    const refund = await refunded([
      { wallet: 'electricity', amount: '30.000000' },
      { wallet: 'water', amount: '20.500000' },
    ]);
    expect(refund).toMatch(/^[0-9a-f]{32}$/);
    const held = { electricity: '50.000000', water: '0.000000', refund: '50.500000' };
    expect(await wallets()).toEqual(held);
    await run({ do: 'settle-refund', refund, state: 'waiting', id: 'R-1' });
    expect([await wallets(), await payouts()]).toEqual([held, 0]);
    const paid = { do: 'settle-refund', refund, state: 'paid', id: 'R-1' } as const;
    const all = await Promise.all([run(paid), run(paid), run(paid)]);
    await sample.reopen();
    all.push(await run(paid));
    expect(all.map(({ replayed = false }) => replayed)).toEqual([false, true, true, true]);
    expect(all.map(({ state }) => state)).toEqual(['paid', 'paid', 'paid', 'paid']);
    expect(await wallets()).toEqual({ ...held, refund: '0.000000' });
    expect(await payouts()).toBe(1);
    expect(await sample.ledger.balances(SITE)).toContainEqual({
      ...{ book: 'transit:alipay', currency: 'CNY', balance: '50.000000' },
    });
    await sample.ledger.setClock(parseTime('2026-08-01T00:00:00.000Z'));
    const id = await sample.statement('a-1', '2026-07');
    const text = await sample.ledger.bundle(SITE, id, {});
    const verdict = verifyBundle(text, { primitives: nativePrimitives() });
    expect(verdict.layers.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(verdict.bill?.statement.closing).toBe('50.000000');
  });

  it('is back in its wallets when the provider declines, and can be asked for anew', async () => {
    const parts = [{ wallet: 'electricity', amount: '80.000000' }];
    const refund = await refunded(parts);
    const declined = { do: 'settle-refund', refund, state: 'failed', said: 'NOT_ENOUGH' } as const;
    expect(await run(declined)).toMatchObject({
      ...{ state: 'declined', problem: 'refund-declined', said: 'NOT_ENOUGH' },
    });
    expect((await run(declined)).replayed).toBe(true);
    const whole = { electricity: '80.000000', water: '20.500000', refund: '0.000000' };
    expect([await wallets(), await payouts()]).toEqual([whole, 0]);
    await expect(run({ do: 'settle-refund', refund, state: 'paid' })).rejects.toMatchObject({
      code: 'refund-ended',
    });
    const again = await refunded(parts);
    expect(again).not.toBe(refund);
    await run({ do: 'settle-refund', refund: again, state: 'paid' });
    expect(await wallets()).toEqual({ ...whole, electricity: '0.000000' });
  });

  it('that comes back after it was paid is in its wallets again, and the bill verifies', async () => {
    const refund = await refunded(FIVE);
    await run({ do: 'settle-refund', refund, state: 'paid' });
    const back = { do: 'settle-refund', refund, state: 'failed', said: 'account closed' } as const;
    expect(await run(back)).toMatchObject({ state: 'returned', problem: 'refund-returned' });
    expect((await run(back)).replayed).toBe(true);
    expect(await wallets()).toEqual({
      ...{ electricity: '80.000000', water: '20.500000', refund: '0.000000' },
    });
    expect(await sample.ledger.balances(SITE)).toContainEqual({
      ...{ book: 'transit:alipay', currency: 'CNY', balance: '100.500000' },
    });
    await sample.ledger.setClock(parseTime('2026-08-01T00:00:00.000Z'));
    const id = await sample.statement('a-1', '2026-07');
    const verdict = verifyBundle(await sample.ledger.bundle(SITE, id, {}), {
      primitives: nativePrimitives(),
    });
    expect(verdict.layers.filter(({ status }) => status === 'failed')).toEqual([]);
  });

  it('that comes back after the account was closed is in suspense, once', async () => {
    const refund = await refunded([
      { wallet: 'electricity', amount: '80.000000' },
      { wallet: 'water', amount: '20.500000' },
    ]);
    await run({ do: 'settle-refund', refund, state: 'paid' });
    await run({ do: 'remove-meter', account: 'a-1', meter: 'm-1' });
    await run({ do: 'close-account', account: 'a-1', reason: 'lease-ended' });
    const back = { do: 'settle-refund', refund, state: 'failed', said: 'no such card' } as const;
    expect(await run(back)).toMatchObject({ state: 'returned', problem: 'refund-returned' });
    expect((await run(back)).replayed).toBe(true);
    expect(await wallets('suspense')).toEqual({ suspense: '100.500000' });
    expect(await wallets()).toEqual({
      ...{ electricity: '0.000000', water: '0.000000', refund: '0.000000' },
    });
    expect(await sample.ledger.balances(SITE)).toContainEqual({
      ...{ book: 'transit:alipay', currency: 'CNY', balance: '100.500000' },
    });
    await sample.reopen();
    expect((await run(back)).replayed).toBe(true);
    // Two people pay it out after all.
    const money = { account: 'suspense', wallet: 'suspense', amount: '100.500000', method: 'cash' };
    await agreed('pay-refund', { ...money, reason: 'refund-returned' });
    expect(await wallets('suspense')).toEqual({ suspense: '0.000000' });
  });

  it('holds what nothing else may move', async () => {
    await refunded(FIVE);
    const moves = [
      { wallet: 'refund', amount: '-5.000000' },
      { wallet: 'electricity', amount: '5.000000' },
    ];
    const transfer = { account: 'a-1', order: 'a-1', reason: 'asked', moves };
    const cash = { account: 'a-1', wallet: 'refund', amount: '5.000000', method: 'cash' };
    const before = await wallets();
    for (const act of [
      () => run({ do: 'transfer-between-wallets', ...transfer }),
      () => agreed('pay-refund', { ...cash, reason: 'asked' }),
      () => run({ do: 'credit-top-up', ...cash }),
      () => agreed('post-adjustment', { account: 'a-1', kind: 'correction', reason: 'x', moves }),
      () => refunded([{ wallet: 'refund', amount: '5.000000' }]),
    ]) {
      await expect(act()).rejects.toMatchObject({ code: 'bad-wallet' });
    }
    const reversal = { account: 'a-1', reason: 'x' };
    // The credit that it stands on (2), and its own hold (4).
    for (const n of [2, 4]) {
      await expect(agreed('post-reversal', { ...reversal, of: n })).rejects.toMatchObject({
        code: 'reversal-refused',
      });
    }
    expect(await wallets()).toEqual(before);
  });

  it.each([
    ['of a payment that never was', { payment: 'nobody' }, FIVE, 'payment-unknown'],
    ['beyond the payment', {}, [{ wallet: 'water', amount: '100.500001' }], 'refund-too-large'],
    ['beyond its wallet', {}, [{ wallet: 'water', amount: '20.500001' }], 'balance-too-low'],
    ['of nothing', {}, [{ wallet: 'water', amount: '0.000000' }], 'amount-not-positive'],
    ['from no wallet', {}, [], 'bad-order'],
  ])('is refused %s, and changes nothing', async (_, other, parts, code) => {
    const before = await wallets();
    const what = { ...of, ...other, parts };
    await expect(agreed('refund-payment', what)).rejects.toMatchObject({ code });
    expect(await wallets()).toEqual(before);
  });

  it.each([
    ['alipay', 'transit:alipay', '95.500000'],
    ['wechat', 'cash:wechat', '-5.000000'],
    ['transfer', 'cash:transfer', '-5.000000'],
  ])('made by hand by %s is out of %s, and the bill verifies', async (method, book, balance) => {
    const what = { account: 'a-1', wallet: 'water', amount: '5.000000', method };
    await agreed('pay-refund', { ...what, reason: 'by-hand', reference: 'CONSOLE-1' });
    expect(await sample.ledger.balances(SITE)).toContainEqual({ book, currency: 'CNY', balance });
    await sample.ledger.setClock(parseTime('2026-08-01T00:00:00.000Z'));
    const text = await sample.ledger.bundle(SITE, await sample.statement('a-1', '2026-07'), {});
    const verdict = verifyBundle(text, { primitives: nativePrimitives() });
    expect(verdict.layers.filter(({ status }) => status === 'failed')).toEqual([]);
  });

  it('gives nothing back of what was charged back, whatever cash there is besides', async () => {
    await run({
      do: 'credit-top-up',
      ...{ account: 'a-1', wallet: 'electricity', amount: '200.000000', method: 'cash' },
    });
    // The credit of electricity (2) is charged back whole; of that of water (3) a part is paid out by hand.
    await agreed('post-reversal', { account: 'a-1', of: 2, reason: 'charge-back' });
    const by = { account: 'a-1', wallet: 'water', method: 'cash', reason: 'asked', of: 3 };
    await agreed('pay-refund', { ...by, amount: '0.500000' });
    const before = await wallets();
    const over = [{ wallet: 'electricity', amount: '20.000001' }];
    await sample.reopen();
    await expect(refunded(over)).rejects.toMatchObject({
      ...{ code: 'refund-too-large', params: { amount: '20.000001', left: '20.000000' } },
    });
    expect(await wallets()).toEqual(before);
    await refunded([{ wallet: 'water', amount: '20.000000' }]);
    await expect(refunded([{ wallet: 'electricity', amount: '0.000001' }])).rejects.toMatchObject({
      ...{ code: 'refund-too-large', params: { left: '0.000000' } },
    });
  });

  it('gives money in suspense back, which then nobody can be given', async () => {
    await run({ ...payment, payment: 'stray', order: 'NOBODYS1' });
    const parts = [{ wallet: 'suspense', amount: '100.500000' }];
    const { refund } = await agreed('refund-payment', { ...of, payment: 'stray', parts });
    const given = { provider: 'alipay', payment: 'stray', account: 'a-1' };
    const whole = [{ wallet: 'water', amount: '100.500000' }];
    await expect(agreed('resolve-suspense', { ...given, parts: whole })).rejects.toMatchObject({
      code: 'payment-resolved',
    });
    await run({ do: 'settle-refund', refund, state: 'paid' });
    expect(await wallets('suspense')).toEqual({ suspense: '0.000000', refund: '0.000000' });
    expect(await payouts('suspense')).toBe(1);
  });

  it('may be many, up to the payment and not a cent more, whatever becomes of each', async () => {
    const cents = (n: number) => `${Math.floor(n / 100)}.${String(n % 100).padStart(2, '0')}0000`;
    const step = fc.record({
      wallet: fc.constantFrom('electricity', 'water'),
      cents: fc.integer({ min: 1, max: 9_000 }),
      end: fc.constantFrom('paid', 'failed', 'returned', 'waiting'),
    });
    // No wallet is ever too low: what is left of the payment is the only limit.
    for (const wallet of ['electricity', 'water']) {
      const cash = { account: 'a-1', wallet, amount: '100000.000000', method: 'cash' };
      await run({ do: 'credit-top-up', ...cash });
    }
    // One ledger for all runs: each starts from the payment that it takes itself.
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        runs += 1;
        const own = {
          ...payment,
          payment: `p-${runs}`,
          order: `RUN${String(runs).padStart(5, '0')}`,
        };
        const parts = [{ wallet: 'electricity', amount: '60.000000' }];
        parts.push({ wallet: 'water', amount: '40.500000' });
        const order = { order: own.order, account: 'a-1', provider: 'alipay', way: 'page', parts };
        await run({ do: 'open-order', ...order, expiresAt: '2026-07-31T16:00:00.000Z' });
        await run(own);
        const before = await wallets();
        const gone: Record<string, number> = { electricity: 0, water: 0 };
        let left = 10_050;
        for (const { wallet, cents: amount, end } of steps) {
          const what = { ...of, payment: own.payment, parts: [{ wallet, amount: cents(amount) }] };
          const asked = agreed('refund-payment', what);
          if (amount > left) {
            await expect(asked).rejects.toMatchObject({ code: 'refund-too-large' });
            continue;
          }
          const refund = String(Object(await asked).refund);
          const ends = end === 'returned' ? (['paid', 'failed'] as const) : ([end] as const);
          for (const state of ends) await run({ do: 'settle-refund', refund, state });
          if (end === 'failed' || end === 'returned') continue;
          left -= amount;
          gone[wallet] = (gone[wallet] ?? 0) + amount;
        }
        const after = await wallets();
        for (const wallet of ['electricity', 'water']) {
          const was = Math.round(Number(before[wallet]) * 100);
          expect(after[wallet]).toBe(cents(was - (gone[wallet] ?? 0)));
        }
      }),
      { numRuns: 15 },
    );
  });
});
