import { afterAll, beforeAll, expect, test } from 'vitest';
import { policyWith, receiptOf, site } from '../anchor/anchored-site.ts';
import { TENANT } from '../attacks/story.ts';
import { answers, choose, headline, VerifyPages } from './verify-page.ts';

// The page believes nobody but a trust file that its reader gives it: then layer 9 can be a yes.

let pages: VerifyPages;
const trust = policyWith();
const bill = site.bundle(TENANT, (parts) => ({
  ...parts,
  ...{ policy: trust, anchors: { fabric: [receiptOf()], ethereum: [] } },
}));

beforeAll(async () => {
  pages = await VerifyPages.start();
});
afterAll(async () => {
  await pages.stop();
});

test('a channel that only the file names is no proof; one of a given trust file is', async () => {
  const page = await pages.open();
  await choose(page, bill);
  expect((await answers(page))[8]).toBe('Not yet');
  expect(await page.locator('.step').nth(8).innerText()).toContain(
    'a chain that only this file names',
  );
  await choose(page, trust);
  expect(await headline(page)).toBe(
    `This device now checks bills of ${site.origin} against your trust file. Choose one.`,
  );
  await choose(page, bill);
  expect((await answers(page)).slice(0, 9)).toEqual(Array.from({ length: 9 }, () => 'Yes'));
  expect(await page.locator('.step').nth(1).innerText()).toContain('The ledger that you named');
  expect(await page.locator('.step').nth(8).innerText()).toMatch(
    /In block 6 of anchors since 23 Nov: endorsed by AuditorMSP, PropertyMSP, signed by 3 orderers/,
  );
});

test('it stays with the device, also beside a bill, until it is told to forget', async () => {
  const page = await pages.open();
  await choose(page, trust, bill);
  expect((await answers(page))[8]).toBe('Yes');
  await page.reload();
  await choose(page, bill);
  expect((await answers(page))[8]).toBe('Yes');
  const kept = page.locator('.memory').last();
  expect(await kept.innerText()).toContain('the trust file that you gave');
  await kept.getByRole('button', { name: 'Forget' }).click();
  expect(await kept.innerText()).toContain('Forgotten');
  await choose(page, bill);
  expect((await answers(page))[8]).toBe('Not yet');
});

test('a receipt that does not lead back to the pinned block fails', async () => {
  const page = await pages.open();
  const forged = policyWith().replace(/( anchor) [0-9a-f]{64} /, `$1 ${'ab'.repeat(32)} `);
  await choose(page, forged);
  await choose(page, bill);
  expect((await answers(page))[8]).toBe('No');
});
