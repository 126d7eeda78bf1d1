import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { csvLine } from '../../api/reports/csv-line.ts';
import { incomeOf } from '../../api/reports/income.ts';
import { rowsOfDays } from '../../api/reports/journal-table.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { SampleDevice } from '../support/sample-device.ts';
import { SITE } from '../support/sample-ledger.ts';
import { cycles, setUpBuilding } from './building.ts';
import { report } from './figure.ts';

const ACCOUNTS = 10_000;
/** What an account with one meter has in a month of 15-minute readings. */
const MONTH = ACCOUNTS * 31 * 96;
const AUGUST = { from: '2026-08', to: '2026-08' };

/**
 * `month-end`: what an accountant asks for when a month has ended and its bills are issued: trial balance, income,
 * the wallet of each tenant, days, the journal by day, and the closing by two people.
 */
export async function monthEnd(events: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-bench-'));
  const ledger = await Ledger.open({ dataDir: join(folder, 'data'), simulatedClock: true });
  try {
    await fill(ledger, Math.max(2, Math.round(events / ACCOUNTS)));
    const bills = await secondsOf(() => issueAll(ledger));
    const scanned = await secondsOf(() => ledger.books.follow(SITE));
    const ended = await secondsOf(() => endMonth(ledger));
    const { rows, events: n } = await ledger.books.trialBalance(SITE, AUGUST);
    const charged = rows.find(({ code }) => code === '6001')?.postings ?? 0;
    report({
      ...{ bench: 'month-end', value: ended, unit: 's', n: ACCOUNTS },
      note: `all reports and the closing, once ${charged} charges are read`,
    });
    const whole = (scanned * MONTH) / n;
    report({
      ...{ bench: 'month-end-first', value: n / scanned, unit: 'events/s', n },
      note: `read once after a start; a month of ${MONTH} charges would take ${Math.round(whole)} s`,
    });
    report({
      ...{ bench: 'month-end-bills', value: bills, unit: 's', n: ACCOUNTS },
      note: `a bill for each account, of ${Math.round(charged / ACCOUNTS)} charges each`,
    });
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(ledger: Ledger, quarters: number): Promise<void> {
  const device = new SampleDevice('br-1');
  await setUpBuilding(ledger, [device], ACCOUNTS);
  const records = cycles(device, ACCOUNTS, 0);
  for (let sent = 0; sent < quarters * ACCOUNTS; sent += 500) {
    const batch = Array.from({ length: 500 }, () => String(records.next().value));
    const { jws } = device.batch(batch);
    await ledger.acceptBatch(SITE, device.bridge, jws, batch);
  }
  await ledger.setClock(Date.parse('2026-09-01T00:00:00.000Z'));
}

async function issueAll(ledger: Ledger): Promise<void> {
  const accounts = Array.from({ length: ACCOUNTS }, (_, i) => `acc-br-1-m${i}`);
  const issue = (account: string) =>
    ledger.execute({ do: 'issue-statement', site: SITE, account, period: '2026-08' });
  while (accounts.length > 0) await Promise.all(accounts.splice(0, 100).map(issue));
}

async function endMonth(ledger: Ledger): Promise<void> {
  const { books } = ledger;
  const { rows } = await books.trialBalance(SITE, AUGUST);
  if (incomeOf(rows).total.income === '0.000000') throw new Error('nothing was charged');
  let [wallets, after] = [0, ''];
  for (;;) {
    const page = { code: '2203', after, limit: 200 };
    const { rows: found } = await books.byBook(SITE, AUGUST, page);
    wallets += found.length;
    after = found.at(-1)?.book ?? '';
    if (found.length < 200) break;
  }
  if (wallets !== ACCOUNTS) throw new Error(`${wallets} wallets`);
  const days = await books.byDay(SITE, '2026-08-01', '2026-08-31');
  let text = '';
  for await (const row of rowsOfDays(days.rows, 'CNY')) text += csvLine(row);
  if (text === '') throw new Error('the journal is empty');
  const close = { act: 'close-books', what: { period: '2026-08' }, by: 'books' } as const;
  const { approval = '' }: { approval?: string } = await ledger.execute({
    ...{ do: 'ask-approval', site: SITE, ...close },
  });
  const decision = { approval, by: 'head', agree: true };
  await ledger.execute({ do: 'decide-approval', site: SITE, ...decision });
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1e3;
}
