import { common, ledger, peer } from '@hyperledger/fabric-protos';
import { proposalHash, transactionId } from './proposal.ts';

type KeyValueSet = ledger.rwset.kvrwset.KVRWSet;

/** An endorsed transaction as it stands in a block, read but not believed. */
export interface OpenTransaction {
  readonly txId: string;
  readonly channelId: string;
  readonly creator: Uint8Array;
  /** Whether the id and the proposal's hash are those that the parts lead to. */
  readonly isConsistent: boolean;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly endorsed: Uint8Array;
  readonly endorsements: readonly peer.Endorsement[];
  readonly chaincode: string;
  readonly sets: ReadonlyMap<string, KeyValueSet>;
  readonly event: peer.ChaincodeEvent | undefined;
}

/** Undefined for an envelope that is not an endorsed transaction. */
export function openTransaction(bytes: Uint8Array): OpenTransaction | undefined {
  try {
    return readTransaction(common.Envelope.deserializeBinary(bytes));
  } catch {
    return undefined;
  }
}

function readTransaction(envelope: common.Envelope): OpenTransaction | undefined {
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const header = payload.getHeader();
  if (header === undefined) return undefined;
  const channel = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  if (channel.getType() !== common.HeaderType.ENDORSER_TRANSACTION) return undefined;
  const signature = common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8());
  const transaction = peer.Transaction.deserializeBinary(payload.getData_asU8());
  const [action, ...others] = transaction.getActionsList();
  if (action === undefined || others.length > 0) return undefined;
  const call = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8());
  const endorsed = call.getAction()?.getProposalResponsePayload_asU8() ?? new Uint8Array();
  const response = peer.ProposalResponsePayload.deserializeBinary(endorsed);
  const result = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
  const hash = proposalHash(header, call.getChaincodeProposalPayload_asU8());
  const event = result.getEvents_asU8();
  return {
    txId: channel.getTxId(),
    channelId: channel.getChannelId(),
    creator: signature.getCreator_asU8(),
    isConsistent:
      channel.getTxId() === transactionId(signature) &&
      hash.equals(response.getProposalHash_asU8()),
    payload: envelope.getPayload_asU8(),
    signature: envelope.getSignature_asU8(),
    endorsed,
    endorsements: call.getAction()?.getEndorsementsList() ?? [],
    chaincode: result.getChaincodeId()?.getName() ?? '',
    sets: readSets(result.getResults_asU8()),
    event: event.length === 0 ? undefined : peer.ChaincodeEvent.deserializeBinary(event),
  };
}

function readSets(results: Uint8Array): Map<string, KeyValueSet> {
  const all = ledger.rwset.TxReadWriteSet.deserializeBinary(results);
  return new Map(
    all.getNsRwsetList().map((set) => {
      const keyValues = ledger.rwset.kvrwset.KVRWSet.deserializeBinary(set.getRwset_asU8());
      return [set.getNamespace(), keyValues];
    }),
  );
}
