import { type ledger, peer } from '@hyperledger/fabric-protos';
import { CHANNEL } from './channel.ts';
import type { Membership } from './membership.ts';
import { LIFECYCLE_NAMESPACE } from './simulation.ts';
import type { OpenTransaction } from './transaction.ts';
import { isSameVersion, type Version, type WorldState } from './world-state.ts';

/** Fabric's number for what became of a transaction; 0 is valid. */
export type ValidationCode = peer.TxValidationCodeMap[keyof peer.TxValidationCodeMap];

export const { TxValidationCode } = peer;

/** What the rules of the channel compare a transaction with. */
export interface Rules {
  readonly membership: Membership;
  /** Organisations that have to endorse, each by a peer of its own. */
  readonly endorsers: readonly string[];
  readonly chaincode: string;
}

/**
 * Everything about a transaction that needs no state: who has made it, and whether each
 * organisation has signed its results.
 */
export function checkSignatures(
  transaction: OpenTransaction | undefined,
  { membership, endorsers, chaincode }: Rules,
): ValidationCode {
  if (transaction === undefined) return TxValidationCode.BAD_PAYLOAD;
  const { creator, signature, payload, endorsed } = transaction;
  if (transaction.channelId !== CHANNEL) return TxValidationCode.TARGET_CHAIN_NOT_FOUND;
  const identity = membership.identify(creator);
  const isClient = identity?.role === 'client' || identity?.role === 'admin';
  if (!isClient || !identity.hasSigned(signature, payload)) {
    return TxValidationCode.BAD_CREATOR_SIGNATURE;
  }
  if (!transaction.isConsistent) return TxValidationCode.INVALID_ENDORSER_TRANSACTION;
  const namespaces = [...transaction.sets.keys()];
  const own = [LIFECYCLE_NAMESPACE, chaincode];
  if (transaction.chaincode !== chaincode || !namespaces.every((name) => own.includes(name))) {
    return TxValidationCode.INVALID_CHAINCODE;
  }
  const signers = transaction.endorsements.flatMap((endorsement) => {
    const endorser = membership.identify(endorsement.getEndorser_asU8());
    const signed = [endorsed, endorsement.getEndorser_asU8()];
    const isPeer = endorser?.role === 'peer';
    return isPeer && endorser.hasSigned(endorsement.getSignature_asU8(), ...signed)
      ? [endorser.mspId]
      : [];
  });
  return endorsers.every((mspId) => signers.includes(mspId))
    ? TxValidationCode.VALID
    : TxValidationCode.ENDORSEMENT_POLICY_FAILURE;
}

/**
 * Whether all that the transaction has read is still as it was (multi-version concurrency control).
 */
export function checkReads(
  { sets }: OpenTransaction,
  chaincode: string,
  state: WorldState,
): ValidationCode {
  for (const [namespace, set] of sets) {
    const isOwn = namespace === chaincode;
    const isCurrent = set.getReadsList().every((read) => {
      const current = isOwn ? state.get(read.getKey())?.version : undefined;
      return isSameVersion(versionOf(read), current);
    });
    if (!isCurrent) return TxValidationCode.MVCC_READ_CONFLICT;
    if (!set.getRangeQueriesInfoList().every((range) => isRangeCurrent(range, state))) {
      return TxValidationCode.PHANTOM_READ_CONFLICT;
    }
  }
  return TxValidationCode.VALID;
}

/** Puts the writes of a valid transaction into the state. */
export function applyWrites(
  { sets }: OpenTransaction,
  chaincode: string,
  state: WorldState,
  version: Version,
): void {
  for (const write of sets.get(chaincode)?.getWritesList() ?? []) {
    if (write.getIsDelete()) state.delete(write.getKey());
    else state.put(write.getKey(), Buffer.from(write.getValue_asU8()), version);
  }
}

function versionOf(read: ledger.rwset.kvrwset.KVRead): Version | undefined {
  const version = read.getVersion();
  if (version === undefined) return undefined;
  return { block: version.getBlockNum(), transaction: version.getTxNum() };
}

function isRangeCurrent(range: ledger.rwset.kvrwset.RangeQueryInfo, state: WorldState): boolean {
  const read = range.getRawReads()?.getKvReadsList() ?? [];
  const current = state.range(range.getStartKey(), range.getEndKey());
  return (
    read.length === current.length &&
    read.every((entry, index) => {
      const found = current[index];
      return entry.getKey() === found?.key && isSameVersion(versionOf(entry), found.version);
    })
  );
}
