import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { damageOf } from '../../../test/support/damage.ts';
import { ANCHORED, SampleChannel, versionOf } from '../../../test/support/fabric-network.ts';
import { equalBytes } from '../bytes.ts';
import { type Primitives, portable } from '../primitives.ts';
import type { FabricReceipt } from './receipt.ts';
import { verifyFabricReceipt } from './verify-receipt.ts';

/*
 * Damage behind which orderers sign again, or a verifier pins again, so that it gets past the hashes of a
 * block to the readers behind them.
 */

const sample = new SampleChannel();
const transaction = sample.transaction();
const statement = sample.statement(versionOf(6, 0));
const configuration = sample.configEnvelope({});
/** Believes every signature: what is damaged gets as far as it can. */
const believing: Primitives = { ...portable, verifyP256: () => true };

function verify(change: Partial<FabricReceipt>, genesis = sample.genesis, primitives = portable) {
  const receipt = sample.receipt({ config: [genesis], ...change });
  return verifyFabricReceipt(receipt, ANCHORED, sample.network(genesis), primitives);
}

describe('a damaged receipt', () => {
  it('is refused when orderers sign a transaction that is not the one endorsed', () => {
    fc.assert(
      fc.property(damageOf(transaction), (damaged) => {
        const isSame = equalBytes(damaged, transaction);
        expect(verify({ block: sample.block([damaged]) }).ok).toBe(isSame);
      }),
      { numRuns: 100 },
    );
  });

  it('is refused when its statement is not the one endorsed', () => {
    const block = sample.block([transaction]);
    const told = verify({ block, validity: statement });
    expect(told).toMatchObject({ ok: true, validity: 'proven' });
    fc.assert(
      fc.property(damageOf(statement), (damaged) => {
        const verdict = verify({ block, validity: damaged });
        // The signature that a statement does not need may be there.
        if (verdict.ok) expect(verdict).toEqual(told);
      }),
      { numRuns: 100 },
    );
  });

  it('is judged, and never throws, whoever believes every signature', () => {
    const places = { transaction, statement, configuration };
    const names = fc.constantFrom(
      'transaction' as const,
      'statement' as const,
      'configuration' as const,
    );
    const damage = names.chain((name) =>
      damageOf(places[name]).map((bytes) => ({ [name]: bytes })),
    );
    fc.assert(
      fc.property(damage, (change) => {
        const given = { ...places, ...change };
        const genesis = sample.block([given.configuration], { number: 0, signers: [] });
        const block = sample.block([given.transaction]);
        const verdict = verify({ block, validity: given.statement }, genesis, believing);
        expect(verdict.ok || verdict.code.startsWith('fabric-')).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
