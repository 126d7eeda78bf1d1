import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PostgresAnchorStore } from '../../ledger/anchor/postgres-anchor-store.ts';
import { formatTime } from '../../ledger/core/time.ts';
import { PostgresStore } from '../../ledger/store/postgres/postgres-store.ts';
import { anchor as anchorOf, pending, receipt } from '../../test/ports/anchor-store-contract.ts';
import { SampleLog } from '../../test/ports/sample-log.ts';
import { PostgresServer } from '../../test/support/postgres-server.ts';
import { LOG_VKEY } from '../../test/witness/branching-log.ts';
import { anchor } from './anchor.ts';
import { openTerminal } from './terminal.ts';

// `billproof anchor` where the ledger is in a database.

const SITE = 'tower-a';
const PLACE = { site: SITE, chain: 'fabric/anchors/anchor/0123' };

let server: PostgresServer;
let url: string;
let anchors: PostgresAnchorStore;

beforeAll(async () => {
  server = await PostgresServer.start();
  url = server.makeDatabase();
  const store = new PostgresStore({ url });
  const origin = `bills.example/log/${SITE}`;
  store.createSite({ site: SITE, origin, currency: 'CNY', zone: 'UTC', vkey: 'v' }, 1);
  const log = new SampleLog(SITE);
  store.commit([log.grow({ lead: 9, batches: [] })], 1);
  store.addCheckpoint(SITE, { size: 9, note: 'note of 9', atMs: 1 });
  store.close();
  anchors = new PostgresAnchorStore({ url });
});
afterAll(async () => {
  await anchors.close();
  await server.stop();
});

async function run(...args: string[]) {
  const [out, note]: string[][] = [[], []];
  const terminal = openTerminal(
    { write: (text) => out?.push(text) },
    { write: (text) => note?.push(text) },
    { env: {}, outIsScreen: false, noteIsScreen: false },
  );
  const status = await anchor.run({ args, env: { DATABASE_URL: url }, terminal });
  return { status, out: out?.join(''), note: note?.join('') };
}

test('tells how far each log is anchored, and what is under way', async () => {
  expect(await run('status')).toMatchObject({ status: 1, out: 'Nothing is anchored yet.\n' });
  await anchors.record(PLACE, anchorOf(3), receipt(3));
  await anchors.keep(PLACE, pending(9, 'a'));
  const { status, out = '' } = await run('status', '--json');
  const at = formatTime(anchorOf(3).atMs);
  expect([status, JSON.parse(out)]).toEqual([
    0,
    [{ ...PLACE, size: 3, at, network: 'development', signed: 9, pending: 9 }],
  ]);
});

test('asks every service on the database to anchor, and waits for it', async () => {
  await anchors.follow(SITE, [PLACE.chain]);
  const before = await anchors.askedRounds();
  const asked = run('now');
  await expect.poll(() => anchors.askedRounds()).toBe(before + 1);
  await anchors.record(PLACE, anchorOf(9), receipt(9));
  expect(await asked).toEqual({
    ...{ status: 0, note: '' },
    out: `${SITE}  ${PLACE.chain}  9 events are anchored\n`,
  });
});

test('checks every kept receipt, and says which do not hold', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-trust-'));
  const trust = join(folder, 'tower.policy');
  writeFileSync(trust, `log ${LOG_VKEY}\nquorum none\n`);
  const { status, out } = await run('verify', '--trust', trust);
  rmSync(folder, { recursive: true });
  expect(status).toBe(1);
  expect(out?.split('\n')).toEqual([
    expect.stringMatching(/^FAILED {2}tower-a {2}9 events: /),
    expect.stringMatching(/^FAILED {2}tower-a {2}3 events: /),
    '0 of 2 anchors verified; a development network proves no independence',
    '',
  ]);
});
