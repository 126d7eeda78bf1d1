import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Kept,
  type Kind,
  LEASE,
  type LeaseDoc,
  ROOM,
  TENANT,
} from '../../api/registry/records.ts';
import { put, Registry } from '../../api/registry/registry.ts';
import { tenantViews } from '../../api/registry/tenants.ts';
import { KeyWrap } from '../../ledger/account-keys.ts';
import { PersonalData } from '../../ledger/registry/personal-data.ts';
import type { Mark, RegistryChange } from '../../ledger/registry/registry-store.ts';
import { SqliteRegistryStore } from '../../ledger/registry/sqlite-registry-store.ts';
import { median, percentile, report } from './figure.ts';

const ROWS = 100_000;
/** Tenants that are opened with their own keys; more of them do not change what a page costs. */
const TENANTS = 2_000;
const PAGE = 50;
const TIMES = 200;
const SITE = 'tower';
const made = { createdAt: '2026-09-01T00:00:00.000Z', by: 'bench' };

/** `lists`: a page of 50 from 100,000 rooms, leases by their marks, and tenants with their names opened. */
export async function lists(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-lists-'));
  const store = new SqliteRegistryStore(join(folder, 'registry.db'));
  const personal = new PersonalData(store, new KeyWrap(randomBytes(32)));
  const registry = new Registry({ store, personal, nowMs: Date.now });
  try {
    await fill(registry, store);
    await pages('rooms', registry, ROOM, [['state', 'vacant']]);
    await pages('leases', registry, LEASE, [['state', 'open']]);
    await pages('leases of an account', registry, LEASE, [['account', 'a-00500']]);
    await pages('tenants', registry, TENANT, [], async (found) => {
      await tenantViews(registry, SITE, found);
    });
  } finally {
    await registry.close();
    rmSync(folder, { recursive: true });
  }
}

async function fill(registry: Registry, store: SqliteRegistryStore): Promise<void> {
  const rows = Array.from({ length: ROWS }, (_, i) => String(i).padStart(5, '0'));
  await store.write(SITE, rows.flatMap(changesOf));
  for (const i of rows.slice(0, TENANTS)) {
    const tenant = `t-${i}`;
    const who = { name: `Tenant ${i}`, contacts: [{ name: 'Li Wei', phone: '+86 21 5555 0101' }] };
    const sealed = await registry.personal.seal(SITE, tenant, who);
    const doc = { ...({ tenant, kind: 'company', state: 'active', sealed } as const), ...made };
    await store.write(SITE, [put(TENANT, tenant, undefined, doc)]);
  }
}

function changesOf(i: string): RegistryChange[] {
  const room = `r-${i}`;
  const lease: LeaseDoc = {
    ...{ lease: `l-${i}`, tenant: `t-${i}`, account: `a-${i}`, rooms: [room], from: '2026-09-01' },
    ...{ state: Number(i) % 3 === 0 ? 'ended' : 'open', moves: [], ...made },
  };
  const floor = String(Number(i) % 40);
  const place = { room, building: `B${Number(i) % 9}`, floor, meters: [], ...made };
  return [put(ROOM, room, undefined, place), put(LEASE, lease.lease, undefined, lease)];
}

async function pages<T>(
  what: string,
  registry: Registry,
  kind: Kind<T>,
  marks: readonly Mark[],
  open: (found: readonly Kept<T>[]) => Promise<void> = async () => undefined,
): Promise<void> {
  const samples: number[] = [];
  let after: string | undefined;
  for (let round = 0; round < TIMES; round += 1) {
    const startedMs = performance.now();
    const found = await registry.page(SITE, kind, { marks, after, limit: PAGE });
    await open(found);
    samples.push(performance.now() - startedMs);
    after = found.length < PAGE ? undefined : found.at(-1)?.id;
  }
  const rows = kind.name === TENANT.name ? TENANTS : ROWS;
  const p99 = percentile(samples, 0.99).toPrecision(3);
  const note = `${what}: p50 of ${PAGE} rows out of ${rows} on SQLite; p99 ${p99} ms`;
  report({ bench: 'lists', value: median(samples), unit: 'ms', n: TIMES, note });
}
