import { checkExport, EXPORT_FORMAT } from '../../ledger/core/export-check.ts';
import type { Primitives } from '../../ledger/core/primitives.ts';
import { DONE, type ExitCode, FAILED } from './command.ts';
import { harmless, type Terminal } from './terminal.ts';

/** True for a text whose first line says that it is an auditor's archive. */
export function isArchive(text: string): boolean {
  const end = text.indexOf('\n');
  return end > 0 && text.slice(0, end).includes(`"format":"${EXPORT_FORMAT}"`);
}

interface Telling {
  readonly trust: string | undefined;
  readonly primitives: Primitives;
  readonly terminal: Terminal;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Checks an archive and tells the result; refuses what `checkExport` refuses. */
export function verifyArchive(text: string, name: string, telling: Telling): ExitCode {
  const { trust, primitives, terminal, json, quiet } = telling;
  const report = checkExport(linesOf(text), { trust, primitives });
  const overall = report.findings.length === 0 ? 'verified' : 'failed';
  if (json) {
    terminal.out(JSON.stringify({ format: 'billproof-verify-export/1', name, overall, ...report }));
  } else if (!quiet) {
    const { from, to, origin, events, accounts, records, findings } = report;
    terminal.out(`${overall.toUpperCase()}  archive of ${harmless(origin)}, ${from} to ${to}`);
    terminal.out(`  ${events} events of ${accounts} accounts, ${records} readings`);
    for (const [book, sum] of Object.entries(report.books)) {
      terminal.out(`  ${sum.padStart(20)}  ${harmless(book)}`);
    }
    for (const { code, line, detail } of findings) {
      terminal.out(`  !! ${code}, line ${line}: ${harmless(detail)}`);
    }
  }
  return overall === 'verified' ? DONE : FAILED;
}

/** Lines of the text without a copy of them all at once. */
function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    yield text.slice(at, end < 0 ? text.length : end);
    if (end < 0) return;
    at = end + 1;
  }
}
