import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SampleLedger, SITE } from '../../test/support/sample-ledger.ts';
import { formatMicros, parseMicros } from '../core/decimal.ts';
import { fsck } from '../fsck.ts';
import type { Command } from '../writer/messages.ts';
import type { JournalEntry } from './journal-entry.ts';

type Act = Command extends infer C ? (C extends Command ? Omit<C, 'site'> : never) : never;

/** 24 kWh of a day: 8 valley and 12 peak on the first tier, 4 valley on the second. */
const DAY = formatMicros(8n * 400_003n + 12n * 1_200_001n + 4n * 500_009n);

describe('the general ledger of a site', () => {
  let sample: SampleLedger;
  let statement: { wallets: { closing: string }[]; charges: string };
  const run = async (act: Act) => await sample.ledger.execute({ site: SITE, ...act });
  const decided = async (act: string, what: object) => {
    const asked: { approval?: string } = await run({ do: 'ask-approval', act, what, by: 'desk' });
    const approval = asked.approval ?? '';
    return await run({ do: 'decide-approval', approval, by: 'head', agree: true });
  };
  const trial = async (from: string, to = from) => {
    return (await sample.ledger.books.trialBalance(SITE, { from, to })).rows;
  };

  // August: a top-up, a day of use, the fee, a refund. September: a day of use, and a payout with its fee;
  // then, after the bill of August was issued, a top-up of August that was found later.
  beforeAll(async () => {
    sample = await SampleLedger.make();
    await sample.account('a-1', 'm-1');
    await sample.account('a-2', 'm-2');
    await sample.ledger.setClock(Date.parse('2026-08-30T04:00:00.000Z'));
    await sample.topUp('a-1', '100.000000');
    const refund = { account: 'a-1', wallet: 'electricity', amount: '7.500000', method: 'cash' };
    await decided('pay-refund', { ...refund, reason: 'asked' });
    await sample.ledger.setClock(Date.parse('2026-09-01T17:00:00.000Z'));
    await sample.readings(['m-1', 'm-2'], '2026-08-30T16:00:00.000Z', 2 * 96 + 1);
    await run({ do: 'charge-fees', account: 'a-1', period: '2026-08' });
    const id = await sample.statement('a-1', '2026-08');
    statement = Object((await sample.ledger.statement(SITE, id))?.statement);
    const late = { account: 'a-1', wallet: 'electricity', amount: '3.000000', method: 'card' };
    await run({ do: 'credit-top-up', ...late, at: '2026-08-20T00:00:00.000Z' });
    await decided('post-entry', {
      postings: [
        { book: 'bank:icbc', amount: '99.400000' },
        { book: 'fees:wechat', amount: '0.600000' },
        { book: 'transit:wechat', amount: '-100.000000' },
      ],
      reason: 'payout',
    });
  });
  afterAll(async () => {
    await sample.ledger.close();
    const { findings } = await fsck({ dataDir: sample.options.dataDir, threads: 1, deep: true });
    rmSync(sample.dir, { recursive: true, force: true });
    expect(findings).toEqual([]);
  });

  it('closes a month with what its bills close with', async () => {
    const { rows } = await sample.ledger.books.byBook(
      SITE,
      { from: '2026-08', to: '2026-08' },
      { code: '2203', limit: 10 },
    );
    expect(rows.map(({ book, closing }) => [book, closing])).toEqual([
      ['prepaid:a-1:electricity', `-${statement.wallets[0]?.closing}`],
      ['prepaid:a-2:electricity', DAY],
    ]);
    const [revenue] = (await trial('2026-08')).filter(({ code }) => code === '6001');
    const charged = parseMicros(statement.charges) + parseMicros(DAY);
    expect(revenue).toEqual({
      ...{ code: '6001', part: 'electricity', opening: '0.000000', debit: '0.000000' },
      ...{ credit: formatMicros(charged), closing: formatMicros(-charged) },
      ...{ postings: 2 * 96 + 1, held: '0.000000', owed: '0.000000' },
    });
  });

  it('tells what tenants have from what they owe', async () => {
    const [prepaid] = (await trial('2026-08')).filter(({ code }) => code === '2203');
    expect([prepaid?.held, prepaid?.owed]).toEqual([statement.wallets[0]?.closing, DAY]);
  });

  it('opens a month with what the one before closed with, and sums to zero', async () => {
    const [august, september] = [await trial('2026-08'), await trial('2026-09')];
    const both = await trial('2026-08', '2026-09');
    for (const rows of [august, september, both]) {
      for (const name of ['opening', 'closing'] as const) expect(sumOf(rows, name)).toBe(0n);
      expect(sumOf(rows, 'debit')).toBe(sumOf(rows, 'credit'));
    }
    const closed = new Map(august.map(({ code, part, closing }) => [`${code}/${part}`, closing]));
    for (const { code, part, opening } of september) {
      expect(opening).toBe(closed.get(`${code}/${part}`) ?? '0.000000');
    }
    const balances = await sample.ledger.balances(SITE);
    const { rows } = await sample.ledger.books.byBook(
      SITE,
      { from: '2026-09', to: '2026-09' },
      { limit: 100 },
    );
    expect(rows.map(({ book, closing }) => [book, closing])).toEqual(
      balances.map(({ book, balance }) => [book, balance]),
    );
  });

  it('puts a charge that ends at midnight on the day that it is of, and days make months', async () => {
    const { rows } = await sample.ledger.books.byDay(SITE, '2026-08-01', '2026-09-30');
    const use = rows.filter(({ type, code }) => type === 'usage.deducted' && code === '6001');
    expect(use.map(({ date, postings }) => [date, postings])).toEqual([
      ['2026-08-31', 2 * 96],
      ['2026-09-01', 2 * 96],
    ]);
    for (const month of ['2026-08', '2026-09']) {
      const ofMonth = rows.filter(({ date }) => date.startsWith(month));
      const accounts = await trial(month);
      for (const name of ['debit', 'credit'] as const) {
        expect(sumOf(ofMonth, name)).toBe(sumOf(accounts, name));
      }
    }
  });

  it('shows what came after a bill was closed as a correction, on the first day of the next', async () => {
    const { rows } = await sample.ledger.books.byDay(SITE, '2026-09-01', '2026-09-30');
    expect(rows.filter(({ late }) => late)).toEqual([
      {
        ...{ date: '2026-09-01', type: 'topup.credited', late: true, code: '1001', part: 'card' },
        ...{ debit: '3.000000', credit: '0.000000', postings: 1 },
      },
      {
        ...{ date: '2026-09-01', type: 'topup.credited', late: true, code: '2203' },
        ...{ part: 'electricity', debit: '0.000000', credit: '3.000000', postings: 1 },
      },
    ]);
    const { entries } = await journal({ from: '2026-09-01', to: '2026-09-30', code: '1001' });
    expect(entries.map(({ at, late, period }) => [at, late, period])).toEqual([
      ['2026-08-20T00:00:00.000Z', true, '2026-09'],
    ]);
  });

  it('leads from a sum to the events that made it', async () => {
    const { entries, sum } = await journal({
      ...{ from: '2026-08-01', to: '2026-08-31', book: 'prepaid:a-1:electricity' },
    });
    expect(formatMicros(-sum)).toBe(statement.wallets[0]?.closing);
    for (const { account, n, id } of entries.slice(0, 3)) {
      const [event] = await sample.ledger.events(SITE, account, { afterN: n - 1, limit: 1 });
      expect(JSON.parse(event?.text ?? '{}')).toMatchObject({ account, n, id });
    }
    expect(entries[0]).toEqual({
      ...{ leaf: entries[0]?.leaf, account: 'a-1', n: 2, id: entries[0]?.id },
      ...{ type: 'topup.credited', at: '2026-08-30T04:00:00.000Z', date: '2026-08-30' },
      ...{ period: '2026-08', late: false, currency: 'CNY' },
      postings: [
        { book: 'cash:cash', amount: '100.000000' },
        { book: 'prepaid:a-1:electricity', amount: '-100.000000' },
      ],
    });
  });

  it('goes on where a page ended, and tells one tenant from the other', async () => {
    const ask = { from: '2026-08-01', to: '2026-09-30', account: 'a-2' };
    const whole = await sample.ledger.books.journal(SITE, ask, { limit: 1_000 });
    expect(new Set(whole.map(({ account }) => account))).toEqual(new Set(['a-2']));
    const paged: JournalEntry[] = [];
    for (let start = 0; ; start = (paged.at(-1)?.leaf ?? 0) + 1) {
      const page = await sample.ledger.books.journal(SITE, ask, { start, limit: 50 });
      paged.push(...page);
      if (page.length < 50) break;
    }
    expect(paged).toEqual(whole);
    expect(whole).toHaveLength(2 * 96);
  });

  async function journal(ask: Parameters<typeof sample.ledger.books.entries>[1]) {
    const entries: JournalEntry[] = [];
    for await (const entry of sample.ledger.books.entries(SITE, ask)) entries.push(entry);
    const sum = entries
      .flatMap(({ postings }) => postings)
      .filter(({ book }) => book === ask.book)
      .reduce((all, { amount }) => all + parseMicros(amount), 0n);
    return { entries, sum };
  }
});

function sumOf<N extends string>(rows: readonly Readonly<Record<N, string>>[], name: N): bigint {
  return rows.reduce((all, row) => all + parseMicros(row[name]), 0n);
}
