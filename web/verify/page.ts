import type { Progress } from '../../ledger/core/verdict.ts';
import type { Lang } from '../../ledger/core/words/format.ts';
import { type BillLink, fetchBill, linkOfCode, parseLink } from './bill-link.ts';
import type { Checked, CheckRequest } from './check-bill.ts';
import type { CheckedBill } from './checked-bill.ts';
import { el } from './element.ts';
import { listenForFiles } from './intake.ts';
import { otherLanguage, preferredLanguage, word } from './language.ts';
import { recall, recallLanguage, remember, rememberLanguage } from './memory.ts';
import { PROGRAM } from './program.ts';
import { type Checker, startChecker } from './run-check.ts';
import { draw, type Screen } from './screen.ts';
import { keptTrust, takeTrust } from './trust.ts';

/** A check that takes no longer than this never shows its progress. */
const PATIENCE_MS = 300;
/** The number of "the page itself failed": one for every mistake of ours. */
const FAULT = 'V-12';

/** Checks one file against what this device remembers by then. */
type CheckOne = (
  file: Blob,
  expected?: CheckRequest['expected'],
  asked?: boolean,
) => Promise<Checked>;

/** Starts the page: draws it, listens, and checks the bill that its address names, if any. */
export function startPage(): void {
  const page = new Page();
  addEventListener('error', () => page.show({ kind: 'fault', fault: FAULT }));
  addEventListener('unhandledrejection', () => page.show({ kind: 'fault', fault: FAULT }));
  addEventListener('hashchange', () => page.followAddress());
  page.show({ kind: 'empty' }, false);
  page.followAddress();
}

class Page {
  private lang: Lang = preferredLanguage(recallLanguage(), navigator.languages);
  private screen: Screen = { kind: 'empty' };
  /** Counts the checks; what an older one still reports is not shown any more. */
  private run = 0;
  private readonly picker = el('input', { type: 'file', multiple: true, hidden: true });
  private readonly switcher = el('button', { type: 'button', class: 'plain' });

  constructor() {
    this.picker.addEventListener('change', () => {
      this.checkFiles([...(this.picker.files ?? [])]);
      this.picker.value = '';
    });
    this.switcher.addEventListener('click', () => {
      this.lang = otherLanguage(this.lang);
      rememberLanguage(this.lang);
      this.show(this.screen, false);
    });
    part('header').append(this.switcher, this.picker);
    listenForFiles({
      files: (files) => this.checkFiles(files),
      link: (fragment) => this.followLink(fragment),
    });
  }

  show(screen: Screen, takeFocus = true): void {
    this.screen = screen;
    const { lang } = this;
    document.documentElement.lang = lang;
    document.title = `${word(lang, 'title')} · Billproof`;
    part('kind').textContent = word(lang, 'kind');
    part('footer').textContent = word(lang, 'vouch');
    part('drop').textContent = word(lang, 'dropNow');
    part('version').textContent = word(lang, 'version', { version: PROGRAM.version });
    this.switcher.textContent = word(lang, 'otherLanguage');
    this.switcher.lang = otherLanguage(lang);
    const drawn = draw(lang, screen, {
      choose: () => this.picker.click(),
      openCode: (symbols) => this.openLinked(linkOfCode(symbols)),
      startAfresh: () => this.startAfresh(),
    });
    part('main').dataset.tone = drawn.tone;
    part('main').dataset.state = screen.kind;
    part('state').replaceChildren(...drawn.state);
    part('body').replaceChildren(...drawn.body);
    if (takeFocus) part('state').querySelector('h1')?.focus();
  }

  followAddress(): void {
    if (location.hash.length > 1) this.followLink(location.hash);
  }

  private startAfresh(): void {
    this.run += 1;
    if (location.hash !== '')
      history.replaceState(undefined, '', location.pathname + location.search);
    this.show({ kind: 'empty' });
  }

  private followLink(fragment: string): void {
    const link = parseLink(fragment, location.href);
    if (link !== undefined) this.openLinked(link);
  }

  private openLinked(link: BillLink): void {
    this.start(async (checkOne) => {
      const fetched = await fetchBill(link);
      if ('state' in fetched) {
        const retry = () => this.openLinked(link);
        return fetched.state === 'expired' ? { kind: 'expired' } : { kind: 'unreachable', retry };
      }
      const bill = await this.checkLinked(link, fetched.file, checkOne);
      return { kind: 'bills', bills: [bill] };
    });
  }

  /** Where the file alone does not lead back to what is remembered, asks for the proof that does. */
  private async checkLinked(link: BillLink, file: Blob, checkOne: CheckOne) {
    const first = await checkOne(file, link.expected);
    const seen = recall().find(({ origin }) => origin === first.verdict.bill?.origin);
    const unproven = first.verdict.layers.some(({ findings }) =>
      findings.some(({ code }) => code === 'history-no-proof'),
    );
    const name = link.bundle.pathname.split('/').at(-1) ?? '';
    if (seen !== undefined && unproven) {
      const again = await fetchBill(link, seen.size);
      if ('file' in again) {
        const checked = await checkOne(again.file, link.expected, true);
        return checkedBill(name, again.file, checked, link);
      }
    }
    return checkedBill(name, file, first, link);
  }

  private checkFiles(files: readonly File[]): void {
    if (files.length === 0) return;
    this.start(async (checkOne) => {
      const bills: CheckedBill[] = [];
      const { logs, others } = await takeTrust(files);
      if (others.length === 0) return { kind: 'trusted', logs };
      for (const file of others) {
        bills.push(checkedBill(file.name, file, await checkOne(file)));
      }
      return { kind: 'bills', bills };
    });
  }

  /** One check at a time: shows its progress only if it is slow, and its end only if it is the last. */
  private start(check: (checkOne: CheckOne) => Promise<Screen>): void {
    this.run += 1;
    const { run } = this;
    const began = performance.now();
    const onProgress = (progress: Progress) => {
      const slow = performance.now() - began > PATIENCE_MS;
      if (run === this.run && slow) this.show({ kind: 'checking', progress }, false);
    };
    const timer = setTimeout(() => onProgress({ layer: 1, done: 0, total: 1 }), PATIENCE_MS + 1);
    let checker: Promise<Checker> | undefined;
    const checkOne: CheckOne = async (file, expected, asked = false) => {
      checker ??= startChecker(PROGRAM.script());
      const more = { ...(expected && { expected }), ...(asked && { asked }) };
      const kept = { remembered: recall(), trusted: keptTrust() };
      const request: CheckRequest = { file, ...kept, ...more };
      return (await checker).check(request, onProgress);
    };
    const end = async (screen: Screen) => {
      clearTimeout(timer);
      (await checker)?.end();
      if (run === this.run) this.show(screen);
    };
    check(checkOne).then(end, () => end({ kind: 'fault', fault: FAULT }));
  }
}

function checkedBill(name: string, file: Blob, checked: Checked, link?: BillLink): CheckedBill {
  const at = new Date().toISOString();
  if (checked.verdict.checkpoint !== undefined) remember(checked.verdict.checkpoint, at);
  const { expected, address } = link ?? {};
  const linked = expected?.commitment !== undefined && expected.minorUnits !== undefined;
  return { name, file, checked, at, linked, ...(address !== undefined && { address }) };
}

/** An element of web/verify/page.html. */
function part(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`page.html has no element ${id}`);
  return element;
}
