import type { Lang } from '../../ledger/core/words/format.ts';
import { type CheckedBill, download, fileName } from './checked-bill.ts';
import { el } from './element.ts';
import { word } from './language.ts';
import { letterAddress, reportText } from './report-text.ts';
import type { PageWord } from './words.ts';

/** Print, save, copy, ask: what a reader can do with the verdict. */
export function actionsView(lang: Lang, shown: CheckedBill): HTMLElement {
  const button = (name: PageWord, click: (event: Event) => void) =>
    el('button', { type: 'button', click }, word(lang, name));
  return el(
    'nav',
    { class: 'actions', 'aria-label': word(lang, 'actions') },
    button('print', () => window.print()),
    saveButton(lang, shown),
    button('copy', (event) => void copyReport(lang, shown, event.currentTarget)),
    el('a', { class: 'button', href: letterAddress(lang, shown) }, word(lang, 'ask')),
  );
}

/** WeChat's browser cannot save files; there the button says how to get out of it. */
function saveButton(lang: Lang, shown: CheckedBill): HTMLElement {
  if (/MicroMessenger/i.test(navigator.userAgent)) {
    const tell = () => window.alert(word(lang, 'openInBrowserHow'));
    return el('button', { type: 'button', click: tell }, word(lang, 'openInBrowser'));
  }
  const save = () => download(shown.file, fileName(shown));
  return el('button', { type: 'button', click: save }, word(lang, 'save'));
}

async function copyReport(
  lang: Lang,
  shown: CheckedBill,
  button: EventTarget | null,
): Promise<void> {
  const text = reportText(lang, shown);
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyBySelection(text);
  }
  if (button instanceof HTMLElement) button.textContent = word(lang, 'copied');
}

/** The clipboard interface is missing where a page is opened from a file or without TLS. */
function copyBySelection(text: string): void {
  const area = el('textarea', { class: 'offscreen' });
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
