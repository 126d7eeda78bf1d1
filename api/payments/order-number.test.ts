import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ORDER } from '../../ledger/core/orders.ts';
import { orderNumber, ordersFrom, sitesOfOrder } from './order-number.ts';

const SITES = ['tower', 'harbour', 'quay', 'north-gate'];
const times = fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2200, 0) });
const random = fc.uint8Array({ minLength: 5, maxLength: 5 });

test('an order number tells its site and has the form that every provider takes', () => {
  fc.assert(
    fc.property(fc.constantFrom(...SITES), times, random, (site, nowMs, bytes) => {
      const order = orderNumber(site, nowMs, bytes);
      expect(order).toMatch(ORDER);
      expect(order).toHaveLength(20);
      expect(sitesOfOrder(order, SITES)).toEqual([site]);
    }),
  );
});

test('orders of a site sort by their time, and a time finds those after it', () => {
  fc.assert(
    fc.property(times, times, random, random, (a, b, one, other) => {
      fc.pre(a !== b);
      const [early, late] = [Math.min(a, b), Math.max(a, b)];
      const [first, second] = [orderNumber('quay', early, one), orderNumber('quay', late, other)];
      expect(first < second).toBe(true);
      expect(ordersFrom('quay', late) > first && ordersFrom('quay', late) <= second).toBe(true);
    }),
  );
});

test('a number that is of no site is of none', () => {
  expect(sitesOfOrder('000000', SITES)).toEqual([]);
  expect(sitesOfOrder('', SITES)).toEqual([]);
});
