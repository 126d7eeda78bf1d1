import { formatMicros } from '../../ledger/core/decimal.ts';
import { type Lang, showNumber } from '../../ledger/core/words/format.ts';
import type { DaySums } from './day-sums.ts';
import { el, svg } from './element.ts';
import { dayName } from './figures.ts';
import { termOf, word } from './language.ts';

type Day = DaySums['days'][number];

const HEIGHT = 120;
const COLUMN = 20;

/**
 * A bar a day, stacked by period of the day; its sentence for those who do not see it, and the same
 * figures as a table. Bars are drawn to one part in 10,000; the figures are exact.
 */
export function chartView(lang: Lang, sums: DaySums): HTMLElement {
  const totals = sums.days.map((day) => totalOf(day));
  const most = totals.reduce((a, b) => (b > a ? b : a), 0n);
  const peak = sums.days[totals.indexOf(most)]?.day ?? '';
  const amount = (micros: bigint) => showNumber(formatMicros(micros));
  const sentence = word(lang, 'byDay', {
    wallet: termOf(lang, sums.wallet),
    total: amount(totals.reduce((a, b) => a + b, 0n)),
    unit: termOf(lang, sums.unit),
    days: sums.days.length,
    day: dayName(lang, peak),
    most: amount(most),
  });
  const [first, last] = [sums.days[0]?.day ?? '', sums.days.at(-1)?.day ?? ''];
  return el(
    'figure',
    { class: 'chart' },
    el('figcaption', {}, sentence),
    el(
      'p',
      { class: 'scale', 'aria-hidden': 'true' },
      `${amount(most)} ${termOf(lang, sums.unit)}`,
    ),
    bars(lang, sums, most),
    el(
      'p',
      { class: 'ends', 'aria-hidden': 'true' },
      el('span', {}, dayName(lang, first)),
      el('span', {}, dayName(lang, last)),
    ),
    sums.periods.length > 1 && legend(lang, sums.periods),
    table(lang, sums, totals),
  );
}

function totalOf(day: Day): bigint {
  return day.parts.reduce((sum, part) => sum + part.qtyMicros, 0n);
}

function bars(lang: Lang, sums: DaySums, most: bigint): SVGSVGElement {
  const calendar = everyDay(sums.days);
  const width = calendar.length * COLUMN;
  const drawn = calendar.map((day, column) => {
    let top = HEIGHT;
    const parts = day.parts.map(({ period, qtyMicros }) => {
      const height = most > 0n ? Number((qtyMicros * 10_000n) / most) * (HEIGHT / 10_000) : 0;
      top -= height;
      const [x, y] = [String(column * COLUMN + 2.5), top.toFixed(2)];
      const size = { width: String(COLUMN - 5), height: Math.max(height, 0).toFixed(2) };
      return svg('rect', { class: colourOf(period), x, y, ...size });
    });
    const total = `${showNumber(formatMicros(totalOf(day)))} ${termOf(lang, sums.unit)}`;
    return svg('g', {}, svg('title', {}, `${dayName(lang, day.day)}: ${total}`), ...parts);
  });
  return svg(
    'svg',
    {
      class: 'bars',
      viewBox: `0 0 ${width} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    },
    ...drawn,
  );
}

/** A period has one colour on every bill, the dearer the warmer; page.css has their values. */
function colourOf(period: string): string {
  return `period-${COLOURS[period] ?? 4}`;
}

const COLOURS: Readonly<Record<string, number>> = {
  ...{ sharp: 0, peak: 1, 'part-peak': 2, 'mid-peak': 2, flat: 2 },
  ...{ 'off-peak': 3, valley: 3, 'deep-valley': 5 },
};

/** The days of the chart with those between them on which nothing was charged: a gap stays a gap. */
function everyDay(days: readonly Day[]): Day[] {
  const all: Day[] = [];
  for (const day of days) {
    for (let next = dayAfter(all.at(-1)?.day); next !== '' && next < day.day; ) {
      all.push({ day: next, parts: [] });
      next = dayAfter(next);
    }
    all.push(day);
  }
  return all;
}

function dayAfter(day: string | undefined): string {
  if (day === undefined) return '';
  const next = new Date(`${day}T00:00:00.000Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}

function legend(lang: Lang, periods: readonly string[]): HTMLElement {
  const entry = (period: string) => {
    const rect = svg('rect', { class: colourOf(period), width: '12', height: '12' });
    const sample = svg('svg', { viewBox: '0 0 12 12', 'aria-hidden': 'true' }, rect);
    return el('li', {}, sample, termOf(lang, period));
  };
  return el('ul', { class: 'legend' }, ...periods.map(entry));
}

function table(lang: Lang, sums: DaySums, totals: readonly bigint[]): HTMLElement {
  const several = sums.periods.length > 1;
  const names = several ? sums.periods.map((period) => termOf(lang, period)) : [];
  const heads = [word(lang, 'day'), ...names, word(lang, 'quantity')];
  const cells = (day: Day, at: number) => [
    ...(several ? day.parts.map(({ qtyMicros }) => qtyMicros) : []),
    totals[at] ?? 0n,
  ];
  const rows = sums.days.map((day, at) =>
    el(
      'tr',
      {},
      el('th', { scope: 'row' }, dayName(lang, day.day)),
      ...cells(day, at).map((micros) => el('td', {}, showNumber(formatMicros(micros)))),
    ),
  );
  return el(
    'details',
    {},
    el('summary', {}, word(lang, 'dayTable')),
    el(
      'div',
      { class: 'wide', tabindex: '0', role: 'region', 'aria-label': word(lang, 'dayTable') },
      el(
        'table',
        {},
        el('thead', {}, el('tr', {}, ...heads.map((name) => el('th', { scope: 'col' }, name)))),
        el('tbody', {}, ...rows),
      ),
    ),
  );
}
