// Commits groups without end, saves a projection and joins segments now and then, and says after each
// step what is acknowledged. The crash test ends it at a random moment.

import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { argv, stdout } from 'node:process';
import type { Store } from '../../ledger/store/port.ts';
import { SqliteStore } from '../../ledger/store/sqlite/sqlite-store.ts';
import { type GroupShape, SampleLog } from './sample-log.ts';

// Who is killed keeps nothing at the end, and most of the next start would be compiling again.
flushCompileCache();

/** The shape of the `step`-th group follows from the number alone, so the test can follow. */
export function shapeOf(step: number): GroupShape {
  const batches = Array.from({ length: step % 4 }, (_, i) => ({
    records: 1 + ((step * 31 + i * 17) % 120),
    events: (step * 13 + i * 7) % 150,
  }));
  return { lead: 1 + (step % 3), batches };
}

/** A path of SQLite or a URL of PostgreSQL, which is loaded only then: a child lives for moments. */
async function open(place: string): Promise<Store> {
  if (!place.startsWith('postgres:')) return new SqliteStore(place);
  const { PostgresStore } = await import('../../ledger/store/postgres/postgres-store.ts');
  return new PostgresStore({ url: place });
}

async function run(place: string, site: string): Promise<void> {
  const store = await open(place);
  const log = new SampleLog(site);
  const end = store.size(site);
  let step = 0;
  while (log.events.length < end.leaves || log.records.length < end.records) {
    log.grow(shapeOf(step++));
  }
  for (; ; step += 1) {
    store.commit([log.grow(shapeOf(step))], step);
    // Synchronous, so that an acknowledgement is out before the next step begins.
    writeSync(stdout.fd, `${log.events.length} ${log.records.length}\n`);
    if (step % 5 === 0) saveProjection(store, log);
    if (step % 2 === 0) store.compact(site);
  }
}

function saveProjection(store: Store, log: SampleLog): void {
  const saved = store.loadProjection(log.site);
  const [leaf, record] = [log.events.length, log.records.length];
  const places = Array.from({ length: leaf - saved.leaf }, (_, i) => ({
    ...{ n: saved.leaf + i, leaf: saved.leaf + i },
  }));
  const records = Array.from({ length: record - saved.record }, (_, i) => saved.record + i);
  store.saveProjection(log.site, {
    ...{ leaf, record, meters: new Map(), bridges: new Map(), balances: new Map() },
    accounts: new Map([['a-1', `{"n":${leaf}}`]]),
    accountIndex: new Map([['a-1', places]]),
    meterIndex: new Map([['m-1', records]]),
  });
}

const [, , place = '', site = ''] = argv;
if (import.meta.main) await run(place, site);
