import { Refusal } from '../../ledger/core/refusal.ts';
import type { LeaseDesk } from '../registry/lease-life.ts';
import { type Kind, LEASE, type LeaseDoc, OPENING, type OpeningDoc } from '../registry/records.ts';
import { put, type Registry } from '../registry/registry.ts';
import { hasBegun } from './plan-rows.ts';
import type { World } from './world.ts';

/** Commands that the ledger is asked at once: it makes them durable together. */
const AT_ONCE = 256;
const EVENTS_AT_ONCE = 200;
/** What the top-up is called by which an account begins. */
const OPENING_METHOD = 'opening';

/**
 * Does what a plan says: all of the registry in one write, then what has to be in the ledger, then the
 * registry says that it is. What is cut off in the middle is finished by the same file again. What the
 * ledger refused, by table and id; undefined, and nothing done, where others have changed the same.
 */
export async function applyPlan(
  desk: LeaseDesk,
  world: World,
): Promise<ReadonlyMap<string, string> | undefined> {
  const { registry, site } = desk;
  const sealed = await registry.personal.sealAll(site, world.unsealed);
  for (const [tenant, text] of sealed) {
    const doc = world.tenants.get(tenant);
    if (doc !== undefined) world.tenants.set(tenant, { ...doc, sealed: text });
  }
  const { buildings, floors, rooms, connected, tenants, leases, openings } = world;
  const shelves = [buildings, floors, rooms, connected, tenants, leases, openings];
  const changes = shelves.flatMap((shelf) => shelf.changes());
  if (!(await registry.write(site, changes))) return undefined;
  const faults = new Map<string, string>();
  const due = [...leases.all].flatMap(([, doc]) => {
    return doc.state === 'planned' && hasBegun(world, doc) && isClaimed(world, doc) ? [doc] : [];
  });
  await openDue(desk, world, due, faults);
  const wanted = [...openings.all].flatMap(([, doc]) => (doc.state === 'wanted' ? [doc] : []));
  await creditWanted(desk, world, wanted, faults);
  return faults;
}

function isClaimed({ rooms }: World, { lease, rooms: ids }: LeaseDoc): boolean {
  return ids.every((room) => rooms.get(room)?.lease === lease);
}

/** Opens accounts and installs meters; what was done before is not done again. */
async function openDue(
  desk: LeaseDesk,
  world: World,
  due: readonly LeaseDoc[],
  faults: Map<string, string>,
): Promise<void> {
  const { registry, ledger, site } = desk;
  const opened: string[] = [];
  await eachOf(due, async (doc) => {
    const { account } = doc;
    const fault = await refusalOf(async () => {
      if (!world.accounts.has(account)) await ledger.execute({ do: 'open-account', site, account });
      for (const room of doc.rooms) {
        for (const connection of world.rooms.get(room)?.meters ?? []) {
          const view = await ledger.meter(site, connection.meter);
          if (view?.['account'] === account) continue;
          await ledger.execute({ do: 'install-meter', site, account, ...connection });
        }
      }
    });
    if (fault === undefined) opened.push(doc.lease);
    else faults.set(`leases ${doc.lease}`, fault);
  });
  const openedAt = registry.now;
  await rewrite(registry, site, LEASE, opened, (doc) => {
    return doc.state === 'planned' ? { ...doc, state: 'open' as const, openedAt } : doc;
  });
}

/** One opening balance a wallet, whatever happens: the ledger knows each by its own key. */
async function creditWanted(
  desk: LeaseDesk,
  world: World,
  wanted: readonly OpeningDoc[],
  faults: Map<string, string>,
): Promise<void> {
  const { registry, ledger, site } = desk;
  const credited: string[] = [];
  await eachOf(wanted, async ({ account, wallet, amount }) => {
    const id = `${account}/${wallet}`;
    // Left over by an import that was cut off: perhaps the ledger had credited it.
    const isResumed = world.openings.before(id) !== undefined;
    const fault = await refusalOf(async () => {
      if (isResumed && (await wasCredited(desk, account, wallet))) return;
      await openIfMissing(desk, world, account);
      await ledger.execute({
        ...{ do: 'credit-top-up', site, account, wallet, amount, method: OPENING_METHOD },
        idempotency: { key: `opening ${id}`, request: amount },
      });
    });
    if (fault === undefined) credited.push(id);
    else faults.set(`balances ${id}`, fault);
  });
  await rewrite(registry, site, OPENING, credited, (doc) => ({
    ...doc,
    state: 'credited' as const,
  }));
}

/** Also long after, when the ledger has forgotten what it answered: the event is there. */
async function wasCredited(
  { ledger, site }: LeaseDesk,
  account: string,
  wallet: string,
): Promise<boolean> {
  for (let afterN: number | undefined; ; ) {
    const events = await ledger.events(site, account, { afterN, limit: EVENTS_AT_ONCE });
    const isThere = events.some(({ text }) => {
      const { type, data } = Object(JSON.parse(text));
      return type === 'topup.credited' && data.method === OPENING_METHOD && data.wallet === wallet;
    });
    if (isThere || events.length < EVENTS_AT_ONCE) return isThere;
    afterN = (afterN ?? -1) + events.length;
  }
}

/** Of a lease that has not begun: its tenant may have paid already. */
async function openIfMissing({ ledger, site }: LeaseDesk, world: World, account: string) {
  if (world.accounts.has(account) || (await ledger.account(site, account)) !== undefined) return;
  const fault = await refusalOf(async () => {
    await ledger.execute({ do: 'open-account', site, account });
  });
  // Another wallet of the account was faster.
  if (fault !== undefined && (await ledger.account(site, account)) === undefined) {
    throw new Refusal('account-unknown', fault);
  }
}

async function refusalOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return `${error.code}: ${error.message}`;
    throw error;
  }
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function rewrite<T extends object>(
  registry: Registry,
  site: string,
  kind: Kind<T>,
  ids: readonly string[],
  change: (doc: T) => T,
): Promise<void> {
  await registry.change(site, async () => {
    const kept = await registry.several(site, kind, ids);
    const changes = [...kept.values()].flatMap((one) => {
      const doc = change(one.doc);
      return doc === one.doc ? [] : [put(kind, one.id, one, doc)];
    });
    return { changes, result: undefined };
  });
}
