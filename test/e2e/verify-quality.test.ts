import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { wrongInAnyLook } from './accessibility.ts';
import { sampleBill, tampered } from './sample-bill.ts';
import { choose, type Host, hand, headline, host, settled, VerifyPages } from './verify-page.ts';

const bill = sampleBill();
const wrong = tampered(bill, /(\\"unit\\":\\"kWh\\",\\"value\\":\\")10415/, '$110416');

let pages: VerifyPages;
/** A host whose codes have all expired. */
let late: Host;
beforeAll(async () => {
  pages = await VerifyPages.start();
  late = await host((_, response, request) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'billproof-key');
    response.statusCode = request.method === 'OPTIONS' ? 200 : 410;
    response.end();
  });
});
afterAll(() => Promise.all([pages.stop(), late.stop()]));

type Arrange = (page: Page) => Promise<void>;

/** Name of the state, what its heading says in both languages, and how a reader gets there. */
const STATES: readonly (readonly [string, string, string, Arrange])[] = [
  ['empty', 'Check a bill.', '核验账单：', async () => {}],
  [
    'empty-hosted',
    'Check a bill.',
    '核验账单：',
    async (page) => void (await page.goto(`${late.url}/verify`)),
  ],
  ['verified', 'This bill checks out:', '账单核验一致：', (page) => choose(page, bill.text)],
  ['failed', 'Do not rely on this bill.', '请勿以此账单为准：', (page) => choose(page, wrong)],
  ['unusable', 'This is not a bill file', '无法识别此文件', (page) => choose(page, 'not a bill')],
  [
    'several',
    '2 bills checked: 1 check out',
    '已核验 2 份账单',
    (page) => choose(page, bill.text, wrong),
  ],
  ['incomplete', 'No conclusion: something is missing.', '无法得出结论：', incomplete],
  [
    'unreachable',
    'The bill could not be fetched.',
    '暂时无法取得账单',
    (page) => follow(page, 'http://127.0.0.1:1/bundle'),
  ],
  [
    'expired',
    'This code no longer opens the bill.',
    '此二维码已失效',
    (page) => follow(page, `${late.url}/bundle`),
  ],
  ['fault', 'The page itself failed (V-12).', '核验页自身出错（V-12）', fault],
  ['checking', 'Checking step 1 of 10: file …', '正在核验（1/10）：', checking],
];

/** Shows a verdict that lacks an answer: today's checks leave none open, a later version's may. */
async function incomplete(page: Page): Promise<void> {
  await page.evaluate(() => {
    const Native = Worker;
    globalThis.Worker = class extends Native {
      override set onmessage(tell: (event: MessageEvent) => void) {
        super.onmessage = ({ data }: MessageEvent) => {
          const verdict = data.checked?.verdict;
          if (verdict !== undefined) {
            verdict.overall = 'incomplete';
            verdict.layers[7].status = 'not-present';
          }
          tell(new MessageEvent('message', { data }));
        };
      }
    };
  });
  await choose(page, bill.text);
}

async function fault(page: Page): Promise<void> {
  await page.evaluate(() => {
    Reflect.deleteProperty(globalThis, 'Worker');
    Blob.prototype.arrayBuffer = () => Promise.reject(new Error('broken browser'));
  });
  await choose(page, bill.text);
}

/** A file that is read for ever. */
async function checking(page: Page): Promise<void> {
  await page.evaluate(() => {
    Reflect.deleteProperty(globalThis, 'Worker');
    Blob.prototype.arrayBuffer = () => new Promise(() => {});
  });
  await hand(page, bill.text);
  await page.locator('main[data-state=checking]').waitFor();
}

async function follow(page: Page, bundle: string): Promise<void> {
  await page.goto(`${page.url()}#bundle=${bundle}&key=k`);
  await settled(page);
}

describe.each(STATES)('the %s page', (_, english, chinese, arrange) => {
  test.each(['en-US', 'zh-CN'])(
    'has no accessibility finding in %s, in any look',
    async (locale) => {
      const page = await pages.open({ locale, reducedMotion: 'reduce', bypassCSP: true });
      await arrange(page);
      expect(await headline(page)).toContain(locale === 'zh-CN' ? chinese : english);
      expect(await wrongInAnyLook(page)).toEqual([]);
      await page.context().close();
    },
  );
});

describe('by keyboard alone', () => {
  test('a reader reaches everything, sees where the focus is, and ends on the verdict', async () => {
    const page = await pages.open();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('中文');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Choose a file');
    expect(await page.locator(':focus').evaluate((e) => getComputedStyle(e).outlineWidth)).toBe(
      '3px',
    );
    // The browser's own dialog opens on a click on the input; here the click is enough.
    const input = page.locator('input[type=file]');
    await input.evaluate((element) => {
      element.addEventListener('click', (event) => {
        event.preventDefault();
        element.setAttribute('data-asked', 'yes');
      });
    });
    await page.keyboard.press('Enter');
    await page.locator('input[data-asked=yes]').waitFor({ state: 'attached' });
    await choose(page, bill.text);
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    const stops: string[] = [];
    for (let i = 0; i < 9; i += 1) {
      await page.keyboard.press('Tab');
      stops.push(await focused(page));
      expect(await hidden(page)).toBe(false);
    }
    expect(stops).toEqual([
      'The same as a table',
      'The same as a table',
      'Print',
      'Save',
      'Copy a report',
      'Ask the property office',
      'Forget',
      'For experts',
      'Check another bill',
    ]);
  });

  test('the language changes in place and keeps the verdict', async () => {
    const page = await pages.open();
    await choose(page, bill.text);
    await page.getByRole('button', { name: '中文' }).press('Enter');
    expect(await page.locator('h1 .lead').innerText()).toBe('账单核验一致：');
    expect(await focused(page)).toBe('English');
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    await page.reload();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
  });
});

function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent ?? '');
}

function hidden(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const box = document.activeElement?.getBoundingClientRect();
    return box === undefined || box.bottom <= 0 || box.top >= innerHeight;
  });
}

describe('what a reader takes along', () => {
  test('the saved file is the file that was checked', async () => {
    const page = await pages.open();
    await choose(page, bill.text);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save', exact: true }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('K3F7-9Q2M-2026-09.billproof');
    expect(readFileSync(await download.path(), 'utf8')).toBe(bill.text);
  });

  test.each([
    ['a whole bill', bill.text],
    ['a bill with another reading', wrong],
    [
      'a reading that is none',
      tampered(bill, /\\"clock\\":\\"S\\"/, '\\\\"clock\\\\":\\\\"X\\\\"'),
    ],
    ['half a bill', bill.text.slice(0, 5000)],
  ])('the verdict on %s is the one that the command line gives', async (_, text) => {
    const page = await pages.open();
    await choose(page, text);
    await page.locator('.experts summary').click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save the verdict as JSON' }).click(),
    ]);
    const said: unknown = JSON.parse(readFileSync(await download.path(), 'utf8'));
    const verdict = verifyBundle(text, {});
    const expected = verdict.bill ? { ...verdict, bill: { ...verdict.bill, usage: [] } } : verdict;
    expect(said).toEqual(JSON.parse(JSON.stringify(expected)));
  });

  test('the report and the letter hold the verdict, and no key or hash', async () => {
    const page = await pages.open({ permissions: ['clipboard-read', 'clipboard-write'] });
    await choose(page, bill.text);
    await page.getByRole('button', { name: 'Copy a report' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const report = await page.evaluate(() => navigator.clipboard.readText());
    expect(report.split('\n')[0]).toBe(
      'This bill checks out: 606.63 yuan, recalculated here from 752 signed readings.',
    );
    expect(report).toContain('6. Does the money add up? Yes. Opening 0.00 + top-ups 1,700.00');
    const letter = decodeURIComponent((await page.locator('a.button').getAttribute('href')) ?? '');
    expect(letter).toContain('This bill checks out: 606.63 yuan');
    expect(report + letter).not.toMatch(/[0-9a-f]{32}|key=|\+[0-9a-f]{8}\+/);
  });

  test('print is black on white paper with verdict, answers and lines, and no buttons', async () => {
    const page = await pages.open({ colorScheme: 'dark' });
    await choose(page, bill.text);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.actions').first().isVisible()).toBe(false);
    expect(await page.locator('.step:visible').count()).toBe(10);
    const colours = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      return [style.color, style.backgroundColor];
    });
    expect(colours).toEqual(['rgb(0, 0, 0)', 'rgb(255, 255, 255)']);
  });
});

describe('a month of quarter-hours', () => {
  const month = sampleBill({ every: 15 });

  test.each([
    ['in a worker', undefined],
    ['in slices where the browser has no worker', withoutWorkers],
  ] as const)('is judged %s while the page goes on answering', async (_, before) => {
    let least = 1;
    // A share, not a time. A check in one piece is nearly all of it, 0.8 and more, each time; the machine,
    // too, may do something else meanwhile, so another look may be needed.
    for (let looks = 0; looks < 12 && least >= 0.5; looks += 1) {
      const page = await pages.open({ before });
      await page.evaluate(watchTurns);
      await choose(page, month.text);
      expect(await headline(page)).toContain('recalculated here from 2,912 signed readings');
      least = Math.min(least, Number(await page.evaluate('globalThis.longestWait')));
      await page.context().close();
    }
    expect(least).toBeLessThan(0.5);
  });
});

/**
 * From the choice of a file to its verdict: the longest time that the page's own timer had to wait for
 * its turn, as a share of the whole.
 */
function watchTurns(): void {
  const start = () => {
    const turns = [performance.now()];
    const timer = setInterval(() => turns.push(performance.now()), 4);
    const observer = new MutationObserver(() => {
      if (document.querySelector('main[data-state=bills]') === null) return;
      observer.disconnect();
      clearInterval(timer);
      turns.push(performance.now());
      const waits = turns.slice(1).map((turn, i) => turn - (turns[i] ?? 0));
      const whole = (turns.at(-1) ?? 0) - (turns[0] ?? 0);
      Reflect.set(globalThis, 'longestWait', Math.max(...waits) / whole);
    });
    observer.observe(document, { subtree: true, attributeFilter: ['data-state'] });
  };
  addEventListener('change', start, { capture: true, once: true });
}

function withoutWorkers(): void {
  Reflect.deleteProperty(globalThis, 'Worker');
}
