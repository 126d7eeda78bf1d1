import type { Progress } from '../../ledger/core/verdict.ts';
import type { Lang } from '../../ledger/core/words/format.ts';
import { say } from '../../ledger/core/words/render.ts';
import { billBody, billHeadline, headlineView } from './bill-view.ts';
import type { CheckedBill } from './checked-bill.ts';
import { codeForm } from './code-form.ts';
import { el } from './element.ts';
import { type Tone, toneOf } from './headline.ts';
import { type IconName, icon } from './icons.ts';
import { word } from './language.ts';
import { memoryView } from './memory-view.ts';
import { checkedLine } from './report-text.ts';

/** What the page shows. `fault` carries the number that people can name to whoever helps them. */
export type Screen =
  | { readonly kind: 'empty' }
  | { readonly kind: 'checking'; readonly progress: Progress }
  | { readonly kind: 'bills'; readonly bills: readonly CheckedBill[] }
  | { readonly kind: 'unreachable'; readonly retry: () => void }
  | { readonly kind: 'expired' }
  /** A trust file was taken in that names these logs. */
  | { readonly kind: 'trusted'; readonly logs: readonly string[] }
  | { readonly kind: 'fault'; readonly fault: string };

export interface Drawn {
  readonly tone: Tone;
  /** The state itself: an icon and the heading that takes focus. */
  readonly state: readonly Node[];
  readonly body: readonly Node[];
}

export interface Controls {
  choose(): void;
  /** Opens the bill of a code that was typed. */
  openCode(symbols: string): void;
  startAfresh(): void;
}

/** Steps in the order in which a check goes through them; the others are done on the way. */
const COURSE = [1, 2, 7, 3, 5];

export function draw(lang: Lang, screen: Screen, controls: Controls): Drawn {
  switch (screen.kind) {
    case 'empty':
      return {
        tone: 'calm',
        state: plain(lang, 'empty', 'paper'),
        body: emptyBody(lang, controls),
      };
    case 'checking': {
      const { layer, done, total } = screen.progress;
      const sentence = say(lang, 'state-checking', { layer });
      const part = (COURSE.indexOf(layer) + (total > 0 ? done / total : 0)) / COURSE.length;
      const bar = el('progress', { value: part.toFixed(3), max: '1', 'aria-label': sentence });
      return { tone: 'calm', state: headlineView(sentence, 'h1', 'wait'), body: [bar] };
    }
    case 'bills':
      return drawBills(lang, screen.bills, controls);
    case 'unreachable':
      return {
        tone: 'calm',
        state: plain(lang, 'unreachable', 'cloud'),
        body: [
          el('p', { class: 'actions' }, button(word(lang, 'retry'), screen.retry, 'main')),
          chooser(lang, controls),
        ],
      };
    case 'expired':
      return {
        tone: 'calm',
        state: plain(lang, 'expired', 'wait'),
        body: [chooser(lang, controls)],
      };
    case 'trusted': {
      const sentence = word(lang, 'trusted', { logs: screen.logs.join(', ') });
      return {
        tone: 'calm',
        state: headlineView(sentence, 'h1', 'yes'),
        body: [chooser(lang, controls)],
      };
    }
    case 'fault': {
      const sentence = say(lang, 'state-fault', { fault: screen.fault });
      const state = headlineView(sentence, 'h1', 'wrench');
      return { tone: 'calm', state, body: [chooser(lang, controls)] };
    }
  }
}

function drawBills(lang: Lang, bills: readonly CheckedBill[], controls: Controls): Drawn {
  const again = el(
    'p',
    { class: 'actions again' },
    button(word(lang, 'another'), controls.startAfresh),
  );
  const [only, ...others] = bills;
  if (only === undefined) return draw(lang, { kind: 'empty' }, controls);
  if (others.length === 0) {
    return {
      tone: toneOf(only.checked),
      state: billHeadline(lang, only, 'h1'),
      body: [...billArticle(lang, only), again],
    };
  }
  const good = bills.filter(({ checked }) => checked.verdict.overall === 'verified').length;
  const sum = word(lang, 'several', { count: bills.length, good, bad: bills.length - good });
  const tones = bills.map(({ checked }) => toneOf(checked));
  const tone =
    tones.find((one) => one === 'bad') ?? tones.find((one) => one === 'unsure') ?? 'good';
  const symbol: IconName = tone === 'good' ? 'yes' : tone === 'bad' ? 'no' : 'gap';
  return {
    tone,
    state: headlineView(sum, 'h1', symbol),
    body: [...bills.map((bill) => foldedBill(lang, bill)), again],
  };
}

function foldedBill(lang: Lang, shown: CheckedBill): HTMLElement {
  return el(
    'details',
    { class: 'bill', 'data-tone': toneOf(shown.checked) },
    el('summary', {}, ...billHeadline(lang, shown, 'h2'), el('small', {}, shown.name)),
    ...billArticle(lang, shown),
  );
}

function billArticle(lang: Lang, shown: CheckedBill): Node[] {
  return [
    ...billBody(lang, shown, () => memoryView(lang, shown.checked.verdict)),
    el('p', { class: 'checked' }, checkedLine(lang, shown)),
  ];
}

function emptyBody(lang: Lang, controls: Controls): Node[] {
  const promise = (symbol: IconName, title: string, text: string) =>
    el('li', {}, icon(symbol), el('h2', {}, title), el('p', {}, text));
  return [
    chooser(lang, controls),
    el(
      'ul',
      { class: 'promises' },
      promise('yes', word(lang, 'how1'), word(lang, 'how1Text')),
      promise('paper', word(lang, 'how2'), word(lang, 'how2Text')),
      promise('wait', word(lang, 'how3'), word(lang, 'how3Text')),
    ),
  ];
}

function chooser(lang: Lang, controls: Controls): HTMLElement {
  return el(
    'div',
    { class: 'chooser' },
    button(word(lang, 'choose'), () => controls.choose(), 'main'),
    el('p', {}, word(lang, 'dropHere')),
    el('p', { class: 'small' }, word(lang, 'accepts')),
    codeForm(lang, controls.openCode),
  );
}

function plain(lang: Lang, state: 'empty' | 'unreachable' | 'expired', symbol: IconName): Node[] {
  return headlineView(say(lang, `state-${state}`), 'h1', symbol);
}

function button(text: string, click: () => void, kind = ''): HTMLElement {
  return el('button', { type: 'button', class: kind, click }, text);
}
