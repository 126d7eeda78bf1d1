import { join, resolve } from 'node:path';

/** Who takes part in a network, and where each of its programs runs. */
export interface NetworkPlan {
  /** Holds certificates, keys, settings and, on one machine, ledgers; every node sees it there. */
  readonly folder: string;
  /** One machine plays every organisation, and the channel configuration says so. */
  readonly isDevelopment: boolean;
  readonly orderers: readonly OrdererPlan[];
  readonly peers: readonly PeerPlan[];
}

/** A program that listens. `host` is what others call, `listen` what it binds. */
export interface NodePlan {
  readonly name: string;
  readonly host: string;
  readonly listen: string;
  readonly port: number;
}

/** An orderer is a consenter with an organisation of its own. */
export interface OrdererPlan extends NodePlan {
  readonly mspId: string;
  readonly domain: string;
  /** In the channel configuration, from 1. */
  readonly consenterId: number;
  readonly adminPort: number;
  readonly dataFolder: string;
}

export interface PeerPlan extends NodePlan {
  readonly mspId: string;
  readonly domain: string;
  readonly dataFolder: string;
  /** Folder with `bin/detect`, `bin/build` and `bin/release` as the peer sees it. */
  readonly builder: string;
  readonly contract: ContractPlan;
}

/** The contract's server. Its certificates come from an authority that the channel does not know. */
export interface ContractPlan extends NodePlan {
  readonly domain: string;
}

/** Where a network runs: what has to stay the same as long as its ledgers live. */
export type Placement =
  | { readonly kind: 'loopback'; readonly firstPort: number; readonly isDevelopment: boolean }
  | { readonly kind: 'containers'; readonly isDevelopment: boolean };

export const CHANNEL = 'anchors';
export const CONTRACT_VERSION = '1';
export const ENDORSEMENT_POLICY = "AND('PropertyMSP.peer','AuditorMSP.peer')";
/** By number: a name could be resolved to something else. */
export const LOOPBACK = '127.0.0.1';
/** In every certificate too, since TLS libraries want a name. */
export const LOCAL_NAME = 'localhost';
/** What the consortium of a channel is called whose organisations one machine plays. */
export const DEVELOPMENT_MARK = 'billproof-development';

const ORDERERS = ['Property', 'Auditor', 'Tenants', 'Notary'];
const PEERS = ['Property', 'Auditor'];
const PORTS_OF_ORDERER = 2;
const PORTS_OF_PEER = 2;
/** Consecutive ports that a network on one machine takes. */
export const PORT_COUNT = ORDERERS.length * PORTS_OF_ORDERER + PEERS.length * PORTS_OF_PEER;

/** `builder` is the peer's builder for chaincode as a service, on this machine; images have theirs. */
export function planNetwork(folder: string, placement: Placement, builder = ''): NetworkPlan {
  const root = resolve(folder);
  const place = placement.kind === 'containers' ? inContainers : onLoopback(root, placement);
  const { isDevelopment } = placement;
  return {
    folder: root,
    isDevelopment,
    orderers: ORDERERS.map((label, index) => {
      const name = `orderer-${label.toLowerCase()}`;
      const { port, second, ...where } = place(name, index * PORTS_OF_ORDERER, ORDERER_PORTS);
      const domain = `${label.toLowerCase()}-orderer.test`;
      const member = { mspId: `${label}OrdererMSP`, domain, consenterId: index + 1 };
      return { name, ...member, ...where, port, adminPort: second };
    }),
    peers: PEERS.map((label, index) => {
      const first = ORDERERS.length * PORTS_OF_ORDERER + index * PORTS_OF_PEER;
      const at = (name: string) => place(name, first, PEER_PORTS);
      return planPeer(label, at, placement.kind === 'containers' ? IMAGE_BUILDER : builder);
    }),
  };
}

/** One more organisation of peers, on a machine of its own that others call `host`. */
export function planMember(
  label: string,
  folder: string,
  { host, port, builder }: { host: string; port: number; builder: string },
): NetworkPlan {
  const dataFolder = resolve(folder, 'data');
  const at = (): Place => ({ host, listen: '0.0.0.0', port, second: port + 1, dataFolder });
  const peers = [planPeer(label, at, builder)];
  return { folder: resolve(folder), isDevelopment: false, orderers: [], peers };
}

function planPeer(label: string, place: (name: string) => Place, builder: string): PeerPlan {
  const organisation = label.toLowerCase();
  const name = `peer-${organisation}`;
  const { second, ...where } = place(name);
  const contractName = `chaincode-${organisation}`;
  const { host, listen } = place(contractName);
  const domain = `chaincode.${organisation}.test`;
  const contract = { name: contractName, domain, host, listen, port: second };
  return {
    name,
    mspId: `${label}MSP`,
    domain: `${organisation}.test`,
    ...where,
    builder,
    contract,
  };
}

/** Names of everything that runs, in the order of its start. */
export function nodeNames({ orderers, peers }: NetworkPlan): string[] {
  return [
    ...orderers.map(({ name }) => name),
    ...peers.map(({ contract }) => contract.name),
    ...peers.map(({ name }) => name),
  ];
}

/** Where the official peer image has its builder. */
const IMAGE_BUILDER = '/opt/hyperledger/ccaas_builder';

interface Place {
  readonly host: string;
  readonly listen: string;
  readonly port: number;
  readonly second: number;
  readonly dataFolder: string;
}

/** The ports of a container are its own: every container of a kind has the same. */
type Ports = readonly [port: number, second: number];
const ORDERER_PORTS: Ports = [7050, 7053];
const PEER_PORTS: Ports = [7051, 9999];

function inContainers(name: string, _offset: number, [port, second]: Ports): Place {
  const dataFolder = '/var/hyperledger/production';
  return { host: name, listen: '0.0.0.0', port, second, dataFolder };
}

function onLoopback(folder: string, { firstPort }: { readonly firstPort: number }) {
  return (name: string, offset: number): Place => ({
    host: LOOPBACK,
    listen: LOOPBACK,
    port: firstPort + offset,
    second: firstPort + offset + 1,
    dataFolder: join(folder, 'data', name),
  });
}
