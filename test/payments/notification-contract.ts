import { expect, test } from 'vitest';
import { type FaultKind, faultOf } from '../../payments/doubles/fault.ts';
import type { Notification, RawNotification } from '../../payments/provider.ts';
import { type Counter, MINUTE_MS } from './provider-under-test.ts';

/** How a notification with a fault is refused. The true one comes with the next try. */
const REFUSED: readonly (readonly [FaultKind, string])[] = [
  ['notify-unsigned', 'notification-unsigned'],
  ['notify-bad-signature', 'notification-unsigned'],
  ['notify-unknown-key', 'notification-unsigned'],
  ['notify-tampered-body', 'notification-unsigned'],
  ['notify-bad-tag', 'notification-unsigned'],
  ['notify-stale', 'notification-stale'],
  ['notify-wrong-merchant', 'notification-not-ours'],
  ['notify-wrong-application', 'notification-not-ours'],
  ['notify-garbled', 'notification-bad'],
];

const CODES = REFUSED.map(([, code]) => code);

export function describeNotifications(counter: Counter): void {
  test('of a payment say what was paid, in every way', async () => {
    for (const way of counter.provider.ways) {
      const mark = counter.desk.heard.length;
      const { order, held } = await counter.paid({ way, minor: 12_345n });
      const payment = {
        id: held.id,
        order: order.order,
        amount: { minor: 12_345n, currency: counter.currency },
        paidMs: Math.floor(held.paidMs / 1_000) * 1_000,
      };
      expect(counter.heardSince(mark)).toEqual([{ kind: 'payment', payment }]);
      expect(counter.double.sent().at(-1)).toMatchObject({ kind: 'payment', order: order.order });
    }
  });

  test.each(REFUSED)(
    'with %s are refused as %s, and taken when they are true',
    async (kind, code) => {
      if (counter.double.lacking[kind] !== undefined) return;
      const mark = counter.desk.heard.length;
      counter.double.inject(faultOf(kind));
      const { held } = await counter.paid();
      expect(counter.heardSince(mark)).toMatchObject([
        code,
        { kind: 'payment', payment: { id: held.id, amount: held.amount } },
      ]);
    },
  );

  test('of another amount are read as they are: the order is what they are held against', async () => {
    const mark = counter.desk.heard.length;
    counter.double.inject({ kind: 'notify-wrong-amount', minor: 777n });
    const { order, held } = await counter.paid();
    expect(counter.heardSince(mark)).toMatchObject([
      { kind: 'payment', payment: { id: held.id, amount: { minor: 777n } } },
    ]);
    const { payment } = await counter.provider.order(order);
    expect(payment?.amount).toEqual(order.amount);
  });

  test('may be lost: the order says what happened', async () => {
    const mark = counter.desk.heard.length;
    counter.double.inject({ kind: 'notify-lost' });
    const { order, held } = await counter.paid();
    expect(counter.heardSince(mark)).toEqual([]);
    expect(await counter.provider.order(order)).toMatchObject({
      state: 'paid',
      payment: { id: held.id },
    });
  });

  test('may come many times at once, and all say the same', async () => {
    const mark = counter.desk.heard.length;
    counter.double.inject({ kind: 'notify-duplicate', copies: 20 });
    const { held } = await counter.paid();
    const heard = counter.heardSince(mark);
    expect(heard).toHaveLength(20);
    expect(new Set(heard.map(paymentOf))).toEqual(new Set([held.id]));
  });

  test('come again until they are taken', async () => {
    const mark = counter.desk.heard.length;
    counter.desk.refuseNext(3);
    const { held } = await counter.paid();
    expect(counter.heardSince(mark).map(paymentOf)).toEqual(Array(4).fill(held.id));
    await counter.double.quiet();
    expect(counter.heardSince(mark)).toHaveLength(4);
  });

  test('are verified byte by byte', async () => {
    await counter.paid();
    const heard = counter.desk.heard.at(-1);
    if (heard === undefined) throw new Error('nothing was heard');
    const { raw, read } = heard;
    const step = Math.max(1, Math.floor(raw.body.length / 60));
    for (let at = 0; at < raw.body.length; at += step) {
      const body = Uint8Array.from(raw.body);
      body[at] = (body[at] ?? 0) ^ 0x01;
      const other = await reread(counter, { headers: raw.headers, body });
      // A form has bytes that mean nothing; whatever is read is what was signed.
      expect([...CODES, read]).toContainEqual(other);
      if (typeof other === 'string') expect(CODES).toContain(other);
    }
    expect(await reread(counter, raw)).toEqual(read);
    const cut = { headers: raw.headers, body: raw.body.subarray(0, raw.body.length >> 1) };
    expect(CODES).toContain(await reread(counter, cut));
  });

  test('are refused when they are nothing of the kind', async () => {
    const bodies = ['', '{}', 'null', '[]', 'a=b&c', '<xml/>', '\u0000\ufffd', '{"id":1}'];
    for (const text of bodies) {
      const body = new TextEncoder().encode(text);
      const read = await reread(counter, { headers: {}, body });
      expect(['notification-unsigned', 'notification-bad']).toContain(read);
    }
  });

  test('are too old after five minutes, where they have a time', async () => {
    if (counter.double.lacking['notify-stale'] !== undefined) return;
    await counter.paid();
    const raw = counter.desk.heard.at(-1)?.raw;
    if (raw === undefined) throw new Error('nothing was heard');
    const sentMs = counter.nowMs;
    const at = (ms: number) => reread(counter, raw, sentMs + ms);
    expect(await at(4 * MINUTE_MS)).toMatchObject({ kind: 'payment' });
    expect(await at(5 * MINUTE_MS + 2_000)).toBe('notification-stale');
    expect(await at(-4 * MINUTE_MS)).toMatchObject({ kind: 'payment' });
    expect(await at(-5 * MINUTE_MS - 2_000)).toBe('notification-stale');
  });

  test('are taken when the provider signs with its next key', async () => {
    if (counter.double.lacking['key-rotated'] !== undefined) return;
    counter.double.inject({ kind: 'key-rotated' });
    const mark = counter.desk.heard.length;
    const { order, held } = await counter.paid();
    expect(counter.heardSince(mark).map(paymentOf)).toEqual([held.id]);
    expect(await counter.provider.order(order)).toMatchObject({ state: 'paid' });
  });

  test('are answered so that the provider knows', () => {
    const [taken, again] = [counter.provider.answer(true), counter.provider.answer(false)];
    expect(taken.status).toBeGreaterThanOrEqual(200);
    expect(taken.status).toBeLessThan(300);
    expect(again).not.toEqual(taken);
  });
}

function paymentOf(read: Notification | string): string {
  if (typeof read === 'string') return read;
  return read.kind === 'payment' ? read.payment.id : read.kind;
}

async function reread(
  counter: Counter,
  raw: RawNotification,
  nowMs = counter.nowMs,
): Promise<Notification | string> {
  return counter.provider
    .readNotification(raw, nowMs)
    .catch((error: { readonly code?: string }) => error.code ?? String(error));
}
