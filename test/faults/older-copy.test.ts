import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { PostgresReader } from '../../ledger/store/postgres/postgres-reader.ts';
import { migratedDatabase } from '../support/migrated-database.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { TenantedLedger } from './tenanted-ledger.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());

it('bars a site whose events are older than what was signed, and no other site', async () => {
  const database = server.makeDatabase();
  const checkpointUrl = server.makeDatabase();
  const options = { sites: ['site-a', 'site-b'], database, checkpointUrl };
  const all = await TenantedLedger.make(options);
  onTestFinished(() => all.remove());
  const [older, other] = all.sites;
  if (older === undefined || other === undefined) throw new Error('two sites');
  const first = await all.start();
  for (const site of all.sites) await site.open(first.url);
  await all.useOnce([first.url]);
  await first.end();
  const copy = copyOf(database);
  const reader = new PostgresReader({ url: copy });
  const stored = reader.size(older.site).leaves;
  reader.close();
  const second = await all.start();
  await older.send([second.url]);
  await second.end();

  // The backup is put back; the store of last checkpoints is apart and newer.
  const { url } = await all.start({ DATABASE_URL: copy });
  const batch = await older.nextBatch();
  const refused = await fetch(`${url}/v1/bridges/${older.device.bridge}/batches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(batch),
  });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await refused.json()).toMatchObject({
    code: 'log-behind',
    params: { stored, signed: stored + 1 },
  });
  await other.send([url]);
  await other.pay([url]);
  expect(other.refusals).toEqual([]);
  await all.services.at(-1)?.end();
  const { findings } = await all.fsck(copy);
  expect(findings).toEqual([expect.objectContaining({ code: 'log-behind', site: 'site-a' })]);
});

/** All tables of a ledger as they are now, as another database. */
function copyOf(url: string): string {
  const copy = migratedDatabase(server);
  const [from, to] = [schemaOf(url), schemaOf(copy)];
  const rows = server.query(
    `SELECT table_name FROM information_schema.tables WHERE table_schema = '${from}'
     AND table_name NOT IN ('writers', 'schema_version')`,
  );
  for (const { table_name: table } of rows) {
    // Some are made by whoever asks first, and not with those of the ledger.
    server.query(`CREATE TABLE IF NOT EXISTS ${to}.${table} (LIKE ${from}.${table} INCLUDING ALL)`);
    server.query(`INSERT INTO ${to}.${table} SELECT * FROM ${from}.${table}`);
  }
  server.query(`UPDATE ${to}.owners SET writer = NULL`);
  return copy;
}

function schemaOf(url: string): string {
  return new URL(url).searchParams.get('options')?.split('=')[1] ?? '';
}
