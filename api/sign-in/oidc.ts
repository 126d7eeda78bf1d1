import type { Configuration } from 'openid-client';
import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import { MINUTE_MS } from '../../ledger/core/time.ts';
import type { Access } from './access.ts';
import { isLoopback, type OidcSettings } from './oidc-settings.ts';
import { type Claimed, sessionOfSubject } from './oidc-subject.ts';
import type { SignedIn } from './sessions.ts';

/** How long somebody may be at the provider. */
const ATTEMPT_MS = 10 * MINUTE_MS;
/** A provider that hangs holds up nobody longer than this. */
const TIMEOUT_SECONDS = 5;
const SEAL = 'oidc attempt';

const attemptShape = z.strictObject({
  verifier: z.string(),
  nonce: z.string(),
  state: z.string(),
  untilMs: z.int(),
});
const claimsShape = z.looseObject({
  sub: z.string().min(1).max(255),
  preferred_username: z.string().optional(),
});

export interface OidcStart {
  /** Where the browser goes. */
  readonly url: string;
  /** What it brings back: only who began can end. */
  readonly attempt: string;
  readonly expiresIn: number;
}

/**
 * Sign-in at an identity provider: authorization code with PKCE, state and nonce. What a try has to remember is sealed
 * and left with the browser that began it, so that any process can end it. The library is loaded, and the provider
 * asked who it is, when somebody first wants in; where it does not answer, it is asked again the next time, and
 * passwords work all the while.
 */
export class OidcSignIn {
  readonly #settings: OidcSettings;
  readonly #access: Access;
  #discovered: Promise<Configuration> | undefined;

  constructor(settings: OidcSettings, access: Access) {
    this.#settings = settings;
    this.#access = access;
  }

  get issuer(): string {
    return this.#settings.issuer;
  }

  /** Refuses `oidc-unavailable`. */
  async begin(): Promise<OidcStart> {
    const oidc = await import('openid-client');
    const configuration = await this.#configuration();
    const [verifier, nonce, state] = [
      oidc.randomPKCECodeVerifier(),
      oidc.randomNonce(),
      oidc.randomState(),
    ];
    const url = oidc.buildAuthorizationUrl(configuration, {
      ...{ redirect_uri: this.#settings.redirect, scope: 'openid profile' },
      ...{ state, nonce, code_challenge_method: 'S256' },
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    });
    const untilMs = this.#access.nowMs() + ATTEMPT_MS;
    const attempt = JSON.stringify({ verifier, nonce, state, untilMs });
    return {
      url: url.href,
      attempt: this.#access.keeper.seal(Buffer.from(attempt), SEAL),
      expiresIn: ATTEMPT_MS / 1000,
    };
  }

  /**
   * A session for whom the provider has let in, by what stood behind the `?` when the browser came back. Refuses
   * `oidc-refused`, `oidc-unavailable`, `oidc-person-unknown`.
   */
  async finish(sent: { readonly attempt: string; readonly query: string }): Promise<SignedIn> {
    const { verifier, nonce, state } = this.#opened(sent.attempt);
    const oidc = await import('openid-client');
    const configuration = await this.#configuration();
    const back = new URL(this.#settings.redirect);
    back.search = sent.query;
    let claims: unknown;
    try {
      const tokens = await oidc.authorizationCodeGrant(configuration, back, {
        ...{ pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state },
        idTokenExpected: true,
      });
      claims = tokens.claims();
    } catch (error) {
      throw isUnreachable(error) ? unavailable() : refused();
    }
    const read = claimsShape.safeParse(claims);
    if (!read.success) throw refused();
    const { sub: subject, preferred_username: name } = read.data;
    const claimed: Claimed = { issuer: this.issuer, subject, ...(name !== undefined && { name }) };
    return await sessionOfSubject(this.#access, claimed, this.#settings.newRole);
  }

  #opened(sealed: string): z.output<typeof attemptShape> {
    let attempt: z.output<typeof attemptShape>;
    try {
      const bytes = this.#access.keeper.open(sealed, SEAL);
      attempt = attemptShape.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    } catch {
      throw refused();
    }
    if (attempt.untilMs <= this.#access.nowMs()) throw refused();
    return attempt;
  }

  async #configuration(): Promise<Configuration> {
    this.#discovered ??= this.#discover();
    try {
      return await this.#discovered;
    } catch {
      this.#discovered = undefined;
      throw unavailable();
    }
  }

  async #discover(): Promise<Configuration> {
    const oidc = await import('openid-client');
    const { issuer, client, secret } = this.#settings;
    const url = new URL(issuer);
    const authentication = secret === undefined ? oidc.None() : oidc.ClientSecretPost(secret);
    return await oidc.discovery(url, client, undefined, authentication, {
      timeout: TIMEOUT_SECONDS,
      ...(isLoopback(url) && { execute: [oidc.allowInsecureRequests] }),
    });
  }
}

export function oidcNotSetUp(): Refusal {
  return new Refusal('oidc-not-set-up', 'No identity provider is set up here. Use your password.');
}

/** Nobody there, too slow, or out of order: not a word about the person. */
function isUnreachable(thrown: unknown): boolean {
  let reason = thrown;
  while (typeof reason === 'object' && reason !== null) {
    const { status, code, message, cause }: Reason = reason;
    if (status !== undefined && status >= 500) return true;
    if (code === 'OAUTH_TIMEOUT' || code === 'OAUTH_ABORT' || message === 'fetch failed')
      return true;
    reason = cause;
  }
  return false;
}

/** What the library's errors, those of `fetch` and answers have in common. */
interface Reason {
  readonly status?: number;
  readonly code?: string;
  readonly message?: string;
  readonly cause?: unknown;
}

function unavailable(): Refusal {
  return new Refusal(
    'oidc-unavailable',
    'The identity provider does not answer. Try again in a minute, or use your password.',
  );
}

function refused(): Refusal {
  return new Refusal(
    'oidc-refused',
    'The identity provider did not let you in, or it took too long. Begin again.',
  );
}
