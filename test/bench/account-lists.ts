import { openApiForTests, TEST_SITE } from '../../api/test/open-api-for-tests.ts';
import { median, percentile, report } from './figure.ts';

const ACCOUNTS = 100_000;
const AT_ONCE = 1_000;
const PAGES = 300;
const ROWS = 50;

/**
 * `lists`: besides, one page of the accounts of a large house, anywhere in it, from the request to the last byte of the
 * answer, without a socket; by its beginning, by what a name holds, and the whole of it as CSV.
 */
export async function accountLists(): Promise<void> {
  const limits = { api: { perSecond: 1e9, burst: 1e9 } };
  const api = await openApiForTests(limits);
  const token = api.tokens.manager;
  try {
    await api.setLedgerTime('2026-08-25T00:00:00.000Z');
    const site = { site: TEST_SITE, currency: 'CNY', zone: 'Asia/Shanghai' };
    await api.client.post('/v1/sites', api.tokens.admin, site);
    for (let from = 0; from < ACCOUNTS; from += AT_ONCE) {
      await Promise.all(
        Array.from({ length: AT_ONCE }, (_, i) =>
          api.ledger.execute({
            ...{ do: 'open-account', site: TEST_SITE, account: idOf(from + i) },
            name: `Room ${from + i}`,
          }),
        ),
      );
    }
    const samples: number[] = [];
    let next = '';
    for (let page = 0; page < PAGES; page += 1) {
      // Pages one after another, and now and then from elsewhere.
      const prefix = page % 3 === 2 ? `&prefix=${idOf((page * 337) % ACCOUNTS).slice(0, 5)}` : '';
      const cursor = prefix === '' && next !== '' ? `&cursor=${next}` : '';
      const startedAt = performance.now();
      const { body } = await api.client.get(`/v1/accounts?limit=${ROWS}${prefix}${cursor}`, token);
      samples.push(performance.now() - startedAt);
      const answer: { data: unknown[]; next: string } = Object(body);
      if (answer.data.length !== ROWS) throw new Error(`${answer.data.length} rows`);
      if (prefix === '') next = answer.next;
    }
    const note = `${ROWS} of ${ACCOUNTS} accounts with names; budget 50 ms`;
    report({ bench: 'lists-accounts', value: median(samples), unit: 'ms', n: PAGES, note });
    const p99 = { value: percentile(samples, 0.99), unit: 'ms', n: PAGES, note };
    report({ bench: 'lists-accounts-p99', ...p99 });
    await timed('lists-by-name', 'the last one alone fits', async () => {
      const { body } = await api.client.get(`/v1/accounts?name=room+${ACCOUNTS - 1}`, token);
      return Object(body).data.length;
    });
    await timed('lists-csv', `all ${ACCOUNTS} accounts as CSV`, async () => {
      return (await api.client.bytes('/v1/accounts?format=csv', token)).length;
    });
  } finally {
    await api.close();
  }
}

async function timed(bench: string, note: string, work: () => Promise<number>): Promise<void> {
  const startedAt = performance.now();
  const found = await work();
  if (!(found > 0)) throw new Error(`${bench} found nothing`);
  report({ bench, value: performance.now() - startedAt, unit: 'ms', n: 1, note });
}

/** Not in the order in which they are opened: they are inserted everywhere. */
function idOf(index: number): string {
  return `R${String((index * 7919) % ACCOUNTS).padStart(6, '0')}`;
}
