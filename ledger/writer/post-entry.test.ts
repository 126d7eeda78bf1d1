import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleLedger, SITE } from '../../test/support/sample-ledger.ts';
import { fsck } from '../fsck.ts';
import type { Command } from './messages.ts';

type Act = Command extends infer C ? (C extends Command ? Omit<C, 'site'> : never) : never;

describe('an entry between books', () => {
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

  const payout = [
    { book: 'bank:icbc', amount: '99.400000' },
    { book: 'fees:wechat', amount: '0.600000' },
    { book: 'transit:wechat', amount: '-100.000000' },
  ];
  async function post(postings: object, by = 'head-2') {
    const what = { postings, reason: 'payout', reference: 'wechat/2026-07-30' };
    const ask = { do: 'ask-approval', act: 'post-entry', what, by: 'books-1' } as const;
    const { approval = '' }: { approval?: string } = await run(ask);
    return await run({ do: 'decide-approval', approval, by, agree: true });
  }

  it('moves the books of the house and no wallet, in a chain of its own', async () => {
    expect(await post(payout)).toMatchObject({
      ...{ state: 'done', result: { account: 'books', n: 1, period: '2026-07' } },
    });
    await sample.reopen();
    expect(await sample.ledger.balances(SITE)).toEqual([
      { book: 'bank:icbc', currency: 'CNY', balance: '99.400000' },
      { book: 'fees:wechat', currency: 'CNY', balance: '0.600000' },
      { book: 'transit:wechat', currency: 'CNY', balance: '-100.000000' },
    ]);
    expect(await sample.ledger.account(SITE, 'books')).toMatchObject({ wallets: [], n: 2 });
  });

  it.each([
    ['that do not add up', [payout[0], payout[2]]],
    ['of one book alone', [{ book: 'fees:wechat', amount: '0.000000' }]],
    ['of a book twice', [payout[0], payout[0], { book: 'fees:x', amount: '-198.800000' }]],
    [
      'of a tenant’s wallet',
      [
        { book: 'prepaid:a-1:electricity', amount: '-5.000000' },
        { book: 'cash:cash', amount: '5.000000' },
      ],
    ],
    [
      'of what tenants were charged',
      [
        { book: 'revenue:electricity', amount: '-5.000000' },
        { book: 'cash:cash', amount: '5.000000' },
      ],
    ],
  ])('is refused with postings %s', async (_, postings) => {
    await expect(post(postings)).rejects.toMatchObject({ code: 'entry-refused' });
    expect(await sample.ledger.account(SITE, 'books')).toBeUndefined();
  });

  it('takes two people', async () => {
    await expect(post(payout, 'books-1')).rejects.toMatchObject({ code: 'approval-missing' });
  });

  it('is the only thing that the books take: nobody’s account is called so', async () => {
    await post(payout);
    const account = 'books';
    await expect(run({ do: 'open-account', account })).rejects.toMatchObject({
      code: 'bad-account-id',
    });
    const topUp = { account, wallet: 'electricity', amount: '1.000000', method: 'cash' };
    await expect(run({ do: 'credit-top-up', ...topUp })).rejects.toMatchObject({
      code: 'account-unknown',
    });
    await expect(run({ do: 'issue-statement', account, period: '2026-06' })).rejects.toMatchObject({
      code: 'account-unknown',
    });
  });

  it('is no adjustment that anybody can ask for under its name', async () => {
    const what = { account: 'a-1', kind: 'entry', moves: [], reason: 'x' };
    await expect(
      run({ do: 'ask-approval', act: 'post-adjustment', what, by: 'desk-1' }),
    ).rejects.toMatchObject({ code: 'bad-shape' });
  });
});
