import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TwoHistories, tellTwoHistories } from '../split-view/two-histories.ts';
import { answers, choose, VerifyPages } from './verify-page.ts';

// A tenant's browser remembers the honest log; then somebody hands it a bill of the forked one.

let pages: VerifyPages;
let two: TwoHistories;
beforeAll(async () => {
  two = await tellTwoHistories();
  pages = await VerifyPages.start();
});
afterAll(async () => {
  await pages.stop();
  await two.remove();
});

function history(page: Page): Promise<string> {
  return page.locator('.step').nth(9).locator('p').first().innerText();
}

const CONTRADICTS =
  /^Today's log contradicts the one seen here on .+\. Keep both files, call the auditor\.$/;

test.each(['forked', 'forkedLarger'] as const)('the page convicts the bill %s', async (name) => {
  const page = await pages.open();
  await choose(page, two.bills.honest);
  expect((await answers(page))[9]).toBe('Not yet');
  expect(await history(page)).toBe('First check here; later ones compare with it.');
  const kept = () => page.evaluate(() => localStorage.getItem('billproof.seen'));
  const memory = await kept();
  await choose(page, two.bills[name]);
  expect(await page.locator('h1 .lead').innerText()).toBe('Do not rely on this bill.');
  expect(await page.locator('h1 .rest').innerText()).toBe('Step 10 of 10, history, failed.');
  expect(await history(page)).toMatch(CONTRADICTS);
  expect(await kept()).toBe(memory);
});

test('the page compares two bills that are dropped at once', async () => {
  const page = await pages.open();
  await choose(page, two.bills.honest, two.bills.forked);
  const told = (await page.locator('main').innerText()).split('\n');
  expect(told.slice(0, 2)).toEqual(['2 bills checked:', '1 check out, 1 do not.']);
  expect(told).toContain('Step 10 of 10, history, failed.');
});

test('the page says that nothing was compared where the file lacks the proof', async () => {
  const page = await pages.open();
  await choose(page, two.bills.honest);
  await choose(page, two.bills.forkedUnproven);
  expect((await answers(page))[9]).toBe('Not yet');
  expect(await history(page)).toBe(
    'The file does not lead back to your last check. Open the bill online to compare.',
  );
});

test('a browser without a memory notices nothing', async () => {
  for (const text of [two.bills.honest, two.bills.forked]) {
    const page = await pages.open();
    await choose(page, text);
    expect(await page.locator('h1').innerText()).toMatch(/^This bill checks out/);
  }
});
