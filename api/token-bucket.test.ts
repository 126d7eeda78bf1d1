import { expect, test } from 'vitest';
import { TokenBuckets } from './token-bucket.ts';

test('a burst is served at once, then as many a second as the rule says', () => {
  let nowMs = 0;
  const buckets = new TokenBuckets({ perSecond: 2, burst: 3 }, () => nowMs);
  const take = () => buckets.take('a');
  expect([take(), take(), take(), take()]).toEqual([
    { ok: true },
    { ok: true },
    { ok: true },
    { ok: false, retryAfter: 1 },
  ]);
  nowMs += 500;
  expect([take(), take()]).toEqual([{ ok: true }, { ok: false, retryAfter: 1 }]);
});

test('one caller does not use up the tokens of another', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, () => 0);
  expect([buckets.take('a').ok, buckets.take('a').ok, buckets.take('b').ok]).toEqual([
    true,
    false,
    true,
  ]);
});

test('a clock that steps back gives no tokens and takes none', () => {
  let nowMs = 10_000;
  const buckets = new TokenBuckets({ perSecond: 1, burst: 2 }, () => nowMs);
  buckets.take('a');
  nowMs = 0;
  expect([buckets.take('a').ok, buckets.take('a').ok]).toEqual([true, false]);
});

test('a flood of callers does not fill the memory', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, () => 0);
  for (let i = 0; i < 100_000; i += 1) buckets.take(`caller ${i}`);
  expect(buckets.size).toBeLessThanOrEqual(20_000);
});
