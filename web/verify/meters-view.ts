import type { StatementMeter } from '../../ledger/core/event-data.ts';
import type { Bill } from '../../ledger/core/verdict.ts';
import { type Lang, showNumber } from '../../ledger/core/words/format.ts';
import { el } from './element.ts';
import { timeName } from './figures.ts';
import { termOf, word } from './language.ts';

/** Both ends of each register as the meter displayed them, to be compared with the meter itself. */
export function metersView(lang: Lang, bill: Bill): HTMLElement | undefined {
  const { meters } = bill.statement;
  if (meters.length === 0) return undefined;
  return el(
    'section',
    { class: 'meters' },
    el('h2', {}, word(lang, 'meters'), el('small', {}, word(lang, 'meterHint'))),
    el('ul', {}, ...meters.map((meter) => meterView(lang, meter, bill.zone))),
  );
}

function meterView(lang: Lang, meter: StatementMeter, zone: string): HTMLElement {
  const unit = termOf(lang, meter.unit);
  const ratio = BigInt(meter.ct) * BigInt(meter.pt);
  const side = (name: string, value: string, at: string) =>
    el('div', {}, el('dt', {}, name), el('dd', {}, el('b', {}, value), el('small', {}, at)));
  return el(
    'li',
    {},
    el(
      'p',
      { class: 'meter' },
      el('strong', {}, meter.meter),
      el('span', {}, termOf(lang, meter.wallet)),
      meter.serial !== '' && el('span', {}, word(lang, 'serial', { serial: meter.serial })),
      ratio !== 1n && el('span', {}, word(lang, 'ratio', { ratio: `× ${ratio}` })),
    ),
    el(
      'dl',
      {},
      side(word(lang, 'start'), meter.from.value, timeName(lang, meter.from.at, zone)),
      side(word(lang, 'end'), meter.to.value, timeName(lang, meter.to.at, zone)),
      side(word(lang, 'used'), showNumber(meter.quantity), unit),
    ),
  );
}
