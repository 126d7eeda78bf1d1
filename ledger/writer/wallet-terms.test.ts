import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleLedger, SITE } from '../../test/support/sample-ledger.ts';
import { DAY_MS, parseTime } from '../core/time.ts';
import { verifyBundle } from '../core/verdict.ts';
import { fsck } from '../fsck.ts';
import type { Command } from './messages.ts';

type Act = Command extends infer C ? (C extends Command ? Omit<C, 'site'> : never) : never;

/** Ten per cent of each top-up and at most 5.00 a week go to the debt. */
const recovery = {
  ...{ percent: '10', mostPerWeek: '5.000000' },
  rounding: { mode: 'down', scale: 2 },
};
const wallet = 'electricity';
/** A Monday in Shanghai. */
const MONDAY_MS = parseTime('2026-08-03T02:00:00.000Z');

describe('the terms of a wallet', () => {
  let sample: SampleLedger;
  const run = async (act: Act) => await sample.ledger.execute({ site: SITE, ...act });
  const view = async () => Object(await sample.ledger.account(SITE, 'a-1'));
  const pay = (amount: string) =>
    run({ do: 'credit-top-up', account: 'a-1', wallet, amount, method: 'cash' });
  const draw = (amount: string) =>
    run({ do: 'draw-emergency-credit', account: 'a-1', wallet, amount, order: 'tenant-1' });

  beforeEach(async () => {
    sample = await SampleLedger.make();
    await sample.account('a-1', 'm-1');
    await sample.ledger.setClock(MONDAY_MS);
  });
  afterEach(async () => {
    await sample.ledger.close();
    const { findings } = await fsck({ dataDir: sample.options.dataDir, threads: 1, deep: true });
    rmSync(sample.dir, { recursive: true, force: true });
    expect(findings).toEqual([]);
  });

  async function decide(act: string, what: object, by = 'head-2') {
    const { approval = '' }: { approval?: string } = await run({
      ...{ do: 'ask-approval', act, what, by: 'desk-1' },
    });
    return await run({ do: 'decide-approval', approval, by, agree: true });
  }
  const agree = (terms: object) =>
    decide('agree-wallet', { account: 'a-1', wallet, overdraft: '0.000000', ...terms });
  const adjust = (kind: string, amount: string) =>
    decide('post-adjustment', {
      ...{ account: 'a-1', kind, reason: 'decided', moves: [{ wallet, amount }] },
    });

  it('recover a debt as published: 9.00 of 10.00 go on from Monday to Friday, then all', async () => {
    await adjust('correction', '-100.000000');
    await agree({ recovery });
    await adjust('debt', '100.000000');
    const balances: unknown[] = [];
    for (let day = 0; day < 8; day += 1) {
      await sample.ledger.setClock(MONDAY_MS + day * DAY_MS);
      balances.push((await pay('10.000000'))['balance']);
      if (day === 3) await sample.reopen();
    }
    const shown = ['9', '18', '27', '36', '45', '55', '65', '74'];
    expect(balances).toEqual(shown.map((whole) => `${whole}.000000`));
    expect(await view()).toMatchObject({
      credit: [
        {
          ...{ wallet, overdraft: '0.000000', debt: '94.000000', lent: '0.000000', recovery },
          ...{ week: '2026-08-10', recovered: '1.000000' },
        },
      ],
    });
    expect(await sample.ledger.balances(SITE)).toEqual([
      { book: 'cash:cash', currency: 'CNY', balance: '80.000000' },
      { book: 'debt:a-1:electricity', currency: 'CNY', balance: '94.000000' },
      { book: 'prepaid:a-1:electricity', currency: 'CNY', balance: '-74.000000' },
      { book: 'revenue:electricity', currency: 'CNY', balance: '-100.000000' },
    ]);
  });

  it('repay from a top-up: debt, the level of cut-off, emergency credit, balance', async () => {
    await agree({ recovery, overdraft: '5.000000', emergency: '8.000000' });
    await adjust('goodwill', '1.000000');
    await adjust('correction', '-6.000000');
    await draw('8.000000');
    await adjust('correction', '-8.000000');
    await adjust('debt', '3.000000');
    expect(await pay('20.000000')).toMatchObject({
      balance: '8.000000',
      split: { debt: '2.000000', cutOff: '0.000000', emergency: '8.000000', balance: '10.000000' },
    });
  });

  it('lend emergency credit once a month, once it is repaid, and never pay it out', async () => {
    await agree({ emergency: '30.000000' });
    await expect(draw('30.000001')).rejects.toMatchObject({ code: 'terms-broken' });
    expect(await draw('30.000000')).toMatchObject({ balances: { electricity: '30.000000' } });
    const moves = [
      { wallet, amount: '-1.000000' },
      { wallet: 'water', amount: '1.000000' },
    ];
    const order = { account: 'a-1', moves, reason: 'asked', order: 'tenant-1' };
    await expect(run({ do: 'transfer-between-wallets', ...order })).rejects.toMatchObject({
      ...{ code: 'terms-broken', params: { rule: 'lent', limit: '30.000000' } },
    });
    const refund = { account: 'a-1', wallet, amount: '1.000000', method: 'cash', reason: 'asked' };
    await expect(decide('pay-refund', refund)).rejects.toMatchObject({ code: 'terms-broken' });
    await sample.reopen();
    await sample.ledger.setClock(MONDAY_MS);
    await pay('100.000000');
    expect(await view()).toMatchObject({ wallets: [{ wallet, balance: '100.000000' }] });
    // Repaid, but in the same month.
    await expect(draw('1.000000')).rejects.toMatchObject({ code: 'terms-broken' });
    await sample.ledger.setClock(parseTime('2026-08-31T16:00:00.000Z'));
    expect(await draw('1.000000')).toMatchObject({ balances: { electricity: '101.000000' } });
    await sample.ledger.setClock(parseTime('2026-09-30T16:00:00.000Z'));
    await expect(draw('1.000000')).rejects.toMatchObject({ code: 'terms-broken' });
  });

  it('hold every decision within the overdraft', async () => {
    await agree({ overdraft: '20.000000' });
    await adjust('correction', '-20.000000');
    await expect(adjust('correction', '-0.000001')).rejects.toMatchObject({
      ...{ code: 'terms-broken', params: { rule: 'overdraft', limit: '20.000000' } },
    });
    expect(await view()).toMatchObject({ wallets: [{ wallet, balance: '-20.000000' }] });
  });

  it('refuse a top-up and an order beyond the most, and take what was paid all the same', async () => {
    await agree({ most: '100.000000' });
    await pay('60.000000');
    await expect(pay('40.000001')).rejects.toMatchObject({
      ...{ code: 'hoarding-maximum', params: { wallet, limit: '100.000000' } },
    });
    const order = (name: string, amount: string) =>
      run({
        ...{ do: 'open-order', order: name, account: 'a-1', provider: 'alipay', way: 'page' },
        ...{ parts: [{ wallet, amount }], expiresAt: '2026-08-04T00:00:00.000Z' },
      });
    await expect(order('ORDER01', '40.000001')).rejects.toMatchObject({ code: 'hoarding-maximum' });
    await order('ORDER02', '40.000000');
    await pay('40.000000');
    const paid = { provider: 'alipay', payment: 'P1', order: 'ORDER02', amount: '40.000000' };
    const told = { ...paid, currency: 'CNY', paidAt: '2026-08-03T02:00:00.000Z' };
    expect(await run({ do: 'take-payment', ...told })).toMatchObject({ state: 'credited' });
    expect(await view()).toMatchObject({ wallets: [{ wallet, balance: '140.000000' }] });
  });

  it('put aside no more than is owed, and only where its recovery was agreed', async () => {
    await adjust('correction', '-50.000000');
    await expect(adjust('debt', '50.000000')).rejects.toMatchObject({ code: 'terms-broken' });
    await agree({ recovery });
    await expect(adjust('debt', '50.000001')).rejects.toMatchObject({
      ...{ code: 'terms-broken', params: { rule: 'debt', limit: '50.000000' } },
    });
    await adjust('debt', '50.000000');
    expect(await view()).toMatchObject({ wallets: [{ wallet, balance: '0.000000' }] });
  });

  it('let nobody undo a debt of which a part was recovered', async () => {
    await adjust('correction', '-50.000000');
    await agree({ recovery });
    const { result } = await adjust('debt', '50.000000');
    await pay('10.000000');
    const undo = { account: 'a-1', of: Number(Object(result).n), reason: 'mistake' };
    await expect(decide('post-reversal', undo)).rejects.toMatchObject({
      ...{ code: 'terms-broken', params: { rule: 'reversal' } },
    });
    // It was refused before anything changed: the top-up can still be undone, and then the debt.
    await decide('post-reversal', {
      account: 'a-1',
      of: Number(Object(result).n) + 1,
      reason: 'x',
    });
    await decide('post-reversal', undo);
    expect(await view()).toMatchObject({
      ...{ wallets: [{ wallet, balance: '-50.000000' }], credit: [{ debt: '0.000000' }] },
    });
  });

  it('are agreed by two people, for an account that has a tenant', async () => {
    const what = { account: 'a-1', wallet, overdraft: '1.000000' };
    await expect(decide('agree-wallet', what, 'desk-1')).rejects.toMatchObject({
      code: 'approval-missing',
    });
    await expect(agree({ overdraft: '-1.000000' })).rejects.toMatchObject({
      code: 'terms-broken',
    });
    await expect(agree({ recovery: { ...recovery, percent: '101' } })).rejects.toMatchObject({
      code: 'terms-broken',
    });
    for (const account of ['site', 'books', 'suspense', 'nobody']) {
      await expect(decide('agree-wallet', { ...what, account })).rejects.toMatchObject({
        code: 'account-unknown',
      });
    }
  });

  it('show before paying what a payment will do, by the function that does it', async () => {
    await adjust('correction', '-30.000000');
    await agree({ recovery, most: '50.000000', overdraft: '10.000000' });
    await adjust('debt', '10.000000');
    const parts = [
      { wallet, amount: '25.000000' },
      { wallet: 'water', amount: '5.000000' },
    ];
    const preview = await sample.ledger.money.previewTopUp(SITE, { account: 'a-1', parts });
    expect(preview).toEqual({
      ...{ account: 'a-1', amount: '30.000000', currency: 'CNY' },
      parts: [
        {
          ...{ wallet, amount: '25.000000', before: '-20.000000', after: '2.500000' },
          ...{ debt: '2.500000', cutOff: '10.000000', emergency: '0.000000' },
          ...{ balance: '12.500000', most: '50.000000', isRefused: false },
        },
        {
          ...{ wallet: 'water', amount: '5.000000', before: '0.000000', after: '5.000000' },
          ...{ debt: '0.000000', cutOff: '0.000000', emergency: '0.000000' },
          ...{ balance: '5.000000', isRefused: false },
        },
      ],
    });
    const { debt, cutOff, balance, emergency } = Object(preview.parts[0]);
    expect(await pay('25.000000')).toMatchObject({
      ...{ balance: '2.500000', split: { debt, cutOff, emergency, balance } },
    });
    const much = { account: 'a-1', parts: [{ wallet, amount: '50.000000' }] };
    expect((await sample.ledger.money.previewTopUp(SITE, much)).parts[0]).toMatchObject({
      isRefused: false,
    });
    await pay('49.000000');
    expect((await sample.ledger.money.previewTopUp(SITE, much)).parts[0]).toMatchObject({
      ...{ isRefused: true, most: '50.000000' },
    });
  });

  it('divide one amount among wallets by a rule, as it is shown before paying', async () => {
    const rule = {
      fill: [{ wallet: 'water', upTo: '20.000000' }],
      shares: [
        { wallet, weight: 2 },
        { wallet: 'gas', weight: 1 },
      ],
    };
    const amount = '50.000000';
    await run({
      do: 'credit-top-up',
      account: 'a-1',
      wallet: 'water',
      amount: '5.000000',
      method: 'cash',
    });
    const ask = { account: 'a-1', split: { amount, rule } };
    const preview = await sample.ledger.money.previewTopUp(SITE, ask);
    expect(preview.parts.map((part) => [part.wallet, part.amount])).toEqual([
      ['water', '15.000000'],
      ...[
        [wallet, '23.333333'],
        ['gas', '11.666667'],
      ],
    ]);
    for (const bad of [{}, { ...ask, parts: [{ wallet, amount }] }]) {
      const asked = sample.ledger.money.previewTopUp(SITE, { account: 'a-1', ...bad });
      await expect(asked).rejects.toMatchObject({ code: 'bad-order' });
    }
    const empty = { ...ask, split: { amount, rule: { fill: [], shares: [] } } };
    await expect(sample.ledger.money.previewTopUp(SITE, empty)).rejects.toMatchObject({
      code: 'split-empty',
    });
  });

  it('are in each bill, whose next one goes on from them', async () => {
    await sample.readings(['m-1'], '2026-08-03T02:00:00.000Z', 4);
    await adjust('correction', '-100.000000');
    await agree({ recovery, emergency: '20.000000' });
    await adjust('debt', '100.000000');
    await pay('40.000000');
    // Into September before the bill of August is issued, in one week with what comes after it.
    await sample.ledger.setClock(parseTime('2026-08-31T17:00:00.000Z'));
    await pay('20.000000');
    const august = await sample.statement('a-1', '2026-08');
    await sample.ledger.setClock(parseTime('2026-09-02T02:00:00.000Z'));
    await draw('20.000000');
    await pay('50.000000');
    await sample.readings(['m-1'], '2026-09-02T02:00:00.000Z', 4, 25, 200);
    await sample.ledger.setClock(parseTime('2026-09-30T17:00:00.000Z'));
    const september = await sample.statement('a-1', '2026-09');
    const bills = [];
    for (const id of [august, september]) {
      const verdict = verifyBundle(await sample.ledger.bundle(SITE, id), {});
      const failed = verdict.layers.filter(({ status }) => status === 'failed');
      expect([verdict.overall, failed]).toEqual(['verified', []]);
      bills.push(verdict.bill?.statement);
    }
    expect(bills.map((bill) => bill?.credit?.map(({ debt, lent }) => [debt, lent]))).toEqual([
      [['96.000000', '0.000000']],
      [['91.000000', '0.000000']],
    ]);
    expect(bills[1]?.moves).toEqual([
      { n: 9, type: 'topup.credited', reason: 'repaid', wallet, amount: '-2.000000' },
      { n: 11, type: 'adjustment.posted', reason: 'tenant-order', wallet, amount: '20.000000' },
      { n: 12, type: 'topup.credited', reason: 'repaid', wallet, amount: '-23.000000' },
    ]);
  });
});
