import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** 320 px are what is left of 1280 at 400 % zoom (WCAG 1.4.10). */
const WIDTHS = [320, 1280];
const COLOURS = ['light', 'dark'] as const;

/**
 * Everything that is wrong in a page as it stands, in any of its looks: what axe finds, sideways
 * scrolling, targets that are too small, Chinese that is. The page changes its look in place, as it does
 * for a reader who turns a phone or whose screen turns dark at night.
 */
export async function wrongInAnyLook(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  const wrong: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of COLOURS) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const found = [
        ...(await findings(page)),
        ...(await sidewaysScrolling(page, width)),
        ...(await smallTargets(page, width === 320 ? 44 : 24)),
        ...(await smallChinese(page)),
      ];
      wrong.push(...found.map((what) => `${width} px, ${colorScheme}: ${what}`));
    }
  }
  return wrong;
}

/** What axe finds, by rule and element. */
export async function findings(page: Page): Promise<string[]> {
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(axe);
  const found: unknown = await page.evaluate(
    `axe.run({ runOnly: ${JSON.stringify(RULES)} }).then((all) =>
      all.violations.flatMap((rule) => rule.nodes.map((node) => rule.id + ': ' + node.html)))`,
  );
  return Array.isArray(found) ? found.map(String) : [String(found)];
}

async function sidewaysScrolling(page: Page, width: number): Promise<string[]> {
  const needed = await page.evaluate(() => document.documentElement.scrollWidth);
  return needed === width ? [] : [`needs ${needed} px`];
}

/** Buttons and links that are lower than `least` pixels. */
function smallTargets(page: Page, least: number): Promise<string[]> {
  return page.evaluate(
    (limit) =>
      [...document.querySelectorAll('button, a, summary')]
        .filter((target) => target.getClientRects().length > 0)
        .filter((target) => target.getBoundingClientRect().height < limit)
        .map((target) => target.outerHTML.slice(0, 80)),
    least,
  );
}

/** Texts with a Chinese character below 16 px, or in italics. */
function smallChinese(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('body *')]
      .filter((element) =>
        [...element.childNodes].some(
          (node) => node.nodeType === 3 && /[\u4e00-\u9fff]/.test(node.textContent ?? ''),
        ),
      )
      .filter((element) => {
        const style = getComputedStyle(element);
        return Number.parseFloat(style.fontSize) < 16 || style.fontStyle !== 'normal';
      })
      .map((element) => element.outerHTML.slice(0, 80)),
  );
}
