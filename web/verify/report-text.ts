import type { Lang } from '../../ledger/core/words/format.ts';
import { say } from '../../ledger/core/words/render.ts';
import type { CheckedBill } from './checked-bill.ts';
import { moneyOf, monthName, timeName } from './figures.ts';
import { headlineOf } from './headline.ts';
import { word } from './language.ts';
import { PROGRAM } from './program.ts';
import { answerOf, sentenceOf } from './steps-view.ts';

/** The verdict as plain text to send on. It holds neither the key of a link nor any hash. */
export function reportText(lang: Lang, shown: CheckedBill): string {
  const { verdict } = shown.checked;
  const { bill, layers, paper } = verdict;
  const lines = [headlineOf(lang, shown.checked), ''];
  if (bill !== undefined) {
    lines.push(
      `${word(lang, 'ledger')}: ${bill.origin}`,
      `${word(lang, 'account')}: ${bill.account}`,
      `${word(lang, 'period')}: ${monthName(lang, bill.period)}`,
      `${word(lang, 'amount')}: ${moneyOf(lang, bill.statement.total, bill.currency)}`,
      '',
    );
  }
  if (paper !== undefined) lines.push(sentenceOf(lang, paper, bill), '');
  for (const layer of verdict.overall === 'unusable' ? [] : layers) {
    const question = say(lang, `layer-${layer.n}-question`);
    const evidence = layer.findings.slice(0, 3).map((finding) => sentenceOf(lang, finding, bill));
    lines.push(`${layer.n}. ${question} ${answerOf(lang, layer)}. ${evidence.join(' ')}`.trimEnd());
  }
  const version = word(lang, 'version', { version: PROGRAM.version });
  lines.push('', word(lang, 'limitsText'), `${checkedLine(lang, shown)} · ${version}`);
  return `${lines.join('\n')}\n`;
}

/** When the check was made, on the clock of the bill's own zone. */
export function checkedLine(lang: Lang, { at, checked }: CheckedBill): string {
  const zone = checked.verdict.bill?.zone ?? 'UTC';
  return word(lang, 'checkedAt', { at: timeName(lang, at, zone) });
}

/** A letter to the property office, for the mail program: no recipient, no key. */
export function letterAddress(lang: Lang, shown: CheckedBill): string {
  const { bill } = shown.checked.verdict;
  const subject = [word(lang, 'title'), bill?.account, bill?.period]
    .filter((part) => part)
    .join(' ');
  const body = `${word(lang, 'askText')}\n\n${reportText(lang, shown)}`;
  return `mailto:?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(body)}`;
}
