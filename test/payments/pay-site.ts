import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect } from 'vitest';
import { openApiForTests, TEST_SITE, type TestApi } from '../../api/test/open-api-for-tests.ts';
import { paymentOrder } from '../../ledger/core/orders.ts';
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
  readonly api: TestApi;
  readonly pair: ProviderPair;
  readonly #stop: () => Promise<void>;
  readonly #moved: (ms: number) => Promise<void>;

  private constructor(
    api: TestApi,
    pair: ProviderPair,
    moved: (ms: number) => Promise<void>,
    stop: () => Promise<void>,
  ) {
    this.api = api;
    this.pair = pair;
    this.#moved = moved;
    this.#stop = stop;
  }

  static async open(name: ProviderName, start: StartPair): Promise<PaySite> {
    const clock = { nowMs: STARTED_MS };
    const nowMs = () => clock.nowMs;
    let api: TestApi | undefined;
    const server = createServer(async (request, response) => {
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
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    const notifyUrl = `http://127.0.0.1:${address.port}/webhooks/${name}`;
    const pair = await start({ nowMs, notifyUrl, timeoutMs: TIMEOUT_MS, hurry: 50_000 });
    const opened = await openApiForTests({}, nowMs, [pair.provider]);
    api = opened;
    const moved = async (ms: number) => {
      clock.nowMs += ms;
      await opened.ledger.setClock(clock.nowMs);
    };
    await moved(0);
    const site = new PaySite(opened, pair, moved, async () => {
      await pair.double.stop();
      server.closeAllConnections();
      server.close();
      await opened.close();
    });
    return site;
  }

  async pass(ms: number): Promise<void> {
    await this.#moved(ms);
  }

  async stop(): Promise<void> {
    await this.#stop();
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

/** What the tenant has once the order of `PaySite.order` is credited, and nobody else. */
export const CREDITED_ONCE = { K1: { electricity: '80.000000', water: '20.500000' } };
