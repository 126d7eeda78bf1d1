import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hex } from '../../ledger/core/bytes.ts';
import { readBlock } from '../../ledger/core/fabric/block.ts';
import { portable } from '../../ledger/core/primitives.ts';
import { CHAINCODE_NAME } from '../anchor-record.ts';
import { type Identity, peerFiles, readIdentities } from './certificates.ts';
import { CHANNEL, LOCAL_NAME, type NetworkPlan } from './plan.ts';
import { awaitEndorsement, type GatewayEnd, type GatewayTls } from './readiness.ts';
import { genesisFile } from './set-up.ts';

/** What clients of the development network are told too, and TLS. */
export interface NetworkConnection {
  /** `<host>:<port>` of the first organisation's gateway. */
  readonly address: string;
  readonly tls: GatewayTls;
  readonly channel: string;
  readonly chaincode: string;
  /** Hex SHA-256 of the header of the genesis block: what receipts are pinned to. */
  readonly genesisHash: string;
  /** Serialized configuration block. */
  readonly genesis: Uint8Array;
  readonly organisations: readonly NetworkOrganisation[];
}

/** A peer organisation: its own gateway, and who signs for it. */
export interface NetworkOrganisation extends GatewayEnd {
  readonly mspId: string;
  readonly client: Identity;
  readonly admin: Identity;
}

/** From the files of a network that was set up. */
export function readConnection({ folder, peers }: NetworkPlan): NetworkConnection {
  const organisations = peers.map((peer) => ({
    mspId: peer.mspId,
    address: `${peer.host}:${peer.port}`,
    tls: {
      rootCertificate: readFileSync(peerFiles(folder, peer).tls.authority, 'utf8'),
      hostnameOverride: LOCAL_NAME,
    },
    ...readIdentities(folder, peer),
  }));
  const [first] = organisations;
  if (first === undefined) throw new Error('nobody takes part');
  const genesis = Uint8Array.from(readFileSync(genesisFile(folder)));
  return {
    address: first.address,
    tls: first.tls,
    channel: CHANNEL,
    chaincode: CHAINCODE_NAME,
    genesisHash: hex(readBlock(genesis, portable.sha256).hash),
    genesis,
    organisations,
  };
}

/** Resolves when every organisation's gateway gets endorsements of all of them. */
export async function awaitReady({ organisations }: NetworkConnection): Promise<void> {
  await Promise.all(organisations.map((end) => awaitEndorsement(end, end.client)));
}

/**
 * Writes `organisations.json`, with keys, for whoever acts for these organisations; answers the part
 * without keys.
 */
export function writeConnection(folder: string, connection: NetworkConnection): string {
  const { address, tls, channel, chaincode, genesisHash, organisations: peers } = connection;
  const told = { address, tls, channel, chaincode, genesisHash };
  const file = join(folder, 'organisations.json');
  writeFileSync(file, JSON.stringify({ ...told, peers }), { mode: 0o600 });
  return JSON.stringify(told);
}
