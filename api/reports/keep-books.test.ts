import { expect, test } from 'vitest';
import { apiLog } from '../log.ts';
import { openApiForTests, TEST_SITE } from '../test/open-api-for-tests.ts';
import { keepBooks } from './keep-books.ts';

test('the books follow the log by themselves, until they are stopped', async () => {
  const api = await openApiForTests();
  try {
    const site = { site: TEST_SITE, currency: 'CNY', zone: 'Asia/Shanghai' };
    await api.client.post('/v1/sites', api.tokens.admin, site);
    const { books } = api.ledger;
    const asked: string[] = [];
    // The ledger's own books, watched; the third time the ledger is away.
    const watched = Object.assign(Object.create(books), {
      follow: async (of: string) => {
        asked.push(`${of} ${await books.follow(of)}`);
        if (asked.length === 3) throw new Error('away');
      },
    });
    const lines: string[] = [];
    const log = apiLog('warn', { write: (line: string) => void lines.push(line) });
    const stop = keepBooks({ books: watched }, log, () => [TEST_SITE], 1);
    await expect.poll(() => asked.length, { timeout: 30_000 }).toBeGreaterThan(4);
    stop();
    expect(asked.slice(0, 3)).toEqual(Array(3).fill(`${TEST_SITE} 1`));
    expect(lines.map((line) => Object(JSON.parse(line)).code)).toEqual(['books-behind']);
  } finally {
    await api.close();
  }
});
