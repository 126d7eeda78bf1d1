import { equalBytes } from '../../core/bytes.ts';
import type { AnchoredRoot } from '../../core/fabric/anchor-state.ts';
import { checkWrite } from '../../core/fabric/anchor-write.ts';
import type { ChannelConfig } from '../../core/fabric/channel-config.ts';
import { readEndorsedTransaction } from '../../core/fabric/endorsed-transaction.ts';
import type { FabricNetwork } from '../../core/fabric/network.ts';
import { Message } from '../../core/fabric/protobuf.ts';
import type { Primitives } from '../../core/primitives.ts';
import { Refusal } from '../../core/refusal.ts';

/** What the gateway hands back to be signed, beside what was proposed to it. */
export interface Proposed {
  /** `gateway.ProposedTransaction` */
  readonly proposal: Uint8Array;
  /** `gateway.PreparedTransaction` */
  readonly prepared: Uint8Array;
  readonly network: FabricNetwork;
  readonly config: ChannelConfig;
  readonly primitives: Primitives;
}

/**
 * A client signs whatever envelope a peer returns, so look first: it is of our proposal, byte for byte,
 * endorsed as the policy asks, and writes the root that we asked for. Refuses `anchor-transaction`.
 */
export function checkPrepared(proposed: Proposed, anchored: AnchoredRoot): void {
  const { network, config, primitives } = proposed;
  try {
    const payload = requireProposed(proposed);
    checkWrite(readEndorsedTransaction(payload, network, config, primitives).state, anchored);
  } catch (error) {
    throw asNotAsked(error);
  }
}

/** The part that needs to know nothing of the channel: it is of our proposal. Refuses `anchor-transaction`. */
export function checkProposed(proposed: Pick<Proposed, 'proposal' | 'prepared'>): void {
  try {
    requireProposed(proposed);
  } catch (error) {
    throw asNotAsked(error);
  }
}

function requireProposed({ proposal, prepared }: Pick<Proposed, 'proposal' | 'prepared'>) {
  const payload = preparedEnvelope(prepared).bytes(1);
  const { header, call } = proposalParts(proposal);
  const parts = new Message(payload, 'bb');
  const [first, ...more] = parts.inner(2, '*').list(1);
  const action = new Message(first ?? new Uint8Array(0), 'bb');
  const isOurs =
    equalBytes(parts.bytes(1), header) && equalBytes(action.inner(2, 'bb').bytes(1), call);
  if (!isOurs || more.length > 0) throw notAsAsked('it is of another proposal');
  return payload;
}

const NOT_AS_ASKED = 'anchor-transaction';

/** `common.Envelope` of a `gateway.PreparedTransaction`, not signed yet. */
export function preparedEnvelope(prepared: Uint8Array): Message {
  return new Message(envelopeBytes(prepared), 'bb');
}

export function envelopeBytes(prepared: Uint8Array): Uint8Array {
  return new Message(prepared, 'bb').bytes(2);
}

/** Header and `ChaincodeProposalPayload` of what was proposed; a transaction repeats both. */
function proposalParts(proposed: Uint8Array) {
  const signed = new Message(proposed, 'bb*').inner(2, 'bb');
  const proposal = signed.inner(1, 'bbb');
  return { header: proposal.bytes(1), call: proposal.bytes(2) };
}

function asNotAsked(error: unknown): unknown {
  const isOther = error instanceof Refusal && error.code !== NOT_AS_ASKED;
  return isOther ? notAsAsked(error.message) : error;
}

function notAsAsked(why: string): Refusal {
  return new Refusal(
    NOT_AS_ASKED,
    `The peer returned a transaction that is not the one asked for, so it was not signed: ${why}`,
    {},
  );
}
