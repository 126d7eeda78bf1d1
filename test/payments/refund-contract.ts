import { expect, test } from 'vitest';
import type { Counter } from './provider-under-test.ts';

export function describeRefunds(counter: Counter): void {
  test('give a part back, and the payment is a payment still', async () => {
    const { order, held } = await counter.paid();
    const asked = counter.refundOf(order, held, 1_999n);
    expect((await counter.provider.refundState(asked)).state).toBe('unknown');
    const answered = await counter.provider.refund(asked);
    expect(answered.refund).toBe(asked.refund);
    expect(['waiting', 'paid']).toContain(answered.state);
    const decided = await counter.decided(asked);
    expect(decided).toEqual({
      refund: asked.refund,
      state: 'paid',
      id: expect.stringMatching(/./),
      amount: asked.amount,
    });
    expect(counter.double.books().refunds.at(-1)).toMatchObject({
      id: decided.id,
      refund: asked.refund,
      order: order.order,
      payment: held.id,
      amount: asked.amount,
      state: 'paid',
    });
    expect(await counter.provider.order(order)).toMatchObject({
      state: 'paid',
      payment: { id: held.id, amount: order.amount },
    });
  });

  test('of one payment may be many, up to all of it and not one unit more', async () => {
    const { order, held } = await counter.paid({ minor: 10_000n });
    const parts = [1n, 2_499n, 2_500n, 1_000n, 4_000n].map((minor) =>
      counter.refundOf(order, held, minor),
    );
    for (const part of parts) {
      await counter.provider.refund(part);
      const { state, amount } = await counter.decided(part);
      expect({ state, amount }).toEqual({ state: 'paid', amount: part.amount });
    }
    await refused(counter.provider.refund(counter.refundOf(order, held, 1n)));
    expect(givenBack(counter, order.order)).toBe(10_000n);
    expect(await counter.provider.order(order)).toMatchObject({ state: 'paid' });
  });

  test('of more than is left are refused', async () => {
    const { order, held } = await counter.paid({ minor: 10_000n });
    await refused(counter.provider.refund(counter.refundOf(order, held, 10_001n)));
    const part = counter.refundOf(order, held, 6_000n);
    await counter.provider.refund(part);
    await refused(counter.provider.refund(counter.refundOf(order, held, 4_001n)));
    await counter.decided(part);
    expect(givenBack(counter, order.order)).toBe(6_000n);
  });

  test('are the same refund when they have the same number', async () => {
    const { order, held } = await counter.paid();
    const asked = counter.refundOf(order, held, 1_500n);
    const first = await counter.provider.refund(asked);
    await Promise.all([counter.provider.refund(asked), counter.provider.refund(asked)]);
    const decided = await counter.decided(asked);
    const again = await counter.provider.refund(asked);
    expect(again.refund).toBe(first.refund);
    expect(await counter.decided(asked)).toEqual(decided);
    expect(givenBack(counter, order.order)).toBe(1_500n);
  });

  test('of an order that was not paid are refused', async () => {
    const { order, held } = await counter.paid();
    const { order: open } = await counter.opened();
    const asked = { ...counter.refundOf(order, held, 100n), order: open.order };
    await refused(counter.provider.refund({ ...asked, payment: `${'9'.repeat(held.id.length)}` }));
    expect(givenBack(counter, open.order)).toBe(0n);
  });

  test('may fail after they were taken on', async () => {
    if (counter.double.lacking['refund-fails'] !== undefined) return;
    const { order, held } = await counter.paid();
    counter.double.inject({ kind: 'refund-fails' });
    const asked = counter.refundOf(order, held, 2_000n);
    await counter.provider.refund(asked);
    expect(await counter.decided(asked)).toMatchObject({ refund: asked.refund, state: 'failed' });
    expect(givenBack(counter, order.order)).toBe(0n);
  });

  test('are told of, where the provider does', async () => {
    const { order, held } = await counter.paid();
    const mark = counter.desk.heard.length;
    const asked = counter.refundOf(order, held, 2_000n);
    await counter.provider.refund(asked);
    const decided = await counter.decided(asked);
    await counter.double.quiet();
    const { amount, ...withoutAmount } = decided;
    expect(amount).toEqual(asked.amount);
    const refund = counter.pair.refundNotices === 'whole' ? decided : withoutAmount;
    expect(counter.heardSince(mark)).toEqual([{ kind: 'refund', order: order.order, refund }]);
  });

  test('may be told of before their payment is', async () => {
    if (counter.double.lacking['notify-refund-first'] !== undefined) return;
    const mark = counter.desk.heard.length;
    counter.double.inject({ kind: 'notify-refund-first' });
    const { order, held } = await counter.paid();
    expect(counter.heardSince(mark)).toEqual([]);
    await counter.provider.refund(counter.refundOf(order, held, 2_000n));
    await counter.double.quiet();
    expect(counter.heardSince(mark)).toMatchObject([
      { kind: 'refund', order: order.order },
      { kind: 'payment', payment: { id: held.id } },
    ]);
  });

  test('made by hand in the console leave the payment a payment, and less to give back', async () => {
    if (counter.double.lacking['partial-refunds'] !== undefined) return;
    counter.double.inject({ kind: 'partial-refunds', parts: 3 });
    const { order, held } = await counter.paid({ minor: 9_000n });
    const { refunds } = counter.double.books();
    const byHand = refunds.filter((refund) => refund.order === order.order);
    expect(byHand).toHaveLength(3);
    const left = 9_000n - byHand.reduce((sum, { amount }) => sum + amount.minor, 0n);
    expect(await counter.provider.order(order)).toMatchObject({
      state: 'paid',
      payment: { id: held.id, amount: order.amount },
    });
    await refused(counter.provider.refund(counter.refundOf(order, held, left + 1n)));
  });
}

async function refused(refund: Promise<unknown>): Promise<void> {
  await expect(refund).rejects.toMatchObject({ code: 'refund-refused' });
}

/** What the provider's books say was given back of an order, or will be. */
function givenBack(counter: Counter, order: string): bigint {
  const { refunds } = counter.double.books();
  return refunds
    .filter((refund) => refund.order === order && refund.state !== 'failed')
    .reduce((sum, { amount }) => sum + amount.minor, 0n);
}
