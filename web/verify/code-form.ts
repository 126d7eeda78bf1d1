import { readBillCode } from '../../ledger/core/bill-code.ts';
import type { Lang } from '../../ledger/core/words/format.ts';
import { el } from './element.ts';
import { word } from './language.ts';

/**
 * Where the code under the QR is typed. Only a page from a web address has a place to send it to; a slip
 * of the hand is noticed here, by the code's check symbol, and sent nowhere.
 */
export function codeForm(lang: Lang, open: (symbols: string) => void): HTMLElement | false {
  if (!location.protocol.startsWith('http')) return false;
  const problem = el('p', { id: 'code-problem', class: 'problem', role: 'alert' });
  const input = el('input', {
    id: 'code',
    name: 'code',
    autocomplete: 'off',
    autocapitalize: 'characters',
    spellcheck: 'false',
    maxlength: '24',
    placeholder: 'XXXX-XXXX-XXXX',
    'aria-describedby': problem.id,
  });
  const submit = (event: Event) => {
    event.preventDefault();
    const symbols = readBillCode(input.value);
    input.setAttribute('aria-invalid', String(symbols === undefined));
    problem.textContent = symbols === undefined ? word(lang, 'codeMistyped') : '';
    if (symbols === undefined) input.focus();
    else open(symbols);
  };
  return el(
    'form',
    { class: 'code', submit },
    el('label', { for: input.id }, word(lang, 'codeLabel')),
    el('span', {}, input, el('button', { type: 'submit' }, word(lang, 'codeCheck'))),
    problem,
  );
}
