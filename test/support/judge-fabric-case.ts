import { fromHex } from '../../ledger/core/bytes.ts';
import type { FabricNetwork } from '../../ledger/core/fabric/network.ts';
import { readFabricReceipt } from '../../ledger/core/fabric/receipt.ts';
import {
  type FabricAnchor,
  type FabricFailure,
  verifyFabricReceipt,
} from '../../ledger/core/fabric/verify-receipt.ts';
import { type Primitives, portable } from '../../ledger/core/primitives.ts';
import type { FabricCase } from './fabric-cases.ts';

/** The network that the recorded blocks are of, as the manifest's policy has it. */
export function recordedNetwork(pinned: string): FabricNetwork {
  return {
    channel: 'anchors',
    chaincode: 'anchor',
    endorsement: { threshold: 2, organisations: ['PropertyMSP', 'AuditorMSP'] },
    pinned: fromHex(pinned),
  };
}

export function judgeFabricCase(
  { receipt, anchored, pinned }: FabricCase,
  primitives: Primitives = portable,
): FabricAnchor | FabricFailure {
  return verifyFabricReceipt(
    readFabricReceipt(receipt, ''),
    { ...anchored, root: fromHex(anchored.root) },
    recordedNetwork(pinned),
    primitives,
  );
}

/**
 * What a verdict says in the words of the manifest. Each of our codes, in the part of the receipt where
 * it was found, stands for one of its reasons and no other.
 */
export function inWordsOfManifest(verdict: FabricAnchor | FabricFailure): string {
  if (verdict.ok) return `${verdict.validity} ${verdict.transactionId}`;
  const { part } = verdict.params;
  const found = `${verdict.code} ${String(part).replace(/\/.*/, '')}`;
  return REASONS[found] ?? found;
}

const REASONS: Readonly<Record<string, string>> = {
  'fabric-format block': 'DECODE',
  'fabric-pinned-hash config': 'PINNED_HASH',
  'fabric-quorum config': 'CONFIG_QUORUM',
  'fabric-quorum block': 'ORDERER_QUORUM',
  'fabric-last-config block': 'LAST_CONFIG',
  'fabric-data-hash block': 'DATA_HASH',
  'fabric-envelope block': 'ENVELOPE_FORM',
  'fabric-channel block': 'CHANNEL',
  'fabric-chaincode block': 'CHAINCODE',
  'fabric-proposal-hash block': 'PROPOSAL_HASH',
  'fabric-endorsements block': 'ENDORSEMENT_POLICY',
  'fabric-creator block': 'CREATOR_SIGNATURE',
  'fabric-write-set block': 'WRITE_SET',
  'fabric-endorsements validity': 'VALIDITY_ENDORSEMENTS',
  'fabric-statement-key validity': 'VALIDITY_KEY',
  'fabric-statement-absent validity': 'VALIDITY_ABSENT',
  'fabric-statement-version validity': 'VALIDITY_VERSION',
};
