import jsqr from 'jsqr';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sampleBill } from './sample-bill.ts';
import { answers, choose, type Host, headline, host, settled, VerifyPages } from './verify-page.ts';

const bill = sampleBill();
const KEY = 'c2VjcmV0IGtleSAxMjM0NQ';
const PATH = '/v1/statements/019901aa/bundle';

let pages: VerifyPages;
let running: Host | undefined;
beforeAll(async () => {
  pages = await VerifyPages.start();
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
});
afterAll(() => pages.stop());

/** A host that has the bill, for whoever brings the key. */
async function billHost(text: string = bill.text): Promise<Host> {
  running = await host((_, response, request) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'billproof-key');
    const known = request.method === 'OPTIONS' || request.headers['billproof-key'] === KEY;
    response.statusCode = known ? 200 : 410;
    response.end(known && request.method !== 'OPTIONS' ? text : '');
  });
  return running;
}

/** What a scanner reads on a picture. */
async function scanned(png: Buffer): Promise<string | undefined> {
  const page = await pages.browser.newPage();
  const { data, width, height } = await page.evaluate(
    async (source) => {
      const picture = new Image();
      picture.src = source;
      await picture.decode();
      const { width, height } = picture;
      const canvas = new OffscreenCanvas(width, height).getContext('2d');
      canvas?.drawImage(picture, 0, 0);
      const pixels = canvas?.getImageData(0, 0, width, height).data ?? [];
      return { data: Array.from(pixels), width, height };
    },
    `data:image/png;base64,${png.toString('base64')}`,
  );
  await page.close();
  return jsqr.default(Uint8ClampedArray.from(data), width, height)?.data;
}

function fragment(bundle: string, changes: Record<string, string> = {}): string {
  const fields = { bundle, key: KEY, c: bill.commitment, a: bill.minorUnits, ...changes };
  return `#${Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')}`;
}

describe('the code on a paper bill', () => {
  test('opens the page, which checks by itself and compares paper and ledger', async () => {
    const { url, asked } = await billHost();
    const page = await pages.open({ url: `${url}/verify${fragment(url + PATH)}` });
    await settled(page);
    expect(await headline(page)).toBe(
      'This bill checks out: 606.63 yuan, recalculated here from 752 signed readings.',
    );
    expect(await page.locator('.amount em').innerText()).toBe(
      'Compared with the code on your paper: the same.',
    );
    expect(asked.filter(({ path }) => path !== '/verify' && path !== '/verify-sw.js')).toEqual([
      { path: PATH, key: KEY },
    ]);
  });

  test('stands on the printed report, for whoever has only that', async () => {
    const { url } = await billHost();
    const address = `${url}/verify${fragment(PATH)}`;
    const page = await pages.open({ url: address, deviceScaleFactor: 3 });
    await settled(page);
    const code = page.locator('.qr');
    expect(await code.isVisible()).toBe(false);
    await page.emulateMedia({ media: 'print' });
    expect(await code.innerText()).toBe('Scan to check this bill again.');
    expect(await scanned(await code.locator('svg').screenshot())).toBe(address);
    const { width: side = 0 } = (await code.locator('svg').boundingBox()) ?? {};
    // 30 mm at 96 pixels an inch, and the quiet zone.
    expect(Math.round((side * 25.4) / 96)).toBe(35);
  });

  test('works with a bundle address of the same host', async () => {
    const { url } = await billHost();
    const page = await pages.open({ url: `${url}/verify${fragment(PATH)}` });
    await settled(page);
    expect((await answers(page))[0]).toBe('Yes');
  });

  test('works in a copy of the page from another place', async () => {
    const { url } = await billHost();
    const page = await pages.open({ url: `${pages.fileUrl}${fragment(url + PATH)}` });
    await settled(page);
    expect((await answers(page))[0]).toBe('Yes');
  });

  test.each([
    ['another amount', { a: '70663' }, 'Paper says 706.63, ledger 606.63.'],
    ['another bill', { c: 'AAAAAAAAAAAAAAAAAAAAAA' }, undefined],
  ])('finds out paper that names %s', async (_, changes, sentence) => {
    const { url } = await billHost();
    const page = await pages.open({ url: `${url}/verify${fragment(url + PATH, changes)}` });
    await settled(page);
    expect(await page.locator('h1 .lead').innerText()).toBe('Do not rely on this bill.');
    const rest = await page.locator('h1 .rest').innerText();
    if (sentence !== undefined) expect(rest).toBe(sentence);
    expect(await page.locator('.reasons p').first().innerText()).toBe(rest);
    expect(await page.locator('.amount em').innerText()).toBe('Same amount as on your paper?');
  });

  test('that is no link of ours leaves the page as it is', async () => {
    const page = await pages.open({ url: `${pages.fileUrl}#bundle=javascript:alert(1)&key=x` });
    expect(await headline(page)).toContain('Check a bill.');
  });
});

describe('the code that is typed', () => {
  const SYMBOLS = 'DYAKRKN8390Q';
  const codeHost = async () => {
    running = await host((path, response, request) => {
      const known = request.headers['billproof-code'] === SYMBOLS;
      response.statusCode = path === '/v1/bundles/by-code' && known ? 200 : 410;
      response.end(known ? bill.text : '');
    });
    return running;
  };
  const type = async (page: Page, typed: string) => {
    await page.getByLabel('or type the code under the QR').fill(typed);
    await page.getByRole('button', { name: 'Check', exact: true }).click();
  };

  test.each(['DYAK-RKN8-390Q', ' dyak rkn8 39oq'])('as %j opens the bill', async (typed) => {
    const { url } = await codeHost();
    const page = await pages.open({ url: `${url}/verify` });
    await type(page, typed);
    await settled(page);
    expect(await headline(page)).toContain('This bill checks out: 606.63 yuan');
    expect(await page.locator('.amount em').innerText()).toBe('Same amount as on your paper?');
    expect(page.url()).toBe(`${url}/verify`);
  });

  test('with a slip of the hand is sent nowhere, and the field says so', async () => {
    const { url, asked } = await codeHost();
    const page = await pages.open({ url: `${url}/verify` });
    const before = asked.length;
    await type(page, 'DYAK-RKN8-309Q');
    const field = page.getByLabel('or type the code under the QR');
    expect(await page.getByRole('alert').innerText()).toBe(
      'That is no code of a bill. Compare each symbol with your paper.',
    );
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await field.evaluate((input) => input === document.activeElement)).toBe(true);
    expect(asked.slice(before).filter(({ path }) => path.startsWith('/v1'))).toEqual([]);
  });

  test('that opens nothing has expired, and says nothing of a bill', async () => {
    const { url } = await codeHost();
    const page = await pages.open({ url: `${url}/verify` });
    await type(page, '1000-0000-0007');
    await settled(page);
    expect(await headline(page)).toContain('This code no longer opens the bill.');
  });

  test('pasted into its field is no bill', async () => {
    const { url } = await codeHost();
    const page = await pages.open({ url: `${url}/verify` });
    const field = page.getByLabel('or type the code under the QR');
    await field.evaluate((input) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', 'DYAK-RKN8-390Q');
      input.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    });
    expect(await headline(page)).toContain('Check a bill.');
  });

  test('has no field in a page from disk, which has nobody to ask', async () => {
    const page = await pages.open();
    expect(await page.getByRole('textbox').count()).toBe(0);
  });
});

describe('a bill that cannot be had', () => {
  test('is not judged when the host is out of reach, and Retry fetches it', async () => {
    const { url, stop } = await billHost();
    let broken = true;
    const page = await pages.open();
    await page.route('**/bundle', (route) => (broken ? route.abort() : route.continue()));
    await page.goto(`${pages.fileUrl}${fragment(url + PATH)}`);
    await settled(page);
    expect(await headline(page)).toBe(
      'The bill could not be fetched. This says nothing about the bill. Retry, or open its file.',
    );
    await neverLooksFailed(page);
    broken = false;
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.locator('main[data-state=bills]').waitFor();
    expect((await answers(page))[0]).toBe('Yes');
    await stop();
    running = undefined;
  });

  test('is not judged when its code has expired', async () => {
    const { url } = await billHost();
    const page = await pages.open({ url: `${url}/verify${fragment(url + PATH, { key: 'old' })}` });
    await settled(page);
    expect(await headline(page)).toBe(
      'This code no longer opens the bill. Sign in, or ask for the file.',
    );
    await neverLooksFailed(page);
  });

  test('is not judged when the page itself fails', async () => {
    const page = await pages.open({
      before: () => {
        Blob.prototype.arrayBuffer = () => Promise.reject(new Error('broken browser'));
        Reflect.deleteProperty(globalThis, 'Worker');
      },
    });
    await choose(page, bill.text);
    expect(await headline(page)).toBe('The page itself failed (V-12). The bill was not judged.');
    await neverLooksFailed(page);
  });
});

async function neverLooksFailed(page: Page): Promise<void> {
  expect(await page.locator('main').getAttribute('data-tone')).toBe('calm');
  expect(await page.locator('#state .icon.no').count()).toBe(0);
}

describe('what this device remembers of a log', () => {
  test('is named at the next check, until it is forgotten', async () => {
    const page = await pages.open();
    await choose(page, bill.text);
    expect(await evidence(page, 2)).toContain('First check of riverside.example/log/tower-a here.');
    await choose(page, bill.text);
    expect(await evidence(page, 2)).toContain('same ledger as at your last check');
    expect((await answers(page))[9]).toBe('Yes');
    await page.getByRole('button', { name: 'Forget' }).click();
    expect(await page.locator('.memory').innerText()).toContain('Forgotten.');
    await choose(page, bill.text);
    expect(await evidence(page, 2)).toContain('First check');
  });

  test('is asked of the host where the file does not lead back to it', async () => {
    const before = sampleBill({ later: 0 });
    const withProof = sampleBill({ seen: before.size });
    running = await host((path, response) => {
      response.end(path.includes('seen=') ? withProof.text : bill.text);
    });
    const { url, asked } = running;
    const page = await pages.open({ url: `${url}/verify` });
    await choose(page, before.text);
    await page.goto(`${url}/verify${fragment(PATH)}`);
    await page.locator('.step').first().waitFor();
    await page.locator('.step', { hasText: 'none was changed' }).waitFor();
    expect((await answers(page))[9]).toBe('Yes');
    expect(asked.map(({ path }) => path)).toContain(`${PATH}?seen=${before.size}`);
  });

  test('shows a log that was rewritten', async () => {
    const page = await pages.open();
    await choose(page, bill.text);
    await page.evaluate(() => {
      const kept = JSON.parse(localStorage.getItem('billproof.seen') ?? '[]');
      localStorage.setItem(
        'billproof.seen',
        JSON.stringify([{ ...kept[0], root: 'ab'.repeat(32) }]),
      );
    });
    await choose(page, bill.text);
    expect(await page.locator('h1 .rest').innerText()).toBe('Step 10 of 10, history, failed.');
  });
});

function evidence(page: Page, step: number): Promise<string> {
  return page
    .locator('.step')
    .nth(step - 1)
    .locator('p')
    .first()
    .innerText();
}

test('the hosted page opens without a network once it was opened with one', async () => {
  const { url } = await billHost();
  const page = await pages.open({ url: `${url}/verify` });
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.context().setOffline(true);
  await page.reload();
  await choose(page, bill.text);
  expect((await answers(page))[0]).toBe('Yes');
});
