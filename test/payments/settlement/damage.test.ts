import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutAt, readAll } from './read-all.ts';
import {
  bytesOf,
  plainOutcome,
  type SettlementVector,
  settlementVectors,
} from './settlement-vectors.ts';

const whole = settlementVectors().filter(({ refusal }) => refusal === undefined);
/** Formats whose bytes all lie under a checksum; the others have bytes that mean no more than themselves. */
const checked = whole.filter(({ file }) => /\.(?:gz|zip|txt)$/.test(file));

async function outcomeOf({ expected }: SettlementVector, parts: readonly Uint8Array[]) {
  return plainOutcome(await readAll(expected, parts));
}

describe.each(whole)('$file', (vector) => {
  const bytes = bytesOf(vector);
  const { rows, totals } = vector;

  it('is refused, or read as it was, when it ends after any of its bytes', async () => {
    const wrong: unknown[] = [];
    let refused = 0;
    for (let length = 0; length < bytes.length; length += 1) {
      const outcome = await outcomeOf(vector, [bytes.subarray(0, length)]);
      if ('refusal' in outcome) refused += 1;
      else if (!isDeepStrictEqual(outcome, { rows, totals })) wrong.push({ length, outcome });
    }
    expect(wrong).toEqual([]);
    // All but what ends the file without saying anything: a line end, white space.
    expect(refused).toBeGreaterThanOrEqual(bytes.length - 4);
  });

  it('is the same in any division of its bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 30 }), async (places) => {
        expect(await outcomeOf(vector, cutAt(bytes, places))).toEqual({ rows, totals });
      }),
      { numRuns: 40 },
    );
  });
});

describe.each(checked)('$file', (vector) => {
  it('is refused, or read as it was, when any of its bytes is another', async () => {
    const bytes = bytesOf(vector);
    const wrong: unknown[] = [];
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      const outcome = await outcomeOf(vector, [damaged]);
      if ('refusal' in outcome) continue;
      const { rows, totals } = vector;
      if (!isDeepStrictEqual(outcome, { rows, totals })) wrong.push({ at, outcome });
    }
    expect(wrong).toEqual([]);
  });
});
