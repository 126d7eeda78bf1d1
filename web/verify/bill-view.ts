import type { Bill, Verdict } from '../../ledger/core/verdict.ts';
import type { Lang } from '../../ledger/core/words/format.ts';
import { actionsView } from './actions-view.ts';
import type { CheckedBill } from './checked-bill.ts';
import { el, svg } from './element.ts';
import { expertsView } from './experts-view.ts';
import { moneyOf, monthName } from './figures.ts';
import { headlineOf, splitLead, type Tone, toneOf } from './headline.ts';
import { type IconName, icon } from './icons.ts';
import { word } from './language.ts';
import { linesView } from './lines-view.ts';
import { metersView } from './meters-view.ts';
import { QR_SIZE, qrCode } from './qr-code.ts';
import { sentenceOf, stepsView } from './steps-view.ts';

const TONE_ICONS: Readonly<Record<Tone, IconName>> = {
  calm: 'paper',
  good: 'yes',
  bad: 'no',
  unsure: 'gap',
};

/** The icon and the two parts of the sentence that tells the state. */
export function headlineView(sentence: string, heading: 'h1' | 'h2', symbol: IconName): Node[] {
  const [lead, rest] = splitLead(sentence);
  const title = el(
    heading,
    { tabindex: '-1' },
    el('span', { class: 'lead' }, lead),
    rest === '' ? undefined : el('span', { class: 'rest' }, rest),
  );
  return [icon(symbol), title];
}

export function billHeadline(lang: Lang, { checked }: CheckedBill, heading: 'h1' | 'h2'): Node[] {
  const symbol = checked.verdict.overall === 'unusable' ? 'paper' : TONE_ICONS[toneOf(checked)];
  return headlineView(headlineOf(lang, checked), heading, symbol);
}

/** Everything below the state of one bill, top to bottom as a reader asks. */
export function billBody(lang: Lang, shown: CheckedBill, extra: () => Node | undefined): Node[] {
  const { verdict, days, missing } = shown.checked;
  const { bill } = verdict;
  const parts: (Node | undefined)[] = [
    missing === 'no-attachment'
      ? el('p', { class: 'note' }, word(lang, 'noAttachment'))
      : reasonsView(lang, verdict),
    notesView(lang, verdict),
    bill && factsView(lang, bill, shown),
    bill && metersView(lang, bill),
    verdict.overall === 'unusable' ? undefined : stepsView(lang, verdict.layers, bill),
    bill && linesView(lang, bill, days),
    bill && limitsView(lang, bill),
    actionsView(lang, shown),
    extra(),
    expertsView(lang, shown),
    shown.address === undefined ? undefined : codeView(lang, shown.address),
  ];
  return parts.filter((part) => part !== undefined);
}

/** On paper only: the code that opens this bill again. */
function codeView(lang: Lang, address: string): HTMLElement | undefined {
  const modules = qrCode(address);
  if (modules === undefined) return undefined;
  const path = modules.flatMap((row, y) =>
    row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')),
  );
  const quiet = 4;
  const side = QR_SIZE + 2 * quiet;
  return el(
    'figure',
    { class: 'qr' },
    svg(
      'svg',
      { viewBox: `${-quiet} ${-quiet} ${side} ${side}`, 'shape-rendering': 'crispEdges' },
      svg('path', { d: path.join('') }),
    ),
    el('figcaption', {}, word(lang, 'scanAgain')),
  );
}

/** The failed answers in full, before anything else, and what to do about them. */
function reasonsView(lang: Lang, verdict: Verdict): HTMLElement | undefined {
  if (verdict.overall === 'verified') return undefined;
  const bad = verdict.layers.filter(({ status }) => status === 'failed');
  const open = verdict.layers.filter(({ status, n }) => status === 'not-present' && n <= 8);
  const findings = (bad.length > 0 ? bad : open).flatMap((layer) => layer.findings.slice(0, 1));
  if (verdict.paper !== undefined) findings.unshift(verdict.paper);
  if (findings.length === 0) return undefined;
  const sentences = findings.map((one) => sentenceOf(lang, one, verdict.bill));
  const next = verdict.overall === 'failed' ? 'nextFailed' : 'nextIncomplete';
  return el(
    'section',
    { class: 'reasons' },
    el('h2', {}, word(lang, verdict.overall === 'unusable' ? 'reasonUnread' : 'why')),
    ...sentences.map((sentence) => el('p', {}, sentence)),
    verdict.overall !== 'unusable' &&
      el('p', { class: 'next' }, el('strong', {}, word(lang, 'next')), ' ', word(lang, next)),
  );
}

/** What a reader should know although it is no fault. */
function notesView(lang: Lang, verdict: Verdict): HTMLElement | undefined {
  const { bill, layers } = verdict;
  if (bill === undefined) return undefined;
  const first = layers.flatMap(({ findings }) => findings);
  const told = first.filter(({ code }) => NOTED.test(code));
  const notes = told.map((finding) => sentenceOf(lang, finding, bill));
  if (bill.replayed) notes.push(word(lang, 'replayed'));
  if (notes.length === 0) return undefined;
  return el('ul', { class: 'notes' }, ...notes.map((note) => el('li', {}, note)));
}

const NOTED = /^(identity-first-use|tariff-order-shown|anchor-.*|anchored-.*)$/;

function factsView(lang: Lang, bill: Bill, { linked, checked }: CheckedBill): HTMLElement {
  const fact = (name: string, value: string) =>
    el('div', {}, el('dt', {}, name), el('dd', {}, value));
  const same = linked && checked.verdict.paper === undefined;
  return el(
    'section',
    { class: 'facts' },
    el(
      'p',
      { class: 'amount' },
      el('span', {}, word(lang, 'amount')),
      el('strong', {}, moneyOf(lang, bill.statement.total, bill.currency)),
      el('em', {}, word(lang, same ? 'paperSame' : 'samePaper')),
    ),
    el(
      'dl',
      {},
      fact(word(lang, 'account'), bill.account),
      fact(word(lang, 'period'), monthName(lang, bill.period)),
      fact(word(lang, 'ledger'), bill.origin),
    ),
  );
}

function limitsView(lang: Lang, bill: Bill): HTMLElement {
  return el(
    'section',
    { class: 'limits' },
    el('h2', {}, word(lang, 'limits')),
    el('p', {}, word(lang, 'limitsText')),
    bill.failedPolls > 0 && el('p', {}, word(lang, 'failedPolls', { count: bill.failedPolls })),
    el('p', {}, word(lang, 'zone', { zone: bill.zone })),
  );
}
