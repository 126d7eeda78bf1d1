import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attacks } from '../attacks/all-attacks.ts';
import type { Forgery } from '../attacks/attack.ts';
import { honestSite } from '../attacks/attack.ts';
import { judgementFor } from '../attacks/judgement.ts';
import { TENANT } from '../attacks/story.ts';
import { launch, PATIENCE_MS } from './browser.ts';
import { bundleScript } from './bundle-script.ts';

/** The verdict with its portable cryptography, bundled as the verification page is. */
async function bundledVerdict(): Promise<string> {
  return await bundleScript(
    `import { verifyBundle } from '../../ledger/core/verdict.ts';
        import { judgementOf } from './judgement.ts';
        globalThis.judge = ({ text, options }) => judgementOf(verifyBundle(text, options));`,
    new URL('../attacks', import.meta.url),
  );
}

/** Larger texts are made where they are judged: they would only try the wire. */
const LONGEST_SENT = 4_000_000;

describe('the attacks, in Chromium', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launch();
    page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.addScriptTag({ content: await bundledVerdict() });
  });
  afterAll(async () => browser?.close());

  async function judge(forgeries: readonly Forgery[]): Promise<unknown> {
    return page.evaluate(`${JSON.stringify(forgeries)}.map(judge)`);
  }

  it('let the honest bill through', async () => {
    const f = honestSite();
    const told = await judge([{ text: f.bundle(TENANT), options: { trust: f.trust } }]);
    expect(told).toEqual([{ overall: 'verified', failed: {} }]);
  });

  it.each(Object.entries(attacks))('on %s are found out as in Node', async (_, list) => {
    const made = list.map((attack) => ({ attack, forgery: attack.tamper() }));
    const sent = made.filter(({ forgery }) => forgery.text.length < LONGEST_SENT);
    const told = await judge(sent.map(({ forgery }) => forgery));
    expect(told).toEqual(sent.map(({ attack }) => judgementFor(attack)));
  });

  it('find the longest text too long', async () => {
    const told = await page.evaluate(
      `judge({ text: ' '.repeat(192 * 1024 * 1024 + 1), options: {} })`,
    );
    expect(told).toEqual({ overall: 'unusable', failed: { 1: 'bundle-too-large' } });
  });
});
