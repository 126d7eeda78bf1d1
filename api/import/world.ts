import type { RegistryChange } from '../../ledger/registry/registry-store.ts';
import type { LeaseDesk } from '../registry/lease-life.ts';
import {
  BUILDING,
  type BuildingDoc,
  CONNECTED,
  type ConnectedDoc,
  FLOOR,
  type FloorDoc,
  type Kept,
  type Kind,
  LEASE,
  type LeaseDoc,
  OPENING,
  type OpeningDoc,
  ROOM,
  type RoomDoc,
  TENANT,
  type TenantDoc,
} from '../registry/records.ts';
import { put, type Registry } from '../registry/registry.ts';
import { type Personal, tenantViews } from '../registry/tenants.ts';
import { RoomCalendar } from './room-calendar.ts';

/** Records of one kind as they are and as they will be. */
export class Shelf<T extends object> {
  readonly #kind: Kind<T>;
  readonly #kept = new Map<string, Kept<T>>();
  readonly #docs = new Map<string, T>();
  readonly #touched = new Set<string>();

  constructor(kind: Kind<T>, kept: Iterable<Kept<T>>) {
    this.#kind = kind;
    for (const one of kept) {
      this.#kept.set(one.id, one);
      this.#docs.set(one.id, one.doc);
    }
  }

  get(id: string): T | undefined {
    return this.#docs.get(id);
  }

  /** As it was before any row. */
  before(id: string): T | undefined {
    return this.#kept.get(id)?.doc;
  }

  set(id: string, doc: T): void {
    this.#docs.set(id, doc);
    this.#touched.add(id);
  }

  get all(): Iterable<[string, T]> {
    return this.#docs;
  }

  changes(): RegistryChange[] {
    return [...this.#touched].flatMap((id) => {
      const doc = this.#docs.get(id);
      return doc === undefined ? [] : [put(this.#kind, id, this.#kept.get(id), doc)];
    });
  }
}

/** All that rows are held against: what there is, with what the rows before have added. */
export interface World {
  readonly buildings: Shelf<BuildingDoc>;
  readonly floors: Shelf<FloorDoc>;
  readonly rooms: Shelf<RoomDoc>;
  readonly connected: Shelf<ConnectedDoc>;
  readonly tenants: Shelf<TenantDoc>;
  readonly leases: Shelf<LeaseDoc>;
  readonly openings: Shelf<OpeningDoc>;
  /** What is known of tenants, and what is to be sealed anew. */
  readonly personal: Map<string, Personal>;
  readonly unsealed: Map<string, Personal>;
  /** Leases that are planned or open, by room. */
  readonly calendar: RoomCalendar;
  /** Whose an account is, by the leases that pay by it. */
  readonly tenantOf: Map<string, string>;
  readonly accounts: Set<string>;
  readonly bridges: ReadonlySet<string>;
  /** Unit of each tariff. */
  readonly tariffs: ReadonlyMap<string, string>;
  /** Ids that only differ in zeros before them. */
  readonly unpadded: Map<string, string>;
  /** Who imports, and when; and the site's own day. */
  readonly made: { readonly createdAt: string; readonly by: string };
  readonly today: string;
}

const MOST = 10_000_000;

export async function loadWorld(desk: LeaseDesk, by: string, today: string): Promise<World> {
  const { registry, ledger, site } = desk;
  const shelf = async <T extends object>(kind: Kind<T>) => {
    return new Shelf(kind, await registry.all(site, kind));
  };
  const leases = await shelf(LEASE);
  const tenants = await registry.all(site, TENANT);
  const accounts = await ledger.accounts(site, { limit: MOST });
  const tariffs = await ledger.tariffs(site);
  const world: World = {
    ...{ buildings: await shelf(BUILDING), floors: await shelf(FLOOR), rooms: await shelf(ROOM) },
    ...{ connected: await shelf(CONNECTED), leases, tenants: new Shelf(TENANT, tenants) },
    openings: await shelf(OPENING),
    personal: await personalOf(registry, site, tenants),
    unsealed: new Map(),
    calendar: new RoomCalendar(),
    tenantOf: new Map(),
    accounts: new Set(accounts.map(({ account }) => account)),
    bridges: new Set((await ledger.bridges(site)).map(({ bridge }) => bridge)),
    tariffs: new Map(tariffs.map(({ tariff }) => [Object(tariff).id, Object(tariff).unit])),
    unpadded: new Map(),
    made: { createdAt: registry.now, by },
    today,
  };
  for (const [, lease] of leases.all) noteLease(world, lease);
  for (const [room] of world.rooms.all) noteId(world, 'room', room);
  for (const { id } of tenants) noteId(world, 'tenant', id);
  return world;
}

export function noteLease({ calendar, tenantOf }: World, doc: LeaseDoc): void {
  tenantOf.set(doc.account, doc.tenant);
  if (doc.state !== 'planned' && doc.state !== 'open') return;
  for (const room of doc.rooms) calendar.note(room, doc);
}

/** So that one who writes 301 for 0301 can be told. */
export function noteId({ unpadded }: World, kind: string, id: string): void {
  if (id.startsWith('0')) unpadded.set(`${kind} ${id.replace(/^0+/, '')}`, id);
}

async function personalOf(
  registry: Registry,
  site: string,
  tenants: readonly Kept<TenantDoc>[],
): Promise<Map<string, Personal>> {
  const views = await tenantViews(registry, site, tenants);
  return new Map(
    views.flatMap(({ tenant, name, number, address, contacts = [] }) => {
      if (name === undefined) return [];
      const given = { ...(number && { number }), ...(address && { address }) };
      return [[tenant, { name, ...given, contacts }] as const];
    }),
  );
}
