import type { AccessChange } from '../../ledger/access/access-store.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { DAY_MS, formatTime, MINUTE_MS } from '../../ledger/core/time.ts';
import type { Principal } from '../permissions.ts';
import { type Access, put, remove } from './access.ts';
import { audited } from './audit.ts';
import { INVITATION, type InvitationDoc, type Kept, TENANT, type TenantDoc } from './records.ts';
import { isSameHash, isSecret, newCode, newId, newSecret, readCode } from './secrets.ts';
import { beginSession, endAll, type SignedIn } from './sessions.ts';

/** A link goes by mail, a code is said aloud at the desk. */
export type InvitationWay = 'link' | 'code';

export interface Invitation {
  /** Shown once; the store has its hash. */
  readonly invitation: string;
  readonly until: string;
}

/** How long each may lie about. */
const LIVES = { link: 7 * DAY_MS, code: 15 * MINUTE_MS } as const;
const MOST_PEOPLE = 50;
const SWEPT_AT_ONCE = 100;

/** The record of a new invitation, and what its holder is given once that is durable. */
export function newInvitation(
  access: Access,
  { to, by, way }: Pick<InvitationDoc, 'to' | 'by'> & { readonly way: InvitationWay },
): { readonly change: AccessChange; readonly given: Invitation } {
  const invitation = way === 'link' ? newSecret('bpi') : newCode();
  const secret = hashOf(access, invitation) ?? '';
  const untilMs = access.nowMs() + LIVES[way];
  const change = put(INVITATION, idOf(secret), undefined, { secret, untilMs, by, to });
  return { change, given: { invitation, until: formatTime(untilMs) } };
}

/**
 * The invitation that somebody gives, if it can still be used. Refuses `invitation-invalid`, and does not
 * tell whether it was used, has expired or never was.
 */
export async function openInvitation(
  access: Access,
  invitation: string,
): Promise<Kept<InvitationDoc>> {
  const secret = hashOf(access, invitation);
  const kept = secret && (await access.find(INVITATION, idOf(secret)));
  if (!kept || !isSameHash(kept.doc.secret, secret) || kept.doc.untilMs <= access.nowMs()) {
    throw invitationInvalid();
  }
  return kept;
}

/** Invites to one account. Refuses `people-full`. */
export async function inviteTenant(
  access: Access,
  by: Principal,
  asked: {
    readonly site: string;
    readonly account: string;
    readonly role: TenantDoc['role'];
    readonly way: InvitationWay;
  },
): Promise<Invitation> {
  const { way, ...to } = asked;
  await refuseFull(access, to);
  const { change, given } = newInvitation(access, {
    to: { kind: 'tenant', ...to },
    by: by.id,
    way,
  });
  const entry = { what: 'tenant-invited', by: by.id, ...placeOf(to), role: to.role };
  return await access.change(async () => ({
    changes: [change, audited(access, entry), ...(await lapsedInvitations(access))],
    result: given,
  }));
}

/** A person of an account and a session for it, once. Refuses `invitation-invalid`, `people-full`. */
export async function acceptInvitation(access: Access, invitation: string): Promise<SignedIn> {
  return await access.change(async () => {
    const kept = await openInvitation(access, invitation);
    const { to, by } = kept.doc;
    if (to.kind !== 'tenant') throw invitationInvalid();
    await refuseFull(access, to);
    const { site, account, role } = to;
    const person = `t-${newId()}`;
    const createdAt = formatTime(access.nowMs());
    const id = `${site}/${account}/${person}`;
    const tenant = put(TENANT, id, undefined, { person, role, site, account, createdAt, by });
    const principal = { id: person, role, site, account };
    const { changes, signedIn } = await beginSession(access, { kind: 'tenant', id }, principal);
    const entry = { what: 'invitation-accepted', by: person, ...placeOf(to), role };
    return {
      changes: [remove(INVITATION, kept), tenant, ...changes, audited(access, entry)],
      result: signedIn,
    };
  });
}

/** What takes away some of those that have expired: each new one makes room, so they never add up. */
export async function lapsedInvitations(access: Access): Promise<AccessChange[]> {
  const kept = await access.page(INVITATION, { limit: SWEPT_AT_ONCE });
  const lapsed = kept.filter(({ doc }) => doc.untilMs <= access.nowMs());
  return lapsed.map((one) => remove(INVITATION, one));
}

export async function peopleOf(
  access: Access,
  { site, account }: { readonly site: string; readonly account: string },
): Promise<Kept<TenantDoc>[]> {
  return await access.page(TENANT, { prefix: `${site}/${account}/`, limit: MOST_PEOPLE });
}

/** Takes a person's access to the account away at once. Refuses `person-unknown`. */
export async function removePerson(
  access: Access,
  by: Principal,
  at: { readonly site: string; readonly account: string; readonly person: string },
): Promise<void> {
  await access.change(async () => {
    const kept = await access.find(TENANT, `${at.site}/${at.account}/${at.person}`);
    if (kept === undefined) {
      throw new Refusal('person-unknown', 'There is no such person of this account.');
    }
    const entry = { what: 'tenant-removed', by: by.id, to: at.person, ...placeOf(at) };
    const ended = await endAll(access, at.person);
    return {
      changes: [remove(TENANT, kept), ...ended, audited(access, entry)],
      result: undefined,
    };
  });
}

async function refuseFull(
  access: Access,
  place: { readonly site: string; readonly account: string },
): Promise<void> {
  if ((await peopleOf(access, place)).length < MOST_PEOPLE) return;
  throw new Refusal(
    'people-full',
    `An account has at most ${MOST_PEOPLE} people. Remove somebody first.`,
    { most: MOST_PEOPLE },
  );
}

export function invitationInvalid(): Refusal {
  return new Refusal(
    'invitation-invalid',
    'This invitation opens nothing: it was used, has expired or is mistyped. Ask for another.',
  );
}

/** Of the symbols that were meant; undefined where it can be none. */
function hashOf(access: Access, invitation: string): string | undefined {
  if (isSecret('bpi', invitation)) return access.keeper.hash('invitation', invitation);
  const symbols = readCode(invitation);
  return symbols && access.keeper.hash('invitation', symbols);
}

function idOf(hash: string): string {
  return hash.slice(0, 16);
}

function placeOf({ site, account }: { readonly site: string; readonly account: string }) {
  return { sites: [site], account };
}
