import { formatTime, HOUR_MS } from '../../ledger/core/time.ts';
import type { FrontDesk } from './front-desk.ts';
import type { TowerPlan } from './plan.ts';
import { TENANTS, TOWER, type TowerMeter } from './tower.ts';
import { bindingOf } from './tower-history.ts';

/** Local midnight of the tower is that of Shanghai: eight hours before that of UTC. */
const EAST_MS = 8 * HOUR_MS;
const ROOMS_A_FLOOR = 4;

/**
 * Who rents which room of the tower: a table each, given to the import as an office would. The accounts
 * and meters are in the ledger already, so leases only come to say whose they are; a later start changes
 * nothing.
 */
export async function registerTenants(
  desk: FrontDesk,
  plan: TowerPlan,
  meters: readonly TowerMeter[],
): Promise<void> {
  for (const table of tablesOf(plan, meters)) {
    await desk.upload(`/v1/sites/${TOWER.site}/imports?mode=all`, table);
  }
}

function tablesOf({ startMs, tenants }: TowerPlan, meters: readonly TowerMeter[]): string[] {
  const from = formatTime(startMs + EAST_MS).slice(0, 10);
  const homes = TENANTS.slice(0, tenants).map(({ account, name }, i) => {
    const floor = 1 + Math.floor(i / ROOMS_A_FLOOR);
    const room = `A-${floor}0${1 + (i % ROOMS_A_FLOOR)}`;
    return { account, name, floor, room, tenant: `T-${i + 1}`, lease: `L-${i + 1}` };
  });
  const roomOf = new Map(homes.map(({ account, room }) => [account, room]));
  const bound = meters.map((meter) => {
    const { meter: id, serial, bridge, register, unit, wallet, ...rest } = bindingOf(meter);
    const { tariff, modulus = '', maxPerHour } = rest;
    const room = roomOf.get(meter.account);
    return [id, room, serial, bridge, register, unit, wallet, tariff, modulus, maxPerHour];
  });
  return [
    table(
      'building,floor,room,area',
      homes.map(({ floor, room }) => ['A', floor, room, 86 + floor]),
    ),
    table('meter,room,serial,bridge,register,unit,wallet,tariff,modulus,maxPerHour', bound),
    table(
      'tenant,kind,name',
      homes.map(({ tenant, name }) => [tenant, 'company', name]),
    ),
    table(
      'lease,tenant,rooms,account,from',
      homes.map(({ lease, tenant, room, account }) => [lease, tenant, room, account, from]),
    ),
  ];
}

function table(heads: string, rows: readonly (readonly unknown[])[]): string {
  const cell = (value: unknown) => `"${String(value).replaceAll('"', '""')}"`;
  return [heads, ...rows.map((row) => row.map(cell).join(','))].join('\r\n');
}
