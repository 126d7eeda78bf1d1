import { createPrivateKey } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, hash, signers } from '@hyperledger/fabric-gateway';
import { CHAINCODE_NAME } from '../anchor-record.ts';
import type { Identity } from './certificates.ts';
import { CHANNEL } from './plan.ts';

/** Where an organisation's clients connect, and whom they believe to be there. */
export interface GatewayEnd {
  readonly address: string;
  readonly tls: GatewayTls;
}

export interface GatewayTls {
  /** PEM. */
  readonly rootCertificate: string;
  /** The name in the certificate, where the address is a number (`grpc.ssl_target_name_override`). */
  readonly hostnameOverride: string;
}

/**
 * Resolves when this gateway gets endorsements of both organisations. Ports are open long before that:
 * peers first have to learn of each other and of the contract.
 */
export async function awaitEndorsement(end: GatewayEnd, identity: Identity): Promise<void> {
  const root = Buffer.from(end.tls.rootCertificate);
  const client = new Client(end.address, credentials.createSsl(root), {
    'grpc.ssl_target_name_override': end.tls.hostnameOverride,
    // After a refused connection the next one is tried at once, not after a second.
    'grpc.initial_reconnect_backoff_ms': POLL_MS,
  });
  const gateway = connect({
    client,
    identity: { mspId: identity.mspId, credentials: Buffer.from(identity.certificate) },
    signer: signers.newPrivateKeySigner(createPrivateKey(identity.key)),
    hash: hash.sha256,
    endorseOptions: () => ({ deadline: Date.now() + CALL_MS }),
  });
  const contract = gateway.getNetwork(CHANNEL).getContract(CHAINCODE_NAME);
  const deadline = Date.now() + READY_MS;
  try {
    for (;;) {
      try {
        await contract.newProposal('Latest', { arguments: ['readiness'] }).endorse();
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
      await wait(POLL_MS);
    }
  } finally {
    gateway.close();
    client.close();
  }
}

const POLL_MS = 50;
const CALL_MS = 5000;
const READY_MS = 90_000;
