import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleLedger, SITE } from '../../test/support/sample-ledger.ts';
import { shiftDoc } from '../core/cash-shift.ts';
import { parseTime } from '../core/time.ts';
import { verifyBundle } from '../core/verdict.ts';
import { fsck } from '../fsck.ts';
import { nativePrimitives } from '../native-primitives.ts';
import type { Command } from './messages.ts';

type Act = Command extends infer C ? (C extends Command ? Omit<C, 'site'> : never) : never;

describe('a shift at the front desk', () => {
  let sample: SampleLedger;
  const run = async (act: Act) => await sample.ledger.execute({ site: SITE, ...act });
  const by = 'cashier-1';

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

  async function opened(desk = 'lobby', float = '200.000000'): Promise<string> {
    const { shift } = await run({ do: 'open-shift', desk, float, by });
    return String(shift);
  }
  async function taken(shift: string, method: string, amount: string): Promise<string> {
    const parts = [{ wallet: 'electricity', amount }];
    const facts = { shift, account: 'a-1', method, parts, by };
    return String((await run({ do: 'take-at-desk', ...facts }))['receipt']);
  }
  const closed = async (shift: string, counted: string) =>
    await run({ do: 'close-shift', shift, counted, by });
  const decided = async (approval: unknown, agree = true) =>
    await run({
      do: 'decide-approval',
      ...{ approval: String(approval), by: 'head-2', agree },
    });
  async function refunded(shift: string, amount: string, method = 'cash') {
    const what = { account: 'a-1', wallet: 'electricity', amount, method, reason: 'moved-out' };
    const asked = { act: 'pay-refund', what: { ...what, shift }, by };
    const { approval } = await run({ do: 'ask-approval', ...asked });
    return await decided(approval);
  }
  const reportOf = async (shift: string) =>
    shiftDoc(await sample.ledger.documents.find(SITE, 'shift', shift), '');
  async function book(name: string): Promise<string | undefined> {
    const books = await sample.ledger.balances(SITE);
    return books.find((one) => one.book === name)?.balance;
  }

  it('numbers its receipts without a gap, over shifts and restarts, desk by desk', async () => {
    const first = await opened();
    const names = [await taken(first, 'cash', '10.000000'), await taken(first, 'pos', '5.000000')];
    await expect(taken(first, 'barter', '1.000000')).rejects.toMatchObject({ code: 'bad-method' });
    await expect(taken(first, 'cash', '0.000000')).rejects.toMatchObject({
      code: 'amount-not-positive',
    });
    await expect(opened()).rejects.toMatchObject({ code: 'shift-open' });
    await sample.reopen();
    names.push(await taken(first, 'transfer', '7.500000'));
    await closed(first, '210.000000');
    const second = await opened();
    names.push(await taken(second, 'cheque', '1.000000'));
    const other = await opened('gate');
    expect([...names, await taken(other, 'cash', '1.000000')]).toEqual([
      ...['lobby-00000001', 'lobby-00000002', 'lobby-00000003', 'lobby-00000004'],
      'gate-00000001',
    ]);
    expect(await reportOf(first)).toMatchObject({
      ...{ state: 'closed', cashier: by, after: 0, last: 3, float: '200.000000' },
      ...{ cash: '10.000000', pos: '5.000000', transfer: '7.500000', cheque: '0.000000' },
      ...{ expected: '210.000000', counted: '210.000000', difference: '0.000000' },
    });
    const books = await Promise.all(
      ['cash', 'pos', 'transfer', 'cheque'].map((m) => book(`cash:${m}`)),
    );
    expect(books).toEqual(['11.000000', '5.000000', '7.500000', '1.000000']);
    // Nothing differed, so nothing was posted.
    expect(await book('write-off:drawer')).toBeUndefined();
  });

  it('is its cashier’s, and takes nothing once its drawer was counted', async () => {
    const shift = await opened();
    const parts = [{ wallet: 'water', amount: '1.000000' }];
    const facts = { shift, account: 'a-1', method: 'cash', parts };
    const other = { do: 'take-at-desk', ...facts, by: 'cashier-2' } as const;
    await expect(run(other)).rejects.toMatchObject({ code: 'not-your-shift' });
    const count = { do: 'close-shift', shift, counted: '200.000000', by: 'cashier-2' } as const;
    await expect(run(count)).rejects.toMatchObject({ code: 'not-your-shift' });
    await closed(shift, '200.000000');
    for (const act of [
      () => taken(shift, 'cash', '1.000000'),
      () => closed(shift, '200.000000'),
      () => refunded(shift, '1.000000'),
    ]) {
      await expect(act()).rejects.toMatchObject({ code: 'shift-closed' });
    }
    await expect(taken('nobody', 'cash', '1.000000')).rejects.toMatchObject({
      code: 'shift-unknown',
    });
    expect((await sample.ledger.account(SITE, 'a-1'))?.wallets).toEqual([]);
  });

  it.each([
    ['10.000000', 'cash-over', '-10.000000'],
    ['-0.010000', 'cash-short', '0.010000'],
  ])('posts a drawer that differs by %s alone, as %s', async (by_, reason, loss) => {
    const shift = await opened();
    await taken(shift, 'cash', '50.000000');
    const counted = (250 + Number(by_)).toFixed(6);
    expect(await closed(shift, counted)).toMatchObject({ state: 'closed', difference: by_ });
    expect([await book('write-off:drawer'), await book('cash:cash')]).toEqual([
      loss,
      (50 + Number(by_)).toFixed(6),
    ]);
    const events = await sample.ledger.events(SITE, 'books', { limit: 10 });
    expect(JSON.parse(events.at(-1)?.text ?? '').data).toMatchObject({
      ...{ kind: 'entry', reason, reference: shift, order: by },
    });
  });

  it('asks a second person about more, and may be counted again until somebody agrees', async () => {
    const shift = await opened();
    await taken(shift, 'cash', '100.000000');
    const first = await closed(shift, '250.000000');
    expect(first).toMatchObject({ state: 'counted', difference: '-50.000000' });
    // The desk goes on meanwhile.
    await opened();
    const second = await closed(shift, '280.000000');
    await expect(decided(first['approval'])).rejects.toMatchObject({ code: 'shift-recounted' });
    const alone = { do: 'decide-approval', approval: String(second['approval']), agree: true };
    await expect(run({ ...alone, do: 'decide-approval', by })).rejects.toMatchObject({
      code: 'approval-missing',
    });
    expect(await book('write-off:drawer')).toBeUndefined();
    await decided(second['approval']);
    expect([await book('write-off:drawer'), await book('cash:cash')]).toEqual([
      ...['20.000000', '80.000000'],
    ]);
    expect(await reportOf(shift)).toMatchObject({ state: 'closed', difference: '-20.000000' });
    await expect(decided(first['approval'])).rejects.toMatchObject({ code: 'shift-closed' });
  });

  it('pays refunds out of its drawer when two people agree, under a receipt of their own', async () => {
    const shift = await opened('lobby', '0.000000');
    await taken(shift, 'cash', '30.000000');
    await taken(shift, 'pos', '30.000000');
    await expect(refunded(shift, '30.000001')).rejects.toMatchObject({ code: 'refund-too-large' });
    await expect(refunded(shift, '1.000000', 'pos')).rejects.toMatchObject({ code: 'bad-method' });
    expect(Object(await refunded(shift, '12.500000')).result).toMatchObject({
      receipt: 'lobby-00000003',
    });
    expect(await sample.ledger.documents.find(SITE, 'receipt', 'lobby-00000003')).toMatchObject({
      ...{ shift, amount: '-12.500000', method: 'cash', by },
    });
    expect(await reportOf(shift)).toMatchObject({ paidOut: '12.500000', expected: '17.500000' });
    expect(await closed(shift, '17.500000')).toMatchObject({ state: 'closed' });
    await sample.ledger.setClock(parseTime('2026-08-01T00:00:00.000Z'));
    const id = await sample.statement('a-1', '2026-07');
    const text = await sample.ledger.bundle(SITE, id, {});
    const verdict = verifyBundle(text, { primitives: nativePrimitives() });
    expect(verdict.layers.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(verdict.bill?.statement.closing).toBe('47.500000');
  });

  it('adds up, whatever is taken, refused and paid out, and no receipt number is missing', async () => {
    const step = fc.record({
      method: fc.constantFrom('cash', 'pos', 'transfer', 'cheque', 'barter', 'refund'),
      cents: fc.integer({ min: 0, max: 5_000 }),
    });
    const text = (cents: number) =>
      `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}0000`;
    let desks = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        desks += 1;
        const shift = await opened(`desk-${desks}`, '1.000000');
        const sums: Record<string, number> = { cash: 0, pos: 0, transfer: 0, cheque: 0, refund: 0 };
        const receipts: string[] = [];
        for (const { method, cents } of steps) {
          const act =
            method === 'refund' ? refunded(shift, text(cents)) : taken(shift, method, text(cents));
          const done = await act.catch(() => undefined);
          if (done === undefined) continue;
          receipts.push(typeof done === 'string' ? done : String(Object(done['result']).receipt));
          sums[method] = (sums[method] ?? 0) + cents;
        }
        const { cash = 0, refund = 0 } = sums;
        const report = await reportOf(shift);
        expect(receipts).toEqual(
          receipts.map((_, i) => `desk-${desks}-${String(i + 1).padStart(8, '0')}`),
        );
        expect(report).toMatchObject({
          ...{ cash: text(cash), pos: text(sums['pos'] ?? 0), paidOut: text(refund) },
          ...{ expected: text(100 + cash - refund), last: receipts.length },
        });
        expect(await closed(shift, report.expected)).toMatchObject({ difference: '0.000000' });
      }),
      { numRuns: 10 },
    );
  });
});
