import { type KeyObject, X509Certificate } from 'node:crypto';

export interface TrustedChain {
  readonly roots: readonly X509Certificate[];
  readonly intermediates: readonly X509Certificate[];
  /** Third part of the common name of a certificate that counts. */
  readonly holders: readonly string[];
}

/** The public key of a certificate that came with a message, or why it does not count. */
export type ChainFinding =
  | { readonly kind: 'trusted'; readonly key: KeyObject }
  | { readonly kind: 'unreadable' | 'expired' | 'untrusted' | 'of-another' };

/**
 * A certificate in a message says nothing of itself. It counts when one of our intermediates has issued
 * it, one of our roots has issued that, all are valid now, and it names UnionPay as the holder.
 */
export function judgeCertificate(pem: string, trusted: TrustedChain, nowMs: number): ChainFinding {
  const leaf = readCertificate(pem);
  if (leaf === undefined) return { kind: 'unreadable' };
  const issuers = trusted.intermediates.filter((issuer) => hasIssued(issuer, leaf));
  const isAnchored = issuers.some((issuer) => isAnchoredIn(issuer, trusted.roots, nowMs));
  if (!isAnchored) return { kind: 'untrusted' };
  if (!isValidAt(leaf, nowMs)) return { kind: 'expired' };
  // An authority signs certificates, not messages.
  if (leaf.ca || !trusted.holders.includes(holderOf(leaf))) return { kind: 'of-another' };
  return { kind: 'trusted', key: leaf.publicKey };
}

/** The decimal serial number of a certificate, as `certId` has it. */
export function certificateId({ serialNumber }: X509Certificate): string {
  return BigInt(`0x${serialNumber}`).toString();
}

/** `041@8310000000083040@中国银联股份有限公司@00016493` names its holder in the third part. */
function holderOf(certificate: X509Certificate): string {
  const { CN: names = '' } = certificate.toLegacyObject().subject;
  const name = typeof names === 'string' ? names : '';
  return name.split('@')[2] ?? '';
}

function isAnchoredIn(
  intermediate: X509Certificate,
  roots: readonly X509Certificate[],
  nowMs: number,
): boolean {
  if (!isValidAt(intermediate, nowMs)) return false;
  return roots.some((root) => isValidAt(root, nowMs) && hasIssued(root, intermediate));
}

/** Names and key usage agree, the issuer is an authority, and its key has signed. */
function hasIssued(issuer: X509Certificate, issued: X509Certificate): boolean {
  return issuer.ca && issued.checkIssued(issuer) && issued.verify(issuer.publicKey);
}

function isValidAt({ validFrom, validTo }: X509Certificate, nowMs: number): boolean {
  return Date.parse(validFrom) <= nowMs && nowMs <= Date.parse(validTo);
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
