import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SampleLedger, SITE } from '../test/support/sample-ledger.ts';
import { fsck } from './fsck.ts';
import { decodeBatches, decodeTexts, encodeBatches, encodeTexts } from './store/segment-codec.ts';
import { unpackFrame } from './store/unpack-frame.ts';

type Change = (db: Database.Database) => unknown;

/** A month of two tenants with a bill, fees, doubts and a second month under way. */
async function makeLedger(): Promise<SampleLedger> {
  const sample = await SampleLedger.make();
  const at = (time: string) => sample.ledger.setClock(Date.parse(time));
  await sample.account('a-1', 'm-1');
  await sample.account('a-2', 'm-2');
  await at('2026-07-31T16:00:00.000Z');
  await sample.topUp('a-1', '100.000000');
  await sample.readings(['m-1', 'm-2'], '2026-07-31T16:00:00.000Z', 200);
  await sample.send([
    sample.device.record({ meter: 'm-1', at: '2026-08-10T00:00:00.000Z', status: 'timeout' }),
    sample.device.record({ meter: 'm-2', at: '2026-08-10T00:00:00.000Z', value: '1.00' }),
    sample.device.record({ meter: 'm-2', at: '2026-08-10T00:15:00.000Z', value: '2.00' }),
  ]);
  await sample.ledger.execute({ do: 'release-reading', site: SITE, meter: 'm-2' });
  await at('2026-08-31T16:10:00.000Z');
  await sample.readings(['m-1'], '2026-08-31T16:00:00.000Z', 100, 10, 160);
  await sample.readings(['m-2'], '2026-08-31T16:00:00.000Z', 100, 10, 3);
  for (const account of ['a-1', 'a-2']) {
    await sample.ledger.execute({ do: 'charge-fees', site: SITE, account, period: '2026-08' });
    await sample.statement(account, '2026-08');
  }
  return sample;
}

describe('fsck', () => {
  let sample: SampleLedger;
  let dir: string;

  beforeAll(async () => {
    sample = await makeLedger();
    await sample.ledger.close();
    dir = mkdtempSync(join(tmpdir(), 'billproof-fsck-'));
  });
  afterAll(() => {
    rmSync(dir, { recursive: true });
    rmSync(sample.dir, { recursive: true });
  });

  async function codesAfter(change: Change, file = 'ledger.db', deep = false): Promise<string[]> {
    const data = join(dir, 'copy');
    rmSync(data, { recursive: true, force: true });
    cpSync(sample.options.dataDir, data, { recursive: true });
    const db = new Database(join(data, file));
    change(db);
    db.close();
    const { findings } = await fsck({ dataDir: data, threads: 1, deep });
    return [...new Set(findings.map(({ code }) => code))].sort();
  }

  it('finds nothing in a sound store, rating everything anew or not', async () => {
    for (const deep of [false, true]) {
      const { ms, ...report } = await fsck({ dataDir: sample.options.dataDir, deep });
      expect(report).toEqual({ sites: 1, events: 613, records: 603, findings: [] });
      expect(ms).toBeGreaterThan(0);
    }
  });

  const changes: [what: string, code: string, change: Change][] = [
    ['a byte of a commitment', 'commitment-differs', (db) => flip(db, 'commitments')],
    ['an amount in an event', 'commitment-differs', (db) => editEvents(db, spoilAmount)],
    ['the order of two events', 'commitment-differs', (db) => editEvents(db, swapFirst)],
    ['the number of an event', 'event-gap', inEvent('"n":', '"n":1')],
    ['the hash of the event before', 'event-chain-broken', inEvent('"prev":"', '"prev":"0')],
    ['a balance after an event', 'balance-differs', inEvent('"balance":"', '"balance":"1')],
    ['a posting', 'postings-differ', inEvent('"account":"revenue:', '"account":"revenues:')],
    ['the currency of postings', 'postings-differ', inEvent('"CNY"', '"EUR"', 2)],
    ['the log of an event', 'event-other-log', inEvent('"log":"', '"log":"x')],
    ['where a charge starts', 'interval-mismatch', inEvent('"from":{"at":"2', '"from":{"at":"3')],
    ['the record that is charged', 'event-without-record', chargeAnother],
    ['the meter that is charged', 'event-without-record', inEvent('"meter":"m-', '"meter":"m-x')],
    [
      'the tariff of a charge',
      'tariff-differs',
      inEvent('"tariff":{"hash":"', '"tariff":{"hash":"0'),
    ],
    ['the account of an event', 'key-missing', inEvent('{"account":"a-', '{"account":"b-')],
    ['the bridge of a record', 'reading-other-bridge', inRecord('"bridge":"', '"bridge":"x')],
    ['the epoch of a record', 'reading-other-bridge', inRecord('"epoch":', '"epoch":1')],
    ['the number of a record', 'reading-chain-broken', inRecord('"seq":', '"seq":1')],
    ['a value in a record', 'batch-root', (db) => editBatches(db, spoilRecord)],
    ['a signature', 'batch-signature', (db) => editBatches(db, spoilSignature)],
    ['the place of a batch', 'event-without-record', (db) => editBatches(db, moveBatch)],
    ['two segments, exchanged', 'checkpoint-root', swapSegments],
    [
      'a segment, deleted',
      'log-behind',
      sql('DELETE FROM segments WHERE first_leaf = (SELECT max(first_leaf) FROM segments)'),
    ],
    ['a segment in the middle, deleted', 'log-size', deleteMiddle],
    [
      'a segment count',
      'log-size',
      sql(
        'UPDATE segments SET leaf_count = leaf_count + 1 WHERE first_leaf = (SELECT max(first_leaf) FROM segments)',
      ),
    ],
    ['a wallet in a state', 'account-differs', edit('states', 'doc', 'account', '"n":', '"n":1')],
    ['a meter state', 'meter-differs', edit('states', 'doc', 'meter', '"used":"', '"used":"1')],
    [
      'where a meter is billed',
      'meter-differs',
      edit('states', 'doc', 'meter', '"seq":', '"seq":9'),
    ],
    ['a bridge state', 'bridge-differs', edit('states', 'doc', 'bridge', '"epoch":', '"epoch":1')],
    ['a state, no JSON any more', 'meter-differs', edit('states', 'doc', 'meter', '{', '')],
    [
      'a state, deleted',
      'meter-differs',
      sql("DELETE FROM states WHERE kind = 'meter' AND id = 'm-1'"),
    ],
    [
      'a state, invented',
      'account-differs',
      sql(`INSERT INTO states VALUES ('${SITE}', 'account', 'a-9', '{"n":0}')`),
    ],
    [
      'a balance',
      'book-differs',
      sql("UPDATE balances SET micros = micros + 1 WHERE book = 'cash:cash'"),
    ],
    ['a balance, deleted', 'book-differs', sql("DELETE FROM balances WHERE book = 'cash:cash'")],
    [
      'a balance, invented',
      'book-differs',
      sql(`INSERT INTO balances VALUES ('${SITE}', 'cash:x', '5')`),
    ],
    ['a node', 'node-differs', sql('UPDATE nodes SET hash = randomblob(32)')],
    ['a node, deleted', 'node-missing', sql('DELETE FROM nodes WHERE idx = 0')],
    [
      'a node, invented',
      'node-extra',
      sql(`INSERT INTO nodes VALUES ('${SITE}', 8, 77, randomblob(32))`),
    ],
    [
      'a checkpoint',
      'checkpoint-invalid',
      sql("UPDATE checkpoints SET note = replace(note, '61', '62')"),
    ],
    [
      'the size of a checkpoint',
      'last-checkpoint-behind',
      sql(
        'UPDATE checkpoints SET size = size + 70000 WHERE size = (SELECT max(size) FROM checkpoints)',
      ),
    ],
    [
      'the newest checkpoint, deleted',
      'checkpoint-missing',
      sql('DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints)'),
    ],
    ['a key, dropped', 'key-missing', sql("DELETE FROM account_keys WHERE account = 'a-1'")],
    [
      'a key',
      'key-damaged',
      sql("UPDATE account_keys SET wrapped = randomblob(60) WHERE account = 'a-1'"),
    ],
    [
      'a key of the site',
      'commitment-differs',
      sql("UPDATE account_keys SET wrapped = randomblob(32) WHERE account = 'site'"),
    ],
    [
      'the length of a key of the site',
      'key-damaged',
      sql("UPDATE account_keys SET wrapped = randomblob(33) WHERE account = 'site'"),
    ],
    ['a bill, delisted', 'statement-differs', sql("DELETE FROM statements WHERE account = 'a-1'")],
    ['the period of a bill', 'statement-differs', sql("UPDATE statements SET period = '2026-07'")],
    [
      'a bill, invented',
      'statement-differs',
      sql(`INSERT INTO statements VALUES ('${SITE}', 's', 'a-1', '2026-07', 1, 1)`),
    ],
    [
      'the index of an account',
      'index-differs',
      sql("UPDATE places SET numbers = x'00' || substr(numbers, 2) WHERE id = 'a-1'"),
    ],
    ['the index of a meter, deleted', 'index-differs', sql("DELETE FROM places WHERE id = 'm-1'")],
    [
      'the place of the projection',
      'account-differs',
      sql('UPDATE sites SET projected_leaf = projected_leaf - 1'),
    ],
    [
      'a place of the projection beyond the log',
      'projection-place',
      sql('UPDATE sites SET projected_leaf = projected_leaf + 1'),
    ],
    ['the key of the log', 'log-key-differs', otherVkey],
    [
      'rows of no site',
      'site-unknown',
      sql(`INSERT INTO balances VALUES ('elsewhere', 'cash:x', '5')`),
    ],
  ];
  it.each(changes)('finds %s (%s)', async (_, code, change) => {
    expect(await codesAfter(change)).toContain(code);
  });

  it('finds whatever byte is changed in the log', async () => {
    for (let seed = 0; seed < 12; seed += 1) {
      const column = ['events', 'batches', 'commitments'][seed % 3] ?? '';
      const codes = await codesAfter((db) => flip(db, column, seed * 7919));
      expect(codes, `${column}, ${seed}`).not.toEqual([]);
    }
  });

  it('finds a store of last checkpoints that is ahead, behind or of another root', async () => {
    const file = 'last-checkpoint/checkpoints.db';
    const grow = sql('UPDATE last_checkpoint SET size = size + 9');
    expect(await codesAfter(grow, file)).toContain('log-behind');
    const shrink = sql('UPDATE last_checkpoint SET size = 3');
    expect(await codesAfter(shrink, file)).toContain('log-forked');
    const fork = sql('UPDATE last_checkpoint SET root = substr(root, 2) || substr(root, 1, 1)');
    expect(await codesAfter(fork, file)).toContain('log-forked');
    const other = sql("UPDATE last_checkpoint SET note = replace(note, '613', '614')");
    expect(await codesAfter(other, file)).toContain('last-checkpoint-invalid');
  });

  it('refuses a folder without a ledger, and keys of another one', async () => {
    await expect(fsck({ dataDir: join(dir, 'nothing') })).rejects.toMatchObject({
      code: 'data-missing',
    });
    const { dataDir } = sample.options;
    await expect(fsck({ dataDir, keysDir: dir })).rejects.toMatchObject({ code: 'key-file' });
    const kek = new Uint8Array(32);
    await expect(fsck({ dataDir, kek })).rejects.toMatchObject({ code: 'kek-wrong' });
  });
});

describe('fsck of a running ledger', () => {
  it('finds nothing while readings flow, and sees the tail beyond the projection', async () => {
    const sample = await makeLedger();
    try {
      let stop = false;
      const flow = (async () => {
        for (let i = 0; !stop; i += 1) {
          const from = new Date(Date.UTC(2026, 9, 1 + i)).toISOString();
          await sample.readings(['m-1'], from, 50, 10, 500 + i * 10);
        }
      })();
      for (let i = 0; i < 6; i += 1) {
        const { findings } = await fsck({ dataDir: sample.options.dataDir, threads: 2 });
        expect(findings.filter(({ code }) => code !== 'checkpoint-missing')).toEqual([]);
      }
      stop = true;
      await flow;
    } finally {
      await sample.remove();
    }
  });
});

function sql(statement: string): Change {
  return (db) => expect(db.prepare(statement).run().changes).toBeGreaterThan(0);
}

/** Changes the first occurrence of a text in a column of one row of a kind. */
function edit(table: string, column: string, kind: string, from: string, to: string): Change {
  return (db) => {
    const row = db
      .prepare<unknown[], { id: string; text: string }>(
        `SELECT id, ${column} AS text FROM ${table} WHERE kind = ? AND instr(${column}, ?) > 0
         ORDER BY id LIMIT 1`,
      )
      .get(kind, from);
    const changed = row?.text.replace(from, to);
    const update = db.prepare(`UPDATE ${table} SET ${column} = ? WHERE kind = ? AND id = ?`);
    expect(update.run(changed, kind, row?.id).changes).toBe(1);
  };
}

interface Packed {
  readonly leaf: number;
  readonly record: number;
  readonly bytes: Buffer;
}

function packed(db: Database.Database, column: string): Packed[] {
  return db
    .prepare<[], Packed>(
      `SELECT first_leaf AS leaf, first_record AS record, ${column} AS bytes FROM segments
       WHERE length(${column}) > 0 ORDER BY length(${column}) DESC`,
    )
    .all();
}

function write(db: Database.Database, column: string, { leaf, record }: Packed, bytes: Uint8Array) {
  db.prepare(`UPDATE segments SET ${column} = ? WHERE first_leaf = ? AND first_record = ?`).run(
    bytes,
    leaf,
    record,
  );
}

function flip(db: Database.Database, column: string, seed = 0): void {
  const rows = packed(db, column);
  const row = rows[seed % rows.length];
  if (row === undefined) throw new Error('there is a segment');
  const spoiled = (at: number) => row.bytes.map((byte, i) => (i === at ? byte ^ 0x10 : byte));
  const { length } = row.bytes;
  let at = (Math.floor(length / 2) + seed) % length;
  // A frame of Zstandard has a few bits that nobody reads: a change of those is none.
  while (column !== 'commitments' && isSame(row.bytes, spoiled(at))) at = (at + 1) % length;
  write(db, column, row, spoiled(at));
}

function isSame(frame: Uint8Array, other: Uint8Array): boolean {
  try {
    return unpackFrame(frame).equals(unpackFrame(other));
  } catch {
    return false;
  }
}

function editEvents(db: Database.Database, change: (events: string[]) => string[]): void {
  const [row] = packed(db, 'events');
  if (row !== undefined) write(db, 'events', row, encodeTexts(change(decodeTexts(row.bytes))));
}

type Batches = ReturnType<typeof decodeBatches>;
function editBatches(db: Database.Database, change: (batches: Batches) => Batches): void {
  const [row] = packed(db, 'batches');
  if (row !== undefined) write(db, 'batches', row, encodeBatches(change(decodeBatches(row.bytes))));
}

function spoilAmount(events: string[]): string[] {
  return events.map((text, i) => (i === 5 ? text.replace('"amount":"0', '"amount":"1') : text));
}

/** Puts one text for another in an event in the middle of the longest segment. */
function inEvent(from: string, to: string, times = 1): Change {
  return (db) =>
    editEvents(db, (events) =>
      events.map((text, i) => (i === 40 ? exchanged(text, from, to, times) : text)),
    );
}

function chargeAnother(db: Database.Database): void {
  const other = (text: string) =>
    text.replace(/("to":\{"at":"[^"]*","hash":")../, (_, before: string) => `${before}zz`);
  editEvents(db, (events) => events.map((text, i) => (i === 40 ? other(text) : text)));
}

function inRecord(from: string, to: string): Change {
  return (db) =>
    editBatches(db, (batches) =>
      batches.map((batch) => ({
        ...batch,
        records: batch.records.map((text, i) => (i === 40 ? exchanged(text, from, to) : text)),
      })),
    );
}

/** A hash that is made longer so loses a digit. */
function exchanged(text: string, from: string, to: string, times = 1): string {
  expect(text).toContain(from);
  let changed = text;
  for (let i = 0; i < times; i += 1) changed = changed.replace(from, to);
  // A hash stays one of 64 digits, and never the one that it was.
  return changed.replace(/"0([0-9a-f])([0-9a-f]{63})"/, (_, digit: string, rest: string) => {
    return `"${digit === '0' ? '1' : '0'}${rest}"`;
  });
}

function swapFirst([first = '', second = '', ...rest]: string[]): string[] {
  return [second, first, ...rest];
}

function spoilRecord(batches: Batches): Batches {
  return batches.map(({ records, ...batch }) => ({
    ...batch,
    records: records.map((text, i) => (i === 3 ? text.replace('"value":"1', '"value":"2') : text)),
  }));
}

function spoilSignature(batches: Batches): Batches {
  const other = (jws: string) =>
    jws.slice(0, -8) + (jws.endsWith('AAAA') ? 'BBBBBBBA' : 'AAAAAAAA');
  return batches.map((batch) => ({ ...batch, jws: other(batch.jws) }));
}

function moveBatch(batches: Batches): Batches {
  return batches.map((batch) => ({ ...batch, eventsBefore: batch.eventsBefore + 3 }));
}

function swapSegments(db: Database.Database): void {
  const [a, b] = packed(db, 'events');
  if (a === undefined || b === undefined) throw new Error('there are two segments');
  for (const column of ['events', 'batches', 'commitments', 'leaf_count', 'record_count']) {
    const value = db.prepare<unknown[], { value: Buffer }>(
      `SELECT ${column} AS value FROM segments WHERE first_leaf = ? AND first_record = ?`,
    );
    const [ofA, ofB] = [value.get(a.leaf, a.record)?.value, value.get(b.leaf, b.record)?.value];
    for (const [{ leaf, record }, bytes] of [
      [a, ofB],
      [b, ofA],
    ] as const) {
      db.prepare(`UPDATE segments SET ${column} = ? WHERE first_leaf = ? AND first_record = ?`).run(
        bytes,
        leaf,
        record,
      );
    }
  }
}

function deleteMiddle(db: Database.Database): void {
  const [row] = packed(db, 'events');
  db.prepare('DELETE FROM segments WHERE first_leaf = ? AND first_record = ?').run(
    row?.leaf,
    row?.record,
  );
}

function otherVkey(db: Database.Database): void {
  db.prepare(
    "UPDATE sites SET vkey = 'ledger.example/log/tower+7a1d5ec0+AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g'",
  ).run();
}
