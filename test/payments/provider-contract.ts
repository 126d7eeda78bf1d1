import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NotPayable } from '../../payments/doubles/double.ts';
import { type AnswerFaultKind, FAULT_KINDS, faultOf } from '../../payments/doubles/fault.ts';
import { type PaymentProvider, ProviderUnavailable } from '../../payments/provider.ts';
import { describeNotifications } from './notification-contract.ts';
import {
  type Counter,
  HOUR_MS,
  MINUTE_MS,
  type StartPair,
  useCounter,
} from './provider-under-test.ts';
import { describeRefunds } from './refund-contract.ts';
import { describeSettlement } from './settlement-contract.ts';

/** What every adapter of `PaymentProvider` does, shown against the double of its provider. */
export function describeProvider(name: string, start: StartPair): void {
  describe(name, () => {
    const counter = useCounter(start);
    beforeEach(() => {
      // Each test an hour of its own, and none starts with the faults of another.
      counter.nowMs += HOUR_MS;
    });
    afterEach(async () => {
      counter.double.heal();
      await counter.double.quiet();
    });
    describe('its double', () => describeMenu(counter));
    describe('orders', () => describeOrders(counter));
    describe('what it refuses to open', () => describeLimits(counter));
    describe('answers that tell nothing', () => describeSilence(counter));
    describe('notifications', () => describeNotifications(counter));
    describe('refunds', () => describeRefunds(counter));
    describe('settlement files', () => describeSettlement(counter));
  });
}

function describeMenu(counter: Counter): void {
  test('does every fault of the menu, or says why there is none', () => {
    const { faults, lacking } = counter.double;
    const said = [...faults, ...Object.keys(lacking)].sort();
    expect(said).toEqual([...FAULT_KINDS].sort());
    for (const kind of FAULT_KINDS.filter((one) => !faults.includes(one))) {
      expect(lacking[kind]?.length).toBeGreaterThan(10);
      expect(() => counter.double.inject(faultOf(kind))).toThrow(kind);
    }
  });
}

function describeOrders(counter: Counter): void {
  test('knows no order that was never opened', async () => {
    expect(await counter.provider.order(counter.order())).toMatchObject({ state: 'unknown' });
  });

  test('opens an order in every way, has it paid, and says so', async () => {
    for (const way of counter.provider.ways) {
      const { order, start } = await counter.opened({ way });
      const before = await counter.provider.order(order);
      expect(['open', 'unknown']).toContain(before.state);
      expect(before).toEqual({ order: order.order, state: before.state });
      counter.nowMs += MINUTE_MS;
      const held = await counter.double.pay(start);
      const payment = {
        id: held.id,
        order: order.order,
        amount: order.amount,
        // Providers give whole seconds.
        paidMs: Math.floor(counter.nowMs / 1_000) * 1_000,
      };
      expect(await counter.provider.order(order)).toEqual({
        order: order.order,
        state: 'paid',
        payment,
      });
      expect(counter.double.books().payments.at(-1)).toEqual(held);
      await counter.double.quiet();
    }
  });

  test('opens an order once, however often it is asked', async () => {
    const { order, start } = await counter.opened();
    const again = await counter.provider.open(order);
    expect(again.kind).toBe(start.kind);
    await counter.double.pay(again);
    await expect(counter.double.pay(start)).rejects.toThrow(NotPayable);
    const { payments } = counter.double.books();
    expect(payments.filter((held) => held.order === order.order)).toHaveLength(1);
  });

  test('opens no order that is paid', async () => {
    const { order } = await counter.paid();
    await expect(counter.provider.open(order)).rejects.toMatchObject({ code: 'order-paid' });
  });

  test('lets nobody pay an order after its time, and opens it no more', async () => {
    const livesMs = Math.max(10 * MINUTE_MS, counter.pair.shortestMs ?? 0);
    const { order, start } = await counter.opened({ expiresMs: counter.nowMs + livesMs });
    counter.nowMs += livesMs + MINUTE_MS;
    await expect(counter.double.pay(start)).rejects.toThrow(NotPayable);
    await expect(counter.provider.open(order)).rejects.toMatchObject({ code: 'order-closed' });
    await counter.provider.close(order);
    const { state } = await counter.provider.order(order);
    expect(['closed', 'unknown']).toContain(state);
  });

  test('closes an order, as often as it is asked', async () => {
    const { order, start } = await counter.opened();
    await counter.provider.close(order);
    await counter.provider.close(order);
    if (counter.pair.closing === 'at-expiry') counter.nowMs = order.expiresMs;
    await expect(counter.double.pay(start)).rejects.toThrow(NotPayable);
    const { state } = await counter.provider.order(order);
    expect(['closed', 'unknown']).toContain(state);
    await expect(counter.provider.open(order)).rejects.toMatchObject({ code: 'order-closed' });
  });

  test('closes no order that is paid', async () => {
    const { order } = await counter.paid();
    await expect(counter.provider.close(order)).rejects.toMatchObject({ code: 'order-paid' });
    expect(await counter.provider.order(order)).toMatchObject({ state: 'paid' });
  });

  test('finds out about a payment that crossed with the closing of its order', async () => {
    const { order, start } = await counter.opened();
    const mark = counter.desk.heard.length;
    await counter.provider.close(order);
    counter.double.inject({ kind: 'pay-after-close' });
    const held = await counter.double.pay(start);
    await counter.double.quiet();
    expect(await counter.provider.order(order)).toMatchObject({
      state: 'paid',
      payment: { id: held.id, amount: order.amount },
    });
    // Some tell of the closing too, and the two may overtake each other.
    const told = counter.heardSince(mark).filter((one) => Object(one).kind !== 'closed');
    expect(told).toMatchObject([{ kind: 'payment', payment: { id: held.id } }]);
  });
}

function describeLimits(counter: Counter): void {
  test('a currency that it does not take', async () => {
    const order = counter.order({ amount: { minor: 5_000n, currency: 'XTS' } });
    await expect(counter.provider.open(order)).rejects.toMatchObject({
      code: 'currency-not-taken',
      params: { currency: 'XTS' },
    });
  });

  test('an amount that is too small or too large, by one', async () => {
    const { least, most } = counter.pair;
    for (const minor of [least - 1n, 0n, -1n, most + 1n]) {
      await expect(counter.provider.open(counter.order({ minor }))).rejects.toMatchObject({
        code: 'amount-out-of-range',
      });
    }
    for (const minor of [least, most]) {
      const { held } = await counter.paid({ minor });
      expect(held.amount).toEqual({ minor, currency: counter.currency });
    }
  });

  test('a way that it does not know', async () => {
    const order = counter.order({ way: 'barter' });
    await expect(counter.provider.open(order)).rejects.toMatchObject({
      code: 'way-unknown',
      params: { way: 'barter' },
    });
  });

  test('an order that the provider refuses, in its words', async () => {
    if (counter.double.lacking['open-refused'] !== undefined) return;
    counter.double.inject({ kind: 'open-refused' });
    const order = counter.order();
    const refusal = await counter.provider.open(order).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'payment-refused' });
    expect(Object.values(Object(refusal).params).join()).not.toBe('');
    // Not for ever: the next one is taken.
    await counter.provider.open(counter.order());
  });
}

const SILENCES: readonly AnswerFaultKind[] = [
  'answer-5xx',
  'answer-silent',
  'answer-lost',
  'answer-garbage',
  'answer-bad-signature',
];

function describeSilence(counter: Counter): void {
  test.each(SILENCES)('%s: nothing is known, and asking again has one effect', async (kind) => {
    if (counter.double.lacking[kind] !== undefined) return;
    const { order, held } = await counter.paid();
    const open = counter.order();
    const refund = counter.refundOf(order, held, 1_000n);
    const day = counter.double.dayOf(counter.nowMs - 48 * HOUR_MS);
    const questions: readonly ((provider: PaymentProvider) => Promise<unknown>)[] = [
      (provider) => provider.open(open),
      (provider) => provider.order(open),
      (provider) => provider.refund(refund),
      (provider) => provider.refundState(refund),
      (provider) => provider.close(open),
      (provider) => provider.settlementFile(day),
    ];
    for (const ask of questions) {
      // More than any adapter tries by itself.
      counter.double.inject({ kind, times: 20 });
      await expect(ask(counter.provider)).rejects.toThrow(ProviderUnavailable);
      counter.double.heal();
      await ask(counter.provider);
    }
    expect(await counter.decided(refund)).toMatchObject({ state: 'paid' });
    const { refunds } = counter.double.books();
    expect(refunds.filter((one) => one.order === order.order)).toHaveLength(1);
  });

  test('5xx and then success', async () => {
    counter.double.inject({ kind: 'answer-5xx' });
    const order = counter.order();
    const start = await counter.provider.open(order).catch(() => counter.provider.open(order));
    await counter.double.pay(start);
    expect(await counter.provider.order(order)).toMatchObject({ state: 'paid' });
  });

  test('a provider that is not there', async () => {
    const deserted = await counter.deserted();
    await expect(deserted.order(counter.order())).rejects.toThrow(ProviderUnavailable);
  });
}
