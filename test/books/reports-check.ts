import { isDeepStrictEqual } from 'node:util';
import { parsePosted, readPosted } from '../../ledger/books/journal-entry.ts';
import { SiteBooks as GeneralLedger } from '../../ledger/books/site-books.ts';
import type { SiteBooks } from './site-books.ts';

const MONTHS = ['2026-08', '2026-09', '2026-10', '2026-11'];

/** Every way in which the reports say something else than the books that the writer carries. */
export function brokenReports({ reader, site, state }: SiteBooks): string[] {
  const broken: string[] = [];
  const general = new GeneralLedger(reader);
  while (!general.follow(site));
  for (const text of reader.readEvents(site, leavesTo(general.size(site)))) {
    if (!isDeepStrictEqual(readPosted(text), parsePosted(text))) broken.push(`read as ${text}`);
  }
  const last = { from: '2026-11', to: '2026-11' };
  const closing = new Map<string, bigint>();
  for (const row of general.books(site, last, { limit: 1_000 })) closing.set(row.book, row.closing);
  for (const { name, micros } of state.books.values()) {
    if ((closing.get(name) ?? 0n) !== micros)
      broken.push(`${name} is not ${micros} in the reports`);
    closing.delete(name);
  }
  for (const [book, micros] of closing)
    if (micros !== 0n) broken.push(`${book} is in reports only`);
  let before = new Map<string, bigint>();
  for (const month of MONTHS) {
    const rows = general.accounts(site, { from: month, to: month });
    const days = general.days(site, `${month}-01`, `${month}-31`);
    const debits = sumOf(rows, 'debit');
    if (debits !== sumOf(rows, 'credit')) broken.push(`${month}: debits are not credits`);
    for (const side of ['debit', 'credit'] as const) {
      if (sumOf(days, side) !== sumOf(rows, side)) broken.push(`${month}: days are not the month`);
    }
    if (sumOf(rows, 'closing') !== 0n) broken.push(`${month} not zero`);
    for (const { code, part, opening } of rows) {
      if (opening !== (before.get(`${code}/${part}`) ?? 0n)) broken.push(`${month} opens ${code}`);
    }
    before = new Map(rows.map((row) => [`${row.code}/${row.part}`, row.closing]));
  }
  return broken;
}

function sumOf<N extends string>(rows: readonly Readonly<Record<N, bigint>>[], name: N): bigint {
  return rows.reduce((all, row) => all + row[name], 0n);
}

function leavesTo(end: number): number[] {
  return Array.from({ length: end }, (_, i) => i);
}
