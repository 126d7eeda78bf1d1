import { createHash } from 'node:crypto';
import { type BatchPayload, batchPayloadText, batchSigningInput } from '../ledger/core/batch.ts';
import { hex, utf8 } from '../ledger/core/bytes.ts';
import { rootOf } from '../ledger/core/merkle.ts';
import { ZERO_HASH } from '../ledger/core/reading.ts';
import { type SigningKey, sha256Hex } from './signing-key.ts';

/** A signed batch as it is stored and sent. */
export interface SealedBatch {
  readonly epoch: number;
  readonly batch: number;
  readonly jws: string;
  readonly payloadText: string;
  /** Verbatim record texts in the order of the tree. */
  readonly records: readonly string[];
}

/** Where the chain of batches stands. */
export interface BatchChain {
  readonly nextBatch: number;
  /** SHA-256 of the last payload's bytes, zeros before the first. */
  readonly prev: string;
}

export const NEW_CHAIN: BatchChain = { nextBatch: 0, prev: ZERO_HASH };

/** What identifies the signer's software and settings in every batch (WELMEC 7.2). */
export type SealIdentity = Pick<BatchPayload, 'bridge' | 'epoch' | 'software' | 'map' | 'config'>;

/** Signs one root over the records: one signature, however many records. */
export function sealBatch(
  key: SigningKey,
  identity: SealIdentity,
  chain: BatchChain,
  records: readonly string[],
  at: string,
): SealedBatch {
  const payload: BatchPayload = {
    v: 1,
    ...identity,
    batch: chain.nextBatch,
    prev: chain.prev,
    count: records.length,
    root: hex(rootOf(records.map(utf8), sha)),
    at,
  };
  const payloadText = batchPayloadText(payload);
  const signingInput = batchSigningInput(key.kid, payloadText);
  return {
    epoch: identity.epoch,
    batch: payload.batch,
    jws: `${signingInput}.${key.sign(signingInput)}`,
    payloadText,
    records,
  };
}

export function afterBatch(batch: { readonly batch: number; readonly payloadText: string }) {
  return { nextBatch: batch.batch + 1, prev: sha256Hex(batch.payloadText) };
}

function sha(data: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(data).digest());
}
