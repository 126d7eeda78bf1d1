import type { StaffDoc } from './records.ts';

/** Sign-in at somebody else's identity provider; `docs/access.md`. */
export interface OidcSettings {
  readonly issuer: string;
  readonly client: string;
  /** Absent: a public client, which PKCE alone protects. */
  readonly secret: string | undefined;
  /** Where the provider sends a browser back to; a page of ours. */
  readonly redirect: string;
  /** The role of somebody who was never seen before; absent: nobody is let in unknown. */
  readonly newRole: StaffDoc['role'] | undefined;
}

export interface OidcGiven {
  readonly BILLPROOF_PUBLIC_URL?: string | undefined;
  readonly BILLPROOF_OIDC_ISSUER?: string | undefined;
  readonly BILLPROOF_OIDC_CLIENT?: string | undefined;
  readonly BILLPROOF_OIDC_SECRET?: string | undefined;
  readonly BILLPROOF_OIDC_REDIRECT?: string | undefined;
  readonly BILLPROOF_OIDC_NEW_ROLE?: OidcSettings['newRole'];
}

/** What the variables of one prefix say together. */
export function oidcOf(
  given: OidcGiven,
  complain: (problem: string) => void,
): OidcSettings | undefined {
  const { BILLPROOF_OIDC_ISSUER: issuer, BILLPROOF_OIDC_CLIENT: client } = given;
  if (issuer === undefined) {
    const lost = Object.entries(given).find(([name, value]) => {
      return name.startsWith('BILLPROOF_OIDC') && value !== undefined;
    });
    if (lost !== undefined) complain(`${lost[0]}: give BILLPROOF_OIDC_ISSUER, too.`);
    return undefined;
  }
  const redirect =
    given.BILLPROOF_OIDC_REDIRECT ??
    (given.BILLPROOF_PUBLIC_URL && `${given.BILLPROOF_PUBLIC_URL}/console`);
  if (client === undefined) complain('BILLPROOF_OIDC_CLIENT: who we are at the issuer. Give it.');
  if (redirect === undefined) {
    complain(
      'BILLPROOF_OIDC_REDIRECT: give it or BILLPROOF_PUBLIC_URL, where people come back to.',
    );
  }
  if (client === undefined || redirect === undefined) return undefined;
  const { BILLPROOF_OIDC_SECRET: secret, BILLPROOF_OIDC_NEW_ROLE: newRole } = given;
  return { issuer, client, secret, redirect, newRole };
}

/** Only a provider on this very machine may be asked without TLS. */
export function isLoopback(issuer: URL): boolean {
  return ['127.0.0.1', '[::1]', 'localhost'].includes(issuer.hostname);
}
