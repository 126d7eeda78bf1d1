import { z } from 'zod';
import { type ApiContext, type ApiParts, callerOf, takeToken } from '../http-context.ts';
import { jsonOf, readBody } from '../json-body.ts';
import { queryOf } from '../json-endpoint.ts';
import { parserIn } from '../parse-part.ts';
import type { PlainRoute } from '../route.ts';
import { siteId } from '../shapes.ts';
import { acceptInvitation, openInvitation } from './invitations.ts';
import { type OidcSignIn, oidcNotSetUp } from './oidc.ts';
import { refreshSession } from './sessions.ts';
import { signIn } from './sign-in.ts';
import { enrolStaff } from './staff.ts';

// Ways in: what is sent here is the authentication.

const secret = z.string().min(1).max(256);
const signedIn = z.object({
  token: z.string().describe('Bearer token for every other route'),
  expiresIn: z.int().describe('Seconds that the token lives'),
  refresh: z.string().describe('Gives the next token, once'),
  session: z.string(),
  person: z.string(),
  role: z.string(),
  site: siteId.optional(),
  sites: z.array(siteId).optional(),
  account: z.string().optional(),
});
const enrolled = z.object({
  name: z.string(),
  totpUri: z.string().describe('For the authenticator app, as a QR code; shown once'),
  recovery: z.array(z.string()).describe('Each signs in once in place of the app; shown once'),
});
/** Each of them costs a hash of 19 MiB, or asks somebody else's server. */
const COUNTED = ['/v1/sign-in', '/v1/sign-in/oidc/begin', '/v1/sign-in/oidc/finish'];
const BODY_CODES = ['bad-request', 'json-syntax', 'json-utf8', 'unsupported-media-type'];

export function openRoutes(parts: ApiParts): readonly PlainRoute[] {
  const { access } = parts;
  return [
    openRoute(parts, {
      path: '/v1/sign-in',
      summary: 'Sign in with name, password and a code of the app, or a recovery code',
      body: { name: z.string().min(1).max(64), password: secret, code: z.string().max(32) },
      reply: signedIn,
      codes: ['sign-in-refused', 'sign-in-locked'],
      example: { name: 'anna', password: 'an umbrella for every roof', code: '492039' },
      handle: async (body) => await signIn(access, body),
    }),
    openRoute(parts, {
      path: '/v1/sign-in/refresh',
      summary: 'Exchange a refresh secret for the next token and the next secret',
      body: { refresh: secret },
      reply: signedIn,
      codes: ['session-ended'],
      example: { refresh: 'anna~7k2m….bpr_6q…' },
      handle: async ({ refresh }) => await refreshSession(access, refresh),
    }),
    openRoute(parts, {
      path: '/v1/sign-in/oidc/begin',
      summary: 'Begin to sign in at the identity provider',
      body: {},
      reply: z.object({
        url: z.string().describe('Where the browser goes'),
        attempt: z.string().describe('To be kept by the browser until it comes back'),
        expiresIn: z.int().describe('Seconds that the attempt lives'),
      }),
      codes: ['oidc-not-set-up', 'oidc-unavailable'],
      handle: async () => await providerOf(parts).begin(),
    }),
    openRoute(parts, {
      path: '/v1/sign-in/oidc/finish',
      summary: 'Sign in by what the identity provider has sent the browser back with',
      body: {
        attempt: z.string().min(1).max(1024),
        query: z.string().min(1).max(2048).describe('All that stood behind the ?'),
      },
      reply: signedIn,
      codes: ['oidc-not-set-up', 'oidc-unavailable', 'oidc-refused', 'oidc-person-unknown'],
      handle: async (body) => await providerOf(parts).finish(body),
    }),
    openRoute(parts, {
      path: '/v1/staff/enrol',
      summary: 'Choose a password by an invitation, and get the app’s secret and recovery codes',
      body: { invitation: secret, password: secret },
      reply: enrolled,
      codes: ['invitation-invalid', 'password-weak'],
      example: { invitation: 'bpi_3m…', password: 'an umbrella for every roof' },
      handle: async (body) => await enrolStaff(access, body, new URL(parts.publicUrl()).host),
      isGuessed: ({ invitation }) => openInvitation(access, invitation),
    }),
    openRoute(parts, {
      path: '/v1/invitations/accept',
      summary: 'Come in as a tenant by the link or code of an invitation, once',
      body: { invitation: secret },
      reply: signedIn,
      codes: ['invitation-invalid', 'people-full'],
      example: { invitation: 'bpi_3m…' },
      handle: async ({ invitation }) => await acceptInvitation(access, invitation),
      isGuessed: ({ invitation }) => openInvitation(access, invitation),
    }),
  ];
}

interface OpenSpec<B extends z.ZodRawShape> {
  readonly path: string;
  readonly summary: string;
  readonly body: B;
  readonly reply: z.ZodType;
  readonly codes: readonly string[];
  readonly example?: unknown;
  readonly handle: (body: z.output<z.ZodObject<B>>) => Promise<object>;
  /** Refuses what opens nothing; such tries are what is counted against the address. */
  readonly isGuessed?: (body: z.output<z.ZodObject<B>>) => Promise<unknown>;
}

function openRoute<B extends z.ZodRawShape>(parts: ApiParts, spec: OpenSpec<B>): PlainRoute {
  const { path, summary, codes, handle, isGuessed, reply: schema, example } = spec;
  const body = z.strictObject(spec.body);
  return {
    ...{ kind: 'plain', method: 'POST', tag: 'Sign-in', security: 'none', cors: false },
    ...{ path, summary, body, params: z.strictObject({}), query: z.strictObject({}) },
    replies: [{ status: 200, type: 'application/json', description: 'As asked', schema }],
    codes: [...codes, ...BODY_CODES, 'too-many-requests'],
    ...(example !== undefined && { example: { body: example } }),
    handle: async (c) => {
      // Not `admit`: whoever signs in may still send a token that has expired.
      takeToken(parts.buckets.api, callerOf(c, parts));
      const parse = parserIn(c.get('language'));
      parse(z.strictObject({}), queryOf(c), 'query');
      const bytes = await readBody(c.req.raw, MOST_BYTES);
      const sent = parse(body, jsonOf(bytes, c.req.header('content-type') ?? null), 'body');
      if (isGuessed !== undefined) await countGuess(c, parts, () => isGuessed(sent));
      else if (COUNTED.includes(path)) takeToken(parts.buckets.signIns, callerOf(c, parts));
      return c.json(await handle(sent), 200, { 'cache-control': 'no-store' });
    },
  };
}

function providerOf({ oidc }: ApiParts): OidcSignIn {
  if (oidc === undefined) throw oidcNotSetUp();
  return oidc;
}

const MOST_BYTES = 4096;

async function countGuess(
  c: ApiContext,
  { buckets, ...parts }: ApiParts,
  look: () => Promise<unknown>,
): Promise<void> {
  const caller = callerOf(c, { buckets, ...parts });
  if (!buckets.wrongCodes.has(caller)) takeToken(buckets.wrongCodes, caller);
  try {
    await look();
  } catch (error) {
    buckets.wrongCodes.take(caller);
    throw error;
  }
}
