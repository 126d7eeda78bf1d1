import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { Mark, RegistryRecord } from '../../ledger/registry/registry-store.ts';
import { id, micros, positiveMicros, ratio, time, wallet } from '../shapes.ts';

/** As people write it on a door or a plan: letters of any script, digits, no control characters. */
export const shownText = z.string().regex(/^[^\p{C}\p{Z}](?:[^\p{C}]{0,198}[^\p{C}\p{Z}])?$/u);
export const date = z
  .string()
  .regex(/^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/)
  .refine(isDate, 'There is no such day.')
  .describe('Local calendar day of the site');
export const area = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,6})(\.[0-9]{1,2})?$/)
  .describe('Square metres');

/** What a meter is installed with, besides the account: known of the room before anybody moves in. */
export const connection = {
  meter: id,
  serial: z
    .string()
    .regex(/^[A-Za-z0-9._/-]{0,32}$/)
    .describe('As the meter itself tells it'),
  bridge: id,
  register: z
    .string()
    .regex(/^[0-9A-Za-z:.*-]{1,32}$/)
    .describe('OBIS code'),
  unit: z.string().regex(/^[A-Za-z0-9/%]{1,8}$/),
  wallet,
  ct: ratio,
  pt: ratio,
  tariff: id,
  modulus: z
    .string()
    .regex(/^(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?$/)
    .optional()
    .describe('Value at which the register starts again from zero'),
  maxPerHour: micros.optional().describe('More than this in an hour is held for review'),
};
export const connectionShape = z.strictObject(connection);
export type Connection = z.output<typeof connectionShape>;

/** Of a room; of a lease. */
export const MOST_METERS = 32;
export const MOST_ROOMS = 200;
export const MOST_MOVES = 100;

/** When a record was made, by whom, and when somebody changed it last. */
const made = { createdAt: time, by: z.string(), changedAt: time.optional() };

const buildingDoc = z.strictObject({ building: id, name: shownText, ...made });
const floorDoc = z.strictObject({ building: id, floor: id, name: shownText.optional(), ...made });
const roomDoc = z.strictObject({
  ...{ room: id, building: id, floor: id, name: shownText.optional(), area: area.optional() },
  meters: z.array(connectionShape).max(MOST_METERS),
  /** Whose it is at present, or will be as soon as the opening is through. */
  lease: id.optional(),
  ...made,
});
const tenantDoc = z.strictObject({
  tenant: id,
  kind: z.enum(['company', 'person']),
  state: z.enum(['active', 'erased']),
  /** Everything that says who it is, under the tenant's own key. */
  sealed: z.string().optional(),
  ...made,
});
const leaseDoc = z.strictObject({
  ...{ lease: id, tenant: id, account: id, rooms: z.array(id).min(1).max(MOST_ROOMS) },
  ...{ from: date, to: date.optional(), area: area.optional(), deposit: positiveMicros.optional() },
  state: z.enum(['planned', 'open', 'ended', 'closed', 'cancelled']),
  openedAt: time.optional(),
  endedAt: time.optional(),
  closedAt: time.optional(),
  /** Rooms before each move. */
  moves: z.array(z.strictObject({ at: time, from: z.array(id) })).max(MOST_MOVES),
  ...made,
});
/** Under the meter's id: a meter serves one room. */
const connectedDoc = z.strictObject({ room: id });

export type BuildingDoc = z.output<typeof buildingDoc>;
export type FloorDoc = z.output<typeof floorDoc>;
export type RoomDoc = z.output<typeof roomDoc>;
export type TenantDoc = z.output<typeof tenantDoc>;
export type LeaseDoc = z.output<typeof leaseDoc>;
export type ConnectedDoc = z.output<typeof connectedDoc>;

/** Money that an account began with when it was taken over from elsewhere; under `account/wallet`. */
const openingDoc = z.strictObject({
  ...{ account: id, wallet, amount: positiveMicros },
  state: z.enum(['wanted', 'credited']),
  ...made,
});
export type OpeningDoc = z.output<typeof openingDoc>;

/** What the store has of one kind, and by what its records are found. */
export interface Kind<T> {
  readonly name: string;
  readonly shape: z.ZodType<T>;
  readonly marks: (doc: T) => readonly Mark[];
}

export const BUILDING: Kind<BuildingDoc> = {
  ...{ name: 'building', shape: buildingDoc },
  marks: () => [],
};
/** Under `building/floor`. */
export const FLOOR: Kind<FloorDoc> = {
  ...{ name: 'floor', shape: floorDoc },
  marks: ({ building }) => [['building', building]],
};
export const ROOM: Kind<RoomDoc> = {
  ...{ name: 'room', shape: roomDoc },
  marks: ({ building, floor, lease }) => [
    ['building', building],
    ['floor', `${building}/${floor}`],
    ['state', lease === undefined ? 'vacant' : 'let'],
  ],
};
export const CONNECTED: Kind<ConnectedDoc> = {
  ...{ name: 'connected', shape: connectedDoc },
  marks: () => [],
};
export const TENANT: Kind<TenantDoc> = {
  ...{ name: 'tenant', shape: tenantDoc },
  marks: ({ kind, state }) => [
    ['kind', kind],
    ['state', state],
  ],
};
export const LEASE: Kind<LeaseDoc> = {
  ...{ name: 'lease', shape: leaseDoc },
  marks: ({ tenant, account, state, rooms, moves }) => [
    ['tenant', tenant],
    ['account', account],
    ['state', state],
    ...[...rooms, ...moves.flatMap(({ from }) => from)].map((room): Mark => ['room', room]),
  ],
};

export const OPENING: Kind<OpeningDoc> = {
  ...{ name: 'opening', shape: openingDoc },
  marks: () => [],
};

export interface Kept<T> {
  readonly id: string;
  readonly version: number;
  readonly doc: T;
}

/** Refuses `store-damaged`. */
export function keptOf<T>({ shape }: Kind<T>, { id, version, doc }: RegistryRecord): Kept<T> {
  const read = shape.safeParse(doc);
  if (read.success) return { id, version, doc: read.data };
  throw new Refusal('store-damaged', 'A record of the registry cannot be read; restore it.');
}

function isDate(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00.000Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
