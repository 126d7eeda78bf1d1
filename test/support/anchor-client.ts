import { createPrivateKey } from 'node:crypto';
import { Client, credentials } from '@grpc/grpc-js';
import { type Contract, connect, type Gateway, hash, signers } from '@hyperledger/fabric-gateway';
import type { Devnet, DevnetIdentity } from '../../chaincode/devnet/devnet.ts';

/** The unmodified client of Fabric, connected to a development network as one identity. */
export interface AnchorClient {
  readonly gateway: Gateway;
  readonly contract: Contract;
  /** Answers of the ledger's own queries. */
  readonly ledger: Contract;
  close(): void;
}

export function connectAnchorClient(
  devnet: Pick<Devnet, 'address' | 'channel' | 'chaincode'>,
  { mspId, certificate, key }: DevnetIdentity,
): AnchorClient {
  const client = new Client(devnet.address, credentials.createInsecure());
  const gateway = connect({
    client,
    identity: { mspId, credentials: Buffer.from(certificate) },
    signer: signers.newPrivateKeySigner(createPrivateKey(key)),
    hash: hash.sha256,
  });
  const network = gateway.getNetwork(devnet.channel);
  return {
    gateway,
    contract: network.getContract(devnet.chaincode),
    ledger: network.getContract('qscc'),
    close() {
      gateway.close();
      client.close();
    },
  };
}
