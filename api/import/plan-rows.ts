import type { z } from 'zod';
import {
  area,
  type Connection,
  connectionShape,
  type Kind,
  LEASE,
  type LeaseDoc,
  MOST_METERS,
  MOST_ROOMS,
  OPENING,
  ROOM,
  type RoomDoc,
  shownText,
} from '../registry/records.ts';
import { floorId } from '../registry/rooms.ts';
import { type Personal, personalShape } from '../registry/tenants.ts';
import type { FaultCode } from './fault-words.ts';
import { CellFault } from './read-cell.ts';
import type { TableKind } from './templates.ts';
import { noteId, noteLease, type World } from './world.ts';

export type Outcome = 'new' | 'changed' | 'same';
/** Values of a row by the names of the columns. */
export type Values = Readonly<Record<string, string | undefined>>;

/** A fault that is in one column of a row. */
export class RowFault extends CellFault {
  readonly column: string;

  constructor(column: string, code: FaultCode, expected = '') {
    super(code, expected);
    this.column = column;
  }
}

/** Puts a row into the world, or says why not and leaves it as it is. */
export const PLANNERS: Readonly<Record<TableKind, (world: World, row: Values) => Outcome>> = {
  rooms: planRoom,
  meters: planMeter,
  tenants: planTenant,
  leases: planLease,
  balances: planBalance,
};

/** What tells a row of a table from the others. */
export const KEYS: Readonly<Record<TableKind, readonly string[]>> = {
  rooms: ['room'],
  meters: ['meter'],
  tenants: ['tenant'],
  leases: ['lease'],
  balances: ['account', 'wallet'],
};

function planRoom(world: World, row: Values): Outcome {
  const { building = '', floor = '', room = '', name } = row;
  const size = shaped('area', area, row['area']);
  shaped('name', shownText, name);
  const known = world.rooms.get(room);
  const there = floorId(building, floor);
  if (known !== undefined && floorId(known.building, known.floor) !== there) {
    throw new RowFault('room', 'room-exists', floorId(known.building, known.floor));
  }
  if (world.buildings.get(building) === undefined) {
    world.buildings.set(building, { building, name: building, ...world.made });
  }
  if (world.floors.get(there) === undefined) {
    world.floors.set(there, { building, floor, ...world.made });
  }
  const given = { ...(name && { name }), ...(size && { area: size }) };
  if (known === undefined) {
    world.rooms.set(room, { room, building, floor, ...given, meters: [], ...world.made });
    noteId(world, 'room', room);
    return 'new';
  }
  if (isIn(known, given)) return 'same';
  world.rooms.set(room, { ...known, ...given, changedAt: world.made.createdAt });
  return 'changed';
}

function planMeter(world: World, row: Values): Outcome {
  const { room = '', meter = '', ...rest } = row;
  const doc = mustHave(world, 'room', room, world.rooms.get(room));
  const filled = { serial: '', ct: '1', pt: '1', ...known(rest) };
  const read = connectionShape.safeParse({ meter, ...filled });
  if (!read.success) throw new RowFault(String(read.error.issues[0]?.path[0] ?? ''), 'bad-form');
  const connection: Connection = read.data;
  const serves = world.connected.get(meter)?.room;
  if (serves !== undefined && serves !== room)
    throw new RowFault('meter', 'meter-connected', serves);
  if (!world.bridges.has(connection.bridge)) throw new RowFault('bridge', 'bridge-unknown');
  const unit = world.tariffs.get(connection.tariff);
  if (unit === undefined) throw new RowFault('tariff', 'tariff-unknown');
  if (unit !== connection.unit) throw new RowFault('unit', 'tariff-unit');
  const before = doc.meters.find((one) => one.meter === meter);
  if (before !== undefined && JSON.stringify(before) === JSON.stringify(connection)) return 'same';
  if (doc.lease !== undefined) throw new RowFault('room', 'room-let');
  const others = doc.meters.filter((one) => one.meter !== meter);
  const changedAt = world.made.createdAt;
  if (others.length >= MOST_METERS) throw new RowFault('room', 'room-full', String(MOST_METERS));
  world.rooms.set(room, keepable(ROOM, { ...doc, meters: [...others, connection], changedAt }));
  if (serves === undefined) world.connected.set(meter, { room });
  return before === undefined ? 'new' : 'changed';
}

const KINDS: ReadonlyMap<string, 'company' | 'person'> = new Map([
  ...(['company', '企业', '公司'] as const).map((word) => [word, 'company'] as const),
  ...(['person', '个人'] as const).map((word) => [word, 'person'] as const),
]);

function planTenant(world: World, row: Values): Outcome {
  const { tenant = '', name = '', number, address, contact, phone, email } = row;
  const kind = KINDS.get(row['kind']?.toLowerCase() ?? '');
  if (kind === undefined) throw new RowFault('kind', 'bad-form');
  const doc = world.tenants.get(tenant);
  if (doc?.state === 'erased') throw new RowFault('tenant', 'person-erased');
  if (doc !== undefined && doc.kind !== kind) throw new RowFault('kind', 'tenant-exists');
  const before = world.personal.get(tenant);
  const first = known({ ...before?.contacts[0], ...known({ name: contact, phone, email }) });
  const contacts = Object.keys(first).length === 0 ? [] : [{ name, ...first }];
  const who = personalShape.safeParse({
    ...{ ...before, name, ...known({ number, address }) },
    contacts: [...contacts, ...(before?.contacts.slice(1) ?? [])],
  });
  if (!who.success) {
    const path = who.error.issues[0]?.path ?? [];
    throw new RowFault(
      String(path[0] === 'contacts' ? (path[2] ?? 'contact') : path[0]),
      'bad-form',
    );
  }
  if (before !== undefined && sameWho(before, who.data)) return 'same';
  world.personal.set(tenant, who.data);
  world.unsealed.set(tenant, who.data);
  const changedAt = world.made.createdAt;
  const bare = doc ?? { tenant, kind, state: 'active' as const, ...world.made };
  world.tenants.set(tenant, doc === undefined ? bare : { ...doc, changedAt });
  noteId(world, 'tenant', tenant);
  return doc === undefined ? 'new' : 'changed';
}

function planLease(world: World, row: Values): Outcome {
  const { lease = '', tenant = '', from = '', to, deposit, account = `a-${lease}` } = row;
  const rooms = [...new Set(row['rooms']?.split(' ') ?? [])];
  const size = shaped('area', area, row['area']);
  if (to !== undefined && to < from) throw new RowFault('to', 'lease-dates');
  const known = world.leases.get(lease);
  const given = { ...(to && { to }), ...(size && { area: size }), ...(deposit && { deposit }) };
  if (rooms.length > MOST_ROOMS) {
    throw new RowFault('rooms', 'lease-too-large', String(MOST_ROOMS));
  }
  if (known !== undefined)
    return replanLease(world, known, { tenant, account, from, rooms }, given);
  const who = mustHave(world, 'tenant', tenant, world.tenants.get(tenant));
  if (who.state === 'erased') throw new RowFault('tenant', 'person-erased');
  const owner = world.tenantOf.get(account);
  if (owner !== undefined && owner !== tenant) throw new RowFault('account', 'account-of-other');
  const doc = keepable(LEASE, {
    ...{ lease, tenant, account, rooms, from, ...given, state: 'planned', moves: [] },
    ...world.made,
  });
  for (const room of rooms) refuseTaken(world, doc, room);
  claimBegun(world, doc);
  world.leases.set(lease, doc);
  noteLease(world, doc);
  return 'new';
}

function replanLease(
  world: World,
  known: LeaseDoc,
  fixed: Pick<LeaseDoc, 'tenant' | 'account' | 'from' | 'rooms'>,
  given: Partial<Pick<LeaseDoc, 'to' | 'area' | 'deposit'>>,
): Outcome {
  const isSame =
    (['tenant', 'account', 'from'] as const).every((name) => known[name] === fixed[name]) &&
    [...known.rooms].sort().join(' ') === [...fixed.rooms].sort().join(' ');
  if (!isSame) throw new RowFault('lease', 'lease-exists');
  // What an import that was cut off has left to be opened is opened now.
  const isDue = known.state === 'planned' && hasBegun(world, known);
  if (isIn(known, given)) return isDue ? 'changed' : 'same';
  const doc = keepable(LEASE, { ...known, ...given, changedAt: world.made.createdAt });
  if (known.state !== 'planned' && known.state !== 'open')
    throw new RowFault('lease', 'lease-exists');
  for (const room of doc.rooms) refuseTaken(world, doc, room);
  world.leases.set(known.lease, doc);
  noteLease(world, doc);
  return 'changed';
}

function planBalance(world: World, row: Values): Outcome {
  const { account = '', wallet = '', amount = '' } = row;
  if (!/^[a-z][a-z-]{0,23}$/.test(wallet)) throw new RowFault('wallet', 'bad-form');
  if (amount.startsWith('-')) throw new RowFault('amount', 'opening-negative');
  if (!world.accounts.has(account) && !world.tenantOf.has(account)) {
    throw new RowFault('account', 'account-unknown');
  }
  const id = `${account}/${wallet}`;
  const known = world.openings.get(id);
  if (known === undefined) {
    const doc = keepable(OPENING, { account, wallet, amount, state: 'wanted', ...world.made });
    world.openings.set(id, doc);
    return 'new';
  }
  if (known.amount !== amount) throw new RowFault('amount', 'opening-exists', known.amount);
  return known.state === 'credited' ? 'same' : 'changed';
}

export function hasBegun({ today }: World, { from }: LeaseDoc): boolean {
  return from <= today;
}

/** The rooms of a lease that has begun are its own from now on. */
function claimBegun(world: World, doc: LeaseDoc): void {
  if (!hasBegun(world, doc)) return;
  const rooms = doc.rooms.map((room) => mustHave(world, 'room', room, world.rooms.get(room)));
  for (const room of rooms) {
    if (room.lease !== undefined) throw new RowFault('rooms', 'room-taken', room.lease);
  }
  for (const room of rooms) world.rooms.set(room.room, { ...room, lease: doc.lease });
}

function refuseTaken(world: World, doc: LeaseDoc, room: string): void {
  mustHave(world, 'room', room, world.rooms.get(room), 'rooms');
  const other = world.calendar.taken(room, doc);
  if (other !== undefined) throw new RowFault('rooms', 'room-taken', other);
}

function mustHave<T>(
  { unpadded }: World,
  kind: 'room' | 'tenant',
  id: string,
  found: T | undefined,
  column: string = kind,
): T {
  if (found !== undefined) return found;
  const padded = unpadded.get(`${kind} ${id}`);
  if (padded !== undefined) throw new RowFault(column, 'leading-zeros-lost', padded);
  throw new RowFault(column, `${kind}-unknown`);
}

/** What the registry can keep, or which column it is that it cannot. */
function keepable<T>({ shape }: Kind<T>, doc: T): T {
  const read = shape.safeParse(doc);
  if (read.success) return doc;
  const column = String(read.error.issues[0]?.path[0] ?? '');
  const isMoney = column === 'deposit' || column === 'amount';
  const code = isMoney ? 'bad-money' : column === 'account' ? 'bad-id' : 'bad-form';
  throw new RowFault(column, code);
}

function shaped(column: string, shape: z.ZodType<string>, value: string | undefined) {
  if (value === undefined || shape.safeParse(value).success) return value;
  throw new RowFault(column, 'bad-form');
}

/** Whether a record says already what is given; numbers may be written with zeros at the end. */
function isIn(doc: RoomDoc | LeaseDoc, given: object): boolean {
  const has = new Map<string, unknown>(Object.entries(doc));
  return Object.entries(given).every(([name, value]) => {
    const found = has.get(name);
    return found === value || (name === 'area' && Number(found) === Number(value));
  });
}

function known<T extends object>(fields: T): Partial<T> {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(kept) as Partial<T>;
}

function sameWho(one: Personal, other: Personal): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted({ name, number, address, contacts }: Personal) {
  const each = contacts.map(({ name: who, role, phone, email }) => [who, role, phone, email]);
  return [name, number, address, each];
}
