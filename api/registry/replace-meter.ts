import { Refusal } from '../../ledger/core/refusal.ts';
import type { CommandResult, Idempotency } from '../ledger-commands.ts';
import type { LeaseDesk } from './lease-life.ts';
import { CONNECTED, type Connection, ROOM } from './records.ts';
import { put } from './registry.ts';
import { mustHaveRoom, rewired } from './rooms.ts';

export interface Replacement {
  readonly meter: string;
  readonly by: Connection;
  readonly closing: string;
  readonly opening: string;
  readonly reason: string;
}

/**
 * Replaces a meter in the ledger and in the room that it serves. Asked for again it goes on where it
 * stopped. Refuses `meter-unknown`, `meter-connected`, and what the ledger's own step refuses.
 */
export async function replaceMeterAt(
  desk: LeaseDesk,
  wanted: Replacement,
  idempotency: Idempotency | undefined,
): Promise<CommandResult> {
  const { registry, ledger, site } = desk;
  const { meter, by, ...facts } = wanted;
  const room = (await registry.find(site, CONNECTED, meter))?.doc.room;
  const other = (await registry.find(site, CONNECTED, by.meter))?.doc.room;
  // Where it was done before, the room has the new one already, and the ledger gives its answer again.
  const wasDone = room === undefined && (await isInstalled(desk, by.meter));
  if (other !== undefined && other !== room && !wasDone) {
    throw new Refusal('meter-connected', `Meter ${by.meter} serves room ${other} already.`, {
      ...{ meter: by.meter, room: other },
    });
  }
  const account = await accountOfMeter(desk, meter, by.meter);
  const command = { site, account, meter, by, ...facts, idempotency };
  const result = await ledger.execute({ do: 'replace-meter', ...command });
  if (room !== undefined) await replaceInRoom(desk, room, meter, by);
  return result;
}

/** Whose it is, or, where this was done before, whose the new one is. */
async function accountOfMeter({ ledger, site }: LeaseDesk, ...meters: string[]): Promise<string> {
  for (const meter of meters) {
    const account = (await ledger.meter(site, meter))?.['account'];
    if (typeof account === 'string' && account !== '') return account;
  }
  const [meter = ''] = meters;
  throw new Refusal('meter-unknown', `Meter ${meter} is installed nowhere.`, { meter });
}

async function isInstalled({ ledger, site }: LeaseDesk, meter: string): Promise<boolean> {
  const account = (await ledger.meter(site, meter))?.['account'];
  return typeof account === 'string' && account !== '';
}

async function replaceInRoom(
  { registry, site }: LeaseDesk,
  room: string,
  meter: string,
  by: Connection,
): Promise<void> {
  await registry.change(site, async () => {
    const kept = await mustHaveRoom(registry, site, room);
    const meters = kept.doc.meters.map((one) => (one.meter === meter ? by : one));
    const wires = await rewired(registry, site, room, kept.doc.meters, meters);
    const doc = { ...kept.doc, meters, changedAt: registry.now };
    return { changes: [put(ROOM, room, kept, doc), ...wires], result: undefined };
  });
}
