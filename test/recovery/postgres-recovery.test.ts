import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqliteCheckpointStore } from '../../ledger/checkpoint-store.ts';
import { Checkpointer } from '../../ledger/checkpointer.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { verifyConsistency } from '../../ledger/core/merkle.ts';
import { formatTime, parseTime } from '../../ledger/core/time.ts';
import { fsck } from '../../ledger/fsck.ts';
import { makeLogKey, readOrMakeKek } from '../../ledger/log-keys.ts';
import { proveConsistency, treeReader } from '../../ledger/log-reader.ts';
import { PostgresCheckpointStore } from '../../ledger/store/postgres/postgres-checkpoint-store.ts';
import { PostgresReader } from '../../ledger/store/postgres/postgres-reader.ts';
import { PostgresStore } from '../../ledger/store/postgres/postgres-store.ts';
import { planSuccession, succeed } from '../../ledger/succession.ts';
import { sha256Bytes } from '../../ledger/writer/fast-hash.ts';
import { followBy, PostgresArchive, placeInLog } from '../support/archived-postgres.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import type { SignedBatch } from '../support/sample-device.ts';
import { ORIGIN, SITE } from '../support/sample-ledger.ts';
import { WritingOffice } from '../support/writing-office.ts';

const BEGIN = parseTime('2026-07-31T16:00:00.000Z');
const QUARTER_MS = 15 * 60_000;
const METERS = ['m-1', 'm-2'];

/** Checkpoints as readers have them: each must be continued by whatever is published later. */
const shown: string[] = [];
const sent: SignedBatch[] = [];
const folder = mkdtempSync(join(tmpdir(), 'billproof-recovery-'));
const keysDir = join(folder, 'keys');

let archive: PostgresArchive;
/** Of the events, and apart from it that of the last checkpoints. */
let server: PostgresServer;
let apart: PostgresServer;
let standby: PostgresServer;
/** With what the first one had before its last checkpoints. */
let older: PostgresServer;
const opened: PostgresServer[] = [];
let url: string;
let lastUrl: string;
let office: WritingOffice;
let copy: string;
/** Where the server stood before the last checkpoints were signed. */
let earlier: { readonly place: string; readonly size: number };
let acknowledged: number;
/** Before the first reading; the first reading of a meter makes no event. */
let fixedEvents: number;

function sendNext(): void {
  const at = formatTime(BEGIN + sent.length * QUARTER_MS);
  const value = (1 + sent.length / 4).toFixed(2);
  const batch = office.device.batch(
    METERS.map((meter) => office.device.record({ meter, at, value })),
  );
  office.nowMs = BEGIN + (sent.length + 1) * QUARTER_MS;
  office.send(batch);
  sent.push(batch);
}

function sign(checkpointer: Checkpointer): void {
  shown.push(checkpointer.publish(office.tree(), office.nowMs));
}

/** What `fsck` says of a copy of a store beside what was signed. */
async function codesOf(
  store: PostgresStore,
  name: string,
  last: PostgresCheckpointStore,
  origin = ORIGIN,
) {
  const dataDir = join(folder, name);
  mkdirSync(dataDir);
  const signed = last.fetch(origin);
  if (signed !== undefined) {
    const copied = new SqliteCheckpointStore(join(dataDir, 'last-checkpoint', 'checkpoints.db'));
    copied.replace(origin, undefined, signed);
    copied.close();
  }
  await store.backup(join(dataDir, 'ledger.db'));
  const { findings, events } = await fsck({ dataDir, keysDir, threads: 1, deep: true });
  return { codes: findings.map(({ code }) => code), events };
}

beforeAll(async () => {
  mkdirSync(keysDir);
  archive = new PostgresArchive();
  server = await PostgresServer.start(archive.archiving);
  apart = await PostgresServer.start();
  opened.push(server, apart);
  url = server.makeDatabase();
  lastUrl = apart.makeDatabase();
  const store = new PostgresStore({ url });
  const last = new PostgresCheckpointStore({ url: lastUrl });
  office = new WritingOffice(store, keysDir);
  office.open(METERS);
  fixedEvents = office.tree().size;
  const checkpointer = new Checkpointer(SITE, office.signer(), last, store);
  for (let i = 0; i < 5; i += 1) sendNext();
  sign(checkpointer);
  const before = sent.length;
  copy = archive.baseBackup(server, 'base', sendNext);
  expect(sent.length).toBeGreaterThan(before + 5);
  standby = await followBy(server, archive, copy, 'standby');
  opened.push(standby);
  sign(checkpointer);
  office.writer.projectAll();
  sendNext();
  earlier = { place: placeInLog(server), size: office.tree().size };
  for (let i = 0; i < 10; i += 1) {
    sendNext();
    sign(checkpointer);
  }
  acknowledged = office.tree().size;
  await archive.archiveNow(server);
  server.kill();
  store.close();
  last.close();
});

afterAll(async () => {
  for (const each of opened) await each.stop();
  archive.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('PostgreSQL that was lost', () => {
  it('is sound at a point in time before the last checkpoint, and publishes nothing', async () => {
    const target = `recovery_target_lsn=${earlier.place}`;
    older = await archive.restore(server, copy, target);
    opened.push(older);
    const store = new PostgresStore({ url: older.urlLike(url) });
    const last = new PostgresCheckpointStore({ url: lastUrl });
    expect(store.size(SITE).leaves).toBe(earlier.size);
    // Sound in itself: nothing else is found than that more was signed.
    expect(await codesOf(store, 'earlier', last)).toEqual({
      codes: ['log-behind'],
      events: earlier.size,
    });
    const signedBefore = last.fetch(ORIGIN);
    const again = new WritingOffice(store, keysDir, office.device);
    expect(() => new Checkpointer(SITE, again.signer(), last, store)).toThrow(
      expect.objectContaining({
        code: 'log-behind',
        params: { signed: acknowledged, stored: earlier.size },
      }),
    );
    expect(last.fetch(ORIGIN)).toEqual(signedBefore);
    store.close();
    last.close();
  });

  it('goes on from all that was archived, and readers see one history', async () => {
    const restored = await archive.restore(server, copy);
    opened.push(restored);
    const store = new PostgresStore({ url: restored.urlLike(url) });
    const last = new PostgresCheckpointStore({ url: lastUrl });
    office = Object.assign(new WritingOffice(store, keysDir, office.device), {
      nowMs: office.nowMs,
    });
    expect(office.tree().size).toBe(acknowledged);
    const checkpointer = new Checkpointer(SITE, office.signer(), last, store);
    // What was acknowledged is there: sent again, all of it is known.
    const known = sent.map((batch) => office.send(batch).known);
    expect(known).toEqual(sent.map(() => METERS.length));
    sendNext();
    sign(checkpointer);
    expect(office.tree().size).toBe(acknowledged + METERS.length);
    expectOneHistory(store);
    office.writer.projectAll();
    expect(await codesOf(store, 'whole', last)).toEqual({
      codes: [],
      events: acknowledged + METERS.length,
    });
    store.close();
    last.close();
  });

  it('goes on as another log from an older state, where all else is lost', async () => {
    const store = new PostgresStore({ url: older.urlLike(url) });
    const last = new PostgresCheckpointStore({ url: lastUrl });
    const before = last.fetch(ORIGIN);
    const origin = `${ORIGIN}-2`;
    const plan = planSuccession(store, last, { site: SITE, origin });
    expect(plan.kept.size).toBe(earlier.size);
    const kek = readOrMakeKek(keysDir);
    const makeKey = (site: string, name: string) => makeLogKey(keysDir, site, name);
    const parts = { store, last, makeKey, kek, now: () => office.nowMs };
    const note = succeed(parts, plan, { by: 'board', reason: 'archive burnt' });
    expect(parseCheckpoint(note)).toMatchObject({ origin, size: earlier.size + 1 });
    expect(store.checkpoint(SITE)?.note).toBe(note);
    expect(last.fetch(ORIGIN)).toEqual(before);
    const again = Object.assign(new WritingOffice(store, keysDir, office.device), {
      nowMs: office.nowMs,
    });
    const answers = sent.map((batch) => again.send(batch).known);
    const there = Math.round((earlier.size - fixedEvents) / METERS.length) + 1;
    expect(answers).toEqual(sent.map((_, i) => (i < there ? METERS.length : 0)));
    const checkpointer = new Checkpointer(SITE, again.signer(), last, store);
    checkpointer.publish(again.tree(), again.nowMs);
    again.writer.projectAll();
    expect(await codesOf(store, 'succeeded', last, origin)).toEqual({
      codes: [],
      events: again.tree().size,
    });
    store.close();
    last.close();
  });

  it('has a standby that followed it to its end, and answers readers before it is promoted', async () => {
    const reader = new PostgresReader({ url: standby.urlLike(url) });
    // What it had not been sent when the server was killed, it finds in the archive after a while.
    await expect.poll(() => reader.size(SITE).leaves).toBe(acknowledged);
    reader.close();
    expect(standby.query('SELECT pg_promote()')).toEqual([{ pg_promote: true }]);
    const store = new PostgresStore({ url: standby.urlLike(url) });
    const promoted = new WritingOffice(store, keysDir, office.device);
    expect(promoted.tree().size).toBe(acknowledged);
    store.close();
  });
});

/** Whatever was shown to somebody is a part of what was shown last. */
function expectOneHistory(store: PostgresStore): void {
  const newest = parseCheckpoint(shown.at(-1) ?? '');
  const read = treeReader(store, SITE, newest.size);
  for (const note of shown) {
    const { size, root } = parseCheckpoint(note);
    if (size === newest.size) expect(root).toEqual(newest.root);
    else {
      const proof = proveConsistency(read, size, newest.size);
      const claim = { from: size, to: newest.size, fromRoot: root, toRoot: newest.root, proof };
      expect(verifyConsistency(claim, sha256Bytes)).toEqual({ ok: true });
    }
  }
}
