import { createPrivateKey } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import {
  type Contract,
  connect,
  type Gateway,
  GatewayError,
  hash,
  signers,
  type Transaction,
} from '@hyperledger/fabric-gateway';
import { gateway as messages, msp } from '@hyperledger/fabric-protos';
import { Refusal } from '../../core/refusal.ts';
import { ChainUnavailable } from '../chain.ts';
import type { FabricConnection } from './connection.ts';

/** Deadlines of the calls; a network that is well answers in some milliseconds. */
const DEADLINE_MS = { evaluate: 5_000, endorse: 15_000, submit: 15_000 } as const;
/** Peers are some milliseconds apart now and then; then their answers differ, or one of them refuses. */
const MOST_ENDORSEMENTS = 4;
const PEERS_APART_MS = 20;

/** Unless told, a connection that was lost for long is tried every two minutes only. */
const RECONNECTING = {
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2_000,
} as const;

/** The client library of Fabric, with our deadlines, and errors that say what they mean. */
export class GatewayLink {
  readonly #client: Client;
  readonly #gateway: Gateway;
  readonly #contract: Contract;
  readonly #connection: FabricConnection;
  /** How each call under way is ended. */
  readonly #underWay = new Set<(reason: Error) => void>();

  constructor(connection: FabricConnection) {
    this.#connection = connection;
    const { address, tls, identity, network } = connection;
    this.#client = new Client(
      address,
      tls === undefined
        ? credentials.createInsecure()
        : credentials.createSsl(Buffer.from(tls.rootCertificate)),
      {
        ...RECONNECTING,
        ...(tls?.hostname && { 'grpc.ssl_target_name_override': tls.hostname }),
      },
    );
    const within = (ms: number) => () => ({ deadline: Date.now() + ms });
    this.#gateway = connect({
      client: this.#client,
      identity: { mspId: identity.mspId, credentials: Buffer.from(identity.certificate) },
      signer: signers.newPrivateKeySigner(createPrivateKey(identity.key)),
      hash: hash.sha256,
      evaluateOptions: within(DEADLINE_MS.evaluate),
      endorseOptions: within(DEADLINE_MS.endorse),
      submitOptions: within(DEADLINE_MS.submit),
    });
    this.#contract = this.#gateway.getNetwork(network.channel).getContract(network.chaincode);
  }

  /** Asks our own peer. Refuses what the contract refuses. */
  evaluate(name: string, ...args: readonly string[]): Promise<Uint8Array> {
    return this.#told(() => this.#contract.evaluateTransaction(name, ...args));
  }

  /** Asks the system's chaincode `qscc` or `cscc` of our own peer about the channel. */
  ask(chaincode: 'qscc' | 'cscc', name: string, ...args: readonly string[]): Promise<Uint8Array> {
    const { channel } = this.#connection.network;
    const contract = this.#gateway.getNetwork(channel).getContract(chaincode);
    return this.#told(() => contract.evaluateTransaction(name, channel, ...args));
  }

  /** The endorsement of a call, and the bytes of the proposal that was sent. */
  async endorse(name: string, ...args: readonly string[]): Promise<Endorsed> {
    for (let tries = 1; ; tries += 1) {
      const proposal = this.#contract.newProposal(name, { arguments: [...args] });
      try {
        const transaction = await this.#told(() => proposal.endorse());
        return { proposal: proposal.getBytes(), transaction };
      } catch (error) {
        // A peer that is behind refuses what the others would endorse: only in the end it means it.
        const isApart =
          error instanceof Refusal ||
          (error instanceof ChainUnavailable && /do not match/i.test(error.message));
        if (!isApart || tries === MOST_ENDORSEMENTS) throw error;
        await delay(PEERS_APART_MS * tries);
      }
    }
  }

  async submit(bytes: Uint8Array): Promise<void> {
    await this.#told(() => this.#gateway.newTransaction(bytes).submit());
  }

  /** The status of a transaction once it is committed; waits for it until the deadline. */
  commitStatus(transactionId: string, patienceMs: number) {
    const identity = new msp.SerializedIdentity();
    identity.setMspid(this.#connection.identity.mspId);
    identity.setIdBytes(Buffer.from(this.#connection.identity.certificate));
    const request = new messages.CommitStatusRequest();
    request.setTransactionId(transactionId);
    request.setChannelId(this.#connection.network.channel);
    request.setIdentity(identity.serializeBinary());
    const signed = new messages.SignedCommitStatusRequest();
    signed.setRequest(request.serializeBinary());
    const commit = this.#gateway.newCommit(signed.serializeBinary());
    return this.#told(() => commit.getStatus({ deadline: Date.now() + patienceMs }));
  }

  /** What is under way fails at once: the library's own calls would go on to their deadlines. */
  close(): void {
    const reason = new ChainUnavailable('The connection to the gateway was closed.');
    for (const end of this.#underWay) end(reason);
    this.#gateway.close();
    this.#client.close();
  }

  async #told<T>(call: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#underWay.add(reject);
    told(call).then(resolve, reject);
    try {
      return await promise;
    } finally {
      this.#underWay.delete(reject);
    }
  }
}

export interface Endorsed {
  /** `gateway.ProposedTransaction` */
  readonly proposal: Uint8Array;
  readonly transaction: Transaction;
}

/** What a chaincode says no with: `<code>: <words>`. */
const REFUSED = /chaincode response 500, (?<code>[a-z][a-z0-9]*(?:-[a-z0-9]+)+): (?<words>[^\n]*)/;

/** An error of the library as one of ours. Words of peers that did not refuse are for the operator. */
async function told<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const said = [error.message, ...error.details.map(({ message }) => message)].join('; ');
    const { code, words = '' } = REFUSED.exec(said)?.groups ?? {};
    if (code !== undefined) throw new Refusal(code, words, {});
    throw new ChainUnavailable(said.slice(0, 1000), { cause: error });
  }
}
