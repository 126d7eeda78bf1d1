import type { Principal } from '../permissions.ts';
import { principalOf } from '../tokens.ts';
import type { Access } from './access.ts';
import { principalOfKey } from './api-keys.ts';
import { principalOfSession } from './sessions.ts';

/**
 * Whom an Authorization header speaks for: a program by its key, a person by the token of a session. Both are looked
 * up, so that what was taken away is gone with the next request, in every process. A token of no session,
 * which the command line made, speaks until it expires.
 */
export async function principalOfBearer(
  access: Access,
  authorization: string | undefined,
): Promise<Principal | undefined> {
  const [, key] = /^Bearer (bp_\w{1,64})$/i.exec(authorization ?? '') ?? [];
  if (key !== undefined) return await principalOfKey(access, key);
  const principal = await principalOf(access.tokenKey, authorization, access.nowMs());
  if (principal?.session === undefined) return principal;
  return await principalOfSession(access, principal.session);
}
