import { Refusal } from '../../ledger/core/refusal.ts';
import type { RegistryChange } from '../../ledger/registry/registry-store.ts';
import {
  type Kept,
  LEASE,
  type LeaseDoc,
  MOST_MOVES,
  MOST_ROOMS,
  ROOM,
  type RoomDoc,
} from './records.ts';
import { isSame, put, type Registry } from './registry.ts';
import { mustHaveTenant } from './tenants.ts';

export interface NewLease {
  readonly lease: string;
  readonly tenant: string;
  readonly account: string;
  readonly rooms: readonly string[];
  readonly from: string;
  readonly to?: string | undefined;
  readonly area?: string | undefined;
  readonly deposit?: string | undefined;
}
export type LeaseChange = Partial<Pick<NewLease, 'from' | 'to' | 'area' | 'deposit'>>;

/**
 * Plans a lease: rooms, dates, and the account that will pay for what they use. Nothing is opened yet. The
 * same again is taken for the same request. Refuses `lease-exists`, `lease-dates`, `tenant-unknown`,
 * `person-erased`, `room-unknown`, `room-taken`, `account-of-other`, `lease-too-large`.
 */
export async function planLease(
  registry: Registry,
  site: string,
  by: string,
  fields: NewLease,
): Promise<LeaseDoc> {
  const { lease } = fields;
  refuseDates(fields);
  refuseTooLarge(lease, fields.rooms, 0);
  return await registry.change(site, async () => {
    const known = await registry.find(site, LEASE, lease);
    const doc: LeaseDoc = {
      ...{ ...fields, rooms: [...new Set(fields.rooms)], state: 'planned', moves: [] },
      ...{ createdAt: registry.now, by },
    };
    if (known !== undefined) {
      if (isSame(known.doc, doc)) return { changes: [], result: known.doc };
      throw new Refusal('lease-exists', `Lease ${lease} exists already.`, { lease });
    }
    const tenant = await mustHaveTenant(registry, site, fields.tenant);
    if (tenant.doc.state === 'erased') {
      throw new Refusal('person-erased', `Tenant ${fields.tenant} was erased. Register anew.`, {
        tenant: fields.tenant,
      });
    }
    await refuseOtherTenant(registry, site, fields);
    const touched = await reserved(registry, site, doc);
    return { changes: [put(LEASE, lease, undefined, doc), ...touched], result: doc };
  });
}

/**
 * Changes what is given and leaves the rest; the first day only before it is opened. Refuses
 * `lease-unknown`, `lease-over`, `lease-dates`, `room-taken`.
 */
export async function changeLease(
  registry: Registry,
  site: string,
  lease: string,
  fields: LeaseChange,
): Promise<LeaseDoc> {
  return await registry.change(site, async () => {
    const known = await mustHaveLease(registry, site, lease);
    const { state } = known.doc;
    const given = Object.fromEntries(
      Object.entries(fields).filter(([, value]) => value !== undefined),
    );
    const doc: LeaseDoc = { ...known.doc, ...given };
    if (isSame(known.doc, doc)) return { changes: [], result: known.doc };
    if (state !== 'planned' && state !== 'open') throw leaseOver(known.doc);
    if (state === 'open' && doc.from !== known.doc.from) {
      throw new Refusal('lease-dates', 'The first day stands once a lease is open.', { lease });
    }
    refuseDates(doc);
    const touched = await reserved(registry, site, doc);
    const changed = { ...doc, changedAt: registry.now };
    return { changes: [put(LEASE, lease, known, changed), ...touched], result: changed };
  });
}

export async function mustHaveLease(
  registry: Registry,
  site: string,
  lease: string,
): Promise<Kept<LeaseDoc>> {
  const found = await registry.find(site, LEASE, lease);
  if (found !== undefined) return found;
  throw new Refusal('lease-unknown', `There is no lease ${lease}. Check its number.`, { lease });
}

export function leaseOver({ lease, state }: LeaseDoc): Refusal {
  return new Refusal('lease-over', `Lease ${lease} is ${state}.`, { lease, state });
}

/** Refuses `lease-too-large` where a lease would have more than a record keeps. */
export function refuseTooLarge(lease: string, rooms: readonly string[], moves: number): void {
  if (rooms.length <= MOST_ROOMS && moves <= MOST_MOVES) return;
  throw new Refusal(
    'lease-too-large',
    `A lease has at most ${MOST_ROOMS} rooms and ${MOST_MOVES} moves. Plan another lease.`,
    { lease, rooms: MOST_ROOMS, moves: MOST_MOVES },
  );
}

/** Refuses `room-unknown`, `room-taken`. The rooms, as they are. */
export async function freeRooms(
  registry: Registry,
  site: string,
  wanted: Pick<LeaseDoc, 'lease' | 'rooms' | 'from' | 'to'>,
): Promise<Kept<RoomDoc>[]> {
  const rooms = await registry.several(site, ROOM, wanted.rooms);
  for (const room of wanted.rooms) {
    if (!rooms.has(room)) {
      throw new Refusal('room-unknown', `There is no room ${room}. Check its number.`, { room });
    }
    for (const { doc } of await registry.all(site, LEASE, ['room', room])) {
      const isLive = doc.state === 'planned' || doc.state === 'open';
      if (doc.lease === wanted.lease || !isLive || !doc.rooms.includes(room)) continue;
      if (overlap(doc, wanted)) throw roomTaken(room, doc.lease);
    }
  }
  return [...rooms.values()];
}

export function roomTaken(room: string, lease: string): Refusal {
  return new Refusal('room-taken', `Room ${room} is let by lease ${lease} at that time.`, {
    ...{ room, lease },
  });
}

/**
 * Writes each room as it is: of two who plan the same room at once, the second finds it changed and looks
 * again.
 */
async function reserved(
  registry: Registry,
  site: string,
  doc: LeaseDoc,
): Promise<RegistryChange[]> {
  const rooms = await freeRooms(registry, site, doc);
  return rooms.map((kept) => put(ROOM, kept.id, kept, kept.doc));
}

/** An account is one tenant's, however many leases it pays for. */
async function refuseOtherTenant(
  registry: Registry,
  site: string,
  { account, tenant }: NewLease,
): Promise<void> {
  const leases = await registry.page(site, LEASE, { marks: [['account', account]], limit: 1 });
  const [other] = leases.filter(({ doc }) => doc.tenant !== tenant);
  if (other === undefined) return;
  throw new Refusal('account-of-other', `Account ${account} is another tenant's.`, { account });
}

function refuseDates({ from, to }: { readonly from: string; readonly to?: string | undefined }) {
  if (to === undefined || to >= from) return;
  throw new Refusal('lease-dates', 'A lease ends on its first day or later.', { from, to });
}

/** Both days belong to a lease; without a last day it has no end. */
function overlap(
  one: { readonly from: string; readonly to?: string | undefined },
  other: { readonly from: string; readonly to?: string | undefined },
): boolean {
  const startsInTime = (a: typeof one, b: typeof one) => b.to === undefined || a.from <= b.to;
  return startsInTime(one, other) && startsInTime(other, one);
}
