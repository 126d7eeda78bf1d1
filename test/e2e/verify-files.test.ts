import { deflateSync, gzipSync } from 'node:zlib';
import type { Page, Worker } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleBill, tampered } from './sample-bill.ts';
import { answers, choose, drop, headline, settled, VerifyPages } from './verify-page.ts';

const bill = sampleBill();
const VERIFIED = [...Array<string>(8).fill('Yes'), 'Not yet', 'Not yet'];

let pages: VerifyPages;
beforeAll(async () => {
  pages = await VerifyPages.start();
});
afterAll(() => pages.stop());

/** Every address that the page asks for from now on. */
function requests(page: Page): string[] {
  const seen: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith('blob:')) seen.push(request.url());
  });
  return seen;
}

describe('a bill from a file, without any network', () => {
  test('checks out in English', async () => {
    const page = await pages.open({ offline: true });
    await choose(page, bill.text);
    expect(await headline(page)).toBe(
      'This bill checks out: 606.63 yuan, recalculated here from 752 signed readings.',
    );
    expect(await answers(page)).toEqual(VERIFIED);
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  });

  test('checks out in Chinese', async () => {
    const page = await pages.open({ locale: 'zh-CN' });
    await choose(page, bill.text);
    expect(await headline(page)).toBe(
      '账单核验一致： 606.63 元，由本设备根据 752 条签名读数复算。',
    );
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
  });

  test('may be dropped, which causes no request', async () => {
    const page = await pages.open();
    const asked = requests(page);
    await drop(page, bill.text);
    expect(await answers(page)).toEqual(VERIFIED);
    expect(asked).toEqual([]);
  });

  test('may be pasted', async () => {
    const page = await pages.open();
    await page.evaluate((text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', text);
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    }, bill.text);
    await settled(page);
    expect(await answers(page)).toEqual(VERIFIED);
  });

  test('may be gzipped', async () => {
    const page = await pages.open();
    await choose(page, gzipSync(bill.text));
    expect(await answers(page)).toEqual(VERIFIED);
  });

  test('several files give one verdict each', async () => {
    const page = await pages.open();
    await choose(page, bill.text, 'not a bill', bill.text);
    expect(await headline(page)).toBe('3 bills checked: 2 check out, 1 do not.');
    const leads = await page.locator('.bill h2 .lead').allInnerTexts();
    expect(leads).toEqual([
      'This bill checks out:',
      'This is not a bill file this page can read.',
      'This bill checks out:',
    ]);
  });

  test('several files are checked by one worker, which then ends', async () => {
    const page = await pages.open();
    const workers: Worker[] = [];
    page.on('worker', (worker) => workers.push(worker));
    await choose(page, bill.text, bill.text, bill.text);
    expect(await headline(page)).toBe('3 bills checked: 3 check out, 0 do not.');
    expect(workers).toHaveLength(1);
    await expect.poll(() => page.workers()).toEqual([]);
  });

  test('works in slices where the browser has no worker', async () => {
    const page = await pages.open({
      before: () => {
        Reflect.deleteProperty(globalThis, 'Worker');
      },
    });
    await choose(page, bill.text);
    expect(await answers(page)).toEqual(VERIFIED);
  });
});

describe('what the page shows of a bill', () => {
  test('opening + top-ups - charges = closing, wallet by wallet', async () => {
    const page = await pages.open();
    await choose(page, bill.text);
    const sums = await page.locator('.balance').allInnerTexts();
    expect(sums.map((text) => text.split(/\s*\n\s*/).filter((line) => /\d/.test(line)))).toEqual([
      ['0.00', '+ 1,500.00', '− 538.30', '= 961.70'],
      ['0.00', '+ 200.00', '− 68.33', '= 131.67'],
    ]);
  });

  test('lines are quantity x price = amount, as they were rated', async () => {
    const page = await pages.open();
    await choose(page, bill.text);
    const rows = await page.locator('.wallet > table tbody tr').allInnerTexts();
    expect(rows.map((row) => row.split('\t'))).toEqual([
      ['Flat', '464.36', '0.617894', '286.93'],
      ['Peak', '108.32', '0.926841', '100.40'],
      ['Sharp peak', '108.60', '1.112209', '120.79'],
      ['Valley', '97.68', '0.308947', '30.18'],
      ['All hours · tier 1', '12.000', '3.45', '41.40'],
      ['All hours · tier 2', '5.575', '4.83', '26.93'],
    ]);
  });

  test('registers stand as the meter displays them', async () => {
    const page = await pages.open();
    await choose(page, bill.text);
    expect(await page.locator('.meters dd b').allInnerTexts()).toEqual([
      '10412.300',
      '10431.774',
      '778.96',
      '10412.300',
      '10429.875',
      '17.575',
    ]);
  });

  test('every figure is the same in whatever zone the device is', async () => {
    const texts = await Promise.all(
      ['UTC', 'Asia/Shanghai', 'America/St_Johns'].map(async (timezoneId) => {
        const page = await pages.open({ timezoneId });
        await choose(page, bill.text);
        // When this device made the check is its own fact, and differs by the seconds between.
        await page.evaluate(() => {
          for (const own of document.querySelectorAll('.checked, .memory')) own.remove();
        });
        return page.locator('main').innerText();
      }),
    );
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toContain('1 Oct 2026, 00:00');
  });
});

describe('a bill that was tampered with', () => {
  test.each([
    ['a reading', /(\\"unit\\":\\"kWh\\",\\"value\\":\\")10415/, '$110416', 3],
    ['the total', /(\\"total\\":\\")606/, '$1506', 7],
    ['a top-up', /(\\"amount\\":\\"1)500/, '$1400', 6],
    ['the log', /("checkpoint":"riverside\.example\/log\/tower-a\\n)764/, '$1763', 8],
  ])('fails when %s differs', async (_, piece, replacement, step) => {
    const page = await pages.open();
    await choose(page, tampered(bill, piece, replacement));
    expect(await headline(page)).toMatch(
      /^Do not rely on this bill\. Step \d+ of 10, [a-z ]+, failed\.$/,
    );
    const failed = page.locator('.step.failed h3');
    expect(await failed.allInnerTexts()).toContain(QUESTIONS[step]);
    expect(await page.locator('.reasons p').count()).toBeGreaterThan(1);
    expect(await page.locator('main').getAttribute('data-tone')).toBe('bad');
  });

  test.each([
    [
      'zone',
      /(\\"zone\\":\\")Asia\/Shanghai(\\"\},\\"id\\":\\"[0-9a-f-]+\\",\\"log\\":\\"[^"]*\\",\\"n\\":7)/,
      '$1Nowhere/Else$2',
    ],
    ['day', /(\\"to\\":\\"2026-09-)30/, '$199'],
  ])(
    'a %s that does not exist is the fault of the bill, not of the page',
    async (_, piece, wrong) => {
      const page = await pages.open();
      await choose(page, tampered(bill, piece, wrong));
      expect(await page.locator('h1 .lead').innerText()).not.toContain('The page itself');
      expect(await page.locator('main').getAttribute('data-tone')).not.toBe('good');
    },
  );

  test.each([
    ['an empty file', ''],
    ['a text', 'Dear tenant'],
    ['half a bill', bill.text.slice(0, 90_000)],
    ['other JSON', '{"format":"other"}'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0xd8])],
  ])('%s is no bill file, and not called a bad bill', async (_, content) => {
    const page = await pages.open();
    await choose(page, content);
    expect(await headline(page)).toBe(
      'This is not a bill file this page can read. Ask for the .billproof file.',
    );
    expect(await page.locator('main').getAttribute('data-tone')).toBe('unsure');
  });
});

const QUESTIONS: Readonly<Record<number, string>> = {
  3: 'Were readings signed and unchanged?',
  6: 'Does the money add up?',
  7: 'Is it in the public log?',
  8: 'Did independent witnesses see the same log?',
};

describe('a PDF bill', () => {
  test.each([
    ['stored', ''],
    ['packed', '/Filter /FlateDecode'],
  ])('gives its attached bundle, %s', async (_, filter) => {
    const page = await pages.open();
    await choose(page, pdfWith(filter));
    expect(await answers(page)).toEqual(VERIFIED);
  });

  test('without an attachment says so', async () => {
    const page = await pages.open();
    await choose(page, '%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n');
    expect(await page.locator('.note').innerText()).toBe(
      'This PDF holds no bill file that the page can read.',
    );
  });
});

/** The least PDF with an associated file: the page looks at nothing else in it. */
function pdfWith(filter: string): Buffer {
  const content = Buffer.from(bill.text);
  const stream = filter === '' ? content : deflateSync(content);
  return Buffer.concat([
    Buffer.from(
      '%PDF-1.7\n1 0 obj\n<< /Type /Filespec /AFRelationship /Data /F (a.billproof)\n' +
        '/EF << /F 2 0 R >> >>\nendobj\n2 0 obj\n' +
        `<< /Type /EmbeddedFile ${filter} /Length 3 0 R >>\nstream\n`,
    ),
    stream,
    Buffer.from(`\nendstream\nendobj\n3 0 obj\n${stream.length}\nendobj\n%%EOF\n`),
  ]);
}
