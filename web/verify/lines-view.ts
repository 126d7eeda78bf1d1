import type { StatementLine, StatementWallet } from '../../ledger/core/event-data.ts';
import type { Bill } from '../../ledger/core/verdict.ts';
import { type Lang, showMoney } from '../../ledger/core/words/format.ts';
import { sayPosted } from '../../ledger/core/words/posted-words.ts';
import { chartView } from './chart-view.ts';
import type { DaySums } from './day-sums.ts';
import { el } from './element.ts';
import { column, currencyName, moneyOf } from './figures.ts';
import { termOf, word } from './language.ts';

/** How the amount came about, wallet by wallet: lines, fees, balance and chart. */
export function linesView(lang: Lang, bill: Bill, days: readonly DaySums[]): HTMLElement {
  const { wallets, total } = bill.statement;
  return el(
    'section',
    { class: 'lines' },
    el('h2', {}, word(lang, 'lines')),
    ...wallets.map((wallet) => walletView(lang, bill, wallet, days)),
    wallets.length > 1 &&
      el(
        'p',
        { class: 'total' },
        el('span', {}, word(lang, 'total')),
        el('strong', {}, moneyOf(lang, total, bill.currency)),
      ),
  );
}

function walletView(
  lang: Lang,
  bill: Bill,
  wallet: StatementWallet,
  days: readonly DaySums[],
): HTMLElement {
  return el(
    'div',
    { class: 'wallet' },
    el('h3', {}, termOf(lang, wallet.wallet)),
    lineTable(lang, bill, wallet),
    balanceView(lang, wallet),
    ...days.filter((sums) => sums.wallet === wallet.wallet).map((sums) => chartView(lang, sums)),
  );
}

function lineTable(lang: Lang, bill: Bill, wallet: StatementWallet): HTMLElement {
  const lines = bill.statement.lines.filter((line) => line.wallet === wallet.wallet);
  const fees = bill.statement.fees.filter((fee) => fee.wallet === wallet.wallet);
  const posted = (bill.statement.posted ?? []).filter((one) => one.wallet === wallet.wallet);
  const units = new Map(bill.statement.meters.map(({ meter, unit }) => [meter, unit]));
  const unit = termOf(lang, units.get(lines[0]?.meter ?? '') ?? '');
  const quantities = column(
    lines.map((line) => line.qty),
    0,
  );
  const prices = column(
    lines.map((line) => line.price),
    2,
  );
  const amounts = column(
    [...lines, ...fees, ...posted].map((line) => line.amount),
    2,
  );
  const yuan = currencyName(lang, bill.currency);
  return el(
    'table',
    {},
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        el('th', { scope: 'col' }, word(lang, 'line')),
        head(word(lang, 'quantity'), unit),
        head(word(lang, 'price'), unit === '' ? yuan : `${yuan}/${unit}`),
        head(word(lang, 'sum'), yuan),
      ),
    ),
    el(
      'tbody',
      {},
      ...lines.map((line, at) =>
        row(lineName(lang, line, lines), quantities[at], prices[at], amounts[at]),
      ),
      ...fees.map((fee, at) => {
        const name = word(lang, 'fee', { fee: fee.fee, days: fee.days, of: fee.of });
        return sumRow(name, amounts[lines.length + at]);
      }),
      ...posted.map((one, at) => {
        const told = bill.posted.find(({ n }) => n === one.n);
        const { title, formula } = sayPosted(lang, one, told?.line);
        return sumRow(title, amounts[lines.length + fees.length + at], formula);
      }),
    ),
    el('tfoot', {}, sumRow(word(lang, 'charges'), showMoney(wallet.charges))),
  );
}

/** Period and, where a price has several, its tier; the meter where the wallet has several. */
function lineName(lang: Lang, line: StatementLine, lines: readonly StatementLine[]): string {
  const tiers = new Set(lines.map(({ tier }) => tier));
  const meters = new Set(lines.map(({ meter }) => meter));
  return [
    meters.size > 1 ? line.meter : undefined,
    termOf(lang, line.period),
    tiers.size > 1 ? tierName(lang, line.tier) : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

function tierName(lang: Lang, tier: string): string {
  return word(lang, 'tier', { tier: tier.replace(/^(tier|t)-?(?=\d)/, '') });
}

function head(name: string, unit: string): HTMLElement {
  return el('th', { scope: 'col' }, name, unit === '' ? undefined : el('small', {}, unit));
}

function row(name: string, ...cells: readonly (string | undefined)[]): HTMLElement {
  const cellViews = cells.map((cell) => el('td', {}, cell));
  return el('tr', {}, el('th', { scope: 'row' }, name), ...cellViews);
}

/** A row without quantity and price: its name may use their room. */
function sumRow(name: string, amount: string | undefined, formula?: string): HTMLElement {
  const explained = formula === undefined ? undefined : el('small', {}, formula);
  const head = el('th', { scope: 'row', colspan: '3' }, name, explained);
  return el('tr', {}, head, el('td', {}, amount));
}

/** opening + top-ups - charges = closing, as a sum that is written out. */
function balanceView(lang: Lang, wallet: StatementWallet): HTMLElement {
  const term = (sign: string, name: string, amount: string) =>
    el('div', {}, el('dt', {}, name), el('dd', {}, sign, showMoney(amount)));
  return el(
    'dl',
    { class: 'balance' },
    term('', word(lang, 'opening'), wallet.opening),
    term('+ ', word(lang, 'credits'), wallet.credits),
    term('− ', word(lang, 'charges'), wallet.charges),
    term('= ', word(lang, 'closing'), wallet.closing),
  );
}
