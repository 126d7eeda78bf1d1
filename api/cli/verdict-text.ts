import type { Finding, Layer, Verdict } from '../../ledger/core/verdict.ts';
import { type Lang, showMoney } from '../../ledger/core/words/format.ts';
import { sayFinding } from '../../ledger/core/words/render.ts';
import { harmless, padded, type Terminal, widthOf } from './terminal.ts';
import { cliWords, type Words } from './words.ts';

/** How a verdict is put into words. */
export interface Telling {
  readonly lang: Lang;
  readonly terminal: Terminal;
  /** When this machine last saw the bill's log, for the sentence about a forked one. */
  readonly seenAt: string | undefined;
}

const SHOWN_FINDINGS = 5;

/** The verdict in full: a headline, then a line a step, and each fault with its sentence. */
export function verdictLines(verdict: Verdict, name: string, telling: Telling): string[] {
  const words = cliWords[telling.lang];
  const width = Math.max(...words.steps.map(widthOf)) + 2;
  const state = headline(verdict, telling);
  const lines = [verdict.bill === undefined ? `${state}  ${harmless(name)}` : state];
  // Of a file that is no bill, only the first step says anything.
  const told = verdict.overall === 'unusable' ? verdict.layers.slice(0, 1) : verdict.layers;
  for (const layer of told) {
    const name = padded(words.steps[layer.n - 1] ?? layer.name, width);
    const lead = `  ${mark(layer, telling.terminal)} ${String(layer.n).padStart(2)} ${name}`;
    const [first = '', ...rest] = tellings(layer, verdict, telling, words);
    lines.push(`${lead}${first}`.trimEnd());
    const indent = ' '.repeat(widthOf(`  ok  1 ${' '.repeat(width)}`));
    lines.push(...rest.map((line) => indent + line));
  }
  if (verdict.paper !== undefined) {
    lines.push(`  ${telling.terminal.bad('!!')} ${sentence(verdict.paper, verdict, telling)}`);
  }
  if (verdict.bill?.replayed === true) lines.push(`  -- ${words.replayed}`);
  return lines;
}

/** The verdict in one line, for one of many files. */
export function verdictLine(verdict: Verdict, name: string, telling: Telling): string {
  const fault = verdict.layers.find(({ status }) => status === 'failed');
  const finding = verdict.paper ?? fault?.findings[0];
  const told = finding === undefined ? '' : `  ${sentence(finding, verdict, telling)}`;
  return `${headline(verdict, telling)}  ${harmless(name)}${told}`;
}

/** A finding's sentence, times on the wall of the bill's site. */
export function sentence(finding: Finding, verdict: Verdict, telling: Telling): string {
  const { zone, currency } = verdict.bill ?? {};
  return harmless(sayFinding(telling.lang, finding, { zone, currency, seenAt: telling.seenAt }));
}

function headline(verdict: Verdict, { lang, terminal }: Telling): string {
  const words = cliWords[lang];
  const { bill, overall } = verdict;
  const colour =
    overall === 'verified' ? terminal.good : overall === 'failed' ? terminal.bad : same;
  const state = colour(words[overall]);
  if (bill === undefined) return state;
  const amount = `${showMoney(bill.statement.total)} ${bill.currency}`;
  return `${state}  ${harmless(words.bill(bill.period, bill.account, amount))}`;
}

function tellings(layer: Layer, verdict: Verdict, telling: Telling, words: Words): string[] {
  const told = (finding: Finding) => sentence(finding, verdict, telling);
  if (layer.status !== 'failed') return layer.findings.map(told);
  const shown = layer.findings.slice(0, SHOWN_FINDINGS).map((finding) => {
    const help = telling.terminal.dim(words.explain(finding.code));
    return `${finding.code}: ${told(finding)}  ${help}`;
  });
  const left = layer.findings.length - shown.length;
  return left === 0 ? shown : [...shown, words.more(left)];
}

function mark({ status }: Layer, terminal: Terminal): string {
  if (status === 'verified') return terminal.good('ok');
  return status === 'failed' ? terminal.bad('!!') : '--';
}

function same(text: string): string {
  return text;
}
