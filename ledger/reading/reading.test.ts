import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { copyToDatabase } from '../../test/support/copy-to-database.ts';
import { PostgresServer } from '../../test/support/postgres-server.ts';
import { SampleLedger, SITE } from '../../test/support/sample-ledger.ts';
import { KeyWrap } from '../account-keys.ts';
import { confirmCommand } from '../anchor/anchor-event.ts';
import { parseBundle } from '../core/bundle.ts';
import { hex } from '../core/bytes.ts';
import { type Checkpoint, parseCheckpoint } from '../core/checkpoint.ts';
import { leafHash, rootOf, verifyConsistency } from '../core/merkle.ts';
import { parseTime } from '../core/time.ts';
import { verifyBundle } from '../core/verdict.ts';
import { fsck } from '../fsck.ts';
import { readOrMakeKek } from '../log-keys.ts';
import { ledgerPath, type StoreLocation } from '../store/location.ts';
import { SqliteStore } from '../store/sqlite/sqlite-store.ts';
import { readersPolicy, sitePolicy } from '../witness/site-policy.ts';
import { loadSite } from '../writer/load-site.ts';
import { answerQuery, type BillPlaces } from '../writer/queries.ts';
import type { AskedBundle } from './log-reading.ts';
import { Reading } from './reading.ts';

const ANCHOR = {
  kind: 'fabric',
  network: 'development',
  atMs: 1,
  place: '{"channel":"c"}',
} as const;

/** What the ledger said while it ran, and what a bundle is asked with. */
interface Told {
  readonly kek: Uint8Array;
  readonly notes: readonly string[];
  readonly newest: Checkpoint;
  readonly statement: string;
  readonly events: readonly { readonly text: string; readonly leaf: number }[];
  readonly row: Awaited<ReturnType<SampleLedger['ledger']['statement']>>;
  readonly record: string;
  readonly asked: AskedBundle;
}

let server: PostgresServer;
let sample: SampleLedger;
let told: Told;
const locations = new Map<string, StoreLocation>();

beforeAll(async () => {
  server = await PostgresServer.start();
  sample = await SampleLedger.make();
  told = await fill(sample);
  const { dataDir } = sample.options;
  const url = server.makeDatabase();
  await copyToDatabase(ledgerPath(dataDir), url);
  locations.set('SQLite', { kind: 'sqlite', dataDir });
  locations.set('PostgreSQL', { kind: 'postgres', url });
});
afterAll(async () => {
  await sample.remove();
  await server.stop();
});

/** A month of two tenants, a bill, evidence, and at last the news of an anchor. */
async function fill(one: SampleLedger): Promise<Told> {
  await one.account('a-1', 'm-1');
  await one.ledger.execute({ do: 'open-account', site: SITE, account: 'a-2' });
  await one.ledger.setClock(parseTime('2026-08-05T00:00:00.000Z'));
  await one.readings(['m-1'], '2026-07-31T16:00:00.000Z', 300);
  await one.ledger.anchorNow();
  const early = (await one.ledger.checkpoint(SITE)) ?? '';
  const record = one.device.record({
    meter: 'm-1',
    at: '2026-08-04T00:00:00.000Z',
    value: '999.00',
  });
  const forged = record.replace('"seq":300', '"seq":299');
  await expect(one.send([forged])).rejects.toMatchObject({ code: 'equivocation' });
  await one.ledger.setClock(parseTime('2026-08-31T17:00:00.000Z'));
  const statement = await one.statement('a-1', '2026-08');
  const row = await one.ledger.statement(SITE, statement);
  const { size } = parseCheckpoint(early);
  await one.ledger.execute(confirmCommand(SITE, { ...ANCHOR, size, note: early }));
  await one.ledger.anchorNow();
  const late = (await one.ledger.checkpoint(SITE)) ?? '';
  const events = await one.ledger.events(SITE, 'a-1', { limit: 1_000 });
  const [site] = one.ledger.sites();
  await one.ledger.close();
  const kek = readOrMakeKek(`${one.options.dataDir}/keys`);
  if (site === undefined || row === undefined) throw new Error('a site with a bill');
  const { id, account, period, n, leaf } = row;
  const asked: AskedBundle = {
    ...{ site, statement: { id, account, period, n, leaf }, anchored: [], dated: new Map() },
    policy: readersPolicy(sitePolicy({}, site)),
    places: placesOf(one, kek),
    ...{ producedBy: 'tests', nowMs: 0 },
  };
  const newest = parseCheckpoint(late);
  return { kek, notes: [early, late], newest, statement, events, row, record: forged, asked };
}

function placesOf(one: SampleLedger, kek: Uint8Array): BillPlaces {
  const store = new SqliteStore(ledgerPath(one.options.dataDir));
  const wrap = new KeyWrap(kek);
  const [row] = store.sites();
  if (row === undefined) throw new Error('there is a site');
  const state = loadSite(store, row, (...key) => wrap.unwrap(...key));
  store.close();
  const query = { site: SITE, ask: 'bill-places', account: 'a-1', period: '2026-08' } as const;
  return answerQuery(state, query, 0) as BillPlaces;
}

describe.each(['SQLite', 'PostgreSQL'])('a reading of %s', (name) => {
  let reading: Reading;
  const open = (kek: Uint8Array) => {
    const location = locations.get(name);
    if (location === undefined) throw new Error(`a store in ${name}`);
    return Reading.open({ location, kek });
  };
  beforeEach(() => {
    reading = open(told.kek);
  });
  afterEach(() => reading.close());

  it('gives the checkpoints of a log, and proves that one continues the other', async () => {
    const [early = '', late = ''] = told.notes;
    const [from, to] = [parseCheckpoint(early), parseCheckpoint(late)];
    expect(await reading.latest(SITE)).toMatchObject({ size: to.size, note: late });
    expect(await reading.latest('other')).toBeUndefined();
    expect(await reading.noteAt(SITE, from.size)).toBe(early);
    expect(await reading.noteAt(SITE, 1_000_000)).toBeUndefined();
    const root = await reading.rootAt(SITE, from.size);
    expect(hex(root ?? new Uint8Array())).toBe(hex(from.root));
    expect(await reading.rootAt(SITE, to.size + 1)).toBeUndefined();
    const proof = await reading.prove(SITE, from.size, to.size);
    const claim = { from: from.size, to: to.size, fromRoot: from.root, toRoot: to.root, proof };
    expect(verifyConsistency(claim)).toEqual({ ok: true });
    const { asked } = told;
    const { site, origin, zone } = asked.site;
    const atMs = (await reading.latest(SITE))?.atMs;
    expect(await reading.logs([asked.site])).toEqual([{ site, origin, zone, size: to.size, atMs }]);
  });

  it('finds no news in the news of an anchor', async () => {
    const { size } = told.newest;
    expect(await reading.hasNews(SITE, size - 1, size)).toBe(false);
    expect(await reading.hasNews(SITE, size - 2, size)).toBe(true);
  });

  it('gives the tiles under the newest checkpoint, which lead to its root', async () => {
    const { size, root } = told.newest;
    const leaves: Uint8Array[] = [];
    for (let index = 0; index * 256 < size; index += 1) {
      const width = Math.min(256, size - index * 256);
      const entries = await reading.entriesTile(SITE, index, width);
      const hashes = await reading.hashTile(SITE, 0, index, width);
      for (let i = 0; i < width; i += 1) {
        const entry = entries?.subarray(i * 34 + 2, i * 34 + 34) ?? new Uint8Array();
        const hash = hashes?.subarray(i * 32, i * 32 + 32);
        expect(hex(leafHash(entry))).toBe(hex(hash ?? new Uint8Array()));
        leaves.push(entry);
      }
    }
    expect(leaves).toHaveLength(size);
    expect(hex(rootOf(leaves))).toBe(hex(root));
    const complete = rootOf(leaves.slice(0, 256));
    expect(hex((await reading.hashTile(SITE, 1, 0, 1)) ?? new Uint8Array())).toBe(hex(complete));
    expect(await reading.hashTile(SITE, 0, 1, 257)).toBeUndefined();
    expect(await reading.entriesTile(SITE, Math.ceil(size / 256), 1)).toBeUndefined();
    expect(await reading.entriesTile('other', 0, 1)).toBeUndefined();
  });

  it('gives an account its events, a page at a time, and its name', async () => {
    const { events } = told;
    expect(events.length).toBeGreaterThan(300);
    expect(await reading.events(SITE, 'a-1', 0, 1_000)).toEqual(events);
    expect(await reading.events(SITE, 'a-1', 100, 7)).toEqual(events.slice(100, 107));
    expect(await reading.events(SITE, 'nobody', 0, 9)).toEqual([]);
    expect(await reading.names(SITE, ['a-2', 'a-1'])).toEqual([undefined, 'Tenant & Co']);
    expect(await reading.directory(SITE, 'account', 'a-1')).toBe('{"name":"Tenant & Co"}');
    expect(await reading.directoryPage(SITE, 'account', '', 9)).toMatchObject([{ id: 'a-1' }]);
  });

  it('gives the events of the whole log in their order, as far as they are signed', async () => {
    const { events, newest } = told;
    const { size } = newest;
    const all = await reading.signedEvents(SITE, 0, size + 100);
    expect(all.map(({ leaf }) => leaf)).toEqual(Array.from({ length: size }, (_, leaf) => leaf));
    const own = new Set(events.map(({ leaf }) => leaf));
    expect(all.filter(({ leaf }) => own.has(leaf))).toEqual(
      events.filter(({ leaf }) => leaf < size),
    );
    expect(await reading.signedEvents(SITE, 5, 3)).toEqual(all.slice(5, 8));
    expect(await reading.signedEvents(SITE, size, 3)).toEqual([]);
    const [row] = await reading.sites();
    if (row === undefined) throw new Error('there is no site');
    expect(await reading.leafSince(row, row.origin, 7)).toBe(7);
  });

  it('gives statements and evidence', async () => {
    const { statement, row, record, asked } = told;
    expect(await reading.statement(SITE, statement)).toEqual(row);
    expect(await reading.statementRow(SITE, statement)).toEqual(asked.statement);
    expect(await reading.statement(SITE, 'none')).toBeUndefined();
    expect(await reading.statements(SITE, { account: 'a-1', limit: 9 })).toEqual([asked.statement]);
    expect(await reading.statements(SITE, { after: statement, limit: 9 })).toEqual([]);
    const { period } = asked.statement;
    expect(await reading.statements(SITE, { period, limit: 9 })).toEqual([asked.statement]);
    expect(await reading.statements(SITE, { period: '1999-01', limit: 9 })).toEqual([]);
    const [kept, ...others] = await reading.evidence(SITE, '', 9);
    expect(kept).toMatchObject({ kind: 'equivocation', doc: { meter: 'm-1', seq: 299, record } });
    expect([others, await reading.evidence(SITE, kept?.id ?? '', 9)]).toEqual([[], []]);
  });

  it('gives a bundle that is verified, with the way from the tree that the asker saw', async () => {
    const { asked, newest, notes } = told;
    const [early = ''] = notes;
    const { size, root, origin } = parseCheckpoint(early);
    const text = await reading.bundle({ ...asked, seen: size });
    const bundle = parseBundle(text);
    expect(parseCheckpoint(bundle.checkpoint).size).toBe(newest.size);
    expect(bundle.earlier.map(({ checkpoint }) => checkpoint)).toEqual([early]);
    const remembered = { origin, vkey: asked.site.vkey, size, root: hex(root) };
    const { overall, layers } = verifyBundle(text, { remembered });
    expect([overall, layers[9]?.status]).toEqual(['verified', 'verified']);
  });

  it('refuses a bundle that is not signed yet, and goes on after a mistake of our own', async () => {
    const { asked, newest } = told;
    const { statement } = asked;
    const later = { ...statement, leaf: newest.size };
    await expect(reading.bundle({ ...asked, statement: later })).rejects.toMatchObject({
      ...{ name: 'Refusal', code: 'not-yet-signed' },
    });
    const other = { ...asked, statement: { ...statement, account: 'a-9' } };
    await expect(reading.bundle(other)).rejects.toThrow('the account index is complete');
    expect(await reading.statementRow(SITE, statement.id)).toEqual(statement);
  });

  it('opens nothing with another key than that of the data', async () => {
    const stranger = open(new Uint8Array(32));
    await expect(stranger.bundle(told.asked)).rejects.toMatchObject({
      ...{ name: 'Refusal', code: 'kek-wrong', params: { kek: expect.any(String) } },
    });
    await stranger.close();
  });

  it('answers in the order of asking, and what was asked before its end', async () => {
    const order: string[] = [];
    const asked = Array.from({ length: 20 }, async (_, i) => {
      if (i % 3 === 0) await reading.latest(SITE);
      else if (i % 3 === 1) await reading.bundle(told.asked);
      else await reading.hashTile(SITE, 0, 0, 256);
      order.push(`answer ${i}`);
    });
    const closed = reading.close().then(() => order.push('closed'));
    await expect(reading.latest(SITE)).rejects.toThrow();
    await Promise.all([...asked, closed]);
    expect(order).toEqual([...Array.from(asked, (_, i) => `answer ${i}`), 'closed']);
  });
});

it('is of a ledger in which fsck finds nothing', async () => {
  const { findings } = await fsck({ dataDir: sample.options.dataDir, threads: 1, deep: true });
  expect(findings).toEqual([]);
});
