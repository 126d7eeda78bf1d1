import { randomBytes } from 'node:crypto';
import type { AccessChange } from '../../ledger/access/access-store.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { formatTime } from '../../ledger/core/time.ts';
import { demandGrant, type Principal, sitesOf } from '../permissions.ts';
import { type Access, put, remove } from './access.ts';
import { audited } from './audit.ts';
import {
  type Invitation,
  invitationInvalid,
  lapsedInvitations,
  newInvitation,
  openInvitation,
} from './invitations.ts';
import { demandStrength, hashPassword } from './password.ts';
import { INVITATION, type Kept, STAFF, type StaffDoc } from './records.ts';
import { newCode, readCode } from './secrets.ts';
import { endAll } from './sessions.ts';
import { SECRET_BYTES, totpUri } from './totp.ts';

type StaffRole = StaffDoc['role'];

export interface NewStaff {
  readonly name: string;
  readonly role: StaffRole;
  /** Absent: the sites of whoever adds. */
  readonly sites?: readonly string[];
}

/** What a person needs to sign in besides the password; shown once. */
export interface Enrolled {
  readonly name: string;
  /** For the authenticator app, as a QR code. */
  readonly totpUri: string;
  readonly recovery: readonly string[];
}

const RECOVERY_CODES = 10;

/**
 * A new member, who chooses the password alone, by the invitation. Refuses `staff-exists`, also for a name that
 * was disabled; `role-too-high`, `forbidden-site`.
 */
export async function addStaff(
  access: Access,
  by: Principal,
  { name, role, sites = sitesOf(by) }: NewStaff,
): Promise<Invitation> {
  demandGrant(by, role, sites);
  return await access.change(async () => {
    if ((await access.find(STAFF, name)) !== undefined) throw staffExists(name);
    const to = { kind: 'staff', person: name } as const;
    const { change, given } = newInvitation(access, { to, by: by.id, way: 'link' });
    const doc = { ...newDoc(access, by.id, { name, role, sites }), invitation: change.id };
    const entry = { what: 'staff-added', by: by.id, to: name, ...rightsOf(doc) };
    return {
      changes: [
        ...[put(STAFF, name, undefined, doc), change, audited(access, entry)],
        ...(await lapsedInvitations(access)),
      ],
      result: given,
    };
  });
}

/** Password, app and recovery codes, once. Refuses `invitation-invalid`, `password-weak`. */
export async function enrolStaff(
  access: Access,
  { invitation, password }: { readonly invitation: string; readonly password: string },
  issuer: string,
): Promise<Enrolled> {
  const { to } = (await openInvitation(access, invitation)).doc;
  if (to.kind !== 'staff') throw invitationInvalid();
  demandStrength(password, to.person);
  const { enrolled, secrets } = await freshSecrets(access, to.person, password, issuer);
  return await access.change(async () => {
    const used = await openInvitation(access, invitation);
    const kept = await access.find(STAFF, to.person);
    if (kept?.doc.state !== 'invited' || kept.doc.invitation !== used.id) {
      throw invitationInvalid();
    }
    const doc: StaffDoc = { ...forgotten(kept.doc), ...secrets, state: 'active' };
    const entry = { what: 'staff-enrolled', by: to.person, to: to.person, ...rightsOf(doc) };
    const changes = [put(STAFF, to.person, kept, doc), remove(INVITATION, used)];
    return { changes: [...changes, audited(access, entry)], result: enrolled };
  });
}

/** Other rights, from the next request on. Refuses `staff-unknown`, `not-yourself` and as `demandGrant`. */
export async function changeRights(
  access: Access,
  by: Principal,
  { name, role, sites = sitesOf(by) }: NewStaff,
): Promise<void> {
  demandGrant(by, role, sites);
  await changeOther(access, by, name, 'rights-changed', async ({ doc: { sites: _, ...doc } }) => ({
    doc: { ...doc, role, ...(sites && { sites: [...sites] }) },
    changes: [],
    result: undefined,
  }));
}

/** Ends all sessions, and nothing opens for that name any more until it is reset. */
export async function disableStaff(access: Access, by: Principal, name: string): Promise<void> {
  await changeOther(access, by, name, 'staff-disabled', async ({ doc }) => ({
    doc: { ...forgotten(doc), state: 'disabled' },
    changes: await endAll(access, name),
    result: undefined,
  }));
}

/** Takes password and app away and invites again: of who lost them, or was disabled. */
export async function resetStaff(access: Access, by: Principal, name: string): Promise<Invitation> {
  return await changeOther(access, by, name, 'staff-reset', async ({ doc }) => {
    const to = { kind: 'staff', person: name } as const;
    const { change, given } = newInvitation(access, { to, by: by.id, way: 'link' });
    return {
      doc: { ...forgotten(doc), state: 'invited', invitation: change.id },
      changes: [...(await endAll(access, name)), change],
      result: given,
    };
  });
}

/**
 * Adds a person with a password at once, or gives who is there another: for the command line, whose user
 * has the store and its keys. Refuses `staff-exists`, `staff-unknown`, `password-weak`.
 */
export async function setUpStaff(
  access: Access,
  asked: { readonly name: string; readonly password: string; readonly fresh?: NewStaff },
  issuer: string,
): Promise<Enrolled> {
  const { name, password, fresh } = asked;
  demandStrength(password, name);
  const { enrolled, secrets } = await freshSecrets(access, name, password, issuer);
  return await access.change(async () => {
    const kept = await access.find(STAFF, name);
    if (fresh !== undefined && kept !== undefined) throw staffExists(name);
    const before = fresh === undefined ? kept?.doc : newDoc(access, 'command-line', fresh);
    if (before === undefined) throw staffUnknown(name);
    const doc: StaffDoc = { ...forgotten(before), ...secrets, state: 'active' };
    const what = fresh === undefined ? 'staff-reset' : 'staff-added';
    const entry = { what, by: 'command-line', to: name, ...rightsOf(doc) };
    const changes = [put(STAFF, name, kept, doc), ...(await endAll(access, name))];
    return { changes: [...changes, audited(access, entry)], result: enrolled };
  });
}

interface Changed<T> {
  readonly doc: StaffDoc;
  readonly changes: readonly AccessChange[];
  readonly result: T;
}

/** Whoever could shut out or demote themselves would one day be the last who could let anybody in. */
export async function changeOther<T>(
  access: Access,
  by: Principal,
  name: string,
  what: string,
  change: (kept: Kept<StaffDoc>) => Promise<Changed<T>>,
): Promise<T> {
  return await access.change(async () => {
    const kept = await access.find(STAFF, name);
    if (kept === undefined) throw staffUnknown(name);
    demandGrant(by, kept.doc.role, kept.doc.sites);
    if (by.id === name) {
      throw new Refusal('not-yourself', 'Nobody changes their own rights. Ask somebody else.');
    }
    const { doc, changes, result } = await change(kept);
    const entry = { what, by: by.id, to: name, ...rightsOf(doc) };
    return { changes: [put(STAFF, name, kept, doc), ...changes, audited(access, entry)], result };
  });
}

async function freshSecrets(access: Access, name: string, password: string, issuer: string) {
  const secret = randomBytes(SECRET_BYTES);
  const recovery = Array.from({ length: RECOVERY_CODES }, newCode);
  const hashes = recovery.map((code) => {
    return access.keeper.hash(`recovery ${name}`, readCode(code) ?? '');
  });
  const enrolled: Enrolled = { name, totpUri: totpUri(secret, name, issuer), recovery };
  const secrets = {
    password: await hashPassword(password),
    totp: { secret: access.keeper.seal(secret, name), lastStep: 0 },
    recovery: hashes,
  };
  return { enrolled, secrets };
}

function newDoc(access: Access, by: string, { name, role, sites }: NewStaff): StaffDoc {
  return {
    ...{ person: name, role, ...(sites && { sites: [...sites] }), state: 'invited' },
    ...{ recovery: [], createdAt: formatTime(access.nowMs()), by },
  };
}

function forgotten({ password: _, totp: __, invitation: ___, ...doc }: StaffDoc): StaffDoc {
  return { ...doc, recovery: [] };
}

function rightsOf({ role, sites }: StaffDoc) {
  return { role, ...(sites && { sites }) };
}

function staffExists(name: string): Refusal {
  return new Refusal('staff-exists', `There is or was somebody named ${name}. Choose another.`, {
    name,
  });
}

function staffUnknown(name: string): Refusal {
  return new Refusal('staff-unknown', `There is nobody named ${name} on the staff.`, { name });
}
