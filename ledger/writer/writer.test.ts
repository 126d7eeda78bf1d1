import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleDevice } from '../../test/support/sample-device.ts';
import { ORIGIN, SampleLedger, SITE, sampleTariff } from '../../test/support/sample-ledger.ts';
import { formatVerifierKey } from '../core/signed-note.ts';
import { formatTime, parseTime } from '../core/time.ts';
import { verifyBundle } from '../core/verdict.ts';
import { fsck } from '../fsck.ts';
import { Ledger } from '../ledger.ts';
import { readOrMakeLogKey } from '../log-keys.ts';
import { nativePrimitives } from '../native-primitives.ts';

const AUGUST = '2026-07-31T16:00:00.000Z';
const QUARTER_MS = 15 * 60_000;

describe('the writer', () => {
  let sample: SampleLedger;
  const ledger = () => sample.ledger;
  const at = (time: string) => ledger().setClock(parseTime(time));
  const quarter = (i: number) => formatTime(parseTime(AUGUST) + i * QUARTER_MS);
  const record = (meter: string, i: number, value: string, more = {}) =>
    sample.device.record({ meter, at: quarter(i), value, ...more });

  beforeEach(async () => {
    sample = await SampleLedger.make();
    await sample.account('a-1', 'm-1');
    await at(AUGUST);
  });
  afterEach(async () => {
    await ledger().close();
    const { findings } = await fsck({ dataDir: sample.options.dataDir, threads: 1, deep: true });
    rmSync(sample.dir, { recursive: true, force: true });
    expect(findings).toEqual([]);
  });

  async function eventsOf(account: string, type?: string) {
    const all = await ledger().events(SITE, account, { limit: 10_000 });
    const events = all.map(({ text }): Event => JSON.parse(text));
    return type === undefined ? events : events.filter((event) => event.type === type);
  }
  const usage = () => eventsOf('a-1', 'usage.deducted');
  const balance = async () => {
    const view = await ledger().account(SITE, 'a-1');
    return view?.wallets.find(({ wallet }) => wallet === 'electricity')?.balance;
  };

  describe('takes batches', () => {
    it('and answers the same batch again as known, charging once', async () => {
      const records = [record('m-1', 0, '1.00'), record('m-1', 1, '2.00')];
      const batch = sample.device.batch(records);
      const send = () => ledger().acceptBatch(SITE, 'br-1', batch.jws, batch.records);
      expect(await send()).toEqual({ accepted: { 'm-1': 1 }, known: 0, wanted: {} });
      expect(await send()).toEqual({ accepted: { 'm-1': 1 }, known: 2, wanted: {} });
      expect(await usage()).toHaveLength(1);
    });

    it('and asks for what is missing before it takes what follows', async () => {
      const [first, second, third] = [0, 1, 2].map((i) => record('m-1', i, `${i + 1}.00`));
      expect(await sample.send([first ?? '', third ?? ''])).toEqual({
        accepted: { 'm-1': 0 },
        known: 0,
        wanted: { 'm-1': 1 },
      });
      await sample.reopen();
      await at(AUGUST);
      expect(await sample.send([second ?? '', third ?? ''])).toEqual({
        accepted: { 'm-1': 2 },
        known: 0,
        wanted: {},
      });
      expect(await usage()).toHaveLength(2);
    });

    it('and keeps both of two records at one place, refusing the batch', async () => {
      await sample.send([record('m-1', 0, '1.00'), record('m-1', 1, '2.00')]);
      const other = (await usage())[0]?.data.to.hash;
      const text = record('m-1', 2, '3.00').replace('"seq":2', '"seq":1');
      await expect(sample.send([text])).rejects.toMatchObject({ code: 'equivocation' });
      const [kept] = await ledger().evidence(SITE, { limit: 9 });
      expect(kept).toMatchObject({
        kind: 'equivocation',
        doc: { meter: 'm-1', seq: 1, record: text },
      });
      expect((await usage())[0]?.data.to.hash).toBe(other);
    });

    it('and keeps a batch of an ended epoch as evidence, once', async () => {
      const early = sample.device.batch([record('m-1', 0, '1.00')]);
      const send = () => ledger().acceptBatch(SITE, 'br-1', early.jws, early.records);
      const late = sample.device.batch([record('m-1', 1, '2.00')]);
      await send();
      sample.device = new SampleDevice('br-1');
      sample.device.epoch = 1;
      await sample.enrol();
      await sample.send([record('m-1', 2, '3.00')]);
      for (let i = 0; i < 3; i += 1) {
        const answer = await ledger().acceptBatch(SITE, 'br-1', late.jws, late.records);
        expect(answer).toMatchObject({ known: 1 });
      }
      expect(await ledger().evidence(SITE, { limit: 9 })).toMatchObject([{ kind: 'old-epoch' }]);
      expect(await usage()).toHaveLength(1);
    });
  });

  describe('sets readings aside', () => {
    const doubts: [reason: string, more: object, value?: string][] = [
      ['exchanged', { status: 'exchanged' }],
      ['reset', { status: 'reset' }],
      ['out-of-range', { status: 'out-of-range' }],
      ['serial-differs', { serial: 'OTHER' }, '3.00'],
      ['ratio-differs', { ratio: { ct: '2', pt: '1' } }, '3.00'],
      ['register-missing', { registers: { '1-0:2.8.0': { unit: 'kWh', value: '1' } } }],
      ['unit-differs', { registers: { '1-0:1.8.0': { unit: 'MWh', value: '1' } } }],
      ['clock-unsynchronised', { clock: 'U' }, '3.00'],
      ['clock-step', { at: AUGUST }, '3.00'],
      ['register-fell', {}, '0.50'],
      ['jump', {}, '900000000.00'],
    ];
    it.each(doubts)('for %s, and goes on as after a restart', async (reason, more, value) => {
      await sample.send([record('m-1', 0, '1.00'), record('m-1', 1, '2.00')]);
      const sample2 = value === undefined ? more : { value, ...more };
      const odd = sample.device.record({ meter: 'm-1', at: quarter(2), ...sample2 });
      const after = record('m-1', 3, '4.00');
      await sample.send([odd, after]);
      const before = await ledger().meter(SITE, 'm-1');
      const held = await eventsOf('a-1', 'reading.held');
      expect(held[0]?.data).toMatchObject({ meter: 'm-1', seq: 2, reason });
      await crashAndReopen(sample);
      expect(await ledger().meter(SITE, 'm-1')).toEqual(before);
    });

    it('until staff release the meter, and bills from there', async () => {
      await sample.send([
        record('m-1', 0, '10.00'),
        record('m-1', 1, '1.00'),
        record('m-1', 2, '2.00'),
      ]);
      expect((await eventsOf('a-1', 'reading.held')).map(({ data }) => data.reason)).toEqual([
        'register-fell',
        'register-fell',
      ]);
      expect(await ledger().heldReadings(SITE, { limit: 9 })).toMatchObject([
        { meter: 'm-1', held: 'register-fell', heldReading: { seq: 2, value: '2.00' } },
      ]);
      await ledger().execute({ do: 'release-reading', site: SITE, meter: 'm-1' });
      await sample.send([record('m-1', 3, '2.50')]);
      expect((await usage()).map(({ data }) => data.quantity)).toEqual(['0.500000']);
      const again = ledger().execute({ do: 'release-reading', site: SITE, meter: 'm-1' });
      await expect(again).rejects.toMatchObject({ code: 'nothing-held' });
    });

    it('for a moment only, and never charges an interval twice by a release', async () => {
      await sample.send([
        record('m-1', 0, '1.00'),
        record('m-1', 1, '2.00', { clock: 'U' }),
        record('m-1', 2, '3.00'),
      ]);
      const release = ledger().execute({ do: 'release-reading', site: SITE, meter: 'm-1' });
      await expect(release).rejects.toMatchObject({ code: 'nothing-held' });
      await sample.send([record('m-1', 3, '4.00')]);
      expect((await usage()).map(({ data }) => data.quantity)).toEqual(['2.000000', '1.000000']);
    });
  });

  describe('bills', () => {
    it('a late reading on the next bill, and issues bills in order', async () => {
      await sample.readings(['m-1'], AUGUST, 4);
      await at('2026-08-31T16:00:00.000Z');
      const first = await sample.statement('a-1', '2026-08');
      await sample.send([record('m-1', 4, '102.00')]);
      const [late] = (await usage()).slice(-1);
      expect(late?.data).toMatchObject({ period: '2026-09', late: true });
      await expect(sample.statement('a-1', '2026-08')).rejects.toMatchObject({
        code: 'statement-exists',
      });
      await expect(sample.statement('a-1', '2026-09')).rejects.toMatchObject({
        code: 'period-not-ended',
      });
      await at('2026-10-31T16:00:00.000Z');
      await expect(sample.statement('a-1', '2026-10')).rejects.toMatchObject({
        code: 'statement-order',
        params: { next: '2026-09' },
      });
      const second = await sample.statement('a-1', '2026-09');
      for (const id of [first, second]) await expectVerifies(ledger(), id);
    });

    it('both sides of a month that ends within an interval', async () => {
      await sample.send([record('m-1', 0, '1.00')]);
      await sample.send([
        sample.device.record({ meter: 'm-1', at: '2026-08-31T15:55:00.000Z', value: '2.00' }),
        sample.device.record({ meter: 'm-1', at: '2026-08-31T16:10:00.000Z', value: '3.50' }),
      ]);
      const parts = (await usage()).slice(-2).map(({ data }) => [data.period, data.quantity]);
      expect(parts).toEqual([
        ['2026-08', '0.500000'],
        ['2026-09', '1.000000'],
      ]);
      await at('2026-08-31T17:00:00.000Z');
      await expectVerifies(ledger(), await sample.statement('a-1', '2026-08'));
    });

    it('both versions of a tariff that changes within an interval', async () => {
      const tariff = sampleTariff(2, '2026-08-10T00:05:00.000Z');
      await ledger().execute({ do: 'publish-tariff', site: SITE, tariff });
      const send = (time: string, value: string) =>
        sample.send([sample.device.record({ meter: 'm-1', at: time, value })]);
      await send('2026-08-10T00:00:00.000Z', '1.00');
      await send('2026-08-10T00:15:00.000Z', '2.50');
      expect((await usage()).map(({ data }) => [data.tariff.version, data.quantity])).toEqual([
        [1, '0.500000'],
        [2, '1.000000'],
      ]);
      await at('2026-08-31T16:00:00.000Z');
      await expectVerifies(ledger(), await sample.statement('a-1', '2026-08'));
    });

    it('over a register that starts again', async () => {
      await sample.send([record('m-1', 0, '999999.50'), record('m-1', 1, '0.75')]);
      const [event] = await usage();
      expect(event?.data).toMatchObject({ quantity: '1.250000', rollover: '1000000.00' });
    });

    it('fees once a month', async () => {
      await at('2026-08-31T16:00:00.000Z');
      const charge = () =>
        ledger().execute({ do: 'charge-fees', site: SITE, account: 'a-1', period: '2026-08' });
      expect(await charge()).toMatchObject({ fees: [{ fee: 'service', amount: '10.000000' }] });
      await crashAndReopen(sample);
      await at('2026-08-31T16:00:00.000Z');
      expect(await charge()).toMatchObject({ fees: [] });
      expect(await balance()).toBe('-10.000000');
    });
  });

  describe('runs commands', () => {
    it('once for an idempotency key, also after a crash', async () => {
      const idempotency = { key: 'k-1', request: 'ab'.repeat(32) };
      const pay = (request = idempotency.request) =>
        ledger().execute({
          ...{ do: 'credit-top-up', site: SITE, account: 'a-1', wallet: 'electricity' },
          ...{ amount: '5.000000', method: 'cash' },
          idempotency: { ...idempotency, request },
        });
      const first = await pay();
      expect(await pay()).toEqual({ ...first, replayed: true });
      await crashAndReopen(sample);
      await at(AUGUST);
      expect(await pay()).toEqual({ ...first, replayed: true });
      await expect(pay('cd'.repeat(32))).rejects.toMatchObject({ code: 'idempotency-mismatch' });
      expect(await balance()).toBe('5.000000');
    });

    it('or changes nothing: what an event cannot hold is refused first', async () => {
      const top = {
        do: 'credit-top-up',
        site: SITE,
        account: 'a-1',
        wallet: 'electricity',
      } as const;
      const wrong = [
        { amount: '1.000000', method: 'cash', reference: '\ud800' },
        { amount: '1.000000', method: 'cash', reference: 'x'.repeat(2_000) },
        { amount: '9999999999999999.000000', method: 'cash' },
        { amount: '0.000000', method: 'cash' },
      ];
      for (const fields of wrong) {
        await expect(ledger().execute({ ...top, ...fields })).rejects.toMatchObject({
          name: 'Refusal',
        });
      }
      expect(await balance()).toBeUndefined();
      expect(await ledger().balances(SITE)).toEqual([]);
      await sample.topUp('a-1', '1.000000');
      expect(await balance()).toBe('1.000000');
    });

    it('and keeps an enrolment token over a crash, good for one use', async () => {
      const made = await ledger().execute({ do: 'create-bridge', site: SITE, bridge: 'br-2' });
      await crashAndReopen(sample);
      const bridges = await ledger().bridges(SITE);
      expect(bridges.find(({ bridge }) => bridge === 'br-2')).toMatchObject({
        awaitingEnrolment: true,
      });
      expect(String(made['token']).length).toBeGreaterThan(16);
      await sample.enrol();
      await crashAndReopen(sample);
      const later = await ledger().bridges(SITE);
      expect(later.find(({ bridge }) => bridge === 'br-1')).toMatchObject({
        awaitingEnrolment: false,
      });
    });
  });

  it('is after a crash exactly where it was, whatever it was sent', async () => {
    await sample.account('a-2', 'm-2');
    const step = fc.record({
      meter: fc.constantFrom('m-1', 'm-2', 'm-3'),
      more: fc.constantFrom(
        ...[{}, {}, {}, {}, { clock: 'U' as const }, { status: 'timeout' as const }],
        ...[{ serial: 'OTHER' }, { status: 'exchanged' as const }],
      ),
      add: fc.integer({ min: -20, max: 400 }),
      act: fc.constantFrom(
        'none',
        'none',
        'none',
        'release',
        'top-up',
        'gap',
        'send',
        'send',
        'project',
      ),
    });
    let time = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        let waiting: string[] = [];
        let value = 500_000;
        for (const { meter, more, add, act } of steps) {
          time += 1;
          value += add;
          const shown = 'status' in more ? {} : { value: (value / 100).toFixed(2) };
          waiting.push(sample.device.record({ meter, at: quarter(time), ...shown, ...more }));
          if (act === 'release') {
            await ledger()
              .execute({ do: 'release-reading', site: SITE, meter })
              .catch(() => undefined);
          } else if (act === 'top-up') {
            await sample.topUp('a-1', '3.000000');
          } else if (act === 'project') {
            await ledger().events(SITE, 'a-1', { limit: 1 });
          } else if (act === 'gap' && waiting.length > 2) {
            await sample.send(waiting.filter((_, i) => i !== 0));
          } else if (act === 'send') {
            await sample.send(waiting);
            waiting = [];
          }
        }
        if (waiting.length > 0) await sample.send(waiting);
        const before = await everything(ledger());
        await crashAndReopen(sample);
        expect(await everything(ledger())).toEqual(before);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  }, 600_000);

  it('takes everything back when a commit fails, and goes on when it can', async () => {
    await sample.send([record('m-1', 0, '1.00')]);
    const before = await everything(ledger());
    const other = new Database(join(sample.options.dataDir, 'ledger.db'));
    other.exec('BEGIN IMMEDIATE');
    const next = sample.device.batch([record('m-1', 1, '2.00')]);
    const send = () => ledger().acceptBatch(SITE, 'br-1', next.jws, next.records);
    const refused = await Promise.allSettled([send(), sample.topUp('a-1', '1.000000')]);
    expect(refused.map((result) => result.status === 'rejected' && result.reason.code)).toEqual([
      'store-unavailable',
      'store-unavailable',
    ]);
    expect(await everything(ledger())).toEqual(before);
    other.exec('ROLLBACK');
    other.close();
    expect(await send()).toEqual({ accepted: { 'm-1': 1 }, known: 0, wanted: {} });
    expect(await usage()).toHaveLength(1);
  });

  it('refuses a second writer in the same folder', async () => {
    await expect(Ledger.open(sample.options)).rejects.toMatchObject({ code: 'data-in-use' });
  });

  it('finishes a site whose first event a crash prevented', async () => {
    await ledger().close();
    const { dataDir } = sample.options;
    const db = new Database(join(dataDir, 'ledger.db'));
    const { key } = readOrMakeLogKey(join(dataDir, 'keys'), 'tower-2', `${ORIGIN}2`);
    db.prepare(
      `INSERT INTO sites (site, origin, currency, zone, vkey, created_ms)
       VALUES ('tower-2', ?, 'CNY', 'Asia/Shanghai', ?, 1)`,
    ).run(`${ORIGIN}2`, formatVerifierKey(key));
    db.close();
    sample.ledger = await Ledger.open(sample.options);
    const opened = await ledger().execute({ do: 'open-account', site: 'tower-2', account: 'a-1' });
    expect(opened).toMatchObject({ account: 'a-1', n: 0, leaf: 1 });
    await ledger().close();
    const fixed = new Database(join(sample.options.dataDir, 'ledger.db'));
    for (const { name } of fixed
      .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()) {
      fixed.prepare(`DELETE FROM ${name} WHERE site = 'tower-2'`).run();
    }
    fixed.close();
  });
});

interface Event {
  readonly type: string;
  readonly data: {
    readonly quantity: string;
    readonly period: string;
    readonly reason: string;
    readonly tariff: { readonly version: number };
    readonly to: { readonly hash: string };
  };
}

/** All that can be asked of a ledger's memory. */
async function everything(ledger: Ledger) {
  const accounts = await ledger.accounts(SITE, { limit: 100 });
  return {
    accounts: await Promise.all(accounts.map(({ account }) => ledger.account(SITE, account))),
    meters: await ledger.meters(SITE, { limit: 100 }),
    held: await ledger.heldReadings(SITE, { limit: 100 }),
    balances: await ledger.balances(SITE),
    tariffs: await ledger.tariffs(SITE),
    bridges: await ledger.bridges(SITE),
  };
}

/** Opens a copy of the files as a kill would leave them now, in place of the running ledger. */
async function crashAndReopen(sample: SampleLedger): Promise<void> {
  const { dataDir } = sample.options;
  const copy = `${dataDir}-crashed`;
  cpSync(dataDir, copy, { recursive: true });
  await sample.ledger.close();
  rmSync(dataDir, { recursive: true });
  cpSync(copy, dataDir, { recursive: true });
  rmSync(copy, { recursive: true });
  sample.ledger = await Ledger.open(sample.options);
}

async function expectVerifies(ledger: Ledger, statement: string): Promise<void> {
  const bundle = await ledger.bundle(SITE, statement);
  const verdict = verifyBundle(bundle, { primitives: nativePrimitives() });
  expect(verdict.layers.filter(({ status }) => status === 'failed')).toEqual([]);
  expect(verdict.overall).toBe('verified');
}
