import { formatTime, parseTime } from '../../ledger/core/time.ts';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { launch } from '../e2e/browser.ts';
import { bundleScript } from '../e2e/bundle-script.ts';
import { SampleLedger, SITE } from '../support/sample-ledger.ts';
import { median, report } from './figure.ts';

const ROUNDS = 7;
const SLOTS = 31 * 96;

/** Bundles of consecutive months of one meter, a reading every 15 minutes. */
async function monthBundles(months: number): Promise<{ bundles: string[]; trust: string }> {
  const sample = await SampleLedger.make();
  await sample.account('acc-1', 'm-1');
  let at = parseTime('2026-07-31T16:00:00.000Z');
  const bundles: string[] = [];
  let slots = 0;
  for (let month = 0; month < months; month += 1) {
    const period = periodAfter('2026-08', month);
    const count = daysIn(period) * 96;
    await sample.ledger.setClock(at + (count + 1) * 900_000);
    const first = month === 0 ? 0 : 1;
    await sample.readings(
      ['m-1'],
      formatTime(at + first * 900_000),
      count + 1 - first,
      25,
      100 + (slots + first) / 4,
    );
    slots += count;
    at += count * 900_000;
    bundles.push(await sample.ledger.bundle(SITE, await sample.statement('acc-1', period)));
  }
  const trust = sample.ledger.policy(SITE);
  await sample.remove();
  return { bundles, trust };
}

/** `verify-node`: a month of one meter, with the platform's cryptography and without. */
export async function verifyNode(): Promise<void> {
  const { bundles, trust } = await monthBundles(1);
  const [text = ''] = bundles;
  for (const [name, primitives] of [
    ['native', nativePrimitives()],
    ['portable', undefined],
  ] as const) {
    const times = Array.from({ length: ROUNDS }, () => {
      const startedMs = performance.now();
      const { overall } = verifyBundle(text, { trust, primitives });
      if (overall !== 'verified') throw new Error(`the bill is ${overall}`);
      return performance.now() - startedMs;
    });
    const note = `a month of ${SLOTS} readings, ${name} hashing, median of ${ROUNDS}`;
    report({ bench: `verify-node-${name}`, value: median(times), unit: 'ms', n: SLOTS, note });
  }
}

/** `verify-browser`: the same code in Chromium, a month and a year of months. */
export async function verifyBrowser(): Promise<void> {
  const { bundles, trust } = await monthBundles(12);
  const script = await bundleVerifier();
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: script });
    const run = (texts: string[]) =>
      page.evaluate(
        ([list, policy]) => {
          const verify: (text: string, options: object) => { overall: string } = Reflect.get(
            globalThis,
            'verifyBundle',
          );
          const startedMs = performance.now();
          for (const text of list) {
            if (verify(text, { trust: policy }).overall !== 'verified')
              throw new Error('not verified');
          }
          return performance.now() - startedMs;
        },
        [texts, trust] as const,
      );
    const months: number[] = [];
    for (let i = 0; i < ROUNDS; i += 1) months.push(await run(bundles.slice(0, 1)));
    const note = `Chromium, portable hashing, a month of ${SLOTS} readings, median of ${ROUNDS}`;
    report({ bench: 'verify-browser-month', value: median(months), unit: 'ms', n: SLOTS, note });
    const years: number[] = [];
    for (let i = 0; i < 3; i += 1) years.push(await run(bundles));
    report({
      bench: 'verify-browser-year',
      value: median(years),
      unit: 'ms',
      n: 365 * 96,
      note: 'Chromium, twelve bills one after the other, median of 3',
    });
  } finally {
    await browser.close();
  }
}

async function bundleVerifier(): Promise<string> {
  return await bundleScript(
    `import { verifyBundle } from './ledger/core/verdict.ts'; globalThis.verifyBundle = verifyBundle;`,
    new URL('../..', import.meta.url),
    { minify: true },
  );
}

function periodAfter(period: string, months: number): string {
  const index = Number(period.slice(0, 4)) * 12 + Number(period.slice(5)) - 1 + months;
  return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`;
}

function daysIn(period: string): number {
  return new Date(Date.UTC(Number(period.slice(0, 4)), Number(period.slice(5)), 0)).getUTCDate();
}
