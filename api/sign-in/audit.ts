import type { AccessChange } from '../../ledger/access/access-store.ts';
import { formatTime } from '../../ledger/core/time.ts';
import { type Principal, sitesOf } from '../permissions.ts';
import { type Access, put } from './access.ts';
import { AUDIT, type AuditDoc, type Kept } from './records.ts';
import { newId } from './secrets.ts';

const HOUR_MS = 3_600_000;
const READ_AT_ONCE = 200;

/** The entry that goes into the store with what it tells of, or not at all. */
export function audited(access: Access, entry: Omit<AuditDoc, 'at'>): AccessChange {
  const now = access.nowMs();
  return put(AUDIT, `${newestFirst(now)}~${newId()}`, undefined, { at: formatTime(now), ...entry });
}

/**
 * Counts a sign-in that was refused: one entry an hour and name, and one for all names that there are
 * not, or whoever guesses would fill the store.
 */
export async function countRefused(access: Access, person: string | undefined): Promise<void> {
  await access.change(async () => {
    const now = access.nowMs();
    const hour = now - (now % HOUR_MS);
    const id = `${newestFirst(hour)}~refused~${person ?? ''}`;
    const kept = await access.find(AUDIT, id);
    const doc: AuditDoc = {
      ...{ at: formatTime(hour), what: 'sign-in-refused', ...(person && { to: person }) },
      count: (kept?.doc.count ?? 0) + 1,
    };
    return { changes: [put(AUDIT, id, kept, doc)], result: undefined };
  });
}

/** The newest first; who is bound to sites sees what names one of them. */
export async function auditPage(
  access: Access,
  reader: Principal,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<Kept<AuditDoc>[]> {
  const own = sitesOf(reader);
  const found: Kept<AuditDoc>[] = [];
  let last = after;
  while (found.length < limit) {
    const page = { limit: READ_AT_ONCE, ...(last === undefined ? {} : { after: last }) };
    const rows = await access.page(AUDIT, page);
    found.push(
      ...rows.filter(
        ({ doc }) => own === undefined || doc.sites?.some((site) => own.includes(site)),
      ),
    );
    last = rows.at(-1)?.id;
    if (rows.length < READ_AT_ONCE || last === undefined) break;
  }
  return found.slice(0, limit);
}

/** Ids that begin with this stand in the order of time, backwards. */
export function newestFirst(ms: number): string {
  return String(9_999_999_999_999 - ms).padStart(13, '0');
}
