import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { SITE } from '../support/sample-ledger.ts';
import { findings, wrongInAnyLook } from './accessibility.ts';
import { launch } from './browser.ts';
import { openLogPage, WatchedLog } from './log-page.ts';
import { headline } from './verify-page.ts';

let browser: Browser;
let log: WatchedLog;
beforeAll(async () => {
  browser = await launch();
  log = await WatchedLog.start();
});
afterAll(() => Promise.all([browser.close(), log.stop()]));

const open = (options: Parameters<typeof openLogPage>[2] = {}) =>
  openLogPage(browser, log.service.url, options);

/** Answers and figures of each part, as they are read. */
async function parts(page: Page): Promise<string[]> {
  const texts = await page.locator('.part').allInnerTexts();
  return texts.map((text) => text.replace(/\s+/g, ' '));
}

describe('the log page of a running service', () => {
  test('says how large the log is, who confirms it, and that its chain is for trials', async () => {
    const page = await open({ bypassCSP: true });
    // Until its own figures have caught up with the anchor, the page says that the log has just begun.
    await page.locator('main[data-state=development]').waitFor({ timeout: 60_000 });
    expect(await headline(page)).toContain('In order, on a trial chain.');
    expect(await findings(page)).toEqual([]);
    const [signing = '', witnessing = '', anchor = ''] = await parts(page);
    const note = (await log.sample.ledger.checkpoint(SITE)) ?? '';
    const { size } = parseCheckpoint(note);
    const [anchored] = await log.sample.ledger.anchors();
    expect(signing).toContain(`Is everything signed? Yes`);
    expect(signing).toContain(`Entries ${size} Last signed`);
    expect(witnessing).toContain(`Confirmed ${size} entries`);
    expect(witnessing).toContain(`Needed 1 of 1 auditor confirmed ${size} entries`);
    expect(anchor).toContain('Is it fixed on the shared chain? Trial only');
    expect(anchor).toContain('Network development network Hyperledger Fabric');
    expect(anchor).toContain(`Fixed ${anchored?.size} entries`);
    expect(anchor).toMatch(/Block time \d{1,2} \w{3} \d{4}, .* Behind Nothing is missing/);
    expect(await page.locator('.part').last().getAttribute('data-tone')).toBe('unsure');
    expect(await page.locator('.delay').innerText()).toBe(
      'A bill is witnessed about 1 second and anchored about 1 second after it is issued.',
    );
    // Its links lead to what it speaks of.
    const hrefs = await page
      .locator('main a')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
    const found = hrefs.map(async (href) => (await fetch(new URL(href, page.url()))).status);
    expect(hrefs).toEqual([
      ...[`log/${SITE}/checkpoint`, `log/${SITE}/checkpoint.witnessed`, 'log/status.json'],
    ]);
    expect(await Promise.all(found)).toEqual([200, 200, 200]);
    await page.context().close();
  });

  test('renews its figures by itself, and leaves focus and folds where they are', async () => {
    const page = await open();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('中文');
    await page.locator('summary').click();
    await page.getByRole('link', { name: 'The signed state itself' }).focus();
    const before = await page.locator('.part dd').first().innerText();
    await log.sample.topUp('acc-1', '5.000000');
    const after = page.locator('.part dd').first();
    await expect.poll(() => after.innerText()).not.toBe(before);
    expect(Number(await after.innerText())).toBeGreaterThan(Number(before));
    expect(await focused(page)).toBe('The signed state itself');
    expect(await page.locator('details').getAttribute('open')).not.toBeNull();
    await page.getByRole('button', { name: '中文' }).press('Enter');
    expect(await headline(page)).toContain('链仅供试验');
    await page.reload();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    await page.context().close();
  });

  test('asks its own host alone, and says so when it does not answer', async () => {
    const page = await open();
    const hosts = new Set<string>();
    page.on('request', (request) => hosts.add(new URL(request.url()).origin));
    await page.waitForRequest('**/log/status.json');
    expect([...hosts]).toEqual([new URL(page.url()).origin]);
    await page.route('**/log/status.json', (route) => route.abort());
    await page.locator('main[data-state=unreachable]').waitFor();
    expect(await headline(page)).toContain('This says nothing about the log.');
    expect(await page.locator('.part').count()).toBe(0);
    await page.unroute('**/log/status.json');
    await page.getByRole('button', { name: 'Try again now' }).press('Enter');
    await page.locator('main[data-state=development]').waitFor();
    await page.context().close();
  });
});

function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent ?? '');
}

const checkpoint = { size: 1204, at: '2026-09-01T00:00:09.400Z', ageMs: 600 };
const lag = { size: 1200, lag: 4, lagMs: 900 };
const witnessing = {
  ...{ ...lag, needed: 2, everyMs: 2_000 },
  witnesses: [
    { witness: 'auditor', size: 1200 },
    { witness: 'the-association-of-all-tenants-of-the-tower', size: 1200 },
    { witness: 'city', code: 'no-answer' },
  ],
};
const anchor = {
  ...{ ...lag, chain: 'fabric/billing/billproof/5b0f00112233', kind: 'fabric', network: 'real' },
  ...{ at: '2026-08-31T23:59:31.000Z', everyMs: 60_000 },
};
const tower = { site: 'tower', origin: 'ledger.example/log/tower', zone: 'Asia/Shanghai' };
const whole = { ...tower, checkpoint, witnessing, anchors: [anchor] };
const statusOf = (...logs: unknown[]) => ({
  ...{ at: '2026-09-01T00:00:10.000Z', writer: 'ok', unsignedMs: 0, logs },
});

/** Name of the state, its heading in both languages, and the answer that leads there. */
const STATES: readonly (readonly [string, string, string, unknown])[] = [
  ['good', 'The log is in order.', '日志一切正常。', statusOf(whole)],
  [
    'forked',
    'Others have seen another history.',
    '有人看到了另一份历史。',
    statusOf({ ...whole, anchors: [{ ...anchor, code: 'anchor-fork' }] }),
  ],
  [
    'chain-late',
    'The shared chain is behind.',
    '上链存证滞后。',
    statusOf({ ...whole, anchors: [{ ...anchor, lagMs: 900_000, code: 'chain-unavailable' }] }),
  ],
  [
    'unwitnessed',
    'Signed, but nobody else confirms it.',
    '已签名，但无人见证。',
    statusOf({ ...tower, checkpoint, anchors: [] }, { ...whole, site: 'quay' }),
  ],
  ['empty', 'There is no log here yet.', '这里还没有日志。', statusOf()],
  ['unreachable', 'The figures could not be fetched.', '暂时无法取得数据。', 'no status'],
];

describe.each(STATES)('the %s log page', (name, english, chinese, status) => {
  test.each(['en-US', 'zh-CN'])(
    'has no accessibility finding in %s, in any look',
    async (locale) => {
      const page = await open({ status, locale, reducedMotion: 'reduce', bypassCSP: true });
      expect(await page.locator('main').getAttribute('data-state')).toBe(name);
      expect(await headline(page)).toContain(locale === 'zh-CN' ? chinese : english);
      expect(await wrongInAnyLook(page)).toEqual([]);
      await page.context().close();
    },
  );
});
