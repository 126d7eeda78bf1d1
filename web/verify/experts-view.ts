import type { Verdict } from '../../ledger/core/verdict.ts';
import type { Lang } from '../../ledger/core/words/format.ts';
import { type CheckedBill, download, fileName } from './checked-bill.ts';
import { el } from './element.ts';
import { word } from './language.ts';
import { PROGRAM } from './program.ts';
import { sentenceOf } from './steps-view.ts';

/** Hashes, keys and codes: for those who look for them, folded away from everybody else. */
export function expertsView(lang: Lang, shown: CheckedBill): HTMLElement {
  const { verdict } = shown.checked;
  const json = () =>
    download(
      new Blob([JSON.stringify(verdict, undefined, 2)], { type: 'application/json' }),
      `${fileName(shown).replace(/\.billproof$/, '')}-verdict.json`,
    );
  return el(
    'details',
    { class: 'experts' },
    el('summary', {}, word(lang, 'experts')),
    el('dl', {}, ...facts(lang, verdict)),
    el('h3', {}, word(lang, 'codes')),
    el('ul', {}, ...codes(lang, verdict)),
    el('button', { type: 'button', click: json }, word(lang, 'saveVerdict')),
  );
}

function facts(lang: Lang, { bill, checkpoint }: Verdict): Node[] {
  const rows: (readonly [string, string | undefined])[] = [
    [word(lang, 'origin'), bill?.origin],
    [word(lang, 'logKey'), checkpoint?.vkey],
    [word(lang, 'treeSize'), checkpoint?.size.toString()],
    [word(lang, 'root'), checkpoint?.root],
    [word(lang, 'commitment'), bill?.commitment],
    [word(lang, 'events'), bill?.events.toString()],
    [word(lang, 'readings'), bill?.readings.toString()],
    [word(lang, 'produced'), bill && `${bill.producedBy}, ${bill.producedAt}`],
    [word(lang, 'pageHash'), PROGRAM.hash()],
  ];
  return rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value)));
}

function codes(lang: Lang, verdict: Verdict): Node[] {
  const findings = verdict.layers.flatMap(({ n, findings }) =>
    findings.map((finding) => ({ finding, where: String(n) })),
  );
  if (verdict.paper !== undefined) findings.push({ finding: verdict.paper, where: '–' });
  return findings.map(({ finding, where }) =>
    el(
      'li',
      {},
      `${where} `,
      el('code', {}, finding.code),
      ` ${sentenceOf(lang, finding, verdict.bill)} `,
      finding.object === undefined ? undefined : el('code', {}, finding.object),
    ),
  );
}
