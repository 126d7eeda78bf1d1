import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SampleLedger, SITE } from '../../test/support/sample-ledger.ts';
import { fsck } from '../fsck.ts';
import { applyClosing } from './closed-books.ts';
import type { Command } from './messages.ts';
import { SiteState } from './site-state.ts';

type Act = Command extends infer C ? (C extends Command ? Omit<C, 'site'> : never) : never;

describe('closing the books of a month', () => {
  let sample: SampleLedger;
  const run = async (act: Act) => await sample.ledger.execute({ site: SITE, ...act });
  const close = async (period: string, by = 'head') => {
    const ask = { do: 'ask-approval', act: 'close-books', what: { period }, by: 'books' } as const;
    const { approval = '' }: { approval?: string } = await run(ask);
    return await run({ do: 'decide-approval', approval, by, agree: true });
  };
  const trial = async (month: string) => {
    return await sample.ledger.books.trialBalance(SITE, { from: month, to: month });
  };
  const topUp = async (account: string, amount: string, at?: string) => {
    const named = { account, wallet: 'electricity', amount, method: 'cash' };
    await run({ do: 'credit-top-up', ...named, ...(at === undefined ? {} : { at }) });
  };

  beforeAll(async () => {
    sample = await SampleLedger.make();
    await sample.account('a-1', 'm-1');
    await sample.account('a-2', 'm-2');
    await sample.ledger.setClock(Date.parse('2026-08-10T00:00:00.000Z'));
    await topUp('a-1', '100.000000');
    // Both end in August: one had business and has a last bill, the other had none.
    for (const account of ['a-8', 'a-9']) await run({ do: 'open-account', account });
    await topUp('a-9', '4.000000');
    const money = { account: 'a-9', wallet: 'electricity', amount: '4.000000', method: 'cash' };
    const what = { ...money, reason: 'end' };
    const asked = await run({ do: 'ask-approval', act: 'pay-refund', what, by: 'desk' });
    const approval = String(asked['approval']);
    await run({ do: 'decide-approval', approval, by: 'head', agree: true });
    for (const account of ['a-8', 'a-9']) {
      await run({ do: 'close-account', account, reason: 'lease-ended' });
    }
    await sample.ledger.setClock(Date.parse('2026-09-02T00:00:00.000Z'));
  });
  afterAll(async () => {
    await sample.ledger.close();
    const { findings } = await fsck({ dataDir: sample.options.dataDir, threads: 1, deep: true });
    rmSync(sample.dir, { recursive: true, force: true });
    expect(findings).toEqual([]);
  });

  it('waits for the end of the month, for every bill of it, and for a second person', async () => {
    await expect(close('2026-09')).rejects.toMatchObject({ code: 'period-not-ended' });
    await expect(close('2026-08')).rejects.toMatchObject({
      ...{ code: 'bills-open', params: { period: '2026-08', open: 3, first: 'a-1' } },
    });
    await sample.statement('a-1', '2026-08');
    await expect(close('2026-08')).rejects.toMatchObject({ params: { open: 2, first: 'a-2' } });
    await sample.statement('a-2', '2026-08');
    await expect(close('2026-08')).rejects.toMatchObject({ params: { open: 1, first: 'a-9' } });
    await sample.statement('a-9', '2026-08');
    await expect(close('2026-08', 'books')).rejects.toMatchObject({ code: 'approval-missing' });
    expect((await trial('2026-08')).closed).toBe(false);
    expect(await close('2026-08')).toMatchObject({
      ...{ state: 'done', result: { account: 'books', n: 1, period: '2026-08' } },
    });
  });

  it('happens once, also for a process that reads everything again', async () => {
    await expect(close('2026-08')).rejects.toMatchObject({ code: 'books-closed' });
    await sample.reopen();
    await sample.ledger.setClock(Date.parse('2026-09-02T01:00:00.000Z'));
    await expect(close('2026-07')).rejects.toMatchObject({ code: 'books-closed' });
    expect((await trial('2026-08')).closed).toBe(true);
  });

  it('leaves the month as it was, whatever is found later: that is a correction of the next', async () => {
    const before = (await trial('2026-08')).rows;
    // Of a tenant with a bill, and of one who came after the closing.
    await topUp('a-1', '3.000000', '2026-08-20T00:00:00.000Z');
    await sample.account('a-3', 'm-3');
    await topUp('a-3', '5.000000', '2026-08-20T00:00:00.000Z');
    // A payment is of the day on which it was taken, whenever it was made.
    await run({
      ...{ do: 'take-payment', provider: 'alipay', payment: 'P1', order: 'NOBODYS1' },
      ...{ amount: '7.000000', currency: 'CNY', paidAt: '2026-08-31T15:59:00.000Z' },
    });
    expect((await trial('2026-08')).rows).toEqual(before);
    const { books } = sample.ledger;
    const ask = { from: '2026-09-01', to: '2026-09-30' };
    const days = (await books.byDay(SITE, ask.from, ask.to)).rows;
    expect(days.map(({ date, late, code, debit }) => [date, late, code, debit])).toEqual([
      ['2026-09-01', true, '1001', '8.000000'],
      ['2026-09-01', true, '2203', '0.000000'],
      ['2026-09-02', false, '1012', '7.000000'],
      ['2026-09-02', false, '2241', '0.000000'],
    ]);
    const entries = await books.journal(SITE, ask, { limit: 10 });
    expect(entries.map(({ account, period, late }) => [account, period, late])).toEqual([
      ['a-1', '2026-09', true],
      ['a-3', '2026-09', true],
      ['suspense', '2026-09', false],
    ]);
  });

  it('closes suspense with the books: it gets no bill that would close it before or after', async () => {
    await sample.ledger.setClock(Date.parse('2026-10-02T00:00:00.000Z'));
    for (const period of ['2026-08', '2026-09']) {
      await expect(sample.statement('suspense', period)).rejects.toMatchObject({
        ...{ code: 'account-unknown', params: { account: 'suspense' } },
      });
    }
  });
});

describe('a closing', () => {
  it('moves the house forward to the month after, and never back', () => {
    const row = { site: 's', origin: 'o', currency: 'CNY', zone: 'Asia/Shanghai' };
    const state = new SiteState(row);
    const [books, suspense] = ['books', 'suspense'].map((id) => state.newAccount(id, ''));
    applyClosing(state, '2026-08');
    expect([books?.firstOpen, suspense?.firstOpen]).toEqual(['2026-09', '2026-09']);
    suspense?.periodStarts.set('2026-09', 3);
    for (const period of ['2026-07', '2026-08']) applyClosing(state, period);
    expect([books?.firstOpen, suspense?.firstOpen]).toEqual(['2026-09', '2026-09']);
    expect(suspense?.periodStarts).toEqual(new Map([['2026-09', 3]]));
    applyClosing(state, '2026-09');
    expect([suspense?.firstOpen, suspense?.periodStarts]).toEqual(['2026-10', new Map()]);
  });
});
