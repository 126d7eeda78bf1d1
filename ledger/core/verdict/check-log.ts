import { hashList } from '../bundle.ts';
import { fromHex } from '../bytes.ts';
import { leafHash, verifyInclusion } from '../merkle.ts';
import { ZERO_HASH } from '../reading.ts';
import type { Progress } from '../verdict.ts';
import type { Case } from './case.ts';
import type { LayerBook } from './layers.ts';

/**
 * Layers 1 and 7: the opened events form one unbroken chain of one account, its last link is in the
 * log, and so is every fact that the bill leans on. One inclusion proof carries the whole chain.
 */
export function* checkLog(opened: Case, layers: LayerBook): Generator<Progress, void> {
  yield { layer: 7, done: 0, total: opened.facts.length + 1 };
  checkChain(opened, layers);
  const { bundle, checkpoint } = opened;
  const statement = opened.openings.at(-1)?.commitment ?? ZERO_HASH;
  const index = bundle.statement.index;
  if (!included(opened, { commitment: statement, index, proof: bundle.proof })) {
    layers.fail(7, 'inclusion-failed', { index, size: checkpoint.size }, '/proof');
  }
  for (const [i, fact] of opened.facts.entries()) {
    if (i % 8 === 7) yield { layer: 7, done: i, total: opened.facts.length + 1 };
    if (!included(opened, fact)) {
      const params = { index: fact.index, size: checkpoint.size, type: fact.event.type };
      layers.fail(7, 'fact-inclusion-failed', params, `/site/${i}`);
    }
  }
  if (!layers.failed(1)) {
    const params = { events: opened.openings.length, readings: opened.records.length };
    layers.add(1, 'verified', { code: 'bundle-whole', params });
  }
  if (!layers.failed(7)) {
    layers.add(7, 'verified', { code: 'in-log', params: { index, size: checkpoint.size } });
  }
}

/** The events are of one account (layer 1) and follow each other (7); the first break is named. */
function checkChain(opened: Case, layers: LayerBook): void {
  const { account } = opened.statementEvent;
  const first = opened.openings[0];
  if (first === undefined || (first.event.n === 0 && first.event.prev !== ZERO_HASH)) {
    layers.fail(7, 'event-chain-broken', { n: 0 }, '/openings/0');
    return;
  }
  for (const [i, { event }] of opened.openings.entries()) {
    const pointer = `/openings/${i}`;
    if (event.account !== account) {
      layers.fail(1, 'event-account-differs', { found: event.account, expected: account }, pointer);
      return;
    }
    const before = opened.openings[i - 1];
    if (before === undefined) continue;
    if (event.n !== before.event.n + 1) {
      layers.fail(7, 'event-gap', { found: event.n, expected: before.event.n + 1 }, pointer);
      return;
    }
    if (event.prev !== before.commitment) {
      layers.fail(7, 'event-chain-broken', { n: event.n }, pointer);
      return;
    }
  }
}

function included(
  opened: Case,
  claim: { readonly commitment: string; readonly index: number; readonly proof: readonly string[] },
): boolean {
  const { sha256 } = opened.primitives;
  const { size, root } = opened.checkpoint;
  const leaf = leafHash(fromHex(claim.commitment), sha256);
  const proof = hashList(claim.proof);
  return verifyInclusion({ index: claim.index, size, leaf, proof, root }, sha256).ok;
}
