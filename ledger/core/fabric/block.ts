import { concat, equalBytes, hex } from '../bytes.ts';
import type { Primitives, Sha256 } from '../primitives.ts';
import { attempt, Refusal } from '../refusal.ts';
import { type ChannelConfig, MAX_CONSENTERS } from './channel-config.ts';
import { blockHeaderBytes } from './der.ts';
import { isSignedBy } from './membership.ts';
import { Message } from './protobuf.ts';
import { unreadable } from './unreadable.ts';

export interface Envelope {
  readonly payload: Uint8Array;
  /** Of the creator over the payload. */
  readonly signature: Uint8Array;
}

/** A `common.Block` whose envelopes are those of its header. Nothing else in it is proven yet. */
export interface Block {
  readonly number: number;
  /** SHA-256 of `headerBytes`, by which the block is named. */
  readonly hash: Uint8Array;
  readonly headerBytes: Uint8Array;
  readonly envelopes: readonly Envelope[];
  /** Number of the configuration block under which it was ordered, by `orderedUnder`. */
  readonly lastConfig: number;
  readonly orderedUnder: Uint8Array;
  /** `common.MetadataSignature` */
  readonly signatures: readonly Message[];
}

/**
 * Reads a block and holds its envelopes against the data hash. The validation flags and the commit hash,
 * which peers add and nobody signs, are not looked at. Refusals `fabric-format`, `fabric-data-hash`,
 * `fabric-envelope`.
 */
export function readBlock(bytes: Uint8Array, sha256: Sha256): Block {
  const block = new Message(bytes, 'bbb');
  const header = block.inner(1, 'nbb');
  const envelopes = block.inner(2, '*').list(1);
  const metadata = new Message(block.inner(3, '*').bytes(1), 'b*');
  const signatures = metadata.list(2);
  if (envelopes.length > MAX_TRANSACTIONS || signatures.length > MAX_CONSENTERS) throw unreadable();
  const [previous, data] = [header.bytes(2), header.bytes(3)];
  if (!equalBytes(sha256(concat(...envelopes)), data)) {
    throw new Refusal(
      'fabric-data-hash',
      'The transactions in the block are not those that its header stands for.',
    );
  }
  const number = header.number(1);
  if (previous.length !== (number === 0 ? 0 : 32)) throw unreadable();
  const headerBytes = blockHeaderBytes(number, previous, data);
  return {
    number,
    hash: sha256(headerBytes),
    headerBytes,
    envelopes: envelopes.map(readEnvelope),
    lastConfig: metadata.inner(1, 'bb').inner(1, 'n').number(1),
    orderedUnder: metadata.bytes(1),
    signatures: signatures.map((signature) => new Message(signature, 'bbb')),
  };
}

const MAX_TRANSACTIONS = 4096;

/**
 * The data hash does not show where an envelope ends. Since each begins with its payload and has nothing
 * behind its signature, the bytes that it covers can be cut in one way only.
 */
function readEnvelope(bytes: Uint8Array, index: number): Envelope {
  const message = attempt(() => new Message(bytes, 'bb'));
  if (message === undefined || message.bytes(1).length === 0) {
    throw new Refusal(
      'fabric-envelope',
      `Transaction ${index} of the block is not written as Fabric writes it.`,
      { index },
    );
  }
  return { payload: message.bytes(1), signature: message.bytes(2) };
}

/**
 * The identifiers of the consenters that signed a block, in ascending order: each over
 * metadata value || its own identifier header || block header. Refuses `fabric-quorum` when they are too
 * few, each key counting once; a signature that does not verify takes nothing away from the others.
 */
export function consentersOf(
  { signatures, orderedUnder, headerBytes }: Block,
  { consenters, quorum }: ChannelConfig,
  primitives: Primitives,
): readonly number[] {
  const signers = new Map<string, number>();
  for (const message of signatures) {
    const identifierHeader = message.bytes(3);
    const identifier = new Message(identifierHeader, 'nb').number(1);
    const consenter = consenters.get(identifier);
    const member = consenter?.membership?.member(consenter.certificate);
    // One with a signature header is by an identity of its own choice, and of no consenter.
    if (member?.role !== 'orderer' || message.bytes(1).length > 0) continue;
    const key = hex(member.key);
    const signed = concat(orderedUnder, identifierHeader, headerBytes);
    if (!signers.has(key) && isSignedBy(member.key, signed, message.bytes(2), primitives)) {
      signers.set(key, identifier);
    }
  }
  if (signers.size < quorum) {
    throw new Refusal(
      'fabric-quorum',
      `The block is signed by ${signers.size} of the orderers; ${quorum} have to sign it.`,
      { found: signers.size, quorum },
    );
  }
  return [...signers.values()].sort((a, b) => a - b);
}
