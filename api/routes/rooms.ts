import { z } from 'zod';
import type { Mark } from '../../ledger/registry/registry-store.ts';
import { cursorKey, pageOf } from '../cursor.ts';
import {
  area,
  BUILDING,
  connection,
  FLOOR,
  type Kept,
  type Kind,
  ROOM,
  shownText,
} from '../registry/records.ts';
import type { Registry } from '../registry/registry.ts';
import { addBuilding, addFloor, addRoom, changeRoom, mustHaveRoom } from '../registry/rooms.ts';
import { jsonRoute, type Route } from '../route.ts';
import { id, pageShape, paging, time } from '../shapes.ts';
import { SITE } from './examples.ts';

const made = { createdAt: time, by: z.string(), changedAt: time.optional() };
const building = { building: id, name: shownText };
const floor = { building: id, floor: id, name: shownText.optional() };
const roomFields = {
  name: shownText.optional(),
  area: area.optional(),
  meters: z.array(z.strictObject(connection)).max(32),
};
const room = { room: id, building: id, floor: id, ...roomFields };
const roomView = z.object({ ...room, lease: id.optional(), ...made });
const PAGING = ['bad-cursor', 'cursor-mismatch'];
const A_METER = {
  ...{ meter: 'E-0413', serial: '20260413', bridge: 'roof-1', register: '1-0:1.8.0' },
  ...{ unit: 'kWh', wallet: 'electricity', ct: '1', pt: '1', tariff: 'tou' },
};

/** Where meters are: buildings, floors and rooms. */
export const roomRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/buildings',
    tag: 'Rooms',
    summary: 'Register a building',
    permission: 'room.change',
    body: building,
    reply: z.object({ ...building, ...made }),
    status: 201,
    codes: ['building-exists'],
    example: { body: { site: SITE, building: 'A', name: 'Tower A' } },
    handle: async ({ body, site, principal, registry }) => ({
      body: await addBuilding(registry, site, principal.id, body),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/buildings',
    tag: 'Rooms',
    summary: 'List the buildings of a site',
    permission: 'room.read',
    query: paging,
    reply: pageShape(z.object({ ...building, ...made })),
    codes: PAGING,
    example: { query: { site: SITE } },
    handle: async ({ query, site, registry }) => ({
      body: await pageOfKind(registry, site, BUILDING, [], query),
    }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/floors',
    tag: 'Rooms',
    summary: 'Register a floor of a building',
    permission: 'room.change',
    body: floor,
    reply: z.object({ ...floor, ...made }),
    status: 201,
    codes: ['building-unknown', 'floor-exists'],
    example: { body: { site: SITE, building: 'A', floor: '4' } },
    handle: async ({ body, site, principal, registry }) => ({
      body: await addFloor(registry, site, principal.id, body),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/floors',
    tag: 'Rooms',
    summary: 'List floors, of one building where it is named',
    permission: 'room.read',
    query: { ...paging, building: id.optional() },
    reply: pageShape(z.object({ ...floor, ...made })),
    codes: PAGING,
    example: { query: { site: SITE, building: 'A' } },
    handle: async ({ query, site, registry }) => {
      const { building } = query;
      const marks: Mark[] = building === undefined ? [] : [['building', building]];
      return { body: await pageOfKind(registry, site, FLOOR, marks, query) };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/rooms',
    tag: 'Rooms',
    summary: 'Register a room with the meters that serve it',
    permission: 'room.change',
    body: { ...room, meters: roomFields.meters.default([]) },
    reply: roomView,
    status: 201,
    codes: ['floor-unknown', 'room-exists', 'meter-connected'],
    example: {
      body: {
        ...{ site: SITE, room: 'A-412', building: 'A', floor: '4', area: '86.50' },
        meters: [A_METER],
      },
    },
    handle: async ({ body, site, principal, registry }) => ({
      body: await addRoom(registry, site, principal.id, body),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/rooms',
    tag: 'Rooms',
    summary: 'List rooms, by building, floor (with its building), let or vacant',
    permission: 'room.read',
    query: {
      ...paging,
      ...{ building: id.optional(), floor: id.optional() },
      state: z.enum(['vacant', 'let']).optional(),
    },
    reply: pageShape(roomView),
    codes: PAGING,
    example: { query: { site: SITE, building: 'A', floor: '4', state: 'vacant' } },
    handle: async ({ query, site, registry }) => {
      const { building, floor, state } = query;
      const marks: Mark[] = [];
      if (building !== undefined && floor !== undefined)
        marks.push(['floor', `${building}/${floor}`]);
      else if (building !== undefined) marks.push(['building', building]);
      if (state !== undefined) marks.push(['state', state]);
      return { body: await pageOfKind(registry, site, ROOM, marks, query) };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/rooms/{room}',
    tag: 'Rooms',
    summary: 'Read a room: its meters, and the lease that it is let by',
    permission: 'room.read',
    params: { room: id },
    reply: roomView,
    codes: ['room-unknown'],
    example: { params: { room: 'A-412' }, query: { site: SITE } },
    handle: async ({ params, site, registry }) => ({
      body: (await mustHaveRoom(registry, site, params.room)).doc,
    }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/rooms/{room}',
    tag: 'Rooms',
    summary: 'Change a room: what is not given stays',
    permission: 'room.change',
    params: { room: id },
    body: { ...roomFields, meters: roomFields.meters.optional() },
    reply: roomView,
    codes: ['room-unknown', 'room-let', 'meter-connected'],
    example: { params: { room: 'A-412' }, body: { site: SITE, area: '87.00' } },
    handle: async ({ params, body, site, registry }) => ({
      body: await changeRoom(registry, site, params.room, body),
    }),
  }),
];

/** A page of what the registry has of one kind, bound to what chose it. */
export async function pageOfKind<T>(
  registry: Registry,
  site: string,
  kind: Kind<T>,
  marks: readonly Mark[],
  query: { readonly limit: number; readonly cursor?: string | undefined },
) {
  const { filter, found } = await keptPage(registry, site, kind, marks, query);
  const page = pageOf(found, query.limit, filter, ({ id: last }) => last);
  return { ...page, data: page.data.map(({ doc }) => doc) };
}

export async function keptPage<T>(
  registry: Registry,
  site: string,
  kind: Kind<T>,
  marks: readonly Mark[],
  query: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ filter: string; found: Kept<T>[] }> {
  const filter = JSON.stringify([kind.name, site, ...marks]);
  const after = cursorKey(query.cursor, filter);
  const found = await registry.page(site, kind, { marks, after, limit: query.limit + 1 });
  return { filter, found };
}
