import { join } from 'node:path';
import { contractFiles, ordererFiles, peerFiles } from './certificates.ts';
import {
  type ContractPlan,
  LOOPBACK,
  type NetworkPlan,
  type OrdererPlan,
  type PeerPlan,
} from './plan.ts';

/** A settings file and where it belongs, in a folder that `FABRIC_CFG_PATH` then names. */
export interface SettingsFile {
  readonly path: string;
  readonly text: string;
}

export function settingsFolder(folder: string, name: string): string {
  return join(folder, 'settings', name);
}

/** The folder of an organisation's administrator, for the `peer` command. */
export function adminFolder(folder: string, { name }: PeerPlan): string {
  return settingsFolder(folder, `admin-of-${name}`);
}

/**
 * `orderer.yaml` and `core.yaml` of every node and administrator. What is not said is as Fabric has
 * it in its code; the text is JSON, which is YAML too.
 */
export function nodeSettings(plan: NetworkPlan): SettingsFile[] {
  const { folder, orderers, peers } = plan;
  const file = (path: string, name: string, settings: object): SettingsFile => ({
    path: join(path, name),
    text: JSON.stringify(settings, null, 2),
  });
  return [
    ...orderers.map((orderer) =>
      file(settingsFolder(folder, orderer.name), 'orderer.yaml', ordererSettings(folder, orderer)),
    ),
    ...peers.flatMap((peer) => [
      file(settingsFolder(folder, peer.name), 'core.yaml', peerSettings(folder, peer)),
      file(adminFolder(folder, peer), 'core.yaml', adminSettings(folder, peer)),
    ]),
  ];
}

/** Of a contract's server (`chaincode/config.ts`), all but the package identifier. */
export function contractVariables(folder: string, contract: ContractPlan) {
  const { server } = contractFiles(folder, contract);
  return {
    CHAINCODE_SERVER_ADDRESS: `${contract.listen}:${contract.port}`,
    CHAINCODE_TLS_KEY: server.key,
    CHAINCODE_TLS_CERT: server.certificate,
    CHAINCODE_CLIENT_CA_CERT: server.authority,
  };
}

/** Any port that is free, on this machine only: nobody asks there. */
const UNUSED = `${LOOPBACK}:0`;

function ordererSettings(folder: string, orderer: OrdererPlan) {
  const { node, tls } = ordererFiles(folder, orderer);
  const server = { Enabled: true, PrivateKey: tls.key, Certificate: tls.certificate };
  return {
    General: {
      ListenAddress: orderer.listen,
      ListenPort: orderer.port,
      LocalMSPID: orderer.mspId,
      LocalMSPDir: node,
      BootstrapMethod: 'none',
      TLS: { ...server, RootCAs: [tls.authority] },
      BCCSP: SOFTWARE,
    },
    FileLedger: { Location: orderer.dataFolder },
    Consensus: {
      WALDir: join(orderer.dataFolder, 'wal'),
      SnapDir: join(orderer.dataFolder, 'snapshots'),
    },
    Operations: { ListenAddress: UNUSED },
    Metrics: { Provider: 'disabled' },
    // Whoever joins or removes channels shows a certificate of the orderer's own organisation.
    Admin: {
      ListenAddress: `${orderer.listen}:${orderer.adminPort}`,
      TLS: { ...server, ClientAuthRequired: true, ClientRootCAs: [tls.authority] },
    },
    ChannelParticipation: { Enabled: true, MaxRequestBodySize: '1 MB' },
  };
}

function peerSettings(folder: string, peer: PeerPlan) {
  const { node, tls } = peerFiles(folder, peer);
  const address = `${peer.host}:${peer.port}`;
  return {
    peer: {
      id: peer.name,
      networkId: 'billproof',
      address,
      listenAddress: `${peer.listen}:${peer.port}`,
      // Contracts are served, never started: nothing calls the peer for one.
      chaincodeListenAddress: UNUSED,
      localMspId: peer.mspId,
      mspConfigPath: node,
      fileSystemPath: peer.dataFolder,
      tls: tlsSettings(tls),
      gossip: { ...GOSSIP, bootstrap: address, externalEndpoint: address },
      gateway: {
        enabled: true,
        endorsementTimeout: '30s',
        broadcastTimeout: '30s',
        dialTimeout: '2m',
      },
      discovery: { enabled: true, authCacheEnabled: true },
      // A transaction's time is within a quarter of an hour of the clock of every honest peer.
      authentication: { timewindow: '15m' },
      handlers: HANDLERS,
      deliveryclient: { blockGossipEnabled: false, policy: 'cluster' },
      BCCSP: SOFTWARE,
    },
    vm: { endpoint: '' },
    chaincode: {
      mode: 'net',
      installTimeout: '300s',
      startuptimeout: '300s',
      executetimeout: '30s',
      system: { _lifecycle: 'enable', cscc: 'enable', lscc: 'enable', qscc: 'enable' },
      externalBuilders: [{ name: 'ccaas', path: peer.builder }],
      logging: { level: 'warning', shim: 'warning' },
    },
    ledger: {
      state: { stateDatabase: 'goleveldb', totalQueryLimit: 100_000 },
      history: { enableHistoryDatabase: false },
      snapshots: { rootDir: join(peer.dataFolder, 'snapshots') },
    },
    operations: { listenAddress: UNUSED },
    metrics: { provider: 'disabled' },
  };
}

/** What the `peer` command needs to act for an organisation at its own peer. */
function adminSettings(folder: string, peer: PeerPlan) {
  const { admin, tls } = peerFiles(folder, peer);
  return {
    peer: {
      address: `${peer.host}:${peer.port}`,
      localMspId: peer.mspId,
      mspConfigPath: admin,
      tls: tlsSettings(tls),
      client: { connTimeout: '3s' },
      BCCSP: SOFTWARE,
    },
  };
}

function tlsSettings({ certificate, key, authority }: ReturnType<typeof peerFiles>['tls']) {
  return {
    enabled: true,
    cert: { file: certificate },
    key: { file: key },
    rootcert: { file: authority },
  };
}

const SOFTWARE = { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } };

/** With Fabric's own times, peers of two organisations find each other after half a minute. */
const GOSSIP = {
  useLeaderElection: false,
  orgLeader: true,
  reconnectInterval: '1s',
  aliveTimeInterval: '1s',
  aliveExpirationTimeout: '6s',
  publishStateInfoInterval: '1s',
  requestStateInfoInterval: '1s',
  membershipTrackerInterval: '1s',
};

const HANDLERS = {
  authFilters: [{ name: 'DefaultAuth' }, { name: 'ExpirationCheck' }, { name: 'TimeWindowCheck' }],
  decorators: [{ name: 'DefaultDecorator' }],
  endorsers: { escc: { name: 'DefaultEndorsement' } },
  validators: { vscc: { name: 'DefaultValidation' } },
};
