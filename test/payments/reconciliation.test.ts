import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { actOn } from '../../api/payments/exception-action.ts';
import { PayDesk } from '../../api/payments/pay-desk.ts';
import { reconcileFetched, reconcileGiven } from '../../api/payments/reconcile-file.ts';
import type { Desk } from '../../api/payments/settlement-given.ts';
import { paymentOrder } from '../../ledger/core/orders.ts';
import { exceptionDoc, reconciliationDoc } from '../../ledger/core/reconciliation.ts';
import { formatTime } from '../../ledger/core/time.ts';
import { fsck } from '../../ledger/fsck.ts';
import type { HeldPayment, ProviderDouble } from '../../payments/doubles/double.ts';
import { type BillFaultKind, faultOf } from '../../payments/doubles/fault.ts';
import { startUnionPayDouble } from '../../payments/doubles/unionpay/unionpay-double.ts';
import { startWechatDouble } from '../../payments/doubles/wechat/wechat-double.ts';
import type { PaymentProvider } from '../../payments/provider.ts';
import { UnionPayProvider } from '../../payments/unionpay/unionpay-provider.ts';
import { WechatProvider } from '../../payments/wechat/wechat-provider.ts';
import { camtStatement } from '../support/camt-statement.ts';
import { SampleLedger, SITE } from '../support/sample-ledger.ts';

interface Pair {
  readonly provider: PaymentProvider;
  readonly double: ProviderDouble;
}
type Start = (nowMs: () => number) => Promise<Pair>;

const timeoutMs = 5_000;
const notifyUrl = 'http://127.0.0.1:9/never-heard';
const PAIRS: readonly (readonly [string, Start])[] = [
  [
    'wechat',
    async (nowMs) => {
      const double = await startWechatDouble({ nowMs, port: 0, notifyUrl, hurry: 1e9 });
      const newNonce = () => randomBytes(16).toString('hex');
      const own = { url: double.url, notifyUrl, timeoutMs, nowMs, newNonce };
      return { double, provider: new WechatProvider({ ...double.account, ...own }) };
    },
  ],
  [
    'unionpay',
    async (nowMs) => {
      const double = await startUnionPayDouble({ nowMs, port: 0, notifyUrl, hurry: 1e9 });
      const own = { url: double.url, fileUrl: double.url, notifyUrl, timeoutMs, nowMs };
      return { double, provider: new UnionPayProvider({ ...double.account, ...own }) };
    },
  ],
];

describe.each(PAIRS)('%s’s own file against the ledger', (source, start) => {
  let nowMs: number;
  let sample: SampleLedger;
  let pair: Pair;
  let desk: Desk;

  beforeEach(async () => {
    nowMs = Date.UTC(2026, 8, 1, 2);
    sample = await SampleLedger.make();
    await sample.account('a-1', 'm-1');
    await tick(0);
    pair = await start(() => nowMs);
    const { ledger } = sample;
    const log = pino({ level: 'silent' });
    const providers = [pair.provider];
    const payDesk = new PayDesk({ ledger, providers, log, nowMs: () => nowMs });
    desk = { ledger, payDesk, site: SITE, by: 'books-1' };
  });
  afterEach(async () => {
    await pair.double.stop();
    await sample.ledger.close();
    const { findings } = await fsck({ dataDir: sample.options.dataDir, threads: 1, deep: true });
    rmSync(sample.dir, { recursive: true, force: true });
    expect(findings).toEqual([]);
  });

  async function tick(ms: number): Promise<void> {
    nowMs += ms;
    await sample.ledger.setClock(nowMs);
  }

  /** A tenant pays at the provider; `told`: the ledger hears of it. */
  async function pay(amount: string, told = true): Promise<HeldPayment> {
    await tick(61_000);
    const parts = [{ wallet: 'electricity', amount }];
    const asked = { account: 'a-1', provider: source, parts, returnUrl: 'https://x.example/back' };
    const way = pair.provider.ways[0] ?? '';
    const { start: begun, ...doc } = await desk.payDesk.open({ site: SITE, way, ...asked });
    if (begun === undefined) throw new Error('the order did not open');
    const held = await pair.double.pay(begun);
    const { replayed: _, ...order } = doc;
    if (told) await desk.payDesk.look(SITE, paymentOrder(order, ''));
    return held;
  }

  async function refund(held: HeldPayment, amount: string, minor: bigint): Promise<string> {
    await tick(61_000);
    const number = `BACK${String(nowMs).slice(-8)}`;
    const order = { refund: number, order: held.order, payment: held.id, paid: held.amount };
    const asked = { ...order, reason: 'moved out', askedMs: nowMs };
    const full = { ...asked, amount: { minor, currency: 'CNY' } };
    await pair.provider.refund(full);
    while ((await pair.provider.refundState(full)).state === 'waiting') {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const what = {
      ...{ account: 'a-1', wallet: 'electricity', amount, method: source, reason: 'moved-out' },
      reference: number,
    };
    await agreed('pay-refund', what);
    return number;
  }

  async function agreed(act: string, what: object): Promise<void> {
    const { execute } = sample.ledger;
    const ask = { do: 'ask-approval', site: SITE, act, what, by: 'desk-1' } as const;
    const { approval } = await execute.call(sample.ledger, ask);
    await agree(String(approval));
  }

  async function agree(approval: string): Promise<void> {
    const decision = { approval, by: 'head-2', agree: true };
    await sample.ledger.execute({ do: 'decide-approval', site: SITE, ...decision });
  }

  async function reconciled(day: string, feePercent?: string) {
    nowMs = Math.max(nowMs, pair.double.settlementReadyMs(day) + 1_000);
    await tick(0);
    const result = await reconcileFetched(desk, { source, day, feePercent });
    const { replayed: _, n: __, leaf: ___, ...doc } = result;
    const rows = await sample.ledger.documents.page(SITE, 'exception', { limit: 100 });
    return {
      doc: reconciliationDoc(doc, ''),
      exceptions: rows.map(({ doc }) => exceptionDoc(doc, '')),
    };
  }

  const close = (day: string) =>
    sample.ledger.execute({ do: 'close-reconciliation', site: SITE, source, day, by: 'books-1' });
  const act = (day: string, exception: string, action: 'credit' | 'carry' | 'book-fee') =>
    actOn(desk, { source, day, exception, action, note: 'looked at it' });
  const today = () => pair.double.dayOf(nowMs);

  test('a day on which both say the same is matched whole, and closes at zero', async () => {
    const first = await pay('80.00'.padEnd(9, '0'));
    await pay('12.340000');
    await refund(first, '30.000000', 3_000n);
    const day = today();
    const { doc, exceptions } = await reconciled(day);
    expect(exceptions).toEqual([]);
    expect(doc).toMatchObject({ matched: 3, exceptions: 0, unexplained: '0.000000' });
    expect(doc.sums).toMatchObject({
      ...{ orders: '92.340000', credits: '92.340000', givenBack: '30.000000' },
      ...{ gross: '92.340000', refunds: '-30.000000' },
    });
    const fees = pair.double.books();
    const taken = fees.payments.reduce((sum, one) => sum + one.feeTenThousandths, 0n);
    const back = fees.refunds.reduce((sum, one) => sum + one.feeTenThousandths, 0n);
    expect(BigInt(doc.sums['fees']?.replace('.', '') ?? '')).toBe(taken - back);
    expect(await close(day)).toMatchObject({ isClosed: true, carried: '0.000000' });
  });

  test('a payment that nobody told of is found in the file, and credited from it', async () => {
    await pay('80.000000');
    const lost = await pay('20.000000', false);
    const day = today();
    const { doc, exceptions } = await reconciled(day);
    expect(exceptions).toMatchObject([
      {
        ...{ reason: 'never-told', suggestion: 'credit', difference: '20.000000' },
        ...{ id: lost.id, order: lost.order, provider: '20.000000' },
      },
    ]);
    expect(doc).toMatchObject({ matched: 1, unexplained: '20.000000' });
    await expect(close(day)).rejects.toMatchObject({ code: 'reconciliation-open' });
    await act(day, exceptions[0]?.exception ?? '', 'credit');
    const account = await sample.ledger.account(SITE, 'a-1');
    expect(account?.wallets).toEqual([{ wallet: 'electricity', balance: '100.000000' }]);
    expect(await close(day)).toMatchObject({ isClosed: true, remaining: '0.000000' });
  });

  test.each<[BillFaultKind, string, string]>([
    ['bill-row-missing', 'not-in-file', '-80.000000'],
    ['bill-row-extra', 'order-unknown', '20.000000'],
    ['bill-amount-differs', 'amount-differs', '0.010000'],
  ])('%s is found as %s, and nothing else', async (fault, reason, difference) => {
    await pay('80.000000');
    await pay('20.000000');
    const day = today();
    pair.double.inject(faultOf(fault));
    const { doc, exceptions } = await reconciled(day);
    expect(exceptions.map((one) => [one.reason, one.difference])).toEqual([[reason, difference]]);
    expect(doc.unexplained).toBe(difference);
    await act(day, exceptions[0]?.exception ?? '', 'carry');
    expect(await close(day)).toMatchObject({ isClosed: true, carried: difference });
  });

  test('a row of the day before is found as that, beside the one whose place it took', async () => {
    await pay('80.000000');
    await tick(24 * 3_600_000);
    await pay('20.000000');
    const second = today();
    pair.double.inject({ kind: 'bill-row-across-midnight' });
    const { doc, exceptions } = await reconciled(second);
    expect(exceptions.map((one) => [one.reason, one.difference])).toEqual([
      ['not-in-file', '-20.000000'],
      ['neighbouring-day', '80.000000'],
    ]);
    expect(doc).toMatchObject({ day: second, unexplained: '60.000000' });
  });

  test('another fee than was agreed is found for each row, and booked when two agree', async () => {
    await pay('80.000000');
    const day = today();
    const fee = pair.double.books().payments[0]?.feeTenThousandths ?? 0n;
    const { doc, exceptions } = await reconciled(day, '0.5');
    const more = fee - 8_000n * 50n;
    expect(BigInt(doc.unexplained.replace('.', ''))).toBe(-more);
    expect(exceptions).toMatchObject([{ bucket: 'fee-differs', suggestion: 'book-fee' }]);
    const result = await act(day, exceptions[0]?.exception ?? '', 'book-fee');
    await expect(close(day)).rejects.toMatchObject({ code: 'reconciliation-open' });
    const { actions = [] } = exceptionDoc(withoutRemaining(result), '');
    await agree(actions[0]?.approval ?? '');
    expect(await close(day)).toMatchObject({ isClosed: true });
    const balances = await sample.ledger.balances(SITE);
    const booked = balances.find(({ book }) => book === `fees:${source}`)?.balance ?? '';
    expect(BigInt(booked.replace('.', ''))).toBe(more);
  });

  test('the payout is found on the bank’s statement by amount, time and reference', async () => {
    await pay('80.000000');
    const day = today();
    const { doc } = await reconciled(day);
    await tick(24 * 3_600_000);
    const paid = (Number(doc.sums['payout']) || 0).toFixed(2);
    const at = formatTime(nowMs).slice(0, 10);
    const statement = camtStatement(at, [
      [paid, `settlement ${day.replaceAll('-', '')}`],
      ['5.00', 'rent'],
    ]);
    const given = { source: 'bank', day: at, bytes: Buffer.from(statement), rows: true };
    const result = await reconcileGiven(desk, given);
    expect(result).toMatchObject({
      ...{ matched: 1, exceptions: 1, unexplained: '5.000000', buckets: { 'provider-only': 1 } },
      payouts: [{ payout: `${source}/${day}`, row: 1, amount: `${paid}0000` }],
    });
    expect(await reconcileGiven(desk, given)).toMatchObject({ replayed: true });
  });

  test('a file that was cut or is another’s is refused, and nothing is kept', async () => {
    await pay('80.000000');
    const day = today();
    await expect(reconcileFetched(desk, { source, day })).rejects.toMatchObject({
      code: 'settlement-not-ready',
    });
    const whole = pair.double.makeSettlement(day) ?? new Uint8Array();
    const bytes = whole.subarray(0, whole.length - 9);
    await expect(reconcileGiven(desk, { source, day, bytes, rows: true })).rejects.toMatchObject({
      code: 'settlement-truncated',
    });
    await expect(reconcileFetched(desk, { source: 'stripe', day })).rejects.toMatchObject({
      code: 'provider-unknown',
    });
    expect(await sample.ledger.documents.page(SITE, 'reconciliation', { limit: 9 })).toEqual([]);
  });
});

function withoutRemaining({ remaining: _, replayed: __, ...rest }: Record<string, unknown>) {
  return rest;
}
