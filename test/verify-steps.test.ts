import { expect, test } from 'vitest';
import { portable } from '../ledger/core/primitives.ts';
import { verifySteps } from '../ledger/core/verdict.ts';
import { sampleBill } from './e2e/sample-bill.ts';

test('a check gives way often: no step hashes more than a small part of a month', () => {
  const { text } = sampleBill({ every: 15 });
  let hashes = 0;
  const sha256 = (data: Uint8Array) => {
    hashes += 1;
    return portable.sha256(data);
  };
  const steps = verifySteps(text, { primitives: { ...portable, sha256 } });
  const counts: number[] = [];
  for (let step = steps.next(); ; step = steps.next()) {
    counts.push(hashes);
    hashes = 0;
    if (step.done) {
      expect(step.value.overall).toBe('verified');
      break;
    }
  }
  expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(5_000);
  expect(Math.max(...counts)).toBeLessThanOrEqual(250);
});
