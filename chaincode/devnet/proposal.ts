import { status } from '@grpc/grpc-js';
import { common, peer } from '@hyperledger/fabric-protos';
import { CHANNEL } from './channel.ts';
import { GatewayError } from './gateway-error.ts';
import type { Membership } from './membership.ts';
import { sha256 } from './signing.ts';

/** A call of a chaincode that an identity of the channel has signed. */
export interface Proposal {
  readonly txId: string;
  readonly chaincode: string;
  readonly input: peer.ChaincodeInput;
  readonly isAdmin: boolean;
  readonly signed: peer.SignedProposal;
  readonly header: common.Header;
  /**
   * The payload that a transaction repeats: without the transient map, which never leaves a peer.
   */
  readonly payload: Uint8Array;
  /** What every endorsement of this proposal names. */
  readonly hash: Buffer;
}

/** Fails with `INVALID_ARGUMENT` or `PERMISSION_DENIED`, before anything is executed. */
export function openProposal(
  signed: peer.SignedProposal | undefined,
  membership: Membership,
): Proposal {
  if (signed === undefined) throw invalid('the proposed transaction is missing');
  let parts: ProposalParts;
  try {
    parts = readParts(signed);
  } catch (error) {
    throw invalid(`failed to unpack transaction proposal: ${String(error)}`);
  }
  const { channel, signature, header, payload, spec } = parts;
  if (channel.getChannelId() !== CHANNEL)
    throw invalid(`channel ${channel.getChannelId()} unknown`);
  const creator = signature.getCreator_asU8();
  const txId = transactionId(signature);
  if (channel.getTxId() !== txId) throw invalid('incorrectly computed transaction id');
  const identity = membership.identify(creator);
  const isClient = identity?.role === 'client' || identity?.role === 'admin';
  const { proposalBytes, proposalSignature } = parts;
  if (!isClient || !identity.hasSigned(proposalSignature, proposalBytes)) {
    const words =
      'error validating proposal: access denied: creator is not a client of the channel';
    throw new GatewayError(status.PERMISSION_DENIED, words);
  }
  return {
    txId,
    chaincode: spec.getChaincodeId()?.getName() ?? '',
    input: spec.getInput() ?? new peer.ChaincodeInput(),
    isAdmin: identity.role === 'admin',
    signed,
    header,
    payload,
    hash: proposalHash(header, payload),
  };
}

/** `hex(SHA-256(nonce || creator))`: nobody can choose the id of a transaction. */
export function transactionId(signature: common.SignatureHeader): string {
  return sha256(signature.getNonce_asU8(), signature.getCreator_asU8()).toString('hex');
}

export function proposalHash(header: common.Header, payload: Uint8Array): Buffer {
  return sha256(header.getChannelHeader_asU8(), header.getSignatureHeader_asU8(), payload);
}

interface ProposalParts {
  readonly proposalBytes: Uint8Array;
  readonly proposalSignature: Uint8Array;
  readonly header: common.Header;
  readonly channel: common.ChannelHeader;
  readonly signature: common.SignatureHeader;
  readonly payload: Uint8Array;
  readonly spec: peer.ChaincodeSpec;
}

function readParts(signed: peer.SignedProposal): ProposalParts {
  const proposalBytes = signed.getProposalBytes_asU8();
  const proposal = peer.Proposal.deserializeBinary(proposalBytes);
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const call = peer.ChaincodeProposalPayload.deserializeBinary(proposal.getPayload_asU8());
  const invocation = peer.ChaincodeInvocationSpec.deserializeBinary(call.getInput_asU8());
  call.getTransientmapMap().clear();
  return {
    proposalBytes,
    proposalSignature: signed.getSignature_asU8(),
    header,
    channel: common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8()),
    signature: common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8()),
    payload: call.serializeBinary(),
    spec: invocation.getChaincodeSpec() ?? new peer.ChaincodeSpec(),
  };
}

function invalid(words: string): GatewayError {
  return new GatewayError(status.INVALID_ARGUMENT, words);
}
