import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleLedger, SITE } from '../../test/support/sample-ledger.ts';
import { canonicalize } from '../core/canonical-json.ts';
import { reconciliationCompleted } from '../core/reconciliation.ts';
import { fsck } from '../fsck.ts';
import { sha256Hex } from './fast-hash.ts';
import type { Command } from './messages.ts';

type Act = Command extends infer C ? (C extends Command ? Omit<C, 'site'> : never) : never;

const FILE = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);
const DAY = { source: 'wechat', day: '2026-07-30' };

describe('a reconciliation', () => {
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

  const missing = {
    ...{ bucket: 'ours-only', reason: 'not-in-file', field: 'id', suggestion: 'wait-a-day' },
    ...{ difference: '-80.000000', at: '2026-07-30T01:00:00.000Z', id: '4200001', order: 'ORDER1' },
    ledger: '80.000000',
  };
  const fee = {
    ...{ bucket: 'fee-differs', reason: 'fee-differs', field: 'fee', suggestion: 'book-fee' },
    ...{ difference: '-0.000300', at: '2026-07-30T02:00:00.000Z', row: 7, id: '4200007' },
  };
  const report = {
    ...{ ...DAY, file: FILE, currency: 'CNY', rows: 12, matched: 11, unexplained: '-80.000300' },
    ...{ sums: { credits: '200.000000', gross: '120.000000' }, exceptions: [missing, fee] },
  };
  const complete = (changes: object = {}) =>
    run({ do: 'complete-reconciliation', report: { ...report, ...changes }, by: 'books-1' });
  const act = (exception: string, action: 'carry' | 'book-fee', more: object = {}) =>
    run({
      do: 'act-on-exception',
      ...{ ...DAY, exception, action, note: 'as agreed', by: 'books-1', ...more },
    });
  const close = () => run({ do: 'close-reconciliation', ...DAY, by: 'head-2' });

  async function completed() {
    const events = await sample.ledger.events(SITE, 'site', { limit: 100 });
    return events
      .map(({ text }) => JSON.parse(text))
      .filter(({ type }) => type === 'reconciliation.completed')
      .map(({ data }) => reconciliationCompleted(data, ''));
  }

  it('is kept with its numbers, and logged without them', async () => {
    expect(await complete()).toMatchObject({
      ...{ remaining: '-80.000300', carried: '0.000000', exceptions: 2, isClosed: false },
      buckets: { 'ours-only': 1, 'fee-differs': 1 },
    });
    const { exceptions: _, ...numbers } = report;
    const kept = [
      { exception: 'ours-only.0000001', ...missing, actions: [] },
      { exception: 'fee-differs.0000001', ...fee, actions: [] },
    ];
    const whole = canonicalize({ v: 1, ...numbers, exceptions: kept });
    expect(await completed()).toEqual([
      {
        ...{ ...DAY, file: FILE, matched: 11, exceptions: 2, closed: false },
        report: sha256Hex(whole),
      },
    ]);
    expect(await sample.ledger.documents.page(SITE, 'exception', { limit: 9 })).toEqual([
      { id: `wechat/2026-07-30/${FILE.slice(0, 12)}/fee-differs.0000001`, doc: kept[1] },
      { id: `wechat/2026-07-30/${FILE.slice(0, 12)}/ours-only.0000001`, doc: kept[0] },
    ]);
  });

  it('of the same file again changes nothing, of another one takes its place', async () => {
    await complete();
    await sample.reopen();
    expect(await complete()).toMatchObject({ replayed: true, file: FILE });
    const again = { file: OTHER, exceptions: [], unexplained: '0.000000', matched: 12 };
    expect(await complete(again)).toMatchObject({ file: OTHER, remaining: '0.000000' });
    expect((await completed()).map(({ file }) => file)).toEqual([FILE, OTHER]);
  });

  it('closes only when each rest is decided about, and then for good', async () => {
    await complete();
    await expect(close()).rejects.toMatchObject({
      ...{ code: 'reconciliation-open', params: { left: 2, remaining: '-80.000300' } },
    });
    expect(await act('ours-only.0000001', 'carry')).toMatchObject({
      ...{ remaining: '-0.000300', actions: [{ action: 'carry', note: 'as agreed' }] },
    });
    await act('fee-differs.0000001', 'book-fee');
    expect(await close()).toMatchObject({
      ...{ isClosed: true, remaining: '0.000000', carried: '-80.000000', closed: 'head-2' },
    });
    expect(await close()).toMatchObject({ replayed: true, isClosed: true });
    const [before, after] = await completed();
    expect([before?.closed, after?.closed]).toEqual([false, true]);
    expect(after?.report).not.toBe(before?.report);
    await expect(complete({ file: OTHER })).rejects.toMatchObject({
      code: 'reconciliation-closed',
    });
    await expect(act('ours-only.0000001', 'carry')).rejects.toMatchObject({
      code: 'reconciliation-closed',
    });
    expect(await complete()).toMatchObject({ replayed: true, isClosed: true });
  });

  it('waits for what somebody else has to agree to', async () => {
    await complete();
    await act('ours-only.0000001', 'carry');
    const what = {
      postings: [
        { book: 'fees:wechat', amount: '0.000300' },
        { book: 'transit:wechat', amount: '-0.000300' },
      ],
      ...{ reason: 'provider-fee', reference: '4200007' },
    };
    const ask = { do: 'ask-approval', act: 'post-entry', what, by: 'books-1' } as const;
    const { approval = '' }: { approval?: string } = await run(ask);
    await act('fee-differs.0000001', 'book-fee', { approval });
    await expect(close()).rejects.toMatchObject({ params: { left: 1, remaining: '-0.000300' } });
    await run({ do: 'decide-approval', approval, by: 'head-2', agree: true });
    expect(await close()).toMatchObject({ isClosed: true, carried: '-80.000000' });
    expect(await sample.ledger.balances(SITE)).toContainEqual({
      ...{ book: 'fees:wechat', currency: 'CNY', balance: '0.000300' },
    });
  });

  it('refuses numbers that do not add up, days and exceptions that are not there', async () => {
    await expect(complete({ unexplained: '-80.000000' })).rejects.toMatchObject({
      code: 'bad-shape',
    });
    await expect(close()).rejects.toMatchObject({ code: 'reconciliation-unknown' });
    await complete();
    await expect(act('ours-only.0000002', 'carry')).rejects.toMatchObject({
      code: 'exception-unknown',
    });
    await expect(act('fee-differs.0000001', 'book-fee', { approval: 'x' })).rejects.toMatchObject({
      code: 'approval-unknown',
    });
    const many = Array.from({ length: 5_001 }, () => ({ ...fee, difference: '0.000000' }));
    await expect(
      complete({ file: OTHER, exceptions: many, unexplained: '0.000000' }),
    ).rejects.toMatchObject({ code: 'reconciliation-too-different' });
    expect(await completed()).toHaveLength(1);
  });
});
