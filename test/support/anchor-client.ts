import { createPrivateKey } from 'node:crypto';
import { Client, credentials } from '@grpc/grpc-js';
import { type Contract, connect, type Gateway, hash, signers } from '@hyperledger/fabric-gateway';
import type { Devnet, DevnetIdentity } from '../../chaincode/devnet/devnet.ts';
import type { GatewayTls } from '../../chaincode/network/readiness.ts';

/** Where a network is found; without `tls` it is the development network. */
export type NetworkAddress = Pick<Devnet, 'address' | 'channel' | 'chaincode'> & {
  readonly tls?: GatewayTls;
};

/** The unmodified client of Fabric, connected to a network as one identity. */
export interface AnchorClient {
  readonly gateway: Gateway;
  readonly contract: Contract;
  /** Answers of the ledger's own queries. */
  readonly ledger: Contract;
  close(): void;
}

export function connectAnchorClient(
  { address, channel, chaincode, tls }: NetworkAddress,
  { mspId, certificate, key }: DevnetIdentity,
): AnchorClient {
  const client =
    tls === undefined
      ? new Client(address, credentials.createInsecure())
      : new Client(address, credentials.createSsl(Buffer.from(tls.rootCertificate)), {
          'grpc.ssl_target_name_override': tls.hostnameOverride,
        });
  const gateway = connect({
    client,
    identity: { mspId, credentials: Buffer.from(certificate) },
    signer: signers.newPrivateKeySigner(createPrivateKey(key)),
    hash: hash.sha256,
  });
  const network = gateway.getNetwork(channel);
  return {
    gateway,
    contract: network.getContract(chaincode),
    ledger: network.getContract('qscc'),
    close() {
      gateway.close();
      client.close();
    },
  };
}
