import { Refusal } from '../../ledger/core/refusal.ts';
import { formatTime } from '../../ledger/core/time.ts';
import { demandGrant, type Principal, sitesOf } from '../permissions.ts';
import { tokenInvalid } from '../tokens.ts';
import { type Access, put } from './access.ts';
import { audited } from './audit.ts';
import { KEY, type KeyDoc } from './records.ts';
import { isSameHash, isSecret, newSecret } from './secrets.ts';
import { boundTo } from './sessions.ts';

/** A key for a program; the text is shown once. Refuses `role-too-high`, `forbidden-site`. */
export async function makeKey(
  access: Access,
  by: Principal,
  asked: {
    readonly label: string;
    readonly role: KeyDoc['role'];
    readonly sites?: readonly string[];
  },
): Promise<{ readonly id: string; readonly key: string }> {
  const { label, role, sites = sitesOf(by) } = asked;
  demandGrant(by, role, sites);
  const key = newSecret('bp');
  const secret = access.keeper.hash('key', key);
  const id = idOf(secret);
  const bound = sites && { sites: [...sites] };
  const doc: KeyDoc = {
    ...{ key: id, secret, label, role, ...bound },
    ...{ createdAt: formatTime(access.nowMs()), by: by.id },
  };
  const entry = { what: 'key-made', by: by.id, to: id, role, ...bound };
  return await access.change(async () => ({
    changes: [put(KEY, id, undefined, doc), audited(access, entry)],
    result: { id, key },
  }));
}

/** At once and for ever. Refuses `key-unknown`, `role-too-high`, `forbidden-site`. */
export async function revokeKey(access: Access, by: Principal, id: string): Promise<void> {
  await access.change(async () => {
    const kept = await access.find(KEY, id);
    if (kept === undefined) throw new Refusal('key-unknown', 'There is no such key.');
    const { role, sites, revokedAt = formatTime(access.nowMs()) } = kept.doc;
    demandGrant(by, role, sites);
    const entry = { what: 'key-revoked', by: by.id, to: id, role, ...(sites && { sites }) };
    const changes = [put(KEY, id, kept, { ...kept.doc, revokedAt }), audited(access, entry)];
    return { changes: kept.doc.revokedAt === undefined ? changes : [], result: undefined };
  });
}

/** Whom a key speaks for. Refuses `token-invalid`, whatever is wrong with it. */
export async function principalOfKey(access: Access, key: string): Promise<Principal> {
  if (!isSecret('bp', key)) throw tokenInvalid();
  const secret = access.keeper.hash('key', key);
  const kept = await access.find(KEY, idOf(secret));
  if (kept === undefined || !isSameHash(kept.doc.secret, secret)) throw tokenInvalid();
  const { key: id, role, sites, revokedAt } = kept.doc;
  if (revokedAt !== undefined) throw tokenInvalid();
  return { id: `key-${id}`, role, ...boundTo(sites), isProgram: true };
}

function idOf(hash: string): string {
  return hash.slice(0, 16);
}
