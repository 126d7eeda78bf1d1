import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ContractPlan,
  LOCAL_NAME,
  LOOPBACK,
  type NetworkPlan,
  type NodePlan,
  type OrdererPlan,
  type PeerPlan,
} from './plan.ts';

/** Names in the folders that `cryptogen` makes. */
const ORDERER_HOST = 'orderer';
const PEER_HOST = 'peer';
const CONTRACT_HOST = 'server';

/** Settings of `cryptogen`; the text is JSON, which is YAML too. */
export function cryptoSettings({ orderers, peers }: NetworkPlan): string {
  const specs = (Hostname: string, { host }: NodePlan) => [
    { Hostname, SANS: [...new Set([host, LOOPBACK, LOCAL_NAME])] },
  ];
  return JSON.stringify(
    {
      OrdererOrgs: orderers.map((orderer) => ({
        Name: orderer.mspId,
        Domain: orderer.domain,
        EnableNodeOUs: true,
        Specs: specs(ORDERER_HOST, orderer),
      })),
      PeerOrgs: peers.flatMap((peer) => [
        {
          Name: peer.mspId,
          Domain: peer.domain,
          EnableNodeOUs: true,
          Specs: specs(PEER_HOST, peer),
          Users: { Count: 1 },
        },
        {
          Name: `${peer.mspId}Chaincode`,
          Domain: peer.contract.domain,
          EnableNodeOUs: false,
          Specs: specs(CONTRACT_HOST, peer.contract),
          Users: { Count: 1 },
        },
      ]),
    },
    null,
    2,
  );
}

/** Where the certificates and keys of a network lie. */
export function cryptoFolder(folder: string): string {
  return join(folder, 'crypto');
}

/** Files of a TLS end. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

/** Files of an organisation and of its one node. */
export interface MemberFiles {
  /** Folders with certificates: of the organisation, of its node, of its administrator. */
  readonly organisation: string;
  readonly node: string;
  readonly admin: string;
  /** The node's own certificate. */
  readonly certificate: string;
  /** Of the organisation's authority for identities. */
  readonly authority: string;
  readonly tls: TlsFiles;
  readonly adminTls: TlsFiles;
}

export function ordererFiles(folder: string, { domain }: OrdererPlan): MemberFiles {
  return memberFiles(join(cryptoFolder(folder), 'ordererOrganizations', domain), domain, [
    'orderers',
    `${ORDERER_HOST}.${domain}`,
  ]);
}

export function peerFiles(folder: string, { domain }: PeerPlan): MemberFiles {
  return memberFiles(join(cryptoFolder(folder), 'peerOrganizations', domain), domain, [
    'peers',
    `${PEER_HOST}.${domain}`,
  ]);
}

/** The contract's server, and what its peer shows to be let in. */
export function contractFiles(folder: string, { domain }: ContractPlan) {
  const home = join(cryptoFolder(folder), 'peerOrganizations', domain);
  return {
    server: tlsFiles(join(home, 'peers', `${CONTRACT_HOST}.${domain}`, 'tls'), 'server'),
    client: tlsFiles(join(home, 'users', `User1@${domain}`, 'tls'), 'client'),
  };
}

/** What signs for an organisation. */
export interface Identity {
  readonly mspId: string;
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

export function readIdentities(folder: string, peer: PeerPlan) {
  return {
    client: readIdentity(folder, peer, 'User1'),
    admin: readIdentity(folder, peer, 'Admin'),
  };
}

function readIdentity(folder: string, peer: PeerPlan, user: string): Identity {
  const home = join(peerFiles(folder, peer).organisation, '..', 'users', `${user}@${peer.domain}`);
  return {
    mspId: peer.mspId,
    certificate: readOnly(join(home, 'msp', 'signcerts')),
    key: readOnly(join(home, 'msp', 'keystore')),
  };
}

/** The one file of a folder. */
function readOnly(folder: string): string {
  const [name, ...others] = readdirSync(folder);
  if (name === undefined || others.length > 0) throw new Error(`${folder} should hold one file`);
  return readFileSync(join(folder, name), 'utf8');
}

function memberFiles(home: string, domain: string, [kind, host]: [string, string]): MemberFiles {
  const node = join(home, kind, host);
  const admin = join(home, 'users', `Admin@${domain}`);
  return {
    organisation: join(home, 'msp'),
    node: join(node, 'msp'),
    admin: join(admin, 'msp'),
    certificate: join(node, 'msp', 'signcerts', `${host}-cert.pem`),
    authority: join(home, 'ca', `ca.${domain}-cert.pem`),
    tls: tlsFiles(join(node, 'tls'), 'server'),
    adminTls: tlsFiles(join(admin, 'tls'), 'client'),
  };
}

function tlsFiles(folder: string, end: 'server' | 'client'): TlsFiles {
  return {
    certificate: join(folder, `${end}.crt`),
    key: join(folder, `${end}.key`),
    authority: join(folder, 'ca.crt'),
  };
}
