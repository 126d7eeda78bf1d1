import type { Bill, Finding, Layer } from '../../ledger/core/verdict.ts';
import type { Lang } from '../../ledger/core/words/format.ts';
import { say, sayFinding } from '../../ledger/core/words/render.ts';
import { el } from './element.ts';
import { type IconName, icon } from './icons.ts';
import { word } from './language.ts';
import { recall } from './memory.ts';

const ICONS: Readonly<Record<Layer['status'], IconName>> = {
  verified: 'yes',
  failed: 'no',
  'not-present': 'absent',
};
const SHOWN = 6;

/** The ten layers as questions, each with its answer and its evidence. */
export function stepsView(
  lang: Lang,
  layers: readonly Layer[],
  bill: Bill | undefined,
): HTMLElement {
  return el(
    'section',
    { class: 'steps' },
    el('h2', {}, word(lang, 'steps')),
    el('ol', {}, ...layers.map((layer) => stepView(lang, layer, bill))),
  );
}

export function answerOf(lang: Lang, layer: Layer): string {
  if (layer.status === 'verified') return word(lang, 'yes');
  if (layer.status === 'failed') return word(lang, 'no');
  // Nobody can expect the last two of every bill: a chain may lag, and a first check has no earlier one.
  return word(lang, layer.n > 8 ? 'notYet' : 'absent');
}

export function sentenceOf(lang: Lang, finding: Finding, bill: Bill | undefined): string {
  const seenAt = recall().find(({ origin }) => origin === bill?.origin)?.date;
  return sayFinding(lang, finding, { ...bill, seenAt });
}

function stepView(lang: Lang, layer: Layer, bill: Bill | undefined): HTMLElement {
  const shown = layer.findings.slice(0, SHOWN).map((finding) => sentenceOf(lang, finding, bill));
  const more = layer.findings.length - shown.length;
  return el(
    'li',
    { class: `step ${layer.status}` },
    icon(ICONS[layer.status]),
    el(
      'div',
      {},
      el('h3', {}, say(lang, `layer-${layer.n}-question`)),
      ...shown.map((sentence) => el('p', {}, sentence)),
      more > 0 && el('p', {}, word(lang, 'more', { count: more })),
    ),
    el('strong', { class: 'answer' }, answerOf(lang, layer)),
  );
}
