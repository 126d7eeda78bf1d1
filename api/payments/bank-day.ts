import { type ReconciliationDoc, reconciliationDoc } from '../../ledger/core/reconciliation.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { PROVIDER_NAMES } from '../../payments/provider.ts';
import { FINE } from '../../payments/reconcile/day-match.ts';
import { matchBank, type Payout } from '../../payments/reconcile/match-bank.ts';
import { spanOfDay } from '../../payments/reconcile/settlement-day.ts';
import { readSettlement } from '../../payments/settlement/read-settlement.ts';
import type { SettlementRow } from '../../payments/settlement-row.ts';
import type { SiteView } from '../ledger-port.ts';
import { exceptionText, fineOf, fineText } from './report-facts.ts';
import { type Desk, type FileGiven, once } from './settlement-given.ts';

const DAY_MS = 86_400_000;
/** So long a payout may be on its way, and is looked for. */
const LOOK_BACK_DAYS = 12;

/** A bank's statement (camt.053, or CSV by declared columns) against the payouts of the days before that no statement had. */
export async function bankReport(desk: Desk, { site, currency, zone }: SiteView, given: FileGiven) {
  const { toMs } = spanOfDay('wechat', given.day);
  const days = Array.from({ length: LOOK_BACK_DAYS }, (_, back) => dayOf(toMs, back));
  const payouts = await openPayouts(desk, site, currency, given.day, days);
  const reading = readSettlement(bankFormat(given, currency, zone), once(given.bytes));
  const rows: SettlementRow[] = [];
  for await (const batch of given.rows ? reading.batches() : []) rows.push(...batch);
  const report = matchBank({ payouts, rows, currency, toMs });
  const total = payouts.reduce((sum, { amount }) => sum + amount.minor, 0n) * FINE;
  return {
    ...{ rows: rows.length, matched: report.matches.length },
    unexplained: fineText(report.unexplained, currency),
    sums: { payout: fineText(total, currency), bank: fineText(report.credits, currency) },
    exceptions: report.exceptions.map((exception) => exceptionText(exception, currency)),
    payouts: report.matches.map(({ payout, row, amount }) => {
      return { payout, row, amount: fineText(amount.minor * FINE, currency) };
    }),
  };
}

/** A CSV does not say where it ends, so its size counts; nor whose it is, so its currency has to be ours. */
function bankFormat({ merchant, columns, bytes }: FileGiven, currency: string, zone: string) {
  if (columns === undefined) {
    const account = merchant === undefined ? {} : { account: merchant };
    return { format: 'bank-camt053', zone, ...account } as const;
  }
  if (columns.currency !== currency) {
    const message = `The statement is in ${columns.currency}, the site in ${currency}.`;
    throw new Refusal('currency-not-taken', message, { currency: columns.currency });
  }
  return { format: 'bank-csv', columns: { zone, ...columns }, size: bytes.length } as const;
}

async function openPayouts(
  desk: Desk,
  site: string,
  currency: string,
  day: string,
  days: readonly string[],
): Promise<Payout[]> {
  const taken = new Set<string>();
  for (const other of days.filter((one) => one !== day)) {
    const doc = await dayDoc(desk, site, 'bank', other);
    for (const { payout } of doc?.payouts ?? []) taken.add(payout);
  }
  const payouts: Payout[] = [];
  for (const source of PROVIDER_NAMES) {
    const merchant = desk.payDesk.providers.find(({ name }) => name === source)?.merchant;
    for (const one of days) {
      const payout = `${source}/${one}`;
      const doc = taken.has(payout) ? undefined : await dayDoc(desk, site, source, one);
      if (doc === undefined) continue;
      // Fees may have more decimals than money: what is paid out is rounded to a whole minor unit.
      const minor = (fineOf(doc.sums['payout'] ?? '0.000000', currency) + FINE / 2n) / FINE;
      if (minor <= 0n) continue;
      const references = [one.replaceAll('-', ''), ...(merchant === undefined ? [] : [merchant])];
      const fromMs = spanOfDay(source, one).toMs;
      payouts.push({ payout, amount: { minor, currency }, fromMs, references });
    }
  }
  return payouts;
}

async function dayDoc(
  { ledger }: Desk,
  site: string,
  source: string,
  day: string,
): Promise<ReconciliationDoc | undefined> {
  const doc = await ledger.documents.find(site, 'reconciliation', `${source}/${day}`);
  return doc === undefined ? undefined : reconciliationDoc(doc, '');
}

/** The day that ended at `toMs`, or one so many days before. */
function dayOf(toMs: number, back: number): string {
  // China's calendar, 8 hours ahead; the end of a day is the start of the next one.
  return new Date(toMs - DAY_MS * (back + 1) + DAY_MS / 3).toISOString().slice(0, 10);
}
