import type { Verdict } from '../../ledger/core/verdict.ts';
import type { Lang } from '../../ledger/core/words/format.ts';
import { el } from './element.ts';
import { timeName } from './figures.ts';
import { word } from './language.ts';
import { forget, recall } from './memory.ts';
import { forgetTrust, keptTrust } from './trust.ts';

/** Says what this device keeps of the bill's log, with buttons that remove it. */
export function memoryView(lang: Lang, { bill }: Verdict): HTMLElement | undefined {
  if (bill === undefined) return undefined;
  const { origin, zone } = bill;
  const kept = recall().find((seen) => seen.origin === origin);
  const trust = keptTrust().find(({ logs }) => logs.includes(origin));
  if (kept === undefined && trust === undefined) return undefined;
  const parts = [
    kept &&
      line(lang, word(lang, 'remembered', { date: timeName(lang, kept.date, zone) }), () =>
        forget(origin),
      ),
    trust && line(lang, word(lang, 'trustKept'), () => forgetTrust(origin)),
  ];
  return el('div', {}, ...parts);
}

function line(lang: Lang, sentence: string, remove: () => void): HTMLElement {
  const text = el('span', { role: 'status' }, sentence);
  const button = el(
    'button',
    {
      type: 'button',
      class: 'plain',
      click: () => {
        remove();
        text.textContent = word(lang, 'forgotten');
        button.remove();
      },
    },
    word(lang, 'forget'),
  );
  return el('p', { class: 'memory' }, text, ' ', button);
}
