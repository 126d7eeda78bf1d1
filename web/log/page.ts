import type { Lang } from '../../ledger/core/words/format.ts';
import { el } from '../verify/element.ts';
import { type IconName, icon } from '../verify/icons.ts';
import { otherLanguage, preferredLanguage } from '../verify/language.ts';
import { recallLanguage, rememberLanguage } from '../verify/memory.ts';
import { type Outcome, outcomeOf, type Tone, toneOf } from './judge.ts';
import { logView } from './log-view.ts';
import { renew } from './renew.ts';
import { spanName, timeName, word } from './say.ts';
import { type LogStatus, readStatus } from './status.ts';

/** How often the figures are asked for while somebody looks. */
const REFRESH_MS = 3_000;
const PATIENCE_MS = 8_000;
/** One answer that is missed is no news yet. */
const MOST_MISSES = 2;

type Screen =
  | { readonly kind: 'loading' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'known'; readonly status: LogStatus };

/** Starts the page: draws it, and renews its figures for as long as it is seen. */
export function startPage(): void {
  const page = new Page();
  page.draw();
  void page.refresh();
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void page.refresh();
  });
}

class Page {
  private lang: Lang = preferredLanguage(recallLanguage(), navigator.languages);
  private screen: Screen = { kind: 'loading' };
  private misses = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isAsking = false;
  private readonly switcher = el('button', { type: 'button', class: 'plain' });

  constructor() {
    this.switcher.addEventListener('click', () => {
      this.lang = otherLanguage(this.lang);
      rememberLanguage(this.lang);
      this.draw();
    });
    part('header').append(this.switcher);
  }

  /** Asks now, and again in a while unless nobody looks. */
  async refresh(): Promise<void> {
    if (this.isAsking) return;
    clearTimeout(this.timer);
    this.isAsking = true;
    const status = await fetchStatus();
    this.isAsking = false;
    this.misses = status === undefined ? this.misses + 1 : 0;
    if (status !== undefined) this.screen = { kind: 'known', status };
    else if (this.screen.kind === 'loading' || this.misses >= MOST_MISSES) {
      this.screen = { kind: 'unreachable' };
    }
    this.draw();
    if (!document.hidden) this.timer = setTimeout(() => void this.refresh(), REFRESH_MS);
  }

  draw(): void {
    const { lang, screen } = this;
    document.documentElement.lang = lang;
    document.title = `${word(lang, 'title')} · Billproof`;
    part('kind').textContent = word(lang, 'title');
    this.switcher.textContent = word(lang, 'otherLanguage');
    this.switcher.lang = otherLanguage(lang);
    const { name, tone, symbol } = stateOf(screen);
    part('main').dataset.tone = tone;
    part('main').dataset.state = name;
    const [lead, rest] = word(lang, name).split(' | ');
    const title = el('h1', {}, el('span', { class: 'lead' }, lead));
    if (rest) title.append(el('span', { class: 'rest' }, rest));
    renew(part('state'), [icon(symbol), title]);
    renew(part('body'), this.body(lang, screen));
    const verify = el('p', {}, el('a', { href: 'verify' }, word(lang, 'verify')));
    renew(part('footer'), [el('p', {}, word(lang, 'ownWord')), verify]);
  }

  private body(lang: Lang, screen: Screen): Node[] {
    if (screen.kind === 'loading') return [];
    if (screen.kind === 'unreachable') {
      const click = () => void this.refresh();
      const again = el('button', { type: 'button', class: 'main', click }, word(lang, 'retry'));
      return [el('p', { class: 'actions' }, again)];
    }
    const { status } = screen;
    const zone = status.logs[0]?.zone ?? 'UTC';
    const time = timeName(lang, status.at, zone);
    const taken = word(lang, 'taken', { time, span: spanName(lang, REFRESH_MS) });
    return [
      ...status.logs.map((log) => logView(lang, status, log)),
      el('p', { class: 'note small' }, taken),
    ];
  }
}

interface PageState {
  readonly name: Outcome | 'loading' | 'unreachable' | 'empty';
  readonly tone: Tone;
  readonly symbol: IconName;
}

function stateOf(screen: Screen): PageState {
  if (screen.kind === 'loading') return { name: 'loading', tone: 'calm', symbol: 'wait' };
  if (screen.kind === 'unreachable') return { name: 'unreachable', tone: 'calm', symbol: 'cloud' };
  const outcome = outcomeOf(screen.status);
  if (outcome === undefined) return { name: 'empty', tone: 'calm', symbol: 'paper' };
  const tone = toneOf(outcome);
  return { name: outcome, tone, symbol: SYMBOLS[tone] };
}

const SYMBOLS: Readonly<Record<Tone, IconName>> = {
  good: 'yes',
  bad: 'no',
  unsure: 'gap',
  calm: 'wait',
};

/** Undefined when no answer comes that can be read. */
async function fetchStatus(): Promise<LogStatus | undefined> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    const answer = await fetch('log/status.json', { signal: stop.signal });
    return answer.ok ? readStatus(await answer.json()) : undefined;
  } catch {
    // No network, no service, or no JSON: for the reader all one.
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** An element of web/log/page.html. */
function part(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`page.html has no element ${id}`);
  return element;
}
