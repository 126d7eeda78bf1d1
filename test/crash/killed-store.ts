import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Store } from '../../ledger/store/port.ts';
import { SampleLog } from '../ports/sample-log.ts';
import { shapeOf } from '../ports/store-child.ts';
import { expectHolds } from '../ports/store-contract.ts';

const CHILD = fileURLToPath(new URL('../ports/store-child.ts', import.meta.url));
const SITE = 'tower-a';

export interface KilledStore {
  /** A path of SQLite or a URL of PostgreSQL, as `store-child.ts` opens it. */
  readonly place: string;
  readonly rounds: number;
  open(): Store;
  /** What happens while a child writes, before it is killed. */
  disturb?(): Promise<void>;
}

/** Lets child after child write, kills each at a random moment, and compares what is there. */
export async function expectSurvivesKills({ place, rounds, open, disturb }: KilledStore) {
  const first = open();
  const origin = `bills.example/log/${SITE}`;
  first.createSite({ site: SITE, origin, currency: 'CNY', zone: 'UTC', vkey: 'v' }, 1);
  first.close();
  const log = new SampleLog(SITE);
  let step = 0;
  for (let round = 0; round < rounds; round += 1) {
    const waitMs = Math.floor(Math.random() * 60);
    const acknowledged = await runUntilKilled(place, waitMs, disturb);
    const store = open();
    const found = store.size(SITE);
    let allowed = [endOf(log)];
    for (const end of acknowledged) {
      log.grow(shapeOf(step++));
      expect(endOf(log)).toEqual(end);
      allowed = [end];
    }
    // What was acknowledged last, or the one group that was being written, whole.
    const present = allowed[0];
    if (found.leaves !== present?.leaves || found.records !== present.records) {
      log.grow(shapeOf(step++));
      allowed.push(endOf(log));
    }
    expect(allowed, `round ${round}, ${waitMs} ms, ${acknowledged.length} groups`).toContainEqual(
      found,
    );
    expectProjected(store);
    store.close();
  }
  const store = open();
  expectHolds(store, log);
  store.close();
  expect(step).toBeGreaterThanOrEqual(rounds);
}

function endOf(log: SampleLog): End {
  return { leaves: log.events.length, records: log.records.length };
}

interface End {
  readonly leaves: number;
  readonly records: number;
}

/** Lets the child write, kills it, and gives what it had acknowledged. */
async function runUntilKilled(
  place: string,
  waitMs: number,
  disturb: () => Promise<void> = async () => undefined,
): Promise<End[]> {
  const child = spawn(process.execPath, [CHILD, place, SITE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const begun = Promise.withResolvers<void>();
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    begun.resolve();
  });
  const closed = once(child, 'close');
  await Promise.race([begun.promise, closed]);
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  await disturb();
  child.kill('SIGKILL');
  const [, signal] = await closed;
  expect(signal).toBe('SIGKILL');
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
  return lines.map((line) => {
    const [leaves = Number.NaN, records = Number.NaN] = line.split(' ').map(Number);
    return { leaves, records };
  });
}

/** The projection is whole: its document, its two marks and both indexes are of one moment. */
function expectProjected(store: Store): void {
  const { leaf, record, accounts } = store.loadProjection(SITE);
  expect(accounts).toEqual(leaf === 0 ? new Map() : new Map([['a-1', `{"n":${leaf}}`]]));
  const count = (length: number) => Array.from({ length }, (_, i) => i);
  expect(store.accountLeaves(SITE, 'a-1', 0, leaf + 1000)).toEqual(count(leaf));
  expect(store.meterRecords(SITE, 'm-1')).toEqual(count(record));
}
