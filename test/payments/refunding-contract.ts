import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TEST_ACCOUNT, TEST_SITE } from '../../api/test/open-api-for-tests.ts';
import { type FaultKind, faultOf } from '../../payments/doubles/fault.ts';
import type { ProviderName } from '../../payments/provider.ts';
import { PaySite } from './pay-site.ts';
import { HOUR_MS, type StartPair } from './provider-under-test.ts';

/** What may befall a refund on its way out, or its notification on the way back. */
const ON_THE_WAY: readonly FaultKind[] = [
  ...(['answer-5xx', 'answer-silent', 'answer-lost', 'answer-garbage'] as const),
  ...(['answer-bad-signature', 'key-rotated', 'notify-lost', 'notify-duplicate'] as const),
  ...(['notify-unsigned', 'notify-bad-signature', 'notify-unknown-key'] as const),
  ...(['notify-tampered-body', 'notify-bad-tag', 'notify-stale', 'notify-garbled'] as const),
  ...(['notify-wrong-merchant', 'notify-wrong-application', 'notify-wrong-amount'] as const),
];

const part = (wallet: string, amount: string) => ({ wallet, amount });
type Part = ReturnType<typeof part>;
const FORTY = [part('electricity', '40.000000')];
const WHOLE = [part('electricity', '80.000000'), part('water', '20.500000')];
const AFTER_FORTY = { K1: { electricity: '40.000000', refund: '0.000000', water: '20.500000' } };

/**
 * What every provider's refunds become in the ledger, whatever happens on their way: one payout at the
 * provider and one in the log, or an exception with a name and the money in its wallets.
 */
export function describeRefunding(name: ProviderName, start: StartPair): void {
  describe(`refunds by ${name}, in the ledger`, () => {
    let site: PaySite;
    let payment: string;

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
      payment = await paid();
    });
    afterEach(async () => {
      double().heal();
      await double().quiet();
      expect(site.api.logLines.filter((line) => line.includes('"internal"'))).toEqual([]);
    });

    const double = () => site.pair.double;

    async function paid(): Promise<string> {
      const { start: payable } = await site.order();
      const { id } = await double().pay(payable);
      await double().quiet();
      return id;
    }

    async function asked(parts: readonly Part[]): Promise<string> {
      const { client, tokens } = site.api;
      const what = { provider: name, payment, parts, reason: 'moved-out' };
      const body = { act: 'refund-payment', what };
      const answer = await client.post('/v1/approvals', tokens.cashier, body);
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
      return String(Object(answer.body).approval);
    }

    async function refund(parts: readonly Part[]): Promise<string> {
      const { client, tokens } = site.api;
      const path = `/v1/approvals/${await asked(parts)}/decision`;
      const answer = await client.post(path, tokens.manager, { agree: true });
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
      return String(Object(answer.body).result.refund);
    }

    /** Until every notification was taken or given up, and the desk has looked after what is left. */
    async function settled(number: string): Promise<Record<string, unknown>> {
      for (let round = 0; round < 10; round += 1) {
        await double().quiet();
        const doc = Object(await site.api.ledger.documents.find(TEST_SITE, 'refund', number));
        if (doc.state !== 'asked' && doc.state !== 'waiting') return doc;
        await site.pass(2 * HOUR_MS);
        await site.api.payDesk.refunds.round();
      }
      throw new Error(`refund ${number} comes to no end`);
    }

    async function payouts(): Promise<number> {
      const events = await site.api.ledger.events(TEST_SITE, TEST_ACCOUNT, { limit: 1_000 });
      return events.filter(({ text }) => text.includes('"type":"refund.paid"')).length;
    }
    const atProvider = () =>
      double()
        .books()
        .refunds.filter((held) => held.payment === payment && held.state === 'paid')
        .map(({ amount }) => amount.minor);

    test('are sent to the provider once two people agree, and are paid in the log', async () => {
      const number = await refund(FORTY);
      expect(await settled(number)).toMatchObject({
        ...{ refund: number, state: 'paid', provider: name, payment, amount: '40.000000' },
        ...{ account: TEST_ACCOUNT, parts: FORTY, id: expect.stringMatching(/./) },
        approval: { asked: 'bound-cashier', approved: 'bound-manager' },
      });
      expect([await site.balances(), await payouts(), atProvider()]).toEqual([
        ...[AFTER_FORTY, 1],
        [4_000n],
      ]);
      expect(await site.api.ledger.balances(TEST_SITE)).toContainEqual(
        expect.objectContaining({ book: `transit:${name}`, balance: '60.500000' }),
      );
      const { client, tokens } = site.api;
      const list = await client.get(`/v1/refunds?site=${TEST_SITE}`, tokens.accountant);
      const one = await client.get(`/v1/refunds/${number}?site=${TEST_SITE}`, tokens.accountant);
      expect([list.body, one.status]).toEqual([{ data: [one.body] }, 200]);
    });

    test('are paid once after each fault of the menu, on their way out or back', async () => {
      const kinds = ON_THE_WAY.filter((kind) => double().lacking[kind] === undefined);
      const ends: Record<string, unknown> = {};
      for (const kind of kinds) {
        const approval = await asked([part('electricity', '1.000000')]);
        double().inject(faultOf(kind));
        const { client, tokens } = site.api;
        const path = `/v1/approvals/${approval}/decision`;
        await client.post(path, tokens.manager, { agree: true });
        ends[kind] = (await settled(approval.replaceAll('-', '')))['state'];
        double().heal();
      }
      expect(ends).toEqual(Object.fromEntries(kinds.map((kind) => [kind, 'paid'])));
      expect([await payouts(), atProvider()]).toEqual([kinds.length, kinds.map(() => 100n)]);
      expect(await site.balances()).toEqual({
        K1: {
          ...{ electricity: `${80 - kinds.length}.000000`, refund: '0.000000' },
          water: '20.500000',
        },
      });
    });

    test('may be many, up to the payment and not a cent more', async () => {
      for (const amount of ['0.010000', '24.990000', '25.000000', '30.000000']) {
        await settled(await refund([part('electricity', amount)]));
      }
      await settled(await refund([part('water', '20.500000')]));
      expect(atProvider()).toEqual([1n, 2_499n, 2_500n, 3_000n, 2_050n]);
      const none = { electricity: '0.000000', refund: '0.000000', water: '0.000000' };
      expect([await site.balances(), await payouts()]).toEqual([{ K1: none }, 5]);
      const { client, tokens } = site.api;
      await client.post('/v1/top-ups', tokens.cashier, {
        ...{ account: TEST_ACCOUNT, wallet: 'water', amount: '1.000000', method: 'cash' },
      });
      const approval = await asked([part('water', '0.010000')]);
      const path = `/v1/approvals/${approval}/decision`;
      expect(await client.post(path, tokens.manager, { agree: true })).toMatchObject({
        ...{ status: 422, body: { code: 'refund-too-large' } },
      });
    });

    test('that the provider declines are an exception, and the money is in its wallets', async () => {
      const [{ order = '' } = {}] = double().books().payments.slice(-1);
      // In the provider's console: less is left there than we think.
      await double().refundByHand(order, 50n);
      const number = await refund(WHOLE);
      expect(await settled(number)).toMatchObject({
        ...{ state: 'declined', problem: 'refund-declined' },
        said: expect.stringMatching(/^refund-refused./),
      });
      const whole = { electricity: '80.000000', refund: '0.000000', water: '20.500000' };
      expect([await site.balances(), await payouts()]).toEqual([{ K1: whole }, 0]);
      // What is left can be given back still.
      await settled(await refund([part('electricity', '80.000000')]));
      expect(await payouts()).toBe(1);
    });

    test('that fail after they were taken on are an exception, too', async () => {
      if (double().lacking['refund-fails'] !== undefined) return;
      double().inject({ kind: 'refund-fails' });
      const number = await refund(FORTY);
      expect(await settled(number)).toMatchObject({
        state: 'declined',
        problem: 'refund-declined',
      });
      const whole = { electricity: '80.000000', refund: '0.000000', water: '20.500000' };
      expect([await site.balances(), await payouts(), atProvider()]).toEqual([
        { K1: whole },
        0,
        [],
      ]);
    });

    test('are sent by the next process where the first one ended before it had', async () => {
      const approval = await asked(FORTY);
      const { ledger } = site.api;
      // As far as the process came: the decision and the intent are durable, nothing was sent.
      await ledger.execute({
        ...{ do: 'decide-approval', site: TEST_SITE, approval, by: 'bound-manager', agree: true },
      });
      expect(atProvider()).toEqual([]);
      const held = { electricity: '40.000000', refund: '40.000000', water: '20.500000' };
      expect(await site.balances()).toEqual({ K1: held });
      await site.api.payDesk.refunds.round();
      await settled(approval.replaceAll('-', ''));
      expect([await site.balances(), await payouts(), atProvider()]).toEqual([
        ...[AFTER_FORTY, 1],
        [4_000n],
      ]);
    });

    test('are one however many processes send them', async () => {
      const approval = await asked(FORTY);
      const number = approval.replaceAll('-', '');
      const { ledger } = site.api;
      await ledger.execute({
        ...{ do: 'decide-approval', site: TEST_SITE, approval, by: 'bound-manager', agree: true },
      });
      const desks = Array.from({ length: 5 }, () => site.api.payDesk.refunds);
      await Promise.all(desks.map((desk) => desk.push(TEST_SITE, number)));
      await settled(number);
      expect([await site.balances(), await payouts(), atProvider()]).toEqual([
        ...[AFTER_FORTY, 1],
        [4_000n],
      ]);
    });
  });
}
