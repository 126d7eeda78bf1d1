import * as z from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';

const PROBLEM = z.object({ code: z.string(), detail: z.string().optional() });
const STATEMENTS = z.object({
  data: z.array(z.object({ id: z.string(), account: z.string(), period: z.string() })),
  next: z.string().nullish(),
});
const BOOKS = z.object({ data: z.array(z.object({ book: z.string(), balance: z.string() })) });
const IMPORTED = z.object({
  applied: z.boolean(),
  errors: z.array(z.object({ row: z.int(), column: z.string(), text: z.string() })),
});
const METER = z.object({ seq: z.int(), last: z.object({ at: z.string() }).optional() });

export type IssuedStatement = z.output<typeof STATEMENTS>['data'][number];

/**
 * The property's staff at the counter: everything that people do in the demonstration goes through the
 * HTTP interface. Each act has a key of its own, so that a start that goes on repeats none of them.
 */
export class FrontDesk {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** Refuses with the code and the words of the problem that the API answered. */
  async post(path: string, key: string, body: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const response = await this.#ask(path, { method: 'POST', headers, body: JSON.stringify(body) });
    return await response.json();
  }

  /** Gives a table to the import. Refuses `import-incomplete` where a row of it was refused. */
  async upload(path: string, table: string): Promise<void> {
    const response = await this.#ask(path, { method: 'POST', body: table });
    const { applied, errors } = IMPORTED.parse(await response.json());
    if (applied) return;
    const [first] = errors;
    throw new Refusal('import-incomplete', `${first?.column} in row ${first?.row}: ${first?.text}`);
  }

  async get(path: string): Promise<unknown> {
    return await (await this.#ask(path)).json();
  }

  async text(path: string): Promise<string> {
    return await (await this.#ask(path)).text();
  }

  /** Every statement of the site, in the order of their ids, which is that of their issue. */
  async statements(): Promise<IssuedStatement[]> {
    const all: IssuedStatement[] = [];
    let cursor = '';
    do {
      const page = STATEMENTS.parse(await this.get(`/v1/statements?limit=200${cursor}`));
      all.push(...page.data);
      cursor = page.next == null ? '' : `&cursor=${encodeURIComponent(page.next)}`;
    } while (cursor !== '');
    return all;
  }

  /** Balance of each prepaid wallet, by `<account>:<wallet>`, in decimals; what is paid in is positive. */
  async walletBalances(): Promise<ReadonlyMap<string, string>> {
    const { data } = BOOKS.parse(await this.get('/v1/books'));
    return new Map(
      data
        .filter(({ book }) => book.startsWith('prepaid:'))
        // A wallet is the property's debt to the tenant: its book's balance has the other sign.
        .map(({ book, balance }) => [book.slice('prepaid:'.length), negated(balance)]),
    );
  }

  /** Time of the last reading that the ledger billed, or undefined. */
  async lastReadingMs(meter: string): Promise<number | undefined> {
    const { last } = METER.parse(await this.get(`/v1/meters/${meter}`));
    return last === undefined ? undefined : Date.parse(last.at);
  }

  /** Records of the meter that the ledger has, failed polls included. */
  async recordCount(meter: string): Promise<number> {
    return METER.parse(await this.get(`/v1/meters/${meter}`)).seq + 1;
  }

  async #ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${this.#token}`);
    const response = await fetch(this.#url + path, { ...init, headers });
    if (response.ok) return response;
    const problem = PROBLEM.safeParse(await response.json().catch(() => undefined));
    const { code = 'no-answer', detail = '' } = problem.data ?? {};
    throw new Refusal(code, `${path} answered ${response.status} (${code}). ${detail}`.trim());
  }
}

function negated(decimal: string): string {
  if (/^-?0(\.0+)?$/.test(decimal)) return decimal.replace('-', '');
  return decimal.startsWith('-') ? decimal.slice(1) : `-${decimal}`;
}
