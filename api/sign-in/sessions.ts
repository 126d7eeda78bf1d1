import type { AccessChange } from '../../ledger/access/access-store.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { DAY_MS, HOUR_MS } from '../../ledger/core/time.ts';
import { demandGrant, isTenant, may, type Principal } from '../permissions.ts';
import { issueToken } from '../tokens.ts';
import { type Access, put, remove } from './access.ts';
import { audited } from './audit.ts';
import { type Holder, type Kept, SESSION, type SessionDoc, STAFF, TENANT } from './records.ts';
import { isSameHash, isSecret, newId, newSecret } from './secrets.ts';

/** How long an access token speaks. */
const TOKEN_SECONDS = 15 * 60;
/** How long the secret before is taken still: an answer may have been lost on its way. */
const GRACE_MS = 60_000;
/** A person's sessions at once; the one that was used longest ago makes room. */
const MOST_SESSIONS = 20;

/** How long a session stays without being used, and at most. Tenants have no password to come back with. */
const LIVES = {
  staff: { restMs: 12 * HOUR_MS, mostMs: 30 * DAY_MS },
  tenant: { restMs: 30 * DAY_MS, mostMs: 400 * DAY_MS },
} as const;

export interface SignedIn {
  readonly token: string;
  /** Seconds that the token lives. */
  readonly expiresIn: number;
  /** Opens the session again, once. */
  readonly refresh: string;
  readonly session: string;
  readonly person: string;
  readonly role: string;
  readonly site?: string;
  readonly sites?: readonly string[];
  readonly account?: string;
}

/** A session about to begin: its record, and what its holder is told once that is durable. */
export async function beginSession(
  access: Access,
  holder: Holder,
  principal: Principal,
): Promise<{ readonly changes: readonly AccessChange[]; readonly signedIn: SignedIn }> {
  const now = access.nowMs();
  const { restMs, mostMs } = LIVES[holder.kind];
  const session = `${principal.id}~${newId()}`;
  const secret = newSecret('bpr');
  const doc: SessionDoc = {
    ...{ session, holder, secret: access.keeper.hash('refresh', secret) },
    ...{ startedMs: now, usedMs: now, untilMs: now + restMs, mostMs: now + mostMs },
  };
  const changes = [put(SESSION, session, undefined, doc), ...(await surplus(access, principal.id))];
  return { changes, signedIn: await told(access, { ...principal, session }, secret) };
}

/**
 * A new access token and a new refresh secret for the one that is given. The one before is taken for a
 * minute more; after that somebody else has it too, and the session ends. Refuses `session-ended`.
 */
export async function refreshSession(access: Access, refresh: string): Promise<SignedIn> {
  const [, session = '', secret = ''] = /^([^.]+(?:\.[^.]+)*)\.(bpr_\w+)$/.exec(refresh) ?? [];
  if (!isSecret('bpr', secret)) throw sessionEnded();
  const given = access.keeper.hash('refresh', secret);
  const outcome = await access.change(async () => {
    const now = access.nowMs();
    const kept = await liveSession(access, session);
    const principal = kept && (await principalOfHolder(access, kept.doc.holder));
    if (kept === undefined || principal === undefined) return { changes: [], result: undefined };
    const { doc } = kept;
    const { last } = doc;
    if (!isSameHash(doc.secret, given)) {
      if (last === undefined || !isSameHash(last.secret, given)) {
        return { changes: [], result: undefined };
      }
      if (now > last.untilMs) {
        const entry = { what: 'session-stolen', to: session, ...whereOf(principal) };
        return { changes: [remove(SESSION, kept), audited(access, entry)], result: undefined };
      }
    }
    const fresh = newSecret('bpr');
    const next: SessionDoc = {
      ...doc,
      secret: access.keeper.hash('refresh', fresh),
      last: { secret: doc.secret, untilMs: now + GRACE_MS },
      usedMs: now,
      untilMs: Math.min(now + LIVES[doc.holder.kind].restMs, doc.mostMs),
    };
    const result = await told(access, { ...principal, session }, fresh);
    return { changes: [put(SESSION, session, kept, next)], result };
  });
  if (outcome === undefined) throw sessionEnded();
  return outcome;
}

/** Whom a session speaks for now: with the rights of this moment. Refuses `session-ended`. */
export async function principalOfSession(access: Access, session: string): Promise<Principal> {
  const kept = await liveSession(access, session);
  const principal = kept && (await principalOfHolder(access, kept.doc.holder));
  if (principal === undefined) throw sessionEnded();
  return { ...principal, session };
}

/** Of one person, those that live. */
export async function sessionsOf(access: Access, person: string): Promise<Kept<SessionDoc>[]> {
  const kept = await access.page(SESSION, { prefix: `${person}~`, limit: 2 * MOST_SESSIONS });
  return kept.filter(({ doc }) => doc.untilMs > access.nowMs());
}

/**
 * Ends a session at once, everywhere: one's own, or with the permission that of another whom one may
 * grant as much. Refuses `session-unknown`, `role-too-high`, `forbidden-site`.
 */
export async function endSession(access: Access, by: Principal, session: string): Promise<void> {
  const isOwn = session.startsWith(`${by.id}~`);
  await access.change(async () => {
    const kept = await liveSession(access, session);
    if (kept === undefined || !(isOwn || may(by.role, 'session.revoke'))) throw sessionUnknown();
    const holder = await principalOfHolder(access, kept.doc.holder);
    if (!isOwn && holder !== undefined) {
      demandGrant(by, holder.role, holder.site === undefined ? holder.sites : [holder.site]);
    }
    const entry = { what: 'session-ended', by: by.id, to: session, ...(holder && whereOf(holder)) };
    return { changes: [remove(SESSION, kept), audited(access, entry)], result: undefined };
  });
}

/** What takes away every session of a person. */
export async function endAll(access: Access, person: string): Promise<AccessChange[]> {
  const kept = await access.page(SESSION, { prefix: `${person}~`, limit: 10 * MOST_SESSIONS });
  return kept.map((one) => remove(SESSION, one));
}

/** The rights of a holder as they are; undefined where there are none any more. */
export async function principalOfHolder(
  access: Access,
  { kind, id }: Holder,
): Promise<Principal | undefined> {
  if (kind === 'tenant') {
    const kept = await access.find(TENANT, id);
    if (kept === undefined) return undefined;
    const { person, role, site, account } = kept.doc;
    return { id: person, role, site, account };
  }
  const kept = await access.find(STAFF, id);
  if (kept?.doc.state !== 'active') return undefined;
  const { person, role, sites } = kept.doc;
  return { id: person, role, ...boundTo(sites) };
}

/** One site stands where it always stood; several are a list. */
export function boundTo(sites: readonly string[] | undefined): Pick<Principal, 'site' | 'sites'> {
  const [site, ...more] = sites ?? [];
  if (site === undefined || sites === undefined) return {};
  return more.length === 0 ? { site } : { sites };
}

/** Where an audit entry about a principal belongs. */
export function whereOf({ site, sites, account }: Principal) {
  const places = site === undefined ? sites : [site];
  return { ...(places && { sites: [...places] }), ...(account && { account }) };
}

async function liveSession(access: Access, session: string): Promise<Kept<SessionDoc> | undefined> {
  const kept = await access.find(SESSION, session);
  return kept !== undefined && kept.doc.untilMs > access.nowMs() ? kept : undefined;
}

/** Those that have ended by themselves, and the ones that there are too many of. */
async function surplus(access: Access, person: string): Promise<AccessChange[]> {
  const kept = await access.page(SESSION, { prefix: `${person}~`, limit: 2 * MOST_SESSIONS });
  const now = access.nowMs();
  const ended = kept.filter(({ doc }) => doc.untilMs <= now);
  const live = kept.filter(({ doc }) => doc.untilMs > now);
  live.sort((a, b) => b.doc.usedMs - a.doc.usedMs);
  return [...ended, ...live.slice(MOST_SESSIONS - 1)].map((one) => remove(SESSION, one));
}

async function told(access: Access, principal: Principal, secret: string): Promise<SignedIn> {
  const life = { nowMs: access.nowMs(), seconds: TOKEN_SECONDS };
  const { id: person, session = '', role, site, sites, account } = principal;
  return {
    token: await issueToken(access.tokenKey, principal, life),
    expiresIn: TOKEN_SECONDS,
    refresh: `${session}.${secret}`,
    ...{ session, person, role },
    ...{ ...(site && { site }), ...(sites && { sites }) },
    ...(isTenant(role) && account && { account }),
  };
}

export function sessionEnded(): Refusal {
  return new Refusal('session-ended', 'This session has ended. Sign in again.');
}

function sessionUnknown(): Refusal {
  return new Refusal('session-unknown', 'There is no such session. Look at the list again.');
}
