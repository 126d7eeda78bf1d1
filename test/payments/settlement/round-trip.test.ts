import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutAt, readAll } from './read-all.ts';
import { samples } from './sample-rows.ts';
import { WRITERS } from './settlement-writers.ts';

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });

describe.each(Object.entries(WRITERS))('a file of %s', (_, write) => {
  it('gives the rows that were written, in whatever pieces it comes', async () => {
    await fc.assert(
      fc.asyncProperty(samples, cuts, async (written, shares) => {
        const { expected, bytes, rows } = write(written);
        const places = shares.map((share) => Math.floor(share * bytes.length));
        const outcome = await readAll(expected, cutAt(bytes, places));
        expect('rows' in outcome ? outcome.rows : outcome).toEqual(rows);
        expect(outcome).toMatchObject({ totals: { rows: rows.length } });
      }),
      { numRuns: 60 },
    );
  });

  it('adds its rows up by kind and currency', async () => {
    await fc.assert(
      fc.asyncProperty(samples, async (written) => {
        const { expected, bytes, rows } = write(written);
        const outcome = await readAll(expected, [bytes]);
        const gross = rows.reduce((total, row) => total + row.gross.minor, 0n);
        const fees = rows.reduce((total, row) => total + row.feeTenThousandths, 0n);
        const sums = 'totals' in outcome ? outcome.totals.sums : [];
        const [{ payments, refunds, others, feesTenThousandths } = NOTHING] = sums;
        expect({ gross: payments + refunds + others, fees: feesTenThousandths }).toEqual({
          ...{ gross, fees },
        });
        expect(sums).toHaveLength(rows.length === 0 ? 0 : 1);
      }),
      { numRuns: 40 },
    );
  });

  it('comes byte by byte as well as at once', async () => {
    const [written = []] = fc.sample(samples, { numRuns: 1, seed: 7 });
    const { expected, bytes, rows } = write(written);
    const single = cutAt(bytes, [...bytes.keys()]);
    const outcome = await readAll(expected, single);
    expect('rows' in outcome ? outcome.rows : outcome).toEqual(rows);
  });
});

const NOTHING = { payments: 0n, refunds: 0n, others: 0n, feesTenThousandths: 0n };
