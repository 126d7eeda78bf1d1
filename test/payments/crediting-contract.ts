import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TEST_ACCOUNT, TEST_SITE } from '../../api/test/open-api-for-tests.ts';
import { type FaultKind, faultOf } from '../../payments/doubles/fault.ts';
import type { ProviderName } from '../../payments/provider.ts';
import { CREDITED_ONCE, PaySite } from './pay-site.ts';
import { HOUR_MS, type StartPair } from './provider-under-test.ts';

/** Faults after which the notification alone leads to the credit: it comes again and is true. */
const TOLD_AGAIN: readonly FaultKind[] = [
  ...([
    'notify-duplicate',
    'notify-unsigned',
    'notify-bad-signature',
    'notify-unknown-key',
  ] as const),
  ...(['notify-tampered-body', 'notify-bad-tag', 'notify-stale', 'notify-garbled'] as const),
  ...(['notify-wrong-merchant', 'notify-wrong-application', 'notify-wrong-amount'] as const),
  ...(['key-rotated', 'answer-5xx', 'answer-silent', 'answer-garbage'] as const),
  ...(['answer-bad-signature', 'answer-lost'] as const),
];

/**
 * What every provider's payments become in the ledger, whatever happens on their way: one credit, or an
 * exception with a name; never none, never two.
 */
export function describeCrediting(name: ProviderName, start: StartPair): void {
  describe(`payments by ${name}, in the ledger`, () => {
    let site: PaySite;

    beforeAll(async () => {
      site = await PaySite.open(name, start);
    });
    afterAll(async () => {
      await site.stop();
    });
    beforeEach(async () => {
      await site.renew();
      const { api } = site;
      await api.client.post('/v1/sites', api.tokens.admin, {
        ...{ site: TEST_SITE, currency: site.pair.provider.currencies[0], zone: 'Asia/Shanghai' },
      });
      await api.client.post('/v1/accounts', api.tokens.manager, { account: TEST_ACCOUNT });
    });
    afterEach(async () => {
      double().heal();
      await double().quiet();
      expect(site.api.logLines.filter((line) => line.includes('"internal"'))).toEqual([]);
    });

    const double = () => site.pair.double;
    /** Until every notification was taken, or given up; then the desk looks after the rest. */
    async function settled(): Promise<void> {
      await double().quiet();
      await site.api.payDesk.round();
      await double().quiet();
    }

    test('are credited once, to the wallets that the payer was shown', async () => {
      const mark = double().sent().length;
      const { order, start: payable } = await site.order();
      expect(await site.orderState(order)).toBe('open');
      await double().pay(payable);
      await double().quiet();
      expect([await site.orderState(order), await site.balances()]).toEqual([
        'paid',
        CREDITED_ONCE,
      ]);
      // Taken at its first coming, as the provider understands it.
      expect(double().sent().slice(mark)).toHaveLength(1);
      expect(await site.api.ledger.balances(TEST_SITE)).toContainEqual({
        ...{
          book: `transit:${name}`,
          currency: site.pair.provider.currencies[0],
          balance: '100.500000',
        },
      });
    });

    test.each(TOLD_AGAIN)('are credited once after %s', async (kind) => {
      if (double().lacking[kind] !== undefined) return;
      const { start: payable } = await site.order();
      double().inject(faultOf(kind));
      await double().pay(payable);
      await settled();
      expect(await site.balances()).toEqual(CREDITED_ONCE);
    });

    test('are credited once when 100 copies of a notification come at once', async () => {
      const mark = double().sent().length;
      const { start: payable } = await site.order();
      double().inject({ kind: 'notify-duplicate', copies: 100 });
      await double().pay(payable);
      await double().quiet();
      expect(double().sent().length - mark).toBeGreaterThanOrEqual(100);
      expect(await site.balances()).toEqual(CREDITED_ONCE);
    });

    test('are credited though no notification ever comes: the order is asked about', async () => {
      const { order, start: payable } = await site.order();
      double().inject({ kind: 'notify-lost' });
      await double().pay(payable);
      await double().quiet();
      expect(await site.balances()).toEqual({});
      const { client, tokens } = site.api;
      const answer = await client.get(`/v1/orders/${order}?site=${TEST_SITE}`, tokens.tenant);
      expect(answer.body).toMatchObject({ order, state: 'paid' });
      expect(await site.balances()).toEqual(CREDITED_ONCE);
    });

    test('are credited also where they crossed the closing of their order', async () => {
      const { order, start: payable } = await site.order();
      await site.close(order);
      expect(await site.orderState(order)).toBe('closed');
      // Where the provider itself lets nobody pay any more, the two have to cross there.
      if (double().lacking['pay-after-close'] === undefined) {
        double().inject({ kind: 'pay-after-close' });
      }
      await double().pay(payable);
      await settled();
      expect(await site.balances()).toEqual(CREDITED_ONCE);
    });

    test('are none where nobody paid, and the order ends', async () => {
      const { order } = await site.order();
      await site.pass(2 * HOUR_MS);
      await site.api.payDesk.round();
      expect([await site.orderState(order), await site.balances()]).toEqual(['closed', {}]);
    });

    test('are told to the provider as not taken when they cannot be taken', async () => {
      const path = `/webhooks/${name}`;
      const body = 'sign=none&amount=999999';
      const answers = [
        await site.api.client.ask('POST', path, { body, key: null }),
        await site.api.client.ask('POST', '/webhooks/nobody', { body, key: null }),
      ];
      for (const { status } of answers) expect(status).toBeGreaterThanOrEqual(400);
      expect(await site.balances()).toEqual({});
    });

    test('are refused before they begin where the provider refuses', async () => {
      if (double().lacking['open-refused'] !== undefined) return;
      double().inject({ kind: 'open-refused' });
      const { api, pair } = site;
      const [way = ''] = pair.provider.ways;
      const parts = [{ wallet: 'electricity', amount: '1.000000' }];
      const asked = { site: TEST_SITE, account: TEST_ACCOUNT, provider: name, way, parts };
      const answer = await api.client.post('/v1/orders', api.tokens.tenant, asked);
      expect([answer.status, Object(answer.body).code]).toEqual([422, 'payment-refused']);
    });
  });
}
