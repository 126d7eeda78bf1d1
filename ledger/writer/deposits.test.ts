import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleLedger, SITE } from '../../test/support/sample-ledger.ts';
import { parseTime } from '../core/time.ts';
import { verifyBundle } from '../core/verdict.ts';
import { fsck } from '../fsck.ts';
import type { Command } from './messages.ts';

type Act = Command extends infer C ? (C extends Command ? Omit<C, 'site'> : never) : never;

describe('a deposit', () => {
  let sample: SampleLedger;
  const run = async (act: Act) => await sample.ledger.execute({ site: SITE, ...act });
  const take = (changes: object = {}) =>
    run({
      do: 'take-deposit',
      ...{ account: 'a-1', deposit: 'D-1', amount: '500.000000', method: 'cash' },
      ...changes,
    });

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

  async function giveBack(amount: string, by = 'head-2', deposit = 'D-1') {
    const what = { account: 'a-1', deposit, amount, method: 'cash', reason: 'moved-out' };
    const { approval = '' }: { approval?: string } = await run({
      ...{ do: 'ask-approval', act: 'return-deposit', what, by: 'desk-1' },
    });
    return await run({ do: 'decide-approval', approval, by, agree: true });
  }

  it('is in a book of its own and in no wallet, and goes back over two bills', async () => {
    expect(await take()).toMatchObject({ deposit: 'D-1', left: '500.000000' });
    expect(await sample.ledger.account(SITE, 'a-1')).toMatchObject({
      ...{ wallets: [], deposits: [{ deposit: 'D-1', left: '500.000000' }] },
    });
    await sample.ledger.setClock(parseTime('2026-08-01T00:00:00.000Z'));
    const july = await sample.statement('a-1', '2026-07');
    await sample.reopen();
    await sample.ledger.setClock(parseTime('2026-08-02T00:00:00.000Z'));
    expect(await giveBack('200.000000')).toMatchObject({ result: { left: '300.000000' } });
    await expect(giveBack('300.000001')).rejects.toMatchObject({
      ...{ code: 'deposit-too-small', params: { left: '300.000000' } },
    });
    await giveBack('300.000000');
    await sample.ledger.setClock(parseTime('2026-09-01T00:00:00.000Z'));
    const august = await sample.statement('a-1', '2026-08');
    for (const id of [july, august]) {
      const { overall, layers, bill } = verifyBundle(await sample.ledger.bundle(SITE, id), {});
      expect(layers.filter(({ status }) => status === 'failed')).toEqual([]);
      expect([overall, bill?.statement.closing]).toEqual([expect.any(String), '0.000000']);
    }
    expect(await sample.ledger.balances(SITE)).toEqual([
      { book: 'cash:cash', currency: 'CNY', balance: '0.000000' },
      { book: 'deposit:a-1:D-1', currency: 'CNY', balance: '0.000000' },
    ]);
  });

  it('has a number once, an amount and a tenant, and takes two people to go back', async () => {
    await take();
    await expect(take()).rejects.toMatchObject({ code: 'deposit-exists' });
    await expect(take({ deposit: 'D 2' })).rejects.toMatchObject({ code: 'bad-shape' });
    await expect(take({ deposit: 'D-2', amount: '0.000000' })).rejects.toMatchObject({
      code: 'amount-not-positive',
    });
    for (const account of ['site', 'books', 'suspense', 'nobody']) {
      await expect(take({ account })).rejects.toMatchObject({ code: 'account-unknown' });
    }
    await expect(giveBack('1.000000', 'desk-1')).rejects.toMatchObject({
      code: 'approval-missing',
    });
    await expect(giveBack('1.000000', 'head-2', 'D-9')).rejects.toMatchObject({
      code: 'deposit-unknown',
    });
    expect(await sample.ledger.account(SITE, 'a-1')).toMatchObject({ n: 3 });
  });
});
