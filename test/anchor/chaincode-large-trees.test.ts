import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatAnchor, headKey, logKeyKey } from '../../chaincode/anchor-record.ts';
import { sparseTree } from '../../contracts/sparse-tree.ts';
import { verifyConsistency } from '../../ledger/core/merkle.ts';
import { consistencyProof, treeRoot } from '../../ledger/core/merkle-proofs.ts';
import { formatProof, signedLog } from '../support/signed-log.ts';
import { type SimulatedPeer, startSimulatedPeer } from '../support/simulated-peer.ts';

// Trees up to 2^30, which no reference can build: known subtrees, a few leaves that differ.

const LARGEST = 2 ** 30;
const log = signedLog('large.test/log', 1);
let peer: SimulatedPeer;

beforeAll(async () => {
  peer = await startSimulatedPeer();
});
afterAll(async () => {
  await peer.stop();
});

/** The contract's answer to a checkpoint of `to` leaves where `from` are anchored. */
async function submit(
  [from, fromRoot]: readonly [number, Uint8Array],
  [to, toRoot]: readonly [number, Uint8Array],
  proof: readonly Uint8Array[],
): Promise<string> {
  const at = { block: 1, transaction: 0 };
  peer.state.put(logKeyKey(log.origin), Buffer.from(log.vkey), at);
  const anchored = formatAnchor({ origin: log.origin, size: from, root: fromRoot });
  peer.state.put(headKey(log.origin), Buffer.from(anchored), at);
  const note = log.checkpointOver(to, toRoot);
  const answer = await peer.execute(['Submit', log.origin, note, formatProof(proof)]);
  return answer.status === 200 ? 'anchored' : answer.text.slice(0, answer.text.indexOf(':'));
}

/** A proof shortened, lengthened, in another order, and with each hash turned. */
function spoiled(proof: readonly Uint8Array[]): Uint8Array[][] {
  const turned = proof.map((_, at) =>
    proof.map((hash, i) => (i === at ? hash.map((byte) => byte ^ 1) : hash)),
  );
  const extra = new Uint8Array(32).fill(7);
  return [proof.slice(1), proof.slice(0, -1), [...proof, extra], [extra, ...proof], ...turned];
}

test('the contract accepts what the reference proves, and refuses what is spoiled', async () => {
  const sizes = fc.tuple(
    fc.integer({ min: 1, max: LARGEST - 1 }),
    fc.integer({ min: 2, max: LARGEST }),
    fc.nat(),
  );
  await fc.assert(
    fc.asyncProperty(sizes, async ([one, other, seed]) => {
      const [from, to] = [Math.min(one, other), Math.max(one, other)];
      fc.pre(from < to);
      const read = sparseTree([from - 1, from, to - 1, seed % to]);
      const [fromRoot, toRoot] = [treeRoot(from, read), treeRoot(to, read)];
      const proof = consistencyProof(from, to, read);
      expect(await submit([from, fromRoot], [to, toRoot], proof)).toBe('anchored');
      const reversed = proof.length > 1 ? [[...proof].reverse()] : [];
      for (const bad of [...spoiled(proof), ...reversed]) {
        const judged = verifyConsistency({ from, to, fromRoot, toRoot, proof: bad });
        if (judged.ok) continue;
        expect(await submit([from, fromRoot], [to, toRoot], bad)).toBe(judged.code);
      }
    }),
    { numRuns: 60 },
  );
});
