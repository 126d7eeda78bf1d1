import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** What axe finds, by rule and element. */
export async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found: unknown = await page.evaluate(
    `axe.run({ runOnly: ${JSON.stringify(RULES)} }).then((all) =>
      all.violations.flatMap((rule) => rule.nodes.map((node) => rule.id + ': ' + node.html)))`,
  );
  return Array.isArray(found) ? found.map(String) : [String(found)];
}

/** Buttons and links that are lower than `least` pixels. */
export function smallTargets(page: Page, least: number): Promise<string[]> {
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
export function smallChinese(page: Page): Promise<string[]> {
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
