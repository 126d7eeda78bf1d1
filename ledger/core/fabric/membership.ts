import { hex } from '../bytes.ts';
import type { Primitives } from '../primitives.ts';
import { attempt } from '../refusal.ts';
import { type Certificate, readCertificate, readRevocations } from './certificate.ts';
import { isLowS, rawSignature } from './der.ts';
import { Message } from './protobuf.ts';
import { unreadable } from './unreadable.ts';

export type Role = 'client' | 'peer' | 'admin' | 'orderer';

/** Who an organisation says that the holder of a certificate is. */
export interface Member {
  /** x || y */
  readonly key: Uint8Array;
  readonly role: Role;
}

/**
 * One organisation's part of a channel configuration: its authorities, what they revoked, and how its
 * certificates say a role (NodeOU). Rules of Fabric's own membership check, validity included: a
 * certificate is judged at the time at which it began, since a block stays when certificates end.
 */
export class Membership {
  readonly name: string;
  readonly #primitives: Primitives;
  readonly #roots: readonly Certificate[];
  readonly #intermediates: readonly Certificate[];
  /** `<issuer> <serial>` */
  readonly #revoked: ReadonlySet<string>;
  readonly #roles: readonly RoleMark[];
  readonly #known = new Map<string, Member | undefined>();
  /** Whether an authority signed a certificate: authorities of one name and key are tried again and again. */
  readonly #signed = new Map<string, boolean>();

  /** `bytes` is a `msp.FabricMSPConfig`, without organisational units that are asked of every member. */
  constructor(bytes: Uint8Array, primitives: Primitives) {
    const config = new Message(bytes, 'b****b-b**b');
    const units = config.inner(11, 'nbbbb');
    this.name = config.text(1);
    this.#primitives = primitives;
    this.#roots = readAuthorities(config.list(2));
    this.#intermediates = readAuthorities(config.list(3));
    const lists = config.list(5).map(readRevocations);
    this.#revoked = new Set(
      lists.flatMap(({ issuer, serials }) => serials.map((serial) => `${issuer} ${serial}`)),
    );
    this.#roles = units.number(1) === 0 ? [] : ROLES.map((role, i) => readMark(units, role, i + 2));
  }

  /**
   * The member whose certificate this is, if it leads to a root of the organisation over authorities
   * only, none of them nor itself revoked, and has exactly one role.
   */
  member(pem: Uint8Array): Member | undefined {
    const id = pem.join();
    if (!this.#known.has(id))
      this.#known.set(
        id,
        attempt(() => this.#judge(readCertificate(pem))),
      );
    return this.#known.get(id);
  }

  #judge(certificate: Certificate): Member | undefined {
    if (certificate.pathLength !== undefined) return undefined;
    const issuer = this.#issuer(certificate, certificate.notBefore, 0);
    const roles = this.#roles.filter(
      ({ unit, authority }) =>
        certificate.units.includes(unit) && (authority ?? issuer?.id) === issuer?.id,
    );
    const [mark] = roles;
    if (issuer === undefined || mark === undefined || roles.length > 1) return undefined;
    return { key: certificate.key, role: mark.role };
  }

  /** The authority that issued a certificate and leads to a root itself. */
  #issuer(certificate: Certificate, time: string, below: number): Certificate | undefined {
    if (certificate.notBefore > time || certificate.notAfter < time) return undefined;
    if (this.#revoked.has(`${certificate.issuer} ${certificate.serial}`)) return undefined;
    const isIssuer = (authority: Certificate): boolean =>
      authority.subject === certificate.issuer &&
      (authority.pathLength ?? -1) >= below &&
      authority.notBefore <= time &&
      authority.notAfter >= time &&
      this.#hasSigned(authority, certificate);
    return (
      this.#roots.find(isIssuer) ??
      (below < DEEPEST
        ? this.#intermediates.find(
            (authority) =>
              isIssuer(authority) && this.#issuer(authority, time, below + 1) !== undefined,
          )
        : undefined)
    );
  }

  #hasSigned(authority: Certificate, certificate: Certificate): boolean {
    const { key } = authority;
    const pair = `${hex(key)} ${certificate.id}`;
    const { signed, signature } = certificate;
    const known = this.#signed.get(pair) ?? this.#primitives.verifyP256(key, signed, signature);
    this.#signed.set(pair, known);
    return known;
  }
}

/** Whether a member signed a message: ECDSA in DER, s in its lower half, nothing else counts. */
export function isSignedBy(
  key: Uint8Array,
  message: Uint8Array,
  der: Uint8Array,
  primitives: Primitives,
): boolean {
  const signature = attempt(() => rawSignature(der));
  return (
    signature !== undefined && isLowS(signature) && primitives.verifyP256(key, message, signature)
  );
}

interface RoleMark {
  readonly role: Role;
  readonly unit: string;
  /** Only certificates of this authority have the role; undefined: of any. */
  readonly authority: string | undefined;
}

/** In the order of their fields in `msp.FabricNodeOUs`, from 2 on. */
const ROLES: readonly Role[] = ['client', 'peer', 'admin', 'orderer'];
const DEEPEST = 3;

function readMark(units: Message, role: Role, field: number): RoleMark {
  const identifier = units.inner(field, 'bb');
  const pem = identifier.bytes(1);
  const authority = pem.length === 0 ? undefined : readCertificate(pem).id;
  return { role, unit: identifier.text(2), authority };
}

/** Those that can be read: one with another kind of key vouches for nobody here. */
function readAuthorities(pems: readonly Uint8Array[]): Certificate[] {
  if (pems.length > 16) throw unreadable();
  return pems
    .map((pem) => attempt(() => readCertificate(pem)))
    .filter((read) => read !== undefined);
}
