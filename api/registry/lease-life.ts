import { Refusal } from '../../ledger/core/refusal.ts';
import { zoneOf } from '../../ledger/core/zone.ts';
import type { RegistryChange } from '../../ledger/registry/registry-store.ts';
import type { LedgerPort, MeterView } from '../ledger-port.ts';
import { freeRooms, leaseOver, mustHaveLease, refuseTooLarge, roomTaken } from './leases.ts';
import { type Connection, type Kept, LEASE, type LeaseDoc, ROOM, type RoomDoc } from './records.ts';
import { put, type Registry } from './registry.ts';

/** Where leases and what follows from them in the ledger are worked on. */
export interface LeaseDesk {
  readonly registry: Registry;
  readonly ledger: LedgerPort;
  readonly site: string;
}

type State = LeaseDoc['state'];
/** What a lease may be when a step is through; the last of each is who was faster with the same. */
const OPENABLE: readonly State[] = ['planned', 'open'];
const ENDABLE: readonly State[] = ['open', 'ended'];
const CANCELLABLE: readonly State[] = ['planned', 'cancelled'];

/** A meter that was taken off, and up to which reading it was charged. */
export interface FinalReading {
  readonly meter: string;
  readonly at?: string;
  readonly value?: string;
}

/**
 * Opens the account before the lease begins, so that its tenant can be invited and pay. Refuses
 * `lease-unknown`, `lease-over`.
 */
export async function preOpenLease(desk: LeaseDesk, lease: string): Promise<LeaseDoc> {
  const { doc } = await mustHaveLease(desk.registry, desk.site, lease);
  if (doc.state !== 'planned' && doc.state !== 'open') throw leaseOver(doc);
  await openAccountOf(desk, doc);
  return doc;
}

/**
 * The tenant moves in: the account is opened unless it was before, and gets the rooms' meters. The rooms
 * are taken first; a step that fails is mended and asked for again, which goes on where it stopped.
 * Refuses `lease-not-begun`, `lease-over`, `room-taken`, and what installing a meter refuses.
 */
export async function openLease(desk: LeaseDesk, lease: string): Promise<LeaseDoc> {
  const { registry, site } = desk;
  const { doc } = await mustHaveLease(registry, site, lease);
  if (doc.state === 'open') return doc;
  if (doc.state !== 'planned') throw leaseOver(doc);
  await refuseEarly(desk, doc);
  await openAccountOf(desk, doc);
  await fitRooms(desk, doc, doc.rooms);
  return await concluded(desk, { was: doc, from: OPENABLE, rooms: doc.rooms }, (kept) => {
    if (kept.state === 'open') return kept;
    return { ...kept, state: 'open', openedAt: registry.now };
  });
}

/**
 * The same tenant in other rooms: meters of rooms that are left are removed, those of new ones installed.
 * Refuses `lease-too-large`, and as `openLease` does.
 */
export async function moveLease(
  desk: LeaseDesk,
  lease: string,
  rooms: readonly string[],
): Promise<{ lease: LeaseDoc; finalReadings: readonly FinalReading[] }> {
  const { registry, site } = desk;
  const { doc } = await mustHaveLease(registry, site, lease);
  if (doc.state !== 'open') throw leaseOver(doc);
  const wanted = [...new Set(rooms)];
  const isMove = doc.rooms.join(' ') !== wanted.join(' ');
  refuseTooLarge(lease, wanted, doc.moves.length + (isMove ? 1 : 0));
  await freeRooms(registry, site, { ...doc, rooms: wanted });
  const finalReadings = await fitRooms(desk, doc, wanted);
  const moved = await concluded(desk, { was: doc, from: ['open'], rooms: wanted }, (kept) => {
    if (kept.rooms.join(' ') === wanted.join(' ')) return kept;
    const moves = [...kept.moves, { at: registry.now, from: kept.rooms }];
    return { ...kept, rooms: wanted, moves };
  });
  return { lease: moved, finalReadings };
}

/**
 * The tenant moves out: meters are removed at their last signed reading, rooms are vacant again. What is
 * left in the wallets stays until it is settled. A lease that was never opened is cancelled. Refuses
 * `lease-over`, and `final-reading-old` where a meter was not read since `readAfter`.
 */
export async function endLease(
  desk: LeaseDesk,
  lease: string,
  readAfter?: string,
): Promise<{ lease: LeaseDoc; finalReadings: readonly FinalReading[] }> {
  const { registry, site } = desk;
  const { doc } = await mustHaveLease(registry, site, lease);
  if (doc.state === 'closed' || doc.state === 'cancelled') throw leaseOver(doc);
  if (doc.state === 'ended' && (await roomsOf(desk, lease, doc.rooms)).length === 0) {
    return { lease: doc, finalReadings: [] };
  }
  if (readAfter !== undefined) await refuseOldReadings(desk, doc, readAfter);
  const finalReadings = await fitRooms(desk, doc, []);
  const from = doc.state === 'planned' ? CANCELLABLE : ENDABLE;
  const ended = await concluded(desk, { was: doc, from, rooms: [] }, (kept) => {
    const isUsed = kept.state === 'open';
    if (!isUsed && kept.state !== 'planned') return kept;
    return { ...kept, state: isUsed ? 'ended' : 'cancelled', endedAt: registry.now };
  });
  return { lease: ended, finalReadings };
}

/**
 * The rooms go from one tenant to the next: the first lease ends, the other, planned for the same rooms
 * from today or before, is opened. Meters go from account to account at their last reading. What would
 * keep the next from being opened is refused before the first is ended: `lease-to-itself`, `lease-over`,
 * `lease-not-begun`, `room-taken`.
 */
export async function transferLease(
  desk: LeaseDesk,
  lease: string,
  to: { readonly lease: string; readonly readAfter?: string | undefined },
): Promise<{ lease: LeaseDoc; next: LeaseDoc; finalReadings: readonly FinalReading[] }> {
  const { doc: next } = await mustHaveLease(desk.registry, desk.site, to.lease);
  if (next.lease === lease) {
    throw new Refusal(
      'lease-to-itself',
      `Lease ${lease} is handed over to another, not to itself.`,
      {
        lease,
      },
    );
  }
  if (next.state !== 'planned' && next.state !== 'open') throw leaseOver(next);
  await refuseEarly(desk, next);
  await refuseOthers(desk, next, lease);
  const ended = await endLease(desk, lease, to.readAfter);
  return { ...ended, next: await openLease(desk, to.lease) };
}

/**
 * Closes the account for good and the lease with it. Refuses `lease-not-ended`, `account-in-use` while
 * another lease pays by it, and what closing an account refuses.
 */
export async function closeLease(desk: LeaseDesk, lease: string): Promise<LeaseDoc> {
  const { registry, ledger, site } = desk;
  const { doc } = await mustHaveLease(registry, site, lease);
  if (doc.state === 'closed') return doc;
  if (doc.state !== 'ended') {
    throw new Refusal('lease-not-ended', `Lease ${lease} is ${doc.state}: end it first.`, {
      lease,
    });
  }
  const { account } = doc;
  for (const other of await registry.all(site, LEASE, ['account', account])) {
    const { state } = other.doc;
    if (other.id === lease || state === 'closed' || state === 'cancelled') continue;
    throw new Refusal('account-in-use', `Lease ${other.id} pays by account ${account}, too.`, {
      ...{ account, lease: other.id },
    });
  }
  const view = Object(await ledger.account(site, account));
  if (view.closedAt === undefined) {
    await ledger.execute({ do: 'close-account', site, account, reason: 'lease-ended' });
  }
  return await changed(desk, lease, (kept) => {
    return { ...kept, state: 'closed', closedAt: registry.now };
  });
}

/** Refuses `lease-not-begun` before the site's own day is the lease's first. */
async function refuseEarly(
  { registry, ledger, site }: LeaseDesk,
  { lease, from }: LeaseDoc,
): Promise<void> {
  const found = await ledger.findSite(site);
  const [year = 0, month = 0, date = 0] = from.split('-').map(Number);
  const startMs = found && zoneOf(found.zone).startOfDay(year, month, date);
  if (startMs !== undefined && startMs <= registry.nowMs()) return;
  throw new Refusal('lease-not-begun', `Lease ${lease} begins on ${from}.`, { lease, from });
}

/** Refuses `room-taken` where neither of two leases has a room of the second, but somebody else. */
async function refuseOthers(
  { registry, site }: LeaseDesk,
  next: LeaseDoc,
  lease: string,
): Promise<void> {
  for (const { id, doc } of (await registry.several(site, ROOM, next.rooms)).values()) {
    const { lease: holder = lease } = doc;
    if (holder !== lease && holder !== next.lease) throw roomTaken(id, holder);
  }
}

async function openAccountOf({ ledger, site }: LeaseDesk, { account }: LeaseDoc): Promise<void> {
  if ((await ledger.account(site, account)) !== undefined) return;
  try {
    await ledger.execute({ do: 'open-account', site, account });
  } catch (error) {
    // Somebody else did at the same moment.
    if (!(error instanceof Refusal) || error.code !== 'account-exists') throw error;
  }
}

/**
 * Makes the lease have these rooms and the account their meters: takes rooms, removes meters of others,
 * installs what is missing, lets rooms go. Each step may have been done before.
 */
async function fitRooms(
  desk: LeaseDesk,
  { lease, account, rooms }: LeaseDoc,
  wanted: readonly string[],
): Promise<FinalReading[]> {
  const { registry, site, ledger } = desk;
  await claim(desk, lease, wanted);
  const meters = new Map<string, Connection>();
  for (const { doc } of (await registry.several(site, ROOM, wanted)).values()) {
    for (const connection of doc.meters) meters.set(connection.meter, connection);
  }
  // By the room's own word: another lease may have the room by now and pay by the same account.
  const left = (await roomsOf(desk, lease, rooms)).flatMap(({ doc }) => doc.meters);
  const leaving = left.map(({ meter }) => meter);
  const removed: FinalReading[] = [];
  for (const meter of leaving.filter((meter) => !meters.has(meter))) {
    const view = await ledger.meter(site, meter);
    if (view?.['account'] !== account) continue;
    await ledger.execute({ do: 'remove-meter', site, account, meter });
    removed.push(finalReading(view));
  }
  for (const connection of meters.values()) {
    const view = await ledger.meter(site, connection.meter);
    if (view?.['account'] === account) continue;
    await ledger.execute({ do: 'install-meter', site, account, ...connection });
  }
  await letGo(
    desk,
    lease,
    rooms.filter((room) => !wanted.includes(room)),
  );
  return removed;
}

/** Those of the rooms that are the lease's at present. */
async function roomsOf(
  { registry, site }: LeaseDesk,
  lease: string,
  rooms: readonly string[],
): Promise<Kept<RoomDoc>[]> {
  const found = await registry.several(site, ROOM, rooms);
  return [...found.values()].filter(({ doc }) => doc.lease === lease);
}

/** Refuses `room-taken` where another lease has it at this moment. */
async function claim(desk: LeaseDesk, lease: string, rooms: readonly string[]): Promise<void> {
  await withRooms(desk, rooms, (kept) => {
    if (kept.doc.lease === lease) return [];
    if (kept.doc.lease !== undefined) throw roomTaken(kept.id, kept.doc.lease);
    return [put(ROOM, kept.id, kept, { ...kept.doc, lease })];
  });
}

async function letGo(desk: LeaseDesk, lease: string, rooms: readonly string[]): Promise<void> {
  await withRooms(desk, rooms, (kept) => {
    if (kept.doc.lease !== lease) return [];
    const { lease: _, ...vacant } = kept.doc;
    return [put(ROOM, kept.id, kept, vacant)];
  });
}

async function withRooms(
  { registry, site }: LeaseDesk,
  rooms: readonly string[],
  change: (kept: Kept<RoomDoc>) => RegistryChange[],
): Promise<void> {
  await registry.change(site, async () => {
    const found = await registry.several(site, ROOM, rooms);
    return { changes: [...found.values()].flatMap(change), result: undefined };
  });
}

/** How a lease was when a step began, what it may be at its end, and the rooms that the step gave it. */
interface Step {
  readonly was: LeaseDoc;
  readonly from: readonly State[];
  readonly rooms: readonly string[];
}

/**
 * Writes down that a step is through. Where another step was faster meanwhile, this one gives back what
 * it took: refuses `lease-over`, or `writer-busy` where it may be asked for again.
 */
async function concluded(
  desk: LeaseDesk,
  { was, from, rooms }: Step,
  change: (doc: LeaseDoc) => LeaseDoc,
): Promise<LeaseDoc> {
  const { lease } = was;
  try {
    return await changed(desk, lease, (kept) => {
      const isAsBefore = [was.rooms, rooms].some((one) => one.join(' ') === kept.rooms.join(' '));
      if (from.includes(kept.state) && isAsBefore) return change(kept);
      if (!OPENABLE.includes(kept.state)) throw leaseOver(kept);
      throw new Refusal('writer-busy', `Lease ${lease} has changed at this moment. Look again.`);
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await giveBack(desk, lease, rooms);
    throw error;
  }
}

/** Makes an open lease have its own rooms again and another none, after a step that came too late. */
async function giveBack(desk: LeaseDesk, lease: string, rooms: readonly string[]): Promise<void> {
  const { doc } = await mustHaveLease(desk.registry, desk.site, lease);
  if (doc.state === 'planned') return;
  // The other step let go of rooms whose meters came only after that.
  await withRooms(desk, rooms, (kept) => {
    return kept.doc.lease === undefined ? [put(ROOM, kept.id, kept, { ...kept.doc, lease })] : [];
  });
  const own = doc.state === 'open' ? doc.rooms : [];
  await fitRooms(desk, { ...doc, rooms: [...rooms] }, own);
}

async function changed(
  { registry, site }: LeaseDesk,
  lease: string,
  change: (doc: LeaseDoc) => LeaseDoc,
): Promise<LeaseDoc> {
  return await registry.change(site, async () => {
    const kept = await mustHaveLease(registry, site, lease);
    const next = change(kept.doc);
    if (next === kept.doc) return { changes: [], result: next };
    const doc = { ...next, changedAt: registry.now };
    return { changes: [put(LEASE, lease, kept, doc)], result: doc };
  });
}

async function refuseOldReadings(
  desk: LeaseDesk,
  { lease, rooms, account }: LeaseDoc,
  readAfter: string,
): Promise<void> {
  const { ledger, site } = desk;
  for (const { doc } of await roomsOf(desk, lease, rooms)) {
    for (const { meter } of doc.meters) {
      const view = await ledger.meter(site, meter);
      if (view?.['account'] !== account) continue;
      const { at = '' } = finalReading(view);
      if (at >= readAfter) continue;
      throw new Refusal(
        'final-reading-old',
        `Meter ${meter} was read last ${at === '' ? 'never' : `at ${at}`}: read it, then go on.`,
        { meter, at },
      );
    }
  }
}

function finalReading(view: MeterView): FinalReading {
  const { at, value }: { at?: string; value?: string } = Object(view['last']);
  return { meter: view.meter, ...(at && { at }), ...(value && { value }) };
}
