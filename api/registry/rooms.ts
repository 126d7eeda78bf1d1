import { Refusal } from '../../ledger/core/refusal.ts';
import type { RegistryChange } from '../../ledger/registry/registry-store.ts';
import {
  BUILDING,
  type BuildingDoc,
  CONNECTED,
  type Connection,
  FLOOR,
  type FloorDoc,
  type Kept,
  ROOM,
  type RoomDoc,
} from './records.ts';
import { isSame, put, type Registry, remove } from './registry.ts';

export interface NewBuilding {
  readonly building: string;
  readonly name: string;
}
export interface NewFloor {
  readonly building: string;
  readonly floor: string;
  readonly name?: string | undefined;
}
export interface NewRoom extends NewFloor {
  readonly room: string;
  readonly area?: string | undefined;
  readonly meters: readonly Connection[];
}
export type RoomChange = Partial<Pick<NewRoom, 'name' | 'area' | 'meters'>>;

/** The same again is taken for the same request. Refuses `building-exists`. */
export async function addBuilding(
  registry: Registry,
  site: string,
  by: string,
  fields: NewBuilding,
): Promise<BuildingDoc> {
  const { building } = fields;
  return await registry.change(site, async () => {
    const known = await registry.find(site, BUILDING, building);
    const doc = { ...fields, createdAt: registry.now, by };
    if (known === undefined) {
      return { changes: [put(BUILDING, building, undefined, doc)], result: doc };
    }
    if (isSame(known.doc, doc)) return { changes: [], result: known.doc };
    throw new Refusal('building-exists', `Building ${building} exists already.`, { building });
  });
}

/** Refuses `building-unknown`, `floor-exists`. */
export async function addFloor(
  registry: Registry,
  site: string,
  by: string,
  fields: NewFloor,
): Promise<FloorDoc> {
  const { building, floor, ...rest } = fields;
  const id = floorId(building, floor);
  return await registry.change(site, async () => {
    if ((await registry.find(site, BUILDING, building)) === undefined) {
      throw new Refusal('building-unknown', `There is no building ${building}.`, { building });
    }
    const known = await registry.find(site, FLOOR, id);
    const doc = { building, floor, ...rest, createdAt: registry.now, by };
    if (known === undefined) return { changes: [put(FLOOR, id, undefined, doc)], result: doc };
    if (isSame(known.doc, doc)) return { changes: [], result: known.doc };
    throw new Refusal('floor-exists', `Floor ${floor} of building ${building} exists already.`, {
      ...{ building, floor },
    });
  });
}

/** Refuses `floor-unknown`, `room-exists`, `meter-connected`. */
export async function addRoom(
  registry: Registry,
  site: string,
  by: string,
  fields: NewRoom,
): Promise<RoomDoc> {
  const { room, building, floor, meters, ...rest } = fields;
  return await registry.change(site, async () => {
    if ((await registry.find(site, FLOOR, floorId(building, floor))) === undefined) {
      throw new Refusal('floor-unknown', `Building ${building} has no floor ${floor}.`, {
        ...{ building, floor },
      });
    }
    const known = await registry.find(site, ROOM, room);
    const doc: RoomDoc = {
      ...{ room, building, floor, ...rest, meters: [...meters] },
      ...{ createdAt: registry.now, by },
    };
    if (known !== undefined) {
      const { lease: _, ...bare } = known.doc;
      if (isSame(bare, doc)) return { changes: [], result: known.doc };
      throw new Refusal('room-exists', `Room ${room} exists already.`, { room });
    }
    const wires = await rewired(registry, site, room, [], meters);
    return { changes: [put(ROOM, room, undefined, doc), ...wires], result: doc };
  });
}

/**
 * Changes what is given and leaves the rest. Refuses `room-unknown`, `meter-connected`, and `room-let`
 * where meters of a room that is let would change: they are replaced, so that the ledger knows.
 */
export async function changeRoom(
  registry: Registry,
  site: string,
  room: string,
  fields: RoomChange,
): Promise<RoomDoc> {
  return await registry.change(site, async () => {
    const known = await mustHaveRoom(registry, site, room);
    const { meters = known.doc.meters, ...rest } = fields;
    const given = Object.fromEntries(
      Object.entries(rest).filter(([, value]) => value !== undefined),
    );
    const doc: RoomDoc = { ...known.doc, ...given, meters: [...meters] };
    if (isSame(known.doc, doc)) return { changes: [], result: known.doc };
    if (known.doc.lease !== undefined && !isSame(known.doc.meters, meters)) {
      throw new Refusal('room-let', `Room ${room} is let. Replace its meters one by one.`, {
        ...{ room, lease: known.doc.lease },
      });
    }
    const changed = { ...doc, changedAt: registry.now };
    const wires = await rewired(registry, site, room, known.doc.meters, meters);
    return { changes: [put(ROOM, room, known, changed), ...wires], result: changed };
  });
}

export async function mustHaveRoom(
  registry: Registry,
  site: string,
  room: string,
): Promise<Kept<RoomDoc>> {
  const found = await registry.find(site, ROOM, room);
  if (found !== undefined) return found;
  throw new Refusal('room-unknown', `There is no room ${room}. Check its number.`, { room });
}

export function floorId(building: string, floor: string): string {
  return `${building}/${floor}`;
}

/** Each meter is told which room it serves, so that no other gets it. Refuses `meter-connected`. */
export async function rewired(
  registry: Registry,
  site: string,
  room: string,
  before: readonly Connection[],
  after: readonly Connection[],
): Promise<RegistryChange[]> {
  const [old, wanted] = [before, after].map((list) => list.map(({ meter }) => meter));
  const ids = [...new Set([...(old ?? []), ...(wanted ?? [])])];
  const known = await registry.several(site, CONNECTED, ids);
  const twice = (wanted ?? []).find((meter, i) => wanted?.indexOf(meter) !== i);
  if (twice !== undefined) throw meterConnected(twice, room);
  return ids.flatMap((meter) => {
    const kept = known.get(meter);
    if (wanted?.includes(meter) !== true)
      return kept === undefined ? [] : [remove(CONNECTED, kept)];
    if (kept !== undefined && kept.doc.room !== room) throw meterConnected(meter, kept.doc.room);
    return kept === undefined ? [put(CONNECTED, meter, undefined, { room })] : [];
  });
}

function meterConnected(meter: string, room: string): Refusal {
  return new Refusal('meter-connected', `Meter ${meter} serves room ${room} already.`, {
    ...{ meter, room },
  });
}
