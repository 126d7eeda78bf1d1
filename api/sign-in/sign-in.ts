import { Refusal } from '../../ledger/core/refusal.ts';
import { type Access, put } from './access.ts';
import { audited, countRefused } from './audit.ts';
import { checkPassword, hashPassword } from './password.ts';
import { type Kept, STAFF, type StaffDoc } from './records.ts';
import { isSameHash, readCode } from './secrets.ts';
import { beginSession, boundTo, type SignedIn, whereOf } from './sessions.ts';
import { stepOfCode } from './totp.ts';

export interface Credentials {
  readonly name: string;
  readonly password: string;
  /** Six digits of the app, or a recovery code. */
  readonly code: string;
}

/**
 * A session for one of the staff. Whatever is wrong is told the same and costs the same: an unknown name
 * is hashed and counted like a known one. Refuses `sign-in-refused`, `sign-in-locked`.
 */
export async function signIn(access: Access, credentials: Credentials): Promise<SignedIn> {
  const { password } = credentials;
  // Telephones like to begin with a capital and to end with a space.
  const name = credentials.name.trim().toLowerCase();
  access.guard.begin(name);
  const known = await access.find(STAFF, name);
  const phc = known?.doc.password ?? (await nobodysPassword());
  const { isRight, isStale } = await checkPassword(password, phc);
  const fresh = isRight && isStale ? await hashPassword(password) : undefined;
  const signedIn = await access.change(async () => {
    const kept = await access.find(STAFF, name);
    // What was checked is what is there still: it may have been reset meanwhile.
    const isSame = kept?.doc.password === phc && kept.doc.state === 'active';
    const used = kept && isSame && isRight ? useCode(access, kept, credentials.code) : undefined;
    if (kept === undefined || used === undefined) return { changes: [], result: undefined };
    const doc = fresh === undefined ? used : { ...used, password: fresh };
    const principal = { id: doc.person, role: doc.role, ...boundTo(doc.sites) };
    const holder = { kind: 'staff', id: doc.person } as const;
    const { changes, signedIn } = await beginSession(access, holder, principal);
    const isRecovery = doc.recovery.length < kept.doc.recovery.length;
    const what = isRecovery ? 'signed-in-by-recovery-code' : 'signed-in';
    const entry = { what, by: name, to: signedIn.session, ...whereOf(principal) };
    return {
      changes: [put(STAFF, name, kept, doc), ...changes, audited(access, entry)],
      result: signedIn,
    };
  });
  if (signedIn === undefined) {
    await countRefused(access, known?.doc.person);
    throw new Refusal('sign-in-refused', 'Name, password or code is not right. Look at all three.');
  }
  access.guard.succeeded(name);
  return signedIn;
}

/** The record after the code was used; undefined where it is not right. */
function useCode(access: Access, { doc }: Kept<StaffDoc>, code: string): StaffDoc | undefined {
  const { person, totp, recovery } = doc;
  const digits = code.replaceAll(' ', '');
  if (/^[0-9]{6}$/.test(digits)) {
    if (totp === undefined) return undefined;
    const { lastStep } = totp;
    const secret = access.keeper.open(totp.secret, person);
    const step = stepOfCode(secret, digits, { nowMs: access.nowMs(), lastStep });
    return step === undefined ? undefined : { ...doc, totp: { ...totp, lastStep: step } };
  }
  const symbols = readCode(code);
  if (symbols === undefined) return undefined;
  const given = access.keeper.hash(`recovery ${person}`, symbols);
  const left = recovery.filter((kept) => !isSameHash(kept, given));
  return left.length < recovery.length ? { ...doc, recovery: left } : undefined;
}

let nobodys: Promise<string> | undefined;

/** Of a password that nobody has: what a name that there is not is checked against. */
async function nobodysPassword(): Promise<string> {
  nobodys ??= hashPassword(crypto.randomUUID());
  return await nobodys;
}
