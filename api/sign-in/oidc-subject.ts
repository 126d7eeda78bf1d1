import { createHash } from 'node:crypto';
import { Refusal } from '../../ledger/core/refusal.ts';
import { formatTime } from '../../ledger/core/time.ts';
import type { Principal } from '../permissions.ts';
import { type Access, put, remove } from './access.ts';
import { audited } from './audit.ts';
import { STAFF, STAFF_NAME, type StaffDoc, SUBJECT } from './records.ts';
import { beginSession, boundTo, type SignedIn, whereOf } from './sessions.ts';
import { changeOther } from './staff.ts';

/** Whom a provider says that it has let in. */
export interface Claimed {
  readonly issuer: string;
  readonly subject: string;
  /** What it calls them; their name here, where somebody is new. */
  readonly name?: string;
}

/**
 * Says that somebody of the staff is that subject of the issuer; undefined: nobody of it. Who was invited and has
 * chosen no password comes in by the provider alone. Refuses `subject-taken` and as `changeRights`.
 */
export async function linkSubject(
  access: Access,
  by: Principal,
  name: string,
  { issuer, subject }: { readonly issuer: string; readonly subject: string | undefined },
): Promise<void> {
  await changeOther(access, by, name, 'subject-linked', async ({ doc }) => {
    const { subject: before, ...rest } = doc;
    const old = before && (await access.find(SUBJECT, keyOf(before)));
    const gone = old ? [remove(SUBJECT, old)] : [];
    if (subject === undefined) return { doc: rest, changes: gone, result: undefined };
    const key = keyOf({ issuer, subject });
    const known = await access.find(SUBJECT, key);
    if (known !== undefined && known.doc.person !== name) {
      throw new Refusal('subject-taken', 'Somebody else of the staff is that subject already.');
    }
    const linked: StaffDoc = {
      ...{ ...rest, subject: { issuer, subject } },
      state: doc.state === 'invited' ? 'active' : doc.state,
    };
    if (old?.id === key) return { doc: linked, changes: [], result: undefined };
    const changes = [...gone, put(SUBJECT, key, known, { person: name })];
    return { doc: linked, changes, result: undefined };
  });
}

/**
 * A session as with a password. Somebody unknown is made only where the settings name a role for it. Refuses
 * `oidc-person-unknown`, also where that person was disabled.
 */
export async function sessionOfSubject(
  access: Access,
  claimed: Claimed,
  newRole: StaffDoc['role'] | undefined,
): Promise<SignedIn> {
  const key = keyOf(claimed);
  return await access.change(async () => {
    const known = await access.find(SUBJECT, key);
    const made = known === undefined ? await newcomer(access, claimed, newRole) : undefined;
    const doc = made?.doc ?? (await access.find(STAFF, known?.doc.person ?? ''))?.doc;
    const isLinked = doc?.subject !== undefined && keyOf(doc.subject) === key;
    if (doc?.state !== 'active' || !isLinked) throw personUnknown();
    const principal = { id: doc.person, role: doc.role, ...boundTo(doc.sites) };
    const holder = { kind: 'staff', id: doc.person } as const;
    const { changes, signedIn } = await beginSession(access, holder, principal);
    const entry = { by: doc.person, to: signedIn.session, ...whereOf(principal) };
    return {
      changes: [
        ...(made?.changes ?? []),
        ...changes,
        audited(access, { what: 'signed-in-by-provider', ...entry }),
      ],
      result: signedIn,
    };
  });
}

async function newcomer(
  access: Access,
  { issuer, subject, name = '' }: Claimed,
  role: StaffDoc['role'] | undefined,
) {
  const person = name.toLowerCase();
  if (role === undefined || !STAFF_NAME.test(person)) throw personUnknown();
  // A name that there is or was is somebody's: a provider gives nobody's rights to another.
  if ((await access.find(STAFF, person)) !== undefined) throw personUnknown();
  const doc: StaffDoc = {
    ...{ person, role, state: 'active', recovery: [], subject: { issuer, subject } },
    ...{ createdAt: formatTime(access.nowMs()), by: 'identity-provider' },
  };
  const entry = { what: 'staff-added', by: 'identity-provider', to: person, role };
  const changes = [
    put(STAFF, person, undefined, doc),
    put(SUBJECT, keyOf({ issuer, subject }), undefined, { person }),
    audited(access, entry),
  ];
  return { doc, changes };
}

/** A subject is one only together with its issuer. */
function keyOf({ issuer, subject }: { readonly issuer: string; readonly subject: string }): string {
  return createHash('sha256').update(`${issuer}\n${subject}`).digest('hex');
}

function personUnknown(): Refusal {
  return new Refusal(
    'oidc-person-unknown',
    'The identity provider knows you, and nobody here is that person. Ask a manager to link you.',
  );
}
