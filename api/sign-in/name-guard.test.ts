import { expect, test } from 'vitest';
import { Refusal } from '../../ledger/core/refusal.ts';
import { NameGuard } from './name-guard.ts';

let now = 1_000_000;
const nowMs = () => now;

test('five tries are free, then each waits twice as long, up to a quarter of an hour', () => {
  const guard = new NameGuard(nowMs);
  const waits = Array.from({ length: 13 }, () => {
    const wait = waitOf(guard, 'anna');
    now += wait * 1000;
    if (wait > 0) guard.begin('anna');
    return wait;
  });
  expect(waits).toEqual([0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
});

test('a refused try does not count, another name is not concerned, and the right one ends it', () => {
  const guard = new NameGuard(nowMs);
  for (let i = 0; i < 5; i += 1) guard.begin('anna');
  for (let i = 0; i < 9; i += 1) expect(waitOf(guard, 'anna')).toBe(30);
  guard.begin('otto');
  now += 30_000;
  guard.begin('anna');
  guard.succeeded('anna');
  for (let i = 0; i < 5; i += 1) guard.begin('anna');
  expect(waitOf(guard, 'anna')).toBe(30);
});

test('after a day all is forgotten', () => {
  const guard = new NameGuard(nowMs);
  for (let i = 0; i < 5; i += 1) guard.begin('anna');
  now += 24 * 3_600_000;
  for (let i = 0; i < 5; i += 1) guard.begin('anna');
});

test('a flood of names does not fill the memory', () => {
  const guard = new NameGuard(nowMs);
  for (let i = 0; i < 20_100; i += 1) guard.begin(`name-${i}`);
  expect(guard.size).toBe(20_000);
});

/** Tries; seconds that it has to wait where it is refused, else 0. */
function waitOf(guard: NameGuard, name: string): number {
  try {
    guard.begin(name);
    return 0;
  } catch (error) {
    if (error instanceof Refusal) return Number(error.params['retryAfter']);
    throw error;
  }
}
