import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { Refusal } from '../ledger/core/refusal.ts';
import { ID } from '../ledger/core/shape.ts';
import { writeDurably } from '../ledger/write-durably.ts';
import { isTenant, type Principal, ROLES } from './permissions.ts';

const ISSUER = 'billproof';
const AUDIENCE = 'billproof-api';
export const TOKEN_KEY_BYTES = 32;

/** Longest life of a token; staff tokens are meant to be far shorter. */
const MOST_SECONDS = 400 * 24 * 3600;

export interface TokenKey {
  /** HMAC-SHA-256 key of 32 bytes. */
  readonly secret: Uint8Array;
}

const principalShape = z
  .object({
    sub: z.string().min(1).max(128),
    role: z.enum(ROLES),
    site: z.string().regex(ID).optional(),
    sites: z.array(z.string().regex(ID)).optional(),
    sid: z.string().max(128).optional(),
    account: z.string().regex(ID).optional(),
  })
  .refine(({ role, site, account }) => {
    return isTenant(role) ? site !== undefined && account !== undefined : account === undefined;
  });

/** A bearer token (JWT, HS256). A tenant's needs site and account, no other may have an account. */
export async function issueToken(
  key: TokenKey,
  principal: Principal,
  life: { readonly nowMs: number; readonly seconds: number },
): Promise<string> {
  const { id, role, site, sites, session: sid, account } = principal;
  const { sub, ...claims } = principalShape.parse({ sub: id, role, site, sites, sid, account });
  const now = Math.floor(life.nowMs / 1000);
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(sub)
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt(now)
    .setExpirationTime(now + Math.min(life.seconds, MOST_SECONDS))
    .sign(key.secret);
}

/**
 * Whom an Authorization header speaks for; undefined where there is none. Refusals, all alike to a
 * guesser: `token-invalid`; and `token-expired` where nothing else is wrong.
 */
export async function principalOf(
  key: TokenKey,
  authorization: string | undefined,
  nowMs: number,
): Promise<Principal | undefined> {
  if (authorization === undefined) return undefined;
  const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization) ?? [];
  if (token === undefined) throw tokenInvalid();
  try {
    const { payload } = await jwtVerify(token, key.secret, {
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['exp', 'iat', 'sub'],
      currentDate: new Date(nowMs),
    });
    const claims = principalShape.safeParse(payload);
    if (!claims.success) throw tokenInvalid();
    const { sub, role, site, sites, sid, account } = claims.data;
    return {
      ...{ id: sub, role, ...(site && { site }), ...(sites && { sites }) },
      ...{ ...(sid && { session: sid }), ...(account && { account }) },
    };
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      throw new Refusal('token-expired', 'The access token has expired. Sign in again.');
    }
    if (error instanceof errors.JOSEError) throw tokenInvalid();
    throw error;
  }
}

/** The key that the settings give, else that of its file, made on first use. */
export function configuredTokenKey(settings: {
  readonly tokenKey: string | undefined;
  readonly keyFolder: string;
}): TokenKey {
  if (settings.tokenKey !== undefined) return tokenKeyFromText(settings.tokenKey);
  return tokenKeyFile(join(settings.keyFolder, 'token.key'), () => randomBytes(TOKEN_KEY_BYTES));
}

/**
 * The key of a file that only its owner may read, made on first use from `fresh()`. A file that is
 * not 32 bytes in hex is refused (`token-key-unusable`): all tokens in use would become void.
 */
export function tokenKeyFile(path: string, fresh: () => Uint8Array): TokenKey {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeDurably(path, `${Buffer.from(fresh()).toString('hex')}\n`, 0o600);
  }
  chmodSync(path, 0o600);
  return tokenKeyFromText(readFileSync(path, 'utf8'));
}

/** 64 hex digits. */
export function tokenKeyFromText(text: string): TokenKey {
  if (!/^[0-9a-f]{64}\s*$/.test(text)) {
    throw new Refusal(
      'token-key-unusable',
      'The token key must be 64 hex digits. Restore the file from a backup, or delete it to make a ' +
        'new key, which voids every token.',
    );
  }
  return { secret: new Uint8Array(Buffer.from(text.trim(), 'hex')) };
}

export function tokenInvalid(): Refusal {
  return new Refusal('token-invalid', 'This access token is not valid here. Sign in again.');
}
