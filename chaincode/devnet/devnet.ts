import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { gateway } from '@hyperledger/fabric-protos';
import { CHAINCODE_NAME } from '../anchor-record.ts';
import { blockHash, headerOf } from './block.ts';
import { BlockFile } from './block-file.ts';
import { Chain } from './chain.ts';
import { ChaincodeProcess } from './chaincode-process.ts';
import { ChaincodeStream } from './chaincode-stream.ts';
import { CHANNEL, HOST } from './channel.ts';
import { Endorser } from './endorser.ts';
import { type Fault, FaultMenu } from './faults.ts';
import { lockFolder } from './folder-lock.ts';
import { gatewayCalls } from './gateway-calls.ts';
import { genesisBlock } from './genesis.ts';
import { Membership } from './membership.ts';
import { Orderer } from './orderer.ts';
import { openOrganisations, type PeerOrganisation } from './organisations.ts';
import { sha256 } from './signing.ts';

export interface DevnetOptions {
  /**
   * Holds keys and blocks; it is made where it is missing. One network a folder, one process at a
   * time.
   */
  readonly folder: string;
  /** Of the gateway, on the loopback address; any free one when not told. */
  readonly port?: number;
  /** Faults that happen from the start. */
  readonly faults?: readonly Fault[];
  readonly now?: () => Date;
}

/** What a client needs to connect as one organisation. */
export interface DevnetIdentity {
  readonly mspId: string;
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

export interface Devnet {
  /** `<host>:<port>` of the gateway, without TLS: it never leaves this machine. */
  readonly address: string;
  readonly channel: string;
  readonly chaincode: string;
  /** Hex SHA-256 of the header of the genesis block: what receipts are pinned to. */
  readonly genesisHash: string;
  /** Serialized configuration block. */
  readonly genesis: Uint8Array;
  /** Clients and administrators by organisation. */
  readonly organisations: readonly {
    readonly mspId: string;
    readonly client: DevnetIdentity;
    readonly admin: DevnetIdentity;
  }[];
  readonly height: number;
  /** `<host>:<port>` of the chaincode process. */
  readonly contractAddress: string;
  /**
   * Lets a fault happen: `chaincode-gone` at once, any other to the next calls that it concerns.
   */
  fault(fault: Fault, times?: number): void;
  /** Kills the chaincode process; calls fail until it is started. */
  stopChaincode(): Promise<void>;
  startChaincode(): Promise<void>;
  /** Ends all of it. What was told to be committed stays. */
  stop(): Promise<void>;
}

/**
 * Starts the development network: peers, orderers, gateway, and the real contract in its process.
 */
export async function startDevnet(options: DevnetOptions): Promise<Devnet> {
  const closing: Closing = [];
  try {
    return await assemble(options, closing);
  } catch (error) {
    await closeAll(closing);
    throw error;
  }
}

/** What has to be closed, in the order of its opening. */
type Closing = (() => void | Promise<void>)[];

async function assemble(
  { folder, port = 0, faults: first = [], now = () => new Date() }: DevnetOptions,
  closing: Closing,
): Promise<Devnet> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  closing.push(lockFolder(folder));
  const organisations = openOrganisations(folder, now);
  const genesis = genesisBlock(organisations);
  const membership = new Membership(organisations);
  const file = await BlockFile.open(join(folder, 'blocks'));
  closing.push(() => file.close());
  const chain = await Chain.open(file, genesis, {
    membership,
    endorsers: organisations.peers.map(({ mspId }) => mspId),
    chaincode: CHAINCODE_NAME,
  });
  const contract = await ChaincodeProcess.start(PACKAGE_ID);
  closing.push(() => contract.stop());
  const faults = new FaultMenu();
  for (const fault of first) faults.set(fault);
  const peers = organisations.peers.map((organisation) => {
    const chaincode = new ChaincodeStream(contract.address);
    closing.push(() => chaincode.close());
    return { organisation, chaincode };
  });
  const orderer = new Orderer(chain, organisations.orderers);
  closing.push(() => orderer.stop());
  const parts = { peers, chaincode: CHAINCODE_NAME, state: chain.state, faults };
  const endorser = new Endorser(parts);
  const server = new Server();
  const calls = gatewayCalls({ membership, endorser, orderer, chain, faults });
  server.addService(gateway.GatewayService, calls);
  const bound = await bind(server, port);
  closing.push(() => server.forceShutdown());

  return {
    address: `${HOST}:${bound}`,
    channel: CHANNEL,
    chaincode: CHAINCODE_NAME,
    genesisHash: blockHash(headerOf(genesis)).toString('hex'),
    genesis: genesis.serializeBinary(),
    organisations: organisations.peers.map(identitiesOf),
    contractAddress: contract.address,
    get height() {
      return chain.height;
    },
    fault(fault, times) {
      if (fault.kind === 'chaincode-gone') contract.interrupt(fault.ms ?? CONTRACT_AWAY_MS);
      else faults.set(fault, times);
    },
    stopChaincode: () => contract.stop(),
    startChaincode: () => contract.start(),
    stop: () => closeAll(closing),
  };
}

async function closeAll(closing: Closing): Promise<void> {
  for (let close = closing.pop(); close !== undefined; close = closing.pop()) await close();
}

const CONTRACT_AWAY_MS = 2000;

/** A real package ID ends in the hash of the package; this network installs none. */
const PACKAGE_ID = `anchor_1:${sha256(Buffer.from(CHAINCODE_NAME)).toString('hex')}`;

function bind(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const plain = ServerCredentials.createInsecure();
    server.bindAsync(`${HOST}:${port}`, plain, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
}

function identitiesOf({ mspId, client, admin }: PeerOrganisation) {
  const identity = ({ certificate, key }: PeerOrganisation['client']): DevnetIdentity => ({
    mspId,
    certificate,
    key: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
  });
  return { mspId, client: identity(client), admin: identity(admin) };
}
