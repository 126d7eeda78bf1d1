import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { expect } from 'vitest';
import { minorOf } from '../../api/payments/money.ts';
import { openApiForTests, TEST_SITE, type TestApi } from '../../api/test/open-api-for-tests.ts';
import { paymentOrder } from '../../ledger/core/orders.ts';
import { parseTime } from '../../ledger/core/time.ts';
import type { PaymentStart, ProviderName } from '../../payments/provider.ts';
import {
  type ProviderPair,
  STARTED_MS,
  type StartPair,
  TIMEOUT_MS,
} from './provider-under-test.ts';

/**
 * A site whose tenants pay at a stand-in for a provider: the real application over a real ledger, the
 * real adapter, and notifications that travel by HTTP.
 */
export class PaySite {
  readonly pair: ProviderPair;
  readonly #desk: Desk;
  readonly #server: Server;

  private constructor(pair: ProviderPair, desk: Desk, server: Server) {
    this.pair = pair;
    this.#desk = desk;
    this.#server = server;
  }

  /** Starts the pair; there is no application before `renew`. */
  static async open(name: ProviderName, start: StartPair): Promise<PaySite> {
    const desk: Desk = { api: undefined, nowMs: STARTED_MS };
    const server = createServer((request, response) => void handOn(desk, request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    const notifyUrl = `http://127.0.0.1:${address.port}/webhooks/${name}`;
    const nowMs = () => desk.nowMs;
    const pair = await start({ nowMs, notifyUrl, timeoutMs: TIMEOUT_MS, hurry: 50_000 });
    return new PaySite(pair, desk, server);
  }

  /** Another application over another ledger; the provider stays as it is. */
  async renew(): Promise<void> {
    await this.#desk.api?.close();
    const { provider } = this.pair;
    this.#desk.api = await openApiForTests({}, () => this.#desk.nowMs, [provider]);
    await this.pass(0);
  }

  get api(): TestApi {
    if (this.#desk.api === undefined) throw new Error('the application is not open');
    return this.#desk.api;
  }

  async pass(ms: number): Promise<void> {
    this.#desk.nowMs += ms;
    await this.api.ledger.setClock(this.#desk.nowMs);
  }

  async stop(): Promise<void> {
    await this.pair.double.stop();
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#desk.api?.close();
  }

  /** An order of the tenant K1 over 80 for electricity and 20.50 for water, as the API answers it. */
  async order(): Promise<{ readonly order: string; readonly start: PaymentStart }> {
    const { api, pair } = this;
    const parts = [
      { wallet: 'electricity', amount: '80.000000' },
      { wallet: 'water', amount: '20.500000' },
    ];
    const body = { site: TEST_SITE, account: 'K1', provider: pair.provider.name, parts };
    const [way = ''] = pair.provider.ways;
    const answer = await api.client.post('/v1/orders', api.tokens.tenant, { ...body, way });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    const opened: { order: string; start: PaymentStart } = Object(answer.body);
    return opened;
  }

  /** As when somebody thinks better of it: ended at the provider and in the ledger. */
  async close(order: string): Promise<void> {
    const { ledger } = this.api;
    const doc = paymentOrder(await ledger.documents.find(TEST_SITE, 'order', order), '');
    const amount = minorOf(doc.amount, doc.currency);
    await this.pair.provider.close({ order, openedMs: parseTime(doc.openedAt), amount });
    await ledger.execute({ do: 'close-order', site: TEST_SITE, order });
  }

  async orderState(order: string): Promise<string> {
    const doc = await this.api.ledger.documents.find(TEST_SITE, 'order', order);
    return paymentOrder(doc, '').state;
  }

  /** Confirmed balances by account and wallet; an account without money is not there. */
  async balances(): Promise<Record<string, Record<string, string>>> {
    const found: Record<string, Record<string, string>> = {};
    for (const account of ['K1', 'suspense']) {
      const view = await this.api.ledger.account(TEST_SITE, account);
      const wallets = (view?.wallets ?? []).map(({ wallet, balance }) => [wallet, balance]);
      if (wallets.length > 0) found[account] = Object.fromEntries(wallets);
    }
    return found;
  }
}

/** Who answers at present, and the one clock of all. */
interface Desk {
  api: TestApi | undefined;
  nowMs: number;
}

/** A request of the provider, as the socket has it, to the application in this process. */
async function handOn(
  { api }: Desk,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parts: Uint8Array[] = [];
  for await (const part of request) parts.push(part);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const answer = await api?.client.ask('POST', request.url ?? '', {
    ...{ headers, key: null },
    body: Uint8Array.from(Buffer.concat(parts)),
  });
  const type = answer?.headers.get('content-type') ?? 'text/plain';
  response.writeHead(answer?.status ?? 503, { 'content-type': type });
  response.end(typeof answer?.body === 'string' ? answer.body : JSON.stringify(answer?.body));
}

/** What the tenant has once the order of `PaySite.order` is credited, and nobody else. */
export const CREDITED_ONCE = { K1: { electricity: '80.000000', water: '20.500000' } };
