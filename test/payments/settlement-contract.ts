import { expect, test } from 'vitest';
import { type BillFaultKind, faultOf } from '../../payments/doubles/fault.ts';
import type { SettlementFile } from '../../payments/provider.ts';
import { type Counter, HOUR_MS } from './provider-under-test.ts';

/** Files that are as wrong as they were sent: whoever reads them finds out. */
const HANDED_ON: readonly BillFaultKind[] = [
  'bill-row-missing',
  'bill-row-extra',
  'bill-row-across-midnight',
  'bill-amount-differs',
  'bill-fee-rounded',
];

export function describeSettlement(counter: Counter): void {
  test('come byte by byte as the provider has made them, once it has', async () => {
    const day = await busyDay(counter);
    expect(await counter.provider.settlementFile(day)).toBeUndefined();
    counter.nowMs = counter.double.settlementReadyMs(day);
    const made = counter.double.makeSettlement(day);
    expect(made?.length).toBeGreaterThan(0);
    const file = await counter.provider.settlementFile(day);
    expect(file).toEqual(fileWith(made));
    expect(await counter.provider.settlementFile(day)).toEqual(file);
  });

  test.each(HANDED_ON)('with %s are handed on as they are', async (kind) => {
    if (counter.double.lacking[kind] !== undefined) return;
    const day = await busyDay(counter);
    counter.nowMs = counter.double.settlementReadyMs(day);
    const healthy = counter.double.makeSettlement(day);
    counter.double.inject(faultOf(kind));
    const made = counter.double.makeSettlement(day);
    expect(made).not.toEqual(healthy);
    expect(await counter.provider.settlementFile(day)).toEqual(fileWith(made));
  });

  test('that were cut off are handed on or refused, never mended', async () => {
    if (counter.double.lacking['bill-truncated'] !== undefined) return;
    const day = await busyDay(counter);
    counter.nowMs = counter.double.settlementReadyMs(day);
    const healthy = counter.double.makeSettlement(day);
    counter.double.inject({ kind: 'bill-truncated' });
    const made = counter.double.makeSettlement(day);
    expect(made?.length).toBeLessThan(healthy?.length ?? 0);
    const file = counter.provider.settlementFile(day);
    if (counter.double.lacking['bill-hash-differs'] !== undefined) {
      expect(await file).toEqual(fileWith(made));
    } else {
      await expect(file).rejects.toMatchObject({ code: 'settlement-hash-differs' });
    }
  });

  test('that differ from their hash are refused', async () => {
    if (counter.double.lacking['bill-hash-differs'] !== undefined) return;
    const day = await busyDay(counter);
    counter.nowMs = counter.double.settlementReadyMs(day);
    counter.double.inject({ kind: 'bill-hash-differs' });
    await expect(counter.provider.settlementFile(day)).rejects.toMatchObject({
      code: 'settlement-hash-differs',
    });
    counter.double.heal();
    expect(await counter.provider.settlementFile(day)).toMatchObject({ rows: true });
  });

  test('of a day on which nothing happened have no rows', async () => {
    counter.nowMs += 50 * HOUR_MS;
    const day = counter.double.dayOf(counter.nowMs);
    counter.nowMs = counter.double.settlementReadyMs(day);
    const made = counter.double.makeSettlement(day);
    expect(await counter.provider.settlementFile(day)).toEqual(fileWith(made));
  });

  test('that the provider says are empty are empty, whatever happened', async () => {
    if (counter.double.lacking['bill-empty'] !== undefined) return;
    const day = await busyDay(counter);
    counter.nowMs = counter.double.settlementReadyMs(day);
    counter.double.inject({ kind: 'bill-empty' });
    const made = counter.double.makeSettlement(day);
    expect(await counter.provider.settlementFile(day)).toEqual(fileWith(made));
  });
}

/** What the adapter hands on of a file that the double has made, or of none. */
function fileWith(made: Uint8Array | undefined): SettlementFile {
  return { bytes: Uint8Array.from(made ?? []), rows: made !== undefined };
}

/** A day of its own with three payments, a refund and a part of one; it is still that day. */
async function busyDay(counter: Counter): Promise<string> {
  const today = counter.double.dayOf(counter.nowMs);
  while (counter.double.dayOf(counter.nowMs) === today) counter.nowMs += HOUR_MS;
  counter.nowMs += HOUR_MS;
  const { order, held } = await counter.paid({ minor: 5_001n });
  await counter.paid({ minor: 12_345n });
  const { order: other, held: more } = await counter.paid({ minor: 999n });
  for (const asked of [
    counter.refundOf(order, held, 2_000n),
    counter.refundOf(other, more, 999n),
  ]) {
    await counter.provider.refund(asked);
    await counter.decided(asked);
  }
  await counter.double.quiet();
  return counter.double.dayOf(counter.nowMs);
}
