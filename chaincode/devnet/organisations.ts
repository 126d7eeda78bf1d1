import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { msp } from '@hyperledger/fabric-protos';
import { type Issued, issueAuthority, issueMember, type Period, type Role } from './certificate.ts';

/** An identity with its key: in a real network each of them lies on a machine of its own. */
export interface Member {
  readonly mspId: string;
  /** PEM. */
  readonly certificate: string;
  readonly key: KeyObject;
  /** The serialized identity: what headers, endorsements and signatures name. */
  readonly identity: Buffer;
}

export interface OrdererOrganisation {
  readonly mspId: string;
  /** PEM of the authority. */
  readonly root: string;
  readonly orderer: Member;
  /** The consenter's number in the channel configuration, from 1. */
  readonly consenterId: number;
}

export interface PeerOrganisation {
  readonly mspId: string;
  readonly root: string;
  readonly peer: Member;
  readonly client: Member;
  readonly admin: Member;
}

export interface Organisations {
  readonly orderers: readonly OrdererOrganisation[];
  readonly peers: readonly PeerOrganisation[];
  /** When they were made: the time of the genesis block. */
  readonly since: Date;
}

/**
 * The organisations whose keys lie in the folder; they are made where there are none. All of them
 * belong to whoever reads the folder: that is what makes this network one for development only.
 */
export function openOrganisations(folder: string, now: () => Date): Organisations {
  const path = join(folder, FILE);
  if (!existsSync(path)) writeSecret(path, JSON.stringify(createOrganisations(now())));
  const stored: StoredOrganisations = JSON.parse(readFileSync(path, 'utf8'));
  return {
    since: new Date(stored.since),
    orderers: stored.orderers.map(({ mspId, root, orderer }, index) => ({
      mspId,
      root,
      orderer: memberOf(mspId, orderer),
      consenterId: index + 1,
    })),
    peers: stored.peers.map(({ mspId, root, peer, client, admin }) => ({
      mspId,
      root,
      peer: memberOf(mspId, peer),
      client: memberOf(mspId, client),
      admin: memberOf(mspId, admin),
    })),
  };
}

/** Serialized identity, as `creator` and `endorser` hold it. */
export function serializeIdentity(mspId: string, certificate: string): Buffer {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(Buffer.from(certificate));
  return Buffer.from(identity.serializeBinary());
}

const FILE = 'organisations.json';
const ORDERER_ORGANISATIONS = ['Property', 'Auditor', 'Tenants', 'Notary'];
const PEER_ORGANISATIONS = ['Property', 'Auditor'];
const YEARS = 10;
/** So that a machine whose clock is a little behind accepts the certificates too. */
const BEFORE_MS = 5 * 60_000;

interface StoredMember {
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

interface StoredOrganisations {
  readonly since: string;
  readonly orderers: readonly {
    readonly mspId: string;
    readonly root: string;
    readonly orderer: StoredMember;
  }[];
  readonly peers: readonly {
    readonly mspId: string;
    readonly root: string;
    readonly peer: StoredMember;
    readonly client: StoredMember;
    readonly admin: StoredMember;
  }[];
}

function createOrganisations(now: Date): StoredOrganisations {
  const until = new Date(now);
  until.setUTCFullYear(now.getUTCFullYear() + YEARS);
  const period = { from: new Date(now.getTime() - BEFORE_MS), until };
  return {
    since: now.toISOString(),
    orderers: ORDERER_ORGANISATIONS.map((label) => {
      const { root, member } = createAuthority(`${label.toLowerCase()}-orderer.devnet`, period);
      return { mspId: `${label}OrdererMSP`, root, orderer: member('orderer') };
    }),
    peers: PEER_ORGANISATIONS.map((label) => {
      const { root, member } = createAuthority(`${label.toLowerCase()}.devnet`, period);
      const members = { peer: member('peer'), client: member('client'), admin: member('admin') };
      return { mspId: `${label}MSP`, root, ...members };
    }),
  };
}

/** The authority's own key is forgotten: nobody can add members to a network of this kind. */
function createAuthority(organisation: string, period: Period) {
  const authority = issueAuthority(organisation, period);
  return {
    root: authority.certificate,
    member: (role: Role) => storedOf(issueMember(authority, organisation, role, period)),
  };
}

function storedOf({ certificate, key }: Issued): StoredMember {
  return { certificate, key: key.export({ format: 'pem', type: 'pkcs8' }).toString() };
}

function memberOf(mspId: string, { certificate, key }: StoredMember): Member {
  const identity = serializeIdentity(mspId, new X509Certificate(certificate).toString());
  return { mspId, certificate, key: createPrivateKey(key), identity };
}

function writeSecret(path: string, content: string): void {
  const file = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
}
