import { X509Certificate } from 'node:crypto';
import { msp } from '@hyperledger/fabric-protos';
import type { Role } from './certificate.ts';
import type { Organisations } from './organisations.ts';
import { isSignedBy } from './signing.ts';

/** Who an identity is, after its certificate was checked against the root of its organisation. */
export interface KnownIdentity {
  readonly mspId: string;
  readonly role: Role;
  /** Whether this identity has signed the parts, one after another. */
  hasSigned(signature: Uint8Array, ...parts: readonly Uint8Array[]): boolean;
}

/** Tells identities of the channel's peer organisations from all others. */
export class Membership {
  readonly #roots: ReadonlyMap<string, X509Certificate>;
  /** By the bytes of the identity: the same few come again with every call. */
  readonly #known = new Map<string, KnownIdentity | undefined>();

  constructor({ peers }: Organisations) {
    this.#roots = new Map(peers.map(({ mspId, root }) => [mspId, new X509Certificate(root)]));
  }

  /** Undefined for bytes that are no identity, and for one that no organisation vouches for. */
  identify(identity: Uint8Array): KnownIdentity | undefined {
    const name = Buffer.from(identity).toString('latin1');
    if (!this.#known.has(name)) {
      if (this.#known.size >= MOST_REMEMBERED) this.#known.clear();
      this.#known.set(name, this.#check(identity));
    }
    return this.#known.get(name);
  }

  #check(bytes: Uint8Array): KnownIdentity | undefined {
    try {
      const identity = msp.SerializedIdentity.deserializeBinary(bytes);
      const mspId = identity.getMspid();
      const certificate = new X509Certificate(identity.getIdBytes_asU8());
      const root = this.#roots.get(mspId);
      const role = roleOf(certificate);
      if (root === undefined || role === undefined) return undefined;
      if (!certificate.checkIssued(root) || !certificate.verify(root.publicKey)) return undefined;
      const key = certificate.publicKey;
      return {
        mspId,
        role,
        hasSigned: (signature, ...parts) => isSignedBy(key, signature, ...parts),
      };
    } catch {
      return undefined;
    }
  }
}

const MOST_REMEMBERED = 1000;
const ROLES: readonly Role[] = ['admin', 'client', 'orderer', 'peer'];

function roleOf(certificate: X509Certificate): Role | undefined {
  const units = [certificate.toLegacyObject().subject.OU].flat();
  const roles = ROLES.filter((role) => units.includes(role));
  return roles.length === 1 ? roles[0] : undefined;
}
