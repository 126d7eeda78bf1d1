import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { KeyWrap } from '../ledger/account-keys.ts';
import { SqliteCheckpointStore } from '../ledger/checkpoint-store.ts';
import { Checkpointer } from '../ledger/checkpointer.ts';
import { fromBase64url } from '../ledger/core/bytes.ts';
import { thumbprint } from '../ledger/core/device-key.ts';
import { formatVerifierKey } from '../ledger/core/signed-note.ts';
import { formatTime, parseTime } from '../ledger/core/time.ts';
import { fsck } from '../ledger/fsck.ts';
import { readOrMakeKek, readOrMakeLogKey } from '../ledger/log-keys.ts';
import { nativePrimitives } from '../ledger/native-primitives.ts';
import { PostgresCheckpointStore } from '../ledger/store/postgres/postgres-checkpoint-store.ts';
import { PostgresStore } from '../ledger/store/postgres/postgres-store.ts';
import { verifyIncomingBatch } from '../ledger/verify-batch.ts';
import type { Command } from '../ledger/writer/messages.ts';
import { Writer } from '../ledger/writer/writer.ts';
import { FAULTS, FaultyProxy } from './support/faulty-proxy.ts';
import { PostgresServer } from './support/postgres-server.ts';
import { SampleDevice } from './support/sample-device.ts';
import { ORIGIN, SITE, sampleTariff } from './support/sample-ledger.ts';

const BEGIN = parseTime('2026-07-31T16:00:00.000Z');
const QUARTER_MS = 15 * 60_000;
const METERS = ['m-1', 'm-2'];

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());

/** A writer as its thread has one, on a store that the proxy stands before. */
class Office {
  readonly store: PostgresStore;
  readonly writer: Writer;
  readonly device = new SampleDevice('br-1');
  nowMs = BEGIN - 60_000;
  readonly #kid = thumbprint(this.device.jwk);
  readonly #publicKey: Uint8Array;

  constructor(url: string, keysDir: string) {
    const wrap = new KeyWrap(readOrMakeKek(keysDir));
    this.store = new PostgresStore({ url, deadlineMs: 5_000 });
    this.writer = new Writer({
      store: this.store,
      now: () => this.nowMs,
      wrap: (site, account, year, key) => wrap.wrap(site, account, year, key),
      unwrap: (site, account, year, wrapped) => wrap.unwrap(site, account, year, wrapped),
      primitives: nativePrimitives(),
    });
    const { x, y } = this.device.jwk;
    this.#publicKey = Buffer.concat([fromBase64url(x), fromBase64url(y)]);
  }

  ask(command: Command) {
    const outcome = this.writer.take(command);
    if (!outcome.ok) throw outcome.refusal;
    this.writer.commit();
    return outcome.result;
  }

  send(records: readonly string[]): void {
    const { jws } = this.device.batch(records);
    const key = { kid: this.#kid, publicKey: this.#publicKey };
    const primitives = nativePrimitives();
    this.writer.takeBatch(verifyIncomingBatch(SITE, 'br-1', jws, records, () => key, primitives));
    this.writer.commit();
  }
}

it('writes a ledger through lost connections in which fsck finds nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-postgres-ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const keysDir = join(folder, 'keys');
  mkdirSync(keysDir);
  const url = server.makeDatabase();
  const proxy = await FaultyProxy.start(url);
  onTestFinished(() => proxy.stop());
  const office = new Office(proxy.url, keysDir);
  const { store, writer, device } = office;
  const signer = readOrMakeLogKey(keysDir, SITE, ORIGIN);
  const row = { site: SITE, origin: ORIGIN, currency: 'CNY', zone: 'Asia/Shanghai' };
  store.createSite({ ...row, vkey: formatVerifierKey(signer.key) }, office.nowMs);
  writer.openSite(SITE);
  const last = new PostgresCheckpointStore({ url: server.makeDatabase() });
  const checkpointer = new Checkpointer(SITE, signer, last, store);
  openAccounts(office);
  const faults = [FAULTS.none, FAULTS.cutBeforeCommit, FAULTS.loseAnswer, FAULTS.cutInCommit];
  let value = 100;
  for (let i = 0; i < 40; i += 1) {
    proxy.next(faults[i % faults.length] ?? FAULTS.none);
    office.nowMs = BEGIN + (i + 1) * QUARTER_MS;
    value += 25;
    const at = formatTime(BEGIN + i * QUARTER_MS);
    const reading = { at, value: (value / 100).toFixed(2) };
    office.send(METERS.map((meter) => device.record({ meter, ...reading })));
    if (i % 5 === 0) writer.projectAll();
    if (i % 7 === 0) store.compact(SITE);
    const state = writer.sites.get(SITE);
    if (state !== undefined) {
      checkpointer.publish({ size: state.size, root: state.tree.root() }, office.nowMs);
    }
  }
  writer.projectAll();
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  const signed = last.fetch(ORIGIN);
  if (signed === undefined) throw new Error('a checkpoint was signed');
  const copied = new SqliteCheckpointStore(join(dataDir, 'last-checkpoint', 'checkpoints.db'));
  copied.replace(ORIGIN, undefined, signed);
  copied.close();
  await store.backup(join(dataDir, 'ledger.db'));
  const { findings, records, events } = await fsck({ dataDir, keysDir, threads: 1, deep: true });
  expect(findings).toEqual([]);
  expect(records).toBe(80);
  expect(events).toBe(writer.sites.get(SITE)?.size);
  store.close();
  last.close();
});

function openAccounts(office: Office): void {
  office.ask({ do: 'publish-tariff', site: SITE, tariff: sampleTariff() });
  const token = String(office.ask({ do: 'create-bridge', site: SITE, bridge: 'br-1' }).token);
  const { jwk } = office.device;
  const proof = office.device.enrolmentProof(token);
  office.ask({ do: 'enrol-device', site: SITE, bridge: 'br-1', token, jwk, proof });
  for (const [i, meter] of METERS.entries()) {
    const account = `a-${i + 1}`;
    office.ask({ do: 'open-account', site: SITE, account, name: 'Tenant & Co' });
    office.ask({
      ...{ do: 'install-meter', site: SITE, account, meter, serial: `S-${meter}`, bridge: 'br-1' },
      ...{ register: '1-0:1.8.0', unit: 'kWh', wallet: 'electricity', ct: '1', pt: '1' },
      ...{ tariff: 'office', modulus: '1000000.00' },
    });
  }
}
