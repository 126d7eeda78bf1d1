import type { Verdict } from '../../ledger/core/verdict.ts';
import type { Lang } from '../../ledger/core/words/format.ts';
import { el } from './element.ts';
import { timeName } from './figures.ts';
import { word } from './language.ts';
import { forget, recall } from './memory.ts';

/** Says what this device keeps of the bill's log, with a button that removes it. */
export function memoryView(lang: Lang, { bill }: Verdict): HTMLElement | undefined {
  const kept = recall().find(({ origin }) => origin === bill?.origin);
  if (bill === undefined || kept === undefined) return undefined;
  const text = el(
    'span',
    { role: 'status' },
    word(lang, 'remembered', { date: timeName(lang, kept.date, bill.zone) }),
  );
  const button = el(
    'button',
    {
      type: 'button',
      class: 'plain',
      click: () => {
        forget(bill.origin);
        text.textContent = word(lang, 'forgotten');
        button.remove();
      },
    },
    word(lang, 'forget'),
  );
  return el('p', { class: 'memory' }, text, ' ', button);
}
